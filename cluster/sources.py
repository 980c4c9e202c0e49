"""Find files, local or in object storage, and take them apart into pieces that are read alike.

A piece is a file, or of a file of JSON lines a run of lines: such a file can hold a whole corpus.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pincite.errors import CorpusError, InvalidRequest, Unreadable
from pincite.index.corpus import METADATA
from pincite.index.formats.contents import Limits, in_bytes, showable
from pincite.index.formats.json_lines import STREAMED, line_reader, whole_lines
from pincite.index.intake import check_file, check_name, check_size
from pincite.index.known import Metadata, MetadataFile

PIECE_BYTES = 1 << 19  # of JSON lines
_BROKEN = (OSError, EOFError, zlib.error)  # what a file that can't be read raises


@dataclass(frozen=True, slots=True)
class Source:
    """A file to index.

    Attributes:
        url: where fsspec finds it.
        name: its path below the source that was named, with "/" between folders.
        size: in bytes.
        known: what is known of it beside its bytes, as JSON.
        problem: why it can't be read; else "".
    """

    url: str
    name: str
    size: int
    known: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """What is read at once.

    Attributes:
        name: of its file; of one line that can't be read, "lines.jsonl:7".
        number: in its file, from 0.
        before: lines of the file before it.
        data: its bytes; of JSON lines unpacked.
        problem: why the file, the line or the rest of the file can't be read; else "".
    """

    name: str
    number: int
    before: int
    data: bytes
    problem: str = ""


def find(sources: Sequence[str]) -> tuple[list[Source], tuple[str, ...]]:
    """The files of folders and files, in the order in which one machine reads them; the examples.

    Args:
        sources: paths, or addresses such as `s3://bucket/folder`.

    Raises:
        CorpusError: there is nothing at a source, or a metadata file is not of its form.
        InvalidRequest: two sources hold files of one name.
    """
    from fsspec.core import url_to_fs

    found: dict[str, Source] = {}
    examples: list[str] = []
    for source in sources:
        try:
            files, root = url_to_fs(source)
        except (ImportError, ValueError) as error:  # what speaks that protocol is not installed
            raise CorpusError(f"{source} can't be read: {error}", "See docs/scale.md.") from error
        listed: dict[str, Any] = files.find(root, detail=True)
        if not listed:
            raise CorpusError(f"nothing at {source}", "Name a folder or a file of documents.")
        is_file = [*listed] == [root]
        below = {path: path[len(root) :].strip("/") for path in listed}
        names = {path: root.rpartition("/")[2] if is_file else below[path] for path in listed}
        about = MetadataFile()
        if not is_file and METADATA in names.values():
            about = _metadata(files.cat_file(f"{root.rstrip('/')}/{METADATA}"), source)
        examples += about.examples
        for path, name in sorted(names.items(), key=lambda pair: pair[1].split("/")):
            parts = name.split("/")
            if (name == METADATA and not is_file) or any(part.startswith(".") for part in parts):
                continue
            if name in found:
                raise InvalidRequest(
                    f"two sources hold a file {name!r}", "Name the folder that holds both folders."
                )
            known = about.articles.get(name, Metadata()).model_dump_json()
            size = int(listed[path].get("size") or 0)
            try:
                _check(files, root, path)
            except Unreadable as error:
                found[name] = Source("", showable(name), size, known, error.message)
            else:
                found[name] = Source(files.unstrip_protocol(path), name, size, known)
    if not found:
        raise CorpusError(f"no document at {', '.join(sources)}", "See docs/formats.md.")
    return list(found.values()), tuple(examples)


def _check(files: Any, root: str, path: str) -> None:  # noqa: ANN401  fsspec's
    """See that a file can be kept by its name and, a local one, read as one of its folder."""
    from fsspec.implementations.local import LocalFileSystem

    check_name(path)
    if isinstance(files, LocalFileSystem):
        check_file(Path(path), Path(root))


def pieces(source: Source, limits: Limits) -> Iterator[Piece]:
    """The pieces of a file; what is wrong with it is said, never raised."""
    import fsspec
    from fsspec.core import split_protocol

    number = before = 0
    try:
        if source.problem:
            raise Unreadable(source.problem)
        check_size(source.name, source.size, limits)
        # `fsspec.open` would take "::" in a name for a chain of file systems.
        files = fsspec.filesystem(split_protocol(source.url)[0])
        with files.open(source.url, "rb") as file:
            if not source.name.lower().endswith(STREAMED):
                yield Piece(source.name, 0, 0, file.read())
                return
            whole = whole_lines(line_reader(source.name, file, limits), limits)
            for some, large in _runs(whole):
                if len(some) > len(large):
                    yield Piece(source.name, number, before, b"".join(some))
                    number += 1
                for at in large:
                    where, reason = before + at, f"larger than {in_bytes(limits.file_bytes)}"
                    yield Piece(f"{source.name}:{where + 1}", number, where, b"", reason)
                    number += 1
                before += len(some)
    except _BROKEN as error:
        yield Piece(source.name, number, before, b"", f"can't be read: {error}")
    except Unreadable as error:
        yield Piece(source.name, number, before, b"", error.message)


def _runs(whole: Iterable[bytes | None]) -> Iterator[tuple[list[bytes], list[int]]]:
    """Runs of lines, and which of each, from 0, were too large: these are empty.

    Raises:
        OSError, EOFError, zlib.error, Unreadable: of the lines, after those before.
    """
    some: list[bytes] = []
    large: list[int] = []
    held = 0
    try:
        for line in whole:
            if line is None:
                large.append(len(some))
                line = b"\n"  # the lines after it keep their numbers
            some.append(line)
            held += len(line)
            if held >= PIECE_BYTES:
                yield some, large
                some, large, held = [], [], 0
    except (*_BROKEN, Unreadable):
        if some:
            yield some, large
        raise
    if some:
        yield some, large


def as_file(name: str, before: int, data: bytes) -> bytes:
    """A piece as a file of that name by itself, its lines where they stood: empty ones go before.

    So each article has the name that it has in the whole file, whoever reads the piece.
    """
    if not name.lower().endswith(STREAMED):
        return data
    whole = b"\n" * before + data
    return gzip.compress(whole, mtime=0) if name.lower().endswith(".gz") else whole


def _metadata(content: bytes, source: str) -> MetadataFile:
    try:
        return MetadataFile.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = "/".join(map(str, first["loc"]))
        raise CorpusError(
            f"{METADATA} at {source} is not a metadata file: {where}: {first['msg']}",
            'Its form is {"articles": {FILE: {"publisher", "title", "published", "kind"}}}.',
        ) from error
