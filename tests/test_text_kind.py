from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pincite.errors import InvalidRequest, ModelError
from pincite.qa.answer import NO_QUESTION, Status, Turn
from pincite.qa.ask import Pincite
from pincite.qa.text_kind import FILE, Probe, TextKinds, load_text_kinds

TALK = Probe(np.array([4.0, -2.0], dtype=np.float32), -1.0)
NEVER = Probe(np.array([0.0, 0.0], dtype=np.float32), -9.0)
KINDS = TextKinds(TALK, NEVER)


def thankful(small: Pincite) -> Pincite:
    """The same index, with texts like "thanks" taken for small talk."""
    (thanks,) = small.encoder.encode(["thanks"])
    talk = Probe(20 * thanks, -10.0)  # odds of e^10 for "thanks" itself
    kinds = TextKinds(talk, Probe(0 * thanks, 9.0))
    return Pincite(small.index, replace(small.models, kinds=kinds), small.settings)


def test_the_probability_is_that_of_a_logistic_regression() -> None:
    # -1 + 0.6 * 4 - 0.8 * 2 = -0.2
    vector = np.array([0.6, 0.8], dtype=np.float32)
    assert TALK.probability(vector) == pytest.approx(1 / (1 + math.exp(0.2)))


def test_what_is_written_is_what_is_loaded(tmp_path: Path) -> None:
    assert load_text_kinds(tmp_path, "encoder") is None
    assert load_text_kinds(tmp_path / "nothing", "encoder") is None
    KINDS.write(tmp_path, "encoder")
    loaded = load_text_kinds(tmp_path, "encoder")
    assert loaded is not None
    assert (loaded.small_talk.weights.tolist(), loaded.small_talk.bias) == ([4.0, -2.0], -1.0)
    assert loaded.stands_alone(np.array([0.6, 0.8], dtype=np.float32))


def test_numbers_of_another_encoder_and_a_damaged_file_are_refused(tmp_path: Path) -> None:
    KINDS.write(tmp_path, "encoder")
    with pytest.raises(ModelError, match="another encoder") as refused:
        load_text_kinds(tmp_path, "another")
    assert "pincite.training.text_kinds" in refused.value.hint
    for damaged in ("{", "[]", json.dumps({"encoder": "encoder", "small_talk": {}})):
        (tmp_path / FILE).write_text(damaged)
        with pytest.raises(ModelError, match="can't be read"):
            load_text_kinds(tmp_path, "encoder")


def test_small_talk_is_told_what_one_can_ask(small: Pincite) -> None:
    answer = thankful(small).ask(" Thanks! ")
    assert answer.status is Status.NO_QUESTION
    assert answer.question == answer.understood_as == "Thanks!"
    # The first example that the corpus names.
    assert answer.text == f"{NO_QUESTION}, such as: How many days was the harbour shut?"
    assert answer.answer is None
    assert (*answer.accounts, *answer.citations, *answer.nearest) == ()
    assert answer.confidence == 0.0


def test_a_question_is_answered_all_the_same(small: Pincite) -> None:
    question = "How many days was the harbour shut?"
    assert thankful(small).ask(question).answer == small.ask(question).answer == "41"
    with pytest.raises(InvalidRequest):
        thankful(small).ask("?!")


@pytest.mark.models
def test_the_shipped_numbers_tell_talk_from_questions(brief: Pincite) -> None:
    for talk in ("thanks", "hello"):
        assert brief.ask(talk).status is Status.NO_QUESTION
    # The first is what a service asks itself to warm up.
    for question in ("What happened?", "Who is the governor of Belgorod?", "and why?", "Gladkov"):
        assert brief.ask(question).status is not Status.NO_QUESTION


@pytest.mark.models
def test_a_new_topic_does_not_drag_the_old_one_along(brief: Pincite) -> None:
    before = [Turn("Who is the governor of Belgorod?", "Vyacheslav Gladkov")]
    assert brief.ask("who won the 2022 world cup?", before).status is Status.NO_ANSWER
    assert brief.look_up("what did he say?", before)[0].turns
    # Nor is "thanks" a turn to follow on.
    for said in ("", f"{NO_QUESTION}, such as: Who came?"):  # by the page, and by OpenAI's clients
        asked, _ = brief.look_up("what did he say?", [*before, Turn("thanks", said)])
        assert [turn.question for turn in asked.turns] == ["Who is the governor of Belgorod?"]
