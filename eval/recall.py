"""How much of what an exact search would find the vector index finds."""

from __future__ import annotations

import numpy as np

from pincite.index.encoder import Vectors
from pincite.index.opened import Index

_EQUAL = 1e-5  # of two cosines worked out in another order


def recall_at(index: Index, queries: Vectors, k: int) -> float:
    """Recall@k of the passages that the index finds, against all the store's vectors, 0..1.

    Exact is the cosine with the vectors as they are stored. A found passage counts
    if its own exact cosine is among the k best, so that of passages with one text
    any will do. The vectors are read in batches, never all at once.

    Args:
        queries: shape `[n, dimension]`, each of length 1.
        k: how many passages a query; fewer count where there are fewer.
    """
    k = min(k, index.counts.passages)
    if not len(queries) or not k:
        return 0.0
    position = {id_: n for n, id_ in enumerate(index.store.ids())}
    found = [[position[id_] for id_ in index.nearest(query, k)] for query in queries]
    rows = np.array([row for row, passages in enumerate(found) for _ in passages])
    positions = np.array([position for passages in found for position in passages])
    cosines = np.empty(len(rows), np.float32)  # of what was found
    best = np.full((len(queries), k), -np.inf, np.float32)
    at = 0
    for batch in index.store.vectors():
        scores = queries @ batch.T
        here = (positions >= at) & (positions < at + len(batch))
        cosines[here] = scores[rows[here], positions[here] - at]
        both = np.concatenate([best, scores], axis=1)
        best = np.partition(both, both.shape[1] - k, axis=1)[:, -k:]
        at += len(batch)
    hits = int(np.count_nonzero(cosines >= best.min(axis=1)[rows] - _EQUAL))
    return hits / (k * len(queries))
