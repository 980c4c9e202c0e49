"""The weights, their average and the optimiser at a step, on the disk and back."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

from pincite.errors import ModelError
from pincite.index.manifest import sync_folder
from pincite.training.hardware import Hardware
from pincite.training.loss import Batch, loss_of
from pincite.training.recipe import Recipe


class State:
    """The weights, their average and the optimiser at a step.

    Args:
        base: hash of the weights that the run started from.
        steps: of the whole run.
    """

    def __init__(self, model: Any, base: str, recipe: Recipe, steps: int) -> None:  # noqa: ANN401
        import torch

        self.model, self.base, self.recipe, self.steps = model, base, recipe, steps
        self.step = 0
        self.curve: list[dict[str, float]] = []
        self.optimiser = torch.optim.AdamW(
            model.parameters(),
            lr=recipe.learning_rate,
            weight_decay=recipe.weight_decay,
            fused=True,
        )
        self.average = {k: v.detach().clone().float() for k, v in model.state_dict().items()}

    def take(self, forward: Any, batch: Batch, hardware: Hardware) -> float:  # noqa: ANN401
        """One step; returns the loss."""
        import torch

        recipe = self.recipe
        # What is dropped is drawn anew from the step's number: a resumed run draws the same.
        torch.manual_seed(recipe.seed * 1_000_003 + self.step)
        for group in self.optimiser.param_groups:
            group["lr"] = recipe.learning_rate * _slope(self.step, self.steps, recipe.warmup)
        with hardware.autocast():
            output = forward(
                input_ids=batch.ids, attention_mask=batch.mask, token_type_ids=batch.types
            )
        loss = loss_of(output.start_logits, output.end_logits, batch, recipe.shared_weight)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), recipe.clip)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.step += 1
        # Early weights are far from the last ones: the average is young at first.
        keep = min(recipe.averaging, (1 + self.step) / (10 + self.step)) if recipe.averaging else 0
        weights = self.model.state_dict()
        torch._foreach_lerp_(
            list(self.average.values()), [weights[k].float() for k in self.average], 1 - keep
        )
        return float(loss.detach())

    def save(self, path: Path) -> None:
        """Durably: what was there is replaced at once or not at all."""
        import torch

        held = {
            "base": self.base,
            "step": self.step,
            "curve": self.curve,
            "model": self.model.state_dict(),
            "average": self.average,
            "optimiser": self.optimiser.state_dict(),
        }
        written = path.with_suffix(".new")
        with written.open("wb") as file:
            torch.save(held, file)
            file.flush()
            os.fsync(file.fileno())
        written.replace(path)
        sync_folder(path.parent)

    def resume(self, path: Path, say: Callable[[str], None]) -> None:
        """Go on from a checkpoint, if there is one.

        Raises:
            ModelError: it is damaged, or of a run that started from another model.
        """
        import torch

        if not path.exists():
            return
        try:
            held = torch.load(path, map_location="cpu", weights_only=True)
        except (OSError, EOFError, RuntimeError, UnpicklingError) as error:
            raise ModelError(
                f"the checkpoint {path} can't be read: {error}", "Remove it to start anew."
            ) from error
        if held["base"] != self.base:
            raise ModelError(
                f"the checkpoint {path} is of a run from another base",
                "Give this run another folder with --work.",
            )
        self.model.load_state_dict(held["model"])
        self.optimiser.load_state_dict(held["optimiser"])
        self.average = {k: v.to(self.average[k].device) for k, v in held["average"].items()}
        self.step, self.curve = held["step"], held["curve"]
        say(f"goes on from step {self.step:,}")


def _slope(step: int, steps: int, warmup: float) -> float:
    """The learning rate's share of its peak: up over `warmup`, then linearly down, never 0."""
    rise = max(1, int(warmup * steps))
    return min((step + 1) / rise, (steps - step) / max(1, steps - rise))
