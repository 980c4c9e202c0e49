"""A base model, and the weights of an earlier run on it, in full or as they were exported."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pincite.errors import ModelError
from pincite.index.model_files import ONNX, sha256
from pincite.qa.agreement import MARK, MODEL

if TYPE_CHECKING:
    import torch

Head = Literal["spans", "sentence", "relation"]
WEIGHTS = "model.safetensors"
Weights = dict[str, "torch.Tensor"]
_ABOVE = ("mpnet.encoder.layer.", "qa_outputs.")  # of a reader


def load_model(base: Path, head: Head, start: Path | None = None, **config: Any) -> Any:  # noqa: ANN401
    """A transformers model in float32, perhaps with the weights of an earlier run.

    Args:
        base: folder of the model; a head that it lacks is drawn by torch's seed.
        start: `model.safetensors`, an exported model, or a folder that holds one of them. A
            comparison may start from a reader.
        config: other numbers for the model's configuration.

    Raises:
        ModelError: one of them is no such model, or they don't fit each other.
    """
    import torch
    import transformers
    from safetensors import SafetensorError

    try:
        if head == "relation":
            from pincite.training.comparer import LAYERS, Comparer

            kind, made = Comparer, transformers.MPNetConfig.from_pretrained(base, **config)
            made.num_hidden_layers = LAYERS
            made.mark = load_tokenizer(base).convert_tokens_to_ids(MARK)
            config = {"config": made}
        elif head == "spans":
            kind = transformers.AutoModelForQuestionAnswering
        else:
            kind = transformers.AutoModel
        model = kind.from_pretrained(base, local_files_only=True, dtype=torch.float32, **config)
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise ModelError(f"{base} is not a BERT-like model: {error}", "Name its folder.") from error
    if start is not None:
        path = start_file(start, head)
        try:
            unknown = model.load_state_dict(weights_of(path), strict=False).unexpected_keys
        except RuntimeError as error:  # other shapes
            raise ModelError(f"{path} is not of this base: {error}", "Name its base.") from error
        if head == "relation":  # it has less than the reader that it may start from
            unknown = [name for name in unknown if not name.startswith(_ABOVE)]
        if unknown:
            raise ModelError(f"{path} is not of this base: it has {unknown[0]}", "Name its base.")
    return model


def load_tokenizer(base: Path) -> Any:  # noqa: ANN401
    """The tokenizer of a model's folder.

    Raises:
        ModelError: it has no tokenizer.json, or none that transformers reads.
    """
    from transformers import AutoTokenizer

    try:
        if not (base / "tokenizer.json").is_file():
            raise OSError("no tokenizer.json")
        return AutoTokenizer.from_pretrained(base, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{base} holds no tokenizer: {error}", "Name its folder.") from error


def origin(base: Path, head: Head, start: Path | None) -> dict[str, str]:
    """Hashes of the weights that a run starts from."""
    hashes = {"base": sha256(base / WEIGHTS)}
    return hashes | ({"start": sha256(start_file(start, head))} if start else {})


def start_file(start: Path, head: Head) -> Path:
    """The file itself, or that of a folder: the exact weights if they are there."""
    if not start.is_dir():
        return start
    names = [WEIGHTS, file_of(head), ONNX]
    return next((start / name for name in names if (start / name).is_file()), start / WEIGHTS)


def file_of(head: Head) -> str:
    """The name of an exported model's file."""
    return MODEL if head == "relation" else ONNX


def freeze(model: Any, layers: int) -> None:  # noqa: ANN401
    """Fix the embeddings, the lowest layers and what all layers share.

    Nothing that comes before the first trained layer then needs a gradient, so
    autograd does not record it.
    """
    base = model.base_model
    fixed = [base.embeddings, *base.encoder.layer[:layers]]
    shared = getattr(base.encoder, "relative_attention_bias", None)
    for module in [*fixed, *([] if shared is None else [shared])]:
        module.requires_grad_(False)


def weights_of(path: Path) -> Weights:
    """The tensors of a `model.safetensors` or of an exported model, in float32.

    Raises:
        ModelError: it can't be read.
    """
    if path.suffix == ".onnx":
        return _exported(path)
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return {name: tensor.float() for name, tensor in load_file(path).items()}
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{path} can't be read: {error}", f"Name a {WEIGHTS}.") from error


def _exported(path: Path) -> Weights:
    """The tensors of a model that `pincite.training.export` wrote, by their names in torch."""
    import numpy as np
    import onnx
    import torch
    from google.protobuf.message import DecodeError

    try:
        graph = onnx.load(path).graph
    except (OSError, DecodeError, onnx.checker.ValidationError) as error:
        raise ModelError(f"{path} can't be read: {error}", "Name an exported model.") from error
    held = {one.name: onnx.numpy_helper.to_array(one) for one in graph.initializer}
    out: Weights = {}

    def exact(name: str) -> torch.Tensor:
        steps = held[f"{name}_quantized"].astype(np.float32) - held[f"{name}_zero_point"]
        return torch.from_numpy(steps * held[f"{name}_scale"])

    for name, array in held.items():
        if name.startswith("model.") and not name.endswith(("_scale", "_zero_point")):
            whole = name.removesuffix("_quantized")
            tensor = torch.from_numpy(array.copy()) if whole == name else exact(whole)
            out[whole.removeprefix("model.")] = tensor
    for node, table in products(graph).items():
        # "/model/bert/.../query/MatMul_quant": the path of its module; a second and a third
        # product are of `comparer.Adapted`.
        module, _, number = node.removeprefix("/model/").rpartition("/")
        weight = {"MatMul_1_quant": "down", "MatMul_2_quant": "up"}.get(number, "weight")
        out[f"{module.replace('/', '.')}.{weight}"] = exact(table).T.contiguous()
    return out


def products(graph: Any) -> dict[str, str]:  # noqa: ANN401
    """The 8-bit products of an ONNX graph: the node's name, and its table's before `_quantized`."""
    nodes = (node for node in graph.node if node.op_type == "MatMulInteger")
    return {node.name: node.input[1].removesuffix("_quantized") for node in nodes}
