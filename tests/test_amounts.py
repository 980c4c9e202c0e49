from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pincite.qa.amounts import Fit, amounts, fit
from pincite.qa.numbers import number, split


@pytest.mark.parametrize(
    ("text", "value", "step", "unit"),
    [
        ("1,300", 1300, 100, ""),
        ("2.4 million", 2_400_000, 100_000, ""),
        ("twenty-two", 22, 1, ""),
        ("three hundred and five thousand", 305_000, 1000, ""),
        ("eleven hundred", 1100, 100, ""),
        ("half a million", 500_000, 100_000, ""),
        ("two and a half million", 2_500_000, 500_000, ""),
        ("two-thirds", 200 / 3, 4, "%"),
        ("a third", 100 / 3, 4, "%"),
        ("third", 100 / 3, 4, "%"),
        ("2nd", 2, 1, "th"),
        ("second", 2, 1, "th"),
        ("a dozen", 12, 12, ""),
        ("two dozen", 24, 12, ""),
        ("nobody", 0, 1, ""),
    ],
)
def test_numbers_in_digits_and_in_words(text: str, value: float, step: float, unit: str) -> None:
    tokens = split(text)
    found = number(tokens, 0)
    assert found is not None
    assert [found.low, found.step] == pytest.approx([value, step])
    assert found.unit == unit
    assert found.low == found.high
    assert found.end == len(tokens)


@pytest.mark.parametrize("text", ["soldiers", "a soldier", "an hour", "half asleep", "9" * 40, ""])
def test_no_number(text: str) -> None:
    tokens = split(text)
    read = number(tokens, 0)
    assert read is None or read.unit == "%"  # "half" alone is a share
    assert (read is not None) == (text == "half asleep")


def test_vague_words_are_intervals() -> None:
    [dozens] = amounts("dozens of houses")
    assert (dozens.low, dozens.high) == (24, 199)
    [tens] = amounts("tens of thousands of people")
    assert [tens.low, tens.high] == pytest.approx([20_000, 199_900])


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("10 to 12", 10, 12),
        ("10-12", 10, 12),
        ("between 30 and 35", 30, 35),
        ("5-7 million", 5e6, 7e6),
        ("at least 500", 500, math.inf),
        ("300+", 300, math.inf),
        ("2 or more", 2, math.inf),
        ("up to 20", 0, 20),
        ("nearly 300", 255, 300),
        ("just over 100", 100, 115),
        ("about 90", 76.5, 103.5),
        ("about 10-12", 8.2, 13.8),
        ("13", 13, 13),
        ("200", 200, 200),
        ("2,000", 1950, 2050),
    ],
)
def test_hedges_and_ranges(text: str, low: float, high: float) -> None:
    [amount] = amounts(text)
    assert [amount.low, amount.high] == pytest.approx([low, high])


def test_more_than_is_not_said_of_many_times_as_much() -> None:
    [amount] = amounts("at least 500")
    assert (amount.least, amount.likely) == (500, 750)


@pytest.mark.parametrize(
    ("text", "unit", "base"),
    [
        ("1,083 feet", "m", 330.0984),
        ("an hour and a half", "s", 5400),
        ("two and a half hours", "s", 9000),
        ("half an hour", "s", 1800),
        ("a 90-second", "s", 90),
        ("$1.9bn", "$", 1.9e9),
        ("$45m", "$", 45e6),
        ("45 m", "m", 45),
        ("2.4 million dollars", "$", 2.4e6),
        ("52%", "%", 52),
    ],
)
def test_units_are_turned_into_base_units(text: str, unit: str, base: float) -> None:
    [amount] = amounts(text)
    assert amount.unit == unit
    assert (amount.low + amount.high) / 2 == pytest.approx(base)


def test_what_is_counted_and_the_words_around() -> None:
    [missiles] = amounts("four of six cruise missiles")
    assert (missiles.low, missiles.high) == (4, 4)
    assert "missil" in missiles.nouns
    [hedged] = amounts("500", "They said that at least", "protesters were there.")
    assert (hedged.high, hedged.nouns) == (math.inf, frozenset({"protest"}))
    assert [amount.low for amount in amounts("two tanks and five trucks")] == [2, 5]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("more than 200", "204", Fit.SAME),
        ("at least 1,000", "at least 90,000", Fit.OPEN),
        ("13", "two", Fit.APART),
        ("five miles", "8 kilometers", Fit.SAME),
        ("400", "400 feet", Fit.SAME),
        ("400 feet", "400 meters", Fit.APART),
        ("10 homes", "three cars", None),
        ("12 people", "12 soldiers", Fit.SAME),
        ("second", "two", None),
        ("5 percent", "5 miles", None),
        ("three tanks and five trucks", "3 tanks and 5 trucks", Fit.SAME),
        ("three tanks and five trucks", "3 tanks and 6 trucks", Fit.APART),
        ("the number", "5", None),
    ],
)
def test_two_amounts(first: str, second: str, expected: Fit | None) -> None:
    ones, others = amounts(first), amounts(second)
    assert fit(ones, others) is expected
    assert fit(others, ones) is expected


COUNTS = st.lists(
    st.sampled_from("5 7 12 dozens about some million $ % miles men of and a half - third".split()),
    max_size=9,
).map(" ".join)


@settings(deadline=None)  # the first example loads the stemmer
@given(COUNTS, COUNTS)
def test_fit_is_symmetric_and_an_amount_fits_itself(first: str, second: str) -> None:
    ones, others = amounts(first), amounts(second)
    assert fit(ones, others) is fit(others, ones)
    for amount in ones:
        assert amount.low <= amount.least <= amount.likely <= amount.high
        assert fit([amount], [amount]) is Fit.SAME


@settings(deadline=None)  # the first example loads the stemmer
@given(st.text(), st.text(), st.text())
def test_any_text_is_read(words: str, before: str, after: str) -> None:
    for amount in amounts(words, before, after):
        assert not math.isnan(amount.low)
        assert amount.low <= amount.high


@settings(deadline=None)  # the first example loads the stemmer
@given(st.text(alphabet="0123456789.,-$% kmt", max_size=60))
def test_any_digits_are_read(words: str) -> None:
    for amount in amounts(words):
        assert math.isfinite(amount.low)


def test_a_clock_time_is_no_number() -> None:
    assert amounts("from 17:00 to 18:00") == ()
    assert amounts("5:30 pm") == ()
    assert [a.low for a in amounts("at 9:15, 12 men")] == [12]


def test_an_approximate_range_is_not_stretched() -> None:
    assert fit(amounts("about 10-12 soldiers"), amounts("13 soldiers")) is Fit.OPEN
    assert fit(amounts("about 10-12 soldiers"), amounts("two soldiers")) is Fit.APART
    assert fit(amounts("about 10-12 soldiers"), amounts("11 soldiers")) is Fit.SAME
