"""Dates as a person reads them."""

from __future__ import annotations

from datetime import date

from pincite.index.known import known_date


def date_in_words(published: str | None) -> str | None:
    """ "2023-06-04" -> "4 June 2023", "2023-06" -> "June 2023"; other text as it is.

    None where no date is known.
    """
    given = known_date(published)
    for precision, form in (("", "%-d %B %Y"), ("-01", "%B %Y")):
        try:
            return date.fromisoformat((given or "") + precision).strftime(form)
        except ValueError:
            continue
    return given
