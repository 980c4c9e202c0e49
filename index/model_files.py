"""Find a model's folder and take its fingerprint, without loading it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from pincite.errors import ModelError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

ONNX = "model.onnx"  # what ONNX Runtime runs; a folder without it is left to torch

# What decides a model's output; `.bin` may also be the external data of an ONNX file.
# Model cards and licences may change freely.
_DECISIVE = (".safetensors", ".bin", ".json", ".txt", ".model", ".onnx")
_OURS = {"confidence.json", "text_kinds.json", "training.json"}  # about a model, no part of it


def model_folder(name: str, setting: str) -> Path:
    """The folder of a model: `name` itself, or the hub's snapshot of that name.

    Args:
        name: a folder, or a hub name such as "deepset/minilm-uncased-squad2".
        setting: the environment variable that named it, for the error's hint.

    Raises:
        ModelError: no such folder, and the hub has none or can't be reached.
    """
    folder = Path(name)
    if folder.is_dir():
        return folder
    if folder.is_absolute() or name.startswith("."):
        raise ModelError(f"no model folder {name}", f"Set {setting} to a model's folder.")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    try:
        return Path(snapshot_download(name))
    except (OSError, ValueError, HfHubHTTPError, HFValidationError) as error:
        raise ModelError(
            f"the model {name!r} is neither a folder nor to be had from the hub",
            f"Set {setting} to a model's folder; the hub needs a network.",
        ) from error


def fingerprint(folder: Path) -> str:
    """16 hex digits of a sha256 over the files that decide a model's output, and their paths in it.

    Raises:
        ModelError: the folder holds no weights, or a file can't be read.
    """
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and path.suffix in _DECISIVE and path.name not in _OURS
    )
    if not any(p.suffix in {".safetensors", ".bin", ".onnx"} for p in files):
        raise ModelError(f"no model weights in {folder}", "Name the folder of a whole model.")
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
        digest.update(bytes.fromhex(sha256(path)))
    return digest.hexdigest()[:16]


def sha256(path: Path) -> str:
    """Hex sha256 of a file.

    Raises:
        ModelError: the file can't be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{path} can't be read: {error.strerror}", "Install it again.") from error


def load_tokenizer(folder: Path, setting: str) -> Tokenizer:
    """The tokenizer of a model's folder; see `bare`.

    Args:
        setting: the environment variable that named the folder, for the error's hint.

    Raises:
        ModelError: there is none, or it is damaged.
    """
    from tokenizers import Tokenizer

    try:
        return bare(Tokenizer.from_file(str(folder / "tokenizer.json")))
    except Exception as error:  # it raises nothing more special
        raise ModelError(
            f"{folder} has no tokenizer: {error}", f"Set {setting} to the folder of a whole model."
        ) from error


def bare(tokenizer: Tokenizer) -> Tokenizer:
    """A copy that neither cuts texts nor fills them up, and takes "[SEP]" in them for words."""
    from tokenizers import Tokenizer

    copy = Tokenizer.from_str(tokenizer.to_str())
    copy.no_truncation()
    copy.no_padding()
    copy.encode_special_tokens = True
    return copy
