"""Which examples a reader is trained on, where another knows some of them already."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pincite.errors import ModelError
from pincite.training.examples import Example
from pincite.training.export import export
from pincite.training.hard import Logits, hard, loss
from pincite.training.loss import collate, loss_of
from pincite.training.recipe import ReaderRecipe
from pincite.training.tokens import Template
from tests.test_training_loss import BERT, MPNET, example, examples_of
from tests.test_training_run import RECIPE, Place, base, threads, write_data

__all__ = ["base", "threads"]


def logits_of(length: int, *known: tuple[int, float, float]) -> NDArray[np.float32]:
    """Start and end logits of a text; 0 but where they are given."""
    out = np.zeros((length, 2), dtype=np.float32)
    for token, start, end in known:
        out[token] = start, end
    return out


def test_the_loss_by_hand() -> None:
    # [CLS] question question [SEP] four tokens [SEP]: with equal logits one of five places.
    one = example(4, (1, 2))
    assert loss(one, logits_of(9), BERT) == pytest.approx(math.log(5))
    # ln 7 for the start at 5, with odds of 3 against 4 others, and ln 5 for the end.
    sure = logits_of(9, (5, math.log(3), 0.0))
    assert loss(one, sure, BERT) == pytest.approx((math.log(7 / 3) + math.log(5)) / 2)
    # What is not read counts for nothing: question and separators.
    far = logits_of(9, (1, 90.0, 90.0), (8, 90.0, 90.0))
    assert loss(one, far, BERT) == pytest.approx(math.log(5))
    assert loss(example(4), logits_of(9), BERT) == pytest.approx(math.log(5))
    # Two right places of five.
    assert loss(example(4, (0, 1), (2, 3)), logits_of(9), BERT) == pytest.approx(math.log(5 / 2))
    # MPNet writes two separators; a title stands between.
    titled = example(4, (0, 0), title=2)
    assert loss(titled, logits_of(12, (7, 90.0, 90.0)), MPNET) == pytest.approx(0.0, abs=1e-6)


@settings(max_examples=80, deadline=None)
@given(examples_of(), st.integers(0, 2**32 - 1), st.sampled_from([BERT, MPNET]))
def test_it_is_the_loss_that_is_trained_by(
    examples: list[Example], seed: int, template: Template
) -> None:
    import torch

    drawn = np.random.default_rng(seed)
    for one in examples:
        given_ = drawn.normal(0, 4, (one.length + template.special, 2)).astype(np.float32)
        start, end = torch.from_numpy(given_.T.copy())[:, None]
        expected = float(loss_of(start, end, collate([one], template)))
        assert loss(one, given_, template) == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_answers_that_share_a_start_are_one_place() -> None:
    # As `collate` has it: one start of five places, two ends.
    import torch

    one = example(4, (1, 2), (1, 3))
    zeros = torch.zeros(1, 9)
    expected = float(loss_of(zeros, zeros, collate([one], BERT)))
    assert expected == pytest.approx((math.log(5) + math.log(5 / 2)) / 2)
    assert loss(one, logits_of(9), BERT) == pytest.approx(expected)


def knowing(*margins: float) -> Logits:
    """A reader that gives "not here" so much more than any other place, text by text."""

    def run(texts: Iterator[list[int]]) -> Iterator[NDArray[np.float32]]:
        for ids, margin in zip(texts, margins, strict=True):
            assert ids[0] == BERT.before[0] and ids[-1] == BERT.after[-1]
            yield logits_of(len(ids), (0, margin, margin))

    return run


UNANSWERED = [example(n + 1) for n in range(4)]
MARGINS = (9.0, 0.0, 9.0, -9.0)  # the second and fourth are hard


def kept(easy: float, share: float, seed: int = 0) -> list[int]:
    """Tokens of the texts that are trained on."""
    recipe = ReaderRecipe(easy=easy, kept=share)
    left = hard(UNANSWERED, BERT, knowing(*MARGINS), recipe, Random(seed))
    return [len(one.text) for one in left]


def test_what_is_known_is_left_out_and_the_hard_is_kept() -> None:
    assert kept(0.1, 0.0) == [2, 4]
    assert kept(0.1, 1.0) == [1, 2, 3, 4]
    # ln 3 for the second, whose three places are alike; 9 and more for the fourth.
    assert kept(math.log(3) - 1e-6, 0.0) == [2, 4]
    assert kept(math.log(3) + 1e-6, 0.0) == [4]
    assert kept(99.0, 0.0) == []


def test_of_what_is_known_a_share_is_kept() -> None:
    some = [kept(0.1, 0.5, seed) for seed in range(200)]
    assert all({2, 4} <= set(one) and one == sorted(one) for one in some)
    assert 160 <= sum(len(one) - 2 for one in some) <= 240
    assert kept(0.1, 0.5, 3) == kept(0.1, 0.5, 3)


def test_the_reader_is_given_the_pair_as_it_is_trained_on() -> None:
    examples = [example(3, (1, 2), title=1), example(2), example(1, (0, 0), question=1)]
    seen: list[list[int]] = []

    def run(texts: Iterator[list[int]]) -> Iterator[NDArray[np.float32]]:
        for ids in texts:
            seen.append(ids)
            yield logits_of(len(ids))

    hard(examples, BERT, run, ReaderRecipe(easy=0.1), Random(0))
    rows = collate(examples, BERT).inputs["input_ids"].tolist()
    assert seen == [row[: len(ids)] for row, ids in zip(rows, seen, strict=True)]
    assert [len(ids) for ids in seen] == [9, 7, 5]


def test_a_run_leaves_out_what_the_reader_of_the_settings_knows(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Place(tmp_path / "first", base, write_data(tmp_path / "a.jsonl", towns=12))
    recipe = replace(RECIPE, easy=99.0, kept=0.25)
    monkeypatch.setenv("PINCITE_READER", str(base))
    with pytest.raises(ModelError, match=r"model\.onnx"):
        first.train(recipe, stop_after=1)  # it has to be an exported one
    first.train(RECIPE)
    export(first.out, tmp_path / "reader", "spans")
    monkeypatch.setenv("PINCITE_READER", str(tmp_path / "reader"))
    second = Place(tmp_path / "second", base, first.data)
    second.train(recipe, stop_after=1)
    (before,) = [line for line in second.said if line.startswith("reads ")]
    (after,) = [line for line in second.said if " examples, " in line and "without" in line]
    read, left = (int(line.split(" examples")[0].split(" ")[-1]) for line in (before, after))
    assert before == f"reads {read} examples, to leave out what is known"
    assert 0.1 * read < left < 0.45 * read
