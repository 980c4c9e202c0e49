"""Leave out what a reader knows already: an example it has learnt costs as much and teaches little.

Hard example mining (Shrivastava, Gupta and Girshick, CVPR 2016), before the run instead of in each
step: the 8-bit reader takes a fifth of the time of a training step.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pincite.training.examples import Example
from pincite.training.loss import written
from pincite.training.recipe import ReaderRecipe
from pincite.training.tokens import Template

Logits = Callable[[Iterator[list[int]]], Iterator[NDArray[np.float32]]]
"""For the token ids of texts, start and end logits of each, shape `[tokens, 2]`."""


def hard(
    examples: Sequence[Example],
    template: Template,
    logits: Logits,
    recipe: ReaderRecipe,
    drawn: random.Random,
) -> list[Example]:
    """Those whose loss is at least `recipe.easy`, and a share `recipe.kept` of the others."""
    given = logits(written(one, template)[0] for one in examples)
    return [
        one
        for one, out in zip(examples, given, strict=True)
        if loss(one, out, template) >= recipe.easy or drawn.random() < recipe.kept
    ]


def loss(one: Example, logits: NDArray[np.float32], template: Template) -> float:
    """Cross entropy of start and end as in `pincite.training.loss`, of one example.

    Args:
        logits: shape `[tokens, 2]`.
    """
    begin = written(one, template)[1] + len(one.title)
    readable = [template.null, *range(begin, begin + len(one.text))]
    total = 0.0
    for column in (0, 1):
        right = sorted({begin + gold[column] for gold in one.golds}) or [template.null]
        total += float(
            np.logaddexp.reduce(logits[readable, column])
            - np.logaddexp.reduce(logits[right, column])
        )
    return total / 2


def shipped_logits() -> Logits:
    """Of the reader that the settings name, which has to be an exported one.

    Raises:
        ModelError: it is none.
    """
    from pincite.index.model_files import ONNX, model_folder
    from pincite.index.runtime import Session
    from pincite.settings import load_settings

    settings = load_settings()
    session = Session(model_folder(settings.reader, "PINCITE_READER") / ONNX, settings.threads)
    return session.run
