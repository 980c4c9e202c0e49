"""What comes in from anywhere: bombs, paths that lead out, entities, scripts, noise."""

from __future__ import annotations

import gzip
import io
import struct
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pincite.errors import Unreadable
from pincite.index.draft import PART_CHARS
from pincite.index.formats.contents import Contents, Limits, Notice, inside
from pincite.index.formats.reading import FORMATS, read
from tests import documents
from tests.documents import as_article, document, one, zipped
from tests.hostile_files import times

SUFFIXES = [*(suffix for format_ in FORMATS for suffix in format_.suffixes), ".doc", ".txt.gz"]
LIMITS = Limits(file_bytes=1 << 20, unpacked_bytes=1 << 20, packed_files=50)
ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">'
    b'<!ENTITY b "&c;&c;&c;&c;&c;"><!ENTITY c "laughlaughlaugh">]>'
)


def outcome(name: str, data: bytes) -> Contents | Unreadable:
    """What reading gives: documents that hold what is promised of them, or a reason in one line."""
    try:
        found = read(name, data, LIMITS)
    except Unreadable as error:
        assert error.message and "\n" not in error.message
        return error
    for each in found.reads:
        each.text.encode()  # can be stored
        article = as_article(each)
        assert article.title
        for block in article.blocks:
            assert article.slice(block).strip() == article.slice(block) != ""
    return found


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=times(15), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.one_of(st.binary(max_size=300), st.text(max_size=200).map(str.encode)))
def test_noise_under_any_suffix_is_read_or_refused(suffix: str, data: bytes) -> None:
    outcome(f"a{suffix}", data)


@pytest.mark.parametrize("name", ["a.pdf", "a.docx", "a.epub", "a.eml", "a.html", "a.md", "a.csv"])
@settings(max_examples=times(20), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(at=st.floats(0, 1), by=st.binary(min_size=1, max_size=9), cut=st.booleans())
def test_a_damaged_document_is_read_or_refused(name: str, at: float, by: bytes, cut: bool) -> None:
    whole = DOCUMENTS[name]
    place = int(at * len(whole))
    outcome(name, whole[:place] if cut else whole[:place] + by + whole[place + len(by) :])


DOCUMENTS = {name: document(name) for name in documents.FORMATS}


@settings(max_examples=times(50), deadline=None)
@given(st.dictionaries(st.text(min_size=1, max_size=20), st.binary(max_size=50), max_size=5))
def test_a_zip_of_anything_under_any_name(files: dict[str, bytes]) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name, data in files.items():
            try:
                made.writestr(name, data)
            except (ValueError, IndexError):
                continue  # not a name that a zip can hold
    found = outcome("a.zip", file.getvalue())
    if isinstance(found, Contents):
        for each in found.reads:
            assert each.name.startswith("a.zip/")
            assert not {"..", ".", ""} & set(each.name.split("/"))


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.txt", "/etc/passwd.txt", "..\\..\\passwd.txt", "C:\\x\\passwd.txt"]
)
def test_no_name_in_an_archive_leads_out_of_it(name: str, tmp_path: Path) -> None:
    (found,) = read("a.zip", zipped({name: b"Words."})).reads
    assert found.name.startswith("a.zip/") and found.name.endswith("passwd.txt")
    assert ".." not in found.name and "\\" not in found.name and "//" not in found.name


def test_names_that_turn_the_direction_or_the_terminal_are_shown_plain() -> None:
    assert inside("a.zip", "cod\u202etxt.exe") == "a.zip/cod\ufffdtxt.exe"
    assert str(Notice("a\x1b[31m\n.txt", "r")) == "a\ufffd[31m\ufffd.txt (r)"


# -- bombs ---------------------------------------------------------------------------------


def bomb(size: int) -> bytes:
    """A zip of a few kilobytes that holds so many bytes of nothing."""
    return zipped({"a.txt": b"a" * size})


@pytest.mark.parametrize("name", ["a.zip", "a.docx", "a.epub", "a.gz", "a.jsonl.gz"])
def test_a_bomb_is_refused_before_it_goes_off(name: str) -> None:
    blank = b" " * (50 << 20)
    packed = {
        "a.zip": zipped({"a.txt": blank}),
        "a.docx": zipped({"word/document.xml": blank}),
        "a.epub": zipped({"META-INF/container.xml": blank}),
        "a.gz": gzip.compress(blank),
        "a.jsonl.gz": gzip.compress(blank),
    }[name]
    tracemalloc.start()
    found = outcome(name, packed)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert isinstance(found, Unreadable) and "unpacks to more than 1 MiB" in found.message
    assert peak < 20 << 20


