"""Files inside files: zip archives, gzip files, e-mails with attachments.

What is inside is read as any other file, under a name like "letters.zip/may.eml"; what can't
be read is a notice, and the others are read all the same.
"""

from __future__ import annotations

import email
import email.policy
import email.utils
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from email.message import EmailMessage, Message, MIMEPart
from functools import partial
from typing import TypeVar

from pydantic import ValidationError

from pincite.errors import Unreadable
from pincite.index.article import Role
from pincite.index.formats import html
from pincite.index.formats.contents import (
    Contents,
    Notice,
    Read,
    Reading,
    inside,
    unmatched,
    unpacked_name,
)
from pincite.index.formats.decoding import decode
from pincite.index.formats.packed import Package, own, unzipped
from pincite.index.formats.writer import Writer
from pincite.index.known import Metadata, MetadataFile
from pincite.index.lines import MARKER, split_lines

T = TypeVar("T")

METADATA = "metadata.json"
_HEADERS = ("From", "To", "Cc", "Date")


def read_zip(name: str, data: bytes, reading: Reading) -> Contents:
    """The files of an archive, with what its own `metadata.json` says of them.

    Raises:
        Unreadable: none of them can be read, or it is too deep in others.
    """
    _check_depth(reading)
    package = Package(data, reading)
    known: dict[str, Metadata] = {}
    notices: list[Notice] = []
    if METADATA in package.names:
        try:
            known = MetadataFile.model_validate_json(package.read(METADATA)).articles
        except (ValidationError, Unreadable) as error:
            said = error.message if isinstance(error, Unreadable) else error.errors()[0]["msg"]
            notices.append(Notice(f"{name}/{METADATA}", f"no metadata file: {said}"))
    reads: list[Read] = []
    for inner, file in _apart(name, ((file, file) for file in package.names)):
        if file == METADATA or _is_hidden(file):
            continue
        found = _inner(inner, partial(package.read, file), reading)
        notices += found.notices
        reads += (_with(read, known.get(file)) for read in found.reads)
    if reads:
        notices += unmatched(f"{name}/{METADATA}", known, package.names)
    return _some(reads, notices)


def read_gzip(name: str, data: bytes, reading: Reading) -> Contents:
    """The file in a gzip file, under its name without the suffix."""
    from pincite.index.formats.reading import read

    _check_depth(reading)
    reading.depth += 1
    try:
        return read(unpacked_name(name), unzipped(data, reading), reading=reading)
    finally:
        reading.depth -= 1


def read_mail(name: str, data: bytes, reading: Reading) -> Contents:
    """An e-mail and its attachments."""
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    said = {key: _header(message, key) for key in (*_HEADERS, "Subject")}
    if not any(said.values()):
        raise Unreadable("no e-mail: it has no sender, date or subject")
    writer = Writer()
    writer.add(said["Subject"], Role.TITLE)
    for key in _HEADERS:
        if said[key]:
            writer.add(f"{key}: {said[key]}", Role.TIMESTAMP if key == "Date" else Role.BYLINE)
    body = message.get_body(("plain", "html"))
    if body is not None:
        _write_body(writer, body)
    if not writer.blocks:
        raise Unreadable("empty")
    known = Metadata(
        title=said["Subject"] or None,
        publisher=_sender(said["From"]),
        published=_day(said["Date"]),
    )
    reads = [Read(name, writer.text, writer.blocks, writer.sections, known)]
    notices: list[Notice] = []
    for inner, content in _apart(name, _attachments(message, body)):
        reading.add_file()
        found = _inner(inner, lambda: content, reading)  # noqa: B023  called at once
        reads += found.reads
        notices += found.notices
    return Contents(tuple(reads), tuple(notices))


def _apart(outer: str, files: Iterable[tuple[str, T]]) -> Iterator[tuple[str, T]]:
    """Files in another by the names that they are read under, none of which is another's.

    The second of a name has its number before it. What a gzip file holds has its name without
    the suffix.
    """
    taken: set[str] = set()
    for number, (file, content) in enumerate(files, start=1):
        whole = inside(outer, file)
        bare = unpacked_name(whole)
        name = own(bare, number, taken)
        taken.add(name)
        yield name + whole[len(bare) :], content


