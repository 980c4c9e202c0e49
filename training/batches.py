"""Batches of examples of like length."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch


def batches(
    lengths: Sequence[int], tokens: int, drawn: random.Random, pool: int = 60
) -> list[list[int]]:
    """Batches of numbers of examples, each of at most `tokens` padded tokens, in random order.

    Examples are shuffled, and sorted by length only inside a pool of some 60
    batches: little padding, and batches still mix lengths over a run.

    Args:
        lengths: tokens of each example.
    """
    order = list(range(len(lengths)))
    drawn.shuffle(order)
    each = max(1, len(order) * tokens * pool // max(sum(lengths), 1))
    out: list[list[int]] = []
    for at in range(0, len(order), each):
        made: list[list[int]] = [[]]
        for i in sorted(order[at : at + each], key=lambda i: lengths[i]):
            # Sorted: the newest is the longest.
            if made[-1] and (len(made[-1]) + 1) * lengths[i] > tokens:
                made.append([])
            made[-1].append(i)
        drawn.shuffle(made)
        out.extend(made)
    return out if order else []


def padded(rows: Sequence[Sequence[int]], pad: int, device: str) -> dict[str, torch.Tensor]:
    """Rows of ids as a model takes them, by name, of shape `[rows, longest]`."""
    import torch

    ids = np.full((len(rows), max(map(len, rows))), pad, dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, of in enumerate(rows):
        ids[row, : len(of)], mask[row, : len(of)] = of, 1
    given = {"input_ids": ids, "attention_mask": mask}
    return {name: torch.from_numpy(array).to(device) for name, array in given.items()}
