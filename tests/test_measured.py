"""How amounts fit, by rule and over `agreement_pairs.tsv`."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pincite.qa.agreement import Relation
from pincite.qa.amounts import Fit
from pincite.qa.measured import Statement, fit

PAIRS = Path(__file__).with_name("agreement_pairs.tsv")
FITS = {Relation.SAME: Fit.SAME, Relation.COMPATIBLE: Fit.OPEN, Relation.CONFLICT: Fit.APART}


def statement(marked: str) -> Statement:
    """An answer in [brackets] in its text; the whole text where there are none."""
    found = re.search(r"\[(.*?)\]", marked)
    if found is None:
        return Statement(marked, 0, len(marked))
    text = marked.replace("[", "").replace("]", "")
    return Statement(text, found.start(), found.end() - 2)


def labelled(by: str) -> list[tuple[str, Statement, Statement, Relation]]:
    """Question, both answers and their relation, of the pairs that are compared as that."""
    with PAIRS.open(encoding="utf-8", newline="") as file:
        lines = (line for line in file if not line.startswith("#"))
        rows = [
            row
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
            if row["by"] == by
        ]
    return [
        (
            row["question"],
            statement(row["first"]),
            statement(row["second"]),
            Relation(row["relation"]),
        )
        for row in rows
    ]


def test_a_statement_s_words_are_those_in_brackets() -> None:
    one = statement("They spoke of [more than 500] on Sunday.")
    assert (one.text, one.words) == ("They spoke of more than 500 on Sunday.", "more than 500")
    assert one.start == 14


def test_every_labelled_pair_of_amounts() -> None:
    pairs = labelled("amounts")
    assert len(pairs) == 44
    for _, one, other, true in pairs:
        assert fit(one, other) is FITS[true], (one.words, other.words)


def test_of_the_labelled_pairs_of_other_words_next_to_none_are_measured() -> None:
    found = {(a.words, b.words): fit(a, b) for _, a, b, _ in labelled("words")}
    assert {words: kind for words, kind in found.items() if kind} == {
        ("Four", "four of six cruise missiles"): Fit.SAME,
        ("the release of the two journalists", "that both journalists be freed"): Fit.SAME,
    }


def both(first: str, second: str) -> Fit | None:
    one, other = statement(first), statement(second)
    assert fit(one, other) is fit(other, one)
    return fit(one, other)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("seven", "19 people", Fit.APART),
        ("Two", "13 soldiers", Fit.APART),
        ("at least 10", "12", Fit.SAME),
        ("at least 1,000", "at least 90,000 people", Fit.OPEN),
        # They count different things.
        ("10 homes", "3 cars", Fit.OPEN),
        # An amount beside a name, and two names.
        ("13", "Belgorod", None),
        ("Helen Carter", "Robert Diaz", None),
        # What the number counts stands behind it, what hedges it before.
        ("[13] homes were hit", "[3] cars", Fit.OPEN),
        ("More than [500] came.", "600", Fit.SAME),
        ("They spoke of [500], more than ever.", "600", Fit.APART),
    ],
)
def test_amounts(first: str, second: str, expected: Fit | None) -> None:
    assert both(first, second) is expected


def test_a_name_that_holds_a_number_and_a_place_in_an_order_are_no_amounts() -> None:
    assert both("the 47th Brigade", "the 47th Brigade") is None
    assert both("two officers of Azov", "13 officers of Azov") is None
    assert both("third", "fourth") is None


def test_the_day_of_a_month_is_no_amount() -> None:
    assert both("June 4", "13 people") is None
    assert both("November 5", "5 December") is None
    assert both("in 1936", "1937") is Fit.APART  # a year is a number like any other
    assert both("Maybe 5", "6") is Fit.APART


WORDS = st.lists(
    st.sampled_from(
        "two 12 dozens miles June 4 Sunday Ann Bell UN the of and a not failed will rain heavy"
        " town village confirmed 5 p.m. $ % half last year".split()
    ),
    min_size=1,
    max_size=6,
).map(" ".join)
TEXT = WORDS | st.text(min_size=1)


@st.composite
def statements(draw: st.DrawFn) -> Statement:
    """Any words of any text."""
    text = draw(TEXT)
    start = draw(st.integers(0, len(text) - 1))
    return Statement(text, start, draw(st.integers(start + 1, len(text))))


@settings(deadline=None)  # the first example loads the stemmer
@given(statements(), statements())
def test_any_answers_are_compared_and_it_is_symmetric(one: Statement, other: Statement) -> None:
    assert fit(one, other) is fit(other, one)
    assert fit(one, one) in (None, Fit.SAME)
