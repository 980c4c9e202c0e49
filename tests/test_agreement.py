"""How two answers stand to each other, by rule and over `agreement_pairs.tsv`.

Those pairs were labelled for a comparison that knew the question and judged names and denials
too. Left out are those that only it could tell: two mayors, "accepted" and "rejected".
"""

from __future__ import annotations

import csv
import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pincite.qa.agreement import Relation, Statement, compare

PAIRS = Path(__file__).with_name("agreement_pairs.tsv")
TUESDAY = date(2023, 6, 6)


def marked(text: str, published: str) -> Statement:
    """A span that stands in brackets in its sentence."""
    words = re.findall(r"\[(.*?)\]", text)[0]
    sentence = text.replace("[", "").replace("]", "")
    return Statement(words, sentence, date.fromisoformat(published) if published else None)


def labelled(by: str) -> list[tuple[Statement, Statement, Relation]]:
    with PAIRS.open(encoding="utf-8", newline="") as file:
        lines = (line for line in file if not line.startswith("#"))
        return [
            (
                marked(row["first"], row["published_first"]),
                marked(row["second"], row["published_second"]),
                Relation(row["relation"]),
            )
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
            if row["by"] == by
        ]


@pytest.mark.parametrize(("by", "count"), [("amounts", 44), ("dates", 24)])
def test_every_labelled_pair_of_amounts_and_of_dates(by: str, count: int) -> None:
    pairs = labelled(by)
    assert len(pairs) == count
    for one, other, true in pairs:
        assert compare(one, other) is true, (one.words, other.words)


def test_the_labelled_pairs_of_other_words() -> None:
    """Measured: abbreviations, spellings far apart and free wording are missed, denials merged."""
    found = [(compare(one, other), true) for one, other, true in labelled("words")]
    of_same = [relation for relation, true in found if true is Relation.SAME]
    of_others = [relation for relation, true in found if true is Relation.COMPATIBLE]
    assert (len(of_same), len(of_others)) == (31, 20)
    assert of_same.count(Relation.SAME) >= 19
    assert of_others.count(Relation.COMPATIBLE) >= 16
    assert Relation.CONFLICT not in {*of_same, *of_others}


def relation(first: str, second: str, published: date | None = None) -> Relation:
    one, other = (Statement(words, words, published) for words in (first, second))
    assert compare(one, other) is compare(other, one)
    return compare(one, other)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        # Content words: "the", "that" and "was" are none.
        ("The ferry", "a ferry.", Relation.SAME),
        ("the old ferry", "the ferry that was old", Relation.SAME),
        ("Gladkov", "Belgorod governor Vyacheslav Gladkov", Relation.SAME),
        ("Volodymyr Zelensky", "Zelenskiy", Relation.SAME),
        # One letter of 18 and of 19 is another: 1 - 2 / 37 = 0.946 of 0.88.
        ("Novaya Tavolzhanka", "Novaya Tovalzhanka", Relation.SAME),
        ("Helen Carter", "Robert Diaz", Relation.COMPATIBLE),
        ("Slovakia", "Slovenia", Relation.COMPATIBLE),
        # Without content words on either side, the spelling decides.
        ("more", "More", Relation.SAME),
        ("more", "very", Relation.COMPATIBLE),
    ],
)
def test_words_that_are_no_amount_and_no_date(first: str, second: str, expected: Relation) -> None:
    assert relation(first, second) is expected


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("seven", "19 people", Relation.CONFLICT),
        ("Two", "13 soldiers", Relation.CONFLICT),
        ("at least 10", "12", Relation.SAME),
        ("at least 1,000", "at least 90,000 people", Relation.COMPATIBLE),
        ("10 homes", "3 cars", Relation.COMPATIBLE),
        # An amount beside a name is compared by its words.
        ("13", "Belgorod", Relation.COMPATIBLE),
    ],
)
def test_amounts(first: str, second: str, expected: Relation) -> None:
    assert relation(first, second) is expected


def test_a_name_that_holds_a_number_and_a_place_in_an_order_are_no_amounts() -> None:
    assert relation("the 47th Brigade", "the 47th Brigade") is Relation.SAME
    assert relation("two officers of Azov", "13 officers of Azov") is Relation.COMPATIBLE
    assert relation("third", "fourth") is Relation.COMPATIBLE


def test_a_hedge_stands_before_the_span_and_not_elsewhere() -> None:
    hedged = Statement("500", "More than 500 came.")
    assert compare(hedged, Statement("600", "600")) is Relation.SAME
    lost = Statement("500", "They spoke of more than")  # the span is not in its sentence
    assert compare(lost, Statement("600", "600")) is Relation.CONFLICT


def test_a_weekday_is_that_of_its_article() -> None:
    one = Statement("Sunday", "Sunday", TUESDAY)
    assert compare(one, Statement("Sunday", "Sunday", date(2023, 6, 13))) is Relation.CONFLICT
    assert compare(one, Statement("June 4", "June 4", date(2023, 6, 13))) is Relation.SAME


def test_the_day_of_a_month_is_no_amount() -> None:
    assert relation("June 4", "13 people") is Relation.COMPATIBLE
    # A long span is no date either, whatever it holds.
    assert relation("the attack on the bridge on June 4", "June 5") is Relation.COMPATIBLE
    assert relation("on June 4", "June 5") is Relation.CONFLICT


WORDS = st.lists(
    st.sampled_from(
        "two 12 dozens miles June 4 Sunday Ann Bell UN the of and a not failed will rain heavy"
        " town village confirmed 5 p.m. $ % half last year".split()
    ),
    min_size=1,
    max_size=6,
).map(" ".join)
TEXT = WORDS | st.text(min_size=1)
DAYS = st.none() | st.dates(date(1900, 1, 1), date(2100, 1, 1))
STATEMENTS: st.SearchStrategy[Statement] = st.builds(Statement, TEXT, TEXT, DAYS)


@settings(deadline=None)  # the first example loads the stemmer and RapidFuzz
@given(STATEMENTS, STATEMENTS)
def test_any_answers_are_compared_and_it_is_symmetric(one: Statement, other: Statement) -> None:
    assert compare(one, other) is compare(other, one)
    assert compare(one, one) is Relation.SAME
