"""Rates, their intervals and the latency."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pincite.eval.rates import Latency, Part, Rate, latency, rate, share, wilson


def test_rate_is_a_ratio_of_sums() -> None:
    # 1 of 1 and 1 of 3 quotes: 2 of 4, not the mean of the shares.
    found = rate([Part("a", 1), Part("b", 1, 3), Part("c", 0, 0)])
    assert found is not None
    assert (found.value, found.count) == (0.5, 4)


def test_nothing_to_rate() -> None:
    assert rate([]) is None
    assert rate([Part("a", 0, 0)]) is None


def test_interval_of_two_questions() -> None:
    # The resamples' means are 0, 1/2, 1 with chances 1/4, 1/2, 1/4: 2.5% is 0, 97.5% is 1.
    assert rate([Part("a", 0), Part("b", 1)]) == Rate(0.5, 0, 1, 2)


def test_conversations_are_drawn_as_wholes() -> None:
    # As twenty questions the interval would be about 0.3 to 0.7.
    turns = [Part("a", 0)] * 10 + [Part("b", 1)] * 10
    assert rate(turns) == Rate(0.5, 0, 1, 20)


def test_interval_is_near_the_normal_one_for_many_questions() -> None:
    found = rate([Part(str(i), float(i % 4 == 0)) for i in range(400)])
    assert found is not None and found.low is not None and found.high is not None
    half = 1.96 * (0.25 * 0.75 / 400) ** 0.5
    assert found.low == pytest.approx(0.25 - half, abs=0.01)
    assert found.high == pytest.approx(0.25 + half, abs=0.01)


def test_no_interval_where_resampling_cannot_tell() -> None:
    assert rate([Part("a", 1)]) == Rate(1, None, None, 1)
    assert rate([Part(name, 1) for name in "abc"]) == Rate(1, None, None, 3)
    assert rate([Part("a", 0), Part("a", 1)]) == Rate(0.5, None, None, 2)


def test_a_share_has_an_interval_where_all_are_alike() -> None:
    # Wilson: of n of n, n / (n + z²) to 1, with z² = 3.8415.
    found = share([Part(name, 1) for name in "abcdefghi"])
    assert found is not None and found.low == pytest.approx(9 / (9 + 3.8415), abs=1e-4)
    assert (found.value, found.high, found.count) == (1, 1, 9)
    # A conversation's turns are one trial.
    found = share([Part("a", 0)] * 5 + [Part("b", 0, 0)])
    assert found is not None and found.high == pytest.approx(3.8415 / (1 + 3.8415), abs=1e-4)
    assert (found.value, found.low, found.count) == (0, 0, 5)


def test_a_share_is_otherwise_the_rate() -> None:
    parts = [Part("a", 0), Part("b", 1)]
    assert share(parts) == rate(parts)
    assert share([]) is None
    assert wilson(1, 2) == pytest.approx((0.0945, 0.9055), abs=1e-4)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 1)), min_size=1))
def test_interval_holds_shares_in_order(parts: list[tuple[str, int]]) -> None:
    found = rate(Part(cluster, amount) for cluster, amount in parts)
    assert found is not None
    assert found == rate(Part(cluster, amount) for cluster, amount in parts)
    if found.low is not None and found.high is not None:
        assert 0 <= found.low <= found.high <= 1


def test_latency_percentiles() -> None:
    # Between ranks: p50 of 10, 20, 30, 40 is at 1.5 steps, p95 at 2.85 steps.
    found = latency([40, 10, 30, 20])
    assert (found.p50, found.p95) == pytest.approx((25, 38.5))
    assert latency([7]) == Latency(7, 7)
