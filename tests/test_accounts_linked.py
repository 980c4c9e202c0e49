"""Who says the same, by average linkage; and who says it by themselves."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.qa.accounts import by_themselves, copied, linked
from pincite.qa.agreement import Likely


def likely(same: float, unrelated: float = 0.0) -> Likely:
    return Likely(same, 1.0 - same - unrelated, 0.0, unrelated)


def of_pairs(*same: tuple[int, int, float]) -> dict[tuple[int, int], Likely]:
    return {(one, other): likely(share) for one, other, share in same}


@pytest.mark.parametrize(("last", "together"), [(0.05, False), (0.3, True)])
def test_a_range_does_not_chain_its_ends_together(last: float, together: bool) -> None:
    # "10-12", 10 and 12: the third with the first two (.8 + .05) / 2, or (.8 + .3) / 2.
    found = linked(3, of_pairs((0, 1, 0.9), (0, 2, 0.8), (1, 2, last)))
    assert found == ([[0, 1, 2]] if together else [[0, 1], [2]])


def test_the_two_nearest_are_joined_first() -> None:
    # Joined in order, 1 would stand with 0. It is nearer to 2: then (.7 + .1) / 2 for 0.
    assert linked(3, of_pairs((0, 1, 0.7), (0, 2, 0.1), (1, 2, 0.8))) == [[0], [1, 2]]


def test_accounts_are_compared_by_all_their_voices() -> None:
    # {0, 3} and {1, 2} at .9; between them (.9 + .4 + .4 + .4) / 4 = .525.
    pairs = of_pairs(
        *((0, 3, 0.95), (1, 2, 0.95), (0, 1, 0.9), (0, 2, 0.4), (1, 3, 0.4), (2, 3, 0.4))
    )
    assert linked(4, pairs) == [[0, 1, 2, 3]]
    # (.9 + .3 + .4 + .3) / 4 = .475.
    pairs |= of_pairs((0, 2, 0.3), (2, 3, 0.3))
    assert linked(4, pairs) == [[0, 3], [1, 2]]


def test_how_likely_both_say_the_same_is_given_that_both_answer() -> None:
    # .45 / .6 and .45 / .95.
    assert linked(2, {(0, 1): likely(0.45, 0.4)}) == [[0, 1]]
    assert linked(2, {(0, 1): likely(0.45, 0.05)}) == [[0], [1]]
    assert linked(2, {(0, 1): likely(0.0, 1.0)}) == [[0], [1]]


def test_of_one_and_of_none() -> None:
    assert linked(1, {}) == [[0]]
    assert linked(0, {}) == []


@st.composite
def compared(draw: st.DrawFn) -> tuple[int, dict[tuple[int, int], Likely]]:
    count = draw(st.integers(0, 7))
    pairs = {}
    for pair in combinations(range(count), 2):
        unrelated = draw(st.floats(0.0, 0.9))
        pairs[pair] = likely(draw(st.floats(0.0, 1.0)) * (1.0 - unrelated), unrelated)
    return count, pairs


@given(compared())
def test_everybody_is_in_one_list_and_no_two_lists_say_the_same(
    drawn: tuple[int, dict[tuple[int, int], Likely]],
) -> None:
    count, pairs = drawn
    lists = linked(count, pairs)
    assert sorted(i for of in lists for i in of) == list(range(count))
    assert lists == sorted(sorted(of) for of in lists)
    for one, other in combinations(lists, 2):
        same = [pairs[min(i, j), max(i, j)] for i in one for j in other]
        assert sum(of.same / (of.both_answer + 1e-6) for of in same) / len(same) < 0.5


@given(st.integers(1, 7), st.data())
def test_who_all_say_the_same_are_one_and_who_all_differ_are_apart(
    count: int, data: st.DataObject
) -> None:
    pairs = list(combinations(range(count), 2))
    near = {pair: likely(data.draw(st.floats(0.51, 1.0))) for pair in pairs}
    assert linked(count, near) == [list(range(count))]
    far = {pair: likely(data.draw(st.floats(0.0, 0.49))) for pair in pairs}
    assert linked(count, far) == [[i] for i in range(count)]


def test_an_article_counts_once_and_so_does_a_copy() -> None:
    report = "Officials said two soldiers were captured near the border on Sunday morning."
    copy = "On Monday, officials said two soldiers were captured near the border on Sunday."
    own = "Two men in uniform are in the hands of the legion, its leader wrote."
    told = [("a", report), ("a", own), ("b", copy)]
    assert by_themselves(told) == 1
    assert by_themselves([*told, ("c", own)]) == 2
    assert by_themselves([]) == 0


def test_the_same_quotation_is_one_voice() -> None:
    one = "“We will hand them over to the Ukrainians to be exchanged,” he wrote on Telegram."
    other = 'The group: "we will hand them over to the Ukrainians."'
    assert copied(one, other)
    assert not copied(one, "The group said that it would give its prisoners to the Ukrainians.")
