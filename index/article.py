"""What an article is made of: blocks, each with its role and its characters.

Every offset in this project is `[start, end)` in characters (Unicode code
points) of `Article.text`, which is the file decoded as UTF-8 and nothing else
done to it, so that a quote can always be traced to the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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


@dataclass(frozen=True, slots=True)
class Block:
    """A run of an article's characters that plays one role.

    Attributes:
        role: what it is.
        start, end: `[start, end)` in characters of the article's text; white
            space around the block is left outside.
        number: the paragraph number, from 1 through the article, for body
            paragraphs and list items; None for everything else.
        section: index into `Article.sections` of the post it belongs to, or None.
    """

    role: Role
    start: int
    end: int
    number: int | None
    section: int | None


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

    def slice(self, block: Block) -> str:
        """The block's own characters."""
        return self.text[block.start : block.end]

    @property
    def paragraphs(self) -> tuple[Block, ...]:
        """The numbered blocks, in order; `paragraphs[n - 1].number == n`."""
        return tuple(block for block in self.blocks if block.number is not None)
