from __future__ import annotations

import json
from pathlib import Path

import pytest

from pincite.errors import InvalidData
from pincite.eval.ramdocs import Conflict, load, outcome, report

LINE = {
    "question": "When was the bridge opened?",
    "documents": [
        {"text": "The bridge was opened in 1931.", "type": "correct", "answer": "1931"},
        {"text": "It opened in 1934, they say.", "type": "misinfo", "answer": "1934"},
        {"text": "The river is wide.", "type": "noise", "answer": "unknown"},
    ],
    "gold_answers": ["1931", "1932", "1931"],
    "wrong_answers": ["1934", "1934"],
}
TWO = Conflict("two", "Who is the mayor?", ("a", "b"), ("Ann Lee", "Bo"), ("Cy",))
ONE = Conflict("one", "Who wrote it?", ("a",), ("The Crane",), ())


def written(folder: Path, *rows: object) -> Path:
    path = folder / "ramdocs.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)) + "\n", "utf-8")
    return path


def test_a_line_is_a_question_with_its_documents_and_each_answer_once(tmp_path: Path) -> None:
    first, second = load(written(tmp_path, LINE, LINE | {"wrong_answers": []}))
    assert first == Conflict(
        id="ramdocs-1",
        question="When was the bridge opened?",
        documents=(
            "The bridge was opened in 1931.",
            "It opened in 1934, they say.",
            "The river is wide.",
        ),
        gold=("1931", "1932"),
        wrong=("1934",),
    )
    assert (second.id, second.wrong) == ("ramdocs-2", ())


def test_the_ids_are_the_same_wherever_the_file_lies(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    assert load(written(tmp_path, LINE)) == load(written(other, LINE))


@pytest.mark.parametrize("row", [{"question": "Who?"}, [], LINE | {"documents": ["words"]}])
def test_a_line_of_another_form_is_refused(tmp_path: Path, row: object) -> None:
    with pytest.raises(InvalidData, match=r"ramdocs\.jsonl:2 lacks"):
        load(written(tmp_path, LINE, row))


def test_a_question_s_part_is_its_own_words_alone() -> None:
    # The first byte of the words' SHA-256 is even for the one, odd for the other.
    bridge = Conflict("a", "When was the bridge opened?", (), (), ())
    assert (bridge.part, TWO.part) == ("dev", "test")
    assert Conflict("b", bridge.question, ("other",), ("x",), ("y",)).part == "dev"


@pytest.mark.parametrize(
    ("answers", "exact", "found", "right", "misled"),
    [
        (("Ann Lee", "Bo"), True, 2, 2, 0),
        (("bo", "The mayor, Ann Lee,"), True, 2, 2, 0),  # in other order, inside longer words
        (("Ann Lee",), False, 1, 1, 0),
        (("Ann Lee", "Bo", "Cy"), False, 2, 2, 1),
        (("Ann Lee", "Bo", "Di"), True, 2, 2, 0),  # neither gold nor misleading
        (("Ann", "Lee", "Bo"), False, 1, 3, 0),  # a part is right, but the whole isn't given
        (("Bob",), False, 0, 0, 0),
        (("Cy",), False, 0, 0, 1),
        ((), False, 0, 0, 0),
    ],
)
def test_what_is_given_is_judged(
    answers: tuple[str, ...], exact: bool, found: int, right: int, misled: int
) -> None:
    judged = outcome(TWO, answers, False)
    assert (judged.exact, judged.found, judged.right, judged.misled) == (
        exact,
        found,
        right,
        misled,
    )
    assert judged.answers == answers


def test_articles_and_case_don_t_count() -> None:
    assert outcome(ONE, ("crane",), False).exact


def test_the_report_of_four_questions() -> None:
    made = report(
        [
            outcome(TWO, ("Ann Lee", "Bo"), True),
            outcome(TWO, ("Bo", "Cy", "Di"), True),
            outcome(ONE, ("The Crane", "a heron"), True),
            outcome(ONE, (), False),
        ]
    )
    assert made == pytest.approx(
        {
            "questions": 4,
            "exact match": 2 / 4,
            "account recall": 4 / 6,  # 2 and 1 of 2, 1 and 0 of 1
            "account precision": 4 / 7,  # 2 of 2, 1 of 3, 1 of 2
            "refused": 1 / 4,
            "exact match, nothing misleads": 1 / 2,
            "exact match, something misleads": 1 / 2,
            "disputed though one answer": 1 / 2,
        }
    )


def test_a_report_of_refusals_alone() -> None:
    made = report([outcome(TWO, (), False)])
    assert (made["refused"], made["account precision"], made["exact match"]) == (1, 0, 0)
    assert made["disputed though one answer"] == 0
