"""What was read -> an article: its blocks found where its format has none, long paragraphs parted.

Page furniture is a property of web pages. In a text that was scraped from one, `index/blocks.py`
tells the article from its page. In any other document all that holds words is a paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pincite.index.article import CITABLE, Article, Block, Role, Section, has_words
from pincite.index.blocks import parse
from pincite.index.formats.contents import Read
from pincite.index.known import Metadata
from pincite.index.passages import sentences

LEAD_CHARS = 80  # of an article without a title, shown in its place
PART_CHARS = 1600  # of a paragraph shown at once, some 250 words
_SENTENCES_CHARS = 20_000  # given to the sentence splitter at once

# The kinds of text that are published on pages of news.
_PRESS = re.compile(
    r"\b(?:report|news|blog|story|analysis|opinion|interview|explainer|editorial|column|feature"
    r"|briefing|press|web ?page)\b",
    re.IGNORECASE,
)
_WEB = re.compile(r"https?://[^\s/]", re.IGNORECASE)
_MARKS = 3  # different lines of furniture that a page has at least


@dataclass(frozen=True, slots=True)
class Draft:
    """A document as it was read, before it is parsed.

    Attributes:
        id, file: as in `Article`.
        known: what the metadata and the document itself say.
    """

    id: str
    file: str
    read: Read
    known: Metadata

    def parsed(self) -> Article:
        """The article."""
        read = self.read
        structure = None if read.blocks is None else (read.blocks, read.sections)
        found = article(self.id, self.file, read.text, self.known, structure)
        return replace(found, pages=read.pages)


def article(
    id_: str,
    file: str,
    text: str,
    known: Metadata,
    structure: tuple[tuple[Block, ...], tuple[Section, ...]] | None = None,
) -> Article:
    """One article; its title falls back on the text's own, then on its first words.

    Args:
        structure: blocks and sections where the format has them; None: to be found in the text.
    """
    blocks, sections = structure or _found(text, known)
    title = (
        known.title
        or next((_line(text, b) for b in blocks if b.role is Role.TITLE), None)
        or _lead(text, blocks)
    )
    parted = tuple(part for block in blocks for part in _parts(text, block))
    return Article(
        *(id_, file, title, known.publisher, known.published, known.kind, text, parted, sections),
        source_url=known.url if known.url and _WEB.match(known.url) else None,
    )


def slug(name: str) -> str:
    """Letters, digits, "-" and "_" of a name, so that it stands in a URL as it is."""
    return re.sub(r"[^A-Za-z0-9_]+", "-", re.sub(r"^https?://", "", name)).strip("-") or "article"


def is_scraped(text: str, blocks: tuple[Block, ...], known: Metadata) -> bool:
    """Whether a text was taken from a web page, frame and all.

    It was if its metadata names the page or a kind of news; else if it bears the marks of
    a page: several lines of furniture, and a byline or a time of publication.
    """
    if known.kind:
        return _PRESS.search(known.kind) is not None
    if known.url:
        return _WEB.match(known.url) is not None
    furniture = {
        text[block.start : block.end].casefold()
        for block in blocks
        if block.role is Role.FURNITURE and has_words(text[block.start : block.end])
    }
    signed = any(block.role in {Role.BYLINE, Role.TIMESTAMP} for block in blocks)
    return len(furniture) >= _MARKS and signed


def _found(text: str, known: Metadata) -> tuple[tuple[Block, ...], tuple[Section, ...]]:
    blocks, sections = parse(text, known.title)
    if is_scraped(text, blocks, known):
        return blocks, sections
    kept = {Role.TITLE, Role.HEADING, *CITABLE}
    numbered: list[Block] = []
    number = 0
    for block in blocks:
        worded = has_words(text[block.start : block.end])
        number += worded
        role = block.role if block.role in kept or not worded else Role.BODY
        numbered.append(replace(block, role=role, number=number if worded else None))
    return tuple(numbered), sections


def _parts(text: str, block: Block) -> Iterator[Block]:
    """A long paragraph in runs of its sentences, that nobody is sent 300 kB of it at once."""
    if block.number is None or block.end - block.start <= PART_CHARS:
        yield block
        return
    units = [unit for span in _sentences(text, block) for unit in _halves(text, *span)]
    runs = [units[0]]
    for start, end in units[1:]:
        if end - runs[-1][0] > PART_CHARS:
            runs.append((start, end))
        else:
            runs[-1] = (runs[-1][0], end)
    for part, (start, end) in enumerate(runs, start=1):
        yield replace(block, start=start, end=end, part=part)


def _sentences(text: str, block: Block) -> Iterator[tuple[int, int]]:
    """The sentences of a paragraph, however long it is."""
    start = block.start
    while start < block.end:
        end = _cut(text, start, min(start + _SENTENCES_CHARS, block.end), block.end)
        yield from sentences(text, start, end)
        start = end


def _halves(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A sentence that is too long itself, cut between words; a longer word is cut anywhere."""
    while end - start > PART_CHARS:
        cut = _cut(text, start, start + PART_CHARS, end)
        yield start, start + len(text[start:cut].rstrip())
        start = cut + len(text[cut:end]) - len(text[cut:end].lstrip())
    if start < end:
        yield start, end


def _cut(text: str, start: int, wanted: int, end: int) -> int:
    """The last white space between `start` and `wanted`, or `wanted` if there is none."""
    if wanted >= end:
        return end
    blank = next((at for at in range(wanted, start, -1) if text[at].isspace()), None)
    return wanted if blank is None else blank


def _line(text: str, block: Block) -> str:
    return " ".join(text[block.start : block.end].split())


def _lead(text: str, blocks: tuple[Block, ...]) -> str:
    body = next((b for b in blocks if b.number is not None), None)
    words = " ".join(text[body.start : min(body.end, body.start + 1000)].split()) if body else ""
    words = words or " ".join(text[:1000].split())
    if len(words) <= LEAD_CHARS:
        return words or "(empty)"
    return words[:LEAD_CHARS].rsplit(" ", 1)[0].rstrip(",;:") + "…"
