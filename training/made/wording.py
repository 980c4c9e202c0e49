"""Which question words stand for what is asked, and what they take the place of.

"who" for a person, "which airline" where the kind is known from the lexicon or stands
before the name, "how many passengers" for a number with the noun that it counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from pincite.training.made.entities import Taken, Type
from pincite.training.made.lexicon import Lexicon
from pincite.training.made.words import PERSON_NOUNS, THING_NOUNS, TITLES


@dataclass(frozen=True, slots=True)
class Blank:
    """A clause with question words in the place of what is asked for.

    Attributes:
        before, after: the clause's words on either side.
        who: the question words.
        noun: what is counted; "" where nothing is.
        neutral: whether the name is none of a person, as far as can be told.
    """

    before: str
    who: str
    after: str
    noun: str = ""
    neutral: bool = True


# Words that don't go on a noun phrase: behind a name or a number it ends there.
NO_NOUNS = frozenset(
    """
    of in on at by for from with to and or but as is are was were has have had will would can that
    who which after before when while more than other the a an into over under out up down since
    until during per later earlier ago away old years-old total following including, if not
    compared between against this last next it he she we they his her their
    """.split()
)

_PLURALS = frozenset("people children women men percent police staff feet mice teeth fish".split())
_NOT_COUNTED = frozenset({"percent", "times"})
_QUANTIFIER = re.compile(
    r"(?:\b(?:at least|more than|about|around|nearly|almost|roughly|some|up to|only|just|"
    r"approximately|another|an estimated|as many as|fewer than|less than|a total of|"
    r"as much as|an additional) )+$",
    re.I,
)
_DETERMINED = re.compile(
    r"\b(?:the|all|both|these|those|his|her|its|their|our|first|last|other|next|past|No\.) $", re.I
)
_DETERMINED_SUM = re.compile(r"\b(?:a|an|the|his|her|its|their)(?: \w+)? $")
_BOUND = re.compile(r"\b(?:under|below|above|over) $")
_PERCENT = re.compile(r"(?:%|percent|per cent)$")
_PERCENT_GOES_ON = re.compile(r" (?:of|in|on|from|since|to)\b|$|,")
# "..., Gov. Henry McMaster said Saturday": when it was said is not what is asked.
_SAID = re.compile(
    r"\b(?:said|says|told [^,]{2,40}|tweeted|wrote|reported|statement|announced|release|interview)"
    r"(?: (?:on|in|late|early|late on|early on))? $"
)
_TITLED = re.compile(rf"(?:(?:^|(?<= ))(?:{'|'.join(map(re.escape, sorted(TITLES)))}) )+$")
_FORMER = re.compile(r"\b[Ff]ormer $")
_THE = re.compile(r"\b[Tt]he $")
_GROUP = re.compile(
    r"(?:\b(?:[Tt]he|[Aa]n?|[Ff]ormer) )?\b((?:[a-z][a-z-]+ ){0,3}?(?:"
    + "|".join(sorted(PERSON_NOUNS | THING_NOUNS))
    + r")) $"
)


def worded(before: str, taken: Taken, after: str, lexicon: Lexicon) -> Blank | None:
    """The clause with its question words; None where what is asked for can't be told alone."""
    if taken.type in ("place", "thing"):
        return _by_noun_before(_name(before, taken.text, after, lexicon))
    if taken.type == "person":
        return _by_noun_before(_person(before, after))
    return _FIGURES[taken.type](before, taken.text, after)


def without_article(before: str) -> str:
    """Without a "the" at the end."""
    return _THE.sub("", before)


def _person(before: str, after: str) -> Blank:
    return Blank(_FORMER.sub("", _TITLED.sub("", before)), "who", after)


def _name(before: str, name: str, after: str, lexicon: Lexicon) -> Blank:
    kind = lexicon.kind(name)
    neutral = bool(_THE.search(before)) or name.isupper()
    before = without_article(before)
    if kind is None:
        return Blank(before, "what", after, neutral=neutral)
    before = re.sub(rf"\b(?:the |a |an )?{kind} $", "", before)
    return Blank(before, f"which {kind}", after, neutral=neutral)


def _by_noun_before(blank: Blank) -> Blank:
    """By the words that say what a name is of: "the social media company Parler"."""
    group = _GROUP.search(blank.before)
    if group is None:
        return blank
    return replace(blank, before=blank.before[: group.start()], who=f"which {group[1]}")


def _number(before: str, number: str, after: str) -> Blank | None:
    before = _QUANTIFIER.sub("", before)
    if _DETERMINED.search(before) or before.endswith("one of "):
        return None
    if _PERCENT.search(number):
        goes_on = not after or _PERCENT_GOES_ON.match(after)
        return Blank(before, "what percentage", after) if goes_on else None
    counted = _counted(after)
    if counted is None:
        return None
    return Blank(before, f"how many {counted}", after[len(counted) + 1 :], counted.split()[-1])


def _counted(after: str) -> str | None:
    """The words of the noun phrase behind a number: up to its first plural, three at most."""
    words = re.match(r"((?: [a-z][a-z’'-]*){1,3})", after)
    phrase: list[str] = []
    for word in words[1].split() if words else ():
        if word in NO_NOUNS or word.endswith("ly"):
            return None
        phrase.append(word)
        if word in _PLURALS or (word.endswith("s") and not word.endswith(("ss", "us", "'s", "’s"))):
            return None if word in _NOT_COUNTED else " ".join(phrase)
    return None


def _money(before: str, _: str, after: str) -> Blank | None:
    before = _BOUND.sub("", _QUANTIFIER.sub("", before))
    if _DETERMINED_SUM.search(before):
        return None
    if re.match(r"[- ][a-z]", after) and after.split()[0] not in NO_NOUNS | {"annually"}:
        return None  # "$3 million lawsuit"
    return Blank(before, "how much", after)


def _date(before: str, _: str, after: str) -> Blank | None:
    if _SAID.search(before) and ("," in before or not after.strip()):
        return None
    return Blank(before, "when", after)


_FIGURES: dict[Type, Callable[[str, str, str], Blank | None]] = {
    "number": _number,
    "money": _money,
    "date": _date,
}
