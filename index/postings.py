"""Terms and passages in plain arrays: which passages hold a term, and what it counts there.

One file of blocks of `BLOCK` passages each, so that it is written in bounded
memory, and read as a memory map. A block is an inverted index by term id:

    starts    uint32 [terms + 1]    where a term's passages begin in the next two
    passages  uint16 [postings]     numbers within the block
    counts    float32 [postings]    how often it stands there, weighted by text and header
    tokens    uint32 [tokens]       the term ids in order; 0 ends a text, and a header
    bounds    uint32 [2n + 1]       where each passage's text and header begin in `tokens`

Term ids count from 1 in the order of appearance; 0 is no term. `PostingsWriter`
(`index/postings_writer.py`) writes the file. What a count is worth depends on all
passages of the collection, and is worked out when it is asked for (`index/bm25.py`).
"""

from __future__ import annotations

import functools
import json
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pincite.errors import IndexDamaged
from pincite.index.manifest import MEND
from pincite.index.terms import edits

BLOCK = 32_768  # passages; 65,536 at most, or their numbers would not fit
HEADER_WEIGHT = 0.5  # of a term found in the title or the post headline, beside one in the text
ARRAYS: dict[str, np.dtype[Any]] = {
    **{"starts": np.dtype("<u4"), "passages": np.dtype("<u2"), "counts": np.dtype("<f4")},
    **{"tokens": np.dtype("<u4"), "bounds": np.dtype("<u4")},
}
END = struct.Struct("<Q8s")  # bytes of the JSON before it, and the file's mark
MARK = b"postings"
_TOKEN = re.compile("[0-9A-Za-z\x80-\U0010ffff]+")
_PHRASES = 512  # kept with their passages

Hits = tuple[NDArray[np.integer[Any]], NDArray[np.float32]]
"""Numbers of passages in a block, rising, and how often, weighted, what was asked is in each."""


def split(wording: str) -> list[str]:
    """The tokens of a term or a phrase: "o'neil" is two, so that "neil" finds it, too."""
    return _TOKEN.findall(wording)


@dataclass(frozen=True, slots=True)
class Block:
    """The arrays of one block, as this module's docstring lists them."""

    starts: NDArray[np.uint32]
    passages: NDArray[np.uint16]
    counts: NDArray[np.float32]
    tokens: NDArray[np.uint32]
    bounds: NDArray[np.uint32]

    @property
    def count(self) -> int:
        """How many passages."""
        return len(self.bounds) // 2

    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each passage, text and header together."""
        ends = self.bounds[::2].astype(np.int64)
        return ends[1:] - ends[:-1] - 2  # without the two zeros

    def hits(self, term: int) -> Hits:
        """Where a term stands."""
        if term + 1 >= len(self.starts):  # first seen in a later block
            return self.passages[:0], self.counts[:0]
        start, end = int(self.starts[term]), int(self.starts[term + 1])
        return self.passages[start:end], self.counts[start:end]

    def phrase(self, ids: Sequence[int], header_weight: float) -> Hits:
        """Where terms stand one after the other, all in the text or all in the header."""
        found = self._all_of(ids)
        starts = self.bounds[2 * found].astype(np.int64)
        lengths = self.bounds[2 * found + 2].astype(np.int64) - starts
        rows = np.repeat(np.arange(len(found)), lengths)
        ends = np.cumsum(lengths)
        at = np.arange(len(rows)) + np.repeat(starts - ends + lengths, lengths)
        # A phrase can't run past the zero that ends its text, nor so past the last token.
        begins = self.tokens[at] == ids[0]
        for offset, term in enumerate(ids[1:], start=1):
            begins[begins] = self.tokens[at[begins] + offset] == term
        in_header = at[begins] >= self.bounds[2 * found[rows[begins]] + 1]
        each = np.where(in_header, header_weight, 1.0)
        frequency = np.bincount(rows[begins], each, len(found)).astype(np.float32)
        held = np.bincount(rows[begins], minlength=len(found)) > 0
        return found[held], frequency[held]

    def _all_of(self, ids: Sequence[int]) -> NDArray[np.int64]:
        """The passages that hold all of the terms."""
        each = sorted((self.hits(term)[0] for term in set(ids)), key=len)
        found = each[0].astype(np.int64)
        for others in each[1:]:
            held = np.zeros(self.count, bool)
            held[others] = True
            found = found[held[found]]
        return found


class Shapes:
    """Looks for terms by their length and letters; see `Postings.like`.

    Args:
        names: the terms.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._lengths = np.array([len(name) for name in names], np.int64)
        starts = np.cumsum(self._lengths) - self._lengths
        self._letters = _letters("".join(names), starts) if names else np.zeros(0, np.uint32)

    def like(self, term: str) -> list[str]:
        """The terms that may be as near to one as a misspelling, and few others."""
        most = edits(term)
        (of_term,) = _letters(term, [0])
        others = np.bitwise_count(self._letters ^ of_term)
        near = (np.abs(self._lengths - len(term)) <= most) & (others <= 2 * most)
        return [self._names[int(i)] for i in np.flatnonzero(near)]


