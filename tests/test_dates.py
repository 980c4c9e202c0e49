from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pincite.qa.amounts import Fit
from pincite.qa.dates import When, fit, when

TUESDAY = date(2023, 6, 6)


@pytest.mark.parametrize(
    ("words", "start", "end"),
    [
        ("4 June 2023", date(2023, 6, 4), date(2023, 6, 4)),
        ("2023-06-04", date(2023, 6, 4), date(2023, 6, 4)),
        ("June 4th", date(2023, 6, 4), date(2023, 6, 4)),
        ("on Dec. 30", date(2022, 12, 30), date(2022, 12, 30)),
        ("yesterday", date(2023, 6, 5), date(2023, 6, 5)),
        ("on Sunday", date(2023, 6, 4), date(2023, 6, 4)),
        ("Tuesday", TUESDAY, TUESDAY),
        ("next Friday", date(2023, 6, 9), date(2023, 6, 9)),
        ("last week", date(2023, 5, 29), date(2023, 6, 4)),
        ("last year", date(2022, 1, 1), date(2022, 12, 31)),
        ("in February of last year", date(2022, 2, 1), date(2022, 2, 28)),
        ("last month", date(2023, 5, 1), date(2023, 5, 31)),
        ("late last month", date(2023, 5, 18), date(2023, 5, 31)),
        ("two weeks ago", date(2023, 5, 20), date(2023, 5, 26)),
        ("in 1936", date(1936, 1, 1), date(1936, 12, 31)),
        ("the 1790s", date(1790, 1, 1), date(1799, 12, 31)),
        ("1810-11", date(1810, 1, 1), date(1811, 12, 31)),
        ("spring of 2020", date(2020, 3, 1), date(2020, 5, 30)),
    ],
)
def test_days_told_in_an_article_of_a_tuesday(words: str, start: date, end: date) -> None:
    found = when(words, TUESDAY)
    assert found is not None
    assert (found.start, found.end) == (start, end)


@pytest.mark.parametrize(
    ("words", "clock"),
    [
        ("5 p.m.", (1020, 1020)),
        ("12 a.m.", (0, 0)),
        ("6:30 pm", (1110, 1110)),
        ("from 17:00 to 18:00", (1020, 1080)),
        ("in the afternoon", (720, 1080)),
        ("overnight", (1140, 1800)),
    ],
)
def test_times_of_day(words: str, clock: tuple[int, int]) -> None:
    assert when(words) == When(clock=clock)


@pytest.mark.parametrize(
    "words", ["shortly before the invasion", "it may be", "the march of the workers", "13 p.m.", ""]
)
def test_no_date(words: str) -> None:
    assert when(words, TUESDAY) is None


def test_what_an_unknown_day_of_publishing_leaves_open() -> None:
    assert when("June 4") == When(month=6, day=4)
    assert when("Sunday") == When(weekday=6)
    assert when("last year") is None
    assert when("February 30, 2023") is None


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("June 4", "4 June 2023", Fit.SAME),
        ("June 4", "June 5", Fit.APART),
        ("1961", "4 August 1961", Fit.SAME),
        ("1936", "1937", Fit.APART),
        ("August 28", "late August", Fit.SAME),
        ("August 2", "late August", Fit.APART),
        ("two weeks ago", "Monday", Fit.OPEN),
        ("5 p.m.", "17:00", Fit.SAME),
        ("5 p.m.", "5:10 p.m.", Fit.SAME),
        ("9 a.m.", "3 p.m.", Fit.APART),
        ("Sunday night", "Sunday afternoon", Fit.APART),
        ("2 a.m.", "at night", Fit.SAME),
    ],
)
def test_two_dates(first: str, second: str, expected: Fit) -> None:
    one, other = when(first, TUESDAY), when(second, TUESDAY)
    assert one is not None
    assert other is not None
    assert fit(one, other) is expected
    assert fit(other, one) is expected


def test_dates_that_share_no_part_can_t_be_compared() -> None:
    month, weekday = when("in June"), when("on Sunday")
    assert month is not None
    assert weekday is not None
    assert fit(month, weekday) is None


def test_a_weekday_is_counted_back_from_the_day_of_publishing() -> None:
    for back in range(7):
        day = TUESDAY - timedelta(days=back)
        assert when(f"on {day:%A}", TUESDAY) == when(day.isoformat())


PUBLISHED = st.none() | st.dates(date(1700, 1, 1), date(2200, 1, 1))
DATED = st.lists(
    st.sampled_from(
        "0 4 31 99 1798 2024 2,024 -13 June may Feb. Sunday last next year month winter ago days"
        " weeks late early of to at 5 p.m. 25:61 noon yesterday".split()
    ),
    max_size=8,
).map(" ".join)


@settings(deadline=None)  # the first example loads the stemmer
@given(DATED | st.text(), PUBLISHED, DATED | st.text(), PUBLISHED)
def test_any_text_is_read_and_fit_is_symmetric(
    first: str, published: date | None, second: str, other_day: date | None
) -> None:
    one, other = when(first, published), when(second, other_day)
    if one and other:
        assert fit(one, other) is fit(other, one)
    if one and one.start and one.end:
        assert one.start <= one.end
        assert fit(one, one) is Fit.SAME
