"""The report on the confidence: is it what it says, and what does refusing buy; by corpus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

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
from pincite.eval.cases import Outcome
from pincite.eval.charts import Series, chart
from pincite.eval.tables import NONE, Section

ABOUT = """\
The confidence of an answer is how likely its leading account is right. Every question is asked
with a threshold of 0, so that something always leads; where the corpus does not answer the
question, whatever leads counts as wrong. A follow-up comes after right answers to the questions
before it. What each measure is, and where it is from: `eval/calibration.py`. *By chance alone*
is the calibration error that so few questions would show if every confidence were exact.
"""

RISK = "risk-coverage"
RELIABILITY = "reliability"


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured of a confidence.

    Attributes:
        metadata: what the caller says of the run.
        threshold: under which the answer is `no_answer`.
        corpora: name -> every question that was asked of it, at least one.
    """

    metadata: Mapping[str, Any]
    threshold: float
    corpora: Mapping[str, Sequence[Outcome]]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON-ready values."""
        return {
            "metadata": dict(self.metadata),
            "threshold": self.threshold,
            "corpora": {name: [*map(_as_row, of)] for name, of in self.corpora.items()},
        }


def sections(report: Report) -> list[Section]:
    """The tables."""
    return [
        (
            "Calibration",
            (
                *("questions of", "count", "right, %", "mean confidence, %", "Brier", "log loss"),
                *("ECE, %", "ECE by mass, %", "by chance alone, % (95th percentile)"),
                "MacroCE, %",
            ),
            [(name, *_calibration(*arrays(of))) for name, of in report.corpora.items()],
        ),
        (
            f"Refusing, at the threshold {report.threshold:.4f}",
            (
                *("questions of", "answerable refused, %", "unanswerable refused, %"),
                *("right of the answered, %", "AURC", "excess AURC", "right of the surest half, %"),
            ),
            [(name, *_refusing(of, report.threshold)) for name, of in report.corpora.items()],
        ),
        (
            "Reliability, ten bins of equal width",
            ("questions of", "count", "mean confidence, %", "right, %"),
            [
                (name, str(one.count), _percent(one.confidence), _percent(one.accuracy))
                for name, of in report.corpora.items()
                for one in bins_of_width(*arrays(of))
            ],
        ),
    ]


def charts(report: Report) -> dict[str, str]:
    """Name -> SVG: the reliability diagram and the risk-coverage curves."""
    reliability, risk = [], []
    for name, of in report.corpora.items():
        points = [(one.confidence, one.accuracy) for one in bins_of_mass(*arrays(of))]
        reliability.append(Series(name, points, dotted=True))
        coverage, risks = risk_coverage(*arrays(of))
        risk.append(Series(name, list(zip(coverage.tolist(), risks.tolist(), strict=True))))
    return {
        RELIABILITY: chart(
            "Reliability: ten bins of as many questions each",
            *("mean confidence", "share right", reliability),
            diagonal=True,
        ),
        RISK: chart(
            "Risk and coverage: the surest answered first",
            *("share of the questions answered", "share wrong of the answered", risk),
        ),
    }


def arrays(asked: Sequence[Outcome]) -> tuple[Vector, Mask]:
    """The confidences and which of them are of right answers, each of shape `[questions]`."""
    return np.array([one.confidence for one in asked]), np.array([one.right for one in asked])


def _calibration(confidences: Vector, right: Mask) -> tuple[str, ...]:
    mean, most = error_by_chance(confidences)
    macro = macro_error(confidences, right)
    by_width: list[Bin] = bins_of_width(confidences, right)
    return (
        str(len(right)),
        _percent(float(right.mean())),
        _percent(float(confidences.mean())),
        f"{brier(confidences, right):.3f}",
        f"{log_loss(confidences, right):.3f}",
        _percent(calibration_error(by_width)),
        _percent(calibration_error(bins_of_mass(confidences, right))),
        f"{_percent(mean)} ({_percent(most)})",
        NONE if macro is None else _percent(macro),
    )


def _refusing(asked: Sequence[Outcome], threshold: float) -> tuple[str, ...]:
    confidences, right = arrays(asked)
    answered = confidences >= threshold
    coverage, risks = risk_coverage(confidences, right)
    half = float(1.0 - risks[coverage <= 0.5][-1]) if len(right) > 1 else None
    return (
        _refused([one.confidence for one in asked if one.case.answers], threshold),
        _refused([one.confidence for one in asked if not one.case.answers], threshold),
        _percent(float(right[answered].mean())) if answered.any() else NONE,
        f"{risk_area(confidences, right):.3f}",
        f"{excess_risk_area(confidences, right):.3f}",
        NONE if half is None else _percent(half),
    )


def _refused(confidences: Sequence[float], threshold: float) -> str:
    refused = sum(confidence < threshold for confidence in confidences)
    if not confidences:
        return NONE
    return f"{_percent(refused / len(confidences))} ({refused} of {len(confidences)})"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _as_row(one: Outcome) -> dict[str, Any]:
    return {
        "set": one.case.set,
        "question": one.case.question,
        "answerable": bool(one.case.answers),
        "right": one.right,
        "confidence": one.confidence,
    }
