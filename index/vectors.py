"""The vectors of all views in FAISS, derived from the store."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from index.encoder import Vectors
from index.manifest import MEND
from pincite.errors import IndexDamaged


class VectorIndex:
    """Exact inner-product search over vectors of length 1, so the score is the cosine.

    Args:
        path: a file that `write_vectors` wrote.

    Raises:
        IndexDamaged: FAISS can't read the file.
    """

    def __init__(self, path: Path) -> None:
        import faiss

        try:
            self._index: Any = faiss.read_index(str(path))
        except RuntimeError as error:
            raise IndexDamaged(f"the vectors can't be read: {error}", MEND) from error

    @property
    def count(self) -> int:
        """How many vectors there are."""
        return int(self._index.ntotal)

    def search(self, vector: Vectors, limit: int) -> list[tuple[int, float]]:
        """`(view id, cosine)` of the nearest views, best first, `limit` at most.

        Args:
            vector: shape `[dimension]`, of length 1.
        """
        scores, positions = self._index.search(vector[None, :], limit)
        # FAISS fills up with -1 where it holds fewer than `limit` vectors.
        return [
            (int(position) + 1, float(score))
            for score, position in zip(scores[0], positions[0], strict=True)
            if position >= 0
        ]


def write_vectors(path: Path, batches: Iterable[Vectors]) -> tuple[int, int]:
    """Write vectors in the order of the view ids, from batches of shape `[n, dimension]`.

    Returns:
        How many vectors, and their dimension.

    Raises:
        ValueError: there is no batch.
        OSError: the file can't be written.
    """
    import faiss

    index: Any = None
    for batch in batches:
        index = faiss.IndexFlatIP(batch.shape[1]) if index is None else index
        index.add(batch)
    if index is None:
        raise ValueError("no vectors")
    try:
        faiss.write_index(index, str(path))
    except RuntimeError as error:
        raise OSError(f"the vectors can't be written: {error}") from error
    return int(index.ntotal), int(index.d)
