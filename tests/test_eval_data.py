"""Reading data is merged by text, split by article, and refused where it is damaged."""

from __future__ import annotations

import gzip
import json
import random
import tempfile
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pincite.errors import InvalidData
from pincite.eval.data import Asked, Paragraph, hash_of, load
from pincite.qa.answer import Turn

TEXT = "The ferry sank off Mull in 1912."


def row(
    text: str, title: str | None = "", source: str = "squaddev", **answers: str | None
) -> dict[str, Any]:
    """A line of a file; its questions by keyword, None where the text does not answer."""
    qas = [
        {
            "question": f"{question}?",
            "answers": [] if said is None else [{"text": said, "answer_start": text.index(said)}],
        }
        for question, said in answers.items()
    ]
    return {"source": source, "title": title, "context": text, "qas": qas}


def write(path: Path, rows: Sequence[object]) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")
    return path


def named(split: str) -> str:
    """A group that belongs to the split."""
    names = (f"Wiki1k:wikinews:{n}" for n in range(1000))
    return next(n for n in names if Paragraph("", "", n, (), (), 0).split == split)


def test_one_text_of_several_sources_is_one_paragraph(tmp_path: Path) -> None:
    one = write(tmp_path / "a.jsonl", [row(TEXT, None, "nq", when="1912", who=None)])
    other = write(tmp_path / "b.jsonl", [row(TEXT, "Mull", "qed", when="1912"), row("It rained.")])
    merged, rain = load([one, other])
    assert (merged.text, merged.title, merged.sources) == (TEXT, "Mull", ("nq", "qed"))
    assert merged.asked == (
        Asked("when?", "nq", ((27, 31),)),
        Asked("who?", "nq", ()),
        Asked("when?", "qed", ((27, 31),)),
    )
    assert (merged.place, rain.place) == (0, 2)


def test_a_question_that_comes_twice_is_kept_once(tmp_path: Path) -> None:
    twice = write(tmp_path / "a.jsonl", [row(TEXT, when="1912"), row(TEXT, when="1912", who=None)])
    (paragraph,) = load([twice])
    assert [one.question for one in paragraph.asked] == ["when?", "who?"]


def test_of_one_text_with_other_white_space_the_first_stays(tmp_path: Path) -> None:
    file = write(tmp_path / "a.jsonl", [row(TEXT), row(f" {TEXT.upper()}", when="1912")])
    assert [(one.text, one.asked) for one in load([file])] == [(TEXT, ())]


def test_what_names_an_article_groups(tmp_path: Path) -> None:
    rows = [
        row("a b", "Wiki1k:wikinews:77:0:1"),
        row("c d", "Wiki1k:wikinews:77:4:2"),
        row("e f", "Wiki1k:wikipedia:77:0:1"),
        row("g h", "Filtered_Reddit_Comments"),
        row("i j", "Filtered_Reddit_Comments"),
        row("k l", "Mull"),
        row("m n", "Mull"),
        row("m n", "Islands"),
        row("o p", "Islands"),
    ]
    paragraphs = load([write(tmp_path / "a.jsonl", rows)])
    groups: dict[str, list[str]] = {}
    for one in paragraphs:
        groups.setdefault(one.group, []).append(one.text)
    assert list(groups.values()) == [
        ["a b", "c d"],
        ["e f"],
        ["g h"],
        ["i j"],
        ["k l", "m n", "o p"],
    ]


WRITTEN = {
    "source": "written_news",
    "id": "00007",
    "title": "Mull",
    "context": TEXT,
    "qas": [
        {
            "kind": "follow-up",
            "question": "and when?",
            "answers": [{"text": "1912", "answer_start": 27}],
            "is_impossible": False,
            "history": [{"question": "What sank?", "answer": "the ferry"}],
            "standalone": "When did the ferry sink?",
        },
        {
            "kind": "unanswerable",
            "question": "Who built it?",
            "answers": [],
            "is_impossible": True,
            "plausible": [{"text": "Mull", "answer_start": 19}],
        },
    ],
}


