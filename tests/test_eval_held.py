"""Texts and events that are held back are never trained on."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pincite.eval.data import HELD, Paragraph, load
from pincite.eval.events import KINDS
from pincite.settings import SHIPPED
from tests.test_eval_data import TEXT, write
from tests.test_eval_data_events import EVENT

HELD_FILES = [SHIPPED / "eval" / name for name in ("documents.jsonl", "events.jsonl")]


@settings(deadline=None)
@given(st.text(max_size=12))
def test_what_is_held_back_is_of_the_development_split(name: str) -> None:
    held = Paragraph("", "", f"{HELD}{name}", (), (), 0)
    assert held.split == "dev"
    # Which half it is in is decided by its name, like that of any other.
    last = int(sha256(held.group.encode()).hexdigest()[-1], 16)
    assert held.half == ("report" if last // 8 == 0 else "tune")


def written(id_: str, text: str = TEXT) -> dict[str, Any]:
    return {"source": "written_news", "id": id_, "title": "", "context": text, "qas": []}


def test_texts_and_the_reports_of_events_are_held_back(tmp_path: Path) -> None:
    event = EVENT | {"id": f"{HELD}e1"}
    rows = [written(f"{HELD}n1", "It rained."), event]
    assert [one.split for one in load([write(tmp_path / "a.jsonl", rows)])] == ["dev"] * 3


@pytest.mark.parametrize("other", ["00000", "title A", "zebra"])
def test_a_copy_in_other_data_does_not_take_it_into_training(tmp_path: Path, other: str) -> None:
    assert Paragraph("", "", other, (), (), 0).split == "train"
    for number, rows in enumerate(
        ([written(f"{HELD}1"), written(other)], [written(other), written(f"{HELD}1")])
    ):
        (one,) = load([write(tmp_path / f"{number}.jsonl", rows)])
        assert one.split == "dev", one.group


def test_the_shipped_held_data_is_all_held_back() -> None:
    paragraphs = load(HELD_FILES)
    assert {one.split for one in paragraphs} == {"dev"}
    assert {one.half for one in paragraphs} == {"tune", "report"}
    rows = [json.loads(line) for path in HELD_FILES for line in path.open(encoding="utf-8")]
    assert len({row["id"] for row in rows}) == len(rows) == 90 + 48
    asked = [asked for one in paragraphs for asked in one.asked]
    assert {asked.kind for asked in asked if asked.source == "written_events"} == set(KINDS)
