"""Reading the questions and finding their evidence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.eval.question_file import load
from pincite.eval.questions import EvalError, occurrences
from pincite.qa.answer import Status

ARTICLES = {"one.txt": "Åse left. Bo stayed.\r\n\r\nÅse left."}
ACCOUNT = {"answers": ["Åse"], "gold": [{"file": "one.txt", "evidence": "Åse left."}]}
SINGLE = {
    "id": "q1",
    "kind": "who",
    "group": "g1",
    "split": "dev",
    "question": "Who\u2028left?",
    "status": "answered",
    "accounts": [ACCOUNT],
}
TALK = {
    "id": "c1",
    "kind": "conversation",
    "group": "g2",
    "split": "test",
    "turns": [
        {
            "question": "Who left?",
            "standalone": "Who left?",
            "status": "answered",
            "accounts": [ACCOUNT],
        },
        {
            "question": "And why?",
            "standalone": "Why did Åse leave?",
            "status": "no_answer",
            "accounts": [],
        },
    ],
}


def write(path: Path, *lines: object) -> Path:
    file = path / "questions.jsonl"
    text = "\n".join(
        line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines
    )
    file.write_bytes(text.encode())
    return file


def test_single_question(tmp_path: Path) -> None:
    (question,) = load(write(tmp_path, SINGLE, ""), ARTICLES)
    assert (question.id, question.kind, question.group, question.split) == (
        "q1",
        "who",
        "g1",
        "dev",
    )
    assert question.question == question.standalone == "Who\u2028left?"
    assert (question.status, question.conversation, question.turn) == (Status.ANSWERED, None, 1)
    assert question.accounts[0].answers == ("Åse",)
    # Characters, not bytes; the line ends of the file count, "\r" too: 20 + 4 = 24.
    assert question.accounts[0].gold[0].spans == ((0, 9), (24, 33))


def test_conversation_gives_its_turns_in_order(tmp_path: Path) -> None:
    first, second = load(write(tmp_path, TALK), ARTICLES)
    assert (first.id, first.conversation, first.turn, first.answerable) == ("c1/1", "c1", 1, True)
    assert (second.id, second.conversation, second.turn, second.answerable) == (
        "c1/2",
        "c1",
        2,
        False,
    )
    assert (second.question, second.standalone) == ("And why?", "Why did Åse leave?")


def test_filters(tmp_path: Path) -> None:
    path = write(tmp_path, SINGLE, TALK)
    assert [q.id for q in load(path, ARTICLES, split="dev")] == ["q1"]
    assert [q.id for q in load(path, ARTICLES, split="test")] == ["c1/1", "c1/2"]
    assert [q.id for q in load(path, ARTICLES, kinds=["who"])] == ["q1"]
    with pytest.raises(EvalError, match="no questions are left"):
        load(path, ARTICLES, split="test", kinds=["who"])
    with pytest.raises(EvalError, match="no such kind: whom") as caught:
        load(path, ARTICLES, kinds=["whom"])
    assert caught.value.line is None


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        (SINGLE | {"id": "  "}, "'id' is empty"),
        (SINGLE | {"id": None}, "'id' is missing or not a text"),
        ("[" * 100_000, "too deep"),
        (SINGLE | {"id": "q0"}, "'q0' is taken"),
        (SINGLE | {"kind": "whom"}, "'kind' is 'whom'"),
        (SINGLE | {"split": "train"}, "'split' is 'train'"),
        (SINGLE | {"status": "maybe"}, "'status' is 'maybe'"),
        (SINGLE | {"question": 5}, "'question' is missing or not a text"),
        (SINGLE | {"accounts": {}}, "'accounts' is missing or not a list"),
        (SINGLE | {"accounts": []}, "0 accounts do not go with the status answered"),
        (SINGLE | {"status": "disputed"}, "1 accounts do not go with the status disputed"),
        (SINGLE | {"status": "no_answer"}, "1 accounts do not go with the status no_answer"),
        (SINGLE | {"accounts": [ACCOUNT | {"answers": [""]}]}, "without answers"),
        (SINGLE | {"accounts": [ACCOUNT | {"answers": "Bo"}]}, "without answers"),
        (SINGLE | {"accounts": [ACCOUNT | {"gold": []}]}, "without evidence"),
        (
            SINGLE | {"accounts": [ACCOUNT | {"gold": [{"file": "two.txt", "evidence": "x"}]}]},
            "no article 'two.txt'",
        ),
        (
            SINGLE | {"accounts": [ACCOUNT | {"gold": [{"file": "one.txt", "evidence": "x"}]}]},
            "evidence not in one.txt: 'x'",
        ),
        (TALK | {"turns": []}, "without turns"),
        (TALK | {"turns": [{"question": "Who?", "status": "no_answer"}]}, "'accounts' is missing"),
        (
            TALK | {"turns": [{"question": "Who?", "status": "no_answer", "accounts": []}]},
            "'standalone' is missing",
        ),
    ],
)
def test_errors_name_the_line(tmp_path: Path, line: object, message: str) -> None:
    with pytest.raises(EvalError, match=message) as caught:
        load(write(tmp_path, SINGLE | {"id": "q0"}, line), ARTICLES, split="dev")
    assert caught.value.line == 2
    assert caught.value.message.startswith(f"line 2, column {caught.value.column}: ")
    assert caught.value.hint


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="can't read"):
        load(tmp_path / "none.jsonl", ARTICLES)


@given(st.text("ab", max_size=12), st.text("ab", min_size=1, max_size=3))
def test_occurrences_are_all_places(text: str, part: str) -> None:
    everywhere = [(i, i + len(part)) for i in range(len(text)) if text.startswith(part, i)]
    assert list(occurrences(text, part)) == everywhere
