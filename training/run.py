"""Train the reader: plan, steps, checkpoints, scores, the finished model.

Everything that chance decides is drawn from the recipe's seed before the first
step, so a run that was killed goes on from its last checkpoint to the very
weights that it would have had.
"""

from __future__ import annotations

import json
import random
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pincite.errors import InvalidData, InvalidRequest, ModelError
from pincite.eval.data import Paragraph, hash_of, load
from pincite.index.manifest import write_durably
from pincite.index.model_files import fingerprint, sha256
from pincite.qa.ranking import load_ranking
from pincite.training.batches import batches
from pincite.training.dropout import share_dropout
from pincite.training.examples import Encode, Example, Texts, Tokens, first_stage, second_stage
from pincite.training.hardware import Hardware, find
from pincite.training.loss import collate
from pincite.training.near import nearest
from pincite.training.recipe import Recipe
from pincite.training.score import development_sample, score
from pincite.training.state import State

Say = Callable[[str], None]

CHECKPOINT_SECONDS = 300
SCORE_SHARE = 12  # the development sample is scored so many times in a run


@dataclass(frozen=True, slots=True)
class Plan:
    """All batches of a run, in order.

    Attributes:
        examples: of both stages.
        batches: numbers of examples.
        tokens: padded tokens of each batch.
    """

    examples: list[Example]
    batches: list[list[int]]
    tokens: list[int]


