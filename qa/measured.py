"""How two answers stand to each other that are both dates, or both amounts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from pincite.qa import amounts, dates
from pincite.qa.amounts import Amount, Fit

SHORT = 4
"""Words of a span that is read as a date and nothing else, at most."""


@dataclass(frozen=True, slots=True)
class Statement:
    """An answer where it stands.

    Attributes:
        text: of the paragraph.
        start, end: `[start, end)` of the answer in it, in characters, not empty.
        published: the day of its article, None if not known.
        header: titles of its article and section, in one line.
    """

    text: str
    start: int
    end: int
    published: date | None = None
    header: str = ""

    @property
    def words(self) -> str:
        """The answer itself."""
        return self.text[self.start : self.end]


def fit(first: Statement, second: Statement) -> Fit | None:
    """How they fit as dates or as amounts; None where they can't be compared so. Symmetric."""
    found = _dates(first, second)
    return _amounts(first, second) if found is None else found


def _dates(first: Statement, second: Statement) -> Fit | None:
    if max(len(first.words.split()), len(second.words.split())) > SHORT:
        return None
    one = dates.when(first.words, first.published)
    other = dates.when(second.words, second.published)
    return dates.fit(one, other) if one and other else None


def _amounts(first: Statement, second: Statement) -> Fit | None:
    ones, others = _counted(first), _counted(second)
    if not ones or not others:
        return None
    found = amounts.fit(ones, others)
    return Fit.OPEN if found is None else found


def _counted(statement: Statement) -> tuple[Amount, ...]:
    """The amounts of a span that is an amount; none of a name, a date or a clause with one."""
    words = statement.words
    found = amounts.amounts(words)
    if not found or found[0].unit == "th" or re.search(r"\s[A-Z]\w*$", words):
        return ()
    day = dates.when(words)
    if day is not None and day.month is not None:
        return ()  # the number in "June 4" counts nothing
    return amounts.amounts(
        words, statement.text[: statement.start], statement.text[statement.end :]
    )
