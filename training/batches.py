"""Batches of examples of like length."""

from __future__ import annotations

import random
from collections.abc import Sequence

from pincite.training.examples import Example


def batches(
    examples: Sequence[Example], tokens: int, drawn: random.Random, pool: int = 60
) -> list[list[int]]:
    """Batches of the examples' numbers, each of at most `tokens` padded tokens, in random order.

    Examples are shuffled, and sorted by length only inside a pool of some 60
    batches: little padding, and batches still mix lengths over a run.
    """
    order = list(range(len(examples)))
    drawn.shuffle(order)
    total = sum(e.longest * len(e.rows) for e in examples)
    each = max(1, len(order) * tokens * pool // max(total, 1))
    out: list[list[int]] = []
    for at in range(0, len(order), each):
        part = sorted(order[at : at + each], key=lambda i: examples[i].longest)
        made: list[list[int]] = [[]]
        rows = 0
        for i in part:
            rows += len(examples[i].rows)
            # Sorted: the newest is the longest.
            if made[-1] and rows * examples[i].longest > tokens:
                made.append([])
                rows = len(examples[i].rows)
            made[-1].append(i)
        drawn.shuffle(made)
        out.extend(made)
    return out
