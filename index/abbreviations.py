"""Abbreviations that a text introduces, with their long forms.

By the algorithm of Schwartz and Hearst ("A simple algorithm for identifying
abbreviation definitions in biomedical text", PSB 2003), in both directions:
"the United Nations (UN)" and "UN (United Nations)". Added to it: "the UN, or
United Nations", and abbreviations whose letters stand for words of another
language, as in "Doctors Without Borders (MSF)": there the capitalised name
right before the bracket is the long form. Where a text also writes such a
name's own initials ("DWB"), those are taken for it too.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass

_BRACKET = re.compile(r"(?<!\S)\(([^()\n]{2,90})\)")
_SHORT = re.compile(r"(?=[\w.&-]{2,10}$)(?=.*[A-Z])[A-Za-z0-9][\w.&-]*")
_CAPITALS = re.compile(r"[A-Z]{2,6}")
_USED = re.compile(r"(?<![\w(])[A-Z]{2,6}\b")
_POSSESSIVE = re.compile(r"['’]s?$")
_PLURAL = re.compile(r"(?<=[A-Z])s$")
_WORD = re.compile(r"[^\W_]+(?:['’.&-]+[^\W_]+)*")
# What ends the words that a long form may stand in.
_BREAK = re.compile(r"[;:,()\[\]\"“”«»\n]|[.!?]\s|\s[–—-]\s")
_OR = re.compile(r",\s+or\s+(?:the\s+)?")
_LINKS = frozenset(
    "of the for and in on to de del la le du des di da von van der al el und".split()
)
_ARTICLES = frozenset({"the", "a", "an"})
_INITIALS = 3  # letters of initials that nothing in the text explains
_UNMATCHED_WORDS = 3  # of a name that shares no initial with its abbreviation: a person has two


@dataclass(frozen=True, slots=True)
class Abbreviation:
    """A short form and what it stands for, as the text spells both, without plural and possessive.

    Attributes:
        short: 2 to 10 characters, one of them a capital.
        long: two words or more.
    """

    short: str
    long: str


def abbreviations(text: str) -> list[Abbreviation]:
    """The abbreviations that a text introduces, in order, each pair once."""
    found: list[Abbreviation] = []
    used = frozenset(_USED.findall(text))
    for bracket in _BRACKET.finditer(text):
        before = _BREAK.split(text[max(0, bracket.start() - 160) : bracket.start()].rstrip())[-1]
        inside = _BREAK.split(bracket.group(1).strip())[0].strip()
        last = before.rsplit(maxsplit=1)[-1] if before.strip() else ""
        if short := _short(inside):
            long = _long_form(short, before) or _named(short, before, used)
        elif short := _short(last):
            name = _without_article(inside)
            whole = _matched(short, name) == name or _is_named(short, name, used)
            long = name if whole and " " in name else None
        else:
            continue
        if long:
            found.append(Abbreviation(short, _POSSESSIVE.sub("", long)))
    found += _ored(text)
    found += _initials([pair.long for pair in found], text)
    return list(dict.fromkeys(found))


def _initials(longs: Sequence[str], text: str) -> list[Abbreviation]:
    """The long forms' own initials, where the text writes them, too; three letters at least."""
    found = []
    words = frozenset(re.findall(r"\w+", text)) if longs else frozenset()
    for long in longs:
        short = "".join(word[0] for word in long.split() if word[0].isupper())
        if len(short) >= _INITIALS and short in words:
            found.append(Abbreviation(short, long))
    return found


def _ored(text: str) -> list[Abbreviation]:
    """ "the UN, or United Nations" and "the United Nations, or UN": only where letters match."""
    found = []
    for joint in _OR.finditer(text):
        before = _BREAK.split(text[max(0, joint.start() - 160) : joint.start()])[-1]
        after = _BREAK.split(text[joint.end() : joint.end() + 160])[0]
        first, last = after.split(maxsplit=1)[:1], before.rsplit(maxsplit=1)[-1:]
        if first and (short := _short(first[0])) and _CAPITALS.fullmatch(short):
            long = _long_form(short, before)
        elif last and (short := _short(last[0])) and _CAPITALS.fullmatch(short):
            long = _opening(short, after)
        else:
            continue
        if long and long[0].isupper():
            found.append(Abbreviation(short, long))
    return found


def _short(word: str) -> str | None:
    """The word as a short form without plural and possessive; None if it can't be one."""
    bare = _PLURAL.sub("", _POSSESSIVE.sub("", word.strip("'‘’“”\"")))
    if not _SHORT.fullmatch(bare) or sum(c.isupper() for c in bare) < 2:
        return None
    return bare


def _long_form(short: str, before: str) -> str | None:
    """The long form at the end of `before`, if the short form's letters stand in it."""
    words = before.split()
    most = min(len(short) + 5, 2 * len(short))  # section 3.1 of the paper
    found = _matched(short, " ".join(words[-most:]))
    if found is None or " " not in found or short in found.split():
        return None
    # "from the Liberty of Russia Legion (FRL)": a name is not begun by the words before it.
    return None if found[0].islower() and _name_at_end(before) else _without_article(found)


def _matched(short: str, before: str) -> str | None:
    """The shortest end of `before` that holds the short form's letters in order.

    Right to left, each letter anywhere, the first at the start of a word
    (section 3.2 of the paper).
    """
    at = len(before)
    letters = [c.lower() for c in short if c.isalnum()]
    for number, letter in reversed(list(enumerate(letters))):
        at -= 1
        while at >= 0 and (
            before[at].lower() != letter or (number == 0 and at > 0 and before[at - 1].isalnum())
        ):
            at -= 1
        if at < 0:
            return None
    return before[before.rfind(" ", 0, at) + 1 :]


def _named(short: str, before: str, used: Container[str]) -> str | None:
    name = _name_at_end(before)
    return name if name and _is_named(short, name, used) else None


def _is_named(short: str, name: str, used: Container[str]) -> bool:
    """Whether a capitalised name may be abbreviated by letters that are not its own.

    It shares an initial with the abbreviation ("Russian ... (RDK)"), or has
    three words and the text uses the abbreviation again. That leaves out a
    person with a country or an employer in brackets.

    Args:
        used: the words of capitals that the text has outside brackets.
    """
    words = [word for word in name.split() if word[:1].isupper()]
    if not _CAPITALS.fullmatch(short) or len(words) < 2 or _name_at_end(name) != name:
        return False
    return bool({word[0] for word in words} & set(short)) or (
        len(words) >= _UNMATCHED_WORDS and short in used
    )


def _name_at_end(before: str) -> str | None:
    """The run of capitalised words, links between them included, that ends `before`."""
    run: list[str] = []
    for word in reversed(before.split()):
        if not (word[0].isupper() or (run and word in _LINKS)):
            break
        run.append(word)
    while run and (run[-1] in _LINKS or run[-1].lower() in _ARTICLES):
        run.pop()
    return " ".join(reversed(run)) if sum(word[0].isupper() for word in run) > 1 else None


def _opening(short: str, after: str) -> str | None:
    """The long form that `after` begins with: a capitalised word for each letter."""
    words = after.split()
    initials = ""
    for number, word in enumerate(words):
        if word[0].isupper():
            initials += word[0]
        elif word not in _LINKS:
            return None
        if initials == short:
            return " ".join(words[: number + 1])
    return None


def _without_article(name: str) -> str:
    first, _, rest = name.partition(" ")
    return rest if first.lower() in _ARTICLES and rest else name
