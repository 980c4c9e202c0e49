"""What is read of each format, and that nothing of it is lost."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import warnings
import zipfile

import pytest

from pincite.errors import Unreadable
from pincite.index.article import Article, Role
from pincite.index.formats.contents import Limits
from pincite.index.formats.reading import read
from tests import documents
from tests.blocks import check_places
from tests.documents import FORMATS, PARTS, TABLE, as_article, document, one, words_found, words_of

WORDS = {word for _, text in PARTS for word in words_of(text)}


def roles(article: Article) -> list[tuple[Role, str]]:
    return [(block.role, article.slice(block)) for block in article.blocks]


@pytest.mark.parametrize("name", [*FORMATS, "a.txt.gz", "A.TXT", "b.MD", "c.HTM"])
def test_all_words_of_a_document_can_be_found(name: str) -> None:
    made = {"A.TXT": "a.txt", "b.MD": "a.md", "c.HTM": "a.html"}.get(name, name)
    article = as_article(one(name, document(made)))
    assert words_found(article) >= WORDS
    check_places(article)


@pytest.mark.parametrize("name", FORMATS)
def test_a_quote_stands_in_the_stored_text_as_in_the_document(name: str) -> None:
    article = as_article(one(name, document(name)))
    for _, quote in PARTS:
        start = article.text.index(quote)
        inside = [b for b in article.paragraphs if b.start <= start < b.end]
        assert len(inside) == 1 and start + len(quote) <= inside[0].end


@pytest.mark.parametrize("name", ["a.md", "a.html", "a.docx", "a.epub"])
def test_headings_lists_and_rows(name: str) -> None:
    found = roles(as_article(one(name, document(name))))
    kinds = {"title": Role.TITLE, "heading": Role.HEADING, "item": Role.LIST_ITEM}
    parts = [(kinds.get(style, Role.BODY), text) for style, text in PARTS]
    rows = [(Role.BODY, " | ".join(row)) for row in TABLE]
    assert found[: len(parts) + len(rows)] == parts + rows


@pytest.mark.parametrize("name", ["a.md", "a.html", "a.docx", "a.epub", "a.pdf"])
def test_a_heading_opens_a_section_and_is_a_paragraph_itself(name: str) -> None:
    article = as_article(one(name, document(name)))
    assert [section.title for section in article.sections] == ["Care and repair"]
    numbers = [b.number for b in article.blocks if b.role in {Role.TITLE, Role.HEADING}]
    assert numbers == [1, 3]
    assert [b.section for b in article.paragraphs[:4]] == [None, None, 0, 0]


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("a.docx", (None, "Zoë Müller", None)),
        ("a.epub", ("Tents", "Zoë Müller", "2024-05-06")),
        ("a.eml", ("The tents of Olm", "Zoë Müller", "2024-05-06")),
        ("a.jsonl", (None, "Olm Post", None)),
        ("a.csv", ("a", None, None)),
    ],
)
def test_what_a_document_says_of_itself(name: str, known: tuple[str | None, ...]) -> None:
    said = one(name, document(name)).known
    assert (said.title, said.publisher, said.published) == known


def test_a_text_file_is_stored_as_it_is_decoded() -> None:
    raw = "\ufeffOne.\r\n\r\n  Two\u202e.\t\n\n"
    assert one("a.txt", raw.encode()).text == raw[1:]
    assert one("a.txt", b"A \0 in a text that is long enough for it.").text.count("\0") == 1


def test_markdown_front_matter_is_known_and_found() -> None:
    text = (
        b"---\ntitle: 'The tents'\nauthor: Zoe\ndate: 2024-05-06\ntags: camping\n---\n\nA *word*."
    )
    found = one("a.md", text)
    assert (found.known.title, found.known.publisher) == ("The tents", "Zoe")
    assert found.known.published == "2024-05-06"
    article = as_article(found)
    assert words_found(article) >= {"tags", "camping", "word"}
    assert [article.slice(b) for b in article.paragraphs] == ["A word."]


def test_what_stands_on_every_page_of_a_word_document_is_found_last() -> None:
    article = as_article(one("a.docx", documents.word()))
    assert article.slice(article.citable[-1]) == "Printed in Olm"
    assert article.label(len(article.citable)) == "page text 1"


# -- web pages -----------------------------------------------------------------------------

STORY = [
    f"Paragraph {n} of the story says that the bridge over the Olm was closed for {n} weeks, and "
    "that the mayor of the town had asked the ministry for more money to mend it before winter."
    for n in range(2, 9)
]
PAGE = (
    "<html><head><title>Bridge closed - Olm Post</title>"
    '<meta property="og:site_name" content="Olm Post">'
    '<meta property="article:published_time" content="2024-05-06T10:00:00Z">'
    '<link rel="canonical" href="https://example.org/bridge"></head><body>'
    "<nav><ul><li><a href=/>Home</a><li><a href=/s>Sport</a></ul></nav>"
    "<article><h1>Bridge closed</h1>"
    + "".join(f"<p>{text}</p>" for text in STORY)
    + "<figure><img src=x alt='The old bridge'><figcaption>The bridge in May.</figcaption></figure>"
    "</article><aside><h2>Most read</h2><p>A cat was found.</p></aside>"
    "<footer><p>Imprint and terms</p></footer><script>track()</script></body></html>"
)


def test_of_a_web_page_the_main_text_is_the_article_and_the_rest_is_found_last() -> None:
    found = one("a.html", PAGE.encode())
    article = as_article(found)
    assert [
        t for t in (article.slice(b) for b in article.paragraphs) if t != "Bridge closed"
    ] == STORY
    beside = [article.slice(b) for b in article.blocks if b.role is Role.FURNITURE]
    assert {"Home", "Sport", "Most read", "A cat was found.", "Imprint and terms"} <= set(beside)
    assert words_found(article) >= {"old", "bridge", "May", "Imprint", "cat"}
    known = found.known
    assert (known.title, known.publisher) == ("Bridge closed", "Olm Post")
    assert (known.published, known.url) == ("2024-05-06", "https://example.org/bridge")


def test_a_page_is_read_in_the_encoding_that_it_declares() -> None:
    for head in (
        b'<meta charset="iso-8859-2">',
        b"<meta http-equiv=x content='a; charset=latin2'>",
    ):
        data = head + "<p>Łódź</p>".encode("iso8859-2")
        assert one("a.html", data).text == "Łódź"


def test_a_page_laid_out_with_tables_has_paragraphs() -> None:
    cell = "<td><p>One.</p><p>Two.</p><p>Three.</p></td>"
    text = one("a.html", f"<table><tr><td>Menu</td>{cell}</tr></table>".encode()).text
    assert text.split("\n\n") == ["Menu", "One.", "Two.", "Three."]


# -- tables --------------------------------------------------------------------------------


def test_a_page_without_a_body_is_read() -> None:
    # The parser takes such an article for a part of the head.
    page = b"<title>Ferries</title><article><p>The ferry sank in 1912.</p></article>"
    found = one("a.html", page)
    assert found.text == "The ferry sank in 1912."


def test_a_row_is_a_paragraph_with_its_columns_names() -> None:
    found = one("prices.csv", "item;price;note\r\ntent;80 €;\r\n;5 €;per peg\r\n".encode())
    article = as_article(found)
    rows = [article.slice(block) for block in article.paragraphs]
    assert rows == ["item: tent; price: 80 €", "price: 5 €; note: per peg"]
    assert article.title == "prices"
    assert article.label(3) == "caption 1"


def test_a_quoted_text_of_several_lines_stays_one_row() -> None:
    said = 'He said, "no"; then\n\n"yes, perhaps"; it was 3, 4 or 5.\n\n\'Well\', "she" said'
    file = io.StringIO()
    csv.writer(file).writerows([("id", "title", "text"), ("a", 'The "tent", red', said)])
    found = one("a.csv", file.getvalue().encode())
    assert (found.id, found.known.title, found.text) == ("a", 'The "tent", red', said)
    assert one("a.tsv", b"name\tprice\nred, large\t3;50\n").text.endswith(
        "name: red, large; price: 3;50"
    )


def test_a_table_with_texts_is_a_list_of_articles() -> None:
    data = 'id,title,text,rating\nx,One,"First.\n\nSecond.",5\ny,Two,,4\nz,Three,Third.,\n'
    found = read("a.csv", data.encode()).reads
    assert [(r.id, r.known.title, r.text) for r in found] == [
        ("x", "One", "First.\n\nSecond.\n\nrating: 5"),
        ("z", "Three", "Third."),
    ]


# -- files in files ------------------------------------------------------------------------


def test_a_zip_of_everything() -> None:
    files = {name: document(name) for name in FORMATS}
    found = read("all.zip", documents.zipped({"metadata.json": b"{}", ".x": b"", **files}))
    assert [r.name for r in found.reads] == [
        f"all.zip/{name}" + (":1" if name == "a.jsonl" else "") for name in FORMATS
    ]
    assert found.notices == ()


def test_one_bad_file_in_a_zip_costs_one_line_and_its_metadata_counts() -> None:
    metadata = b'{"articles": {"b/a.txt": {"publisher": "Olm Post"}}}'
    files = {"b/a.txt": b"Words.", "c.doc": b"no", "d.pdf": b"%PDF-", "metadata.json": metadata}
    found = read("a.zip", documents.zipped(files))
    assert [(r.name, r.known.publisher) for r in found.reads] == [("a.zip/b/a.txt", "Olm Post")]
    assert [str(notice) for notice in found.notices] == [
        "a.zip/c.doc (format not read)",
        "a.zip/d.pdf (damaged PDF)",
    ]


MIXED_IN_MIXED = b"""From: a@example.org
Subject: list
Content-Type: multipart/mixed; boundary="o"

