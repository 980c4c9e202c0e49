"""Encode texts with ONNX Runtime: what `index/encoder.py` does, several times faster on a CPU."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pincite.index.encoder import Progress, Vectors
from pincite.index.exported import INT8, Precision, exported, read_config
from pincite.index.runtime import Session
from pincite.settings import Settings

REPORTED_AT_ONCE = 64  # texts between two calls of `progress`
LONGEST = 256  # tokens of a text, where the model doesn't say


class OnnxEncoder:
    """A sentence-transformers model that `exported.is_plain`. Loaded at the first text.

    Args:
        folder: its files.
        fingerprint: of the folder.
        precision: of the matrix products. Vectors of 8-bit products are near
            those of others (cosine 0.99 and more), but are not the same.
    """

    def __init__(
        self, folder: Path, fingerprint: str, precision: Precision, settings: Settings
    ) -> None:
        self._folder = folder
        self._exact = fingerprint
        self._precision = precision
        self._settings = settings
        self._lock = threading.Lock()
        self._loaded: tuple[Any, Session, int] | None = None

    @property
    def fingerprint(self) -> str:
        """Changes when the vectors would."""
        if self._precision is Precision.FP32:
            return self._exact
        return hashlib.sha256(f"{self._exact} int8 {INT8}".encode()).hexdigest()[:16]

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Vectors of shape `[len(texts), dimension]`, float32, each of length 1."""
        tokenizer, session, width = self._load()
        tokens = tokenizer.encode_batch(texts)
        # Longest first, so that at the end no core waits long for the other.
        order = sorted(range(len(texts)), key=lambda i: -len(tokens[i].ids))
        vectors = np.empty((len(texts), width), dtype=np.float32)
        of_each = session.run((tokens[i].ids, tokens[i].type_ids) for i in order)
        for n, (i, vector) in enumerate(zip(order, of_each, strict=True), start=1):
            vectors[i] = vector
            if progress and (n % REPORTED_AT_ONCE == 0 or n == len(texts)):
                progress((n - 1) % REPORTED_AT_ONCE + 1)
        return vectors

    def _load(self) -> tuple[Any, Session, int]:
        with self._lock:
            if self._loaded is None:
                from tokenizers import Tokenizer

                tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
                tokenizer.no_padding()
                config = read_config(self._folder / "config.json")
                tokenizer.enable_truncation(self._longest(int(config["max_position_embeddings"])))
                file = exported(
                    self._folder, self._exact, "sentence", self._precision, self._settings
                )
                session = Session(file, self._settings.threads)
                self._loaded = tokenizer, session, int(config["hidden_size"])
            return self._loaded

    def _longest(self, places: int) -> int:
        """Tokens of a text at most, as sentence-transformers has it."""
        said = read_config(self._folder / "sentence_bert_config.json")
        return min(int(said.get("max_seq_length", LONGEST)), places)
