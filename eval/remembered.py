"""An encoder that remembers, for benchmarks that index the same texts again and again."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pincite.eval.synthetic import MARK
from pincite.index.encoder import Encoder, Progress, Vectors

NOISE = 0.5  # length of what is added to a synthetic text's vector, which has length 1
_AT_ONCE = 500


class Remembered:
    """Another encoder whose vectors are kept in a file of its own, by the hash of their text.

    A text that `pincite.eval.synthetic` made is not encoded: it gets a remembered vector, drawn by
    its hash, with noise. So synthetic vectors lie where real ones do.

    Args:
        folder: of the file, SQLite, named by the encoder's fingerprint; made if it isn't there.
    """

    def __init__(self, encoder: Encoder, folder: Path) -> None:
        self._encoder = encoder
        folder.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(folder / f"vectors-{encoder.fingerprint}.sqlite")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS vector "
            "(id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, vector BLOB NOT NULL)"
        )

    @property
    def fingerprint(self) -> str:
        """That of the other encoder."""
        return self._encoder.fingerprint

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """As `pincite.index.encoder.Encoder.encode`; of length 1 to the precision of 16 bits."""
        keys = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
        known = self._known(keys)
        new = [i for i, key in enumerate(keys) if key not in known and MARK not in texts[i]]
        if new:
            fresh = self._encoder.encode([texts[i] for i in new])
            known |= {keys[i]: vector for i, vector in zip(new, fresh, strict=True)}
            self._db.executemany(
                "INSERT OR IGNORE INTO vector (key, vector) VALUES (?, ?)",
                [(keys[i], known[keys[i]].astype(np.float16).tobytes()) for i in new],
            )
            self._db.commit()
        vectors = [known[key] if key in known else self._near(key) for key in keys]
        if progress:
            progress(len(texts))
        return np.stack(vectors) if vectors else self._encoder.encode([])

    def _known(self, keys: Sequence[str]) -> dict[str, Vectors]:
        found: dict[str, Vectors] = {}
        for at in range(0, len(keys), _AT_ONCE):
            some = keys[at : at + _AT_ONCE]
            marks = ",".join("?" * len(some))
            found |= {
                key: _vector(blob)
                for key, blob in self._db.execute(
                    f"SELECT key, vector FROM vector WHERE key IN ({marks})", some
                )
            }
        return found

    def _near(self, key: str) -> Vectors:
        """A remembered vector with noise, the same for the same key."""
        drawn = np.random.default_rng(int(key, 16))
        (most,) = self._db.execute("SELECT max(id) FROM vector").fetchone()
        (blob,) = self._db.execute(
            "SELECT vector FROM vector WHERE id >= ? ORDER BY id LIMIT 1",
            (int(drawn.integers(1, most + 1)),),
        ).fetchone()
        vector = _vector(blob)
        noise = drawn.standard_normal(len(vector)).astype(np.float32)
        moved = vector + NOISE * noise / np.linalg.norm(noise)
        out: Vectors = (moved / np.linalg.norm(moved)).astype(np.float32)
        return out


def _vector(blob: bytes) -> Vectors:
    return np.frombuffer(blob, dtype=np.float16).astype(np.float32)
