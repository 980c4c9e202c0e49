"""How well a reader reads: questions on a text given, by the measures of SQuAD.

The reader is the product's own, with its parts of a long text and its spans widened to whole
words; nothing is retrieved. The paragraphs of a text are parted by blank lines, and an answer
lies inside one of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Literal, Protocol, TypeVar

from pincite.errors import InvalidData
from pincite.eval.data import EVENTS, Asked, Half, Paragraph
from pincite.eval.squad import Reading
from pincite.qa.question import Question
from pincite.qa.reader import Span, Text
from pincite.settings import Settings

SEED = "pincite"  # of the samples
PAIRS_AT_ONCE = 64  # between two reports of progress
WRITTEN_OUT = "follow-up, written out"

Split = Literal["dev", "train", "all"]
T = TypeVar("T")

# Called with the questions done, the questions in all and the share of the work done, 0..1.
Progress = Callable[[int, int, float], None]


class PairReader(Protocol):
    """Anything that finds spans for many questions, each on a text of its own."""

    def read_pairs(self, pairs: Sequence[tuple[str, Text]]) -> list[list[Span]]:
        """See `pincite.qa.reader.SpanReader.read_pairs`."""


@dataclass(frozen=True, slots=True)
class Item:
    """A question with its text."""

    paragraph: Paragraph
    asked: Asked

    @property
    def set(self) -> str:
        """What it is counted with: its kind, or its source where the source names no kinds."""
        asked = self.asked
        kind = f"event, {asked.kind}" if asked.source == EVENTS else asked.kind
        return kind if asked.kind else asked.source

    @property
    def references(self) -> tuple[str, ...]:
        """The acceptable answers, each once; none where the text gives none."""
        return tuple(dict.fromkeys(self.paragraph.words(self.asked.answers)))

    @property
    def written_out(self) -> Item | None:
        """A follow-up again, so worded that it needs no conversation; None of other questions."""
        if not self.asked.standalone:
            return None
        alone = replace(
            self.asked, question=self.asked.standalone, kind=WRITTEN_OUT, history=(), standalone=""
        )
        return Item(self.paragraph, alone)


def text_of(paragraph: str) -> Text:
    """A text with the `[start, end)` of its paragraphs, which blank lines part."""
    ends = [*(m.span() for m in re.finditer(r"\n\s*\n", paragraph)), (len(paragraph),) * 2]
    starts = [0, *(after for _, after in ends)]
    bounds = ((start, end) for start, (end, _) in zip(starts, ends, strict=False))
    return Text(paragraph, tuple((start, end) for start, end in bounds if start < end))


def choose(
    paragraphs: Iterable[Paragraph],
    split: Split = "dev",
    half: Half | None = None,
    sources: Sequence[str] | None = None,
    limit: int | None = None,
) -> list[Item]:
    """The questions of a split, in the paragraphs' order; each follow-up written out after it.

    Args:
        half: only this half; both if None. See `pincite.eval.data.Paragraph.half`.
        sources: only of these sets; of all if None.
        limit: a sample of so many, the written out not counted; see `sample`.

    Raises:
        InvalidData: none is left.
    """
    items = [
        Item(paragraph, asked)
        for paragraph in paragraphs
        if split in ("all", paragraph.split) and half in (None, paragraph.half)
        for asked in paragraph.asked
        if not sources or asked.source in sources
    ]
    if not items:
        raise InvalidData(
            "the data holds no question of that split, half and source",
            "Widen --split, --half or --source.",
        )
    taken = sample(items, limit, lambda i: f"{i.asked.question}\n{i.paragraph.text}")
    return [one for item in taken for one in (item, item.written_out) if one is not None]


def sample(things: Sequence[T], limit: int | None, named: Callable[[T], str]) -> list[T]:
    """A fixed sample, in order; all if the limit is None.

    Drawn by the hash of the names, so that a smaller sample is part of a larger one and other
    data does not change it.
    """
    if limit is None:
        return list(things)
    draws = [sha256(f"{SEED}\n{named(thing)}".encode()).hexdigest() for thing in things]
    kept = sorted(range(len(things)), key=lambda number: draws[number])[:limit]
    return [things[number] for number in sorted(kept)]


def read_all(
    reader: PairReader,
    items: Sequence[Item],
    settings: Settings,
    progress: Progress | None = None,
) -> list[Reading]:
    """Read every question on its text, a follow-up with the conversation before it.

    Returns:
        In the order of `items`.
    """
    sizes = [len(item.asked.question) + len(item.paragraph.text) for item in items]
    order = sorted(range(len(items)), key=lambda number: -sizes[number])
    readings: dict[int, Reading] = {}
    work = 0
    for at in range(0, len(order), PAIRS_AT_ONCE):
        numbers = order[at : at + PAIRS_AT_ONCE]
        pairs = [_pair(items[number], settings) for number in numbers]
        for number, spans in zip(numbers, reader.read_pairs(pairs), strict=True):
            readings[number] = _reading(items[number], spans)
            work += sizes[number]
        if progress is not None:
            progress(len(readings), len(items), work / sum(sizes))
    return [readings[number] for number in range(len(items))]


def _pair(item: Item, settings: Settings) -> tuple[str, Text]:
    question = Question.of(item.asked.question, item.asked.history, settings)
    return question.asked, text_of(item.paragraph.text)


def _reading(item: Item, spans: Sequence[Span]) -> Reading:
    asked, text = item.asked, item.paragraph.text
    said, score, null = "", 0.0, 0.0
    if spans:
        best = spans[0]
        said, score, null = text[best.start : best.end], best.score, best.null
    return Reading(
        *(asked.question, asked.source, item.set, item.paragraph.group),
        *(item.references, said, score, null),
    )


def prediction_lines(
    items: Sequence[Item], readings: Sequence[Reading], threshold: float
) -> Iterator[str]:
    """Each question as a line of JSON, for error analysis.

    `right` is the exact match of the forced answer; where there is no answer,
    that the question was refused at the threshold.
    """
    for item, reading in zip(items, readings, strict=True):
        right = bool(reading.exact) if reading.references else reading.refused(threshold)
        yield json.dumps(
            {
                "question": reading.question,
                "history": [f"{turn.question} {turn.answer}" for turn in item.asked.history],
                "source": reading.source,
                "set": reading.set,
                "title": item.paragraph.title,
                "gold": reading.references,
                "predicted": reading.text,
                "score": round(reading.score, 4),
                "null": round(reading.null, 4),
                "right": right,
                "f1": round(reading.f1, 4) if reading.references else None,
                "paragraph": item.paragraph.text,
            },
            ensure_ascii=False,
        )
