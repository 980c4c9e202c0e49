"""An event told by several reports is read as a paragraph each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pincite.errors import InvalidData
from pincite.eval.data import Asked, load
from tests.test_eval_data import TEXT, row, write

EVENT: dict[str, Any] = {
    "id": "e00-01",
    "invented": True,
    "reports": {
        "1": {"title": "Ferry lost", "text": TEXT},
        "2": {"title": "At sea", "text": "It sank in 1913."},
    },
    "questions": [
        {
            "question": "When?",
            "kind": "conflict",
            "accounts": [[1], [2]],
            "answers": {
                "1": {"text": "1912", "answer_start": 27},
                "2": {"text": "1913", "answer_start": 11},
            },
        },
        {
            "question": "Where?",
            "kind": "same",
            "accounts": [[1]],
            "answers": {"1": {"text": "Mull", "answer_start": 19}},
        },
    ],
}


def test_each_report_of_an_event_is_a_paragraph(tmp_path: Path) -> None:
    rows = [EVENT, row("It rained.")]
    first, second, rain = load([write(tmp_path / "a.jsonl", rows)])
    assert (first.text, first.title, first.group) == (TEXT, "Ferry lost", "e00-01")
    assert (second.text, second.title, second.group) == ("It sank in 1913.", "At sea", "e00-01")
    assert first.sources == second.sources == ("written_events",)
    assert first.asked == (
        Asked("When?", "written_events", ((27, 31),), "conflict"),
        Asked("Where?", "written_events", ((19, 23),), "same"),
    )
    assert second.asked == (
        Asked("When?", "written_events", ((11, 15),), "conflict", account=1),
        Asked("Where?", "written_events", (), "same"),
    )
    assert (first.place, second.place, rain.place) == (0, 1, 2)


def test_words_of_a_report_that_are_no_answer_are_one_run_or_several(tmp_path: Path) -> None:
    ferry, year = {"text": "Ferry", "answer_start": 0}, {"text": "1913", "answer_start": 11}
    the = {"text": "The", "answer_start": 0}
    mull = {"text": "Mull", "answer_start": 19}
    event = json.loads(json.dumps(EVENT))
    event["questions"][1]["plausible"] = {"1": [the, mull], "2": year}
    first, second = load([write(tmp_path / "a.jsonl", [event])])
    assert [asked.plausible for asked in first.asked] == [(), ((0, 3), (19, 23))]
    assert [asked.plausible for asked in second.asked] == [(), ((11, 15),)]
    event["questions"][1]["plausible"] = {"1": [the, ferry]}
    with pytest.raises(InvalidData, match="'Ferry' does not stand at 0"):
        load([write(tmp_path / "b.jsonl", [event])])


@pytest.mark.parametrize("answers", [[], [{"text": "Mull", "answer_start": 19}]])
def test_a_report_answers_a_question_once(tmp_path: Path, answers: list[Any]) -> None:
    event = json.loads(json.dumps(EVENT))
    event["questions"][1]["answers"]["1"] = answers
    with pytest.raises(InvalidData, match=r"report 1 lacks"):
        load([write(tmp_path / "a.jsonl", [event])])


@pytest.mark.parametrize("key", ["id", "reports", "questions"])
def test_an_event_that_lacks_something(tmp_path: Path, key: str) -> None:
    with pytest.raises(InvalidData, match=r"a\.jsonl:1 lacks") as raised:
        load([write(tmp_path / "a.jsonl", [{k: v for k, v in EVENT.items() if k != key}])])
    assert raised.value.hint.startswith("Each line needs")
    if key != "id":
        with pytest.raises(InvalidData, match=r"a\.jsonl:1 lacks"):
            load([write(tmp_path / "a.jsonl", [EVENT | {key: 7}])])
