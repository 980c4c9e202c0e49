"""Cut an article into passages: what is encoded, searched and read as one.

A passage is a run of body paragraphs and list items of one section, at most
`passage_tokens` long. It breaks between paragraphs; only a paragraph that is
itself too long is split, between sentences. The end of one passage is repeated
at the start of the next, so that what stands across a break is read whole.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from pincite.index.article import Article, Block


@dataclass(frozen=True, slots=True)
class Piece:
    """The part of one paragraph that a passage holds.

    Attributes:
        paragraph: the paragraph's number.
        start, end: `[start, end)` in characters of the article's text.
    """

    paragraph: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of pieces of one section.

    Attributes:
        article: the article's id.
        section: index into the article's sections, or None.
        header: title, post headline and date, for the encoder; never quoted.
        pieces: in order of the text.
        text: the pieces' own characters, joined by JOINT.
    """

    article: str
    section: int | None
    header: str
    pieces: tuple[Piece, ...]
    text: str

    @property
    def bounds(self) -> tuple[tuple[int, int], ...]:
        """`[start, end)` of each piece in characters of the passage's text."""
        lengths = [piece.end - piece.start for piece in self.pieces]
        starts = itertools.accumulate(
            lengths[:-1], lambda at, length: at + length + len(JOINT), initial=0
        )
        return tuple((at, at + length) for at, length in zip(starts, lengths, strict=True))

    def part(self, first: int, last: int) -> Passage:
        """The pieces `[first, last)` alone, at least one, of at most as many as there are."""
        bounds = self.bounds
        text = self.text[bounds[first][0] : bounds[last - 1][1]]
        return replace(self, pieces=self.pieces[first:last], text=text)

    @property
    def views(self) -> tuple[View, ...]:
        """The whole passage and, of several paragraphs, each alone.

        A passage is as near to a question as its nearest view, so that one
        paragraph is not drowned by its neighbours. Of several paragraphs the whole is not
        encoded: it is the mean of them and of the header (`pincite.index.schema.view_vectors`),
        which finds as much and spares two fifths of the tokens.
        """
        if len(self.pieces) == 1:
            return (View(None, None, under(self.header, self.text)),)
        paragraphs = (View(start, end, self.text[start:end]) for start, end in self.bounds)
        return (View(None, None, self.header), *paragraphs)


@dataclass(frozen=True, slots=True)
class View:
    """What the encoder sees of a passage at once.

    Attributes:
        start, end: `[start, end)` in characters of the passage's text; None: all of it.
        text: the encoder's input; of a whole passage of several paragraphs, its header.
    """

    start: int | None
    end: int | None
    text: str

    @property
    def key(self) -> str:
        """Names the vector: equal keys, equal encoder input."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def under(header: str, text: str) -> str:
    """What the encoder sees of a passage of one paragraph."""
    return f"{header}\n{text}"


JOINT = "\n"

Count = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class _Unit:
    """What is never cut: a paragraph that fits a passage, or a sentence of one that doesn't.

    Attributes:
        paragraph: the paragraph's number.
        start, end: `[start, end)` in characters of the article's text.
        tokens: of it alone, or with what parts it from the unit before where
            that is more ("Word" and " Word" differ), so that those of a run
            are no fewer than its passage's.
    """

    paragraph: int
    start: int
    end: int
    tokens: int


def passages(article: Article, count: Count, size: int, overlap: int) -> Iterator[Passage]:
    """Cut one article.

    Args:
        count: tokens in a text.
        size: tokens in a passage at most (a single longer word is kept whole).
        overlap: tokens repeated from the passage before at most; the repeated
            text is whole units, so it can be none.
    """
    for section, blocks in itertools.groupby(article.paragraphs, key=lambda b: b.section):
        units = [unit for block in blocks for unit in _units(article.text, block, count, size)]
        title = header(article, section)
        for first, last in _runs([unit.tokens for unit in units], size, overlap):
            pieces = tuple(_pieces(units[first:last]))
            text = JOINT.join(article.text[p.start : p.end] for p in pieces)
            yield Passage(article.id, section, title, pieces, text)


def header(article: Article, section: int | None) -> str:
    """What a passage is about, in one line: title, post headline, date."""
    if section is None:
        parts = [article.title, article.published]
    else:
        part = article.sections[section]
        parts = [article.title, part.title, part.published or article.published]
    return " | ".join(dict.fromkeys(p for p in parts if p))


def _units(text: str, block: Block, count: Count, size: int) -> Iterator[_Unit]:
    number = block.number or 0
    if count(text[block.start : block.end]) <= size:
        spans = iter([(block.start, block.end)])
    else:
        spans = (
            part
            for start, end in sentences(text, block.start, block.end)
            for part in _split(text, start, end, count, size)
        )
    before = None
    for start, end in spans:
        joint = JOINT if before is None else text[before:start]
        alone = text[start:end]
        yield _Unit(number, start, end, max(count(alone), count(joint + alone)))
        before = end


def sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """`[start, end)` of each sentence inside `text[start:end]`, white space around it left out."""
    from sentencex import segment

    position = start
    for sentence in segment("en", text[start:end]):
        stripped = sentence.strip()
        if stripped:
            found = text.index(stripped, position, end)
            yield found, found + len(stripped)
            position = found + len(stripped)


def _split(text: str, start: int, end: int, count: Count, size: int) -> Iterator[tuple[int, int]]:
    """A sentence longer than a passage is cut between words, in halves until they fit."""
    if count(text[start:end]) <= size:
        yield start, end
        return
    middle = (start + end) // 2
    cut = max((i for i in range(start + 1, middle + 1) if text[i].isspace()), default=None)
    if cut is None:
        cut = next((i for i in range(middle, end - 1) if text[i].isspace()), None)
    if cut is None:
        yield start, end
        return
    right = cut + len(text[cut:end]) - len(text[cut:end].lstrip())
    left = start + len(text[start:cut].rstrip())
    yield from _split(text, start, left, count, size)
    yield from _split(text, right, end, count, size)


def _runs(tokens: Sequence[int], size: int, overlap: int) -> Iterator[tuple[int, int]]:
    """`[first, last)` of the units of each passage. Every run brings at least one new unit."""
    first = 0
    while first < len(tokens):
        last, total = first, 0
        while last < len(tokens) and (last == first or total + tokens[last] <= size):
            total += tokens[last]
            last += 1
        yield first, last
        if last == len(tokens):
            return
        back, repeated = last, 0
        while (
            back - 1 > first
            and repeated + tokens[back - 1] <= overlap
            and repeated + tokens[back - 1] + tokens[last] <= size
        ):
            back -= 1
            repeated += tokens[back]
        first = back


def _pieces(units: Sequence[_Unit]) -> Iterator[Piece]:
    for number, run in itertools.groupby(units, key=lambda unit: unit.paragraph):
        parts = list(run)
        yield Piece(number, parts[0].start, parts[-1].end)
