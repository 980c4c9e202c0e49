"""Cut an article into passages: what is encoded and searched as one.

A passage is a paragraph, a caption, or what else of a page holds words. Only one that is
longer than `passage_tokens` is parted, into runs of its sentences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from pincite.index.article import Article, Role, Tier

Count = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph, or a part of a long one.

    Attributes:
        article: the article's id.
        section: index into the article's sections, or None.
        header: titles of the article and the section; searched, never quoted.
        paragraph: its place in `Article.citable`, from 1: mostly the paragraph's number.
        start, end: `[start, end)` in characters of the article's text.
        text: those characters.
        tier: of its block.
    """

    article: str
    section: int | None
    header: str
    paragraph: int
    start: int
    end: int
    text: str
    tier: int = Tier.TEXT

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        # As of `Block`: a shard hands out hundreds for a question.
        place = (self.article, self.section, self.header, self.paragraph, self.start, self.end)
        return Passage, (*place, self.text, self.tier)

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
    for place, block in enumerate(article.citable, start=1):
        # A button is not about what the article is about, and on every page the same.
        title = "" if block.role is Role.FURNITURE else header(article, block.section)
        for start, end in _parts(article.text, block.start, block.end, count, size):
            text = article.text[start:end]
            yield Passage(article.id, block.section, title, place, start, end, text, block.tier)


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

    # sentencex counts bytes where it means characters, and panics inside some that have
    # several: it is given a text of the same length without them.
    plain = text[start:end].translate(_STAND_INS)
    position = 0
    for sentence in segment("en", plain):
        stripped = sentence.strip()
        if stripped:
            found = plain.index(stripped, position)
            position = found + len(stripped)
            yield start + found, start + position


class _StandIns(dict[int, str]):
    """A character -> one of ASCII that ends, opens or goes through a sentence as it does."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if code < 128:
            self[code] = char
        elif char.isspace():
            self[code] = " "
        elif char.isalpha():
            self[code] = "A" if char.isupper() else "a"
        else:
            self[code] = "0" if char.isdigit() else _MARKS.get(char, "-")
        return self[code]


_MARKS = dict(zip("“”„«»‘’…。！？", '"""""\'\'..!?', strict=True))
_STAND_INS = _StandIns()


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