def test_a_zip_that_lies_about_its_size_gives_no_more_than_it_says() -> None:
    raw = bytearray(bomb(5 << 20))
    size = struct.pack("<I", 5 << 20)
    while (at := raw.find(size)) >= 0:
        raw[at : at + 4] = struct.pack("<I", 100)
    assert isinstance(outcome("a.zip", bytes(raw)), Unreadable)


def test_too_many_files_are_refused() -> None:
    found = outcome("a.zip", zipped({f"{n}.txt": b"Words." for n in range(51)}))
    assert isinstance(found, Unreadable) and found.message == "holds more than 50 files"


def test_a_bomb_in_a_bomb_counts_as_one() -> None:
    inner = bomb(700 << 10)
    found = outcome("a.zip", zipped({"a.zip": inner, "b.zip": inner, "c.txt": b"Words."}))
    assert isinstance(found, Contents)
    assert [r.name for r in found.reads] == ["a.zip/a.zip/a.txt"]
    assert {notice.name for notice in found.notices} == {"a.zip/b.zip", "a.zip/c.txt"}


# -- entities, scripts, depth --------------------------------------------------------------


def test_entities_are_neither_loaded_nor_expanded() -> None:
    page = ENTITIES + b"<html><body><p>Words &a;&b;.</p></body></html>"
    assert "root:" not in one("a.html", page).text and "laugh" not in one("a.html", page).text
    core = (
        ENTITIES
        + b'<coreProperties xmlns:dc="http://purl.org/dc/elements/1.1/">&a;</coreProperties>'
    )
    with zipfile.ZipFile(io.BytesIO(documents.word())) as made:
        files = {name: made.read(name) for name in made.namelist()}
    for part in ("docProps/core.xml", "word/document.xml"):
        found = outcome("a.docx", zipped(files | {part: core}))
        assert isinstance(found, Unreadable) and "entities" in found.message
    with zipfile.ZipFile(io.BytesIO(documents.book())) as made:
        files = {name: made.read(name) for name in made.namelist()}
    opf = ENTITIES + files["OPS/book.opf"].partition(b"?>")[2].replace(b"Tents", b"&a;&b;")
    found = outcome("a.epub", zipped(files | {"OPS/book.opf": opf}))
    assert isinstance(found, Contents) and "root:" not in str(found.reads[0].known)


def test_scripts_and_styles_are_no_text() -> None:
    page = (
        b"<p onclick=x()>Some words.</p><script>alert(1)</script><style>p{}</style>"
        b"<svg><script>alert(2)</script><text>Drawn</text></svg><iframe src=x>in</iframe>"
    )
    text = one("a.html", page).text
    assert "alert" not in text and "p{}" not in text
    assert "Some words." in text and "Drawn" in text


@pytest.mark.parametrize("tag", ["div", "b", "table", "ul", "blockquote"])
def test_a_page_that_is_nested_deep_is_read_whole_or_refused(tag: str) -> None:
    for depth in (900, 5000):
        page = f"<{tag}>" * depth + "<p>The words within.</p>" + f"</{tag}>" * depth
        found = outcome("a.html", page.encode())
        if isinstance(found, Unreadable):
            assert depth == 5000 and found.message == "its tags are nested more than 2,000 deep"
        else:
            assert "The words within." in found.reads[0].text


def test_markdown_that_is_nested_deep_keeps_its_words() -> None:
    found = one("a.md", b">" * 5000 + b" The words within.\n\n" + b"[" * 5000 + b"end")
    assert "The words within." in found.text and found.text.endswith("end")


def test_nul_bytes_and_turned_text_are_stored_as_they_are() -> None:
    text = "A \0 in it and \u202eturned\u202c words, enough of them to be a text."
    assert one("a.txt", text.encode()).text == text
    assert "\0" not in one("a.html", f"<p>{text}</p>".encode()).text


@pytest.mark.parametrize("unit", ["word ", "A sentence of six words here. ", "x", "字"])
def test_no_part_of_an_endless_paragraph_is_long(unit: str) -> None:
    text = unit * (300_000 // len(unit))
    article = as_article(one("a.txt", text.encode()))
    assert {block.number for block in article.blocks} == {1}
    assert [block.part for block in article.blocks] == list(range(1, len(article.blocks) + 1))
    assert all(0 < block.end - block.start <= PART_CHARS for block in article.blocks)
    held = "".join("".join(article.slice(block).split()) for block in article.blocks)
    assert held == "".join(text.split())
    assert article.label(2) == "paragraph 1.2"


def test_a_gzip_file_with_a_wrong_sum_is_damaged() -> None:
    raw = gzip.compress(b"Some words.")
    wrong = raw[:-8] + struct.pack("<I", zlib.crc32(b"Others.")) + raw[-4:]
    found = outcome("a.txt.gz", wrong)
    assert isinstance(found, Unreadable) and found.message == "damaged gzip file"
