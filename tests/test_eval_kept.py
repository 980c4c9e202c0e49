"""Whether reading keeps words and places: that it does, and that what it lost would be counted."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest

from pincite.errors import InvalidData
from pincite.eval.kept import Kept, check, main, texts
from pincite.eval.written import FORMATS, Text, Written, under
from tests.documents import pdf

TEXT = Text(
    "The tents of Olm",
    (
        "The larger tent weighs 2.8 kg, and three people sleep in it: *not* four & <never> five.",
        "1. A torn seam is mended with the tape in the blue_pouch (see www.olm.example/a_b).",
        "Zoë Müller said “it’s 1.9 kg” – and that was that.",
    ),
)


def came_of(format_: Written, quotes: int = 40) -> Kept:
    kept = Kept()
    check(TEXT, format_, quotes, random.Random(3), kept)
    return kept


@pytest.mark.parametrize("format_", FORMATS, ids=lambda one: one.suffix)
def test_every_format_keeps_every_word_and_place(format_: Written) -> None:
    kept = came_of(format_)
    assert (kept.disagreements, kept.said) == (0, [])
    # 4 in the title; 17, 17 and 12 in the paragraphs, "2.8", "it's" and "1.9" being two each.
    titled = 4 if format_.titled else 0
    assert (kept.articles, kept.quotes, kept.words) == (1, 40, titled + 17 + 17 + 12)


def test_a_word_that_is_lost_is_counted() -> None:
    plain = FORMATS[0]
    loses = replace(plain, write=lambda text: plain.write(text).replace(b" seam", b""))
    kept = came_of(loses, 200)
    assert kept.unfound == 1
    lost = [said for said in kept.said if said.startswith("found 0 times")]
    assert len(lost) == kept.lost > 0
    assert all("seam" in said for said in lost)


def test_a_title_with_a_word_twice_and_a_line_to_write_on_lose_nothing() -> None:
    kept = Kept()
    text = Text("One by one", ("Sign here: ______ or there.",))
    check(text, FORMATS[0], 1, random.Random(0), kept)
    assert (kept.words, kept.unfound, kept.said) == (3 + 4, 0, [])


def test_words_that_stand_elsewhere_in_the_original_are_counted() -> None:
    kept = came_of(replace(FORMATS[0], read=lambda _: "Nothing of the kind."))
    assert kept.astray == 40


def test_what_is_not_read_is_counted() -> None:
    assert came_of(replace(FORMATS[0], write=lambda _: b"")).unread == 1


def test_the_words_under_a_box() -> None:
    data = pdf("Some words on a page.")
    words = "Some words on a page."
    assert " ".join(under(data, iter([(1, 0.0, 0.0, 600.0, 850.0)])).split()) == words
    assert under(data, iter([(1, 0.0, 0.0, 600.0, 400.0)])) == ""


def test_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "articles.jsonl"
    held = {"title": TEXT.title, "text": "\n\n".join(TEXT.paragraphs)}
    path.write_text(json.dumps(held) + "\n" + json.dumps(held | {"text": ""}) + "\n")
    assert main([str(path), "--format", ".txt", "--quotes", "2"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[2].startswith("| .txt | 1 | 2 | 50 | 0 | 0 | 0 | 0 |  | 0 |")
    path.write_text('{"title": "no text"}\n')
    with pytest.raises(InvalidData, match=r"articles\.jsonl:1 is no article"):
        list(texts(path, 1))
