"""Numbers as they are written: "1,300", "2.4 million", "twenty-two", "a third", "dozens".

Each is read with its grain, so that it is known how far a round one may be
rounded, and with the unit that its form gives it: a share is a percentage,
"second" a place in an order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pincite.index.terms import fold

SHARE = 4.0  # the grain of "a third", in percent
LONGEST = 18  # digits of a number at most; a longer run is a code and counts nothing


@dataclass(frozen=True, slots=True)
class Number:
    """A number among tokens.

    Attributes:
        low, high: `[low, high]` that it is said of: both the same but for "dozens" and the like.
        step: its grain: 100 for "1,300", 0.1 for "2.4".
        unit: "%" for a share, "th" for an ordinal, else "".
        end: the token after it.
    """

    low: float
    high: float
    step: float
    unit: str
    end: int


# What a name of a unit stands for: the base unit, and how many of it.
UNITS: dict[str, tuple[str, float]] = {
    name: (unit, factor)
    for names, unit, factor in (
        ("meter meters metre metres m", "m", 1.0),
        ("kilometer kilometers kilometre kilometres km kms", "m", 1000.0),
        ("centimeter centimeters centimetre centimetres cm", "m", 0.01),
        ("millimeter millimeters millimetre millimetres mm", "m", 0.001),
        ("mile miles mi", "m", 1609.344),
        ("foot feet ft", "m", 0.3048),
        ("yard yards", "m", 0.9144),
        ("inch inches", "m", 0.0254),
        ("second seconds sec secs", "s", 1.0),
        ("minute minutes min mins", "s", 60.0),
        ("hour hours hr hrs", "s", 3600.0),
        ("day days", "s", 86400.0),
        ("week weeks", "s", 604800.0),
        ("month months", "s", 2629746.0),
        ("year years", "s", 31556952.0),
        ("kilogram kilograms kilogramme kilogrammes kilo kilos kg", "kg", 1.0),
        ("gram grams g", "kg", 0.001),
        ("tonne tonnes", "kg", 1000.0),
        ("ton tons", "kg", 1000.0),
        ("pound pounds lb lbs", "kg", 0.45359237),
        ("acre acres", "m2", 4046.8564),
        ("hectare hectares", "m2", 10000.0),
        ("liter liters litre litres", "l", 1.0),
        ("gallon gallons", "l", 3.7854118),
        ("barrel barrels", "l", 158.987295),
        ("mph", "m/s", 0.44704),
        ("kph kmh km/h", "m/s", 1 / 3.6),
        ("percent percentage % pct", "%", 1.0),
        ("dollar dollars usd", "$", 1.0),
        ("euro euros eur", "€", 1.0),
    )
    for name in names.split()
}
SIGNS = {"$": "$", "€": "€", "£": "£"}
_ONES = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
        " fifteen sixteen seventeen eighteen nineteen".split()
    )
} | {"no": 0, "none": 0, "nobody": 0, "single": 1, "once": 1, "both": 2, "twice": 2}
_TENS = {
    word: 10 * value
    for value, word in enumerate(
        "twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2
    )
}
_SCALES = {
    "hundred": 1e2,
    "thousand": 1e3,
    "k": 1e3,
    "million": 1e6,
    "mln": 1e6,
    "billion": 1e9,
    "bn": 1e9,
    "trillion": 1e12,
    "dozen": 12.0,
}
_SHARES = {
    "half": 50.0,
    "third": 100 / 3,
    "thirds": 100 / 3,
    "quarter": 25.0,
    "quarters": 25.0,
    "fifth": 20.0,
    "fifths": 20.0,
}
# [least, most] of what such words are said of.
_VAGUE = {
    "couple": (2, 3),
    "pair": (2, 2),
    "few": (2, 6),
    "handful": (3, 6),
    "dozens": (24, 199),
    "scores": (40, 199),
    "hundreds": (200, 1999),
    "thousands": (2000, 19999),
    "millions": (2e6, 2e7),
    "billions": (2e9, 2e10),
}
_ORDINALS = {
    word: value
    for value, word in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth".split(), start=1
    )
}
# A clock time is a token of its own, and no number: "17:00" counts nothing.
_TOKEN = re.compile(r"\d{1,2}:\d\d|\d[\d,]*(?:\.\d+)?|km/h|[^\W\d_]+|[$€£%~+]|[-–‑—()]|[.;:,]")


AND_A_HALF = ["and", "a", "half"]


def split(text: str) -> list[str]:
    """The words, numbers and marks of a text, folded, in order."""
    return _TOKEN.findall(fold(text))


def number(tokens: list[str], at: int) -> Number | None:
    """The number that starts at a token, or None.

    Args:
        tokens: as `split` gives them.
        at: 0 or more; there is no number past the end.
    """
    found = _number(tokens, at) if at < len(tokens) else None
    if found is None or found.unit or tokens[found.end : found.end + 3] != AND_A_HALF:
        return found
    scale, end = _scale(tokens, found.end + 3)
    half = scale / 2
    return Number(found.low * scale + half, found.high * scale + half, half, "", end)


def _number(tokens: list[str], at: int) -> Number | None:
    token = tokens[at]
    if token[0].isdecimal():
        return None if ":" in token else _digits(tokens, at)
    if token in ("a", "an"):
        return _after_article(tokens, at)
    if token in ("tens", "hundreds") and _at(tokens, at + 1) == "of":
        by = {"thousands": 1e3, "millions": 1e6}.get(_at(tokens, at + 2))
        if by:
            by *= 10 if token == "tens" else 100
            return Number(2 * by, 19.99 * by, 1.0, "", at + 3)
    if token == "half" and _at(tokens, at + 1) in ("a", "an"):
        if _at(tokens, at + 2) in UNITS:
            return Number(0.5, 0.5, 0.1, "", at + 2)
        scale = _SCALES.get(_at(tokens, at + 2))
        return Number(scale / 2, scale / 2, scale / 10, "", at + 3) if scale else None
    if token in _VAGUE:
        return Number(*_VAGUE[token], 1.0, "", at + 1)
    if token in _SHARES and not (at and tokens[at - 1] == "the"):
        return Number(_SHARES[token], _SHARES[token], SHARE, "%", at + 1)
    if token in _ORDINALS:
        return Number(_ORDINALS[token], _ORDINALS[token], 1.0, "th", at + 1)
    return _worded(tokens, at)


def _after_article(tokens: list[str], at: int) -> Number | None:
    """ "a dozen", "a third", "a few"; "an hour" is one only before "and a half"."""
    after = _at(tokens, at + 1)
    if after in _SCALES or after in _SHARES or after in _VAGUE:
        return number(tokens, at + 1)
    if after in UNITS and tokens[at + 2 : at + 5] == AND_A_HALF:
        return Number(1.0, 1.0, 1.0, "", at + 1)
    return None


def _digits(tokens: list[str], at: int) -> Number | None:
    plain = tokens[at].replace(",", "")
    whole, _, decimals = plain.partition(".")
    if len(plain) > LONGEST:
        return None
    value = float(plain)
    zeros = len(whole) - len(whole.rstrip("0")) if value else 0
    step = 10.0 ** (-len(decimals)) if decimals else 10.0**zeros
    money = at > 0 and tokens[at - 1] in SIGNS
    at += 1
    if _at(tokens, at) in ("st", "nd", "rd", "th"):
        return Number(value, value, 1.0, "th", at + 1)
    # "5m" is a length, "$5m" five million.
    scale, at = (1e6, at + 1) if money and _at(tokens, at) == "m" else _scale(tokens, at)
    return Number(value * scale, value * scale, step * scale, "", at)


def _scale(tokens: list[str], at: int) -> tuple[float, int]:
    """What "hundred thousand" multiplies by, and the token after it."""
    scale, end = 1.0, at
    # Three such words in a row are no number any more.
    while end < at + 2 and _at(tokens, end) in _SCALES:
        scale, end = scale * _SCALES[tokens[end]], end + 1
    return scale, end


def _worded(tokens: list[str], at: int) -> Number | None:
    """A number in words: "twenty-two", "three hundred and five thousand", "two-thirds"."""
    start, total, part, step = at, 0.0, 0.0, 1.0
    while at < len(tokens):
        token = tokens[at]
        if token in _TENS or (token in _ONES and (at == start or token not in ("no", "none"))):
            # "twenty five" is one number, "five twenty" two.
            if part and part % (100 if token in _TENS else 10):
                break
            part, step = part + _TENS.get(token, _ONES.get(token, 0)), 1.0
        elif token in _SCALES:
            part, step = (part or 1.0) * _SCALES[token], _SCALES[token]
            if step >= 1e3:
                total, part = total + part, 0.0
            if total + part > 10.0**LONGEST:
                break
        elif at > start and token in _SHARES and token.endswith("s"):
            return Number(part * _SHARES[token], part * _SHARES[token], SHARE, "%", at + 1)
        elif not (at > start and _links(tokens, at)):
            break
        at += 1
    return None if at == start else Number(total + part, total + part, step, "", at)


def _links(tokens: list[str], at: int) -> bool:
    """Whether a token holds two words of one number together."""
    before, after = tokens[at - 1], _at(tokens, at + 1)
    if tokens[at] == "and":
        return before in _SCALES and (after in _ONES or after in _TENS or after in _SHARES)
    if tokens[at] != "-":
        return False
    return before in _TENS if after in _ONES else before in _ONES and after in _SHARES


def _at(tokens: list[str], at: int) -> str:
    return tokens[at] if at < len(tokens) else ""
