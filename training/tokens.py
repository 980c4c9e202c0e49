"""Texts as tokens, and the form that a tokenizer gives a pair of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pincite.errors import ModelError

Ids = NDArray[np.int32]
Encode = Callable[[Sequence[str]], "list[Tokens]"]

NOTHING: Ids = np.zeros(0, dtype=np.int32)


@dataclass(frozen=True, slots=True)
class Tokens:
    """A text's tokens, without special ones.

    Attributes:
        ids: shape `[tokens]`.
        bounds: `[start, end)` of each in characters of the text, shape `[tokens, 2]`.
    """

    ids: Ids
    bounds: Ids

    def spans(self, places: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
        """`[first, last]` token of each `[start, end)` in characters that holds one."""
        out = []
        for start, end in places:
            first = int(np.searchsorted(self.bounds[:, 1], start, side="right"))
            last = int(np.searchsorted(self.bounds[:, 0], end, side="left")) - 1
            if first <= last < len(self.bounds):
                out.append((first, last))
        return tuple(out)


@dataclass(frozen=True, slots=True)
class Template:
    """A pair as a tokenizer writes it: `before` question `between` text `after`.

    Attributes:
        before, between, after: ids of special tokens.
        pad: id of the padding.
        null: index of the token that stands for "not here" (BERT's [CLS], MPNet's <s>).
        typed: whether the model is told by token types (0, 1) which text is which.
        longest: tokens of a whole sequence at most.
    """

    before: tuple[int, ...]
    between: tuple[int, ...]
    after: tuple[int, ...]
    pad: int
    null: int
    typed: bool
    longest: int

    @property
    def special(self) -> int:
        """How many special tokens a pair has."""
        return len(self.before) + len(self.between) + len(self.after)


def template_of(tokenizer: Any) -> Template:  # noqa: ANN401
    """The pair template of a transformers tokenizer.

    Raises:
        ModelError: it writes no special tokens around a pair.
    """
    pair = tokenizer("a", "a")
    ids, which = pair["input_ids"], pair.sequence_ids(0)
    left = [at for at, text in enumerate(which) if text == 0]
    right = [at for at, text in enumerate(which) if text == 1]
    before = ids[: left[0]] if left else []
    if not right or tokenizer.cls_token_id not in before or tokenizer.pad_token_id is None:
        raise ModelError(
            "the tokenizer puts no first token before a pair of texts",
            "Use a model of BERT's kind with its own tokenizer.",
        )
    return Template(
        tuple(before),
        tuple(ids[left[-1] + 1 : right[0]]),
        tuple(ids[right[-1] + 1 :]),
        tokenizer.pad_token_id,
        before.index(tokenizer.cls_token_id),
        "token_type_ids" in tokenizer.model_input_names,
        tokenizer.model_max_length,
    )


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
