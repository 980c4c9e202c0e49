"""Which paragraphs the product's own encoder finds for a question: where hard negatives are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np

from pincite.index.encoder import SentenceEncoder, Vectors
from pincite.settings import load_settings
from pincite.training.hardware import Hardware

FOUND = 12


def nearest(
    texts: Sequence[str], cache: Path, say: Callable[[str], None], hardware: Hardware
) -> Callable[[Sequence[str]], list[list[int]]]:
    """A function that gives, for questions, the numbers of the nearest texts, best first.

    Vectors are kept in `cache`, so that a run that goes on does not compute them again.
    """
    encoder = SentenceEncoder(load_settings(encode_batch=64))
    held = _vectors(encoder, texts, cache, say, hardware)

    def near(questions: Sequence[str]) -> list[list[int]]:
        asked = _vectors(encoder, questions, cache, say, hardware)
        out: list[list[int]] = []
        for at in range(0, len(asked), 1024):
            scores = asked[at : at + 1024] @ held.T
            most = min(FOUND, len(held) - 1)
            best = np.argpartition(-scores, most, axis=1)[:, :FOUND]
            for row, found in zip(scores, best, strict=True):
                out.append(sorted(found.tolist(), key=lambda j: (-row[j], j)))
        return out

    return near


def _vectors(
    encoder: SentenceEncoder,
    texts: Sequence[str],
    cache: Path,
    say: Callable[[str], None],
    hardware: Hardware,
) -> Vectors:
    named = sha256(encoder.fingerprint.encode())
    for text in texts:
        named.update(sha256(text.encode()).digest())
    path = cache / f"{named.hexdigest()[:16]}.npy"
    if path.exists():
        stored: Vectors = np.load(path)
        return stored
    say(f"encodes {len(texts):,} texts")
    with hardware.autocast():
        vectors = encoder.encode(texts)
    cache.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new.npy")
    np.save(new, vectors)
    new.replace(path)
    return vectors
