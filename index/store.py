"""The articles, passages and words of an index: its segments read as one.

Passage ids count from 1 through the segments in their order, which is that of the
documents; those of what is gone are left out.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from pincite.index import wordings
from pincite.index.article import Article
from pincite.index.bm25 import Extent, Mask, Terms
from pincite.index.encoder import Vectors
from pincite.index.passages import Passage
from pincite.index.segment import ArticleRow, Segment, reading
from pincite.index.terms import Wordings
from pincite.index.vectors import BATCH

T = TypeVar("T")


class Store:
    """Reads the segments of an index; safe to use from several threads.

    Args:
        segments: in the order of their documents.
        examples: questions to start from.
        whole: see `pincite.index.bm25.Terms`.

    Raises:
        IndexDamaged: by any method, where a segment can't be read.
    """

    def __init__(
        self,
        segments: Sequence[Segment],
        examples: Sequence[str] = (),
        whole: Extent | None = None,
    ) -> None:
        self._segments = segments
        self._examples = list(examples)
        self.terms = Terms([(segment.terms, segment.alive) for segment in segments], whole)
        counts = [segment.count for segment in segments]
        self.befores = [0, *itertools.accumulate(counts)][: len(counts)]
        """How many passages stand in the segments before each."""

    @classmethod
    def at(cls, path: Path) -> Store:
        """Of one segment alone."""
        return cls([Segment(path)])

    def ids(self) -> list[int]:
        """The ids of all passages, rising; where something is gone, with gaps."""
        return [
            before + id_
            for before, segment in zip(self.befores, self._segments, strict=True)
            for id_ in segment.ids()
        ]

    def article(self, id_: str) -> Article | None:
        """The article of that id, or None."""
        # A changed article stands in a late segment.
        each = (segment.article(id_) for segment in reversed(self._segments))
        return next((one for one in each if one is not None), None)

    def articles_of(self, ids: Collection[str]) -> dict[str, Article]:
        """Id -> article, of those ids that there are."""
        found = {id_: self.article(id_) for id_ in ids}
        return {id_: article for id_, article in found.items() if article is not None}

    def rows_of(self, ids: Collection[str]) -> dict[str, ArticleRow]:
        """Id -> article as a list shows it, of those ids that there are, in their order."""
        found: dict[str, ArticleRow] = {}
        for segment in self._segments:  # a changed article stands in a late one
            found |= segment.rows_of(ids)
        return {id_: found[id_] for id_ in ids if id_ in found}

    def articles(self) -> list[ArticleRow]:
        """All articles in the order of their documents."""
        return [row for segment in self._segments for row in segment.articles()]

    def examples(self) -> list[str]:
        """Questions to start from; none where the collection has none."""
        return list(self._examples)

    def passage(self, id_: int) -> Passage:
        """The passage of that id, from 1.

        Raises:
            KeyError: there is none.
        """
        (found,) = self.passages([id_])
        return found

    def passages(self, ids: Collection[int]) -> list[Passage]:
        """The passages of those ids, in their order.

        Raises:
            KeyError: one of them is not there.
        """
        found = self._of_ids(ids, lambda segment, of: segment.passages(of))
        return [found[id_] for id_ in ids]

    def around(self, id_: int, n: int) -> list[tuple[int, Passage]]:
        """The passages `id_ - n` to `id_ + n` of its article, section and tier, with their ids.

        Without any where there is no passage of that id.
        """
        at, local = self._place(id_)
        if at is None:
            return []
        before = self.befores[at]
        ids = [before + near for near in self._segments[at].around(local, n)]
        return list(zip(ids, self.passages(ids), strict=True))

    def vectors_of(self, ids: Collection[int]) -> dict[int, Vectors]:
        """Passage id -> its vector, float32, shape `[dimension]`; of those ids that there are."""
        return self._of_ids(ids, lambda segment, of: segment.vectors_of(of))

    def vectors(self, batch: int = BATCH) -> Iterator[Vectors]:
        """All passages' vectors in the order of their ids, shape `[batch, dimension]` at most."""
        for segment in self._segments:
            yield from segment.vectors(batch)

    def like(self, term: str) -> list[str]:
        """All terms that `pincite.index.terms.nearest_terms` may find near to one, and others."""
        return self.terms.like(term)

    def frequency(self, one: Wordings) -> int:
        """In how many passages any of the wordings stands, in text or header."""
        return self.terms.frequency(one)

    def abbreviations(self, runs: Sequence[str]) -> list[tuple[str, str]]:
        """`(short form, long form)` of which one is among the runs of terms, commonest first."""
        with reading():
            return wordings.abbreviations(self._said, runs)

    def names(self, key: str) -> list[tuple[str, str]]:
        """`(folded word, its term)` of the collection's names with that `spelling.key`."""
        with reading():
            return wordings.names(self._said, key)

    def match(
        self,
        wanted: Iterable[str | Wordings],
        limit: int,
        within: Sequence[Mask] | None = None,
        known: Mapping[Wordings, int] | None = None,
    ) -> list[tuple[int, float]]:
        """`(passage id, BM25)` of the passages that hold any of it; see `Terms.match`.

        Args:
            wanted: terms as `pincite.index.terms.terms` makes them, or wordings.
        """
        asked = ((one,) if isinstance(one, str) else one for one in wanted)
        return self.terms.match(asked, limit, within, known)

    @property
    def _said(self) -> list[wordings.Segment]:
        return [(segment.db, segment.gone) for segment in self._segments]

    def _place(self, id_: int) -> tuple[int | None, int]:
        """The segment that holds a passage, and its id there."""
        at = bisect.bisect_left(self.befores, id_) - 1
        return (None, 0) if at < 0 else (at, id_ - self.befores[at])

    def _of_ids(
        self, ids: Collection[int], read: Callable[[Segment, Collection[int]], dict[int, T]]
    ) -> dict[int, T]:
        local: dict[int, list[int]] = {}
        for id_ in ids:
            at, of = self._place(id_)
            if at is not None:
                local.setdefault(at, []).append(of)
        return {
            self.befores[at] + id_: value
            for at, some in local.items()
            for id_, value in read(self._segments[at], some).items()
        }
