"""The report on open questions: open and given side by side, their ratio, failures by cause."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pincite.eval.open_reading import Cause, Opened
from pincite.eval.rates import RESAMPLES, SEED, Part, Rate, rate, require
from pincite.eval.reading_report import GROUPS, Goal, goals_section
from pincite.eval.tables import Section, percent

FORMAT = 1  # of the JSON that `Report.to_dict` gives
RATIO_TARGET = 0.75
SHOWN = 25  # failures of each cause in the Markdown; the JSON holds all

MEASURES: Mapping[str, str] = {
    "open EM": "asked of the whole corpus, the leading candidate whatever its confidence",
    "open F1": "the same",
    "given EM": "the same questions with their paragraph given, best span",
    "given F1": "the same",
    "own paragraph": "the citation stands in the question's own paragraph",
    "hit": "of the question's own paragraph something is in the passages found (hit@10 if 10 are)",
    "answer read": "an acceptable answer, where it stands, is in the passages found",
    "ratio": "open EM over given EM; may be above 100",
}


@dataclass(frozen=True, slots=True)
class Row:
    """The measures of one source, or of several together: each of `MEASURES`, where it applies."""

    name: str
    questions: int
    rates: Mapping[str, Rate]


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured of open questions.

    Attributes:
        metadata: what the caller says of the run.
        goal: the target for the ratio over all questions.
        rows: by source, then by group; the last is all.
        asked: every question.
    """

    metadata: Mapping[str, Any]
    goal: Goal
    rows: tuple[Row, ...]
    asked: tuple[Opened, ...]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON-ready values."""
        return {
            "format": FORMAT,
            "metadata": dict(self.metadata),
            "measures": dict(MEASURES),
            "targets": [self.goal.to_dict()],
            "sets": [asdict(row) for row in self.rows],
            "questions": [_question(opened) for opened in self.asked],
        }


def report_on(asked: Sequence[Opened], metadata: Mapping[str, Any] | None = None) -> Report:
    """Sum up at least one question.

    Raises:
        MissingExtra: SciPy is not installed.
    """
    require("scipy")
    by_source: defaultdict[str, list[Opened]] = defaultdict(list)
    for opened in asked:
        by_source[opened.given.source].append(opened)
    wikipedia = [o for source in GROUPS["Wikipedia"] for o in by_source.get(source, [])]
    sets = {**{s: by_source[s] for s in sorted(by_source)}, "Wikipedia": wikipedia, "all": asked}
    rows = tuple(_row(name, of) for name, of in sets.items() if of)
    goal = Goal("open EM over given EM, all", RATIO_TARGET, rows[-1].rates.get("ratio"))
    return Report(metadata or {}, goal, rows, tuple(asked))


def _row(name: str, asked: Sequence[Opened]) -> Row:
    amounts = {
        "open EM": [o.exact for o in asked],
        "open F1": [o.f1 for o in asked],
        "given EM": [o.given.exact for o in asked],
        "given F1": [o.given.f1 for o in asked],
        "own paragraph": [float(o.right_paragraph) for o in asked],
        "hit": [float(o.paragraph_read) for o in asked],
        "answer read": [float(o.answer_read) for o in asked],
    }
    groups = [o.given.group for o in asked]
    rates = {measure: rate(map(Part, groups, of)) for measure, of in amounts.items()} | {
        "ratio": ratio(groups, amounts["open EM"], amounts["given EM"])
    }
    return Row(name, len(asked), {measure: of for measure, of in rates.items() if of})


def ratio(groups: Sequence[str], above: Sequence[float], below: Sequence[float]) -> Rate | None:
    """The sum of `above` over that of `below`, by question; None if that is 0.

    With the 95% percentile bootstrap as in `pincite.eval.rates`, articles drawn as
    wholes; here an article may add to the one sum and not to the other.
    """
    import numpy as np

    if not sum(below):
        return None
    names = sorted(set(groups))
    sums = np.zeros((len(names), 2))
    for group, up, down in zip(groups, above, below, strict=True):
        sums[names.index(group)] += up, down
    value = float(sums[:, 0].sum() / sums[:, 1].sum())
    drawn = np.random.default_rng(SEED).integers(len(names), size=(RESAMPLES, len(names)))
    totals = sums[drawn].sum(axis=1)
    ratios = totals[totals[:, 1] > 0]
    ratios = ratios[:, 0] / ratios[:, 1]
    low, high = (float(edge) for edge in np.percentile(ratios, [2.5, 97.5]))
    if low == high:
        return Rate(value, None, None, len(groups))
    return Rate(value, low, high, len(groups))


def sections(report: Report) -> list[Section]:
    """The tables: the target, each set, failures by cause."""
    return [
        goals_section([report.goal]),
        (
            "Open, and with the paragraph given, in percent (95% interval)",
            ("set", "questions", *MEASURES),
            [
                (row.name, str(row.questions), *(percent(row.rates.get(m)) for m in MEASURES))
                for row in report.rows
            ],
        ),
        (
            "What is measured",
            ("measure", "of what"),
            list(MEASURES.items()),
        ),
        _causes(report.asked),
    ]


def _causes(asked: Sequence[Opened]) -> Section:
    """How many failed for which cause, and how many of them fail with the paragraph given too."""
    failed = Counter(o.cause for o in asked)
    also = Counter(o.cause for o in asked if not o.given.exact)
    rows = [
        (
            cause.value,
            str(failed[cause]),
            f"{100 * failed[cause] / len(asked):.1f}",
            str(also[cause]),
        )
        for cause in Cause
    ]
    elsewhere = sum(o.cause is None and not o.right_paragraph for o in asked)
    rows.append(
        (
            "(right words from another paragraph)",
            str(elsewhere),
            f"{100 * elsewhere / len(asked):.1f}",
            "–",
        )
    )
    header = ("cause", "questions", "percent of all", "wrong with the paragraph given too")
    return "Not an exact match, by cause", header, rows


def failures(report: Report) -> list[Section]:
    """Of each cause the first `SHOWN` failures."""
    made: list[Section] = []
    header = ("set", "question", "expected", "got", "given the paragraph", "confidence", "cited")
    for cause in Cause:
        failed = [o for o in report.asked if o.cause is cause]
        if failed:
            title = f"{cause.value.capitalize()}: {min(SHOWN, len(failed))} of {len(failed)}"
            made.append((title, header, [_failure(o) for o in failed[:SHOWN]]))
    return made


def _failure(opened: Opened) -> tuple[str, ...]:
    given = opened.given
    return (
        given.source,
        given.question,
        " / ".join(given.references),
        opened.text or "no answer",
        "right" if given.exact else given.text or "no answer",
        f"{opened.confidence:.2f}",
        "its own" if opened.right_paragraph else _short(opened.cited),
    )


def _short(text: str, most: int = 120) -> str:
    return text if len(text) <= most else text[:most].rsplit(" ", 1)[0] + "…"


def _question(opened: Opened) -> dict[str, Any]:
    return asdict(opened) | {
        "exact": opened.exact,
        "f1": opened.f1,
        "given_exact": opened.given.exact,
        "given_f1": opened.given.f1,
        "cause": opened.cause and opened.cause.value,
    }
