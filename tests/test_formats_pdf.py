"""PDF: paragraphs, columns, running heads, and that a quote's boxes cover its words on the page."""

from __future__ import annotations

import io

import pypdfium2
import pytest
from fpdf import FPDF
from PIL import Image

from pincite.errors import Unreadable
from pincite.index.article import Role
from pincite.index.formats.contents import Limits
from pincite.index.formats.pdf import Box, boxes, picture
from pincite.index.formats.reading import read
from tests.documents import PARTS, as_article, one, pdf

LEFT = "The harbour master counted the ships that came in, and wrote every one of them down. " * 4
RIGHT = "On the other side of the quay the fishermen sold herring by the crate all morning. " * 4


def read_back(data: bytes, found: list[Box]) -> str:
    """The text that pdfium finds inside the boxes, on its own."""
    document = pypdfium2.PdfDocument(data)
    pieces = []
    for page, left, bottom, right, top in found:
        text = document[page].get_textpage()
        # Half a point less: a loose box touches the ones beside it.
        pieces.append(text.get_text_bounded(left + 0.5, bottom + 3, right - 0.5, top - 3))
    document.close()
    return " ".join(" ".join(pieces).replace("\ufffe", "").replace("\x02", "").split())


def report() -> bytes:
    """Three pages with a running head and a page number on each."""

    class Report(FPDF):  # type: ignore[misc]  # it comes without types
        def header(self) -> None:
            self.set_font("Times", size=9)
            self.cell(0, 6, "The Harbour Report 2024", new_x="LMARGIN", new_y="NEXT")

        def footer(self) -> None:
            self.set_y(-15)
            self.set_font("Times", size=9)
            self.cell(0, 6, f"Page {self.page_no()} of 3", align="C")

    made = Report()
    for number in range(3):
        made.add_page()
        made.set_font("Times", size=11)
        text = f"On day {number} no well-made one came. The exam-\nple is well-\nmade by all."
        made.multi_cell(90, 5, text)
    return bytes(made.output())


def columns(by_row: bool) -> bytes:
    """A page in two columns, as a file has them: a column at a time, or row by row."""
    made = FPDF()
    made.add_page()
    made.set_font("Times", size=10)
    left = made.multi_cell(80, 5, LEFT, dry_run=True, output="LINES")
    right = made.multi_cell(80, 5, RIGHT, dry_run=True, output="LINES")
    rows = [(20 + 5 * n, 15, line) for n, line in enumerate(left)]
    others = [(20 + 5 * n, 110, line) for n, line in enumerate(right)]
    places = sorted([*rows, *others]) if by_row else rows + others
    for y, x, line in places:
        made.text(x, y, line.strip())
    return bytes(made.output())


@pytest.mark.parametrize("quote", [text for _, text in PARTS] + ["2.8 kg", "tape", "Müller"])
def test_the_boxes_of_a_quote_hold_its_words_and_no_others(quote: str) -> None:
    data = pdf()
    start = one("a.pdf", data).text.index(quote)
    found = boxes(data, start, start + len(quote))
    assert read_back(data, found) == quote
    assert {box[0] for box in found} == {0}


def test_boxes_on_a_later_page() -> None:
    data = pdf("The first page.", "The second page says 41.", "The third.")
    found = one("a.pdf", data)
    start = found.text.index("41")
    (box,) = boxes(data, start, start + 2)
    assert box[0] == 1
    assert read_back(data, [box]) == "41"
    pages = [found.text[a:b] for a, b in found.pages]
    assert pages == ["The first page.", "The second page says 41.", "The third."]
    assert boxes(data, len(found.text), len(found.text) + 9) == []


def test_every_word_of_every_page_is_where_its_box_is() -> None:
    data = report()
    text = one("a.pdf", data).text
    at = 0
    for word in text.split():
        at = text.index(word, at)
        if word not in {"example", "well-made"}:  # parted at a line's end, in part
            assert read_back(data, boxes(data, at, at + len(word))) == word
        at += len(word)


def test_a_word_parted_at_a_line_s_end_is_one_and_has_two_boxes() -> None:
    data = report()
    text = one("a.pdf", data).text
    start = text.index("example")
    found = boxes(data, start, start + len("example"))
    assert len(found) == 2
    assert read_back(data, found) == "exam ple"


def test_running_heads_and_page_numbers_are_furniture() -> None:
    article = as_article(one("a.pdf", report()))
    furniture = [article.slice(b) for b in article.blocks if b.role is Role.FURNITURE]
    assert furniture.count("The Harbour Report 2024") == 3
    assert [text for text in furniture if text.startswith("Page")] == [
        "Page 1 of 3",
        "Page 2 of 3",
        "Page 3 of 3",
    ]
    assert article.slice(article.paragraphs[0]).startswith("On day 0 no well-made one came.")


@pytest.mark.parametrize("by_row", [True, False])
def test_columns_are_read_one_after_the_other(by_row: bool) -> None:
    article = as_article(one("a.pdf", columns(by_row)))
    assert " ".join(article.text.split()) == f"{LEFT}{RIGHT}".strip()
    assert "|" not in article.text


def test_pages_without_text_are_named() -> None:
    made = FPDF()
    made.add_page()
    made.add_page()
    made.set_font("Times", size=11)
    made.cell(0, 6, "Some words.")
    made.add_page()
    found = read("a.pdf", bytes(made.output()))
    assert [str(notice) for notice in found.notices] == ["a.pdf (no text on pages 1, 3 of 3)"]
    assert [found.reads[0].text[a:b] for a, b in found.reads[0].pages] == ["", "Some words.", ""]
    empty = FPDF()
    for _ in range(3):
        empty.add_page()
    with pytest.raises(Unreadable, match=r"^no text on its 3 pages$"):
        read("scan.pdf", bytes(empty.output()))


def test_locked_and_long_ones_say_so() -> None:
    made = FPDF()
    made.add_page()
    made.set_encryption(owner_password="o", user_password="u")
    with pytest.raises(Unreadable, match=r"^locked with a password$"):
        read("a.pdf", bytes(made.output()))
    with pytest.raises(Unreadable, match=r"^more than 1 pages$"):
        read("a.pdf", pdf("One.", "Two."), Limits(file_pages=1))


def test_a_title_that_a_tool_made_up_is_none() -> None:
    assert one("a.pdf", pdf(title="Microsoft Word - final.doc")).known.title is None
    assert one("a.pdf", pdf(title="The tents")).known.title == "The tents"


def test_a_picture_of_a_page() -> None:
    data = pdf("Some words on a page.")
    shown = Image.open(io.BytesIO(picture(data, 0, 600)))
    assert (shown.format, shown.width) == ("PNG", 600)
    (box,) = boxes(data, 0, len("Some words"))
    scale = 600 / 595.28  # an A4 page is so many points wide
    left, right = box[1] * scale, box[3] * scale
    top, bottom = shown.height - box[4] * scale, shown.height - box[2] * scale
    inked = shown.convert("L").crop((int(left), int(top), int(right), int(bottom)))
    assert min(inked.tobytes()) < 64  # there is ink in the box, and none above it
    assert min(shown.convert("L").crop((0, 0, 600, int(top))).tobytes()) > 200
    with pytest.raises(Unreadable, match=r"^has no page 2, but 1 in all$"):
        picture(data, 1, 600)
