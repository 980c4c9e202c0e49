"""Dropout that costs next to nothing on a CPU."""

from __future__ import annotations

from typing import Any


def share_dropout(model: Any, rate: float) -> None:  # noqa: ANN401
    """Make a model drop the same hidden units at all places of a text (in place).

    Called variational or locked dropout (Gal and Ghahramani, 2016): one draw a
    text and unit instead of one a token and unit, which takes a hundredth of
    the random numbers, and these are what makes dropout slow on a CPU.

    Args:
        model: a transformer whose hidden dropouts are named `dropout`.
        rate: share of units dropped, 0..1; 0 leaves the model as it is.
    """
    import torch

    class SharedDropout(torch.nn.Module):
        def forward(self, hidden: torch.Tensor) -> torch.Tensor:
            if not self.training:
                return hidden
            keep = 1.0 - rate
            drawn = torch.rand(hidden.shape[0], 1, hidden.shape[-1], device=hidden.device)
            return hidden * ((drawn < keep).to(hidden.dtype) / keep)

    if not rate:
        return
    for module in list(model.modules()):
        inner = getattr(module, "dropout", None)
        # In attention, dropout falls on the weights: they have no units to share.
        if isinstance(inner, torch.nn.Dropout) and not hasattr(module, "query"):
            module.dropout = SharedDropout()
