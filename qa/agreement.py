"""How two answers stand to each other: the same, compatible, or in conflict.

Amounts and dates are compared as what they are (`qa/amounts.py`, `qa/dates.py`): only they are
ever said to conflict. Other words are the same if one answer holds the content words of the
other, or is spelled nearly the same (rapidfuzz).
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pincite.index.terms import content_terms, fold
from pincite.qa import amounts, dates
from pincite.qa.amounts import Amount, Fit

SHORT = 4
"""Words of a span that is read as a date and nothing else, at most."""

ALIKE = 88
"""Similarity, 0..100, from which other words are another spelling of the same."""


class Relation(StrEnum):
    """How one answer stands to another."""

    SAME = "same"
    COMPATIBLE = "compatible"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Statement:
    """An answer where it stands.

    Attributes:
        words: the span, not empty.
        sentence: that it stands in.
        published: the day of its article, None if not known.
    """

    words: str
    sentence: str
    published: date | None = None


_RELATION = {
    Fit.SAME: Relation.SAME,
    Fit.OPEN: Relation.COMPATIBLE,
    Fit.APART: Relation.CONFLICT,
}


def compare(first: Statement, second: Statement) -> Relation:
    """How two answers to one question stand to each other; symmetric."""
    for decide in (_dates, _amounts):
        if (relation := decide(first, second)) is not None:
            return relation
    return Relation.SAME if _same_words(first.words, second.words) else Relation.COMPATIBLE


def _dates(first: Statement, second: Statement) -> Relation | None:
    if max(len(first.words.split()), len(second.words.split())) > SHORT:
        return None
    one = dates.when(first.words, first.published)
    other = dates.when(second.words, second.published)
    fit = dates.fit(one, other) if one and other else None
    return None if fit is None else _RELATION[fit]


def _amounts(first: Statement, second: Statement) -> Relation | None:
    ones, others = _counted(first), _counted(second)
    if not ones or not others:
        return None
    fit = amounts.fit(ones, others)
    return Relation.COMPATIBLE if fit is None else _RELATION[fit]


def _counted(statement: Statement) -> tuple[Amount, ...]:
    """The amounts of a span that is an amount; none of a name, a date or a clause with one."""
    found = amounts.amounts(statement.words)
    if not found or found[0].unit == "th" or re.search(r"\s[A-Z]\w*$", statement.words):
        return ()
    day = dates.when(statement.words)
    if day is not None and day.month is not None:
        return ()  # the number in "June 4" counts nothing
    before, words, after = statement.sentence.partition(statement.words)
    return amounts.amounts(statement.words, before if words else "", after)


def _same_words(first: str, second: str) -> bool:
    from rapidfuzz import fuzz

    one, other = _terms(first), _terms(second)
    if one and other:
        if one <= other or other <= one:
            return True
    elif fold(first) == fold(second):
        return True
    return fuzz.token_sort_ratio(fold(first), fold(second)) >= ALIKE


@functools.lru_cache(maxsize=4096)
def _terms(text: str) -> frozenset[str]:
    return frozenset(content_terms(text))
