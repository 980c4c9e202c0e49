"""How well the weights read so far: a sample of the development questions to choose by."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pincite.eval.data import Paragraph
from pincite.training.examples import Example, make_examples
from pincite.training.hardware import Hardware
from pincite.training.loss import collate, exact
from pincite.training.recipe import ReaderRecipe
from pincite.training.tokens import Encode, Template

EACH = 60  # questions of a kind


def development_sample(
    paragraphs: Sequence[Paragraph], encode: Encode, recipe: ReaderRecipe
) -> dict[str, list[Example]]:
    """Some questions of each kind, of the half of the development data to choose by.

    They are worded as they were written, on windows as long as the recipe's that hold the answer.
    """
    kinds: defaultdict[str, list[Paragraph]] = defaultdict(list)
    for paragraph in paragraphs:
        if (paragraph.split, paragraph.half) == ("dev", "tune"):
            for asked in paragraph.asked:
                if recipe.weight(asked):
                    kinds[asked.kind or asked.source].append(replace(paragraph, asked=(asked,)))
    nothing = {"negatives": 0.0, "mistakes": 0, "away": 0.0, "standalone": 0.0, "typed": 0.0}
    plain = replace(recipe, share=1.0, sources={}, kinds={}, **nothing)  # type: ignore[arg-type]
    drawn = random.Random(recipe.seed)
    return {
        kind: make_examples(
            drawn.sample(of, min(EACH, len(of))), encode, lambda _: [], {}, plain, drawn
        )
        for kind, of in sorted(kinds.items())
    }


def score(
    model: Any,  # noqa: ANN401
    sample: Mapping[str, Sequence[Example]],
    template: Template,
    hardware: Hardware,
) -> dict[str, float]:
    """Of each kind, how many are read to the letter, "not here" included; in per cent."""
    import torch

    out = {}
    for kind, examples in sample.items():
        right = 0
        for at in range(0, len(examples), 16):
            batch = collate(examples[at : at + 16], template, hardware.device)
            with torch.inference_mode(), hardware.autocast():
                output = model(**batch.inputs)
            right += int(exact(output.start_logits, output.end_logits, batch).sum())
        if examples:
            out[f"right {kind}"] = round(100 * right / len(examples), 1)
    return out