class Postings:
    """Reads a finished file; safe to use from several threads.

    Args:
        path: a file that `pincite.index.postings_writer.PostingsWriter` wrote.

    Attributes:
        count: how many passages there are; they are numbered from 0 here.
        blocks: in order, `BLOCK` passages each but the last.

    Raises:
        IndexDamaged: it can't be read.
    """

    def __init__(self, path: Path) -> None:
        try:
            # As an array proper: slices of a memmap cost several times as much.
            raw = np.asarray(np.memmap(path, np.uint8, mode="r"))
            size, mark = END.unpack(raw[-END.size :].tobytes())
            if mark != MARK:
                raise ValueError("it has no end")
            about = json.loads(raw[-END.size - size : -END.size].tobytes())
            self.blocks = [_block(raw, places) for places in about["blocks"]]
            start, end = about["vocabulary"]
            names = raw[start:end].tobytes().decode().split("\n")
            self.count = int(about["passages"])
            self._header_weight = float(about["header_weight"])
        except (OSError, ValueError, KeyError, TypeError, struct.error) as error:
            raise IndexDamaged(f"the terms can't be read: {error}", MEND) from error
        self._names = [name for name in names if name]
        self._ids = {name: id_ for id_, name in enumerate(self._names, start=1)}
        self._phrase = functools.lru_cache(_PHRASES)(self._find_phrase)

    @property
    def vocabulary(self) -> list[str]:
        """All terms of all passages, in the order of their ids."""
        return self._names

    def like(self, term: str) -> list[str]:
        """All terms that `pincite.index.terms.nearest_terms` may find near to one, and few others.

        Those of about its length and its letters: an edit adds, removes or replaces one.
        """
        return self._shapes.like(term)

    def frequencies(self) -> NDArray[np.int64]:
        """In how many passages each term of the vocabulary stands, in their order."""
        held = np.zeros(len(self._names), np.int64)
        for block in self.blocks:
            starts = block.starts.astype(np.int64)
            ends = starts[2:]  # of the terms from 1 on
            held[: len(ends)] += ends - starts[1 : len(ends) + 1]
        return held

    @functools.cached_property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each passage, text and header together, shape `[count]`."""
        each = [block.lengths() for block in self.blocks]
        return np.concatenate(each) if each else np.zeros(0, np.int64)

    @functools.cached_property
    def _shapes(self) -> Shapes:
        return Shapes(self._names)

    def hits(self, wording: str) -> Sequence[Hits]:
        """Where a term or phrase stands, block by block."""
        tokens = split(wording)
        if len(tokens) > 1:
            return self._phrase(tuple(tokens))
        id_ = self._ids.get(tokens[0], 0) if tokens else 0
        return [block.hits(id_) for block in self.blocks]

    def _find_phrase(self, tokens: tuple[str, ...]) -> Sequence[Hits]:
        ids = [self._ids.get(token, 0) for token in tokens]
        if 0 in ids:
            return [block.hits(0) for block in self.blocks]
        return [block.phrase(ids, self._header_weight) for block in self.blocks]


def _block(raw: NDArray[np.uint8], places: dict[str, list[int]]) -> Block:
    arrays = {name: raw[slice(*places[name])].view(dtype) for name, dtype in ARRAYS.items()}
    return Block(**arrays)


def _letters(text: str, starts: Sequence[int] | NDArray[np.int64]) -> NDArray[np.uint32]:
    """Which letters stand in each part of a text, as bits; letters 32 apart share one."""
    codes = np.frombuffer(text.encode("utf-32-le"), "<u4")
    return np.bitwise_or.reduceat(np.uint32(1) << (codes & np.uint32(31)), starts)
