"""A text written in each format that is read, and read out of it again by another library."""

from __future__ import annotations

import csv
import email
import email.policy
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from html import escape

from pincite.errors import MissingExtra

_MARKS = re.compile(r"([!-/:-@\[-`{-~])")  # what may mean something in Markdown
_NUMBERED = re.compile(r"^(\s*)(\d+)(?=[.)])")
_XHTML = '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml">'
_LOW, _HIGH = 0.6, 3.0  # points of a box that are left out below and above
_PDF_LETTERS = "cp1252"  # of the fonts that every reader of PDFs has


@dataclass(frozen=True, slots=True)
class Text:
    """What is written: a title and paragraphs, each a line without control characters."""

    title: str
    paragraphs: tuple[str, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """The title and the paragraphs."""
        return (self.title, *self.paragraphs)


@dataclass(frozen=True, slots=True)
class Written:
    """A format.

    Attributes:
        suffix: of its files.
        write: the file of a text.
        read: the words of a file, as another library than Pincite's own reading finds them.
        as_taken: the text that the format can hold: what it has no letters for is replaced.
        titled: whether the title stands in the stored text.
    """

    suffix: str
    write: Callable[[Text], bytes]
    read: Callable[[bytes], str]
    as_taken: Callable[[Text], Text] = lambda text: text
    titled: bool = True


def _plain(text: Text) -> bytes:
    return "\n\n".join(text.lines).encode()


def _markdown(text: Text) -> bytes:
    title, *rest = [_NUMBERED.sub(r"\1\2\\", _MARKS.sub(r"\\\1", line)) for line in text.lines]
    # A figure's own full stop was escaped already.
    lines = [line.replace("\\\\.", "\\.").replace("\\\\)", "\\)") for line in (title, *rest)]
    return "\n\n".join(["# " + lines[0], *lines[1:]]).encode()


def _markdown_words(data: bytes) -> str:
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", data.decode()).removeprefix("# ")


def _body(text: Text) -> str:
    paragraphs = "\n".join(f"<p>{escape(line)}</p>" for line in text.paragraphs)
    return f"<body><h1>{escape(text.title)}</h1>\n{paragraphs}</body>"


def _html(text: Text) -> bytes:
    head = f'<head><meta charset="utf-8"><title>{escape(text.title)}</title></head>'
    return f"<!doctype html><html>{head}{_body(text)}</html>".encode()


def _html_words(data: bytes) -> str:
    from lxml import etree

    root = etree.fromstring(data, etree.HTMLParser(encoding="utf-8"))
    return "\n\n".join("".join(e.itertext()) for e in root.iter("{*}h1", "{*}p", "h1", "p"))


def _word(text: Text) -> bytes:
    try:
        from docx import Document
    except ImportError as error:
        raise MissingExtra("python-docx is not installed", _INSTALL) from error

    made = Document()
    made.add_heading(text.title, 0)
    for line in text.paragraphs:
        made.add_paragraph(line)
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def _word_words(data: bytes) -> str:
    from docx import Document

    return "\n\n".join(paragraph.text for paragraph in Document(io.BytesIO(data)).paragraphs)


def _book(text: Text) -> bytes:
    opf = (
        '<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf"><metadata '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{escape(text.title)}</dc:title>'
        '</metadata><manifest><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/>'
        '</manifest><spine><itemref idref="a"/></spine></package>'
    )
    container = (
        '<?xml version="1.0"?><container><rootfiles><rootfile full-path="book.opf"/></rootfiles>'
        "</container>"
    )
    files = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": container,
        "book.opf": opf,
        "a.xhtml": f"{_XHTML}{_body(text)}</html>",
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return file.getvalue()


def _book_words(data: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return _html_words(book.read("a.xhtml").partition(b"?>")[2])


def _mail(text: Text) -> bytes:
    message = EmailMessage()
    message["From"] = "Ann <ann@example.org>"
    message["Subject"] = text.title
    message.set_content("\n\n".join(text.paragraphs))
    return message.as_bytes()


def _mail_words(data: bytes) -> str:
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return f"{message['Subject']}\n\n{message.get_content()}"


def _json(text: Text) -> bytes:
    held = {"id": "a", "title": text.title, "text": "\n\n".join(text.paragraphs)}
    return json.dumps(held).encode() + b"\n"


def _table(text: Text) -> bytes:
    file = io.StringIO()
    row = ("a", text.title, "\n\n".join(text.paragraphs))
    csv.writer(file).writerows([("id", "title", "text"), row])
    return file.getvalue().encode()


def _table_words(data: bytes) -> str:
    csv.field_size_limit(2**31 - 1)
    return list(csv.reader(io.StringIO(data.decode(), newline="")))[1][2]


def _pdf(text: Text) -> bytes:
    """Pages in two columns where the text has an odd number of paragraphs, else in one."""
    try:
        from fpdf import FPDF
    except ImportError as error:
        raise MissingExtra("fpdf2 is not installed", _INSTALL) from error

    made = FPDF()
    made.core_fonts_encoding = _PDF_LETTERS
    made.add_page()
    made.set_font("Times", style="B", size=16)
    made.multi_cell(0, 8, text.title, align="L", new_x="LMARGIN", new_y="NEXT")
    made.ln(4)
    made.set_font("Times", size=10)
    columns = 1 + len(text.paragraphs) % 2
    with made.text_columns(ncols=columns, gutter=8, text_align="J") as column:
        for line in text.paragraphs:
            with column.paragraph(bottom_margin=3) as paragraph:
                paragraph.write(line)
    return bytes(made.output())


def _pdf_letters(text: Text) -> Text:
    title, *paragraphs = (
        line.encode(_PDF_LETTERS, "replace").decode(_PDF_LETTERS) for line in text.lines
    )
    return Text(title, tuple(paragraphs))


def _pdf_words(data: bytes) -> str:
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    said = "\n\n".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    return said


def under(data: bytes, places: Iterator[tuple[int, float, float, float, float]]) -> str:
    """The words of a PDF under boxes on its pages, as pdfium finds them by the boxes alone.

    Args:
        places: `(page from 1, left, bottom, right, top)` each, in points.
    """
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    said = []
    for page, left, bottom, right, top in places:
        text = document[page - 1].get_textpage()
        # A box is as high as its type may be, and touches the lines and letters around it; what
        # stands lowest in it is an underscore.
        inner = (left + 0.3, bottom + _LOW, right - 0.3, top - _HIGH)
        # What pdfium has for a hyphen at a line's end.
        said.append(text.get_text_bounded(*inner).replace("\x02", "-"))
    document.close()
    return " ".join(said)


_INSTALL = "Install it with `pip install 'pincite[eval]'`."

FORMATS = (
    Written(".txt", _plain, bytes.decode),
    Written(".md", _markdown, _markdown_words),
    Written(".html", _html, _html_words),
    Written(".docx", _word, _word_words),
    Written(".epub", _book, _book_words),
    Written(".eml", _mail, _mail_words),
    Written(".jsonl", _json, lambda data: str(json.loads(data)["text"]), titled=False),
    Written(".csv", _table, _table_words, titled=False),
    Written(".pdf", _pdf, _pdf_words, as_taken=_pdf_letters),
)
