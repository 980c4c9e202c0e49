"""A run as one page to look at, print and send: HTML that asks nothing of anybody."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, select_autoescape

from pincite.eval.charts import COLOURS, GRID, INK, PAPER, SOFT, Series, chart, inline
from pincite.eval.metrics import place_in_paragraph
from pincite.eval.outcomes import Comparison, Run, Trust, trust
from pincite.eval.questions import Gold
from pincite.eval.rates import Rate, wilson
from pincite.eval.record import MEASURES, Cause, Record
from pincite.eval.report import Report
from pincite.eval.tables import percent
from pincite.index.article import Article

HERE = Path(__file__).parent
AROUND = 240  # characters of a paragraph shown before and after what is marked in it
CITED = 3  # citations shown of a wrong answer
SIGNIFICANT = 0.05
KIND_MEASURES = ("right", "false_refusal", "hit@10")  # beside what is as expected

# What the charts are drawn in -> the page's own colours, which follow the reader's scheme.
_STYLED = {
    INK: "var(--ink)",
    SOFT: "var(--soft)",
    GRID: "var(--line)",
    PAPER: "none",
    COLOURS[0]: "var(--first)",
    COLOURS[1]: "var(--second)",
}

Pieces = tuple[tuple[str, bool], ...]
"""A text cut at what is marked in it: `(text, is marked)`."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A place in an article, as the page quotes it.

    Attributes:
        source: publisher and title.
        label: "paragraph 7".
        place: the file and what is marked, `[start, end)` in characters of its stored text.
    """

    source: str
    label: str
    place: str
    pieces: Pieces


@dataclass(frozen=True, slots=True)
class Expected:
    """An account of what is right: its acceptable answers and where its evidence stands."""

    answers: tuple[str, ...]
    evidence: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """A question that was not answered as expected.

    Attributes:
        cited: of an answer, its leading account's citations; of a refusal, the nearest paragraphs.
        expected: nothing where the articles hold no answer.
    """

    record: Record
    cited: tuple[Passage, ...]
    expected: tuple[Expected, ...]


def page(
    report: Report,
    articles: Mapping[str, Article],
    comparison: Comparison | None = None,
    earlier: Run | None = None,
) -> str:
    """The page.

    Args:
        articles: file -> article, of every piece of evidence; a quote from another is not marked.
        comparison, earlier: with an earlier run, and that run; both or neither.

    Raises:
        MissingExtra: matplotlib or SciPy is not installed.
    """
    templates = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=select_autoescape(default=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {"rate": percent, "spaced": _spaced, "bar": _bar}
    failures = [_failure(record, articles) for record in report.failures]
    return templates.get_template("report.html").render(
        report=report,
        measures=MEASURES,
        kind_measures=KIND_MEASURES,
        failures={
            cause.value: of_cause
            for cause in Cause
            if (of_cause := [one for one in failures if one.record.cause is cause])
        },
        trust=report.trust,
        charts=_charts(report.trust, trust([*earlier.outcomes.values()]) if earlier else None),
        comparison=comparison,
        is_significant=comparison is not None and comparison.p_value < SIGNIFICANT,
    )


def _charts(now: Trust | None, earlier: Trust | None) -> dict[str, str]:
    """Name -> SVG element; none where nothing was answered."""
    named = {"this run": now, "the earlier run": earlier}
    runs = {name: run for name, run in named.items() if run is not None}
    if not runs:
        return {}
    pictures = {
        "reliability": chart(
            "Reliability diagram",
            *("mean confidence", "share right"),
            [_reliability(name, run) for name, run in runs.items()],
            diagonal=True,
        ),
        "risk-coverage": chart(
            "Risk-coverage curve",
            *("share of all questions answered", "share wrong of the answered"),
            [Series(name, run.curve) for name, run in runs.items()],
        ),
    }
    return {name: inline(svg, name, _STYLED) for name, svg in pictures.items()}


def _reliability(name: str, run: Trust) -> Series:
    return Series(
        name,
        [(one.confidence, one.accuracy) for one in run.bins],
        dotted=True,
        intervals=[wilson(round(one.accuracy * one.count), one.count) for one in run.bins],
    )


def _failure(record: Record, articles: Mapping[str, Article]) -> Failure:
    body = record.body
    numbers = body["accounts"][0]["citations"] if body["accounts"] else []
    by_number = {citation["number"]: citation for citation in body["citations"]}
    cited = [by_number[number] for number in numbers if number in by_number] or body["nearest"]
    return Failure(
        record=record,
        cited=tuple(_cited(one, articles, marked=bool(numbers)) for one in cited[:CITED]),
        expected=tuple(
            Expected(
                account.answers,
                tuple(_evidence(gold, account.answers, articles) for gold in account.gold),
            )
            for account in record.question.accounts
        ),
    )


def _cited(
    citation: Mapping[str, Any], articles: Mapping[str, Article], *, marked: bool
) -> Passage:
    article, text = citation["article"], citation["paragraph"]["text"]
    known = articles.get(article["file"]) if marked else None
    start = None if known is None else place_in_paragraph(citation, known.text)
    span = (0, 0) if start is None else (start, start + len(citation["quote"]))
    return Passage(
        source=_source(article["publisher"], article["title"]),
        label=citation["paragraph"]["label"],
        place=f"{article['file']} [{citation['start']}, {citation['end']})",
        pieces=_pieces(text, *span),
    )


def _evidence(gold: Gold, answers: Sequence[str], articles: Mapping[str, Article]) -> Passage:
    article = articles[gold.file]
    start, end = gold.spans[0]
    labels = [
        article.label(place)
        for place, block in enumerate(article.citable, start=1)
        if block.start <= start and end <= block.end
    ]
    words = "|".join(rf"(?<!\w){re.escape(answer)}(?!\w)" for answer in answers)
    found = re.search(words, gold.evidence)
    return Passage(
        source=_source(article.publisher, article.title),
        label=labels[0] if labels else "",
        place=f"{article.file} [{start}, {end})",
        pieces=_pieces(gold.evidence, *(found.span() if found else (0, 0))),
    )


def _source(publisher: str | None, title: str) -> str:
    return f"{publisher}, {title}" if publisher else title


def _pieces(text: str, start: int, end: int) -> Pieces:
    first, last = max(start - AROUND, 0), min(end + AROUND, len(text))
    before, after = text[first:start], text[end:last]
    if first:
        before = f"… {before.partition(' ')[2]}"
    if last < len(text):
        after = f"{after.rpartition(' ')[0]} …"
    parts = ((before, False), (text[start:end], True), (after, False))
    return tuple(part for part in parts if part[0])


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def _bar(rate: Rate | None) -> str:
    """The style of a bar as long as a rate, with its interval."""
    if rate is None:
        return ""
    low, high = rate.low or 0.0, 1.0 if rate.high is None else rate.high
    return f"--value:{rate.value:.3f};--low:{low:.3f};--high:{high:.3f}"
