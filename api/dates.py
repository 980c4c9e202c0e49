"""Dates as a person reads them."""

from __future__ import annotations

from datetime import date


def date_in_words(published: str | None) -> str:
    """ "2023-06-04" -> "4 June 2023", "2023-06" -> "June 2023"; other text as it is."""
    if published is None:
        return "undated"
    for precision, form in (("", "%-d %B %Y"), ("-01", "%B %Y")):
        try:
            return date.fromisoformat(published + precision).strftime(form)
        except ValueError:
            continue
    return published
