"""JSON lines: an article a line.

`{"id", "title", "text", "publisher", "published", "url", "kind"}`: only "text" has to be
there, and what else a line holds is left alone.
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Annotated

from pydantic import BaseModel, Field, ValidationError

from pincite.errors import Unreadable
from pincite.index.formats.contents import (
    Contents,
    Limits,
    Notice,
    Read,
    Reading,
    few,
    in_bytes,
)
from pincite.index.known import Metadata

# Parsed line by line: no line may be larger than a file, the file itself may.
STREAMED = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")

# An id is often a number, and a date a year.
_Written = Annotated[str, Field(coerce_numbers_to_str=True)]


class _Line(BaseModel):
    id: _Written | None = None
    text: str
    title: str | None = None
    publisher: str | None = None
    published: _Written | None = None
    url: str | None = None
    kind: str | None = None


def read_json_lines(name: str, data: bytes, reading: Reading) -> Contents:
    """The articles of the lines, and a notice of each line that is none.

    Raises:
        Unreadable: no line is an article.
    """
    reads: list[Read] = []
    notices: list[Notice] = []
    whole = whole_lines(io.BytesIO(data).readline, reading.limits)
    for found in few(name, "lines", _each(name, whole, reading.limits)):
        if isinstance(found, Read):
            reads.append(found)
        else:
            notices.append(found)
    if not reads:
        first = f"line {notices[0].name.rpartition(':')[2]}: {notices[0].reason}" if notices else ""
        raise Unreadable(first or "empty")
    return Contents(tuple(reads), tuple(notices))


def streamed(name: str, file: IO[bytes], limits: Limits) -> Iterator[Read | Notice]:
    """The articles and notices of a file one by one, so that memory does not grow with it.

    Args:
        name: ends in ".gz" where the file is to be unpacked.

    Raises:
        OSError, EOFError, zlib.error: of the file.
        Unreadable: it unpacks to too much.
    """
    whole = whole_lines(line_reader(name, file, limits), limits)
    return few(name, "lines", _each(name, whole, limits))


def line_reader(name: str, file: IO[bytes], limits: Limits) -> Callable[[int], bytes]:
    """Reads a line of at most so many bytes; what is unpacked is counted. Raises as `streamed`."""
    if not name.lower().endswith(".gz"):
        return file.readline
    unpacked, reading = gzip.GzipFile(fileobj=file), Reading(limits)

    def readline(size: int) -> bytes:
        raw = unpacked.readline(min(size, limits.unpacked_bytes + 1))
        reading.unpack(len(raw))
        return raw

    return readline


def whole_lines(readline: Callable[[int], bytes], limits: Limits) -> Iterator[bytes | None]:
    """The lines of a file; None for one that is too large, which is passed over."""
    while raw := readline(limits.file_bytes + 1):
        if len(raw) <= limits.file_bytes:
            yield raw
            continue
        while raw and not raw.endswith(b"\n"):
            raw = readline(limits.file_bytes)
        yield None


def _each(name: str, whole: Iterable[bytes | None], limits: Limits) -> Iterator[Read | Notice]:
    for number, raw in enumerate(whole, start=1):
        where = f"{name}:{number}"
        if raw is None:
            yield Notice(where, f"larger than {in_bytes(limits.file_bytes)}")
        elif raw.strip():  # else it is the end, most often
            yield _article(where, raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw)


def _article(where: str, raw: bytes) -> Read | Notice:
    try:
        line = _Line.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors()[0]
        said = ": ".join(filter(None, ["/".join(map(str, first["loc"])), first["msg"]]))
        return Notice(where, f"not an article: {said}")
    if not line.text.strip():
        return Notice(where, "empty")
    known = Metadata.model_validate(line.model_dump(exclude={"id", "text"}))
    return Read(where, line.text, known=known, id=line.id)
