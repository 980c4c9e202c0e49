"""The articles that may be trained on: none that a development or test question rests on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pincite.errors import CorpusError
from pincite.eval.data import rows
from pincite.eval.news import part
from pincite.index.passages import Passage
from pincite.settings import Settings
from pincite.training.news import parsed

LONG_CHARS = 120  # a longer paragraph that stands in two articles tells of the same thing
MOST_REPEATED = 0.3  # of an article's long paragraphs

Row = dict[str, Any]


def kept(questions: Path, articles: Path) -> Iterator[Row]:
    """The articles that nothing is measured on, without those that repeat such a one.

    Measured on are the supporting articles of the dev and test weeks (`eval/news.py`).

    Args:
        questions, articles: RealTime QA's; the articles are read twice.

    Raises:
        InvalidData: a file can't be read, or a line is not JSON.
    """
    measured = {
        url
        for _, row in rows(questions)
        if part(row["week"]) != "train"
        for url in row["supporting_articles"]
    }
    banned = {
        paragraph
        for _, row in rows(articles)
        if row["url"] in measured
        for paragraph in _long(row["text"])
    }
    for _, row in rows(articles):
        own = _long(row["text"])
        repeated = sum(paragraph in banned for paragraph in own)
        if row["url"] not in measured and repeated <= MOST_REPEATED * len(own):
            yield row


def _long(text: str) -> list[str]:
    return [p for p in map(str.strip, text.split("\n\n")) if len(p) > LONG_CHARS]


def cut(row: Mapping[str, Any], count: Callable[[str], int], settings: Settings) -> list[Passage]:
    """An article's passages, as the index has them; none where all is page furniture."""
    try:
        return parsed(row, count, settings)
    except CorpusError:
        return []
