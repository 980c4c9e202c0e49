"""Encode texts with ONNX Runtime: a folder of `model.onnx` and `tokenizer.json`."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pincite.index.encoder import Progress, Vectors
from pincite.index.model_files import ONNX, fingerprint, load_tokenizer
from pincite.index.runtime import Session

LONGEST = 256  # tokens of a text that are read
REPORTED_AT_ONCE = 64  # texts between two calls of `progress`


class OnnxEncoder:
    """An encoder whose ONNX file takes one text's token ids. Loaded at the first text, then kept.

    Args:
        folder: its files. The output is a vector of length 1.
        threads: texts encoded at a time; 0: as many as cores.

    Raises:
        ModelError: a file can't be read; at the first text, too, if one is damaged.
    """

    def __init__(self, folder: Path, threads: int) -> None:
        self.fingerprint = fingerprint(folder)
        self._folder = folder
        self._threads = threads
        self._lock = threading.Lock()
        self._loaded: tuple[Any, Session] | None = None

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Vectors of shape `[len(texts), dimension]`, float32, each of length 1."""
        tokenizer, session = self._load()
        ids = [one.ids for one in tokenizer.encode_batch(texts)]
        # Longest first, so that at the end no core waits long for the other.
        order = sorted(range(len(ids)), key=lambda i: -len(ids[i]))
        vectors = np.empty((len(ids), session.width), dtype=np.float32)
        of_each = session.run(ids[i] for i in order)
        for n, (i, vector) in enumerate(zip(order, of_each, strict=True), start=1):
            vectors[i] = vector
            if progress and (n % REPORTED_AT_ONCE == 0 or n == len(ids)):
                progress((n - 1) % REPORTED_AT_ONCE + 1)
        return vectors

    def _load(self) -> tuple[Any, Session]:
        with self._lock:
            if self._loaded is None:
                self._loaded = self._tokenizer(), Session(self._folder / ONNX, self._threads)
            return self._loaded

    def _tokenizer(self) -> Any:  # noqa: ANN401  it has no types
        tokenizer = load_tokenizer(self._folder, "PINCITE_ENCODER")
        tokenizer.enable_truncation(LONGEST)
        return tokenizer
