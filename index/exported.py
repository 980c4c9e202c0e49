"""Models in the form that ONNX Runtime runs: exported from the safetensors at first use, then kept.

    python -m pincite.index.exported FOLDER HEAD PRECISION OUT.onnx

A cached file is named by the model's fingerprint and by that of the code that
exports it. It is written under another name and renamed, by one process at a
time, so that two that start at once, or one that is killed, leave no half file.
The export runs in a process of its own: what it loads (torch) is gone after it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import subprocess
import sys
import warnings
from enum import StrEnum
from pathlib import Path
from typing import Any

from filelock import FileLock
from platformdirs import user_cache_path

from pincite.errors import ModelError
from pincite.settings import Settings

OPSET = 17  # the first with LayerNormalization
INT8 = 1  # to be raised when what 8-bit models give changes, so that vectors are not mixed
_SOURCES = ("bert.py", "exported.py")
_POOLED_BY_MEAN = {
    "pooling_mode_mean_tokens": True,
    "pooling_mode_cls_token": False,
    "pooling_mode_max_tokens": False,
}


class Precision(StrEnum):
    """Of the matrix products."""

    FP32 = "fp32"
    INT8 = "int8"
    """Weights by output channel, inputs as they come (Jacob et al., 2018)."""


def is_plain(folder: Path, head: str) -> bool:
    """Whether a model is one that `pincite.index.bert` computes: BERT with the head asked for."""
    config = read_config(folder / "config.json")
    plain = (
        config.get("model_type") == "bert"
        and config.get("hidden_act") == "gelu"
        and config.get("position_embedding_type", "absolute") == "absolute"
        and (folder / "model.safetensors").is_file()
        and (folder / "tokenizer.json").is_file()
    )
    if not plain or head == "spans":
        return plain and "BertForQuestionAnswering" in config.get("architectures", [])
    kinds = [
        str(module.get("type", "")).rsplit(".", 1)[-1]
        for module in read_config(folder / "modules.json")
    ]
    pooling = read_config(folder / "1_Pooling" / "config.json")
    return kinds == ["Transformer", "Pooling", "Normalize"] and all(
        pooling.get(mode, False) is wanted for mode, wanted in _POOLED_BY_MEAN.items()
    )


def exported(
    folder: Path, fingerprint: str, head: str, precision: Precision, settings: Settings
) -> Path:
    """The ONNX file of a model, made if it is not there yet (some ten seconds).

    Args:
        folder: a model that `is_plain`.
        fingerprint: of the folder.
        head: "spans" or "sentence".

    Raises:
        ModelError: it can't be made or kept.
    """
    cache = settings.cache or user_cache_path("pincite")
    file = cache / f"{fingerprint}-{_code()}-{head}-{precision}.onnx"
    if file.is_file():
        return file
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with FileLock(file.with_suffix(".lock")):
            if not file.is_file():
                _make(folder, head, precision, file)
    except OSError as error:
        raise ModelError(
            f"the model can't be kept in {cache}: {error}",
            "Set PINCITE_CACHE to a folder that may be written, or PINCITE_RUNTIME=torch.",
        ) from error
    return file


def _make(folder: Path, head: str, precision: Precision, file: Path) -> None:
    made = file.with_suffix(".part")
    command = [sys.executable, "-m", "pincite.index.exported", folder, head, precision, made]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip() or f"exit code {done.returncode}").splitlines()[-1]
        raise ModelError(
            f"{folder} can't be exported: {reason}", "Set PINCITE_RUNTIME=torch to do without."
        )
    made.replace(file)


def export(folder: Path, head: str, precision: Precision, out: Path) -> None:
    """Write a model's ONNX file.

    Raises:
        KeyError, ValueError: the weights are not those of such a model.
    """
    import torch

    from pincite.index.bert import Bert, Head, smooth

    bert = Bert(folder, Head(head)).eval()
    if precision is Precision.INT8:
        smooth(bert)
    tokens = torch.ones(8, dtype=torch.int64)
    whole = out.with_suffix(".fp32") if precision is Precision.INT8 else out
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter, which torch is to replace one day
        torch.onnx.export(
            bert,
            (tokens, torch.zeros_like(tokens)),
            str(whole),
            input_names=["ids", "types"],
            output_names=["out"],
            dynamic_axes={"ids": {0: "tokens"}, "types": {0: "tokens"}},
            opset_version=OPSET,
            dynamo=False,
        )
    if precision is Precision.INT8:
        _quantise(whole, out)
        whole.unlink()


def _quantise(whole: Path, out: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    logging.disable(logging.WARNING)  # it advises a step that changes nothing here
    quantize_dynamic(
        whole,
        out,
        op_types_to_quantize=["MatMul"],
        per_channel=True,
        weight_type=QuantType.QInt8,
        # Of two activations (queries by keys) neither is quantised: they are small and spread wide.
        extra_options={"MatMulConstBOnly": True},
    )


def _code() -> str:
    digest = hashlib.sha256()
    for name in _SOURCES:
        digest.update((Path(__file__).parent / name).read_bytes())
    return digest.hexdigest()[:8]


def read_config(path: Path) -> Any:  # noqa: ANN401
    """What a model's JSON file holds; nothing where there is no such file."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


if __name__ == "__main__":
    export(Path(sys.argv[1]), sys.argv[2], Precision(sys.argv[3]), Path(sys.argv[4]))
