from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.errors import InvalidRequest
from pincite.qa.answer import NO_ANSWER, NO_QUESTION, Turn
from pincite.qa.question import TURNS, Question
from pincite.settings import Settings

SETTINGS = Settings()
WON = Turn("Who won?", "Ann Lee")
WHEN = Turn("and when?", "in May")


def of(text: str, *history: Turn) -> Question:
    return Question.of(text, history, SETTINGS)


def test_alone_a_question_is_looked_up_as_it_stands() -> None:
    question = of("  Who\n\twon? ")
    assert question == Question("Who won?")
    assert question.asked == question.understood_as == question.text == "Who won?"
    assert question.alone == question


def test_a_follow_up_carries_the_last_two_turns() -> None:
    question = of("and where?", Turn("What is this?", "a race"), WON, WHEN)
    assert TURNS == 2
    assert question.turns == (WON, WHEN)
    assert question.asked == "Who won? Ann Lee . and when? in May . and where?"
    assert question.understood_as == "Who won? Ann Lee → and when? in May → and where?"
    assert question.alone == Question("and where?")


def test_a_turn_without_an_answer_is_its_question() -> None:
    assert of("and why?", Turn("Who won?", "")).asked == "Who won? . and why?"
    assert of("and why?", Turn("Who won?", NO_ANSWER)).asked == "Who won? . and why?"
    assert of("and why?", Turn("thanks", f"{NO_QUESTION}.")).asked == "thanks . and why?"
    assert of("and why?", Turn("Who\nwon?", " Ann\nLee")).asked == "Who won? Ann Lee . and why?"


@pytest.mark.parametrize("text", ["", "   ", "?!…", "\u00a0\n"])
def test_a_question_without_words_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="no words"):
        of(text)


def test_what_is_too_long_is_refused() -> None:
    assert of("a" * 1000).text == "a" * 1000
    for question, history in (("a" * 1001, []), ("why?", [Turn("a" * 1001, ""), WON, WHEN])):
        with pytest.raises(InvalidRequest, match="longer than 1000 characters"):
            of(question, *history)
    assert of("why?", *[WON] * 20).turns == (WON, WON)
    with pytest.raises(InvalidRequest, match="more than 20 turns"):
        of("why?", *[WON] * 21)


def test_a_long_answer_before_it_is_cut() -> None:
    # Another program's answers may be of any length, and are no reason to refuse a question.
    (turn,) = of("and why?", Turn("Who won?", "Ann \n" + "a" * 200_000)).turns
    assert turn == Turn("Who won?", "Ann " + "a" * 996)


@given(st.text(max_size=60), st.lists(st.builds(Turn, st.text(max_size=9), st.text(max_size=9))))
def test_what_the_models_are_given_ends_with_the_question(text: str, history: list[Turn]) -> None:
    try:
        question = of(text, *history)
    except InvalidRequest:
        return
    assert question.text == " ".join(text.split())
    assert question.asked.endswith(question.text)
    assert len(question.turns) == min(len(history), TURNS)
    assert "\n" not in question.asked
