"""The encoder's training: its pairs, what is mined, its loss, and a run that goes on."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from pincite.errors import InvalidData, InvalidRequest
from pincite.eval.data import EVENTS, Asked, Paragraph
from pincite.training.encoder import Trainer, train_encoder
from pincite.training.negatives import nearest, negatives_among
from pincite.training.pairs import Held, Pair, allowed, hits, make_pairs
from pincite.training.recipe import EncoderRecipe
from pincite.training.run import Parts
from pincite.training.weights import load_model, load_tokenizer
from tests.test_training_run import CPU, Place, threads, write_data
from tests.tiny import make_base

__all__ = ["threads"]

RECIPE = EncoderRecipe(kinds={}, typed=0.0, learning_rate=1e-3, epochs=2, batch=16)
TWO = "Town1 opened in 1901.\n\nIt has 4 cranes."


def group(split: str, half: str = "tune") -> str:
    """A group that belongs there."""
    names = (f"g{n}" for n in range(1000))
    of = (Paragraph("", "", name, (), (), 0) for name in names)
    return next(p.group for p in of if p.split == split and (split == "train" or p.half == half))


def asked(question: str, said: str, kind: str = "plain", source: str = "written_news") -> Asked:
    places = ((TWO.index(said), TWO.index(said) + len(said)),) if said else ()
    return Asked(question, source, places, kind)


def test_pairs_by_hand() -> None:
    questions = (asked("When?", "1901"), asked("How many?", "4 cranes"), asked("Who?", ""))
    own = Paragraph(TWO, "Port_One", group("train"), ("written_news",), questions, 0)
    again = replace(own, text=TWO, asked=questions[:1])
    dev = replace(own, title="", group=group("dev"))
    report = replace(dev, group=group("dev", "report"))
    pairs = make_pairs([own, again, dev, report], RECIPE, Random(0))
    assert [one.encoded for one in pairs.held] == [
        "Port One. Town1 opened in 1901.",
        "Port One. It has 4 cranes.",
        "Town1 opened in 1901.",
        "It has 4 cranes.",
    ]
    assert [one.trained for one in pairs.held] == [True, True, False, False]
    assert [(p.question, p.right, p.answers) for p in pairs.train] == [
        ("When?", 0, ("1901",)),
        ("How many?", 1, ("4 cranes",)),
        ("When?", 0, ("1901",)),
    ]
    # Only of the half to choose by.
    assert [(p.question, p.right) for p in pairs.dev] == [("When?", 2), ("How many?", 3)]


def test_of_an_event_all_reports_that_answer_are_known() -> None:
    one = asked("When?", "1901", "same", EVENTS)
    said = Paragraph(TWO, "", group("train"), (EVENTS,), (one,), 0)
    told = replace(said, text=TWO.replace("opened", "began  "))
    silent = replace(said, text="Nobody knows.", asked=(asked("When?", "", "same", EVENTS),))
    alone = replace(said, text=TWO.replace("It has", "It got"), asked=(asked("When?", "1901"),))
    pairs = make_pairs([said, told, silent, alone], RECIPE, Random(0))
    assert len(pairs.train) == 3
    assert [(p.right, p.answering) for p in pairs.train[:2]] == [(0, {0, 2}), (2, {0, 2})]
    assert (pairs.train[2].right, pairs.train[2].answering) == (0, {0})


def test_what_may_be_right_is_not_mined() -> None:
    pair = Pair("When?", 0, "plain", ("1901",), {0, 2})
    other = Held("", "Town2 opened in 1902.", "g", trained=True)
    assert allowed(pair, 1, other, 0.5, 0.5, 0.1)
    assert allowed(pair, 1, other, 0.549, 0.5, 0.1)
    assert not allowed(pair, 1, other, 0.551, 0.5, 0.1)  # above .5 + .1 * .5
    assert not allowed(pair, 1, replace(other, trained=False), 0.5, 0.5, 0.1)
    assert not allowed(pair, 1, replace(other, text="In 1901 too."), 0.5, 0.5, 0.1)
    assert not allowed(pair, 2, other, 0.5, 0.5, 0.1)


def test_what_an_event_s_reports_say_besides_is_wrong_however_near() -> None:
    pair = Pair("When?", 0, "same", ("1901",), {0, 2}, event="g")
    other = Held("", "In 1901 too.", "g", trained=True)
    assert allowed(pair, 1, other, 0.9, 0.5, 0.1)
    assert not allowed(pair, 2, other, 0.9, 0.5, 0.1)
    assert not allowed(pair, 1, replace(other, trained=False), 0.9, 0.5, 0.1)
    assert not allowed(pair, 1, replace(other, group="h"), 0.9, 0.5, 0.1)


def test_hits_by_hand() -> None:
    ranks = [("far", 0), ("far", 4), ("far", 5), ("plain", 10)]
    assert hits(ranks) == {
        **{"hit@1 far": 33.3, "hit@5 far": 66.7, "hit@10 far": 100.0},
        **{"hit@1 plain": 0.0, "hit@5 plain": 0.0, "hit@10 plain": 0.0},
    }


def test_the_nearest_by_hand() -> None:
    held = np.array([[1, 0], [0, 1], [0.6, 0.8]], dtype=np.float32)
    asked = np.array([[1, 0], [0, 1]], dtype=np.float32)
    assert nearest(asked, held, 2) == [[0, 2], [1, 2]]
    assert nearest(asked, held, 9) == [[0, 2, 1], [1, 2, 0]]


def trainer(tmp_path: Path, recipe: EncoderRecipe, paragraphs: list[Paragraph]) -> Trainer:
    base = make_base(tmp_path / "base")
    model, tokenizer = load_model(base, "sentence"), load_tokenizer(base)
    said: list[str] = []
    return Trainer(Parts(paragraphs, model, tokenizer, CPU, tmp_path, said.append), recipe)


def two_towns() -> list[Paragraph]:
    texts = ["Ships call at one.", "Bread is baked at two."]
    return [
        Paragraph(
            text, "", group("train"), ("nq",), (Asked(f"{n}?", "nq", ((0, len(text) - 1),)),), n
        )
        for n, text in enumerate(texts)
    ]


def test_the_loss_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    one = trainer(tmp_path, replace(RECIPE, batch=2), two_towns())
    batch = one._batch(0)
    assert sorted(batch) == [0, 1]
    # Of two pairs each is the other's only wrong paragraph; as it is mined too, it stands twice,
    # and the right one, mined for the other question, counts once.
    vectors = {"q0": [1.0, 0.0], "q1": [0.0, 1.0], "p0": [0.8, 0.6], "p1": [0.6, 0.8]}
    names = {tuple(one._questions[i]): f"q{i}" for i in (0, 1)}
    names |= {tuple(one._titled[i]): f"p{i}" for i in (0, 1)}
    monkeypatch.setattr(
        one, "_embed", lambda texts: torch.tensor([vectors[names[tuple(t)]] for t in texts])
    )
    e = math.exp
    there = math.log((e(16) + 2 * e(12)) / e(16))
    back = math.log((e(16) + e(12)) / e(16))
    assert float(one.loss(0)) == pytest.approx(there + 0.5 * back, rel=1e-4)


def test_vectors_are_the_mean_of_the_tokens(tmp_path: Path) -> None:
    import torch

    one = trainer(tmp_path, RECIPE, two_towns())
    model = one._parts.model.eval()
    texts = [*one._titled, *one._questions]
    with torch.inference_mode():
        alone = [model(input_ids=torch.tensor([t])).last_hidden_state[0].mean(dim=0) for t in texts]
        expected = torch.stack([v / v.norm() for v in alone])
        assert torch.allclose(one._embed(texts), expected, atol=1e-5)
        assert torch.allclose(one._embed_sorted(texts), expected, atol=1e-5)
    assert np.allclose(one._vectors(texts), expected.numpy(), atol=1e-5)


class Encoding(Place):
    """A place whose runs train an encoder."""

    def train(
        self,
        recipe: Any = RECIPE,  # noqa: ANN401
        stop_after: int | None = None,
    ) -> dict[str, Any]:
        self.said.clear()
        return train_encoder(self.setting(stop_after), recipe)


@pytest.fixture
def place(tmp_path: Path) -> Encoding:
    return Encoding(tmp_path, make_base(tmp_path / "base"), write_data(tmp_path / "a.jsonl"))


def test_it_learns_and_goes_on_to_the_very_weights(place: Encoding) -> None:
    curve = place.train()["curve"]
    assert curve[-1]["loss"] < 0.97 * curve[0]["loss"]
    assert curve[-1]["hit@10 plain"] >= curve[-1]["hit@1 plain"]
    changed = place.changed("sentence")
    assert changed and not any("embeddings" in name or "pooler" in name for name in changed)
    first = place.weights()
    (place.folder / "work").rename(place.folder / "done")
    # Stopped inside the first epoch and inside the second: what was mined is kept.
    each = curve[-1]["step"] // 2
    assert place.train(stop_after=2) == {}
    assert "mines wrong paragraphs" in place.said
    assert place.train(stop_after=each + 1) == {}
    assert place.said.count("mines wrong paragraphs") == 1
    place.train()
    assert place.went_on() and "mines wrong paragraphs" not in place.said
    assert place.weights() == first


def test_what_an_encoder_can_t_be_trained_on(place: Encoding) -> None:
    with pytest.raises(InvalidRequest, match="too long for the model"):
        place.train(replace(RECIPE, text_tokens=300))
    with pytest.raises(InvalidData, match="no pair"):
        place.train(replace(RECIPE, share=0.0))


@pytest.mark.models
def test_hard_negatives_are_of_other_articles_and_hold_no_answer(tmp_path: Path) -> None:
    texts = ["The ferry sank off Mull in 1912.", "The ferry of Mull was built in 1899."]
    texts += ["In 1912 a ferry sank off Skye.", "The Mull ferry was painted red."]
    sank = Asked("When did the Mull ferry sink?", "nq", ((27, 31),))
    paragraphs = [Paragraph(text, "", f"g{n}", ("nq",), (sank,), n) for n, text in enumerate(texts)]
    paragraphs[3] = replace(paragraphs[3], group="g0")
    said: list[str] = []
    find = negatives_among(paragraphs, tmp_path, said.append)
    assert find([(0, sank)]) == [[1]]
    assert said == ["encodes 4 texts", "encodes 1 texts"]
    again = negatives_among(paragraphs, tmp_path, said.append)
    assert again([(0, sank)]) == [[1]] and len(said) == 2
