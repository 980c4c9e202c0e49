"""The reader's loss: where an answer starts and ends, or that it is not here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pincite.training.batches import padded
from pincite.training.examples import Example
from pincite.training.tokens import Template

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Batch:
    """Examples, padded; all of shape `[examples, longest]`.

    Attributes:
        inputs: the model's, by name.
        readable: where an answer may stand, and the place of "not here".
        starts, ends: where a right one starts and ends; "not here" where there is none.
    """

    inputs: dict[str, torch.Tensor]
    readable: torch.Tensor
    starts: torch.Tensor
    ends: torch.Tensor


def collate(examples: Sequence[Example], template: Template, device: str = "cpu") -> Batch:
    """A batch of the examples, each a question and a text as the template writes a pair."""
    import torch

    longest = max(example.length for example in examples) + template.special
    rows, types = [], np.zeros((len(examples), longest), dtype=np.int64)
    readable = np.zeros(types.shape, dtype=bool)
    starts, ends = np.zeros_like(readable), np.zeros_like(readable)
    for row, one in enumerate(examples):
        asked = [*template.before, *one.question, *template.between]
        whole = [*asked, *one.title, *one.text, *template.after]
        second, begin = len(asked), len(asked) + len(one.title)
        rows.append(whole)
        types[row, second : len(whole)] = 1
        readable[row, [template.null, *range(begin, begin + len(one.text))]] = True
        starts[row, [begin + first for first, _ in one.golds] or template.null] = True
        ends[row, [begin + last for _, last in one.golds] or template.null] = True
    inputs = padded(rows, template.pad, device)
    if template.typed:
        inputs["token_type_ids"] = torch.from_numpy(types).to(device)
    return Batch(inputs, *(torch.from_numpy(one).to(device) for one in (readable, starts, ends)))


def exact(start: torch.Tensor, end: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Whether the likeliest start and end are right ones; shape `[examples]`.

    Args:
        start, end: logits of shape `[examples, longest]`.
    """
    import torch

    right = torch.ones(len(start), dtype=torch.bool, device=start.device)
    for logits, golds in ((start, batch.starts), (end, batch.ends)):
        likeliest = logits.masked_fill(~batch.readable, -torch.inf).argmax(dim=1, keepdim=True)
        right &= golds.gather(1, likeliest)[:, 0]
    return right


def loss_of(start: torch.Tensor, end: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Cross entropy of start and end, a mean over both and over the examples.

    Softmax over the text and the first token, which stands for "not here"
    (Devlin et al., 2019, section 4.3); several right places add up (Clark and
    Gardner, 2018, section 3.1).

    Args:
        start, end: logits of shape `[examples, longest]`.
    """
    import torch

    total = torch.zeros((), device=start.device)
    for logits, right in ((start.float(), batch.starts), (end.float(), batch.ends)):
        everything = logits.masked_fill(~batch.readable, -torch.inf).logsumexp(dim=1)
        gold = logits.masked_fill(~right, -torch.inf).logsumexp(dim=1)
        total = total + (everything - gold).mean()
    return total / 2
