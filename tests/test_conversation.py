from __future__ import annotations

import pytest

from qa.answer import Turn
from qa.conversation import points_back, understand

PRISONERS = Turn("How many prisoners were claimed?", "13")


@pytest.mark.parametrize(
    "question",
    [
        "when?",
        "and in Nikopol?",
        "Who said that?",
        "How many of them?",
        "Where did he say it?",
        "At what time?",
        "Has that already happened?",
        "What about the second group?",
        "Why there?",
    ],
)
def test_these_point_back(question: str) -> None:
    assert points_back(question)


@pytest.mark.parametrize(
    "question",
    [
        "How many drones were shot down over Dzhankoi?",
        "Who said that the governor never came?",
        "What did Russia say it had fired at the airfield?",
        "Which town that Ukraine shelled burned?",
        "drones dzhankoi how many",
        "how many prisoners were claimed?",
    ],
)
def test_these_stand_on_their_own(question: str) -> None:
    assert not points_back(question)


def test_a_first_question_is_left_as_it_is() -> None:
    assert understand("Who said that?", ()) == "Who said that?"


def test_a_follow_up_carries_the_topic_and_the_answer() -> None:
    assert understand("Who said that?", [PRISONERS]) == "Who said that? (prisoners claimed, 13)"


def test_a_change_of_topic_carries_nothing() -> None:
    question = "What did Zelensky say about air defenses?"
    assert understand(question, [PRISONERS]) == question


def test_a_chain_of_follow_ups_keeps_the_topic() -> None:
    history = [Turn("Which town was Ukraine advancing on?", "Svatove"), Turn("Where is it?", "")]
    understood = understand("And why is it important?", history)
    assert "Svatove" in understood
    assert "advancing" in understood


def test_an_answer_already_in_the_question_is_not_said_twice() -> None:
    turn = Turn("What did Gladkov say?", "Gladkov")
    assert understand("When?", [turn]) == "When? (Gladkov)"


def test_of_a_long_answer_only_its_beginning_is_carried() -> None:
    understood = understand("When?", [Turn("What happened?", "word " * 10_000)])
    assert len(understood) < 300
