"""Dates as a person reads them."""

from __future__ import annotations

import re
from datetime import date


def known(published: str | None) -> str | None:
    """A date as it was given; None where there is none.

    Programs write the year 1 or 9999 where they know none.
    """
    year = re.match(r"(\d{4})(?:\d{4})?(?!\d)", published or "")
    return None if year and not 1000 <= int(year[1]) < 3000 else published or None


def date_in_words(published: str | None) -> str | None:
    """ "2023-06-04" -> "4 June 2023", "2023-06" -> "June 2023"; other text as it is.

    None where no date is known.
    """
    given = known(published)
    for precision, form in (("", "%-d %B %Y"), ("-01", "%B %Y")):
        try:
            return date.fromisoformat((given or "") + precision).strftime(form)
        except ValueError:
            continue
    return given
