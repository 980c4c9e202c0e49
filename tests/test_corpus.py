"""Reading a folder of articles: which files, what of them, and what is wrong with them."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.errors import CorpusError
from pincite.index.article import Article
from pincite.index.corpus import scan
from pincite.index.draft import slug
from pincite.index.formats.contents import Limits, Notice

SEEDS = Path(__file__).parents[1] / "seeds"
SENTENCE = "The ministry said on Tuesday that the bridge would stay closed for a week or two."


def put(folder: Path, **files: str | bytes) -> Path:
    """Write files; "__" in a name stands for ".", "___" for "/"."""
    for name, content in files.items():
        path = folder / name.replace("___", "/").replace("__", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def read(folder: Path) -> list[Article]:
    return list(scan(folder).articles())


def notices(folder: Path) -> list[str]:
    found: list[Notice] = []
    list(scan(folder).drafts(found))
    return [str(notice) for notice in found]


def complaint(folder: Path) -> CorpusError:
    with pytest.raises(CorpusError) as caught:
        read(folder)
    return caught.value


def line(**fields: object) -> str:
    return json.dumps(fields, ensure_ascii=False) + "\n"


# -- what is read --------------------------------------------------------------------------


def test_the_five_articles_with_what_the_metadata_says() -> None:
    articles = read(SEEDS)
    assert [(a.id, a.publisher, a.published, a.kind) for a in articles] == [
        ("000_8db2cb3b751ebc1b", "CNN", "2023-06-05", "live blog"),
        ("001_1adaec20a8638671", "Reuters", "2023-06-04", "video report"),
        ("002_18f61ae9fabd1a6d", "RFE/RL", "2023-06-04", "report"),
        ("003_ed4998f426462e55", None, "2023-06-05", "report"),
        ("004_8c142466c7316c57", "News Update", "2023-06", "report"),
    ]
    assert [a.file for a in articles] == [f"{a.id}.txt" for a in articles]
    assert articles[1].title == "Pro-Ukraine militia says captures Russian soldiers"
    assert articles[2].title.endswith("…") and len(articles[2].title) <= 81
    assert all(a.text == (SEEDS / a.file).read_bytes().decode() for a in articles)
    assert len(scan(SEEDS).examples()) == 5


def test_text_is_stored_as_it_stands(tmp_path: Path) -> None:
    raw = f"A Title\r\n\r\n{SENTENCE} \u00a0\r\n\u2028e\u0301\n".encode()
    (article,) = read(put(tmp_path, a__txt=raw))
    assert article.text.encode() == raw
    assert (article.publisher, article.published, article.kind) == (None, None, None)


def test_title_is_the_metadata_s_else_the_text_s_else_its_first_words(tmp_path: Path) -> None:
    text = f"A Bridge Is Closed\n\n{SENTENCE}\n"
    metadata = line(articles={"a.txt": {"title": "Closed", "publisher": "P"}})
    put(tmp_path, a__txt=text, b__txt=text, c__txt=SENTENCE, d__txt="*", metadata__json=metadata)
    assert [(article.title, article.publisher) for article in read(tmp_path)] == [
        ("Closed", "P"),
        ("A Bridge Is Closed", None),
        # 80 characters end inside "two."
        ("The ministry said on Tuesday that the bridge would stay closed for a week or…", None),
        ("*", None),
    ]


def test_files_in_folders_are_read_in_the_order_of_their_path_and_hidden_ones_are_not(
    tmp_path: Path,
) -> None:
    put(tmp_path, b__txt="B.", a___z__txt="Z.", notes__json="{}")
    put(tmp_path, __hidden__txt="H.", a___sub___y__txt="Y.")
    put(tmp_path / ".git", x__txt="X.")
    put(tmp_path / "a" / ".cache", x__jsonl="nonsense")
    assert [article.file for article in read(tmp_path)] == ["a/sub/y.txt", "a/z.txt", "b.txt"]


def test_lines_of_json_are_articles(tmp_path: Path) -> None:
    lines = line(id="https://ex.org/a?b", text=SENTENCE, title="T", other=[1]) + line(
        text="Київ.\nTwo.", publisher="P", published="2023-06", kind="report"
    )
    put(tmp_path, a__jsonl=lines + "\n", b__jsonl__gz=gzip.compress(lines.encode()))
    assert [(a.id, a.file, a.title, a.publisher, a.published, a.kind) for a in read(tmp_path)] == [
        ("ex-org-a-b", "a.jsonl:1", "T", None, None, None),
        ("a-jsonl-2", "a.jsonl:2", "Київ.", "P", "2023-06", "report"),
        ("ex-org-a-b-2", "b.jsonl.gz:1", "T", None, None, None),
        ("b-jsonl-gz-2", "b.jsonl.gz:2", "Київ.", "P", "2023-06", "report"),
    ]


# -- ids -----------------------------------------------------------------------------------


@given(st.text())
def test_a_slug_stands_in_a_url_as_it_is(name: str) -> None:
    made = slug(name)
    assert made and made.isascii()
    assert all(c.isalnum() or c in "-_" for c in made)
    assert slug(made) == made


def test_slugs_are_unique_and_the_same_each_time(tmp_path: Path) -> None:
    for name in ("a b.txt", "a-b.txt", "a-b-2.txt", "a/b.txt", "Київ.txt", "Львів.txt"):
        put(tmp_path, **{name: "One."})
    ids = [article.id for article in read(tmp_path)]
    assert ids == [article.id for article in read(tmp_path)]
    # In the order of the paths' parts: "a" is a folder, so "a/b.txt" comes first.
    assert ids == ["a-b", "a-b-2", "a-b-2-2", "a-b-3", "article", "article-2"]


# -- the digest ----------------------------------------------------------------------------


def test_digest_changes_with_names_contents_and_metadata_and_nothing_else(tmp_path: Path) -> None:
    one = put(tmp_path / "one", a__txt="A.", b__txt="B.")
    digests = [scan(one).digest]
    os.utime(one / "a.txt", (0, 0))
    put(one, __hidden__txt="no article")
    assert scan(one).digest == digests[0]
    assert scan(put(tmp_path / "two", b__txt="B.", a__txt="A.")).digest == digests[0]

    assert scan(one, Limits(file_bytes=9)).digest != digests[0]
    (one / "a.txt").write_text("a.")
    digests.append(scan(one).digest)
    (one / "a.txt").rename(one / "aa.txt")
    digests.append(scan(one).digest)
    put(one, metadata__json="{}")
    digests.append(scan(one).digest)
    put(one, metadata__json='{"examples": ["Why?"]}')
    digests.append(scan(one).digest)
    (one / "b.txt").unlink()
    digests.append(scan(one).digest)
    assert len(set(digests)) == 6


# -- what is wrong -------------------------------------------------------------------------


def test_one_bad_file_costs_one_line_and_no_other_article(tmp_path: Path) -> None:
    put(tmp_path, a__txt="A.", b__txt=b"abc \xe9t\xe9", c__doc=b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    put(tmp_path, d__pdf=b"%PDF-1.4 nonsense", e__txt="", f__rst="F.", g___h__TXT="H.", i__xls="I")
    assert [a.file for a in read(tmp_path)] == ["a.txt", "b.txt", "g/h.TXT"]
    assert notices(tmp_path) == [
        "b.txt (read as cp1252, which is a guess)",
        "c.doc (an old Office file, format not read)",
        "d.pdf (damaged PDF)",
        "e.txt (empty)",
        "f.rst (format not read)",
        "i.xls (format not read)",
    ]


def test_a_file_over_the_limit_is_skipped(tmp_path: Path) -> None:
    put(tmp_path, a__txt="A" * 2000, b__txt="B.", c__mkv="C" * 2000)
    found: list[Notice] = []
    drafts = list(scan(tmp_path, Limits(file_bytes=1024)).drafts(found))
    assert [draft.file for draft in drafts] == ["b.txt"]
    assert [str(notice) for notice in found] == [
        "a.txt (larger than 1 KiB)",
        "c.mkv (format not read)",
    ]


def test_metadata_goes_before_what_the_document_says(tmp_path: Path) -> None:
    page = "<title>Own</title><meta name=author content=Ann><p>Some words of it.</p>"
    metadata = line(articles={"a.html": {"title": "Given"}})
    put(tmp_path, a__html=page, metadata__json=metadata)
    assert [(a.title, a.publisher) for a in read(tmp_path)] == [("Given", "Ann")]


@pytest.mark.parametrize("kind", ["missing", "empty", "a file", "hidden only"])
def test_a_folder_without_articles(kind: str, tmp_path: Path) -> None:
    folder = tmp_path / "corpus"
    if kind == "a file":
        folder.write_text("text")
    elif kind != "missing":
        folder.mkdir()
        if kind == "hidden only":
            (folder / ".a.txt").write_text("text")
    with pytest.raises(CorpusError, match="corpus") as caught:
        scan(folder)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("metadata", "says"),
    [
        (b"{", "Invalid JSON"),
        (b"[]", "object"),
        (b"[" * 100_000, "recursion"),
        (b'{"articles": {"a.txt": {"titel": "T"}}}', "articles/a.txt/titel"),
        (b'{"articles": {"a.txt": {"title": 5}}}', "articles/a.txt/title"),
        (b'{"examples": "Why?"}', "examples"),
        (b'{"articles": {"a.txt": {"title": "\\ud800"}}}', "Invalid JSON"),
        (b'{"articles": {"a.txt": {"title": "\xe9"}}}', "Invalid JSON"),
    ],
)
def test_bad_metadata_says_where(metadata: bytes, says: str, tmp_path: Path) -> None:
    found = complaint(put(tmp_path, a__txt="A.", metadata__json=metadata))
    assert "metadata.json" in found.message and says in found.message
    assert '"publisher"' in found.hint


@pytest.mark.parametrize(
    "bad", [b"nonsense", b"[]", b"{}", b'{"text": "\xe9"}', b'{"text": "\\ud800"}']
)
def test_a_bad_line_is_named_with_its_number(bad: bytes, tmp_path: Path) -> None:
    put(tmp_path, a__jsonl=line(text="A.").encode() + bad + b"\n" + line(text="B.").encode())
    assert [a.file for a in read(tmp_path)] == ["a.jsonl:1", "a.jsonl:3"]
    (found,) = notices(tmp_path)
    assert found.startswith("a.jsonl:2 (not an article: ")


def test_many_bad_lines_are_counted(tmp_path: Path) -> None:
    put(tmp_path, a__jsonl=b"nonsense\n" * 12)
    assert notices(tmp_path)[9:] == [
        notices(tmp_path)[0].replace(":1 ", ":10 "),
        "a.jsonl (2 more lines that are no articles)",
    ]


def test_damage_anywhere_in_a_gzip_file_is_noticed(tmp_path: Path) -> None:
    text = "".join(line(text=f"Paragraph {n} of {n * n}.") for n in range(60))
    raw = gzip.compress(text.encode(), mtime=0)
    path = tmp_path / "a.jsonl.gz"
    for at in range(10, len(raw), 7):  # before it, a header of no consequence
        path.write_bytes(raw[:at] + bytes([raw[at] ^ 0x55]) + raw[at + 1 :])
        assert notices(tmp_path)[-1].startswith("a.jsonl.gz")
        path.write_bytes(raw[:at])
        assert notices(tmp_path)[-1].startswith("a.jsonl.gz")


@pytest.mark.parametrize("name", ["a.txt", "a.jsonl"])
def test_a_file_that_went_after_the_scan(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(line(text="A."))
    corpus = scan(tmp_path)
    (tmp_path / name).unlink()
    found: list[Notice] = []
    assert list(corpus.drafts(found)) == []
    assert [str(notice) for notice in found] == [
        f"{name} (can't be read: No such file or directory)"
    ]


def test_a_name_that_is_not_utf_8(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt")).write_text("A.")
    with pytest.raises(CorpusError, match="caf") as caught:
        scan(tmp_path)
    assert caught.value.hint == "Rename the file."
    str(caught.value).encode()  # can be shown
