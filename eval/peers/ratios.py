"""A peer's measure over Pincite's, with its interval.

The intervals are 95% percentile bootstraps (Efron and Tibshirani 1993, "An
Introduction to the Bootstrap", chapter 13). What was measured side by side is
drawn together: both systems' times of one question, or both's rates of one round.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pincite.eval.rates import RESAMPLES, SEED

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ratio:
    """A quotient, above 0, and its 95% interval; no interval of fewer than two clusters."""

    value: float
    low: float | None
    high: float | None


def of_percentiles(peer: Values, ours: Values, percentile: float) -> Ratio:
    """The peer's percentile of its times over ours.

    Args:
        peer, ours: milliseconds, shape `[questions, times asked]`; the rows are
            drawn, with all times of a question.
        percentile: 0..100, linear between the two nearest.
    """

    def ratio(rows: NDArray[np.int64]) -> float:
        return float(np.percentile(peer[rows], percentile) / np.percentile(ours[rows], percentile))

    rows = np.arange(len(ours))
    drawn = [ratio(draw) for draw in _draws(len(ours))]
    return _ratio(ratio(rows), drawn)


def of_rates(peer: Sequence[float], ours: Sequence[float]) -> Ratio:
    """The peer's mean rate over ours, each a round's, in the rounds' order; rounds are drawn."""
    theirs, mine = np.asarray(peer), np.asarray(ours)
    drawn = [float(theirs[draw].sum() / mine[draw].sum()) for draw in _draws(len(mine))]
    return _ratio(float(theirs.sum() / mine.sum()), drawn)


def _draws(count: int) -> NDArray[np.int64]:
    """Indexes below `count`, shape `[RESAMPLES, count]`; none where drawing can't tell."""
    rng = np.random.default_rng(SEED)
    return rng.integers(0, count, size=(RESAMPLES if count > 1 else 0, count))


def _ratio(value: float, drawn: Sequence[float]) -> Ratio:
    if not drawn:
        return Ratio(value, None, None)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Ratio(value, float(low), float(high))
