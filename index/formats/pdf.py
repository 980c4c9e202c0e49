"""PDF: the text of its pages, and where on a page's picture each character of it stands.

pdfium is not to be used from two threads at once: everything here waits its turn.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pincite.errors import Unreadable
from pincite.index.formats.contents import Contents, Notice, Read, Reading
from pincite.index.formats.pdf_layout import HYPHEN, Char, Paragraph, paragraphs, roles
from pincite.index.formats.writer import APART, UNFIT, Writer, tidy
from pincite.index.known import Metadata

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage

# (page from 0, left, bottom, right, top): points from the page's lower left corner.
Box = tuple[int, float, float, float, float]
Rectangle = tuple[float, float, float, float]

_ONE_AT_A_TIME = threading.RLock()
_TOOLS = tuple(".doc .docx .tex .dvi .indd .qxd .ppt .pptx .rtf .html .xls".split())
_UNTITLED = ("untitled", "microsoft word")
_WIDEST = 4000  # pixels of a picture
_NAMED = 8  # pages without text that are named


def read_pdf(name: str, data: bytes, reading: Reading) -> Contents:
    """One document. Pages without text are a notice; no words at all, an error."""
    with _opened(data) as document:
        count = len(document)
        if count > reading.limits.file_pages:
            raise Unreadable(
                f"more than {reading.limits.file_pages:,} pages", "Raise PINCITE_FILE_PAGES."
            )
        known = _known(document)
        pages = [_paragraphs(document, number) for number in range(count)]
    writer, spans = Writer(), []
    for page, said in zip(pages, roles(pages), strict=True):
        start = end = writer.length
        for n, (paragraph, role) in enumerate(zip(page, said, strict=True)):
            block = writer.add(paragraph.text, role)
            if block is not None:
                start, end = (block.start if n == 0 else start), block.end
        spans.append((start, end))
    if not writer.blocks:
        raise Unreadable(f"no text on its {count} pages" if count != 1 else "no text on its page")
    read = Read(name, writer.text, writer.blocks, writer.sections, known, tuple(spans))
    return Contents((read,), tuple(_without_text(name, pages)))


def boxes(data: bytes, start: int, end: int) -> list[Box]:
    """Where `text[start:end]` of a PDF's stored text stands: one box a line.

    Raises:
        Unreadable: it is no PDF that is read.
    """
    found: list[Box] = []
    at = 0
    with _opened(data) as document:
        for number in range(len(document)):
            for paragraph in _paragraphs(document, number):
                last = at + len(paragraph.chars)
                if start < last and at < end:
                    asked = paragraph.chars[max(start - at, 0) : end - at]
                    ids = [index for _, index in asked if index >= 0]
                    found += ((number, *box) for box in _rows(document, number, ids))
                at = last + len(APART)
                if at >= end:
                    return found
    return found


def picture(data: bytes, page: int, width: int) -> bytes:
    """A page as a PNG.

    Args:
        page: from 0.
        width: in pixels, 4000 at most.

    Raises:
        Unreadable: it is no PDF that is read, or has no such page.
    """
    with _opened(data) as document:
        if not 0 <= page < len(document):
            raise Unreadable(f"has no page {page + 1}, but {len(document)} in all")
        shown = document[page]
        scale = min(max(width, 1), _WIDEST) / max(shown.get_width(), 1.0)
        # A page may be as narrow as one point, and very high.
        scale = min(scale, _WIDEST * 2 / max(shown.get_height(), 1.0))
        png = io.BytesIO()
        shown.render(scale=scale).to_pil().save(png, "PNG")
    return png.getvalue()


@contextmanager
def _opened(data: bytes) -> Iterator[PdfDocument]:
    import pypdfium2

    with _ONE_AT_A_TIME:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            locked = "password" in str(error).lower()
            raise Unreadable("locked with a password" if locked else "damaged PDF") from error
        try:
            yield document
        except pypdfium2.PdfiumError as error:
            raise Unreadable(f"damaged PDF: {error}") from error
        finally:
            document.close()


def _known(document: PdfDocument) -> Metadata:
    """Title and author; when a file was made is not when its text was published."""
    said = document.get_metadata_dict()
    title, author = (tidy(said.get(key) or "").replace("\n", " ") for key in ("Title", "Author"))
    lower = title.lower()
    made_up = lower.endswith(_TOOLS) or lower.startswith(_UNTITLED)
    return Metadata(title=None if made_up else title or None, publisher=author or None)


def _paragraphs(document: PdfDocument, number: int) -> list[Paragraph]:
    page = document[number]
    found = paragraphs(_chars(page), page.get_height())
    page.close()
    return [paragraph for paragraph in found if paragraph.chars]


def _chars(page: PdfPage) -> Iterator[Char]:
    import pypdfium2.raw as pdfium

    text = page.get_textpage()
    rect = pdfium.FS_RECTF()
    for index in range(text.count_chars()):
        code = pdfium.FPDFText_GetUnicode(text, index)
        char = chr(code) if code < 0x110000 else "\ufffd"
        if code in {0, 0xFEFF}:  # a glyph that stands for no character
            continue
        # As the writer would: a text that it changed would have other places.
        char = char if char == HYPHEN else UNFIT.sub("\ufffd", char)
        size = float(pdfium.FPDFText_GetFontSize(text, index)) or 1.0
        if pdfium.FPDFText_GetLooseCharBox(text, index, rect):
            yield Char(index, char, rect.left, rect.bottom, rect.right, rect.top, size)
    text.close()


def _rows(document: PdfDocument, number: int, ids: list[int]) -> Iterator[Rectangle]:
    """The boxes around characters of a page, those of one line made one."""
    wanted = set(ids)
    page = document[number]
    row: Rectangle | None = None
    for char in _chars(page):
        if char.index not in wanted or char.text.isspace():
            continue
        box = (char.left, char.bottom, char.right, char.top)
        if row is not None and _beside(row, box):
            row = (row[0], min(row[1], box[1]), max(row[2], box[2]), max(row[3], box[3]))
            continue
        if row is not None:
            yield row
        row = box
    if row is not None:
        yield row
    page.close()


def _beside(row: Rectangle, box: Rectangle) -> bool:
    height = min(row[3] - row[1], box[3] - box[1])
    shared = min(row[3], box[3]) - max(row[1], box[1])
    # Not across a gutter, nor back to the beginning of a line.
    return shared > 0.4 * height and row[0] <= box[0] <= row[2] + 3 * height


def _without_text(name: str, pages: list[list[Paragraph]]) -> Iterator[Notice]:
    missing = [str(number) for number, page in enumerate(pages, start=1) if not page]
    if missing:
        more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        which = ", ".join(missing[:_NAMED]) + more
        plural = "s" if len(missing) > 1 else ""
        yield Notice(name, f"no text on page{plural} {which} of {len(pages)}")
