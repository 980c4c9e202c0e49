"""The report on a reader: its targets, exact match and F1 by source, SQuAD 2.0 at thresholds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pincite.eval.data import SQUAD_LIKE, UNANSWERABLE, WIKIPEDIA
from pincite.eval.rates import Rate, require
from pincite.eval.squad import Reading, Squad2, best_threshold, mean, squad2, threshold_refusing
from pincite.eval.tables import Section, percent

FORMAT = 1  # of the JSON that `Report.to_dict` gives
GROUPS: Mapping[str, tuple[str, ...]] = {"Wikipedia": WIKIPEDIA, "SQuAD-like": SQUAD_LIKE}

F1_TARGET = 0.82
NO_ANSWER_TARGET = 0.75
REFUSED_PERCENT = 10  # of the answerable questions, at most, for the second target
FEW_REFUSED = f"refuses at most {REFUSED_PERCENT} % of the answerable"


@dataclass(frozen=True, slots=True)
class Goal:
    """A target, and what was measured.

    Attributes:
        of: what is measured.
        at_least: the target, 0..1.
        measured: None where no question tells.
    """

    of: str
    at_least: float
    measured: Rate | None

    @property
    def met(self) -> bool | None:
        """Whether it is reached; None where nothing was measured."""
        return None if self.measured is None else self.measured.value >= self.at_least

    def row(self) -> tuple[str, str, str, str]:
        """Of what, target, measured, met, as a table shows them."""
        met = {True: "yes", False: "no", None: "not measured"}[self.met]
        return self.of, f"{100 * self.at_least:.0f}", percent(self.measured), met

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON-ready values."""
        return asdict(self) | {"met": self.met}


@dataclass(frozen=True, slots=True)
class Row:
    """The measures of one source, or of several together.

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
        goals: the targets.
        rows: by source, then by group, then all.
        squad2: how a threshold was chosen -> the measures at it, over the
            Wikipedia questions with an answer and those without; empty where
            one of the two is lacking.
        readings: every question, in the order of `items`.
    """

    metadata: Mapping[str, Any]
    goals: tuple[Goal, ...]
    rows: tuple[Row, ...]
    squad2: Mapping[str, Squad2]
    readings: tuple[Reading, ...]

    def to_dict(self) -> dict[str, Any]:
        """All but the single questions, as plain JSON-ready values."""
        return {
            "format": FORMAT,
            "metadata": dict(self.metadata),
            "targets": [goal.to_dict() for goal in self.goals],
            "sets": [asdict(row) for row in self.rows],
            "squad2": {name: asdict(at) for name, at in self.squad2.items()},
        }


def report_on(
    readings: Sequence[Reading], threshold: float = 0.0, metadata: Mapping[str, Any] | None = None
) -> Report:
    """Sum up.

    Args:
        threshold: null score less span score above which the reader refuses.

    Raises:
        MissingExtra: SciPy is not installed.
    """
    require("scipy")
    by_source: defaultdict[str, list[Reading]] = defaultdict(list)
    for reading in readings:
        by_source[reading.source].append(reading)
    together = {
        name: [reading for source in sources for reading in by_source.get(source, [])]
        for name, sources in GROUPS.items()
    }
    sets = {**{s: by_source[s] for s in sorted(by_source)}, **together, "all": list(readings)}
    rows = tuple(_row(name, of) for name, of in sets.items() if of)
    answerable = [reading for reading in together["Wikipedia"] if reading.references]
    others = [reading for reading in by_source[UNANSWERABLE] if not reading.references]
    at = _at_thresholds([*answerable, *others], threshold) if answerable and others else {}
    goals = (
        Goal("F1 of the forced answers, Wikipedia", F1_TARGET, mean(answerable, lambda r: r.f1)),
        Goal(
            f"NoAns where at most {REFUSED_PERCENT} % of the answerable are refused",
            NO_ANSWER_TARGET,
            at[FEW_REFUSED].no_answer if at else None,
        ),
    )
    return Report(metadata or {}, goals, rows, at, tuple(readings))


def _row(name: str, readings: Sequence[Reading]) -> Row:
    answerable = [reading for reading in readings if reading.references]
    return Row(
        name,
        mean(answerable, lambda reading: reading.exact),
        mean(answerable, lambda reading: reading.f1),
        len(readings) - len(answerable),
    )


def _at_thresholds(readings: Sequence[Reading], threshold: float) -> dict[str, Squad2]:
    chosen = {
        f"fixed at {threshold:g}": threshold,
        "best for EM": best_threshold(readings, lambda reading: reading.exact),
        "best for F1": best_threshold(readings, lambda reading: reading.f1),
    }
    few = threshold_refusing(readings, REFUSED_PERCENT)
    if few is not None:
        chosen[FEW_REFUSED] = few
    return {name: squad2(readings, at) for name, at in chosen.items()}


def sections(report: Report) -> list[Section]:
    """The tables: targets, forced answers, and SQuAD 2.0 if measured."""
    made: list[Section] = [
        goals_section(report.goals),
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
    ]
    if report.squad2:
        made.append(
            (
                "SQuAD 2.0 over answerable Wikipedia and unanswerable questions, in percent; "
                "refused where null score less span score is above the threshold",
                (
                    "chosen",
                    "threshold",
                    "EM",
                    "F1",
                    "HasAns EM",
                    "HasAns F1",
                    "NoAns",
                    "answerable refused",
                ),
                [_squad2_row(name, at) for name, at in report.squad2.items()],
            )
        )
    return made


def goals_section(goals: Iterable[Goal]) -> Section:
    """The targets as a table."""
    header = ("target", "at least", "measured", "met")
    return "Targets, in percent (95% interval)", header, [goal.row() for goal in goals]


def _squad2_row(name: str, at: Squad2) -> tuple[str, ...]:
    return (
        name,
        f"{at.threshold:.3f}",
        *map(percent, (at.exact, at.f1, at.has_exact, at.has_f1)),
        f"{percent(at.no_answer)}: {_share(at.no_answer)}",
        f"{percent(at.refused)}: {_share(at.refused)}",
    )


def _share(of: Rate | None) -> str:
    return f"{of.value * of.count:.0f} of {of.count}" if of else "0 of 0"
