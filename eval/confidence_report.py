"""The report on the confidence: is it what it says, and what does refusing buy; by corpus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pincite.eval.calibration import (
    Bin,
    bins_of_mass,
    bins_of_width,
    brier,
    calibration_error,
    error_by_chance,
    excess_risk_area,
    log_loss,
    refused_at,
    risk_area,
    risk_coverage,
    threshold_at,
)
from pincite.eval.candidates import Pool
from pincite.eval.charts import Series, chart
from pincite.eval.fit_confidence import KINDS
from pincite.eval.fit_ranking import (
    REFUSED,
    Crossed,
    Judged,
    answers_of,
    arrays,
    by_corpus,
    leader,
    silent,
)
from pincite.eval.tables import NONE, Section
from pincite.qa.ranking import Ranking

ABOUT = """\
The confidence of an answer is how likely its leading candidate is right. A question that
the corpus does not answer counts as wrong whatever leads. Development questions were judged
by models fitted without them and without all of their group (the wordings of a fact, an
article's questions, a week's quiz); test questions by the shipped model, which never saw
them. What each measure is, and where it is from: `eval/calibration.py`. *By chance alone* is
the calibration error that so few questions would show if every confidence were exact. The
threshold, of how likely the corpus answers a question at all (fitted beside the confidence, on
fewer signals), was chosen on the development questions, so that part's refusals of answerable
questions are what was asked for rather than what was found. Strangers are questions of one
corpus asked of another, which teach what no answer looks like; the confidence itself is
fitted without them.
"""

CROSSED = "development, cross-fitted"
UNSEEN = "test, never fitted"
RISK = "risk-coverage"
RELIABILITY = "reliability"


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of one part of one corpus: questions whose confidence no fit saw.

    Attributes:
        name: of the corpus, and which part.
        judged: every question.
    """

    name: str
    judged: tuple[Judged, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured of a confidence.

    Attributes:
        metadata: what the caller says of the run.
        threshold: under which the answer is `no_answer`.
        parts: corpus by corpus.
        kinds: the development questions by every kind of model that was compared.
    """

    metadata: Mapping[str, Any]
    threshold: float
    parts: tuple[Measured, ...]
    kinds: Mapping[str, Mapping[str, Sequence[Judged]]]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON-ready values."""
        return {
            "metadata": dict(self.metadata),
            "threshold": self.threshold,
            "parts": {part.name: [_as_row(one) for one in part.judged] for part in self.parts},
        }


def report_on(
    pools: Sequence[Pool], ranking: Ranking, kind: str, metadata: Mapping[str, Any]
) -> Report:
    """Measure a fitted confidence on questions that it has not seen.

    Args:
        pools: all that were collected. Those of "dev" are cross-fitted: judged
            by models of the same kind fitted without them.
        ranking: the fitted one; it judges those of "test" as the product does.
        kind: of its confidence.
    """
    crossed = Crossed([pool for pool in pools if pool.part == "dev"])
    kinds = {name: by_corpus(crossed.judged(name)) for name in KINDS}
    unseen = by_corpus([judge(pool, ranking) for pool in pools if pool.part == "test"])
    parts = [
        *(Measured(f"{name}, {CROSSED}", tuple(held)) for name, held in kinds[kind].items()),
        *(Measured(f"{name}, {UNSEEN}", tuple(held)) for name, held in unseen.items()),
    ]
    parts.sort(key=lambda part: part.name)
    return Report(metadata, ranking.threshold, tuple(parts), kinds)


def judge(pool: Pool, ranking: Ranking) -> Judged:
    """A question's leading candidate by a ranking, with its confidence in it."""
    if not pool.voices:
        return silent(pool)
    logits = [ranking.logit(voice.features) for voice in pool.voices]
    led = leader(pool, logits)
    return Judged(led, ranking.sure(led.signals), ranking.answers(led.signals))


def sections(report: Report) -> list[Section]:
    """The tables."""
    return [
        (
            "Calibration",
            (
                *("questions of", "count", "right, %", "mean confidence, %", "Brier", "log loss"),
                *("ECE, %", "ECE by mass, %", "by chance alone, % (95th percentile)"),
            ),
            [_calibration(part) for part in report.parts],
        ),
        (
            f"Refusing, at the threshold {report.threshold:.4f}",
            (
                *("questions of", "answerable refused, %", "unanswerable refused, %"),
                *("right of the answered, %", "AURC", "excess AURC", "right of the surest half, %"),
            ),
            [_refusing(part, report.threshold) for part in report.parts],
        ),
        (
            "Kinds of model, development questions, cross-fitted",
            (
                *("kind", "questions of", "Brier", "log loss", "ECE, %", "AURC"),
                f"unanswerable refused, % at {REFUSED:.0%} of the answerable",
            ),
            [
                (kind, name, *_kind(judged))
                for kind, corpora in report.kinds.items()
                for name, judged in corpora.items()
            ],
        ),
        (
            "Reliability, ten bins of equal width",
            ("questions of", "count", "mean confidence, %", "right, %"),
            [
                (part.name, str(one.count), _percent(one.confidence), _percent(one.accuracy))
                for part in report.parts
                for one in _bins(part.judged)
            ],
        ),
    ]


def charts(report: Report) -> dict[str, str]:
    """Name -> SVG: the reliability diagram and the risk-coverage curves."""
    reliability = [
        Series(part.name, [(b.confidence, b.accuracy) for b in _bins_of_mass(part.judged)], True)
        for part in report.parts
    ]
    risk = []
    for part in report.parts:
        confidences, right, _ = arrays(part.judged)
        coverage, risks = risk_coverage(confidences, right)
        points = zip(coverage.tolist(), risks.tolist(), strict=True)
        risk.append(Series(part.name, list(points)))
    return {
        RELIABILITY: chart(
            "Reliability: ten bins of as many questions each",
            "mean confidence",
            "share right",
            reliability,
            diagonal=True,
        ),
        RISK: chart(
            "Risk and coverage: the surest answered first",
            "share of the questions answered",
            "share wrong of the answered",
            risk,
        ),
    }


def _calibration(part: Measured) -> tuple[str, ...]:
    confidences, right, _ = arrays(part.judged)
    mean, most = error_by_chance(confidences)
    return (
        part.name,
        str(len(right)),
        _percent(float(right.mean())),
        _percent(float(confidences.mean())),
        f"{brier(confidences, right):.3f}",
        f"{log_loss(confidences, right):.3f}",
        _percent(calibration_error(_bins(part.judged))),
        _percent(calibration_error(_bins_of_mass(part.judged))),
        f"{_percent(mean)} ({_percent(most)})",
    )


def _refusing(part: Measured, threshold: float) -> tuple[str, ...]:
    confidences, right, answerable = arrays(part.judged)
    answers = answers_of(part.judged)
    answered = answers >= threshold
    coverage, risks = risk_coverage(confidences, right)
    half = float(1.0 - risks[coverage <= 0.5][-1]) if len(right) > 1 else None
    return (
        part.name,
        _share(answers[answerable].tolist(), threshold),
        _share(answers[~answerable].tolist(), threshold),
        _percent(float(right[answered].mean())) if answered.any() else NONE,
        f"{risk_area(confidences, right):.3f}",
        f"{excess_risk_area(confidences, right):.3f}",
        NONE if half is None else _percent(half),
    )


def _kind(judged: Sequence[Judged]) -> tuple[str, ...]:
    confidences, right, answerable = arrays(judged)
    refused = NONE
    if answerable.any() and not answerable.all():
        threshold = threshold_at(confidences[answerable], REFUSED)
        refused = _percent(refused_at(confidences[~answerable], threshold))
    return (
        f"{brier(confidences, right):.3f}",
        f"{log_loss(confidences, right):.3f}",
        _percent(calibration_error(_bins(judged))),
        f"{risk_area(confidences, right):.3f}",
        refused,
    )


def _bins(judged: Sequence[Judged]) -> list[Bin]:
    confidences, right, _ = arrays(judged)
    return bins_of_width(confidences, right)


def _bins_of_mass(judged: Sequence[Judged]) -> list[Bin]:
    confidences, right, _ = arrays(judged)
    return bins_of_mass(confidences, right)


def _share(confidences: Sequence[float], threshold: float) -> str:
    refused = sum(confidence < threshold for confidence in confidences)
    if not confidences:
        return NONE
    return f"{_percent(refused / len(confidences))} ({refused} of {len(confidences)})"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _as_row(one: Judged) -> dict[str, Any]:
    return {
        "id": one.led.id,
        "answerable": one.led.answerable,
        "right": one.led.right,
        "confidence": one.confidence,
    }
