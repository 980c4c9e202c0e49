"""Files in files by name, what is known of them, and lists of articles: nothing lost in silence."""

from __future__ import annotations

import gzip
import io
import warnings
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pytest

from pincite.errors import Unreadable
from pincite.index.corpus import scan
from pincite.index.formats.contents import Limits, Notice
from pincite.index.formats.reading import bytes_of, read
from pincite.index.intake import Given, take
from pincite.index.known import Metadata
from tests.documents import one, zipped

KNOWN = Metadata(publisher="Olm Post", url="https://example.org/a", kind="text")


def mail(*attached: tuple[str, bytes]) -> bytes:
    message = EmailMessage()
    message["Subject"] = "Two reports"
    message.set_content("See both.")
    for name, data in attached:
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def archive(*files: tuple[str, bytes]) -> bytes:
    """A zip whose files stand in this order, under these names."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of two of a name
        for name, data in files:
            made.writestr(name, data)
    return file.getvalue()


# -- names ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "numbered"),
    [
        ("a.txt", "a.txt", "2-a.txt"),
        ("../a.txt", "a.txt", "2-a.txt"),
        ("in/a.txt", "in\\\\a.txt", "in/2-a.txt"),
        ("a.txt", "a.txt.gz", "2-a.txt"),
        ("a.TXT.GZ", "a.TXT", "2-a.TXT"),
    ],
)
@pytest.mark.parametrize("name", ["m.eml", "a.zip"])
def test_two_files_of_one_name_in_another_are_two(
    name: str, first: str, second: str, numbered: str
) -> None:
    files = [
        (file, gzip.compress(words) if file.lower().endswith(".gz") else words)
        for file, words in ((first, b"First."), (second, b"Second."))
    ]
    data = mail(*files) if name == "m.eml" else archive(*files)
    plain, numbered = f"{name}/{numbered.replace('2-', '')}", f"{name}/{numbered}"
    found = {one.name: one.text for one in read(name, data).reads if one.name != name}
    assert found == {plain: "First.", numbered: "Second."}
    assert bytes_of(name, data, plain, Limits()) == b"First."
    assert bytes_of(name, data, numbered, Limits()) == b"Second."


def test_each_of_two_files_of_one_name_has_its_own_notice() -> None:
    found = read("m.eml", mail(("a.pdf", b"%PDF-"), ("a.pdf", b"\x89PNG\r\n")))
    assert [str(notice) for notice in found.notices] == [
        "m.eml/a.pdf (damaged PDF)",
        "m.eml/2-a.pdf (a picture, format not read)",
    ]


# -- how much is unpacked ------------------------------------------------------------------


def test_packed_json_lines_unpack_to_no_more_than_the_limit(tmp_path: Path) -> None:
    limits = Limits(unpacked_bytes=100_000)
    line = b'{"text": "The bridge is closed."}\n'
    packed = gzip.compress(line * 200_000)
    taken = take(Given("a.jsonl.gz", packed, Metadata()), limits)
    said = "a.jsonl.gz (unpacks to more than 97.66 KiB)"
    assert taken.articles == ()
    assert [str(notice) for notice in taken.notices] == [said]
    (tmp_path / "a.jsonl.gz").write_bytes(packed)
    notices: list[Notice] = []
    drafts = list(scan(tmp_path, limits).drafts(notices))
    assert len(drafts) == 100_000 // len(line)
    assert [str(notice) for notice in notices] == [said]
    # What is not packed has no such limit.
    plain = take(Given("a.jsonl", line * 4000, Metadata()), limits)
    assert (len(plain.articles), plain.notices) == (4000, ())


def test_a_line_that_never_ends_is_not_unpacked_beyond_the_limit() -> None:
    packed = gzip.compress(b" " * (30 << 20))
    limits = Limits(file_bytes=1 << 20, unpacked_bytes=5 << 20)
    (notice,) = take(Given("a.jsonl.gz", packed, Metadata()), limits).notices
    assert notice.reason == "unpacks to more than 5 MiB"


# -- what is known beside ------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.txt.gz", "a.TXT.GZ"])
def test_what_is_known_of_a_packed_file_is_known_of_what_is_in_it(name: str) -> None:
    (article,) = take(Given(name, gzip.compress(b"Words."), KNOWN), Limits()).articles
    assert (article.publisher, article.source_url) == ("Olm Post", "https://example.org/a")


def test_what_is_known_of_an_archive_is_not_of_each_file_in_it() -> None:
    (article,) = take(Given("a.zip", zipped({"a.txt": b"Words."}), KNOWN), Limits()).articles
    assert article.publisher is None


def test_a_folder_s_metadata_reaches_a_packed_file_and_names_what_is_not_there(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"Words."))
    (tmp_path / "metadata.json").write_text(
        '{"articles": {"a.txt.gz": {"publisher": "Olm Post"}, "b.txt": {}, "c.txt": {}}}'
    )
    notices: list[Notice] = []
    (draft,) = scan(tmp_path).drafts(notices)
    assert (draft.file, draft.known.publisher) == ("a.txt", "Olm Post")
    said = "metadata.json (it names what is not there: b.txt and 1 more)"
    assert [str(notice) for notice in notices] == [said]


def test_an_archive_s_metadata_that_names_what_is_not_there_is_said() -> None:
    metadata = b'{"articles": {"a.tx": {"publisher": "Olm Post"}}}'
    found = read("a.zip", zipped({"a.txt": b"Words.", "metadata.json": metadata}))
    (notice,) = found.notices
    assert str(notice) == "a.zip/metadata.json (it names what is not there: a.tx)"
    assert not notice.skipped


# -- rows ----------------------------------------------------------------------------------


def test_a_row_without_a_text_is_said_and_cells_beyond_the_names_are_kept() -> None:
    data = b"id,text,rating,note\nx,One.,5\ny,,4,lost\nz,Three.,,a,b,c\n"
    found = read("a.csv", data)
    assert {one.name: one.text for one in found.reads} == {
        "a.csv:2": "One.\n\nrating: 5",
        "a.csv:4": "Three.\n\nnote: a; b; c",
    }
    assert [str(notice) for notice in found.notices] == ["a.csv:3 (empty)"]


def test_cells_beyond_a_lone_text_are_kept() -> None:
    assert one("a.csv", b"id,text\nx,Words,and more\n").text == "Words\n\nand more"


def test_many_rows_without_a_text_are_counted() -> None:
    found = read("a.csv", b"text,n\nWords.,1\n" + b",2\n" * 12)
    assert [str(notice) for notice in found.notices][9:] == [
        "a.csv:12 (empty)",
        "a.csv (2 more rows that are no articles)",
    ]
    with pytest.raises(Unreadable, match="no row has a text"):
        read("a.csv", b"text,n\n,2\n")
