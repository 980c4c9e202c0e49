"""The vectors of a segment's passages in FAISS, derived from its store.

Searched one by one while there are few; from `IVF_FROM` on in an inverted
file (Sivic and Zisserman, ICCV 2003): the vectors stand in lists, each around
a centroid, and only the lists nearest to the question are searched. Its
vectors are float16. Either is mapped into memory, not read.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np

from pincite.errors import IndexDamaged
from pincite.index.bm25 import Mask
from pincite.index.encoder import Vectors
from pincite.index.manifest import MEND
from pincite.index.workers import cores

Kind = Literal["flat", "ivf"]
Progress = Callable[[int], None]

BATCH = 16_384  # vectors held at a time
# One by one, 560,000 vectors of 384 dimensions take one core 26 ms and 0.9 GB; as float16 in
# lists 0.4 GB.
IVF_FROM = 200_000
# Every so many lists are searched. Measured at 507,000 vectors of news on one core, 300 questions,
# 2,048 lists: a quarter of them, half, all in 13, 28, 56 ms; the same hundred passages found for
# 248, 288, 300.
PROBED = 2
_TRAINED_ON = 40  # vectors a list; FAISS asks for 39 or more
_ROUNDS = 10  # of k-means


class VectorIndex:
    """Inner-product search over vectors of length 1, so the score is the cosine.

    Safe to use from several threads; a search takes one core.

    Args:
        path: a file that `write_vectors` wrote.
        probes: lists of an inverted file that are searched; 0: half of them.

    Raises:
        IndexDamaged: FAISS can't read the file.
    """

    def __init__(self, path: Path, probes: int = 0) -> None:
        import faiss

        try:
            self._index: Any = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        except RuntimeError as error:
            raise IndexDamaged(f"the vectors can't be read: {error}", MEND) from error
        self._lists = getattr(self._index, "nlist", 0)
        self._probes = min(probes, self._lists) or -(-self._lists // PROBED)

    @property
    def count(self) -> int:
        """How many vectors there are."""
        return int(self._index.ntotal)

    def search(self, vector: Vectors, limit: int, within: Mask | None = None) -> dict[int, float]:
        """Passage id -> cosine of the nearest passages, best first, `limit` at most.

        Args:
            vector: shape `[dimension]`, of length 1.
            within: the passages that may be found, shape `[count]`.
        """
        import faiss

        # Of this thread alone. Else each thread that asks would have a team of its own.
        faiss.omp_set_num_threads(1)
        parameters = self._parameters(within)
        scores, positions = self._index.search(vector[None, :], limit, params=parameters)
        # FAISS fills up with -1 where it holds fewer than `limit` vectors.
        return {
            int(position) + 1: float(score)
            for score, position in zip(scores[0], positions[0], strict=True)
            if position >= 0
        }

    def _parameters(self, within: Mask | None) -> Any:  # noqa: ANN401  FAISS has no types
        import faiss

        of_lists: Any = faiss.SearchParametersIVF
        of_all: Any = faiss.SearchParameters
        selector: Any = faiss.IDSelectorBitmap
        if within is None:
            return of_lists(nprobe=self._probes) if self._lists else None
        allowed = selector(np.packbits(within, bitorder="little"))
        if not self._lists:
            return of_all(sel=allowed)
        # What may be found can stand in any list: where it is little, the nearest lists hold none.
        half = 2 * int(np.count_nonzero(within)) < len(within)
        return of_lists(sel=allowed, nprobe=self._lists if half else self._probes)


def kind_for(wanted: str, total: int) -> Kind:
    """The kind of index for so many vectors, "auto" being the one that is measured to do."""
    if wanted == "auto":
        return "flat" if total < IVF_FROM else "ivf"
    return "flat" if wanted == "flat" else "ivf"


def write_vectors(
    path: Path,
    batches: Callable[[], Iterable[Vectors]],
    total: int,
    kind: Kind = "flat",
    progress: Progress | None = None,
) -> int:
    """Write vectors in the order of the passage ids.

    Args:
        batches: reads them all, of shape `[n, dimension]` each; called twice for "ivf".
        total: how many there are.
        progress: called with how many were added.

    Returns:
        Their dimension.

    Raises:
        ValueError: there are none.
        OSError: the file can't be written.
    """
    import faiss

    if not total:
        raise ValueError("no vectors")
    faiss.omp_set_num_threads(cores())  # a search by this thread has set it to 1
    index: Any = None
    for batch in batches():
        if index is None:
            index = _empty(kind, batch.shape[1], total, batches)
        index.add(batch)
        if progress:
            progress(len(batch))
    try:
        faiss.write_index(index, str(path))
    except RuntimeError as error:
        raise OSError(f"the vectors can't be written: {error}") from error
    return int(index.d)


def _empty(kind: Kind, dimension: int, total: int, batches: Callable[[], Iterable[Vectors]]) -> Any:  # noqa: ANN401  FAISS has no types
    import faiss

    if kind == "flat":
        return faiss.IndexFlatIP(dimension)
    lists = lists_for(total)
    index: Any = faiss.index_factory(dimension, f"IVF{lists},SQfp16", faiss.METRIC_INNER_PRODUCT)
    index.cp.niter = _ROUNDS
    index.cp.spherical = True  # centroids of length 1, as the vectors are
    index.cp.min_points_per_centroid = 1  # no warning where there are few
    index.train(np.concatenate(list(_every(batches(), max(1, total // (lists * _TRAINED_ON))))))
    return index


def lists_for(total: int) -> int:
    """How many lists: the power of two next to 2.7 times the root, 2,048 for 560,000."""
    most = max(total // _TRAINED_ON, 1)
    return min(1 << round(math.log2(2.7 * math.sqrt(total))), most)


def _every(batches: Iterable[Vectors], step: int) -> Iterator[Vectors]:
    """Each `step`th vector."""
    skip = 0
    for batch in batches:
        yield batch[skip::step]
        skip = (skip - len(batch)) % step
