"""A shard, opened: what the door asks of it. No more state than an index; nothing of Ray."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from pincite.cluster.build import shard_folder
from pincite.index.article import Article
from pincite.index.bm25 import Extent
from pincite.index.encoder import Encoder, Vectors
from pincite.index.manifest import Counts
from pincite.index.only import Only
from pincite.index.opened import Index, Scored, open_index
from pincite.index.passages import Passage
from pincite.index.segment import ArticleRow
from pincite.index.terms import Wordings
from pincite.settings import Settings

_BUILDS = 2  # that a shard may be part of at a time, while one is swapped in
_LIMITED = 64  # limits of questions whose passages are remembered

Near = dict[int, list[tuple[int, Passage]]]
"""Passage id -> the passages around it; see `pincite.index.opened.Index.around`."""


class OpenShard:
    """A shard of an index, whose ids count from 1 here. Safe to use from several threads.

    Args:
        folder: of the sharded index.
        name: of the shard.

    Raises:
        IndexMissing, IndexStale, IndexDamaged: see `open_index`.
    """

    def __init__(self, folder: Path, name: str, settings: Settings, encoder: Encoder) -> None:
        self._settings = settings.model_copy(update={"index": shard_folder(folder, name)})
        self._encoder = encoder
        self._index = open_index(self._settings, encoder)
        self._in_whole = lru_cache(_BUILDS)(self._open_in_whole)
        self._limited = lru_cache(_LIMITED)(self._index.limited)
        self._limited_in_whole = lru_cache(_LIMITED)(self._limit_in_whole)

    def frequencies(self, asked: Sequence[Wordings]) -> list[int]:
        """In how many of its passages any of the wordings stands."""
        return [self._index.store.frequency(one) for one in asked]

    def candidates(
        self,
        asked: Mapping[Wordings, int],
        vector: Vectors,
        limit: int,
        only: Only | None,
        whole: Extent,
    ) -> list[Scored]:
        """See `Index.scored`.

        Args:
            asked: in how many passages of all shards each stands.
            whole: how much all shards hold, so that a passage scores as it would in one index.
        """
        return self._limited_in_whole(only, whole).scored(asked, vector, limit)

    def around(self, ids: Sequence[int], reach: int, words: int) -> tuple[Near, dict[str, Article]]:
        """See `Index.around`; and the articles that these stand in, which a citation will need."""
        near = self._index.around(ids, reach, words)
        articles = {passage.article for run in near.values() for _, passage in run}
        return near, self.articles(sorted(articles))

    def vectors_of(self, ids: Sequence[int]) -> dict[int, Vectors]:
        """Passage id -> its vector."""
        return self._index.store.vectors_of(ids)

    def articles(self, ids: Sequence[str]) -> dict[str, Article]:
        """Id -> article, of those that are here."""
        return self._index.store.articles_of(ids)

    def rows(self) -> list[ArticleRow]:
        """All its articles."""
        return self._index.store.articles()

    def _open_in_whole(self, whole: Extent) -> Index:
        # Its segments are open, and checked; what a passage weighs is worked out anew.
        return open_index(self._settings, self._encoder, before=self._index, whole=whole)

    def _limit_in_whole(self, only: Only | None, whole: Extent) -> Index:
        index = self._in_whole(whole)
        return index if only is None else index.limited(only)

    def limited(self, only: Only) -> tuple[Counts, list[str]]:
        """How much may be found under a limit, and which articles that it names are here."""
        return self._limited(only).counts, sorted(self.articles(only.articles))
