"""What the tables of the documents hold, as values."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any

from pincite.index.article import Article, Block, Role, Section

_NO_PAGES = "[]"


@dataclass(frozen=True, slots=True)
class Source:
    """A file as it was given.

    Attributes:
        id: its number.
        original: hex sha256 of its bytes; "" where it is to be read again.
        known: what is known of it beside its bytes, as JSON.
        reading: the version of the reading that it was last read by.
        limits: how much of it was read at most, as JSON; "" where what is noted of it is of
            later bytes, or of none.
    """

    id: int
    original: str
    known: str
    reading: int
    limits: str


@dataclass(frozen=True, slots=True)
class Present:
    """A document of a file as it stands.

    Attributes:
        number, id, file: as in `Version`.
        sha256: its `fingerprint`.
    """

    number: int
    id: str
    file: str
    sha256: str


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
        json.dumps(article.pages),
        article.source_url,
    ]


def article_of(fields: Sequence[Any]) -> Article:
    """The article of `fields_of` it."""
    id_, file, title, publisher, published, kind, text, blocks, sections, pages, url = fields
    return Article(
        *(id_, file, title, publisher, published, kind, text),
        tuple(Block(Role(role), *rest) for role, *rest in json.loads(blocks)),
        tuple(Section(*section) for section in json.loads(sections)),
        tuple((start, end) for start, end in json.loads(pages)),
        url,
    )


def sha256_of(fields: Sequence[str | None]) -> str:
    """The hex sha256 of `fields_of` a document.

    Without an address, and pages, it is what it was before there were any: an earlier version's
    documents stand.
    """
    *_, pages, address = fields
    if address is None:
        fields = fields[:-2] if pages == _NO_PAGES else fields[:-1]
    return hashlib.sha256(json.dumps(fields).encode()).hexdigest()
