"""PDF: the text of its pages, and where on a page's picture each character of it stands.

pdfium is not to be used from two threads at once: everything here waits its turn.
"""

from __future__ import annotations

import io
import math
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pincite.errors import Unreadable
from pincite.index.formats.contents import Contents, Notice, Read, Reading
from pincite.index.formats.pdf_layout import HYPHEN, Char, Paragraph, paragraphs, roles
from pincite.index.formats.writer import APART, UNFIT, Writer, tidy
from pincite.index.known import Metadata

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage

_ONE_AT_A_TIME = threading.RLock()
_TOOLS = tuple(".doc .docx .tex .dvi .indd .qxd .ppt .pptx .rtf .html .xls".split())
_UNTITLED = ("untitled", "microsoft word")
_WIDEST = 4000  # pixels of a picture; it is as high at most as twice that
_PIXELS = 16_000_000  # of a picture in all: 64 MB while it is made
_NAMED = 8  # pages without text that are named
_LOOKED_AT = 100  # characters of a page that say which way its text runs


@dataclass(frozen=True, slots=True)
class Box:
    """A part of a page, in points from the lower left corner of the page as it is shown."""

    left: float
    bottom: float
    right: float
    top: float

    def turned(self, quarters: int, width: float, height: float) -> Box:
        """The same part once its page is turned clockwise.

        Args:
            quarters: of a full turn.
            width, height: of the page before it is turned, in points.
        """
        match quarters % 4:
            case 1:
                sides = (self.bottom, width - self.right, self.top, width - self.left)
            case 2:
                sides = (
                    *(width - self.right, height - self.top),
                    *(width - self.left, height - self.bottom),
                )
            case 3:
                sides = (height - self.top, self.left, height - self.bottom, self.right)
            case _:
                return self
        return Box(*sides)


@dataclass(frozen=True, slots=True)
class Asked:
    """Words of a page, to be found on it.

    Attributes:
        page: its number, from 1.
        text: all that is stored of the page.
        start, end: `[start, end)` of the words, in characters of `text`.
    """

    page: int
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class MarkedPage:
    """A page with the places of words on it.

    Attributes:
        number: from 1.
        width, height: of the page as it is shown, in points.
        boxes: around the words, one a line.
    """

    number: int
    width: float
    height: float
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class _Layout:
    """A page turned so that most of its text runs from left to right.

    Attributes:
        turn: by how many quarters, clockwise, from the file's own coordinates.
        left, bottom, right, top: of the visible part of the page, in those coordinates.
    """

    turn: int
    left: float
    bottom: float
    right: float
    top: float

    @property
    def width(self) -> float:
        return self.top - self.bottom if self.turn % 2 else self.right - self.left

    @property
    def height(self) -> float:
        return self.right - self.left if self.turn % 2 else self.top - self.bottom


def read_pdf(name: str, data: bytes, reading: Reading) -> Contents:
    """One document. Pages without text are a notice; no words at all, an error."""
    with _opened(data) as document:
        count = len(document)
        if count > reading.limits.file_pages:
            raise Unreadable(
                f"more than {reading.limits.file_pages:,} pages", "Raise PINCITE_FILE_PAGES."
            )
        known = _known(document)
        pages = [_read_page(document, number) for number in range(1, count + 1)]
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


def marked(data: bytes, asked: list[Asked]) -> list[MarkedPage]:
    """Where words of a PDF's stored text stand on its pages.

    Raises:
        Unreadable: it is no PDF that is read, has no such page, or what stands on one is not
            what is stored of it, so that any place would be a guess.
    """
    with _opened(data) as document:
        return [_marked(document, one) for one in asked]


def picture(data: bytes, number: int, width: int) -> bytes:
    """A page as a PNG.

    Args:
        number: of the page, from 1.
        width: in pixels, 4000 at most; less where the picture would have too many in all.

    Raises:
        Unreadable: it is no PDF that is read, or has no such page.
    """
    with _opened(data) as document:
        page = _page(document, number)
        wide, high = max(page.get_width(), 1.0), max(page.get_height(), 1.0)
        scale = min(
            min(max(width, 1), _WIDEST) / wide,
            # A page may be as narrow as one point, and very high.
            _WIDEST * 2 / high,
            (_PIXELS / (wide * high)) ** 0.5,
        )
        png = io.BytesIO()
        page.render(scale=scale).to_pil().save(png, "PNG")
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


