"""Runs read back from their JSON, compared, and how far their confidence can be trusted."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.eval.outcomes import (
    Outcome,
    Run,
    check_comparable,
    compare,
    load_run,
    mcnemar,
    run_of,
    trust,
)
from pincite.eval.questions import EvalError
from pincite.eval.record import Cause
from pincite.eval.report import Report
from pincite.eval.run import evaluate
from pincite.eval.tables import comparison_section
from pincite.eval.targets import InProcess
from pincite.qa.answer import Answer, Status, Turn
from tests.test_eval_run import ARTICLES, QUESTIONS, Parrot


@pytest.fixture(scope="module")
def report() -> Report:
    parrot = Parrot()
    target = InProcess(parrot.ask, parrot.rank)
    return evaluate(target, QUESTIONS, ARTICLES, metadata={"version": "1"})


def outcome(id_: str, right: bool, confidence: float = 0.5, answer: str | None = "x") -> Outcome:
    return Outcome(id_, "who", f"Who is {id_}?", answer, confidence, right)


def run(rights: dict[str, bool]) -> Run:
    return Run({}, {id_: outcome(id_, right) for id_, right in rights.items()})


def test_a_run_is_read_back_as_it_was_written(report: Report, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text(json.dumps(report.to_dict()), encoding="utf-8")
    found = load_run(file)
    assert found.metadata == {"version": "1"}
    assert {one.id for one in found.outcomes.values() if one.right} == {
        "good",
        "c/1",
        "c/3",
        "near",
    }
    assert found.outcomes["near"].answer is None
    assert found.outcomes["far"] == Outcome(
        *("far", "unanswerable_far", "Who is Di?", "Cy", 0.5, False),
        {"status": "no_answer", "accounts": []},
    )
    compared = compare(found, found)
    assert (compared.better, compared.worse, compared.both, compared.neither) == ((), (), 4, 5)
    assert (compared.left_out, compared.p_value) == (0, 1)


def test_better_and_worse() -> None:
    earlier = run({"a": True, "b": False, "c": False, "d": True, "e": False, "gone": True})
    now = run({"a": True, "b": True, "c": True, "d": False, "e": False, "new": True})
    found = compare(now, earlier)
    assert [pair.now.id for pair in found.better] == ["b", "c"]
    assert [(pair.earlier.right, pair.now.right) for pair in found.worse] == [(True, False)]
    assert (found.both, found.neither, found.left_out) == (1, 1, 2)
    # Three coins: 2 heads or a more uneven split is certain.
    assert found.to_dict()["p_value"] == 1
    assert json.loads(json.dumps(found.to_dict()))["better"] == ["b", "c"]


def test_a_question_in_other_words_is_another_one() -> None:
    now = run({"a": True, "b": True})
    moved = Run({}, {"a": outcome("a", False), "b": Outcome("b", "who", "Else?", "x", 0.5, False)})
    found = compare(now, moved)
    assert ([pair.now.id for pair in found.better], found.left_out) == (["a"], 2)


def test_a_question_with_another_answer_expected_is_left_out() -> None:
    def keyed(answers: dict[str, str | None], *, right: bool) -> Run:
        outcomes = {
            id_: dataclasses.replace(
                outcome(id_, right), expected={"accounts": [key]} if key else None
            )
            for id_, key in answers.items()
        }
        return Run({}, outcomes)

    earlier = keyed({"same": "x", "changed": "x", "gone": "x", "unsaid": None}, right=False)
    now = keyed({"same": "x", "changed": "y", "unsaid": "x"}, right=True)
    found = compare(now, earlier)
    assert [pair.now.id for pair in found.better] == ["same", "unsaid"]
    assert (found.worse, found.left_out, found.rekeyed) == ((), 1, 1)
    assert found.p_value == 0.5 and found.to_dict()["rekeyed"] == 1
    _, _, rows = comparison_section(found)
    assert ("left out: another answer is expected now", "1") in rows


def test_mcnemar_by_hand() -> None:
    # Ten coins, nine or more heads or tails: 2 (10 + 1) / 1024.
    assert mcnemar(9, 1) == mcnemar(1, 9) == pytest.approx(22 / 1024)
    assert mcnemar(5, 0) == pytest.approx(2 / 32)
    assert mcnemar(3, 3) == 1
    assert mcnemar(0, 0) == 1


@given(st.integers(0, 40), st.integers(0, 40))
def test_mcnemar_is_a_probability_and_takes_no_side(better: int, worse: int) -> None:
    assert 0 < mcnemar(better, worse) <= 1
    assert mcnemar(better, worse) == pytest.approx(mcnemar(worse, better))


def test_trust_is_of_what_was_shown() -> None:
    refused = outcome("r", False, 0.1, answer=None)
    found = trust([outcome("a", True, 0.9), outcome("b", False, 0.6), refused, refused])
    assert found is not None
    # Two of the four were answered: the surest is right, the other wrong.
    assert found.curve == ((0.25, 0.0), (0.5, 0.5))
    assert found.area == 0.25
    assert [(one.count, one.confidence, one.accuracy) for one in found.bins] == [
        (1, 0.6, 0.0),
        (1, 0.9, 1.0),
    ]
    assert found.error == pytest.approx((0.6 + 0.1) / 2)
    assert trust([refused]) is None


def test_what_was_refused_and_how_long_it_took(report: Report) -> None:
    counts = report.refusals
    assert (counts.answerable_answered, counts.answerable_refused) == (5, 2)
    assert (counts.unanswerable_answered, counts.unanswerable_refused) == (1, 1)
    stages = report.stages
    assert list(stages) == ["wall", "retrieve", "read", "total"]
    assert (stages["read"].p50, stages["read"].p95) == (2.0, 2.0)
    made = report.to_dict()
    assert made["refusals"]["unanswerable_answered"] == 1
    assert made["stages_ms"]["total"] == {"p50": 3.0, "p95": 3.0}
    assert made["trust"]["curve"][-1] == [pytest.approx(6 / 9), 0.5]  # six answered, three right


class Chatty(Parrot):
    """Takes what it would refuse for small talk."""

    def ask(self, question: str, history: Sequence[Turn], limit: int | None) -> Answer:
        answer = super().ask(question, history, limit)
        if answer.status is Status.ANSWERED:
            return answer
        return dataclasses.replace(answer, status=Status.NO_QUESTION, confidence=0.0, nearest=())


def test_what_is_taken_for_no_question_is_counted_as_refused(report: Report) -> None:
    chatty = Chatty()
    made = evaluate(InProcess(chatty.ask, chatty.rank), QUESTIONS, ARTICLES)
    assert made.refusals == report.refusals
    causes = {record.question.id: record.cause for record in made.records}
    assert (causes["near"], causes["refused"]) == (None, Cause.REFUSED)
    assert run_of(made.to_dict()).outcomes["near"].answer is None
    assert made.trust == report.trust  # of what was shown alone


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "is no report"),
        (b"\xff", "is no report"),
        (b"[]", "is no report"),
        (b"{}", "is no report"),
        (b'{"format": 4, "metadata": {}, "questions": [{"id": 1}]}', "is no report"),
        (b'{"format": 4, "metadata": {}, "questions": []}', "holds no questions"),
        (b'{"format": 99, "metadata": {}, "questions": []}', "format 99"),
    ],
)
def test_what_is_no_run(content: bytes, message: str, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_bytes(content)
    with pytest.raises(EvalError, match=message) as caught:
        load_run(file)
    assert caught.value.hint


def test_no_file_and_nothing_in_common(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="can't read"):
        load_run(tmp_path / "none.json")
    check_comparable(run_of({"metadata": {}, "questions": [row("good")]}), QUESTIONS)
    with pytest.raises(EvalError, match="none of these questions") as caught:
        check_comparable(run({"other": True}), QUESTIONS)
    assert "same split" in caught.value.hint


def row(id_: str) -> dict[str, Any]:
    (question,) = (one for one in QUESTIONS if one.id == id_)
    got = {"status": "answered", "answer": "13", "confidence": 1}
    measures = {"as_expected": 1.0}
    words = question.question
    return {"id": id_, "kind": "who", "question": words, "got": got, "measures": measures}