def test_a_written_row_keeps_what_is_known_of_its_questions(tmp_path: Path) -> None:
    (paragraph,) = load([write(tmp_path / "a.jsonl", [WRITTEN])])
    assert paragraph.group == "00007"
    turns = (Turn("What sank?", "the ferry"),)
    when = ((27, 31),)
    assert paragraph.asked == (
        Asked("and when?", "written_news", when, "follow-up", turns, "When did the ferry sink?"),
        Asked("Who built it?", "written_news", (), "unanswerable", plausible=((19, 23),)),
    )
    wrong = json.loads(json.dumps(WRITTEN))
    wrong["qas"][1]["plausible"][0]["answer_start"] = 20
    with pytest.raises(InvalidData, match="'Mull' does not stand at 20"):
        load([write(tmp_path / "b.jsonl", [wrong])])


def test_the_development_data_is_halved() -> None:
    halves = [p.half for n in range(4000) if (p := named_paragraph(f"{n:05}")).split == "dev"]
    assert 180 <= halves.count("tune") <= 320 and 180 <= halves.count("report") <= 320
    # By the last hex digit: 0 and 8 are for development, 0 of them to report.
    for group in ("a", "b", "00001", "e00-01"):
        last = int(sha256(group.encode()).hexdigest()[-1], 16)
        split = "dev" if last in (0, 8) else "train"
        assert named_paragraph(group).split == split
        assert (named_paragraph(group).half == "report") == (last // 8 == 0)


def named_paragraph(group: str) -> Paragraph:
    return Paragraph("", "", group, (), (), 0)


def test_strays_about_a_development_article_are_dropped(tmp_path: Path) -> None:
    dev, train = named("dev"), named("train")
    about = f"{dev.upper()}:0:0 is spoken of here too."
    rows = [
        row("The first.", f"{dev}:0:0"),
        row("The second.", f"{train}:0:0", source="nq"),
        row(f"Of {train}:0:0."),
        *[row(f"{n}: {about}") for n in range(30)],
        row(f"With a title: {about}", f"{train}:1:1"),
    ]
    kept = load([write(tmp_path / "a.jsonl", rows)])
    assert [one.text for one in kept if one.split == "train" and about in one.text] == [
        f"With a title: {about}"
    ]
    assert f"Of {train}:0:0." in [one.text for one in kept]
    # A title of a set that is not of Wikipedia drops nothing.
    rows[0]["source"] = "nq"
    again = load([write(tmp_path / "b.jsonl", rows)])
    assert len(again) == len(rows) > len(kept)


words = st.sampled_from([f"w{n}" for n in range(30)])
titles = st.one_of(
    st.just(""),
    st.just("Filtered_Reddit_Comments"),
    st.sampled_from([f"T{n}" for n in range(12)]),
    st.builds("Wiki1k:{}:{}:{}:0".format, st.sampled_from("ab"), st.integers(0, 9), st.integers(0)),
)
rows = st.builds(
    row,
    st.lists(words, min_size=1, max_size=3).map(" ".join),
    titles,
    st.sampled_from(["nq", "squaddev", "qed"]),
)


@settings(max_examples=30, deadline=None)
@given(st.lists(rows, min_size=1, max_size=60), st.randoms(use_true_random=False))
def test_no_text_and_no_title_is_on_both_sides(
    rows: list[dict[str, Any]], drawn: random.Random
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        paragraphs = load([write(Path(folder) / "a.jsonl", rows)])
        drawn.shuffle(rows)
        again = load([write(Path(folder) / "b.jsonl", rows)])
    sides = {split: [one for one in paragraphs if one.split == split] for split in ("train", "dev")}
    texts = {split: {one.text for one in of} for split, of in sides.items()}
    assert not texts["train"] & texts["dev"]
    article = {
        split: {name for r in rows if r["context"] in of and (name := _article(r["title"]))}
        for split, of in texts.items()
    }
    assert not article["train"] & article["dev"]
    assert not {one.group for one in sides["train"]} & {one.group for one in sides["dev"]}
    assert {one.text: one.split for one in again} == {one.text: one.split for one in paragraphs}
    about = {one.title.lower() for one in sides["dev"] if "squaddev" in one.sources and one.title}
    strays = [one for one in sides["train"] if not one.title]
    assert not any(title in one.text for one in strays for title in about)


def _article(title: str) -> str:
    if title == "Filtered_Reddit_Comments":
        return ""
    return ":".join(title.split(":")[:3]) if title.startswith("Wiki1k") else title


def test_about_an_eighth_of_the_articles_is_for_development() -> None:
    splits = [Paragraph("", "", f"title {n}", (), (), 0).split for n in range(4000)]
    assert 420 <= splits.count("dev") <= 580


@pytest.mark.parametrize("start", [26, 28, -5, 999, "here", None])
def test_an_answer_that_does_not_stand_there(tmp_path: Path, start: object) -> None:
    wrong = row(TEXT, when="1912")
    wrong["qas"][0]["answers"][0]["answer_start"] = start
    with pytest.raises(InvalidData) as raised:
        load([write(tmp_path / "a.jsonl", [row(TEXT), wrong])])
    assert "a.jsonl:2" in raised.value.message
    assert raised.value.hint


def test_an_empty_answer_is_none(tmp_path: Path) -> None:
    wrong = row(TEXT)
    wrong["qas"] = [{"question": "who?", "answers": [{"text": "", "answer_start": 3}]}]
    with pytest.raises(InvalidData, match="does not stand at 3"):
        load([write(tmp_path / "a.jsonl", [wrong])])


@pytest.mark.parametrize("key", ["source", "title", "context", "qas"])
def test_a_line_that_lacks_a_key(tmp_path: Path, key: str) -> None:
    lacking = row(TEXT, when="1912")
    del lacking[key]
    with pytest.raises(InvalidData, match=rf"a\.jsonl:1 lacks .*'{key}'") as raised:
        load([write(tmp_path / "a.jsonl", [lacking])])
    assert raised.value.hint.startswith("Each line needs source")


@pytest.mark.parametrize(
    "line", [7, None, "text", [], {"source": "a", "title": "", "context": "b", "qas": [{}]}]
)
def test_a_line_of_another_kind(tmp_path: Path, line: object) -> None:
    with pytest.raises(InvalidData, match=r"a\.jsonl:1 lacks"):
        load([write(tmp_path / "a.jsonl", [line])])


def test_a_line_that_is_not_json_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f"{json.dumps(row(TEXT))}\n\n{{'source'}}\n")
    with pytest.raises(InvalidData, match=r"a\.jsonl:3 is not JSON"):
        load([path])


GZIPPED = gzip.compress(f"{json.dumps(row(TEXT, when='1912'))}\n".encode() * 50, mtime=0)


@pytest.mark.parametrize(
    "content",
    [
        GZIPPED[: len(GZIPPED) // 2],
        GZIPPED[:40] + bytes(20) + GZIPPED[60:],
        GZIPPED[:-8] + bytes(8),
        b"plain text",
        gzip.compress(b"\xff\xfe\xff"),
    ],
    ids=["cut short", "zeros inside", "wrong checksum", "not gzip", "not UTF-8"],
)
def test_a_damaged_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(content)
    with pytest.raises(InvalidData, match="can't be read") as raised:
        load([path])
    assert "\n" not in raised.value.message


@settings(max_examples=40, deadline=None)
@given(st.integers(0, len(GZIPPED) - 1), st.integers(1, 255))
def test_whatever_byte_is_damaged_the_error_is_ours(at: int, by: int) -> None:
    damaged = bytearray(GZIPPED)
    damaged[at] ^= by
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.jsonl.gz"
        path.write_bytes(damaged)
        try:
            (paragraph,) = load([path])
        except InvalidData:
            return
    assert paragraph.text == TEXT


def test_gzipped_or_plain_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(GZIPPED)
    plain = tmp_path / "a.jsonl"
    plain.write_bytes(gzip.decompress(GZIPPED))
    assert load([path]) == load([plain])


@pytest.mark.parametrize("of", [load, hash_of])
def test_no_such_file(tmp_path: Path, of: Callable[[list[Path]], object]) -> None:
    with pytest.raises(InvalidData, match=r"nothing\.jsonl can't be read"):
        of([tmp_path / "nothing.jsonl"])
    with pytest.raises(InvalidData, match="can't be read"):
        of([tmp_path])


def test_hashes_are_by_name_and_names_are_not_shared(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    one, other = tmp_path / "a.jsonl", tmp_path / "other" / "a.jsonl"
    one.write_bytes(b"abc")
    other.write_bytes(b"")
    assert hash_of([one]) == {
        "a.jsonl": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    }
    with pytest.raises(InvalidData, match=r"two files are called a\.jsonl"):
        hash_of([one, other])
