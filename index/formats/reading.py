"""Which reader reads which file: by what is in it where that is sure, else by its name's suffix."""

from __future__ import annotations

import logging
import posixpath
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO

from pincite.errors import Unreadable
from pincite.index.formats.book import read_book
from pincite.index.formats.contents import Contents, Limits, Reading, in_bytes
from pincite.index.formats.html import read_html
from pincite.index.formats.json_lines import read_json_lines
from pincite.index.formats.markdown import read_markdown
from pincite.index.formats.nested import read_gzip, read_mail, read_zip
from pincite.index.formats.pdf import read_pdf
from pincite.index.formats.plain import read_plain
from pincite.index.formats.table import read_table
from pincite.index.formats.word import read_word

log = logging.getLogger(__name__)

Reader = Callable[[str, bytes, Reading], Contents]


@dataclass(frozen=True, slots=True)
class Format:
    """A format that is read.

    Attributes:
        suffixes: of its files, in lower case.
        content_types: it is sent under.
        is_text: whether its files are text, so that a suffix alone says what they are.
    """

    name: str
    suffixes: tuple[str, ...]
    content_types: tuple[str, ...]
    reader: Reader
    is_text: bool = True


FORMATS = (
    Format("plain text", (".txt", ".text"), ("text/plain",), read_plain),
    Format("Markdown", (".md", ".markdown"), ("text/markdown",), read_markdown),
    Format("HTML", (".html", ".htm", ".xhtml"), ("text/html", "application/xhtml+xml"), read_html),
    Format("JSON lines", (".jsonl", ".ndjson"), ("application/x-ndjson",), read_json_lines),
    Format("table", (".csv", ".tsv"), ("text/csv", "text/tab-separated-values"), read_table),
    Format("e-mail", (".eml",), ("message/rfc822",), read_mail),
    Format("PDF", (".pdf",), ("application/pdf",), read_pdf, is_text=False),
    Format(
        "Word",
        (".docx",),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document",),
        read_word,
        is_text=False,
    ),
    Format("e-book", (".epub",), ("application/epub+zip",), read_book, is_text=False),
    Format("zip archive", (".zip",), ("application/zip",), read_zip, is_text=False),
    Format("gzip file", (".gz",), ("application/gzip",), read_gzip, is_text=False),
)
_BY_NAME = {format_.name: format_ for format_ in FORMATS}
_BY_SUFFIX = {suffix: format_ for format_ in FORMATS for suffix in format_.suffixes}
_BY_TYPE = {type_: format_ for format_ in FORMATS for type_ in format_.content_types}
NOT_READ = "format not read"

# How a file begins that is nothing we read, whatever its name says.
_OTHERS = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file, format not read"),
    (b"{\\rtf", "RTF, format not read"),
    (b"\x89PNG\r\n", "a picture, format not read"),
    (b"\xff\xd8\xff", "a picture, format not read"),
    (b"GIF8", "a picture, format not read"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive, format not read"),
    (b"Rar!\x1a\x07", "a RAR archive, format not read"),
    (b"SQLite format 3\0", "a database, format not read"),
    (b"\x7fELF", "a program, format not read"),
    (b"MZ\x90\0", "a program, format not read"),
)


def read(
    name: str,
    data: bytes,
    limits: Limits | None = None,
    content_type: str | None = None,
    reading: Reading | None = None,
) -> Contents:
    """Read a file: a function of these values alone, so that another process may do it.

    Args:
        name: of the file, with its suffix.
        content_type: as the file was sent; asked where its name has no known suffix.
        reading: the one of the file around it.

    Raises:
        Unreadable: nothing of it can be read; the message says why in one line.
    """
    reading = reading or Reading(limits or Limits())
    if len(data) > reading.limits.file_bytes:
        raise Unreadable(
            f"larger than {in_bytes(reading.limits.file_bytes)}",
            "Divide it, or raise PINCITE_FILE_BYTES.",
        )
    if name == reading.wanted:
        reading.found = data
        return Contents(())
    format_ = format_of(name, data, content_type)
    try:
        return format_.reader(name, data, reading)
    except Unreadable:
        raise
    except Exception as error:
        log.info("%s reader failed on %r", format_.name, name, exc_info=error)
        raise Unreadable(f"damaged, or no {format_.name} ({type(error).__name__})") from error


def bytes_of(name: str, data: bytes, wanted: str, limits: Limits) -> bytes:
    """The bytes of a file, or of one inside it, by the name that it was read under.

    Raises:
        Unreadable: there is no such file in it.
    """
    reading = Reading(limits, wanted=wanted)
    with suppress(Unreadable):  # that nothing else was read of it
        read(name, data, reading=reading)
    if reading.found is None:
        raise Unreadable(f"there is no {wanted} in it")
    return reading.found


def is_read(name: str) -> bool:
    """Whether the suffix of a file's name is that of a format that is read."""
    return _suffix(name) in _BY_SUFFIX


def suffix_of(content_type: str) -> str:
    """The suffix of files that are sent under a content type; "" where none is that is read."""
    format_ = _BY_TYPE.get(content_type.partition(";")[0].strip().lower())
    return format_.suffixes[0] if format_ else ""


def format_of(name: str, data: bytes, content_type: str | None = None) -> Format:
    """The format of a file.

    Raises:
        Unreadable: it is none that is read.
    """
    if not data:
        raise Unreadable("empty")
    for beginning, said in _OTHERS:
        if data.startswith(beginning):
            raise Unreadable(said)
    if found := _by_content(data, _suffix(name)):
        return found
    stated = _BY_SUFFIX.get(_suffix(name)) or _BY_TYPE.get(
        (content_type or "").partition(";")[0].strip().lower()
    )
    if stated is None or not stated.is_text:
        raise Unreadable(f"named {_suffix(name)}, but no {stated.name}" if stated else NOT_READ)
    return stated


def _by_content(data: bytes, suffix: str) -> Format | None:
    """The format that the first bytes show beyond doubt."""
    if data.startswith(b"%PDF-") or (suffix == ".pdf" and b"%PDF-" in data[:1024]):
        return _BY_NAME["PDF"]
    if data.startswith(b"\x1f\x8b"):
        return _BY_NAME["gzip file"]
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _packed(data)
    return _BY_NAME["HTML"] if _is_html(data) else None


def _packed(data: bytes) -> Format:
    """What a zip archive is by the files that are in it."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as package:
            names = set(package.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise Unreadable("damaged archive") from error
    if "word/document.xml" in names:
        return _BY_NAME["Word"]
    if "META-INF/container.xml" in names:
        return _BY_NAME["e-book"]
    if "[Content_Types].xml" in names or "mimetype" in names:
        raise Unreadable("a spreadsheet, slides or OpenDocument, format not read")
    return _BY_NAME["zip archive"]


def _is_html(data: bytes) -> bool:
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<!doctype html", b"<html")) or (
        start.startswith(b"<?xml") and b"<html" in start
    )


def _suffix(name: str) -> str:
    return posixpath.splitext(name.lower())[1]
