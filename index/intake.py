"""Read what is given: a file's bytes to the articles in it, and what of it can't be taken."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from pincite.errors import CorpusError, Unreadable
from pincite.index.article import Article
from pincite.index.contained import read_contained
from pincite.index.corpus import METADATA, bare
from pincite.index.draft import Draft, slug
from pincite.index.formats.contents import Limits, Notice, in_bytes
from pincite.index.formats.json_lines import STREAMED
from pincite.index.formats.reading import NOT_READ, is_read
from pincite.index.known import Metadata

_HINT = "Put documents into it; docs/formats.md says of which formats."
READING = 3  # to be raised when the same bytes would be read otherwise


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
        notices: what of it can't be taken, and how what is doubtful was.
    """

    articles: tuple[Article, ...]
    notices: tuple[Notice, ...]


def take(given: Given, limits: Limits) -> Taken:
    """Read a file; what is wrong with it is said, never raised."""
    try:
        check_name(given.name)
        found = read_contained(given.name, given.data, limits)
    except Unreadable as error:
        return Taken((), (Notice(given.name, error.message),))
    articles: list[Article] = []
    notices = list(found.notices)
    for one in found.reads:
        beside = given.known if one.name == given.name else Metadata()
        id_ = slug(one.id or bare(one.name))
        article = Draft(id_, one.name, one, beside.or_else(one.known)).parsed()
        if article.citable:
            articles.append(article)
        else:
            notices.append(Notice(one.name, "no paragraph in it"))
    return Taken(tuple(articles), tuple(notices))


def check_name(name: str) -> None:
    """See whether a file can be kept by its name.

    Raises:
        Unreadable: it can't.
    """
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise Unreadable("its name is not UTF-8") from error


def check_size(name: str, size: int, limits: Limits) -> None:
    """See whether a file is read at all at its size, in bytes.

    Raises:
        Unreadable: it is not.
    """
    if size > limits.file_bytes and not name.lower().endswith(STREAMED):
        large = f"larger than {in_bytes(limits.file_bytes)}"
        raise Unreadable(large if is_read(name) else NOT_READ)


def check_link(path: Path, folder: Path) -> None:
    """See that a path of a folder is no link to what nobody put into it.

    Raises:
        Unreadable: it leads out of the folder, to another folder, or nowhere.
    """
    if not path.is_symlink():
        return
    if not path.resolve().is_relative_to(folder.resolve()):
        raise Unreadable("a link that leads out of the folder")
    if not path.is_file():
        raise Unreadable("a link to a folder" if path.is_dir() else "a link that leads nowhere")


def bytes_of(folder: Path, name: str, path: Path, limits: Limits) -> bytes:
    """What is in a file of a folder.

    Raises:
        Unreadable: nothing can be, or it is not looked into.
    """
    check_name(name)
    check_link(path, folder)
    try:
        check_size(name, path.stat().st_size, limits)
        return path.read_bytes()
    except OSError as error:
        raise Unreadable(f"can't be read: {error.strerror}") from error


def check_folder(folder: Path) -> None:
    """See that there is a folder.

    Raises:
        CorpusError: there is none.
    """
    if not folder.is_dir():
        raise CorpusError(f"no folder {folder}", "Name the folder of your articles.")


def files_of(folder: Path) -> list[tuple[str, Path]]:
    """Name and path of the files under a folder, by path; hidden ones and the metadata left out.

    Links are among them, whatever they lead to; see `check_link`.

    Raises:
        CorpusError: there is no such folder, or nothing in it.
    """
    check_folder(folder)
    found = []
    for path in sorted(folder.rglob("*")):
        below = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in below.parts)
        if not hidden and path != folder / METADATA and (path.is_file() or path.is_symlink()):
            found.append((below.as_posix(), path))
    if not found:
        raise CorpusError(f"no article in {folder}", _HINT)
    return found


def as_line(fields: dict[str, str | None]) -> bytes:
    """An article's fields as the one line of a .jsonl file."""
    return json.dumps(fields, ensure_ascii=False).encode() + b"\n"
