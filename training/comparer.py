"""The comparison's model: the reader's lower layers, taught to compare by low-rank additions.

The reader's weights stay as they are, so that the comparison is shipped as what it adds to them.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn
from transformers import MPNetConfig, MPNetModel, initialization
from transformers.modeling_outputs import SequenceClassifierOutput
from transformers.models.mpnet.modeling_mpnet import MPNetPreTrainedModel

from pincite.qa.agreement import Relation

LAYERS = 9
"""Of the reader that are computed: the upper ones have forgotten what words mean."""
KEPT = 3  # lowest layers without additions
RANK = 32
HIDDEN = 256
LINEARS = (
    *("attention.attn.q", "attention.attn.k", "attention.attn.v", "attention.attn.o"),
    *("intermediate.dense", "output.dense"),
)


class Adapted(nn.Linear):
    """A linear layer, and a product of two narrow matrices beside it (LoRA: Hu et al., 2021)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs)
        self.down = nn.Parameter(torch.empty(RANK, inputs))
        self.up = nn.Parameter(torch.empty(outputs, RANK))

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """What the layer says, and what is added; shape `[..., outputs]`."""
        added = nn.functional.linear(nn.functional.linear(rows, self.down), self.up)
        return super().forward(rows) + added


class Body(MPNetModel):  # type: ignore[misc]
    """MPNet's layers, the upper ones with additions."""

    def __init__(self, config: MPNetConfig) -> None:
        super().__init__(config, add_pooling_layer=False)
        for layer in self.encoder.layer[KEPT:]:
            for name in LINEARS:
                linear = layer.get_submodule(name)
                layer.set_submodule(name, Adapted(linear.in_features, linear.out_features))
        self.post_init()

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        super()._init_weights(module)
        if isinstance(module, Adapted):  # it adds nothing before it is trained
            initialization.kaiming_uniform_(module.down, a=math.sqrt(5))
            initialization.zeros_(module.up)


class Comparer(MPNetPreTrainedModel):  # type: ignore[misc]
    """A question and two marked answers to a logit of each `pincite.qa.agreement.Relation`.

    Args:
        config: MPNet's; `mark` is the id of the sign around an answer.
    """

    def __init__(self, config: MPNetConfig) -> None:
        super().__init__(config)
        self.mpnet = Body(config)
        self.hidden = nn.Linear(5 * config.hidden_size, HIDDEN)
        self.out = nn.Linear(HIDDEN, len(Relation))
        self.post_init()

    def only_additions(self) -> None:
        """Fix what is the reader's own."""
        for name, weights in self.named_parameters():
            own = name.startswith("mpnet.") and not name.endswith((".down", ".up"))
            weights.requires_grad_(not own)

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        **_: Any,  # noqa: ANN401
    ) -> SequenceClassifierOutput:
        """The logits, shape `[pairs, relations]`, of ids of shape `[pairs, tokens]`."""
        read = self.mpnet(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        marks = input_ids == self.config.mark
        met = marks.long().cumsum(dim=1)

        def answer(number: int) -> torch.Tensor:
            inside = ((met == number) & ~marks).to(read.dtype)[..., None]
            mean: torch.Tensor = (read * inside).sum(dim=1) / inside.sum(dim=1).clamp_min(1.0)
            return mean

        first, second = answer(1), answer(3)
        width = (self.config.hidden_size,)
        told = (first, second, first * second, (first - second).abs(), read[:, 0])
        both = torch.cat([nn.functional.layer_norm(one, width) for one in told], dim=-1)
        return SequenceClassifierOutput(logits=self.out(nn.functional.gelu(self.hidden(both))))
