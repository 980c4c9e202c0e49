"""Whether a confidence is what it says, and whether it sorts right from wrong.

Everywhere: `confidences` 0..1 of shape `[questions]`, `right` of the same shape.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 10
DRAWS = 1000
SEED = 20170806  # fixed, so that a report can be made again to the digit

Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Bin:
    """The questions whose confidences are neighbours.

    Attributes:
        count: how many.
        confidence: their mean confidence, 0..1.
        accuracy: the share that is right, 0..1.
    """

    count: int
    confidence: float
    accuracy: float


def brier(confidences: Vector, right: Mask) -> float:
    """Mean squared difference of confidence and outcome, 0..1, less is better (Brier, 1950)."""
    return float(np.mean((confidences - right) ** 2))


def log_loss(confidences: Vector, right: Mask) -> float:
    """Mean negative log likelihood of each outcome, in nats; certainty is cut at 1e-6."""
    within = np.clip(confidences, 1e-6, 1.0 - 1e-6)
    return float(np.mean(-np.log(np.where(right, within, 1.0 - within))))


def bins_of_width(confidences: Vector, right: Mask, bins: int = BINS) -> list[Bin]:
    """Bins (i/n, (i+1)/n], the first with 0 (Guo et al., 2017, section 2); empty ones left out."""
    number = np.clip(np.ceil(confidences * bins).astype(int) - 1, 0, bins - 1)
    return [_bin(confidences, right, number == i) for i in range(bins) if (number == i).any()]


def bins_of_mass(confidences: Vector, right: Mask, bins: int = BINS) -> list[Bin]:
    """As many questions in each, give or take one, by confidence (Nixon et al., 2019)."""
    order = np.argsort(confidences, kind="stable")
    parts = np.array_split(order, min(bins, len(order)))
    return [_bin(confidences, right, part) for part in parts]


def calibration_error(bins: list[Bin]) -> float:
    """Expected calibration error, 0..1 (Naeini, Cooper and Hauskrecht, 2015; Guo et al., 2017).

    The mean over all questions of the gap, in their bin, of confidence and accuracy.
    """
    total = sum(one.count for one in bins)
    return sum(one.count * abs(one.confidence - one.accuracy) for one in bins) / total


def macro_error(confidences: Vector, right: Mask) -> float | None:
    """MacroCE, 0..1, less is better (Si, Zhao, Min and Boyd-Graber, 2022, section 4).

    The mean gap of confidence and outcome over the right answers, and that over the wrong ones,
    each half: unlike the binned error, it shows a confidence that tells no right from wrong.
    None unless there are both.
    """
    if right.all() or not right.any():
        return None
    return float((1.0 - confidences[right]).mean() + confidences[~right].mean()) / 2


def error_by_chance(confidences: Vector, draws: int = DRAWS) -> tuple[float, float]:
    """The mean and the 95th percentile of the error (equal width) were all calibrated.

    Outcomes are drawn from the confidences themselves: few questions leave an
    error even so (Bröcker and Smith, 2007, on consistency bars).
    """
    drawn = np.random.default_rng(SEED).random((draws, len(confidences))) < confidences
    errors = [calibration_error(bins_of_width(confidences, right)) for right in drawn]
    return float(np.mean(errors)), float(np.quantile(errors, 0.95))


def risk_coverage(confidences: Vector, right: Mask) -> tuple[Vector, Vector]:
    """Coverage and risk, both 0..1, when the n surest questions are answered, n from 1 on.

    Risk is the share of wrong ones among the answered (El-Yaniv and Wiener,
    2010). Questions of one confidence are answered together: on the way from the
    first to the last of them their errors are spread evenly.
    """
    order = np.argsort(-confidences, kind="stable")
    wrong = (~right[order]).astype(float)
    _, starts = np.unique(-confidences[order], return_index=True)
    for part in np.split(np.arange(len(order)), starts[1:]):
        wrong[part] = wrong[part].mean()
    answered = np.arange(1, len(order) + 1)
    return answered / len(order), np.cumsum(wrong) / answered


def risk_area(confidences: Vector, right: Mask) -> float:
    """Area under the risk-coverage curve, 0..1, less is better (Geifman, Uziel, El-Yaniv, 2019)."""
    return float(np.mean(risk_coverage(confidences, right)[1]))


def excess_risk_area(confidences: Vector, right: Mask) -> float:
    """What `risk_area` has over that of an order with every right answer first (ibid.)."""
    return risk_area(confidences, right) - risk_area(right.astype(float), right)


def _bin(confidences: Vector, right: Mask, of: NDArray[np.generic]) -> Bin:
    return Bin(len(confidences[of]), float(confidences[of].mean()), float(right[of].mean()))
