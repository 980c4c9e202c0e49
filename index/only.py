"""What a question may be limited to: articles, publishers, dates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pincite.errors import InvalidRequest

_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


@dataclass(frozen=True, slots=True)
class Only:
    """What an article must be to be answered from. Empty: any article is.

    Attributes:
        articles: it has one of these ids, each of which is kept once.
        publishers: one of these published it; case does not count.
        first, last: it was published from the first to the last, both included: ISO 8601 dates,
            perhaps of a month or a year alone. Dates are compared as far as both are known,
            so that an article of "2023-06" may be of any day of June; one without a date
            is in no range.

    Raises:
        InvalidRequest: a date is none, or the first is after the last.
    """

    articles: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()
    first: str | None = None
    last: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "articles", tuple(dict.fromkeys(self.articles)))
        for date in (self.first, self.last):
            if date is not None and not _DATE.fullmatch(date):
                raise InvalidRequest(
                    f"{date!r} is no date", "Write it as 2023-06-24, 2023-06 or 2023."
                )
        if self.first and self.last and self.first[: len(self.last)] > self.last:
            raise InvalidRequest(
                f"the first date, {self.first}, is after the last, {self.last}", "Swap them."
            )

    def __bool__(self) -> bool:
        return bool(self.articles or self.publishers or self.first or self.last)

    def as_sql(self) -> tuple[str, list[str]]:
        """A condition on the columns of an article, and its values.

        SQLite has to be given the function `casefold`.
        """
        conditions, values = ["1"], list[str]()
        publishers = [one.casefold() for one in self.publishers]
        for column, among in (("id", self.articles), ("casefold(publisher)", publishers)):
            if among:
                conditions.append(f"{column} IN ({_marks(among)})")
                values += among
        for date, order in ((self.first, ">="), (self.last, "<=")):
            if date:
                conditions.append(
                    f"substr(published, 1, {len(date)}) {order} substr(?, 1, length(published))"
                )
                values.append(date)
        return " AND ".join(conditions), values


def casefold(text: str | None) -> str | None:
    """A text without its case, in any script: SQLite's own `lower` knows ASCII alone."""
    return None if text is None else text.casefold()


def _marks(values: Sequence[str]) -> str:
    return ",".join("?" * len(values))
