from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pincite.qa.said.amounts import Fit
from pincite.qa.said.names import fit, names, same_word, shared


@pytest.mark.parametrize(
    ("words", "tokens"),
    [
        ("President Volodymyr Zelenskiy", [("volodymyr", "zelenskiy")]),
        ("the city of Odessa", [("odessa",)]),
        ("Guardiola’s", [("guardiola",)]),
        ("Abu Mohammed al-Golani", [("abu", "mohammed", "golani")]),
        ("Jake Sullivan, the adviser", [("jake", "sullivan")]),
        ("Brazil and India", [("brazil",), ("india",)]),
        ("Bosnia and the coast", []),
        ("a former banker", []),
        ("1936", []),
        ("ŉ", []),  # folded to an apostrophe and a letter
        ("", []),
    ],
)
def test_names_as_they_are_written(words: str, tokens: list[tuple[str, ...]]) -> None:
    assert [name.tokens for name in names(words)] == tokens


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("zelensky", "zelenskyy"),
        ("golani", "julani"),
        ("mohammed", "muhammad"),
        ("odessa", "odesa"),
        ("kiev", "kyiv"),
        ("russian", "russia"),
        ("ukrainians", "ukraine"),
        ("canadian", "canada"),
        ("japanese", "japan"),
        ("j", "john"),
    ],
)
def test_spellings_of_one_word(one: str, other: str) -> None:
    assert same_word(one, other)
    assert same_word(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("slovakia", "slovenia"),
        ("john", "joan"),
        ("j", "sarah"),
        ("12", "13"),
        ("rdk", "rdl"),
        ("australians", "austria"),
        ("julian", "julia"),
    ],
)
def test_words_that_only_look_alike(one: str, other: str) -> None:
    assert not same_word(one, other)
    assert not same_word(other, one)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("Zelensky", "President Volodymyr Zelenskiy", Fit.SAME),
        ("the WHO", "the World Health Organization", Fit.SAME),
        ("J. Miller", "chief executive John Miller", Fit.SAME),
        ("John Miller", "Sarah Miller", Fit.APART),
        ("Helen Carter", "Robert Diaz", Fit.APART),
        ("Biden", "Biden's adviser Jake Sullivan", Fit.OPEN),
        ("India", "Brazil and India", Fit.OPEN),
        ("India and Brazil", "Brazil and India", Fit.SAME),
        ("a former banker", "John Miller", None),
    ],
)
def test_two_names(first: str, second: str, expected: Fit | None) -> None:
    assert fit(first, second) is expected
    assert fit(second, first) is expected


def test_a_place_and_a_part_of_it_agree() -> None:
    assert fit("London", "London Bridge", place=True) is Fit.SAME
    assert fit("London", "London Bridge") is Fit.OPEN


def test_the_share_of_words_the_other_spells_too() -> None:
    assert shared(["golani", "left"], ["julani", "spoke", "again"]) == 0.5
    assert shared([], ["spoke"]) == 0.0


NAMED = st.lists(
    st.sampled_from("Ann A. Bell Bel UN U.N. al-Bell O'Ann and & , (the of von de Ann's".split()),
    max_size=6,
).map(" ".join)


@settings(deadline=None)  # the first example loads the stemmer and RapidFuzz
@given(NAMED | st.text(), NAMED | st.text(), st.booleans())
def test_any_text_is_read_and_fit_is_symmetric(first: str, second: str, place: bool) -> None:
    assert fit(first, second, place) is fit(second, first, place)
    assert fit(first, first, place) in (None, Fit.SAME)
