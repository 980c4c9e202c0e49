"""Read what is given: a file's bytes to the articles in it, and what of it can't be taken."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from pincite.errors import CorpusError
from pincite.index.article import Article
from pincite.index.corpus import METADATA, Line, Metadata, article, slug
from pincite.index.versions import Skipped

READING = 1  # to be raised when the same bytes would be read otherwise
SUFFIXES = (".txt", ".jsonl", ".jsonl.gz")


class Unreadable(Exception):
    """A file can't be read as what its name says. The reason is one line."""


@dataclass(frozen=True, slots=True)
class Given:
    """A file as it is given.

    Attributes:
        name: with "/" between folders.
        known: what is known of it beside its bytes.
    """

    name: str
    data: bytes
    known: Metadata


@dataclass(frozen=True, slots=True)
class Taken:
    """What a file holds.

    Attributes:
        articles: each with the id that its name or its line asks for.
        skipped: what of it can't be taken.
    """

    articles: tuple[Article, ...]
    skipped: tuple[Skipped, ...]


def take(given: Given) -> Taken:
    """Read a file; what is wrong with it is said, never raised."""
    articles, skipped = [], []
    try:
        check_name(given.name)
        for one in _read(given):
            if isinstance(one, Skipped):
                skipped.append(one)
            elif one.paragraphs:
                articles.append(one)
            else:
                skipped.append(Skipped(one.file, "no paragraph in it"))
    except Unreadable as error:
        skipped.append(Skipped(given.name, str(error)))
    return Taken(tuple(articles), tuple(skipped))


def _read(given: Given) -> Iterator[Article | Skipped]:
    if given.name.endswith(".txt"):
        try:
            text = given.data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Unreadable(f"not UTF-8 text, byte {error.start}") from error
        id_ = slug(given.name.removesuffix(".txt"))
        yield article(id_, given.name, text, given.known)
    else:
        yield from _lines(given)


def _lines(given: Given) -> Iterator[Article | Skipped]:
    raw = io.BytesIO(given.data)
    lines = gzip.GzipFile(fileobj=raw) if given.name.endswith(".gz") else raw
    try:
        for number, content in enumerate(lines, start=1):
            if not content.strip():
                continue  # a blank line at the end, most often
            where = f"{given.name}:{number}"
            try:
                line = Line.model_validate_json(content)
            except ValidationError as error:
                yield Skipped(where, f"not an article: {error.errors()[0]['msg']}")
                continue
            known = Metadata(
                publisher=line.publisher,
                title=line.title,
                published=line.published,
                kind=line.kind,
            )
            yield article(slug(line.id or where), where, line.text, known)
    except (OSError, EOFError, zlib.error) as error:
        raise Unreadable(f"not gzip: {error}") from error


def check_name(name: str) -> None:
    """See whether a file can be read at all by its name.

    Raises:
        Unreadable: it can't.
    """
    if not name.endswith(SUFFIXES):
        raise Unreadable("format not read")
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise Unreadable("its name is not UTF-8") from error


def check_folder(folder: Path) -> None:
    """See that there is a folder.

    Raises:
        CorpusError: there is none.
    """
    if not folder.is_dir():
        raise CorpusError(f"no folder {folder}", "Name the folder of your articles.")


def files_of(folder: Path) -> list[tuple[str, Path]]:
    """Name and path of the files under a folder, by path; hidden ones and the metadata left out.

    Raises:
        CorpusError: there is no such folder, or nothing in it.
    """
    check_folder(folder)
    found = []
    for path in sorted(folder.rglob("*")):
        below = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in below.parts)
        if not hidden and path != folder / METADATA and path.is_file():
            found.append((below.as_posix(), path))
    if not found:
        raise CorpusError(f"no article in {folder}", "Put .txt, .jsonl or .jsonl.gz files into it.")
    return found


def as_line(fields: dict[str, str | None]) -> bytes:
    """An article's fields as the one line of a .jsonl file."""
    return json.dumps(fields, ensure_ascii=False).encode() + b"\n"
