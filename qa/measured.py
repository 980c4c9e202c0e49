"""How two answers stand to each other that are both amounts."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass

from pincite.qa import amounts
from pincite.qa.amounts import Amount, Fit

_MONTH = re.compile(rf"\b({'|'.join([*calendar.month_name[1:], *calendar.month_abbr[1:]])})\b")


@dataclass(frozen=True, slots=True)
class Statement:
    """An answer where it stands.

    Attributes:
        text: of the paragraph.
        start, end: `[start, end)` of the answer in it, in characters, not empty.
        header: titles of its article and section, in one line.
    """

    text: str
    start: int
    end: int
    header: str = ""

    @property
    def words(self) -> str:
        """The answer itself."""
        return self.text[self.start : self.end]


def fit(first: Statement, second: Statement) -> Fit | None:
    """How they fit as amounts; None where they can't be compared so. Symmetric."""
    ones, others = _counted(first), _counted(second)
    if not ones or not others:
        return None
    found = amounts.fit(ones, others)
    return Fit.OPEN if found is None else found


def _counted(statement: Statement) -> tuple[Amount, ...]:
    """The amounts of a span that is an amount; none of a name, a day or a clause with one."""
    words = statement.words
    found = amounts.amounts(words)
    if not found or found[0].unit == "th" or re.search(r"\s[A-Z]\w*$", words):
        return ()
    if _MONTH.search(words):  # the number in "June 4" counts nothing
        return ()
    return amounts.amounts(
        words, statement.text[: statement.start], statement.text[statement.end :]
    )
