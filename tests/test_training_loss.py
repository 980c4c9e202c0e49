"""The loss is what plain numpy says it is; pairs are as their tokenizer writes them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pincite.errors import ModelError
from pincite.training.examples import Example
from pincite.training.hardware import Hardware
from pincite.training.loss import Batch, collate, exact, loss_of
from pincite.training.score import score
from pincite.training.tokens import Ids, Template, encoder_of, template_of
from tests.tiny import Kind, tokenizer_of

BERT = Template((101,), (102,), (102,), pad=0, null=0, typed=True, longest=512)
MPNET = Template((0,), (2, 2), (2,), pad=1, null=0, typed=False, longest=512)


def ids(*of: int) -> Ids:
    return np.array(of, dtype=np.int32)


def example(text: int, *golds: tuple[int, int], title: int = 0, question: int = 2) -> Example:
    asked, head = np.arange(question, dtype=np.int32) + 5, np.arange(title, dtype=np.int32) + 50
    return Example(asked, head, np.arange(text, dtype=np.int32) + 10, golds)


def loss(
    batch: Batch, start: NDArray[np.float32], end: NDArray[np.float32]
) -> tuple[float, NDArray[np.float32], NDArray[np.float32]]:
    """The loss and its gradients."""
    import torch

    starts = torch.tensor(start, requires_grad=True)
    ends = torch.tensor(end, requires_grad=True)
    value = loss_of(starts, ends, batch)
    value.backward()  # type: ignore[no-untyped-call]
    assert starts.grad is not None and ends.grad is not None
    return float(value.detach()), starts.grad.numpy(), ends.grad.numpy()


def brute(
    examples: Sequence[Example],
    template: Template,
    start: NDArray[np.float32],
    end: NDArray[np.float32],
) -> float:
    """The same from probabilities, place by place."""
    parts = []
    for logits, side in ((start.astype(float), 0), (end.astype(float), 1)):
        odds = np.exp(logits)
        for row, one in enumerate(examples):
            begin = len(template.before) + len(one.question) + len(template.between)
            begin += len(one.title)
            whole = odds[row, 0] + sum(odds[row, begin + t] for t in range(len(one.text)))
            places = {begin + gold[side] for gold in one.golds} or {0}
            parts.append(-math.log(sum(odds[row, p] for p in places) / whole))
    return float(np.mean(parts))


def test_a_batch_by_hand() -> None:
    examples = [example(3, (1, 2), title=1), example(2), example(1, (0, 0), question=1)]
    batch = collate(examples, BERT)
    assert batch.inputs["input_ids"].tolist() == [
        [101, 5, 6, 102, 50, 10, 11, 12, 102],
        [101, 5, 6, 102, 10, 11, 102, 0, 0],
        [101, 5, 102, 10, 102, 0, 0, 0, 0],
    ]
    assert batch.inputs["attention_mask"].tolist() == [
        [1] * 9,
        [1] * 7 + [0] * 2,
        [1] * 5 + [0] * 4,
    ]
    assert batch.inputs["token_type_ids"].tolist() == [
        [0, 0, 0, 0, 1, 1, 1, 1, 1],
        [0, 0, 0, 0, 1, 1, 1, 0, 0],
        [0, 0, 0, 1, 1, 0, 0, 0, 0],
    ]
    assert [r.nonzero().ravel().tolist() for r in batch.readable] == [
        [0, 5, 6, 7],
        [0, 4, 5],
        [0, 3],
    ]
    assert [r.nonzero().ravel().tolist() for r in batch.starts] == [[6], [0], [3]]
    assert [r.nonzero().ravel().tolist() for r in batch.ends] == [[7], [0], [3]]
    assert [one.length + BERT.special for one in examples] == [9, 7, 5]


def test_mpnet_s_pairs_by_hand() -> None:
    batch = collate([example(2, (1, 1)), example(1)], MPNET)
    assert batch.inputs["input_ids"].tolist() == [
        [0, 5, 6, 2, 2, 10, 11, 2],
        [0, 5, 6, 2, 2, 10, 2, 1],
    ]
    assert set(batch.inputs) == {"input_ids", "attention_mask"}
    assert [r.nonzero().ravel().tolist() for r in batch.starts] == [[6], [0]]


@pytest.mark.parametrize("kind", ["bert", "mpnet"])
def test_a_batch_is_what_the_tokenizer_itself_writes(kind: Kind) -> None:
    tokenizer = tokenizer_of(kind)
    template = template_of(tokenizer)
    encode = encoder_of(tokenizer)
    pairs = [("who sank?", "the ferry, off mull"), ("why", "it rained")]
    (asked, texts) = (encode([pair[side] for pair in pairs]) for side in (0, 1))
    examples = [Example(q.ids, ids(), t.ids, ()) for q, t in zip(asked, texts, strict=True)]
    batch = collate(examples, template)
    whole = tokenizer([q for q, _ in pairs], [t for _, t in pairs], padding=True)
    assert {name: tensor.tolist() for name, tensor in batch.inputs.items()} == dict(whole)
    first = batch.inputs["input_ids"][0, template.null]
    assert int(first) == tokenizer.cls_token_id
    assert (template.special, template.typed) == ((3, True) if kind == "bert" else (4, False))
    assert encode([]) == []
    (empty,) = encode([""])
    assert empty.bounds.shape == (0, 2)


def test_a_tokenizer_without_a_first_token() -> None:
    tokenizer = tokenizer_of("bert")
    tokenizer.cls_token = "[UNK]"
    with pytest.raises(ModelError, match="no first token"):
        template_of(tokenizer)


def test_equal_logits_by_hand() -> None:
    # Four places and the first token: -ln(1/5); two right ones: -ln(2/5); none: -ln(1/5).
    for golds, expected in (
        ([(1, 1)], math.log(5)),
        ([(0, 1), (2, 3)], math.log(5 / 2)),
        ([(1, 2), (1, 3)], (math.log(5) + math.log(5 / 2)) / 2),  # one start, two ends
        ([], math.log(5)),
    ):
        batch = collate([example(4, *golds)], BERT)
        zeros = np.zeros((1, 9), dtype=np.float32)
        assert loss(batch, zeros, zeros)[0] == pytest.approx(expected, rel=1e-6)


def test_without_an_answer_the_first_token_is_pushed() -> None:
    batch = collate([example(4)], BERT)
    zeros = np.zeros((1, 9), dtype=np.float32)
    _, starts, ends = loss(batch, zeros, zeros)
    for gradient in (starts[0], ends[0]):
        assert gradient[0] == pytest.approx((1 / 5 - 1) / 2)
        assert gradient[4:8] == pytest.approx([1 / 10] * 4)
        assert gradient[[1, 2, 3, 8]].tolist() == [0, 0, 0, 0]  # question, separators


@st.composite
def examples_of(draw: st.DrawFn) -> list[Example]:
    made = []
    for _ in range(draw(st.integers(1, 6))):
        size = draw(st.integers(0, 5))
        spans = [(a, b) for a in range(size) for b in range(a, size)]
        golds = draw(st.lists(st.sampled_from(spans), max_size=3)) if spans else []
        title, question = draw(st.integers(0, 2)), draw(st.integers(0, 3))
        made.append(example(size, *golds, title=title, question=question))
    return made


@settings(max_examples=80, deadline=None)
@given(examples_of(), st.integers(0, 2**32 - 1), st.sampled_from([BERT, MPNET]))
def test_it_is_what_numpy_says(examples: list[Example], seed: int, template: Template) -> None:
    drawn = np.random.default_rng(seed)
    batch = collate(examples, template)
    shape = tuple(batch.readable.shape)
    start, end = (drawn.normal(0, 4, shape).astype(np.float32) for _ in range(2))
    got, starts, ends = loss(batch, start, end)
    assert got == pytest.approx(brute(examples, template, start, end), rel=1e-4, abs=1e-5)
    for gradient in (starts, ends):
        assert np.isfinite(gradient).all()
        assert not gradient[~batch.readable.numpy()].any()  # question, title, padding
        # A softmax's gradients add up to nothing: no score drifts away.
        assert gradient.sum() == pytest.approx(0, abs=1e-4)


@settings(max_examples=30, deadline=None)
@given(examples_of(), st.integers(0, 2**32 - 1))
def test_far_scores_stay_finite(examples: list[Example], seed: int) -> None:
    drawn = np.random.default_rng(seed)
    batch = collate(examples, BERT)
    shape = tuple(batch.readable.shape)
    start, end = (drawn.normal(0, 3000, shape).astype(np.float32) for _ in range(2))
    got, starts, ends = loss(batch, start, end)
    assert np.isfinite(got)
    assert np.isfinite(starts).all() and np.isfinite(ends).all()


def test_what_is_read_to_the_letter_by_hand() -> None:
    import torch

    # The first of two right places will do; then a wrong end; then no answer, and it says so; and
    # last one that is not there.
    examples = [example(4, (0, 1), (2, 3)), example(4, (1, 2)), example(4), example(4)]
    batch = collate(examples, BERT)
    start, end = torch.zeros(4, 9), torch.zeros(4, 9)
    start[:, 1:4] = end[:, 8] = 9.0  # of the question and of the end's sign nothing is taken
    for row, (first, last) in enumerate([(4, 5), (5, 7), (0, 0), (0, 6)]):
        start[row, first], end[row, last] = 3.0, 3.0
    assert exact(start, end, batch).tolist() == [True, False, True, False]


def test_who_always_says_not_here_is_right_where_it_is_not() -> None:
    import torch

    def model(input_ids: torch.Tensor, **_: torch.Tensor) -> SimpleNamespace:
        logits = torch.zeros(input_ids.shape)
        logits[:, 0] = 1.0
        return SimpleNamespace(start_logits=logits, end_logits=logits)

    sample = {
        "plain": [example(3, (0, 0))] * 20,
        "mixed": [example(2), example(4, (1, 2)), example(3)],
        "unanswerable": [example(5)] * 17,
        "none": [],
    }
    expected = {"right plain": 0.0, "right mixed": 66.7, "right unanswerable": 100.0}
    assert score(model, sample, MPNET, Hardware("cpu", half=False, threads=1)) == expected
