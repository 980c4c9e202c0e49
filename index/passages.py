"""Cut an article into passages: what is encoded and searched as one.

A passage is a paragraph: a body paragraph or a list item. Only one that is longer
than `passage_tokens` is parted, into runs of its sentences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from pincite.index.article import Article

Count = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph, or a part of a long one.

    Attributes:
        article: the article's id.
        section: index into the article's sections, or None.
        header: titles of the article and the section; searched, never quoted.
        paragraph: the paragraph's number.
        start, end: `[start, end)` in characters of the article's text.
        text: those characters.
    """

    article: str
    section: int | None
    header: str
    paragraph: int
    start: int
    end: int
    text: str

    @property
    def encoded(self) -> str:
        """The encoder's input."""
        return f"{self.header}. {self.text}" if self.header else self.text

    @property
    def key(self) -> str:
        """Names the vector: equal keys, equal encoder input."""
        return sha256(self.encoded.encode()).hexdigest()


def passages(article: Article, count: Count, size: int) -> Iterator[Passage]:
    """Cut one article.

    Args:
        count: tokens in a text.
        size: tokens in a passage at most (a single longer word is kept whole).
    """
    for number, block in enumerate(article.paragraphs, start=1):
        title = header(article, block.section)
        for start, end in _parts(article.text, block.start, block.end, count, size):
            text = article.text[start:end]
            yield Passage(article.id, block.section, title, number, start, end, text)


def header(article: Article, section: int | None) -> str:
    """What a passage is about, in one line: the titles of its article and its section."""
    titles = [article.title]
    if section is not None:
        titles.append(article.sections[section].title)
    return ". ".join(dict.fromkeys(titles))


def _parts(text: str, start: int, end: int, count: Count, size: int) -> Iterator[tuple[int, int]]:
    """`[start, end)` of as many sentences at a time as fit, of a paragraph that does not."""
    if count(text[start:end]) <= size:
        yield start, end
        return
    units = [
        unit for span in sentences(text, start, end) for unit in _split(text, *span, count, size)
    ]
    first, last = units[0]
    for after, until in units[1:]:
        if count(text[first:until]) > size:
            yield first, last
            first = after
        last = until
    yield first, last


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
