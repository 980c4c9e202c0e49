"""What a question asks for, as far as it decides whether two answers can both be true."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from pincite.index.terms import FUNCTION_WORDS, fold, terms

_YES_NO = frozenset("is are was were did do does has have had can could will would should".split())
_AMOUNT = re.compile(
    r"\bhow (?:many|much|far|long|old|tall|big|large|high|deep|fast|heavy|wide|often)\b"
    r"|\b(?:what|which) (?:is |was |are |were )?(?:the )?(?:\w+ ){0,2}?(?:percentage|percent|number"
    r"|share|proportion|distance|population|amount|length|height|price|cost|toll|age|speed|size"
    r"|total|sum|rate|width|depth|weight)\b"
)
_DATE = re.compile(
    r"\bwhen\b|\b(?:what|which) (?:is |was )?(?:the )?(?:\w+ )?"
    r"(?:year|day|date|month|time|hour|hours|night|week|century|decade|season)\b"
)
_PLACE = re.compile(
    r"\bwhere\b|\b(?:what|which) (?:\w+ ){0,2}?(?:place|city|town|village|region|country|county"
    r"|state|province|district|area|spot|location|suburb|street|island)\b"
)
_ASKED = re.compile(r"\b(?:which|what)\s+((?:[^\W\d_]|['’-])+(?:\s+[^\W_]+){0,3})")
_SEVERAL = re.compile(
    r"\b(?:who|what|which|where) (?:were|are)\b|^(?:name|list|give)\b|\ball the\b|\bamong\b"
    r"|\b(?:which|what|the) (?:two|three|four|five|six|seven|several|other)\b|\b(?:an)?other\b"
    r"|\b(?:for example|besides|also)\b"
)
# A post is held, and such a deed done, by one at a time.
_ONE = re.compile(
    r"\bwho(?:se)? (?:is|was) (?:the (?!\w+s\b)|\w+(?:['’]s| \w+['’]s)|(?:named|appointed|elected))"
    r"|\bwho (?:currently )?(?:leads?|led|heads?|headed|runs?|ran|commands?|commanded|won|wrote"
    r"|directed|founded|chairs?|chaired|succeeded|replaced|owns?|invented|discovered)\b"
    r"|\bwhat (?:is|was) the (?:name|capital|title|nickname|abbreviation|nationality)\b"
)
_SAYING = re.compile(
    r"\b(?:said|says?|reported|reports|claimed|told|announced|wrote|called|condemned|criticised"
    r"|criticized|warned|supported|praised|kind|kinds|sort|type|types)\b"
)
# Two answers to "how many came and how many left?" may be one to each half.
_TWICE = re.compile(r"\b(how|when|where|who|what|which)\b.*\b(?:and|or) \1\b")


@dataclass(frozen=True, slots=True)
class Sought:
    """What is asked for.

    Attributes:
        amount, date, place, yes_no: the kind of the answer; at most one, or none of them.
        one: a single named thing: two different names can't both be right.
        either: the terms of the two sides of "a church or a mosque?", else empty.
        done: whether something has happened by now ("Has it been confirmed?").
        twice: two things of one kind: no two answers exclude each other.
    """

    amount: bool
    date: bool
    place: bool
    yes_no: bool
    one: bool
    either: tuple[frozenset[str], ...]
    done: bool
    twice: bool


@functools.lru_cache(maxsize=512)
def sought(question: str) -> Sought:
    """What a question asks for, read from its words."""
    text = fold(question).strip()
    first = re.match(r"[a-z]+", text)
    yes_no = bool(first and first[0] in _YES_NO)
    amount = not yes_no and bool(_AMOUNT.search(text))
    date = not (yes_no or amount) and bool(_DATE.search(text))
    place = not (yes_no or amount or date) and bool(_PLACE.search(text))
    one = not (yes_no or amount or date) and _asks_for_one(text)
    done = yes_no and bool(re.match(r"(?:has|have|had|did|was|were)\b", text))
    either = _either(text) if yes_no else ()
    return Sought(amount, date, place, yes_no, one, either, done, bool(_TWICE.search(text)))


def _asks_for_one(text: str) -> bool:
    if _SEVERAL.search(text):
        return False
    if _ONE.search(text):
        return True
    asked = _ASKED.search(text)
    if asked is None or _SAYING.search(text):
        return False
    run = []
    for word in asked[1].split():
        if word in FUNCTION_WORDS:
            break
        run.append(word)
    return bool(run) and not any(_is_plural(word) for word in run)


def _is_plural(word: str) -> bool:
    return len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is", "'s"))


def _either(text: str) -> tuple[frozenset[str], ...]:
    sides = re.search(r"([\w'’-]+(?: [\w'’-]+)?) or (?:(?:an?|the|in|on) )?([\w'’-]+)", text)
    if sides is None or sides[2] == "not":
        return ()
    left = [word for word in sides[1].split() if word not in FUNCTION_WORDS][-1:]
    found = frozenset(terms(" ".join(left))), frozenset(terms(sides[2]))
    return found if all(found) and not found[0] & found[1] else ()
