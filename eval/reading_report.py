"""The report on a reader: exact match and F1 by set, and what its refusals are worth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pincite.eval.data import EVENTS, SQUAD_LIKE, UNANSWERABLE, WIKIPEDIA
from pincite.eval.rates import Rate, require
from pincite.eval.reading import WRITTEN_OUT
from pincite.eval.squad import Reading, Squad2, best_threshold, mean, squad2, threshold_refusing
from pincite.eval.tables import Section, percent

FORMAT = 2  # of the JSON that `Report.to_dict` gives
WRITTEN = ("written_news", "written_documents")
REFUSED = (5, 10)  # percent of the answerable questions, at most

# Sources whose questions are summed up together.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "Wikipedia": WIKIPEDIA,
    "SQuAD-like": SQUAD_LIKE,
    "written": WRITTEN,
}

# Sources whose questions with and without an answer are refused by one threshold.
REFUSING: Mapping[str, tuple[str, ...]] = {
    "Wikipedia": (*WIKIPEDIA, UNANSWERABLE),
    "written": WRITTEN,
    "events": (EVENTS,),
}


@dataclass(frozen=True, slots=True)
class Row:
    """The measures of one set, or of several together.

    Attributes:
        exact, f1: of the forced answers to the questions with an answer; None without any.
        unanswerable: questions without an answer.
    """

    name: str
    exact: Rate | None
    f1: Rate | None
    unanswerable: int


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured of a reader.

    Attributes:
        metadata: what the caller says of the run.
        rows: by set, then by group, then all.
        refusing: name of `REFUSING` -> how a threshold was chosen -> the measures at it, of
            those that have questions with an answer and questions without.
    """

    metadata: Mapping[str, Any]
    rows: tuple[Row, ...]
    refusing: Mapping[str, Mapping[str, Squad2]]

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON-ready values."""
        return {
            "format": FORMAT,
            "metadata": dict(self.metadata),
            "sets": [asdict(row) for row in self.rows],
            "refusing": {
                name: {chosen: asdict(at) for chosen, at in of.items()}
                for name, of in self.refusing.items()
            },
        }


def report_on(
    readings: Sequence[Reading], threshold: float = 0.0, metadata: Mapping[str, Any] | None = None
) -> Report:
    """Sum up. Follow-ups written out are a set of their own, and in no sum.

    Args:
        threshold: the margin under which the reader refuses.

    Raises:
        MissingExtra: SciPy is not installed.
    """
    require("scipy")
    sets: defaultdict[str, list[Reading]] = defaultdict(list)
    for reading in readings:
        sets[reading.set].append(reading)
    asked = [reading for reading in readings if reading.set != WRITTEN_OUT]

    def of(sources: Sequence[str]) -> list[Reading]:
        return [reading for reading in asked if reading.source in sources]

    rows = {name: sets[name] for name in sorted(sets)}
    rows |= {name: of(sources) for name, sources in GROUPS.items()} | {"all": asked}
    refusing = {name: _at_thresholds(of(sources), threshold) for name, sources in REFUSING.items()}
    return Report(
        metadata or {},
        tuple(_row(name, held) for name, held in rows.items() if held),
        {name: at for name, at in refusing.items() if at},
    )


def _row(name: str, readings: Sequence[Reading]) -> Row:
    answerable = [reading for reading in readings if reading.references]
    return Row(
        name,
        mean(answerable, lambda reading: reading.exact),
        mean(answerable, lambda reading: reading.f1),
        len(readings) - len(answerable),
    )


def _at_thresholds(readings: Sequence[Reading], threshold: float) -> dict[str, Squad2]:
    """Nothing unless there are questions with an answer and questions without."""
    if len({bool(reading.references) for reading in readings}) < 2:
        return {}
    chosen: dict[str, float | None] = {
        f"fixed at {threshold:g}": threshold,
        "best for F1": best_threshold(readings, lambda reading: reading.f1),
    }
    chosen |= {few_refused(share): threshold_refusing(readings, share) for share in REFUSED}
    return {name: squad2(readings, at) for name, at in chosen.items() if at is not None}


def few_refused(share: int) -> str:
    """How a threshold was chosen that refuses at most so many percent of the answerable."""
    return f"refuses at most {share} % of the answerable"


def sections(report: Report) -> list[Section]:
    """The tables: forced answers, and refusals."""
    return [
        (
            "Answers forced, in percent (95% interval, articles drawn as wholes)",
            ("set", "answerable", "EM", "F1", "unanswerable"),
            [
                (
                    row.name,
                    str(row.exact.count if row.exact else 0),
                    percent(row.exact),
                    percent(row.f1),
                    str(row.unanswerable),
                )
                for row in report.rows
            ],
        ),
        (
            "SQuAD 2.0's measures, in percent; refused where span score less null score is under"
            " the threshold",
            (
                *("questions", "threshold chosen", "threshold", "EM", "F1", "HasAns EM"),
                *("HasAns F1", "answerable refused", "unanswerable refused"),
            ),
            [
                (name, chosen, *_squad2_row(at))
                for name, of in report.refusing.items()
                for chosen, at in of.items()
            ],
        ),
    ]


def _squad2_row(at: Squad2) -> tuple[str, ...]:
    return (
        f"{at.threshold:.3f}",
        *map(percent, (at.exact, at.f1, at.has_exact, at.has_f1)),
        f"{percent(at.refused)}: {_share(at.refused)}",
        f"{percent(at.no_answer)}: {_share(at.no_answer)}",
    )


def _share(of: Rate | None) -> str:
    return f"{of.value * of.count:.0f} of {of.count}" if of else "0 of 0"
