"""The reader's loss: where an answer starts and ends, or that it is not here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

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

    def to(self, device: str) -> Batch:
        """The same on another device."""
        inputs = {name: tensor.to(device) for name, tensor in self.inputs.items()}
        return Batch(inputs, *(t.to(device) for t in (self.readable, self.starts, self.ends)))


def collate(examples: Sequence[Example], template: Template) -> Batch:
    """A batch of the examples, each a question and a text as the template writes a pair."""
    import torch

    longest = max(example.length for example in examples) + template.special
    ids = np.full((len(examples), longest), template.pad, dtype=np.int64)
    mask, types = np.zeros_like(ids), np.zeros_like(ids)
    readable = np.zeros(ids.shape, dtype=bool)
    starts, ends = np.zeros_like(readable), np.zeros_like(readable)
    for row, one in enumerate(examples):
        asked = [*template.before, *one.question, *template.between]
        whole = [*asked, *one.title, *one.text, *template.after]
        second, begin = len(asked), len(asked) + len(one.title)
        ids[row, : len(whole)], mask[row, : len(whole)] = whole, 1
        types[row, second : len(whole)] = 1
        readable[row, [template.null, *range(begin, begin + len(one.text))]] = True
        starts[row, [begin + first for first, _ in one.golds] or template.null] = True
        ends[row, [begin + last for _, last in one.golds] or template.null] = True
    inputs = {"input_ids": ids, "attention_mask": mask}
    if template.typed:
        inputs["token_type_ids"] = types
    return Batch(
        {name: torch.from_numpy(array) for name, array in inputs.items()},
        *(torch.from_numpy(array) for array in (readable, starts, ends)),
    )


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