def _inner(name: str, content: Callable[[], bytes], reading: Reading) -> Contents:
    """A file in another, or the notice that it can't be read."""
    from pincite.index.formats.reading import read

    if reading.wanted is not None and not reading.wanted.startswith(unpacked_name(name)):
        return Contents(())
    reading.depth += 1
    try:
        return read(name, content(), reading=reading)
    except Unreadable as error:
        return Contents((), (Notice(name, error.message),))
    finally:
        reading.depth -= 1


def _check_depth(reading: Reading) -> None:
    if reading.depth > reading.limits.nested:
        raise Unreadable("an archive in an archive in an archive", "Unpack the outer one.")


def _some(reads: list[Read], notices: list[Notice]) -> Contents:
    if reads:
        return Contents(tuple(reads), tuple(notices))
    if len(notices) == 1:
        raise Unreadable(f"nothing in it can be read: {notices[0]}")
    first = f", the first of them {notices[0]}" if notices else ""
    raise Unreadable(f"none of the {len(notices)} files in it can be read{first}")


def _with(read: Read, known: Metadata | None) -> Read:
    return read if known is None else replace(read, known=known.or_else(read.known))


def _is_hidden(name: str) -> bool:
    parts = [part for part in re.split(r"[/\\]", name) if part not in {".", ".."}]
    return any(part.startswith(".") or part == "__MACOSX" for part in parts)


# -- e-mail --------------------------------------------------------------------------------


def _header(message: EmailMessage, key: str) -> str:
    return " ".join(str(message.get(key) or "").split())


def _sender(sender: str) -> str | None:
    name, address = email.utils.parseaddr(sender)
    return name or address or None


def _day(date: str) -> str | None:
    try:
        return email.utils.parsedate_to_datetime(date).date().isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _write_body(writer: Writer, body: MIMEPart) -> None:
    payload = body.get_payload(decode=True)
    text = decode(payload, body.get_content_charset()).text if isinstance(payload, bytes) else ""
    if not text.strip():
        return
    if body.get_content_subtype() == "html":
        html.write(writer, list(html.runs_of(html.parsed(text))))
        return
    for line in split_lines(text):
        writer.add(line.text, Role.LIST_ITEM if MARKER.match(line.text) else Role.BODY)


def _attachments(message: EmailMessage, body: MIMEPart | None) -> Iterator[tuple[str, bytes]]:
    """Name and content of what is beside the body; pictures in the text are left out."""
    for number, part in enumerate(_parts(message, body), start=1):
        inner = part.get_payload()
        if isinstance(inner, list):  # a message, or what a server reports of one
            is_mail = part.get_content_type() == "message/rfc822"
            name = f"message-{number}.eml" if is_mail else f"part-{number}.txt"
            content = b"\n".join(one.as_bytes() for one in inner if isinstance(one, Message))
            yield part.get_filename() or name, content
        elif part.get_content_maintype() != "image" or part.is_attachment():
            payload = part.get_payload(decode=True)
            content = payload if isinstance(payload, bytes) else b""
            if part.get_content_maintype() == "text" and not part.get_filename():
                content = decode(content, part.get_content_charset()).text.encode()
            suffix = ".html" if part.get_content_subtype() == "html" else ".txt"
            yield part.get_filename() or f"part-{number}{suffix}", content


def _parts(message: EmailMessage, body: MIMEPart | None) -> Iterator[MIMEPart]:
    """The parts beside the body, however deep, without its text in other forms."""
    pending: list[tuple[MIMEPart, bool]] = [(message, False)]
    while pending:
        part, is_other_form = pending.pop()
        if part.get_content_maintype() == "multipart":
            inner = [one for one in part.iter_parts() if isinstance(one, MIMEPart)]
            read = None
            if part.get_content_subtype() == "alternative":
                read = next((one for one in inner if _holds(one, body)), next(iter(inner), None))
            pending += [
                (one, is_other_form or (read is not None and one is not read))
                for one in reversed(inner)
            ]
        elif part is not body and not (
            is_other_form and part.get_content_maintype() == "text" and not part.is_attachment()
        ):
            yield part


def _holds(part: MIMEPart, body: MIMEPart | None) -> bool:
    pending = [part]
    while pending:
        one = pending.pop()
        if one is body:
            return True
        if one.get_content_maintype() == "multipart":
            pending += [inner for inner in one.iter_parts() if isinstance(inner, MIMEPart)]
    return False
