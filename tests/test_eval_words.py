"""Normal form, exact match, F1 and what counts as right."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.eval.words import exact_match, f1, is_right, normalise, token_f1

TEXTS = st.one_of(
    st.text(), st.lists(st.sampled_from(["a", "The", "an", "cat.", "Cat", "13", "—"])).map(" ".join)
)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("The  Governor!", "governor"),
        ("an apple, a day", "apple day"),
        ("theatre", "theatre"),
        ("U.S. Army's 1,300\u00a0men", "us armys 1300 men"),
        ("A.", ""),
    ],
)
def test_normalise(text: str, normal: str) -> None:
    assert normalise(text) == normal


def test_token_f1_counts_tokens_as_often_as_they_stand() -> None:
    # 2 shared (cat once, sat once) of 3 and 2: precision 2/3, recall 1, F1 4/5.
    assert token_f1("cat cat sat", "the cat sat") == pytest.approx(0.8)
    assert token_f1("cat", "dog") == 0
    assert token_f1("the", "cat") == 0
    assert token_f1("the", "") == 1


def test_best_over_acceptable_answers() -> None:
    accepted = ["June 4", "on Sunday, June 4"]
    # 4 tokens and 2, 2 shared: 2 * 2 / 6; 4 and 4, 3 shared: 2 * 3 / 8.
    assert f1("Sunday, June 4, 2023", accepted) == pytest.approx(0.75)
    assert exact_match("june 4.", accepted) == 1
    assert exact_match("June 5", accepted) == 0
    assert (exact_match(None, accepted), f1(None, accepted)) == (0, 0)


@pytest.mark.parametrize(
    ("answer", "accepted", "right"),
    [
        ("The 13.", "13", True),
        ("13 disarmed Russian soldiers", "13", True),
        ("one two 13 three four five", "13", True),  # five more
        ("one two 13 three four five six", "13", False),  # six more
        ("130 soldiers", "13", False),  # not a token of its own
        ("soldiers from Russia", "soldiers Russia", False),  # not neighbours
        ("Gladkov", "Vyacheslav Gladkov", True),  # F1 2/3
        ("Gladkov", "Governor Vyacheslav Gladkov", True),  # F1 2/4, the least
        ("Gladkov", "Belgorod Governor Vyacheslav Gladkov", False),  # F1 2/5
        ("the", "the Kremlin", False),  # no token
        ("the Kremlin", "the", False),
        ("Gladkov’s “men”—caught", "Gladkov's men", True),
    ],
)
def test_is_right(answer: str, accepted: str, right: bool) -> None:
    assert is_right(answer, accepted) is right


@given(TEXTS)
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(TEXTS, TEXTS)
def test_f1_is_a_symmetric_share(one: str, other: str) -> None:
    assert 0 <= token_f1(one, other) <= 1
    assert token_f1(one, other) == token_f1(other, one)


@given(TEXTS, TEXTS)
def test_exact_match_implies_full_f1_and_full_f1_the_same_tokens(one: str, other: str) -> None:
    if exact_match(one, [other]):
        assert token_f1(one, other) == 1
    assert (token_f1(one, other) == 1) == (
        sorted(normalise(one).split()) == sorted(normalise(other).split())
    )


@given(TEXTS)
def test_the_acceptable_answer_itself_is_right(text: str) -> None:
    assert is_right(text, text)
