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
from pincite.index.formats.pdf import Asked, Box, MarkedPage, marked, picture
from pincite.index.formats.reading import read
from tests.documents import PARTS, as_article, one, pdf

LEFT = "The harbour master counted the ships that came in, and wrote every one of them down. " * 4
RIGHT = "On the other side of the quay the fishermen sold herring by the crate all morning. " * 4


def pages_with(data: bytes, start: int, end: int) -> list[MarkedPage]:
    """The pages that hold `[start, end)` of the stored text, and its places on them."""
    found = one("a.pdf", data)
    asked = [
        Asked(n, found.text[a:b], max(start - a, 0), min(end, b) - a)
        for n, (a, b) in enumerate(found.pages, start=1)
        if max(start, a) < min(end, b)
    ]
    return marked(data, asked)


def read_back(data: bytes, found: list[MarkedPage]) -> str:
    """The text that pdfium finds inside the boxes, on its own."""
    document = pypdfium2.PdfDocument(data)
    pieces = []
    for page in found:
        text = document[page.number - 1].get_textpage()
        for box in page.boxes:
            # Half a point less: a loose box touches the ones beside it.
            inside = (box.left + 0.5, box.bottom + 3, box.right - 0.5, box.top - 3)
            pieces.append(text.get_text_bounded(*inside))
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
    (page,) = pages_with(data, start, start + len(quote))
    assert read_back(data, [page]) == quote
    assert (page.number, round(page.width), round(page.height)) == (1, 595, 842)


def test_boxes_on_a_later_page() -> None:
    data = pdf("The first page.", "The second page says 41.", "The third.")
    found = one("a.pdf", data)
    start = found.text.index("41")
    (page,) = pages_with(data, start, start + 2)
    assert (page.number, len(page.boxes)) == (2, 1)
    assert read_back(data, [page]) == "41"
    pages = [found.text[a:b] for a, b in found.pages]
    assert pages == ["The first page.", "The second page says 41.", "The third."]
    every = pages_with(data, 0, len(found.text))
    assert [read_back(data, [one]) for one in every] == pages


def test_a_page_that_reads_otherwise_is_not_marked_by_guess() -> None:
    data = pdf("The first page.")
    with pytest.raises(Unreadable, match="page 1 reads otherwise now") as caught:
        marked(data, [Asked(1, "The other page.", 0, 3)])
    assert caught.value.hint
    with pytest.raises(Unreadable, match=r"^has no page 2, but 1 in all$"):
        marked(data, [Asked(2, "The first page.", 0, 3)])


def test_every_word_of_every_page_is_where_its_box_is() -> None:
    data = report()
    text = one("a.pdf", data).text
    at = 0
    for word in text.split():
        at = text.index(word, at)
        if word not in {"example", "well-made"}:  # parted at a line's end, in part
            assert read_back(data, pages_with(data, at, at + len(word))) == word
        at += len(word)


def test_a_word_parted_at_a_line_s_end_is_one_and_has_two_boxes() -> None:
    data = report()
    text = one("a.pdf", data).text
    start = text.index("example")
    (page,) = pages_with(data, start, start + len("example"))
    assert len(page.boxes) == 2
    assert read_back(data, [page]) == "exam ple"


def test_an_address_keeps_its_hyphen_at_a_line_s_end() -> None:
    made = FPDF()
    made.add_page()
    made.set_font("Times", size=11)
    made.multi_cell(90, 5, "Write to the exam-\nple of courier-\njournal.com/subscribe now.")
    text = one("a.pdf", bytes(made.output())).text
    assert text == "Write to the example of courier-journal.com/subscribe now."


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (
            "at https://a.example/what-came-\nof-it/5 now",
            "at https://a.example/what-came-of-it/5 now",
        ),
        ("at https://a.example/56427890\n01/ now", "at https://a.example/5642789001/ now"),
        ("on a.example/100th-annive\nrsary, too", "on a.example/100th-anniversary, too"),
        ("see https://a.example/all\nfor more", "see https://a.example/all for more"),
        ("https://a.example\nhttps://b.example/b", "https://a.example https://b.example/b"),
        ("their in/out-\nputs", "their in/outputs"),
        ("bow ties --\nas we do", "bow ties -- as we do"),
    ],
)
def test_a_link_that_did_not_fit_on_its_line_is_one(written: str, read: str) -> None:
    made = FPDF()
    made.add_page()
    made.set_font("Times", size=11)
    made.multi_cell(0, 5, written)
    assert one("a.pdf", bytes(made.output())).text == read


