"""What an article is made of: blocks, each with its role and its characters.

Every offset in this project is `[start, end)` in characters (Unicode code
points) of `Article.text`. Of a text file that is the file decoded and nothing else
done to it; of other formats, the words as `pincite.index.formats` wrote them down.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Role(StrEnum):
    """What a block of text is on its page."""

    TITLE = "title"
    KICKER = "kicker"  # the line over or under a title that names a series or a rubric
    BYLINE = "byline"
    TIMESTAMP = "timestamp"
    HEADING = "heading"  # a subheading, or the headline of a live blog's post
    CAPTION = "caption"  # of a photo, credit included
    BODY = "body"
    LIST_ITEM = "list_item"
    FURNITURE = "furniture"  # what the page says about itself: buttons, teasers, forms


CITABLE = frozenset({Role.BODY, Role.LIST_ITEM})


class Tier(IntEnum):
    """How near a block is to what an article says; passages of one tier are read together."""

    TEXT = 0  # the numbered paragraphs
    CAPTION = 1
    BESIDE = 2  # what else stands on the page: found, but after the others


_NAMES = {Tier.TEXT: "paragraph", Tier.CAPTION: "caption", Tier.BESIDE: "page text"}


@dataclass(frozen=True, slots=True)
class Block:
    """A run of an article's characters that plays one role.

    Attributes:
        role: what it is.
        start, end: `[start, end)` in characters of the article's text; white
            space around the block is left outside.
        number: the paragraph number, from 1 through the article; None for what is
            no paragraph. In a scraped page, body and list items are paragraphs; in
            other documents all that holds words, but for captions and a page's frame.
        section: index into `Article.sections` of the post it belongs to, or None.
        part: of a paragraph that is too long to be shown at once, from 1; else None.
    """

    role: Role
    start: int
    end: int
    number: int | None
    section: int | None
    part: int | None = None

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        # Pickled by its values: five times as fast as what a frozen dataclass does.
        return Block, (self.role, self.start, self.end, self.number, self.section, self.part)

    @property
    def tier(self) -> Tier:
        """How near it is to what the article says."""
        if self.number is not None:
            return Tier.TEXT
        return Tier.CAPTION if self.role is Role.CAPTION else Tier.BESIDE


@dataclass(frozen=True, slots=True)
class Section:
    """A part of an article with a headline of its own: a live blog's post, or a subheaded part.

    Attributes:
        title: the headline, as it stands in the text.
        published: its timestamp as it stands in the text, or None.
        byline: as it stands in the text, or None.
    """

    title: str
    published: str | None
    byline: str | None


@dataclass(frozen=True, slots=True)
class Article:
    """One article of the corpus.

    Attributes:
        id: stable and safe in a URL; follows from the file's path in the corpus.
        file: path in the corpus folder, with "/" between folders.
        title: from the metadata, else the title block, else the first words
            of the first paragraph with an ellipsis. Never empty.
        publisher: from the metadata, or None where the article doesn't say.
        published: ISO 8601 date, possibly of reduced precision ("2023-06"), or None.
        kind: "report", "live blog", ... from the metadata, or None.
        text: the stored text.
        blocks: in order of `start`, never overlapping; together they hold
            every character of the text that is not white space.
        sections: in order of appearance.
        pages: of a PDF, `[start, end)` of each page in characters of `text`; a page without
            text is empty. None at all where the format has no pages.
        source_url: http address of the page that it was taken from, or None.
    """

    id: str
    file: str
    title: str
    publisher: str | None
    published: str | None
    kind: str | None
    text: str
    blocks: tuple[Block, ...]
    sections: tuple[Section, ...]
    pages: tuple[tuple[int, int], ...] = ()
    source_url: str | None = None

    def slice(self, block: Block) -> str:
        """The block's own characters."""
        return self.text[block.start : block.end]

    def page_at(self, place: int) -> int | None:
        """The number of the page, from 1, that holds the character at a place of the text.

        None in a format without pages, and between two of them.
        """
        return next(
            (n for n, (start, end) in enumerate(self.pages, start=1) if start <= place < end), None
        )

    @property
    def paragraphs(self) -> tuple[Block, ...]:
        """The numbered blocks, in order; a long paragraph's parts one by one."""
        return tuple(block for block in self.blocks if block.number is not None)

    @property
    def citable(self) -> tuple[Block, ...]:
        """The paragraphs, then captions, then what else holds words on the page.

        The title of a scraped page is left out: it heads every passage. A place in these,
        counted from 1, is the paragraph's number wherever none is parted.
        """
        worded = (
            block
            for block in self.blocks
            if block.number is not None
            or (block.role is not Role.TITLE and has_words(self.slice(block)))
        )
        return tuple(sorted(worded, key=lambda block: block.tier))

    def label(self, place: int) -> str:
        """What the block at a place in `citable`, from 1, is called: "paragraph 7.2"."""
        blocks = self.citable
        block = blocks[place - 1]
        if block.number is None:
            number = str(place - sum(other.tier < block.tier for other in blocks))
        else:
            number = str(block.number) + (f".{block.part}" if block.part else "")
        return f"{_NAMES[block.tier]} {number}"


def has_words(text: str) -> bool:
    """Whether there is a letter or a digit in a text."""
    return any(map(str.isalnum, text))
