"""Word documents (.docx): mammoth makes HTML of them, styles become headings, lists and tables."""

from __future__ import annotations

import io
import logging
import re

from pincite.errors import Unreadable
from pincite.index.article import Role
from pincite.index.formats import html
from pincite.index.formats.contents import Contents, Read, Reading
from pincite.index.formats.packed import Package
from pincite.index.formats.writer import Writer
from pincite.index.known import Metadata

_MAIN = "word/document.xml"
_AROUND = re.compile(r"word/(?:header|footer)\d*\.xml")  # what stands on every page
_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='Subtitle'] => p:fresh
p[style-name='Caption'] => figcaption:fresh
p[style-name='caption'] => figcaption:fresh
p[style-name='Heading 1'] => h2:fresh
p[style-name='heading 1'] => h2:fresh
"""
_DECLARES = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DC = "{http://purl.org/dc/elements/1.1/}"


def read_word(name: str, data: bytes, reading: Reading) -> Contents:
    """One document; headers and footers are kept as furniture."""
    import mammoth

    logging.getLogger("mammoth").setLevel(logging.CRITICAL)
    package = Package(data, reading)
    for part in package.names:
        # mammoth's parser knows entities: no Word document has any.
        if part.endswith((".xml", ".rels")) and _DECLARES.search(
            package.read(part).replace(b"\0", b"")  # which UTF-16 puts between its letters
        ):
            raise Unreadable("its XML declares entities, which no Word document does")
    found = mammoth.convert_to_html(
        io.BytesIO(data),
        style_map=_STYLES,
        convert_image=mammoth.images.img_element(lambda image: {"src": ""}),
    )
    writer = Writer()
    if found.value.strip():
        html.write(writer, list(html.runs_of(html.parsed(found.value))))
    for part in sorted(filter(_AROUND.fullmatch, package.names)):
        for paragraph in package.xml(part).iter(f"{_W}p"):
            writer.add("".join(t.text or "" for t in paragraph.iter(f"{_W}t")), Role.FURNITURE)
    if not writer.blocks:
        raise Unreadable("no text in it")
    read = Read(name, writer.text, writer.blocks, writer.sections, _known(package))
    return Contents((read,))


def _known(package: Package) -> Metadata:
    """Title and author; when it was saved is not when it was published."""
    if "docProps/core.xml" not in package.names:
        return Metadata()
    root = package.xml("docProps/core.xml")
    title, creator = (
        " ".join((root.findtext(_DC + tag) or "").split()) for tag in ("title", "creator")
    )
    # python-docx's own template calls itself so.
    return Metadata(
        title=None if title == "Word Document" else title or None,
        publisher=None if creator == "python-docx" else creator or None,
    )