def test_a_line_that_is_drawn_apart_is_no_row_of_a_table() -> None:
    made = FPDF()
    made.add_page()
    made.set_font("Times", size=11)
    address = "courier-journal.com/subscribe-to-the-paper-for-a-whole-year"
    said = f"Support strong local journalism by subscribing: {address} and read it every day."
    with made.text_columns(text_align="J", l_margin=20, r_margin=85) as column:
        column.write(said.replace("-", "_") + " It costs little and it is worth much more.")
    made.set_y(100)
    for x, words in zip((20, 60, 100, 140), ("Kittiwake", "of", "Olm", "arrived"), strict=True):
        made.text(x, 100, words)
    first, row = one("a.pdf", bytes(made.output())).text.split("\n\n")
    assert first.startswith(said.replace("-", "_"))
    assert row == "Kittiwake | of | Olm | arrived"


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


def ink(data: bytes, page: MarkedPage, box: Box) -> tuple[int, int]:
    """The darkest pixel of a page's picture inside a box and outside it, 0 black to 255."""
    shown = Image.open(io.BytesIO(picture(data, page.number, 1200))).convert("L")
    assert shown.width / shown.height == pytest.approx(page.width / page.height, rel=0.01)
    scale = shown.width / page.width
    sides = (box.left, page.height - box.top, box.right, page.height - box.bottom)
    left, top, right, bottom = (round(side * scale) for side in sides)
    inside = shown.crop((left, top, right, bottom)).getextrema()[0]
    shown.paste(255, (left - 2, top - 2, right + 2, bottom + 2))
    return int(inside), int(shown.getextrema()[0])  # type: ignore[arg-type]


def test_a_picture_of_a_page() -> None:
    data = pdf("Some words on a page.")
    shown = Image.open(io.BytesIO(picture(data, 1, 600)))
    assert (shown.format, shown.width) == ("PNG", 600)
    (page,) = pages_with(data, 0, len("Some words on a page."))
    inside, outside = ink(data, page, page.boxes[0])
    assert inside < 64
    assert outside > 200
    with pytest.raises(Unreadable, match=r"^has no page 2, but 1 in all$"):
        picture(data, 2, 600)


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
@pytest.mark.parametrize("written", [0, 90, 180, 270])
def test_a_page_may_be_turned_and_so_may_what_is_written_on_it(turned: int, written: int) -> None:
    made = FPDF()
    made.add_page()
    made.set_font("Times", size=11)
    with made.rotation(written, x=105, y=148):
        made.text(80, 140, "The larger tent weighs 2.8 kg.")
        made.text(80, 146, "The smaller one weighs 1.9 kg.")
    file = pypdfium2.PdfDocument(bytes(made.output()))
    file[0].set_rotation(turned)
    file[0].set_cropbox(30, 40, 560, 800)
    copy = io.BytesIO()
    file.save(copy)
    data = copy.getvalue()
    text = one("a.pdf", data).text
    assert text == "The larger tent weighs 2.8 kg. The smaller one weighs 1.9 kg."
    (page,) = pages_with(data, 0, len(text))
    assert len(page.boxes) == 2
    for box in page.boxes:
        assert ink(data, page, box)[0] < 64
    # Each box holds a line and nothing of the other; the two together hold all there is.
    (first,) = pages_with(data, 0, 30)
    wide, high = page.boxes[0].right - page.boxes[0].left, page.boxes[0].top - page.boxes[0].bottom
    assert (wide > high) == ((turned - written) % 180 == 0)
    assert first.boxes == page.boxes[:1]
    around = Box(
        *(min(box.left for box in page.boxes), min(box.bottom for box in page.boxes)),
        *(max(box.right for box in page.boxes), max(box.top for box in page.boxes)),
    )
    assert ink(data, page, around)[1] > 200


def test_a_picture_has_no_more_pixels_than_may_be() -> None:
    made = FPDF(unit="pt", format=(14400, 14400))
    made.add_page()
    made.set_font("Times", size=900)
    made.text(300, 3000, "Large")
    shown = Image.open(io.BytesIO(picture(bytes(made.output()), 1, 100_000)))
    assert shown.width == shown.height == 4000
    narrow = FPDF(unit="pt", format=(3, 14400))
    narrow.add_page()
    shown = Image.open(io.BytesIO(picture(bytes(narrow.output()), 1, 2400)))
    assert shown.height == 8000
