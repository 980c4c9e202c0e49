"""The report on questions over many texts: by set what was found, right, shown and refused."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from pincite.eval.calibration import bins_of_width, calibration_error, macro_error
from pincite.eval.cases import Outcome
from pincite.eval.rates import Part, Rate, rate, require
from pincite.eval.reading import WRITTEN_OUT
from pincite.eval.tables import NONE, Section, percent
from pincite.eval.words import exact_match, f1

FORMAT = 2  # of the JSON that `Report.to_dict` gives
CUTS = (1, 5, 10)  # the k of hit@k

MEASURES: Mapping[str, str] = {
    "right and shown": "the leading account answers the question, and its confidence is enough",
    "right if forced": "the same with a threshold of 0",
    "EM forced": "exact match of its words; the same with a threshold of 0",
    "F1 forced": "token F1 of its words; the same with a threshold of 0",
    "refused": "no answer was shown: an error where there is one, right where there is none",
    **{f"hit@{k}": f"an answer stands in one of the first {k} passages found" for k in CUTS},
    "read": "something of an answer stands in what was read",
}


class Cause(StrEnum):
    """Why an answerable question is not right and shown: the first of these that holds."""

    NOT_READ = "no answer stands in what was read"
    WRONG = "another answer leads"
    REFUSED = "right, and refused"


@dataclass(frozen=True, slots=True)
class Row:
    """The measures of one set, or of several together.

    Attributes:
        rates: each of `MEASURES`, where it applies: over the questions with an answer, or, where
            there is none, over all.
        ece, macro: expected calibration error and MacroCE of the confidence, over all; see
            `calibration`.
    """

    name: str
    questions: int
    rates: Mapping[str, Rate]
    ece: float
    macro: float | None

    @property
    def answerable(self) -> int:
        """How many of the questions have an answer."""
        return self.rates["right and shown"].count if "right and shown" in self.rates else 0


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured of questions over many texts.

    Attributes:
        metadata: what the caller says of the run.
        threshold: of the confidence, below which no answer is shown.
        rows: by set; the last is all, without follow-ups written out.
        asked: every question.
    """

    metadata: Mapping[str, Any]
    threshold: float
    rows: tuple[Row, ...]
    asked: tuple[Outcome, ...]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON-ready values."""
        return {
            "format": FORMAT,
            "metadata": dict(self.metadata),
            "measures": dict(MEASURES),
            "threshold": self.threshold,
            "sets": [asdict(row) for row in self.rows],
            "questions": [
                asdict(one) | {"cause": cause_of(one, self.threshold)} for one in self.asked
            ],
        }


def report_on(
    asked: Sequence[Outcome], threshold: float, metadata: Mapping[str, Any] | None = None
) -> Report:
    """Sum up at least one question.

    Args:
        threshold: of the confidence, below which no answer is shown.

    Raises:
        MissingExtra: SciPy is not installed.
    """
    require("scipy")
    sets: defaultdict[str, list[Outcome]] = defaultdict(list)
    for one in asked:
        sets[one.case.set].append(one)
    counted = [one for one in asked if one.case.set != WRITTEN_OUT]
    named = {**{name: sets[name] for name in sorted(sets)}, "all": counted}
    rows = tuple(_row(name, of, threshold) for name, of in named.items() if of)
    return Report(metadata or {}, threshold, rows, tuple(asked))


def cause_of(one: Outcome, threshold: float) -> Cause | None:
    """Why an answerable question is not right and shown; None of the others."""
    if not one.case.answers or (one.right and one.confidence >= threshold):
        return None
    if one.right:
        return Cause.REFUSED
    return Cause.WRONG if one.read else Cause.NOT_READ


def _row(name: str, asked: Sequence[Outcome], threshold: float) -> Row:
    answerable: Mapping[str, Callable[[Outcome], float]] = {
        "right and shown": lambda one: one.right and one.confidence >= threshold,
        "right if forced": lambda one: one.right,
        "EM forced": lambda one: exact_match(one.answer, one.case.answers),
        "F1 forced": lambda one: f1(one.answer, one.case.answers),
        "read": lambda one: one.read,
        **{
            f"hit@{k}": lambda one, k=k: one.rank is not None and one.rank <= k  # type: ignore[misc]
            for k in CUTS
        },
    }

    def of(measure: Callable[[Outcome], float], among: Sequence[Outcome]) -> Rate | None:
        return rate(Part(one.case.group, float(measure(one))) for one in among)

    told = [one for one in asked if one.case.answers]
    # A refusal is good or bad; a set with both kinds of questions has the bad ones counted.
    rates = {measure: of(function, told) for measure, function in answerable.items()}
    rates["refused"] = of(lambda one: one.confidence < threshold, told or asked)
    confidences = np.array([one.confidence for one in asked])
    right = np.array([one.right for one in asked])
    return Row(
        name,
        len(asked),
        {measure: rates[measure] for measure in MEASURES if rates[measure]},  # type: ignore[misc]
        calibration_error(bins_of_width(confidences, right)),
        macro_error(confidences, right),
    )


def sections(report: Report) -> list[Section]:
    """The tables: each set, what is measured, causes."""
    counted = [one for one in report.asked if one.case.set != WRITTEN_OUT]
    failed = Counter(cause_of(one, report.threshold) for one in counted)
    return [
        (
            f"By set, in percent (95% interval), shown from confidence {report.threshold:g} on",
            ("set", "questions", "with an answer", *MEASURES, "ECE", "MacroCE"),
            [
                (
                    *(row.name, str(row.questions), str(row.answerable)),
                    *(percent(row.rates.get(measure)) for measure in MEASURES),
                    f"{100 * row.ece:.1f}",
                    NONE if row.macro is None else f"{100 * row.macro:.1f}",
                )
                for row in report.rows
            ],
        ),
        (
            "What is measured, of the questions with an answer",
            ("measure", "of what"),
            list(MEASURES.items()),
        ),
        (
            "Not right and shown, by cause, without those written out",
            ("cause", "questions"),
            [(cause.value, str(failed[cause])) for cause in Cause],
        ),
    ]
