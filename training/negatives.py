"""Paragraphs that our own encoder finds for a question and that do not answer it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pincite.eval.data import Asked, Paragraph
from pincite.eval.words import normalise
from pincite.training.examples import Negatives
from pincite.training.wording import plain, title_of

FOUND = 24  # paragraphs looked at for a question
KEPT = 6  # of them, those to draw from
Vectors = NDArray[np.float32]


def negatives_among(
    paragraphs: Sequence[Paragraph], folder: Path, say: Callable[[str], None]
) -> Negatives:
    """A function that finds hard negatives among the paragraphs, nearest first.

    They are of another article or event, and hold none of the answers' words.

    Args:
        folder: keeps the vectors, so that a run that goes on has them.
    """

    @cache
    def words(i: int) -> str:
        return f" {normalise(paragraphs[i].text)} "

    def wrong(i: int, asked: Asked, other: int) -> bool:
        here, there = paragraphs[i], paragraphs[other]
        if here.group == there.group or (title_of(here) and here.title == there.title):
            return False
        answers = map(normalise, here.words(asked.answers))
        return not any(f" {answer} " in words(other) for answer in answers)

    def find(questions: Sequence[tuple[int, Asked]]) -> list[list[int]]:
        titled = [". ".join(filter(None, (title_of(p), p.text))) for p in paragraphs]
        held = _vectors(titled, folder, say)
        vectors = _vectors([plain(one) for _, one in questions], folder, say)
        out = []
        for (i, one), near in zip(questions, nearest(vectors, held, FOUND), strict=True):
            out.append([other for other in near if wrong(i, one, other)][:KEPT])
        return out

    return find


def nearest(vectors: Vectors, held: Vectors, most: int) -> list[list[int]]:
    """For each vector, the numbers of the `most` of `held` with the highest product, best first."""
    out: list[list[int]] = []
    for at in range(0, len(vectors), 1024):
        scores = vectors[at : at + 1024] @ held.T
        best = np.argpartition(-scores, min(most, len(held)) - 1, axis=1)[:, :most]
        for row, found in zip(scores, best, strict=True):
            out.append(sorted(found.tolist(), key=lambda j: (-row[j], j)))
    return out


def _vectors(texts: Sequence[str], folder: Path, say: Callable[[str], None]) -> Vectors:
    from pincite.index.encoder import open_encoder
    from pincite.settings import load_settings

    encoder = open_encoder(load_settings())
    named = sha256(encoder.fingerprint.encode())
    for text in texts:
        named.update(sha256(text.encode()).digest())
    path = folder / f"{named.hexdigest()[:16]}.npy"
    if path.exists():
        return np.asarray(np.load(path), dtype=np.float32)
    say(f"encodes {len(texts):,} texts")
    # Some are asked more than once.
    once = {text: n for n, text in enumerate(dict.fromkeys(texts))}
    vectors = encoder.encode([*once])[[once[text] for text in texts]]
    save_array(path, vectors)
    return vectors


def save_array(path: Path, array: NDArray[Any]) -> None:
    """Write a .npy file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new.npy")
    np.save(new, array)
    new.replace(path)
