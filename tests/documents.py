"""Documents of every format with the same words in them, made by the libraries that write them."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zipfile
from email.message import EmailMessage
from html import escape

from docx import Document
from fpdf import FPDF

from pincite.index.article import Article, has_words
from pincite.index.draft import Draft
from pincite.index.formats.contents import Read
from pincite.index.formats.reading import read

# (style, text): what a document of every format holds.
PARTS = (
    ("title", "The tents of Olm"),
    ("text", "The larger tent weighs 2.8 kg, and three people sleep in it with their bags."),
    ("heading", "Care and repair"),
    ("text", "Dry it within 12 hours. A torn seam is mended with the tape in the blue pouch."),
    ("item", "Wash it by hand, at 30 degrees at most."),
    ("item", "Never fold it along the same line twice."),
    ("text", "Correction: the smaller tent weighs 1.9 kg, as Zoë Müller told us."),
)
TABLE = (("part", "count"), ("poles", "14"), ("pegs", "22"))
FORMATS = ("a.txt", "a.md", "a.html", "a.pdf", "a.docx", "a.epub", "a.eml", "a.csv", "a.jsonl")


def text() -> bytes:
    return "\n\n".join(words for _, words in PARTS).encode()


def markdown() -> bytes:
    marks = {"title": "# ", "heading": "## ", "item": "- ", "text": ""}
    lines = "\n\n".join(marks[style] + words for style, words in PARTS)
    return (lines + "\n\n|part|count|\n|---|---|\n|poles|14|\n|pegs|22|\n").encode()


def body() -> str:
    tags = {"title": "h1", "heading": "h2", "item": "li", "text": "p"}
    lines = [f"<{tags[style]}>{escape(words)}</{tags[style]}>" for style, words in PARTS]
    rows = "".join(f"<tr><td>{a}</td><td>{b}</td></tr>" for a, b in TABLE)
    return "\n".join(lines) + f"<table>{rows}</table>"


def html() -> bytes:
    return (
        f"<!doctype html><html><head><title>T</title></head><body>{body()}</body></html>".encode()
    )


def pdf(*pages: str, title: str = "") -> bytes:
    """The parts, or a page of each text."""
    made = FPDF()
    made.set_title(title)
    sizes = {"title": 20, "heading": 15, "item": 11, "text": 11}
    for page in pages or [None]:
        made.add_page()
        for style, words in [("text", page)] if page is not None else PARTS:
            made.set_font("Times", size=sizes[style])
            marked = f"- {words}" if style == "item" else words
            made.multi_cell(100, 6, marked, align="L", new_x="LMARGIN", new_y="NEXT")
            made.ln(6)
    return bytes(made.output())


def word() -> bytes:
    made = Document()
    for style, words in PARTS:
        if style == "title":
            made.add_heading(words, 0)
        elif style == "heading":
            made.add_heading(words, 1)
        else:
            made.add_paragraph(words, "List Bullet" if style == "item" else None)
    table = made.add_table(0, 2)
    for row in TABLE:
        for cell, words in zip(table.add_row().cells, row, strict=True):
            cell.text = words
    made.sections[0].footer.paragraphs[0].text = "Printed in Olm"
    made.core_properties.author = "Zoë Müller"
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def book() -> bytes:
    opf = """<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf">
    <metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Tents</dc:title>
    <dc:creator>Zoë Müller</dc:creator><dc:date>2024-05-06T00:00:00Z</dc:date></metadata>
    <manifest><item id="b" href="text/two%20b.xhtml" media-type="application/xhtml+xml"/>
    <item id="a" href="text/one.xhtml" media-type="application/xhtml+xml"/></manifest>
    <spine><itemref idref="a"/><itemref idref="b"/></spine></package>"""
    container = """<?xml version="1.0"?><container><rootfiles>
    <rootfile full-path="OPS/book.opf"/></rootfiles></container>"""
    page = '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml"><body>'
    return zipped(
        {
            "mimetype": b"application/epub+zip",
            "META-INF/container.xml": container.encode(),
            "OPS/book.opf": opf.encode(),
            "OPS/text/one.xhtml": f"{page}{body()}</body></html>".encode(),
            "OPS/text/two b.xhtml": f"{page}<p>The last chapter.</p></body></html>".encode(),
        }
    )


def mail(attached: dict[str, bytes] | None = None, subject: str = "The tents of Olm") -> bytes:
    message = EmailMessage()
    message["From"] = "Zoë Müller <zoe@example.org>"
    message["To"] = "all@example.org"
    message["Date"] = "Mon, 06 May 2024 10:00:00 +0200"
    message["Subject"] = subject
    message.set_content("\n\n".join(words for _, words in PARTS[1:]))
    for name, data in (attached or {}).items():
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def table() -> bytes:
    file = io.StringIO()
    csv.writer(file).writerows([("style", "words"), *PARTS])
    return file.getvalue().encode()


def json_lines() -> bytes:
    line = {"id": "tents", "text": text().decode(), "publisher": "Olm Post"}
    return json.dumps(line).encode() + b"\n"


def zipped(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return file.getvalue()


def document(name: str) -> bytes:
    """The document of that name's suffix."""
    makers = {
        "txt": text, "md": markdown, "html": html, "pdf": pdf, "docx": word, "epub": book,
        "eml": mail, "csv": table, "jsonl": json_lines,
    }  # fmt: skip
    if name.endswith(".gz"):
        return gzip.compress(document(name.removesuffix(".gz")))
    return makers[name.rpartition(".")[2]]()


def one(name: str, data: bytes) -> Read:
    (only,) = read(name, data).reads
    return only


def as_article(found: Read) -> Article:
    return Draft("a", found.name, found, found.known).parsed()


def words_of(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def words_found(article: Article) -> set[str]:
    """All words that a search can find: of the blocks that passages are made of."""
    found = [article.slice(block) for block in article.citable]
    assert all(map(has_words, found))
    return {word for text in found for word in words_of(text)}
