from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.eval.calibration import (
    Bin,
    Mask,
    Vector,
    bins_of_mass,
    bins_of_width,
    brier,
    calibration_error,
    error_by_chance,
    excess_risk_area,
    log_loss,
    macro_error,
    risk_area,
    risk_coverage,
)

CONFIDENCES = np.array([0.05, 0.1, 0.8, 0.9, 1.0])
RIGHT = np.array([False, True, True, True, False])

judged = st.lists(st.tuples(st.floats(0.0, 1.0), st.booleans()), min_size=1, max_size=60)


def arrays(
    drawn: list[tuple[float, bool]],
) -> tuple[Vector, Mask]:
    return np.array([c for c, _ in drawn]), np.array([r for _, r in drawn])


def test_brier_is_the_mean_square() -> None:
    assert brier(np.array([0.5, 1.0]), np.array([True, False])) == (0.25 + 1.0) / 2


def test_log_loss_in_nats() -> None:
    found = log_loss(np.array([0.5, 0.25]), np.array([True, False]))
    assert found == pytest.approx(-(math.log(0.5) + math.log(0.75)) / 2)
    assert math.isfinite(log_loss(np.array([0.0]), np.array([True])))


def test_bins_of_equal_width_hold_their_upper_edge_and_the_first_holds_0() -> None:
    bins = bins_of_width(CONFIDENCES, RIGHT)
    assert [one.count for one in bins] == [2, 1, 1, 1]  # (0, .1], (.7, .8], (.8, .9], (.9, 1]
    assert bins[0].confidence == pytest.approx(0.075)
    assert bins[0].accuracy == 0.5
    assert bins_of_width(np.array([0.0]), np.array([False]))[0] == Bin(1, 0.0, 0.0)


def test_bins_of_equal_mass() -> None:
    assert [one.count for one in bins_of_mass(CONFIDENCES, RIGHT, 2)] == [3, 2]
    assert len(bins_of_mass(CONFIDENCES, RIGHT)) == 5


def test_the_calibration_error_weighs_each_gap_by_its_count() -> None:
    # 2 x |.075 - .5| + |.8 - 1| + |.9 - 1| + |1 - 0|, over 5
    error = calibration_error(bins_of_width(CONFIDENCES, RIGHT))
    assert error == pytest.approx((2 * 0.425 + 0.2 + 0.1 + 1.0) / 5)


def test_few_questions_err_by_chance_and_many_hardly() -> None:
    few, many = (error_by_chance(np.full(n, 0.5), draws=200) for n in (20, 20_000))
    # Of 20 tosses the share is off by sqrt(2/pi) x 0.5/sqrt(20) = 0.089 in the mean.
    assert few[0] == pytest.approx(0.089, abs=0.012)
    assert few[1] > few[0]
    assert many[0] < 0.005


def test_the_risk_of_answering_the_surest() -> None:
    coverage, risk = risk_coverage(CONFIDENCES, RIGHT)
    assert coverage.tolist() == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert risk.tolist() == pytest.approx([1.0, 1 / 2, 1 / 3, 1 / 4, 2 / 5])
    assert risk_area(CONFIDENCES, RIGHT) == pytest.approx((1 + 1 / 2 + 1 / 3 + 1 / 4 + 2 / 5) / 5)
    # The best order has three right first: 0, 0, 0, 1/4, 2/5.
    best = (1 / 4 + 2 / 5) / 5
    assert excess_risk_area(CONFIDENCES, RIGHT) == pytest.approx(
        risk_area(CONFIDENCES, RIGHT) - best
    )


def test_equal_confidences_share_their_errors() -> None:
    _, risk = risk_coverage(np.array([0.5, 0.5]), np.array([False, True]))
    assert risk.tolist() == [0.5, 0.5]


def test_macro_error_weighs_right_and_wrong_alike() -> None:
    # Right: gaps 0.9, 0.2 and 0.1, mean 0.4. Wrong: 0.05 and 1, mean 0.525.
    assert macro_error(CONFIDENCES, RIGHT) == pytest.approx((0.4 + 0.525) / 2)
    # One confidence for all is calibrated, and tells nothing.
    alike, half = np.full(4, 0.5), np.array([True, True, False, False])
    assert calibration_error(bins_of_width(alike, half)) == 0.0
    assert macro_error(alike, half) == 0.5
    assert macro_error(alike, np.full(4, True)) is None


@given(judged)
def test_every_measure_is_in_range(drawn: list[tuple[float, bool]]) -> None:
    confidences, right = arrays(drawn)
    assert 0.0 <= brier(confidences, right) <= 1.0
    for bins in (bins_of_width(confidences, right), bins_of_mass(confidences, right)):
        assert sum(one.count for one in bins) == len(drawn)
        assert 0.0 <= calibration_error(bins) <= 1.0
    assert 0.0 <= risk_area(confidences, right) <= 1.0
    assert -1e-9 <= excess_risk_area(confidences, right) <= 1.0


@given(judged)
def test_the_order_of_the_questions_does_not_matter(drawn: list[tuple[float, bool]]) -> None:
    confidences, right = arrays(drawn)
    assert risk_area(confidences[::-1], right[::-1]) == pytest.approx(risk_area(confidences, right))
