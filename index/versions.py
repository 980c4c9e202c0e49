"""What the tables of the documents hold, as values."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any

from pincite.index.article import Article, Block, Role, Section


@dataclass(frozen=True, slots=True)
class Source:
    """A file as it was given.

    Attributes:
        id: its number.
        original: hex sha256 of its bytes; "" where it is to be read again.
        known: what is known of it beside its bytes, as JSON.
        reading: the version of the reading that it was last read by.
    """

    id: int
    original: str
    known: str
    reading: int


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a document.

    Attributes:
        number: in the order in which versions were added, through the collection.
        state: "present", or "replaced" or "removed".
        added, ended: in UTC, ISO 8601; `ended` None while it is present.
        original: hex sha256 of the file that it was read from.
        file: as in `Article`.
    """

    number: int
    id: str
    state: str
    added: str
    ended: str | None
    original: str
    file: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file, or an article of one, that could not be taken, and why in a few words."""

    name: str
    reason: str


def fingerprint(article: Article) -> str:
    """Changes with anything that was read of a document."""
    return sha256_of(fields_of(article))


def fields_of(article: Article) -> list[str | None]:
    """Everything that was read of a document, as the tables hold it."""
    return [
        *(article.id, article.file, article.title, article.publisher, article.published),
        article.kind,
        article.text,
        json.dumps([astuple(block) for block in article.blocks], ensure_ascii=False),
        json.dumps([astuple(section) for section in article.sections], ensure_ascii=False),
    ]


def article_of(fields: Sequence[Any]) -> Article:
    """The document of `fields_of`."""
    id_, file, title, publisher, published, kind, text, blocks, sections = fields
    laid = tuple(Block(Role(role), *rest) for role, *rest in json.loads(blocks))
    titled = tuple(Section(*section) for section in json.loads(sections))
    return Article(id_, file, title, publisher, published, kind, text, laid, titled)


def sha256_of(fields: Sequence[str | None]) -> str:
    """The hex sha256 of `fields_of` a document."""
    return hashlib.sha256(json.dumps(fields).encode()).hexdigest()
