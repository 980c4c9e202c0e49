"""A shard, opened: what the door asks of it. No more state than an index; nothing of Ray."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pincite.cluster.build import shard_folder
from pincite.errors import IndexDamaged, ShardMissing
from pincite.index.article import Article
from pincite.index.bm25 import Extent
from pincite.index.encoder import Encoder, Vectors
from pincite.index.manifest import MEND, Counts
from pincite.index.only import Only
from pincite.index.opened import Index, Scored, open_index
from pincite.index.passages import Passage
from pincite.index.segment import ArticleRow
from pincite.index.terms import Wordings
from pincite.qa.retrieve import REACH, hits_of, scores_beside, together
from pincite.settings import Settings

_BUILDS = 2  # that a shard may be part of at a time, while one is swapped in
_LIMITED = 64  # limits of questions whose passages are remembered
LONGEST = 100_000  # characters of an article that comes along unasked: most are shorter

Near = dict[int, list[tuple[int, Passage]]]
"""Passage id -> the passages around it; see `pincite.index.opened.Index.around`."""


@dataclass(frozen=True, slots=True)
class Laid:
    """What stands around some passages.

    Attributes:
        reach, words: how far; see `pincite.index.opened.Index.around`.
        rows: the articles that it stands in, by their ids.
    """

    reach: int
    words: int
    near: Near
    rows: dict[str, ArticleRow]


@dataclass(frozen=True, slots=True)
class Listed:
    """What a shard gives for a question; see `Index.scored`.

    Attributes:
        laid: what stands around those that the door will probably ask about next.
    """

    scored: list[Scored]
    laid: Laid


@dataclass(frozen=True, slots=True)
class Closeness:
    """How near passages are to a sentence.

    Attributes:
        cosines: by the ids of the passages.
        rows: the articles that were asked for, by their ids.
        laid: as in `Listed`.
        vectors: of the passages in what may be read, by their ids.
        articles: that these stand in, of which some will be cited; none longer than `LONGEST`.
    """

    cosines: dict[int, float]
    rows: dict[str, ArticleRow]
    laid: Laid
    vectors: dict[int, Vectors]
    articles: dict[str, Article]


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
        ahead: int,
    ) -> Listed:
        """See `Index.scored`.

        Args:
            asked: in how many passages of all shards each stands.
            whole: how much all shards hold, so that a passage scores as it would in one index.
            ahead: what stands around so many of the best comes along.
        """
        scored = self._limited_in_whole(only, whole).scored(asked, vector, limit)
        read = together([*hits_of(scored, self._settings)])
        scores = {hit.id: hit.score for hit in read}
        return Listed(scored, self._lay(scores, ahead, REACH, self._settings.window_words))

    def closeness(
        self,
        scores: Mapping[int, float],
        vector: Vectors,
        known: Mapping[int, Collection[int]],
        articles: Sequence[str],
        ahead: int,
        reach: int,
        words: int,
    ) -> Closeness:
        """See `Index.closeness`.

        Args:
            scores: of the passages, by their ids.
            known: those around which is known what stands, with what does.
            articles: of which the rows are wanted.
            ahead: as in `candidates`, of the best by score and nearness together.
            reach, words: how far around these; see `Index.around`.
        """
        cosines = self._index.closeness(vector, list(scores))
        unread = {id_: cosine for id_, cosine in cosines.items() if id_ not in known}
        again = scores_beside(scores, unread, self._settings.read_near)
        laid = self._lay(again, ahead, reach, words)
        read = {id_ for run in known.values() for id_ in run}
        read.update(id_ for run in laid.near.values() for id_, _ in run)
        vectors, told = self.vectors_of(sorted(read))
        short = {id_: article for id_, article in told.items() if len(article.text) <= LONGEST}
        return Closeness(cosines, self.rows_of(articles), laid, vectors, short)

    def around(self, ids: Collection[int], reach: int, words: int) -> Laid:
        """See `Index.around`."""
        near = self._index.around(ids, reach, words)
        articles = {passage.article for run in near.values() for _, passage in run}
        return Laid(reach, words, near, self.rows_of(sorted(articles)))

    def _lay(self, scores: Mapping[int, float], ahead: int, reach: int, words: int) -> Laid:
        """What stands around the first of them."""
        first = sorted(scores, key=lambda id_: (-scores[id_], id_))[:ahead]
        return self.around(first, reach, words)

    def vectors_of(self, ids: Sequence[int]) -> tuple[dict[int, Vectors], dict[str, Article]]:
        """Passage id -> its vector; and the articles of these passages, of which some are cited."""
        articles = {passage.article for passage in self._index.store.passages(ids)}
        return self._index.store.vectors_of(ids), self.articles(sorted(articles))

    def articles(self, ids: Sequence[str]) -> dict[str, Article]:
        """Id -> article, of those that are here."""
        return self._index.store.articles_of(ids)

    def rows_of(self, ids: Sequence[str]) -> dict[str, ArticleRow]:
        """The same as a list shows them."""
        return self._index.store.rows_of(ids)

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


class OpenShards:
    """Asks shards that are open in this process; see `pincite.cluster.index.Shards`.

    Attributes:
        shards: by their names.
    """

    def __init__(self, shards: Mapping[str, OpenShard]) -> None:
        self.shards = shards

    def __call__(self, shard: str, method: str, *args: object) -> Future[Any]:
        """Ask one."""
        reply: Future[Any] = Future()
        try:
            reply.set_result(getattr(self.shards[shard], method)(*args))
        except IndexDamaged as error:
            reply.set_exception(ShardMissing(f"{shard} is damaged: {error.message}", MEND))
        return reply
