"""The trained weights and the optimiser at a step, on the disk and back."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any

from pincite.errors import ModelError
from pincite.index.manifest import sync_folder
from pincite.training.recipe import Recipe

if TYPE_CHECKING:
    import torch


class State:
    """The trained weights and the optimiser at a step.

    Args:
        model: only what needs a gradient is trained and kept.
        plan: changes when the steps would.
        steps: of the whole run.
    """

    def __init__(self, model: Any, plan: str, recipe: Recipe, steps: int) -> None:  # noqa: ANN401
        import torch

        self.model, self.plan, self.recipe, self.steps = model, plan, recipe, steps
        self.step = 0
        self.curve: list[dict[str, float]] = []
        self._trained = {n: p for n, p in model.named_parameters() if p.requires_grad}
        self._optimiser = torch.optim.AdamW(
            self._trained.values(),
            lr=recipe.learning_rate,
            weight_decay=recipe.weight_decay,
            fused=True,
        )

    def take(self, loss: torch.Tensor) -> float:
        """One step down the gradient of a loss; returns the loss."""
        import torch

        recipe = self.recipe
        for group in self._optimiser.param_groups:
            group["lr"] = recipe.learning_rate * slope(self.step, self.steps, recipe.warmup)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._trained.values(), recipe.clip)
        self._optimiser.step()
        self._optimiser.zero_grad(set_to_none=True)
        self.step += 1
        return float(loss.detach())

    def save(self, path: Path) -> None:
        """Durably: what was there is replaced at once or not at all."""
        import torch

        held = {
            "plan": self.plan,
            "step": self.step,
            "curve": self.curve,
            "trained": {name: tensor.detach() for name, tensor in self._trained.items()},
            "optimiser": self._optimiser.state_dict(),
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
            ModelError: it is damaged, or of a run that planned other steps.
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
        if held["plan"] != self.plan:
            raise ModelError(
                f"the checkpoint {path} is of a run of other steps",
                "Give this run another folder with --work.",
            )
        with torch.no_grad():
            for name, tensor in held["trained"].items():
                self._trained[name].copy_(tensor)
        self._optimiser.load_state_dict(held["optimiser"])
        self.step, self.curve = held["step"], held["curve"]
        say(f"goes on from step {self.step:,}")


def slope(step: int, steps: int, warmup: float) -> float:
    """The learning rate's share of its peak: up over `warmup`, then linearly down, never 0."""
    rise = max(1, int(warmup * steps))
    return min((step + 1) / rise, (steps - step) / max(1, steps - rise))
