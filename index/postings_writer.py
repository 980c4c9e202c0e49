"""Write the file that `index/postings.py` reads, in memory that does not grow with the passages."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pincite.index import postings as p
from pincite.index.terms import terms

_ALIGNED = 64  # bytes; where an array may begin


@dataclass(frozen=True, slots=True)
class Coded:
    """The tokens of some passages.

    Attributes:
        vocabulary: the different tokens.
        codes: 1 + index into the vocabulary of each token in order, shape `[tokens]`; a 0
            after each passage's text, and one after its header.
    """

    vocabulary: tuple[str, ...]
    codes: NDArray[np.uint32]


def coded(passages: Iterable[tuple[str, str]]) -> Coded:
    """Tokenise passages, each given as its text and its header."""
    ids: dict[str, int] = {}
    codes: list[int] = []
    headers: dict[str, list[str]] = {}  # an article's passages share one
    for text, header in passages:
        if header not in headers:
            headers[header] = _tokens(header)
        for tokens in (_tokens(text), headers[header]):
            codes += [ids.setdefault(token, len(ids) + 1) for token in tokens]
            codes.append(0)
    return Coded(tuple(ids), np.array(codes, np.uint32))


def _tokens(text: str) -> list[str]:
    return p.split(" ".join(terms(text)))


class PostingsWriter:
    """Fills a new file. Use as a context manager; it is whole once that is left.

    Args:
        header_weight: what a term found in the header counts beside one in the text.
    """

    def __init__(self, path: Path, header_weight: float = p.HEADER_WEIGHT) -> None:
        self._file = path.open("wb")
        self._header_weight = header_weight
        self._ids: dict[str, int] = {}
        self._waiting: list[NDArray[np.uint32]] = []  # what no block holds yet
        self._texts = 0  # and how many passages it is
        self._passages = 0
        self._blocks: list[dict[str, list[int]]] = []

    def __enter__(self) -> PostingsWriter:
        return self

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        try:
            if failure is None:
                self._finish()
        finally:
            self._file.close()

    def add(self, passages: Coded) -> None:
        """Add passages; their ids count from 1 in the order of adding."""
        ids = [self._ids.setdefault(token, len(self._ids) + 1) for token in passages.vocabulary]
        self._waiting.append(np.array([0, *ids], np.uint32)[passages.codes])
        self._texts += int(np.count_nonzero(passages.codes == 0)) // 2
        while self._texts >= p.BLOCK:
            self._write_block(p.BLOCK)

    def _write_block(self, count: int) -> None:
        """Write the first `count` passages that wait, in a block of their own."""
        waiting = np.concatenate(self._waiting) if self._waiting else np.zeros(0, np.uint32)
        ends = np.flatnonzero(waiting == 0)[: 2 * count] + 1
        bounds = np.concatenate([[0], ends]).astype(np.uint32)
        tokens = waiting[: bounds[-1]].copy()
        self._waiting = [waiting[bounds[-1] :].copy()]
        self._texts -= count
        self._passages += count
        starts, passages, frequencies = self._inverted(tokens, bounds)
        self._blocks.append(
            {
                "starts": self._put(starts),
                "passages": self._put(passages),
                "counts": self._put(frequencies),
                "tokens": self._put(tokens),
                "bounds": self._put(bounds),
            }
        )

    def _inverted(
        self, tokens: NDArray[np.uint32], bounds: NDArray[np.uint32]
    ) -> tuple[NDArray[np.uint32], NDArray[np.uint16], NDArray[np.float32]]:
        """Starts by term id, passages, and how often each term stands there, weighted."""
        lengths = (bounds[1:] - bounds[:-1]).astype(np.int64)
        parts = np.repeat(np.arange(len(lengths)), lengths)
        real = tokens > 0
        # Term, passage, and whether in its header, in one number to sort by.
        keys = np.sort((tokens[real].astype(np.uint64) << 17) | parts[real].astype(np.uint64))
        first = np.flatnonzero(np.diff(keys >> 1, prepend=np.uint64(0)))
        frequencies = np.zeros(0, np.float32)
        if len(keys):
            counts = np.where(keys & 1, self._header_weight, 1.0)
            frequencies = np.add.reduceat(counts, first).astype(np.float32)
        pairs = keys[first]
        starts = np.searchsorted(pairs >> 17, np.arange(len(self._ids) + 2, dtype=np.uint64))
        passages = (pairs >> 1) & np.uint64(0xFFFF)
        return starts.astype(np.uint32), passages.astype(np.uint16), frequencies

    def _finish(self) -> None:
        if self._texts:
            self._write_block(self._texts)
        about = {
            "blocks": self._blocks,
            "vocabulary": self._put(np.frombuffer("\n".join(self._ids).encode(), np.uint8)),
            "passages": self._passages,
            "header_weight": self._header_weight,
        }
        ending = json.dumps(about).encode()
        self._file.write(ending + p.END.pack(len(ending), p.MARK))

    def _put(self, array: NDArray[Any]) -> list[int]:
        """Append an array; its `[start, end)` in bytes of the file."""
        self._file.write(b"\0" * (-self._file.tell() % _ALIGNED))
        start = self._file.tell()
        self._file.write(array.tobytes())
        return [start, self._file.tell()]
