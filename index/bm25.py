"""BM25 over the terms of several segments, as if they were one.

Document frequencies, lengths and the number of passages are those of the whole
collection without what is gone from it, so that a passage scores the same
however the collection is parted.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pincite.index import postings as p
from pincite.index.postings import Postings
from pincite.index.terms import Wordings

K1, B = 1.2, 0.75
Mask = NDArray[np.bool_]
"""A segment's passages that count, shape `[passages of the segment]`."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much a collection holds, as far as BM25 goes by it.

    Attributes:
        passages: how many.
        tokens: of all of them, texts and headers together.
    """

    passages: int
    tokens: int

    def __add__(self, other: Extent) -> Extent:
        return Extent(self.passages + other.passages, self.tokens + other.tokens)

    @property
    def average(self) -> float:
        """Tokens of a passage."""
        return max(self.tokens / max(self.passages, 1), 1e-9)


def idf(passages: int, held: int) -> float:
    """Inverse document frequency as SQLite's FTS5 has it: never negative, nor 0."""
    return max(math.log((passages - held + 0.5) / (held + 0.5)), 1e-6)


class Terms:
    """What the segments' passages hold, numbered through: ids count from 1. Thread-safe.

    Args:
        segments: each with the passages of it that are still there; None: all.
        whole: how much the collection holds of which these segments are a part; None: they are
            all of it.
    """

    def __init__(
        self, segments: Sequence[tuple[Postings, Mask | None]], whole: Extent | None = None
    ) -> None:
        self._segments = segments
        self._whole = whole
        counts = [postings.count for postings, _ in segments]
        self._firsts = np.cumsum([0, *counts])[:-1]
        alive = [
            postings.count if mask is None else int(np.count_nonzero(mask))
            for postings, mask in segments
        ]
        self.count = sum(alive)
        """How many passages there are, without those that are gone."""

    @functools.cached_property
    def extent(self) -> Extent:
        """How much these segments hold, without what is gone."""
        tokens = sum(
            int(postings.lengths.sum() if mask is None else postings.lengths[mask].sum())
            for postings, mask in self._segments
        )
        return Extent(self.count, tokens)

    @functools.cached_property
    def _norms(self) -> list[NDArray[np.float64]]:
        """The part of BM25's denominator that depends on a passage's length, by segment."""
        average = (self._whole or self.extent).average
        return [
            np.asarray(K1 * (1 - B + B * postings.lengths / average), np.float64)
            for postings, _ in self._segments
        ]

    @property
    def vocabulary(self) -> list[str]:
        """All terms of all passages, sorted."""
        return sorted({term for postings, _ in self._segments for term in postings.vocabulary})

    def like(self, term: str) -> list[str]:
        """All terms that `pincite.index.terms.nearest_terms` may find near to one, and few others.

        None that stands in passages only that are gone.
        """
        near: dict[str, None] = {}
        for postings, _ in self._segments:
            near.update(dict.fromkeys(postings.like(term)))
        if all(mask is None for _, mask in self._segments):
            return list(near)
        return [one for one in near if self.frequency((one,))]

    def frequency(self, one: Wordings) -> int:
        """In how many passages any of the wordings stands, in text or header."""
        return sum(_held(postings, one, mask) for postings, mask in self._segments)

    def match(
        self,
        asked: Iterable[Wordings],
        limit: int,
        within: Sequence[Mask] | None = None,
        known: Mapping[Wordings, int] | None = None,
    ) -> list[tuple[int, float]]:
        """`(passage id, BM25)` of the passages that hold any of what is asked, best first.

        BM25 (Robertson and Zaragoza, 2009, eq. 3.15) as SQLite's FTS5 computes it, k1 = 1.2
        and b = 0.75, turned so that more is better. Of wordings that stand for
        each other a passage counts the one that weighs most, each as rare as all
        of them together, so that another wording is worth what the asked one is.

        Args:
            within: a mask for each segment, of the passages that may be found; rarities stay
                those of all.
            known: in how many passages of the whole collection each stands; counted here
                if None.
        """
        passages = self._whole.passages if self._whole else self.count
        wanted = [
            (one, np.float32(idf(passages, self.frequency(one) if known is None else known[one])))
            for one in dict.fromkeys(asked)
        ]
        found: list[tuple[int, float]] = []
        for n, (postings, alive) in enumerate(self._segments):
            mask = alive if within is None else within[n]
            if mask is not None and not mask.any():
                continue
            scores = _scores(postings, self._norms[n], wanted)
            if mask is not None:
                scores[~mask] = 0.0
            first = int(self._firsts[n]) + 1
            found += [(first + at, score) for at, score in _best(scores, limit)]
        if len(self._segments) > 1:
            found.sort(key=lambda one: (-one[1], one[0]))
        return found[:limit]


def _held(postings: Postings, one: Wordings, mask: Mask | None) -> int:
    each = [postings.hits(wording) for wording in one]
    held = 0
    for number, hits in enumerate(zip(*each, strict=True)):
        if len(hits) == 1 and mask is None:
            held += len(hits[0][0])
            continue
        any_of = np.zeros(postings.blocks[number].count, bool)
        for passages, _ in hits:
            any_of[passages] = True
        if mask is not None:
            any_of &= mask[number * p.BLOCK : (number + 1) * p.BLOCK]
        held += int(np.count_nonzero(any_of))
    return held


def _scores(
    postings: Postings, norms: NDArray[np.float64], wanted: Sequence[tuple[Wordings, np.float32]]
) -> NDArray[np.float32]:
    """BM25 of every passage of a segment, shape `[count]`."""
    scores = np.zeros(postings.count, np.float32)
    for one, rarity in wanted:
        each = [postings.hits(wording) for wording in one]
        for number, hits in enumerate(zip(*each, strict=True)):
            here = slice(number * p.BLOCK, (number + 1) * p.BLOCK)
            part, norm = scores[here], norms[here]
            weighed = [(passages, _weights(counts, norm[passages])) for passages, counts in hits]
            # No passage stands in a term's hits twice, so += adds them all.
            if len(weighed) == 1:
                passages, weights = weighed[0]
                part[passages] += rarity * weights
                continue
            best = np.zeros(len(part), np.float32)
            for passages, weights in weighed:
                best[passages] = np.maximum(best[passages], weights)
            part += rarity * best
    return scores


def _weights(counts: NDArray[np.float32], norm: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.asarray(counts * (K1 + 1) / (counts + norm), np.float32)


def _best(scores: NDArray[np.float32], limit: int) -> list[tuple[int, float]]:
    """`(index, score)` of the highest scores above 0, equal ones in order."""
    least = np.float32(0.0)
    if limit < len(scores):
        least = np.partition(scores, len(scores) - limit)[len(scores) - limit]
    found = np.flatnonzero((scores >= least) & (scores > 0))
    order = np.lexsort((found, -scores[found]))[:limit]
    return [(int(i), float(scores[i])) for i in found[order]]
