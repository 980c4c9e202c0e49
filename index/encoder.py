"""Encode texts as vectors: what an encoder is, which one the settings name, and one in torch."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pincite.errors import ModelError
from pincite.index.model_files import ONNX, fingerprint, model_folder
from pincite.settings import Settings

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
    """The encoder that the settings name: run by ONNX Runtime if it has an ONNX file, or by torch.

    Raises:
        ModelError: the model is missing.
    """
    from pincite.index.encoder_onnx import OnnxEncoder

    folder = model_folder(settings.encoder, "PINCITE_ENCODER")
    if (folder / ONNX).is_file():
        return OnnxEncoder(folder, settings.threads)
    return SentenceEncoder(settings)


class SentenceEncoder:
    """A sentence-transformers model in torch. Loaded at the first text, then kept.

    Args:
        settings: names the model and the batch size.

    Raises:
        ModelError: the model is missing.
    """

    def __init__(self, settings: Settings) -> None:
        self._folder = model_folder(settings.encoder, "PINCITE_ENCODER")
        self.fingerprint = fingerprint(self._folder)
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