def _page(document: PdfDocument, number: int) -> PdfPage:
    if not 1 <= number <= len(document):
        raise Unreadable(f"has no page {number}, but {len(document)} in all")
    return document[number - 1]


def _read_page(document: PdfDocument, number: int) -> list[Paragraph]:
    page = _page(document, number)
    found = _paragraphs(page)
    page.close()
    return found


def _paragraphs(page: PdfPage) -> list[Paragraph]:
    layout = _layout(page)
    found = paragraphs(_chars(page, layout), layout.height)
    return [paragraph for paragraph in found if paragraph.chars]


def _layout(page: PdfPage) -> _Layout:
    import pypdfium2.raw as pdfium

    rect = pdfium.FS_RECTF()
    pdfium.FPDF_GetPageBoundingBox(page, rect)
    text = page.get_textpage()
    count = text.count_chars()
    angles = (
        float(pdfium.FPDFText_GetCharAngle(text, index))
        for index in range(0, count, max(1, count // _LOOKED_AT))
    )
    # pdfium's angle grows clockwise; text that runs upward is turned by a quarter to be read.
    turns = Counter(-round(angle / (math.pi / 2)) % 4 for angle in angles if angle >= 0)
    text.close()
    turn = turns.most_common(1)[0][0] if turns else 0
    return _Layout(turn, rect.left, rect.bottom, rect.right, rect.top)


def _chars(page: PdfPage, layout: _Layout) -> Iterator[Char]:
    import pypdfium2.raw as pdfium

    width, height = layout.right - layout.left, layout.top - layout.bottom
    shown = page.get_rotation()
    # pdfium puts lines in order as the page is shown, which may be on its side.
    page.set_rotation(90 * layout.turn)
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
            box = Box(
                *(rect.left - layout.left, rect.bottom - layout.bottom),
                *(rect.right - layout.left, rect.top - layout.bottom),
            ).turned(layout.turn, width, height)
            yield Char(index, char, box.left, box.bottom, box.right, box.top, size)
    text.close()
    page.set_rotation(shown)


def _marked(document: PdfDocument, asked: Asked) -> MarkedPage:
    page = _page(document, asked.page)
    found = _paragraphs(page)
    if APART.join(tidy(paragraph.text) for paragraph in found) != asked.text:
        raise Unreadable(
            f"page {asked.page} reads otherwise now than when it was stored",
            "Remove the document and add it again.",
        )
    ids: set[int] = set()
    at = 0
    for paragraph in found:
        words = paragraph.chars[max(asked.start - at, 0) : max(asked.end - at, 0)]
        ids.update(index for _, index in words if index >= 0)
        at += len(paragraph.chars) + len(APART)
    layout = _layout(page)
    shown = page.get_rotation() // 90 - layout.turn
    rows = _rows(page, layout, ids)
    boxes = tuple(row.turned(shown, layout.width, layout.height) for row in rows)
    return MarkedPage(asked.page, page.get_width(), page.get_height(), boxes)


def _rows(page: PdfPage, layout: _Layout, ids: set[int]) -> Iterator[Box]:
    """The boxes around characters of a page as it is laid out, those of one line made one."""
    row: Box | None = None
    for char in _chars(page, layout):
        if char.index not in ids or char.text.isspace():
            continue
        box = Box(char.left, char.bottom, char.right, char.top)
        if row is not None and _beside(row, box):
            row = Box(
                *(min(row.left, box.left), min(row.bottom, box.bottom)),
                *(max(row.right, box.right), max(row.top, box.top)),
            )
            continue
        if row is not None:
            yield row
        row = box
    if row is not None:
        yield row


def _beside(row: Box, box: Box) -> bool:
    height = min(row.top - row.bottom, box.top - box.bottom)
    shared = min(row.top, box.top) - max(row.bottom, box.bottom)
    # Not across a gutter, nor back to the beginning of a line.
    return shared > 0.4 * height and row.left <= box.left <= row.right + 3 * height


def _without_text(name: str, pages: list[list[Paragraph]]) -> Iterator[Notice]:
    missing = [str(number) for number, page in enumerate(pages, start=1) if not page]
    if missing:
        more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        which = ", ".join(missing[:_NAMED]) + more
        plural = "s" if len(missing) > 1 else ""
        yield Notice(name, f"no text on page{plural} {which} of {len(pages)}")
