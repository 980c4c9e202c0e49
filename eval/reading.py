"""How well a reader reads: questions on a paragraph given, by the measures of SQuAD.

The reader is the product's own, with its windows and its spans widened to whole
words; nothing is retrieved or ranked.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import zip_longest
from typing import Literal, Protocol

from pincite.errors import InvalidData
from pincite.eval.data import Asked, Paragraph
from pincite.eval.squad import Reading
from pincite.index.passages import Passage, Piece
from pincite.qa.read import Span

SEED = "pincite"  # of the samples
PAIRS_AT_ONCE = 128  # between two reports of progress

# Called with the questions done, the questions in all and the share of the work done, 0..1.
Progress = Callable[[int, int, float], None]


class PairReader(Protocol):
    """Anything that finds spans for many questions, each on a passage of its own."""

    def read_pairs(
        self, pairs: Sequence[tuple[str, Passage]], batch_tokens: int
    ) -> list[list[Span]]:
        """See `pincite.qa.read.WindowReader.read_pairs`."""


@dataclass(frozen=True, slots=True)
class Item:
    """A question with its paragraph."""

    paragraph: Paragraph
    asked: Asked

    @property
    def references(self) -> tuple[str, ...]:
        """The acceptable answers, each once; none where the paragraph gives none."""
        return tuple(dict.fromkeys(self.paragraph.text[a:b] for a, b in self.asked.answers))

    @property
    def passage(self) -> Passage:
        """The paragraph as one passage of one piece."""
        text = self.paragraph.text
        return Passage(self.paragraph.title, None, "", (Piece(1, 0, len(text)),), text)


def choose(
    paragraphs: Iterable[Paragraph],
    split: Literal["dev", "train", "all"] = "dev",
    sources: Sequence[str] | None = None,
    limit: int | None = None,
) -> list[Item]:
    """The questions of a split, in the paragraphs' order.

    Args:
        sources: only of these sets; of all if None.
        limit: a sample of so many; see `sample`.

    Raises:
        InvalidData: none is left.
    """
    items = [
        Item(paragraph, asked)
        for paragraph in paragraphs
        if split in ("all", paragraph.split)
        for asked in paragraph.asked
        if not sources or asked.source in sources
    ]
    if not items:
        raise InvalidData(
            "the data holds no question of that split and source", "Widen --split or --source."
        )
    return items if limit is None else sample(items, limit)


def sample(items: Sequence[Item], limit: int, skip: int = 0) -> list[Item]:
    """A fixed sample, the same number of each source as far as there are enough.

    Drawn by the hash of question and paragraph, so that a smaller sample is
    part of a larger one and other data does not change it.

    Args:
        skip: leaves out the sample of so many, and takes the next ones.
    """
    drawn = defaultdict(list)
    for number in sorted(range(len(items)), key=lambda number: _draw(items[number])):
        drawn[items[number].asked.source].append(number)
    turns = zip_longest(*(drawn[source] for source in sorted(drawn)))
    taken = [number for turn in turns for number in turn if number is not None]
    return [items[number] for number in sorted(taken[skip : skip + limit])]


def _draw(item: Item) -> str:
    return sha256(f"{SEED}\n{item.asked.question}\n{item.paragraph.text}".encode()).hexdigest()


def read_all(
    reader: PairReader,
    items: Sequence[Item],
    batch_tokens: int,
    progress: Progress | None = None,
) -> list[Reading]:
    """Read every question on its paragraph.

    Args:
        batch_tokens: word pieces read at a time at most.

    Returns:
        In the order of `items`.
    """
    sizes = [len(item.asked.question) + len(item.paragraph.text) for item in items]
    order = sorted(range(len(items)), key=lambda number: -sizes[number])
    readings: dict[int, Reading] = {}
    work = 0
    for at in range(0, len(order), PAIRS_AT_ONCE):
        numbers = order[at : at + PAIRS_AT_ONCE]
        pairs = [(items[number].asked.question, items[number].passage) for number in numbers]
        for number, spans in zip(numbers, reader.read_pairs(pairs, batch_tokens), strict=True):
            readings[number] = _reading(items[number], spans)
            work += sizes[number]
        if progress is not None:
            progress(len(readings), len(items), work / sum(sizes))
    return [readings[number] for number in range(len(items))]


def _reading(item: Item, spans: Sequence[Span]) -> Reading:
    asked, text = item.asked, item.paragraph.text
    said, score, null = "", 0.0, 0.0
    if spans:
        best = spans[0]
        said, score, null = text[best.start : best.end], best.score, best.null
    return Reading(
        asked.question, asked.source, item.paragraph.group, item.references, said, score, null
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
                "source": reading.source,
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
