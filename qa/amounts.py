"""The amounts a text states, as intervals: "10 to 12", "at least 500 people", "1,300 feet".

An amount is read with what hedges it and with its unit or the noun it counts,
so that two amounts can be compared as a reader would: "more than 200" allows
204, "two dozen" is 24, "five miles" and "8 kilometers" are one distance, and
"10 homes" says nothing about "three cars".
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pincite.index.terms import FUNCTION_WORDS, terms
from pincite.qa.numbers import AND_A_HALF, SIGNS, UNITS, Number, number, split

ROUNDING = 0.025  # by how much of itself a round number may be rounded where nothing hedges it
ABOUT = 0.15  # by how much of itself "about" may be off
FURTHER = 1.5  # "at least 10" is not said of more than this many times 10
ROUND_FROM = 1000  # counts below are taken as exact
BEFORE, AFTER = 4, 6  # words around a span that may hedge its number or name what it counts


class Fit(StrEnum):
    """How two amounts stand to each other."""

    SAME = "same"  # they may well be one
    OPEN = "open"  # both may be true, yet nobody would put one for the other
    APART = "apart"  # both can't be true of one thing


@dataclass(frozen=True, slots=True)
class Amount:
    """One amount.

    Attributes:
        low, high: `[low, high]` that the words allow, in base units; high may be infinite.
        likely: the most it would be said of, `high` or less; `least` is the same below.
        slack: what rounding explains if another unit was converted to this, in base units.
        unit: the base unit ("m", "s", "kg", "%", "$", "th" for ordinals), "" for a count.
        factor: base units in one of the words' unit.
        nouns: terms of what is counted; none if the text doesn't say.
    """

    low: float
    high: float
    least: float
    likely: float
    slack: float
    unit: str
    factor: float
    nouns: frozenset[str]


_HEDGES = {
    "more": {"at least", "more than", "over", "above", "no fewer than", "no less than", "exceeding"}
    | {"not less than", "upwards of", "a minimum of", "minimum", "greater than"},
    "less": {"at most", "up to", "fewer than", "less than", "under", "below", "no more than"}
    | {"not more than", "as many as", "a maximum of"},
    "nearly": {"nearly", "almost", "close to", "just under", "just below", "approaching"},
    "past": {"just over", "slightly more than", "a little over", "just above"},
    "about": {"about", "around", "roughly", "some", "approximately", "an estimated", "estimated"}
    | {"approx", "circa", "~"},
}
_HEDGE_WORDS = {phrase: kind for kind, phrases in _HEDGES.items() for phrase in phrases}
# People are counted under many names; these agree with any noun.
_ANYONE = frozenset(terms("people person persons individuals others victims men ones"))
_STOPS = FUNCTION_WORDS | set("( ) . ; : , - – ‑ — +".split())


@functools.lru_cache(maxsize=4096)
def amounts(words: str, before: str = "", after: str = "") -> tuple[Amount, ...]:
    """The amounts whose number stands in `words`, in order.

    Args:
        words: a span of a text.
        before, after: the text around it in its sentence, which may hedge the
            number or say what it counts.
    """
    left = split(before[-60:])[-BEFORE:]
    inside = split(words)
    tokens = [*left, *inside, *split(after[:80])[:AFTER]]
    found = []
    at, end = len(left), len(left) + len(inside)
    while at < end:
        read = _amount(tokens, at)
        if read is None:
            at += 1
        else:
            amount, at = read
            found.append(amount)
    return tuple(found)


def fit(first: Sequence[Amount], second: Sequence[Amount]) -> Fit | None:
    """How the amounts of two answers stand to each other; None if they count different things."""
    table = [[_fit_two(one, other) for other in second] for one in first]
    if min(len(first), len(second)) == 1:
        found = {cell for row in table for cell in row if cell}
        return next((kind for kind in Fit if kind in found), None)
    # Two lists: whatever the shorter one counts has to be in the other.
    rows = table if len(first) <= len(second) else []
    columns = list(zip(*table, strict=True)) if len(second) <= len(first) else []
    kinds = [{cell for cell in row if cell} for row in (*rows, *columns)]
    best = [next(kind for kind in Fit if kind in row) for row in kinds if row]
    return next((kind for kind in (Fit.APART, Fit.OPEN, Fit.SAME) if kind in best), None)


def _fit_two(one: Amount, other: Amount) -> Fit | None:
    scale, slack = 1.0, 0.0
    if one.unit != other.unit:
        # A number alone may be of any unit.
        if (one.unit and other.unit) or one.nouns or other.nouns or "th" in (one.unit, other.unit):
            return None
        one, other = (one, other) if other.unit else (other, one)
        scale = other.factor
    elif one.factor != other.factor:
        slack = (one.slack + other.slack) / 2
    if one.nouns and other.nouns and not one.nouns & other.nouns:
        general = one.nouns & _ANYONE or other.nouns & _ANYONE
        if not general:
            return None
    if _meet(one.least * scale, one.likely * scale, other.least, other.likely, slack):
        return Fit.SAME
    near = _meet(one.low * scale, one.high * scale, other.low, other.high, slack)
    return Fit.OPEN if near else Fit.APART


def _meet(low: float, high: float, bottom: float, top: float, slack: float) -> bool:
    """Whether `[low, high]` and `[bottom, top]` overlap when each is widened by the slack."""
    return low - slack <= top + slack and bottom - slack <= high + slack


def _amount(tokens: list[str], at: int) -> tuple[Amount, int] | None:
    """The amount that starts at a token, and the token after it."""
    start = at
    sign = SIGNS.get(tokens[at], "")
    read = number(tokens, at + bool(sign))
    if read is None:
        return None
    low, high, step, at = read.low, read.high, read.step, read.end
    hedge = _hedge(tokens, start)
    second = _rest_of_range(tokens, at, start)
    if second is not None and second.high > low:
        top, step, at = second.high, second.step, second.end
        # "5-7 million": the scale is said once.
        scale = 10.0 ** (3 * int(math.log10(top) // 3)) if top >= ROUND_FROM else 1.0
        low, high = (low * scale if low < top / scale and low < ROUND_FROM else low), top
    if tokens[at : at + 1] == ["+"] or tokens[at : at + 2] == ["or", "more"]:
        hedge = "more"
        at += 1 if tokens[at] == "+" else 2
    unit, factor, at = (sign, 1.0, at) if sign else _unit(tokens, at, read.unit)
    if tokens[at : at + 3] == AND_A_HALF:
        low, high, at = low + 0.5, high + 0.5, at + 3
    nouns, at = (frozenset[str](), at) if unit else _nouns(tokens, at)
    ends = _hedged(low, high, step, hedge, bool(unit) and unit != "th")
    low, high, least, likely = (end * factor for end in ends)
    return Amount(low, high, least, likely, step / 2 * factor, unit, factor, nouns), at


def _hedged(
    low: float, high: float, step: float, hedge: str, measured: bool
) -> tuple[float, float, float, float]:
    """`(low, high, least, likely)` of a number with what stands before it."""
    if hedge == "more":
        return low, math.inf, low, max(high * FURTHER, high + 2)
    if hedge == "less":
        return 0.0, high, low / FURTHER, high
    if hedge == "nearly":
        return low * (1 - ABOUT), high, low * (1 - ABOUT), high
    if hedge == "past":
        return low, high * (1 + ABOUT), low, high * (1 + ABOUT)
    if hedge == "about":
        off = max(ABOUT * high, 1.0 if high > 4 else 0.0)
        # A range says itself how far off it may be: "about 10-12" is hardly said of 13.
        likely = off if low == high else 0.0
        return low - off, high + off, low - likely, high + likely
    rounded = high >= ROUND_FROM or measured or step < 1
    off = min(step / 2, ROUNDING * high) if rounded and low == high and step != 1 else 0.0
    return low - off, high + off, low - off, high + off


def _rest_of_range(tokens: list[str], at: int, start: int) -> Number | None:
    """The second number of "5 to 7" or "between 5 and 7", or None."""
    link = tokens[at] if at < len(tokens) else ""
    between = link == "and" and start > 0 and tokens[start - 1] == "between"
    if not (between or link in ("to", "or", "-", "–", "‑", "—")):
        return None
    return number(tokens, at + 1 + (at + 1 < len(tokens) and tokens[at + 1] in SIGNS))


def _hedge(tokens: list[str], start: int) -> str:
    for size in (3, 2, 1):
        kind = _HEDGE_WORDS.get(" ".join(tokens[max(0, start - size) : start]))
        if kind:
            return kind
    return ""


def _unit(tokens: list[str], at: int, unit: str) -> tuple[str, float, int]:
    here = at + (tokens[at : at + 1] in (["-"], ["–"], ["‑"]))
    if not unit and here < len(tokens) and tokens[here] in UNITS:
        return *UNITS[tokens[here]], here + 1
    return unit, 1.0, at


def _nouns(tokens: list[str], at: int) -> tuple[frozenset[str], int]:
    """The terms of what a number counts, and where to read on."""
    if tokens[at : at + 1] == ["of"]:
        at += 1
        while tokens[at : at + 1] and tokens[at] in ("the", "its", "his", "their", "these"):
            at += 1
        # "four of six missiles": the whole is no second answer.
        whole = number(tokens, at)
        at = at if whole is None else whole.end
    end = at
    while end < len(tokens) and end < at + AFTER and tokens[end] not in _STOPS:
        if tokens[end][0].isdecimal():
            break
        end += 1
    return frozenset(terms(" ".join(tokens[at:end]))), end
