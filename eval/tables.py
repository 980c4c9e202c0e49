"""A report to read: tables for the terminal, Markdown for the documentation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pincite.eval.outcomes import Comparison
from pincite.eval.rates import Rate
from pincite.eval.record import MEASURES, Cause, Record
from pincite.eval.report import Gap, Report, Summary

if TYPE_CHECKING:
    from rich.table import Table

KIND_MEASURES = (
    "as_expected",
    "right",
    "correct_and_cited",
    "exact_match",
    "f1",
    "false_refusal",
    "hit@10",
)
NONE = "–"

Rows = Sequence[Sequence[str]]


Section = tuple[str, Sequence[str], Rows]
"""A table: title, header, rows."""


def tables(report: Report) -> list[Table]:
    """Overall, by kind, follow-ups (if any) and causes (if any), for `rich`'s console."""
    return as_tables(_sections(report))


def as_tables(sections: Iterable[Section]) -> list[Table]:
    """The sections for `rich`'s console."""
    from rich.table import Table

    made = []
    for title, header, rows in sections:
        table = Table(title=title, title_justify="left")
        for i, name in enumerate(header):
            # The first column is a name and a meaning is prose; the rest are numbers.
            table.add_column(name, justify="left" if i == 0 or name == "of what" else "right")
        for row in rows:
            table.add_row(*row)
        made.append(table)
    return made


def markdown(report: Report) -> str:
    """The same tables in Markdown, what the caller says of the run, and every failure."""
    sections = _sections(report)
    if report.failures:
        header = ("id", "kind", "question", "expected", "got", "cause")
        sections.append(("Every failure", header, [*map(_failure, report.failures)]))
    return as_markdown(report.metadata, sections)


def as_markdown(metadata: Mapping[str, Any], sections: Iterable[Section]) -> str:
    """What is said of a run, and the sections, in Markdown."""
    parts = [f"- {key}: {_cell(str(value))}\n" for key, value in metadata.items()]
    for title, header, rows in sections:
        parts.append(f"\n## {title}\n\n{_markdown_table(header, rows)}")
    return "".join(parts).lstrip("\n")


def _sections(report: Report) -> list[Section]:
    sections: list[Section] = [
        (
            "Overall, in percent (95% interval)",
            ("measure", "value", "of", "of what"),
            [
                (_name(measure), percent(value), str(value.count), MEASURES[measure])
                for measure, value in report.overall.rates.items()
            ],
        ),
        (
            "By kind, in percent (95% interval)",
            ("kind", "questions", *map(_name, KIND_MEASURES), "p50 ms", "p95 ms"),
            [
                _kind_row("all", report.overall),
                *(_kind_row(kind, summary) for kind, summary in report.kinds.items()),
            ],
        ),
    ]
    if report.gaps:
        header = ("measure", "follow-up", "written out", "difference", "of")
        rows = [_gap_row(_name(measure), gap) for measure, gap in report.gaps.items()]
        sections.append(
            ("Follow-ups against the same questions written out, in percent", header, rows)
        )
    if report.rewordings:
        title = "Correct and cited, reworded against plainly asked for the same fact, in percent"
        header = ("kind", "reworded", "plain", "difference", "of")
        rows = [_gap_row(kind, gap) for kind, gap in report.rewordings.items()]
        sections.append((title, header, rows))
    if report.failures:
        causes = Counter(record.cause for record in report.failures)
        sections.append(
            (
                "Causes of failure",
                ("cause", "questions"),
                [(cause.value, str(causes[cause])) for cause in Cause if causes[cause]],
            )
        )
    return sections


def comparison_section(comparison: Comparison) -> Section:
    """What became of the questions that an earlier run was asked, too."""
    rows = [
        ("better", str(len(comparison.better))),
        ("worse", str(len(comparison.worse))),
        ("right both times", str(comparison.both)),
        ("wrong both times", str(comparison.neither)),
        ("asked in one run only", str(comparison.left_out)),
        ("left out: another answer is expected now", str(comparison.rekeyed)),
        ("McNemar's exact test, p", f"{comparison.p_value:.3g}"),
    ]
    return "Against the earlier run", ("questions", "count"), rows


def _gap_row(name: str, gap: Gap) -> tuple[str, ...]:
    numbers = (percent(gap.asked), percent(gap.plain), percent(gap.difference))
    return name, *numbers, str(gap.difference.count)


def _kind_row(name: str, summary: Summary) -> tuple[str, ...]:
    return (
        name,
        str(summary.questions),
        *(percent(summary.rates.get(measure)) for measure in KIND_MEASURES),
        f"{summary.latency.p50:.0f}",
        f"{summary.latency.p95:.0f}",
    )


def _failure(record: Record) -> tuple[str, ...]:
    expected = " / ".join(account.answers[0] for account in record.question.accounts)
    return (
        record.question.id,
        record.question.kind,
        record.asked,
        expected or "no answer",
        record.body["answer"] or "no answer",
        str(record.cause),
    )


def _name(measure: str) -> str:
    return measure.replace("_", " ")


def percent(rate: Rate | None) -> str:
    """In percent with one digit, and the interval where there is one; a dash for None."""
    if rate is None:
        return NONE
    value = f"{100 * rate.value:.1f}"
    if rate.low is None or rate.high is None:
        return value
    return f"{value} ({100 * rate.low:.0f} to {100 * rate.high:.0f})"


def _markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")
