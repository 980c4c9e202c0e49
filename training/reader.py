"""Train a reader: a model of BERT's kind that finds spans, or says that there is none."""

from __future__ import annotations

import random
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from pincite.errors import InvalidData, InvalidRequest
from pincite.training.batches import batches
from pincite.training.examples import Example, make_examples
from pincite.training.loss import collate, loss_of
from pincite.training.mined import mine
from pincite.training.negatives import negatives_among
from pincite.training.recipe import ReaderRecipe
from pincite.training.run import Job, Parts, Setting, train
from pincite.training.score import development_sample, score
from pincite.training.tokens import encoder_of, template_of
from pincite.training.weights import freeze

if TYPE_CHECKING:
    import torch


def train_reader(setting: Setting, recipe: ReaderRecipe) -> dict[str, Any]:
    """Fine-tune a reader; see `pincite.training.run.train` for what is returned and raised."""
    return train(setting, recipe, "spans", lambda parts: plan(parts, recipe))


def plan(parts: Parts, recipe: ReaderRecipe) -> Job:
    """The run's examples in batches, and what is done with each.

    Raises:
        InvalidData: there is no question to train on.
        InvalidRequest: an example is too long for the model.
    """
    model, hardware = parts.model, parts.hardware
    template, encode = template_of(parts.tokenizer), encoder_of(parts.tokenizer)
    drawn = random.Random(recipe.seed)
    paragraphs = [
        paragraph
        for paragraph in parts.paragraphs
        if paragraph.split == "train" and any(map(recipe.weight, paragraph.asked))
    ]
    negatives = negatives_among(paragraphs, parts.folder.parent / "vectors", parts.say)
    events = parts.folder.parent / "events"
    wrong = mine(parts.paragraphs, events, parts.say) if recipe.mistakes else {}
    examples = make_examples(paragraphs, encode, negatives, wrong, recipe, drawn)
    if not examples:
        raise InvalidData("the files hold no question to train on", "Give more paragraphs.")
    lengths = [example.length + template.special for example in examples]
    most = min(template.longest, model.config.max_position_embeddings)
    if max(lengths) > most:
        raise InvalidRequest(
            f"an example of {max(lengths)} tokens is too long for the model",
            "Lower window_tokens or question_tokens, or shorten the data's longest answers.",
        )
    steps = batches(lengths, recipe.batch_tokens, drawn)
    sample = development_sample(parts.paragraphs, encode, recipe)
    without = sum(not example.golds for example in examples)
    parts.say(f"{len(examples):,} examples, {without:,} of them without an answer")
    freeze(model, recipe.frozen)

    def loss(step: int) -> torch.Tensor:
        batch = collate([examples[i] for i in steps[step]], template, hardware.device)
        with hardware.autocast():
            output = model(**batch.inputs)
        return loss_of(output.start_logits, output.end_logits, batch)

    return Job(
        _digest(examples, steps),
        [len(step) * max(lengths[i] for i in step) for step in steps],
        loss,
        lambda: score(model, sample, template, hardware),
    )


def _digest(examples: list[Example], steps: list[list[int]]) -> str:
    digest = sha256(repr(steps).encode())
    for one in examples:
        for ids in (one.question, one.title, one.text):
            digest.update(ids.tobytes() + b"|")
        digest.update(repr(one.golds).encode())
    return digest.hexdigest()