--o
Content-Type: multipart/mixed; boundary="i"

--i
Content-Type: text/plain

The inner words.
--i
Content-Type: text/plain
Content-Disposition: attachment; filename="att.txt"

The attached words.
--i--
--o
Content-Type: text/plain; charset=iso-8859-1

The footer's caf\xe9.
--o--
"""
MIXED_IN_ALTERNATIVE = b"""From: a@example.org
Subject: two forms
Content-Type: multipart/alternative; boundary="o"

--o
Content-Type: text/plain

The words.
--o
Content-Type: multipart/mixed; boundary="i"

--i
Content-Type: text/html

<p>The words.</p>
--i
Content-Type: text/csv
Content-Disposition: attachment; filename="att.csv"

part,count
poles,14
--i--
--o--
"""
PDF_ALONE = (
    b"From: a@example.org\nSubject: scanned\nContent-Type: application/pdf\n"
    b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(documents.pdf("A page of words."))
)


@pytest.mark.parametrize(
    ("mail", "inside"),
    [
        (
            MIXED_IN_MIXED,
            {
                "": "The inner words.",
                "/att.txt": "The attached words.",
                "/part-2.txt": "The footer's café.",
            },
        ),
        (MIXED_IN_ALTERNATIVE, {"": "The words.", "/att.csv": "part: poles; count: 14"}),
        (PDF_ALONE, {"": "scanned\n\nFrom: a@example.org", "/part-1.txt": "A page of words."}),
    ],
)
def test_no_part_of_a_mail_is_lost_however_it_is_nested(
    mail: bytes, inside: dict[str, str]
) -> None:
    found = read("a.eml", mail)
    assert not found.notices
    assert {one.name.removeprefix("a.eml") for one in found.reads} == inside.keys()
    for one_ in found.reads:
        words = inside[one_.name.removeprefix("a.eml")]
        assert one_.text.strip().endswith(words) and one_.text.count(words) == 1


def test_two_files_of_one_name_in_a_zip_are_both_read() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of the name
        for words in (b"First.", b"Second.", b"Third."):
            made.writestr("in/a.txt", words)
    found = read("a.zip", file.getvalue()).reads
    assert {one.name: one.text for one in found} == {
        "a.zip/in/a.txt": "First.",
        "a.zip/in/2-a.txt": "Second.",
        "a.zip/in/3-a.txt": "Third.",
    }


def test_numbers_in_a_json_line_are_taken_as_they_are_written() -> None:
    read_ = one("a.jsonl", b'{"id": 12, "published": 2024, "text": "It rained."}')
    assert (read_.id, read_.known.published) == ("12", "2024")


def test_zips_are_nested_at_most_once() -> None:
    inner = documents.zipped({"a.txt": b"Words."})
    twice = documents.zipped({"in.zip": inner, "b.txt": b"Others."})
    names = [r.name for r in read("out.zip", twice).reads]
    assert names == ["out.zip/in.zip/a.txt", "out.zip/b.txt"]
    found = read("top.zip", documents.zipped({"out.zip": twice}))
    assert [r.name for r in found.reads] == ["top.zip/out.zip/b.txt"]
    (notice,) = found.notices
    assert notice.name == "top.zip/out.zip/in.zip" and "in an archive" in notice.reason


def test_an_e_mail_with_attachments() -> None:
    attached = {"a.pdf": documents.pdf(), "b.bin": b"\0\1", "../c.txt": b"Words."}
    found = read("m.eml", documents.mail(attached))
    assert [r.name for r in found.reads] == ["m.eml", "m.eml/a.pdf", "m.eml/c.txt"]
    assert [str(notice) for notice in found.notices] == ["m.eml/b.bin (format not read)"]


def test_an_e_mail_in_html_and_one_in_another() -> None:
    html = b"Subject: S\nContent-Type: text/html; charset=latin-1\n\n<p>Caf\xe9</p><p>Two</p>"
    article = as_article(one("a.eml", html))
    assert [article.slice(b) for b in article.paragraphs] == ["S", "Café", "Two"]
    outer = (
        b'Subject: Fwd\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="x"\n\n'
        b"--x\nContent-Type: text/plain\n\nSee below.\n"
        b"--x\nContent-Type: message/rfc822\n\nSubject: Inner\n\nThe words.\n--x--\n"
    )
    names = [r.name for r in read("a.eml", outer).reads]
    assert names == ["a.eml", "a.eml/message-1.eml"]


# -- which reader --------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["txt", "md", "html", "bin", "doc", "docx", ""])
@pytest.mark.parametrize("made", ["a.pdf", "a.docx", "a.epub"])
def test_what_is_in_a_file_goes_before_its_suffix(made: str, suffix: str) -> None:
    article = as_article(one(f"a.{suffix}", document(made)))
    assert words_found(article) >= WORDS


def test_a_page_that_is_called_text_or_doc_is_a_page() -> None:
    for name in ("a.txt", "a.md", "a.csv", "a.doc", "a"):
        assert "<" not in one(name, documents.html()).text
    # A text about a PDF's first line is a text.
    assert one("a.txt", b"A file begins with %PDF-1.4 or so.").text.startswith("A file")


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.txt", b"", "empty"),
        ("a.txt", b" \n", "empty"),
        ("a.md", b"<!-- nothing -->", "empty"),
        ("a.csv", b"\n\n", "empty"),
        ("a.html", b"<p></p>", "no text on the page"),
        ("a.pdf", b"Not one.", "named .pdf, but no PDF"),
        ("a.docx", b"Not one.", "named .docx, but no Word"),
        ("a.rtf", b"{\\rtf1 Words.}", "RTF, format not read"),
        ("a.xyz", b"Words.", "format not read"),
        ("a.eml", b"Just some words.", "no e-mail"),
        ("a.zip", documents.zipped({}), "none of the 0 files"),
        ("a.zip", b"PK\x03\x04 and no more", "damaged archive"),
        ("a.jsonl", b"{}", "line 1: not an article: text"),
        ("a.txt.gz", gzip.compress(b"Words.", mtime=0)[:-4], "damaged gzip file"),
        ("a.txt", b"\0\1\2\3" * 99, "binary"),
    ],
)
def test_why_a_file_is_not_read(name: str, data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(name, data)
    assert caught.value.message.startswith(reason)


def test_a_content_type_says_what_a_name_does_not() -> None:
    found = read("upload", b"# Words", content_type="text/markdown; charset=utf-8")
    assert found.reads[0].text == "Words"
    with pytest.raises(Unreadable, match="larger than 1 KiB"):
        read("a.txt", b"x" * 1025, Limits(file_bytes=1024))
