"""Models of two or three small layers with random weights, BERT's kind and MPNet's."""

from __future__ import annotations

import string
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pincite.qa.agreement import HINTS, MARK, TITLED

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Kind = Literal["bert", "mpnet"]
LETTERS = string.ascii_lowercase + string.digits


def special(kind: Kind) -> tuple[str, str, str, str]:
    """What stands first and last, the padding, and what is unknown."""
    return (
        ("[CLS]", "[SEP]", "[PAD]", "[UNK]")
        if kind == "bert"
        else ("<s>", "</s>", "<pad>", "<unk>")
    )


def pieces_of(kind: Kind) -> Tokenizer:
    """Word pieces of one character; a pair is written as the kind writes it.

    MPNet's has the signs and words that comparing answers takes, each as one piece.
    """
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    first, last, pad, unknown = special(kind)
    order = [pad, first, last, unknown] if kind == "bert" else [first, pad, last, unknown]
    pieces = [*order, *LETTERS, *(f"##{letter}" for letter in LETTERS), *".,?!"]
    pieces += [MARK, TITLED, *HINTS.values()] if kind == "mpnet" else []
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token=unknown))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    between = last if kind == "bert" else f"{last} {last}"
    second = 1 if kind == "bert" else 0
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{first} $A {last}",
        pair=f"{first} $A {between} $B:{second} {last}:{second}",
        special_tokens=[(first, vocabulary[first]), (last, vocabulary[last])],
    )
    return tokenizer


def tokenizer_of(kind: Kind) -> Any:  # noqa: ANN401
    """The same as transformers wraps it."""
    from transformers import PreTrainedTokenizerFast

    first, last, pad, unknown = special(kind)
    inputs = ["input_ids", *(["token_type_ids"] if kind == "bert" else []), "attention_mask"]
    return PreTrainedTokenizerFast(
        tokenizer_object=pieces_of(kind),
        cls_token=first,
        sep_token=last,
        pad_token=pad,
        unk_token=unknown,
        model_input_names=inputs,
        model_max_length=256,
    )


def make_base(folder: Path, kind: Kind = "bert", seed: int = 0, layers: int = 2) -> Path:
    """The folder with such a model and its tokenizer, as transformers writes them."""
    import torch
    from transformers import BertConfig, BertModel, MPNetConfig, MPNetModel

    tokenizer = tokenizer_of(kind)
    numbers: dict[str, Any] = {
        "vocab_size": len(tokenizer),
        "hidden_size": 64,
        "num_hidden_layers": layers,
        "num_attention_heads": 2,
        "intermediate_size": 128,
        "max_position_embeddings": 258,
        "pad_token_id": tokenizer.pad_token_id,
    }
    torch.manual_seed(seed)
    model = (
        BertModel(BertConfig(**numbers)) if kind == "bert" else MPNetModel(MPNetConfig(**numbers))
    )
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