def train(
    files: Sequence[Path],
    base: Path,
    out: Path,
    work: Path,
    recipe: Recipe,
    say: Say = print,
    hardware: Hardware | None = None,
    stop_after: int | None = None,
) -> dict[str, Any]:
    """Fine-tune `base` on the training split of the files and write the reader to `out`.

    Args:
        files: see `pincite.eval.data`.
        base: folder of a BERT-like model with its tokenizer.
        out: gets the model (fp16 safetensors), its tokenizer and `training.json`.
        work: for checkpoints and cached vectors; a killed run goes on from here.
        say: takes a line of progress.
        stop_after: steps after which to stop as if killed, for tests.

    Returns:
        What `training.json` holds: recipe, data, machine, curve and scores.

    Raises:
        InvalidData: a file is not of the form, or holds no question to train on.
        InvalidRequest: `out` is a file, or the recipe's texts are too long for the model.
        ModelError: `base` is no such model, or a checkpoint in `work` can't be gone on from.
    """
    data, paragraphs = hash_of(files), load(files)
    if out.exists() and not out.is_dir():
        raise InvalidRequest(f"{out} is not a folder", "Name a folder for the reader.")

    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    hardware = hardware or find()
    torch.set_num_threads(hardware.threads)
    torch.manual_seed(recipe.seed)
    try:
        tokenizer = AutoTokenizer.from_pretrained(base, local_files_only=True)
        model = AutoModelForQuestionAnswering.from_pretrained(
            base,
            local_files_only=True,
            attn_implementation=hardware.attention,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        ).to(hardware.device)
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise ModelError(f"{base} is not a BERT-like model: {error}", "Name its folder.") from error

    weights = sha256(base / "model.safetensors")
    name = recipe.name + "-" + "".join(digest[:6] for digest in data.values())
    folder = work / name
    folder.mkdir(parents=True, exist_ok=True)
    say(f"run {name} on {hardware}")
    plan = _plan(paragraphs, recipe, encoder_of(tokenizer), work, say, hardware)
    if not plan.batches:
        raise InvalidData("the files hold no question to train on", "Give more paragraphs.")
    longest = max(example.longest for example in plan.examples)
    if longest > model.config.max_position_embeddings:
        raise InvalidRequest(
            f"an example of {longest} tokens is too long for the model",
            "Lower passage_tokens or question_tokens, or shorten the data's longest answers.",
        )
    sample = development_sample(paragraphs, encoder_of(tokenizer), recipe.seed)
    say(
        f"{len(plan.examples):,} examples, {len(plan.batches):,} steps, "
        f"{sum(plan.tokens) / 1e6:.1f} million tokens"
    )
    share_dropout(model, recipe.dropout)
    state = State(model, weights, recipe, len(plan.batches))
    state.resume(folder / "checkpoint.pt", say)
    model.train()
    special = (tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.pad_token_id)
    forward = torch.compile(model, dynamic=True) if hardware.compiled else model
    every = max(1, len(plan.batches) // SCORE_SHARE)
    saved = said = time.monotonic()
    began, tokens_here = time.monotonic(), 0
    losses: list[float] = []
    while state.step < len(plan.batches):
        chosen = [plan.examples[i] for i in plan.batches[state.step]]
        batch = collate(chosen, *special).to(hardware.device)
        losses.append(state.take(forward, batch, hardware))
        tokens_here += plan.tokens[state.step - 1]
        now = time.monotonic()
        if now - said > 20:
            rate = tokens_here / (now - began)
            left = sum(plan.tokens[state.step :]) / rate
            say(
                f"step {state.step:,}/{len(plan.batches):,}  loss {np.mean(losses[-100:]):.3f}  "
                f"{rate:,.0f} tokens/s  {left / 60:.0f} min left"
            )
            said = now
        if state.step % every == 0 or state.step == len(plan.batches):
            loss = round(float(np.mean(losses[-every:])), 4)
            scores = score(state, sample, special, hardware)
            state.curve.append({"step": state.step, "loss": loss} | scores)
            say(f"step {state.step:,}: {state.curve[-1]}")
        stopped = stop_after is not None and state.step >= stop_after
        if time.monotonic() - saved > CHECKPOINT_SECONDS or stopped:
            state.save(folder / "checkpoint.pt")
            saved = time.monotonic()
        if stopped:
            return {}
    state.save(folder / "checkpoint.pt")
    record = {
        "recipe": asdict(recipe),
        "base": weights,
        "data": data,
        "machine": asdict(hardware) | {"torch": torch.__version__},
        "steps": len(plan.batches),
        "tokens": sum(plan.tokens),
        "questions": _counts(paragraphs),
        "curve": state.curve,
    }
    _finish(state, tokenizer, out, record)
    say(f"written: {out}")
    try:
        load_ranking(out, fingerprint(out))
    except ModelError as error:
        say(f"{error.message}. {error.hint}")
    return record


def encoder_of(tokenizer: Any) -> Encode:  # noqa: ANN401
    """Tokens of texts, without special ones, each with its place in the text."""

    def encode(texts: Sequence[str]) -> list[Tokens]:
        if not texts:
            return []
        got = tokenizer(
            list(texts),
            add_special_tokens=False,
            return_offsets_mapping=True,
            return_attention_mask=False,
            verbose=False,
        )
        return [
            Tokens(np.array(ids, dtype=np.int32), np.array(at, dtype=np.int32).reshape(-1, 2))
            for ids, at in zip(got["input_ids"], got["offset_mapping"], strict=True)
        ]

    return encode


def _plan(
    paragraphs: Sequence[Paragraph],
    recipe: Recipe,
    encode: Encode,
    work: Path,
    say: Say,
    hardware: Hardware,
) -> Plan:
    drawn = random.Random(recipe.seed)
    texts = Texts([p for p in paragraphs if p.split == "train"], encode)
    stages = [
        first_stage(texts, recipe, drawn, drafts=True),
        first_stage(texts, recipe, drawn),
    ]
    if any(recipe.in_passages.values()):
        near = nearest([p.text for p in texts.paragraphs], work / "vectors", say, hardware)
        stages.append(second_stage(texts, near, recipe, drawn))
    plan = Plan([], [], [])
    for stage in stages:
        for batch in batches(stage, recipe.batch_tokens, drawn):
            plan.batches.append([len(plan.examples) + i for i in batch])
            longest = max(stage[i].longest for i in batch)
            plan.tokens.append(longest * sum(len(stage[i].rows) for i in batch))
        plan.examples.extend(stage)
    return plan


def _counts(paragraphs: Sequence[Paragraph]) -> dict[str, dict[str, int]]:
    out: dict[str, dict[str, int]] = {"train": {}, "dev": {}}
    for paragraph in paragraphs:
        for asked in paragraph.asked:
            of = out[paragraph.split]
            of[asked.source] = of.get(asked.source, 0) + 1
    return out


def _finish(state: State, tokenizer: Any, out: Path, record: dict[str, Any]) -> None:  # noqa: ANN401
    """Write the model beside `out`, then put each file in its place, whole.

    Killed between two files, the same command puts the others there too: its
    last checkpoint is that of the last step. What else is in `out` stays.
    """
    import torch

    if state.recipe.averaging:
        state.model.load_state_dict(state.average)
    fresh = out.resolve().with_name(out.resolve().name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    state.model.to("cpu", torch.float16).save_pretrained(fresh)
    tokenizer.save_pretrained(fresh)
    write_durably(fresh / "training.json", (json.dumps(record, indent=1) + "\n").encode())
    out.mkdir(parents=True, exist_ok=True)
    for path in sorted(fresh.iterdir()):
        path.replace(out / path.name)
    fresh.rmdir()
