"""BERT as one text of one question needs it: no batch, no padding, no mask.

`transformers` computes the same on padded batches, with a mask and three products where one does.
Alone, a text of n tokens costs what n tokens cost, and what comes out of the exporter is short
enough that a runtime spends its time in the matrix products.

After Devlin et al., "BERT", 2019; pooling as in Reimers and Gurevych, "Sentence-BERT", 2019.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

WEIGHTS = "model.safetensors"
_SHARE = 0.7  # of an input's spread that moves into the weights
_LEAST = 1e-3
_LOOKED_AT = (16, 32, 64, 128, 200) * 4  # tokens of the texts that `smooth` looks at
_SEED = 0


class Head(StrEnum):
    """What a model gives of a text."""

    SPANS = "spans"
    """Start and end logits of each token."""
    SENTENCE = "sentence"
    """One vector of length 1: the mean over the tokens."""


class Bert(nn.Module):
    """The weights of a folder, arranged for one text at a time.

    Args:
        folder: of a model that `is_plain` says yes to.
    """

    def __init__(self, folder: Path, head: Head) -> None:
        super().__init__()
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self.head = head
        self.largest: dict[tuple[int, str], Tensor] | None = None  # while `smooth` looks
        self.heads = int(config["num_attention_heads"])
        self.width = int(config["hidden_size"])
        self.epsilon = float(config["layer_norm_eps"])
        stored = {name: tensor.float() for name, tensor in load_file(folder / WEIGHTS).items()}
        under = "" if "embeddings.word_embeddings.weight" in stored else "bert."
        given = {
            name.removeprefix(under): value
            for name, value in stored.items()
            if name.startswith((under, "qa_outputs."))
        }
        self.words = _kept(given["embeddings.word_embeddings.weight"])
        self.places = _kept(given["embeddings.position_embeddings.weight"])
        self.types = _kept(given["embeddings.token_type_embeddings.weight"])
        self.norm = _kept(given["embeddings.LayerNorm.weight"])
        self.norm_bias = _kept(given["embeddings.LayerNorm.bias"])
        self.layers = nn.ModuleList(
            _Layer(given, f"encoder.layer.{n}.", self.heads)
            for n in range(int(config["num_hidden_layers"]))
        )
        if head is Head.SPANS:
            self.spans = _kept(given["qa_outputs.weight"].T)
            self.spans_bias = _kept(given["qa_outputs.bias"])

    def forward(self, ids: Tensor, types: Tensor) -> Tensor:
        """What the head gives.

        Args:
            ids: token ids, shape `[tokens]`.
            types: 0 for tokens of the first text, 1 of the second, shape `[tokens]`.

        Returns:
            Logits, shape `[tokens, 2]`; or the vector, shape `[width]`.
        """
        x = self.words[ids] + self.types[types] + self.places[: ids.shape[0]]
        x = self._normed(x, self.norm, self.norm_bias)
        for layer in self.each_layer():
            x = self._through(layer, x)
        if self.head is Head.SPANS:
            return x @ self.spans + self.spans_bias
        return functional.normalize(x.mean(0), dim=0)

    def each_layer(self) -> Iterator[_Layer]:
        """The layers from below."""
        for layer in self.layers:
            assert isinstance(layer, _Layer)
            yield layer

    def _through(self, layer: _Layer, x: Tensor) -> Tensor:
        mixed = self._scaled(layer, "mix", x) @ layer.mix + layer.mix_bias
        query, key, value = mixed.view(-1, 3, self.heads, self.width // self.heads).permute(
            1, 2, 0, 3
        )
        seen = torch.softmax(query @ key.transpose(-1, -2), -1) @ value
        seen = seen.permute(1, 0, 2).reshape(-1, self.width)
        x = seen @ layer.out + layer.out_bias + x
        x = self._normed(x, layer.out_norm, layer.out_norm_bias)
        wide = functional.gelu(self._scaled(layer, "widen", x) @ layer.widen + layer.widen_bias)
        x = wide @ layer.narrow + layer.narrow_bias + x
        return self._normed(x, layer.narrow_norm, layer.narrow_norm_bias)

    def _scaled(self, layer: _Layer, product: str, x: Tensor) -> Tensor:
        """The input of a product, by channel as small as `smooth` wants it."""
        if self.largest is not None:
            key = (id(layer), product)
            seen = x.abs().amax(0)
            self.largest[key] = torch.maximum(self.largest.get(key, seen), seen)
        scale = getattr(layer, f"{product}_by", None)
        return x if scale is None else x * scale

    def _normed(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        return functional.layer_norm(x, (self.width,), weight, bias, self.epsilon)


def smooth(bert: Bert) -> None:
    """Make a model's inputs to its widest products fit for 8 bits; what it computes stays the same.

    A few channels of BERT's activations are many times larger than the others, and
    with one scale for all these lose their digits. Each channel is divided by a
    number that its weights are multiplied by (SmoothQuant; Xiao et al., ICML 2023,
    section 4). How large a channel gets is measured on random tokens: the large
    channels are large whatever the text says.
    """
    random = torch.Generator().manual_seed(_SEED)
    bert.largest = {}
    with torch.no_grad():
        for tokens in _LOOKED_AT:
            ids = torch.randint(len(bert.words), (tokens,), generator=random)
            bert(ids, torch.zeros_like(ids))
    largest, bert.largest = bert.largest, None
    for layer in bert.each_layer():
        for product in ("mix", "widen"):
            weights = getattr(layer, product)
            heavy = weights.abs().amax(1).clamp(min=_LEAST)
            scale = largest[id(layer), product].clamp(min=_LEAST) ** _SHARE / heavy ** (1 - _SHARE)
            scale = (scale / scale.median()).clamp(min=_LEAST)
            setattr(layer, f"{product}_by", _kept(1 / scale))
            setattr(layer, product, _kept(weights * scale[:, None]))


class _Layer(nn.Module):
    """The weights of one layer; query, key and value side by side, the query already scaled."""

    mix: Tensor
    mix_bias: Tensor
    out: Tensor
    out_bias: Tensor
    out_norm: Tensor
    out_norm_bias: Tensor
    widen: Tensor
    widen_bias: Tensor
    narrow: Tensor
    narrow_bias: Tensor
    narrow_norm: Tensor
    narrow_norm_bias: Tensor

    def __init__(self, given: dict[str, Tensor], under: str, heads: int) -> None:
        super().__init__()

        def of(name: str) -> Tensor:
            return given[under + name]

        parts = [f"attention.self.{part}." for part in ("query", "key", "value")]
        width = of(parts[0] + "weight").shape[0]
        scale = [1 / math.sqrt(width // heads), 1.0, 1.0]
        zipped = list(zip(parts, scale, strict=True))
        self.mix = _kept(torch.cat([of(part + "weight") * by for part, by in zipped]).T)
        self.mix_bias = _kept(torch.cat([of(part + "bias") * by for part, by in zipped]))
        for name, source in (
            ("out", "attention.output"),
            ("widen", "intermediate"),
            ("narrow", "output"),
        ):
            setattr(self, name, _kept(of(f"{source}.dense.weight").T))
            setattr(self, f"{name}_bias", _kept(of(f"{source}.dense.bias")))
            if name != "widen":
                setattr(self, f"{name}_norm", _kept(of(f"{source}.LayerNorm.weight")))
                setattr(self, f"{name}_norm_bias", _kept(of(f"{source}.LayerNorm.bias")))


def _kept(tensor: Tensor) -> nn.Parameter:
    return nn.Parameter(tensor.contiguous(), requires_grad=False)
