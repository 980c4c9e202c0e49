"""The loss: where an answer starts and ends, in its own passage and over all of a question's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pincite.training.examples import Example

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of several examples, padded.

    Attributes:
        ids, mask, types: the model's input, shape `[rows, longest]`.
        readable: where an answer may stand, same shape.
        starts, ends: where a right one starts and ends, same shape; all False
            in a row without an answer.
        weight: of each row's own loss, shape `[rows]`.
        question: number of each row's example inside the batch, shape `[rows]`.
    """

    ids: torch.Tensor
    mask: torch.Tensor
    types: torch.Tensor
    readable: torch.Tensor
    starts: torch.Tensor
    ends: torch.Tensor
    weight: torch.Tensor
    question: torch.Tensor

    def to(self, device: str) -> Batch:
        """The same on another device."""
        return Batch(*(getattr(self, name).to(device) for name in self.__slots__))


def collate(examples: list[Example], classify: int, separate: int, pad: int) -> Batch:
    """`[CLS] question [SEP] header text [SEP]`, one row a passage.

    Args:
        classify, separate, pad: ids of the special tokens.
    """
    import torch

    rows = [(n, e.question, row) for n, e in enumerate(examples) for row in e.rows]
    longest = max(e.longest for e in examples)
    ids = np.full((len(rows), longest), pad, dtype=np.int64)
    mask, types = np.zeros_like(ids), np.zeros_like(ids)
    readable = np.zeros(ids.shape, dtype=bool)
    starts, ends = np.zeros_like(readable), np.zeros_like(readable)
    for r, (_, question, row) in enumerate(rows):
        asked = len(question) + 2
        begin = asked + len(row.before)
        end = begin + len(row.text)
        ids[r, 0] = classify
        ids[r, 1 : asked - 1] = question
        ids[r, asked - 1] = ids[r, end] = separate
        ids[r, asked:begin], ids[r, begin:end] = row.before, row.text
        mask[r, : end + 1], types[r, asked : end + 1] = 1, 1
        readable[r, begin:end] = True
        for first, last in row.golds:
            starts[r, begin + first], ends[r, begin + last] = True, True
    weight = np.array([row.weight for _, _, row in rows], dtype=np.float32)
    question_of = np.array([n for n, _, _ in rows])
    arrays = (ids, mask, types, readable, starts, ends, weight, question_of)
    return Batch(*(torch.from_numpy(a) for a in arrays))


def loss_of(start: torch.Tensor, end: torch.Tensor, batch: Batch, shared: float) -> torch.Tensor:
    """Cross entropy of start and end, a mean over rows, plus `shared` times that over questions.

    In a row: softmax over the text and the first token, which stands for "no
    answer" (Devlin et al., 2019, section 4.3); several right places add up
    (Clark and Gardner, 2018, section 3.1). Over a question with several rows:
    softmax over the text of all of them, without "no answer", so that scores
    of different passages can be compared (their section 3.2, shared-norm).

    Args:
        start, end: logits of shape `[rows, longest]`.
    """
    import torch

    total = torch.zeros((), device=start.device)
    rows = torch.bincount(batch.question, minlength=int(batch.question.max()) + 1)
    for logits, gold in ((start.float(), batch.starts), (end.float(), batch.ends)):
        text = logits.masked_fill(~batch.readable, -torch.inf)
        null = logits[:, :1]
        everything = torch.cat([null, text[:, 1:]], dim=1).logsumexp(dim=1)
        answered = gold.any(dim=1)
        right = logits.masked_fill(~gold, -torch.inf)
        right = torch.where(answered[:, None], right, torch.full_like(right, -1e4))
        target = torch.where(answered, right.logsumexp(dim=1), null[:, 0])
        total = total + (batch.weight * (everything - target)).sum() / len(gold) / 2
        if shared:
            several = (rows > 1)[batch.question] & batch.readable.any(dim=1)
            if bool(several.any()):
                total = total + shared * _over_questions(text, right, answered, several, batch) / 2
    return total


def _over_questions(
    text: torch.Tensor,
    right: torch.Tensor,
    answered: torch.Tensor,
    several: torch.Tensor,
    batch: Batch,
) -> torch.Tensor:
    import torch

    count = int(batch.question.max()) + 1
    mass = text.logsumexp(dim=1)
    top = mass.max().detach()
    zeros = torch.zeros(count, device=text.device)
    question = batch.question
    everything = zeros.index_add(0, question, torch.exp(mass - top) * several)
    found = zeros.index_add(
        0, question, torch.exp(right.logsumexp(dim=1) - top) * (several & answered)
    )
    whole = (everything > 0) & (found > 1e-30)
    if not bool(whole.any()):
        return zeros.sum()
    return (everything[whole].log() - found[whole].log()).mean()
