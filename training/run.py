"""A run: its steps, checkpoints and scores, and the finished model.

Everything that chance decides is drawn from the recipe's seed, so a run that
was killed goes on from its last checkpoint to the very weights that it would
have had.
"""

from __future__ import annotations

import json
import shutil
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pincite.errors import InvalidRequest
from pincite.eval.data import Paragraph, hash_of, load
from pincite.index.manifest import write_durably
from pincite.training.hardware import Hardware, find
from pincite.training.recipe import Recipe
from pincite.training.state import State
from pincite.training.weights import Head, load_model, load_tokenizer, origin

if TYPE_CHECKING:
    import torch

Say = Callable[[str], None]

CHECKPOINT_SECONDS = 300
SAID_SECONDS = 20
LOSSES = 6  # points of the curve
SCORED = 3  # one point in so many is of the development sample, too: that takes minutes


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a run starts, how it computes and where its files are.

    Attributes:
        files: see `pincite.eval.data`.
        base: folder of the model to start from, with its tokenizer.
        start: weights of an earlier run on that base; see `weights.load_model`.
        out: gets the model, its tokenizer and `training.json`.
        work: for checkpoints and vectors; a killed run goes on from here.
        say: takes a line of progress.
        stop_after: steps after which to stop as if killed.
    """

    files: Sequence[Path]
    base: Path
    out: Path
    work: Path
    start: Path | None = None
    say: Say = print
    hardware: Hardware | None = None
    stop_after: int | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """What a trainer gives to be driven.

    Attributes:
        plan: changes when the steps would; a checkpoint of another plan is refused.
        tokens: padded tokens of each step, so many steps.
        loss: of a step, by its number.
        score: of the weights as they are, on development questions.
    """

    plan: str
    tokens: Sequence[int]
    loss: Callable[[int], torch.Tensor]
    score: Callable[[], dict[str, float]]


@dataclass(frozen=True, slots=True)
class Parts:
    """What a trainer makes its job of."""

    paragraphs: list[Paragraph]
    model: Any
    tokenizer: Any
    hardware: Hardware
    folder: Path
    say: Say


def train(
    setting: Setting, recipe: Recipe, head: Head, make: Callable[[Parts], Job]
) -> dict[str, Any]:
    """Fine-tune a model on the training split of the files and write it to `out`.

    Args:
        make: plans the run.

    Returns:
        What `training.json` holds; nothing if the run was stopped.

    Raises:
        InvalidData: a file is not of the form, or holds no question to train on.
        InvalidRequest: `out` is a file, or the recipe's texts are too long for the model.
        ModelError: `base` or `start` is no such model, or a checkpoint in
            `work` can't be gone on from.
    """
    data, paragraphs = hash_of(setting.files), load(setting.files)
    if setting.out.exists() and not setting.out.is_dir():
        raise InvalidRequest(f"{setting.out} is not a folder", "Name a folder for the model.")

    import torch

    hardware = setting.hardware or find()
    torch.manual_seed(recipe.seed)
    tokenizer = load_tokenizer(setting.base)
    dropout = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    model = load_model(setting.base, head, setting.start, **dropout).to(hardware.device)
    hashes = origin(setting.base, head, setting.start)
    name = f"{recipe.name}-{sha256(json.dumps([data, hashes]).encode()).hexdigest()[:6]}"
    folder = setting.work / name
    folder.mkdir(parents=True, exist_ok=True)
    setting.say(f"run {name} on {hardware}")
    job = make(Parts(paragraphs, model, tokenizer, hardware, folder, setting.say))
    torch.set_num_threads(hardware.threads)  # a search, to mine, has set it to 1
    state = State(model, job.plan, recipe, len(job.tokens))
    if not drive(state, job, folder, setting.say, setting.stop_after):
        return {}
    record = {
        "recipe": json.loads(recipe.json),
        "from": hashes,
        "data": data,
        "machine": asdict(hardware) | {"torch": torch.__version__},
        "steps": len(job.tokens),
        "tokens": sum(job.tokens),
        "questions": {split: _counted(paragraphs, split) for split in ("train", "dev")},
        "curve": state.curve,
    }
    finish(model.to("cpu"), setting.base, setting.out, record)
    setting.say(f"written: {setting.out}")
    return record


def drive(state: State, job: Job, folder: Path, say: Say, stop_after: int | None = None) -> bool:
    """All steps that are left, with checkpoints in the folder; whether the last was reached."""
    steps = len(job.tokens)
    say(f"{steps:,} steps, {sum(job.tokens) / 1e6:.2f} million tokens")
    state.resume(folder / "checkpoint.pt", say)
    state.model.train()
    every = max(1, steps // LOSSES)
    saved = said = time.monotonic()
    seconds, tokens = 0.0, 0
    losses: list[float] = []
    while state.step < steps:
        began = time.monotonic()
        losses.append(state.take(job.loss(state.step)))
        now = time.monotonic()
        seconds, tokens = seconds + now - began, tokens + job.tokens[state.step - 1]
        stopped = stop_after is not None and state.step >= stop_after
        if now - said > SAID_SECONDS or stopped:
            rate = tokens / seconds
            say(
                f"step {state.step:,}/{steps:,}  loss {np.mean(losses[-100:]):.3f}  "
                f"{rate:,.0f} tokens/s  {sum(job.tokens[state.step :]) / rate / 60:.0f} min left"
            )
            said = now
        if state.step % every == 0 or state.step == steps:
            loss = round(float(np.mean(losses[-every:])), 4)
            state.curve.append({"step": state.step, "loss": loss})
            if state.step % (SCORED * every) == 0 or state.step == steps:
                state.model.eval()
                state.curve[-1] |= job.score()
                state.model.train()
            say(f"step {state.step:,}: {state.curve[-1]}")
        if time.monotonic() - saved > CHECKPOINT_SECONDS or stopped or state.step == steps:
            state.save(folder / "checkpoint.pt")
            saved = time.monotonic()
        if stopped:
            return False
    return True


def finish(model: Any, base: Path, out: Path, record: dict[str, Any]) -> None:  # noqa: ANN401
    """Write model and tokenizer beside `out`, then put each file in its place, whole.

    Killed between two files, the same command puts the others there too: its
    last checkpoint is that of the last step. What else is in `out` stays.
    """
    fresh = out.resolve().with_name(out.resolve().name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    model.save_pretrained(fresh)
    for path in (*base.glob("*token*.json"), *base.glob("vocab.*")):
        shutil.copyfile(path, fresh / path.name)
    write_durably(fresh / "training.json", (json.dumps(record, indent=1) + "\n").encode())
    out.mkdir(parents=True, exist_ok=True)
    for path in sorted(fresh.iterdir()):
        path.replace(out / path.name)
    fresh.rmdir()


def _counted(paragraphs: Sequence[Paragraph], split: str) -> dict[str, int]:
    """Questions of a split by source and kind."""
    asked = (one for paragraph in paragraphs if paragraph.split == split for one in paragraph.asked)
    return dict(Counter(f"{one.source} {one.kind}".strip() for one in asked))
