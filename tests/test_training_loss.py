"""The loss is what a few lines of plain numpy say it is."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pincite.training.examples import NOTHING, Example, Ids, Row
from pincite.training.loss import Batch, collate, loss_of

CLASSIFY, SEPARATE, PAD = 101, 102, 0


def ids(*of: int) -> Ids:
    return np.array(of, dtype=np.int32)


def row(
    text: int, *golds: tuple[int, int], header: int = 0, weight: float = 1.0, first: int = 10
) -> Row:
    before = np.arange(header, dtype=np.int32) + 50
    return Row(before, np.arange(text, dtype=np.int32) + first, golds, weight)


def example(*rows: Row, question: int = 2) -> Example:
    return Example(np.arange(question, dtype=np.int32) + 5, rows)


def batch_of(*examples: Example) -> Batch:
    return collate(list(examples), CLASSIFY, SEPARATE, PAD)


def loss(
    examples: Sequence[Example], start: NDArray[np.float32], end: NDArray[np.float32], shared: float
) -> tuple[float, NDArray[np.float32], NDArray[np.float32]]:
    """The loss and its gradients."""
    import torch

    starts = torch.tensor(start, requires_grad=True)
    ends = torch.tensor(end, requires_grad=True)
    value = loss_of(starts, ends, batch_of(*examples), shared)
    value.backward()  # type: ignore[no-untyped-call]
    assert starts.grad is not None and ends.grad is not None
    return float(value.detach()), starts.grad.numpy(), ends.grad.numpy()


def brute(
    examples: Sequence[Example],
    start: NDArray[np.float32],
    end: NDArray[np.float32],
    shared: float,
) -> float:
    """The same from probabilities, place by place."""
    rows = [(one, of) for one in examples for of in one.rows]
    own, over = [], []
    for logits, side in ((start.astype(float), 0), (end.astype(float), 1)):
        odds = np.exp(logits)
        for r, (one, of) in enumerate(rows):
            begin = len(one.question) + 2 + len(of.before)
            whole = odds[r, 0] + sum(odds[r, begin + t] for t in range(len(of.text)))
            places = {begin + gold[side] for gold in of.golds}
            right = sum(odds[r, p] for p in places) if of.golds else odds[r, 0]
            own.append(-of.weight * math.log(right / whole) / len(rows) / 2)
        parts = []
        r = 0
        for one in examples:
            right = whole = 0.0
            for of in one.rows:
                begin = len(one.question) + 2 + len(of.before)
                whole += sum(odds[r, begin + t] for t in range(len(of.text)))
                right += sum(odds[r, p] for p in {begin + gold[side] for gold in of.golds})
                r += 1
            if len(one.rows) > 1 and right > 0:
                parts.append(-math.log(right / whole))
        over.append(shared * sum(parts) / len(parts) / 2 if parts else 0.0)
    return sum(own) + sum(over)


def test_a_batch_by_hand() -> None:
    one = example(row(3, (1, 2), header=1, weight=0.6), row(2), question=2)
    other = example(row(1, (0, 0)), question=1)
    batch = batch_of(one, other)
    assert batch.ids.tolist() == [
        [101, 5, 6, 102, 50, 10, 11, 12, 102],
        [101, 5, 6, 102, 10, 11, 102, 0, 0],
        [101, 5, 102, 10, 102, 0, 0, 0, 0],
    ]
    assert batch.mask.tolist() == [[1] * 9, [1] * 7 + [0] * 2, [1] * 5 + [0] * 4]
    assert batch.types.tolist() == [
        [0, 0, 0, 0, 1, 1, 1, 1, 1],
        [0, 0, 0, 0, 1, 1, 1, 0, 0],
        [0, 0, 0, 1, 1, 0, 0, 0, 0],
    ]
    assert [r.nonzero().ravel().tolist() for r in batch.readable] == [[5, 6, 7], [4, 5], [3]]
    assert [r.nonzero().ravel().tolist() for r in batch.starts] == [[6], [], [3]]
    assert [r.nonzero().ravel().tolist() for r in batch.ends] == [[7], [], [3]]
    assert batch.weight.tolist() == pytest.approx([0.6, 1.0, 1.0])
    assert batch.question.tolist() == [0, 0, 1]
    assert [one.longest, other.longest] == [9, 5]


def test_equal_logits_by_hand() -> None:
    # Four places and the first token: -ln(1/5); two right ones: -ln(2/5); none: -ln(1/5).
    flat = np.zeros((1, 9), dtype=np.float32)
    for golds, expected in (
        ([(1, 1)], math.log(5)),
        ([(0, 1), (2, 3)], math.log(5 / 2)),
        ([(1, 2), (1, 3)], (math.log(5) + math.log(5 / 2)) / 2),  # one start, two ends
        ([], math.log(5)),
    ):
        got, _, _ = loss([example(row(4, *golds))], flat, flat, 0.5)
        assert got == pytest.approx(expected, rel=1e-6)


def test_a_question_on_two_passages_by_hand() -> None:
    # Rows: -ln(1/3) and, of weight 0.6, -ln(1/5); over both: one of six places is right.
    flat = np.zeros((2, 9), dtype=np.float32)
    one = example(row(2, (0, 1)), row(4, weight=0.6))
    rows = (math.log(3) + 0.6 * math.log(5)) / 2
    assert loss([one], flat, flat, 0.0)[0] == pytest.approx(rows, rel=1e-6)
    assert loss([one], flat, flat, 0.5)[0] == pytest.approx(rows + 0.5 * math.log(6), rel=1e-6)


def test_without_an_answer_the_first_token_is_pushed() -> None:
    flat = np.zeros((1, 9), dtype=np.float32)
    _, starts, ends = loss([example(row(4), question=2)], flat, flat, 0.5)
    for gradient in (starts[0], ends[0]):
        assert gradient[0] == pytest.approx((1 / 5 - 1) / 2)
        assert gradient[4:8] == pytest.approx([1 / 10] * 4)
        assert gradient[[1, 2, 3, 8]].tolist() == [0, 0, 0, 0]  # question, separators


texts = st.integers(0, 5)


@st.composite
def examples_of(draw: st.DrawFn) -> list[Example]:
    made = []
    for _ in range(draw(st.integers(1, 4))):
        rows = []
        for _ in range(draw(st.integers(1, 3))):
            size = draw(texts)
            spans = [(a, b) for a in range(size) for b in range(a, size)]
            golds = draw(st.lists(st.sampled_from(spans), max_size=3)) if spans else []
            weight = draw(st.sampled_from([1.0, 0.6, 0.0]))
            rows.append(row(size, *golds, header=draw(st.integers(0, 2)), weight=weight))
        made.append(example(*rows, question=draw(st.integers(0, 3))))
    return made


@settings(max_examples=80, deadline=None)
@given(examples_of(), st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.5, 2.0]))
def test_it_is_what_numpy_says(examples: list[Example], seed: int, shared: float) -> None:
    drawn = np.random.default_rng(seed)
    batch = batch_of(*examples)
    start, end = (drawn.normal(0, 4, batch.ids.shape).astype(np.float32) for _ in range(2))
    got, starts, ends = loss(examples, start, end, shared)
    assert got == pytest.approx(brute(examples, start, end, shared), rel=1e-4, abs=1e-5)
    readable = batch.readable.numpy()
    for gradient in (starts, ends):
        assert np.isfinite(gradient).all()
        assert not gradient[:, 1:][~readable[:, 1:]].any()  # question, header, padding
        # A softmax's gradients add up to nothing: no score drifts away.
        assert gradient.sum() == pytest.approx(0, abs=1e-4)


@settings(max_examples=30, deadline=None)
@given(examples_of(), st.integers(0, 2**32 - 1))
def test_far_scores_stay_finite(examples: list[Example], seed: int) -> None:
    drawn = np.random.default_rng(seed)
    shape = batch_of(*examples).ids.shape
    start, end = (drawn.normal(0, 3000, shape).astype(np.float32) for _ in range(2))
    got, starts, ends = loss(examples, start, end, 0.5)
    assert np.isfinite(got)
    assert np.isfinite(starts).all() and np.isfinite(ends).all()


def test_a_text_without_tokens() -> None:
    empty = Example(ids(5), (Row(NOTHING, NOTHING, ()), row(2, (0, 0))))
    zeros = np.zeros((2, 6), dtype=np.float32)
    got, starts, _ = loss([empty], zeros, zeros, 0.5)
    assert got == pytest.approx(math.log(3) / 2 + 0.5 * math.log(2), rel=1e-6)
    assert np.isfinite(starts).all()
