"""Read what is given: a file's bytes to the articles in it, and what of it can't be taken."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from pincite.errors import CorpusError, Unreadable
from pincite.index.article import Article
from pincite.index.contained import read_contained
from pincite.index.corpus import METADATA, bare, is_all_of
from pincite.index.draft import Draft, slug
from pincite.index.formats.contents import Limits, Notice, in_bytes
from pincite.index.formats.json_lines import STREAMED
from pincite.index.formats.reading import NOT_READ, is_read
from pincite.index.known import Metadata

_HINT = "Put documents into it; docs/formats.md says of which formats."
READING = 4  # to be raised when the same bytes would be read otherwise


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
        beside = given.known if is_all_of(one.name, given.name) else Metadata()
        id_ = slug(one.id or bare(one.name))
        article = Draft(id_, one.name, one, beside.or_else(one.known)).parsed()
        if article.citable:
            articles.append(article)
        else:
            notices.append(Notice(one.name, "no paragraph in it"))
    return Taken(tuple(articles), tuple(notices))


def states_id(article: Article) -> bool:
    """Whether a document says itself what it is called, so that its id is not its place's."""
    return article.id != slug(bare(article.file))


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


def check_file(path: Path, folder: Path) -> int:
    """See that a path of a folder is a file that can be looked at. Returns its size in bytes.

    Raises:
        Unreadable: it is not, or a link as `check_link` has it.
    """
    try:
        check_link(path, folder)
        about = path.stat()
    except OSError as error:
        raise Unreadable(f"can't be read: {error.strerror}") from error
    if not stat.S_ISREG(about.st_mode):
        raise Unreadable("no file, but a pipe, a socket or a device")
    return about.st_size


def check_link(path: Path, folder: Path) -> None:
    """See that a path of a folder is no link to what nobody put into it.

    Raises:
        Unreadable: it leads out of the folder, to another folder, or nowhere.
    """
    if not path.is_symlink():
        return
    try:
        place = path.resolve()
    except RuntimeError as error:  # of a link to itself, before Python 3.13
        raise Unreadable("a link that leads nowhere") from error
    if not place.is_relative_to(folder.resolve()):
        raise Unreadable("a link that leads out of the folder")
    if not path.is_file():
        raise Unreadable("a link to a folder" if path.is_dir() else "a link that leads nowhere")


def bytes_of(folder: Path, name: str, path: Path, limits: Limits) -> bytes:
    """What is in a file of a folder.

    Raises:
        Unreadable: nothing can be, or it is not looked into.
    """
    check_name(name)
    check_size(name, check_file(path, folder), limits)
    try:
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


@dataclass(frozen=True, slots=True)
class Listed:
    """What stands in a folder.

    Attributes:
        files: name and path of each, by path; hidden ones and the metadata left out. Links are
            among them, and what else is no folder; see `bytes_of`.
        unlisted: of the folders in it that can't be listed; what is in them is not known.
    """

    files: tuple[tuple[str, Path], ...]
    unlisted: tuple[Notice, ...]


def files_of(folder: Path) -> Listed:
    """The files under a folder.

    Raises:
        CorpusError: there is no such folder, it can't be listed, or nothing is in it.
    """
    check_folder(folder)
    paths: list[Path] = []
    errors: list[OSError] = []
    for at, folders, files in os.walk(folder, onerror=errors.append):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths += [Path(at, name) for name in files if not name.startswith(".")]
        below = [Path(at, name) for name in folders]
        paths += [path for path in below if os.path.islink(path)]  # noqa: PTH114  never raises
    unlisted = []
    for error in errors:
        name = Path(error.filename).relative_to(folder).as_posix()
        if name == ".":
            raise CorpusError(
                f"{folder} can't be listed: {error.strerror}", "See that it may be read."
            ) from error
        unlisted.append(Notice(name, f"a folder that can't be listed: {error.strerror}"))
    paths = sorted(path for path in paths if path != folder / METADATA)
    if not paths and not unlisted:
        raise CorpusError(f"no article in {folder}", _HINT)
    named = ((path.relative_to(folder).as_posix(), path) for path in paths)
    return Listed(tuple(named), tuple(unlisted))


def as_line(fields: dict[str, str | None]) -> bytes:
    """An article's fields as the one line of a .jsonl file."""
    return json.dumps(fields, ensure_ascii=False).encode() + b"\n"
