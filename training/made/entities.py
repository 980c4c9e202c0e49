"""Names, numbers and dates in a sentence: what can be asked for.

Told by shape and by the counts of `lexicon.py`. The same thing may be worded otherwise in
another article ("Volodymyr Zelensky" and "Zelensky", "Sept. 3" and "September 3"): `key`
is equal for both.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pincite.training.made.lexicon import NAME, Lexicon
from pincite.training.made.words import DAYS, MONTHS, SMALL_NUMBERS, TITLES

Type = Literal["person", "place", "thing", "number", "money", "date", "age"]

LEAST_NAMED = 5  # times that a single word of no known kind is named, to be asked for
FAMOUS = 5  # articles that name a person in full, for a last name to be theirs everywhere
FAMOUS_SHARE = 0.6  # of the articles with that last name, at least


@dataclass(frozen=True, slots=True)
class Taken:
    """What is asked for: `[start, end)` in characters of its sentence, its type, its text."""

    start: int
    end: int
    type: Type
    text: str


_MONTH = "|".join(MONTHS)
_SHORT_MONTH = r"(?:Jan|Feb|Aug|Sept|Oct|Nov|Dec)\."
_FIGURE = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_SCALE = r"(?: (?:million|billion|trillion|thousand))?"
_ENTITY = re.compile(
    rf"(?P<age>(?<=, )\d\d(?=[,.]))"
    rf"|(?P<money>[$£€](?:{_FIGURE})(?:[ -](?:million|billion|trillion))?)(?!\w)"
    rf"|(?P<percent>(?<![\w.,$-])(?:{_FIGURE})(?:%| percent\b| per cent\b))"
    rf"|(?P<date>\b(?:{_MONTH}|{_SHORT_MONTH}) (?:\d{{1,2}}(?:, \d{{4}})?|\d{{4}})(?!\w)"
    rf"|\b(?:{'|'.join(DAYS)})\b|(?<=\b[Ii]n )(?:19|20)\d\d(?![\w,.-]?\d))"
    rf"|(?P<number>(?<![\w.,$£€/:#-])(?:{_FIGURE}){_SCALE}(?![\w%/:-])"
    rf"|\b(?:{'|'.join(SMALL_NUMBERS)}|dozen)\b(?!-))"
    rf"|(?P<name>{NAME.pattern})"
)
_FIGURES: dict[str, Type] = {
    "age": "age",
    "money": "money",
    "percent": "number",
    "date": "date",
    "number": "number",
}
_PLACES = frozenset("country state city town village".split())
_OPENING = frozenset("The A In On At And But".split())
_NO_LAST_NAMES = frozenset(
    "Organization Administration Foundation Act Show Center Company Family Group".split()
)
_ADJECTIVE = re.compile(r"^\w+(?:an|ese|ish|ic|ans|ats|crats|cans)$|^(?:God|GOP|TV|CEO|COVID)$")
_JOINED_BEFORE = re.compile(r"[A-Z]\w* (?:and|&) $")
_JOINED_BEHIND = re.compile(r"['’]?s? (?:and|&) [A-Z]|-\w")


def entities(text: str, lexicon: Lexicon) -> Iterator[Taken]:
    """What a sentence names, in order; a last name alone is still a thing (see `resolved`)."""
    for match in _ENTITY.finditer(text):
        group = match.lastgroup or ""
        if group in _FIGURES:
            yield Taken(match.start(), match.end(), _FIGURES[group], match[0])
        elif (named := _named(match, lexicon)) is not None:
            yield named


def _named(match: re.Match[str], lexicon: Lexicon) -> Taken | None:
    """The name without its titles, and without the word that only begins a sentence."""
    words = match[0].split()
    if _begins_sentence(match.string, match.start()):
        while words and lexicon.is_common(words[0]):
            words = words[1:]
    words = _untitled(words, lexicon)
    while words and words[0] in _OPENING:
        words = words[1:]
    shown = " ".join(words)
    if not words or lexicon.is_common(shown) or shown in MONTHS or shown.rstrip(".") in TITLES:
        return None
    return Taken(match.end() - len(shown), match.end(), _type_of(shown, lexicon), shown)


def _begins_sentence(text: str, start: int) -> bool:
    return start == 0 or text[start - 2 : start] in {". ", ": "} or text[start - 1] in '"“‘('


def _untitled(words: list[str], lexicon: Lexicon) -> list[str]:
    """Without all up to the last title: "Charlie Crist" of "Florida Rep. Charlie Crist"."""
    last = max((number for number, word in enumerate(words[:-1]) if word in TITLES), default=-1)
    bare = words[last + 1 :]
    if lexicon.is_person(" ".join(bare)) or (len(bare) == 1 and len(bare) < len(words)):
        return bare
    return words


def _type_of(name: str, lexicon: Lexicon) -> Type:
    if lexicon.is_person(name):
        return "person"
    return "place" if lexicon.kind(name) in _PLACES else "thing"


def full_names(found: Sequence[Taken]) -> Iterator[tuple[str, str]]:
    """Last and full name of each person who is named in full."""
    for one in found:
        if one.type == "person" and " " in one.text:
            yield one.text.split()[-1], one.text


def famous(people: Sequence[Mapping[str, str]], lexicon: Lexicon) -> dict[str, str]:
    """Last names that nearly always are one person's, with the person's full name.

    Args:
        people: of each article, full names by last name.
    """
    firsts: dict[str, Counter[str]] = defaultdict(Counter)
    for own in people:
        for last, name in own.items():
            firsts[last][name.split()[0]] += 1
    out: dict[str, str] = {}
    for last, counts in firsts.items():
        first, count = counts.most_common(1)[0]
        often = count >= FAMOUS and count >= FAMOUS_SHARE * counts.total()
        if often and lexicon.kind(last) is None:
            out[last] = f"{first} {last}"
    return out


def resolved(one: Taken, people: Mapping[str, str]) -> Taken:
    """A last name alone is a person where the article, or most others, name one in full."""
    if one.type in ("thing", "place") and one.text in people:
        return Taken(one.start, one.end, "person", one.text)
    return one


def key(one: Taken) -> str:
    """Equal for what may be the same thing in other articles."""
    text = one.text.removeprefix("the ").replace("-", " ")
    if one.type == "person":
        return "~" + last_name(text)
    if text.endswith((" percent", " per cent")):
        return text.split()[0] + "%"
    return re.sub(rf"^({_SHORT_MONTH})", lambda match: _whole_month(match[0]), text)


def last_name(name: str) -> str:
    """The last word of a name."""
    return name.split()[-1]


def _whole_month(short: str) -> str:
    return next(month for month in MONTHS if month.startswith(short[:3]))


def worth_asking(taken: Taken, sentence: str, lexicon: Lexicon) -> bool:
    """Whether it is a whole name; of no known kind, in several words or often named."""
    before, behind = sentence[: taken.start], sentence[taken.end :]
    if behind.startswith("-"):
        return False  # "Mar-a-Lago"
    if taken.type == "person" and last_name(taken.text) in _NO_LAST_NAMES:
        return False
    if taken.type != "thing" or lexicon.kind(taken.text) is not None:
        return True
    if _ADJECTIVE.search(taken.text) or len(taken.text) < 3:
        return False
    if _JOINED_BEFORE.search(before) or _JOINED_BEHIND.match(behind):
        return False  # part of a longer name, perhaps
    return " " in taken.text or lexicon.names[taken.text] >= LEAST_NAMED
