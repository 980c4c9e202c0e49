"""E-books (.epub): the chapters in reading order, as one article."""

from __future__ import annotations

import posixpath
import re
from urllib.parse import unquote

from pincite.errors import Unreadable
from pincite.index.formats import html
from pincite.index.formats.contents import Contents, Notice, Read, Reading
from pincite.index.formats.decoding import decode
from pincite.index.formats.packed import Package
from pincite.index.formats.writer import Writer
from pincite.index.known import Metadata

_DC = "{http://purl.org/dc/elements/1.1/}"
_PAGES = frozenset(("application/xhtml+xml", "text/html", "application/x-dtbook+xml"))
_DATE = re.compile(r"\d{4}(?:-\d{2}){0,2}")


def read_book(name: str, data: bytes, reading: Reading) -> Contents:
    """One book. A chapter that can't be read is a notice."""
    package = Package(data, reading)
    container = package.xml("META-INF/container.xml")
    root = next((str(e.get("full-path")) for e in container.iter("{*}rootfile")), "")
    book = package.xml(root)
    hrefs = {
        str(item.get("id")): posixpath.normpath(
            posixpath.join(posixpath.dirname(root), unquote(str(item.get("href"))))
        )
        for item in book.iter("{*}item")
        if item.get("media-type") in _PAGES
    }
    order = [str(itemref.get("idref")) for itemref in book.iter("{*}itemref")]
    # What is in no reading order (a cover, notes) is read after it; a table of contents too.
    chapters = dict.fromkeys(hrefs[id_] for id_ in [*order, *hrefs] if id_ in hrefs)
    writer, notices = Writer(), []
    for chapter in chapters:
        try:
            page = html.parsed(decode(package.read(chapter)).text)
        except Unreadable as error:
            notices.append(Notice(f"{name}/{chapter}", error.message))
            continue
        html.write(writer, list(html.runs_of(page)))
    if not writer.blocks:
        raise Unreadable("no text in it")
    said = {tag: " ".join((book.findtext(f".//{_DC}{tag}") or "").split()) for tag in _SAID}
    date = _DATE.match(said["date"])
    known = Metadata(
        title=said["title"] or None,
        publisher=said["publisher"] or said["creator"] or None,
        published=date.group() if date else None,
    )
    read = Read(name, writer.text, writer.blocks, writer.sections, known)
    return Contents((read,), tuple(notices))


_SAID = ("title", "publisher", "creator", "date")
