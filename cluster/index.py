"""A sharded index as the question side reads it: what the shards say, put together at the door.

Passages are numbered through the shards in their order, which is that of the documents, and a
shard scores its own with the frequencies and lengths of all: so the same passages are found, with
the same scores and in the same order, as in one index of the same documents.

A shard that can't be reached is left out, and the answer says so (`searched`).
"""

from __future__ import annotations

import bisect
from collections.abc import Collection as Ids
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, cast

from pincite.cluster.build import Build
from pincite.cluster.shard import Laid, Near
from pincite.cluster.statistics import Statistics
from pincite.errors import ArticleNotFound, ShardMissing
from pincite.index.article import Article
from pincite.index.collection import DEFAULT, Collection
from pincite.index.encoder import Vectors
from pincite.index.manifest import Counts, Searched
from pincite.index.only import Only
from pincite.index.opened import Index, Scored
from pincite.index.segment import ArticleRow
from pincite.index.terms import Wordings
from pincite.index.wordings import asked_about
from pincite.qa.ask import Models, Pincite
from pincite.qa.retrieve import REACH, score
from pincite.settings import Settings

AHEAD = 12
"""Passages of which a shard tells unasked what stands around them: of two rounds of windows, as
`pincite.qa.retrieve.windows` asks for them. Shared out among the shards."""
_HINT = "Ask again in a few seconds: a shard that ended is started anew."


class Reply(Protocol):
    """What a shard will have said."""

    def result(self) -> Any:  # noqa: ANN401  what the method gives
        """Wait for it.

        Raises:
            ShardMissing: the shard can't be reached, or does not answer in time.
        """


class Shards(Protocol):
    """Asks shards: a method of `pincite.cluster.shard.OpenShard`, without waiting for the reply."""

    def __call__(self, shard: str, method: str, *args: object) -> Reply:
        """Ask one."""


@dataclass(frozen=True, slots=True)
class OpenBuild:
    """A build whose shards can be asked.

    Attributes:
        name: of the list; see `pincite.cluster.build.read_build`.
    """

    folder: Path
    name: str
    build: Build
    statistics: Statistics
    ask: Shards


class ShardedIndex:
    """One question's view of a sharded index; stands where a `pincite.index.opened.Index` does.

    To be made anew for each question: it remembers which shards could not be reached, and the
    articles that were read. To be used in one thread.

    Args:
        only: the passages that may be found.

    Attributes:
        build: the name of the list.
        counts: how much can be found.
    """

    def __init__(
        self,
        opened: OpenBuild,
        settings: Settings,
        only: Only | None = None,
        counts: Counts | None = None,
    ) -> None:
        self._opened = opened
        self._settings = settings
        self._only = only
        self._shards = opened.build.shards
        self._befores = opened.build.befores
        # A single shard, which is open here, is asked when it is known what for.
        self._ahead = AHEAD // len(self._shards) if opened.build.searched_apart else 0
        self._missing: set[int] = set()
        # What shards have said: what comes along unasked saves a call later.
        self._found: dict[int, Scored] = {}
        self._near: dict[tuple[int, int], Near] = {}  # (reach, words) -> what stands around
        self._width = (REACH, settings.window_words)  # (reach, words) of what is read
        self._vectors: dict[int, Vectors] = {}
        self._rows: dict[str, ArticleRow] = {}
        self._articles: dict[str, Article] = {}
        self._home: dict[str, int] = {}  # article -> its shard
        self.build = opened.name
        self.counts = counts or opened.build.counts
        self.collection = Collection(DEFAULT, opened.folder, "")

    @property
    def store(self) -> ShardedIndex:
        """The articles: this, too."""
        return self

    @property
    def searched(self) -> Searched | None:
        """How many shards could be asked so far; None: all."""
        there = len(self._shards) - len(self._missing)
        return Searched(there, len(self._shards)) if self._missing else None

    def only(self, only: Only) -> ShardedIndex:
        """The same index, in which nothing else is found.

        Raises:
            ArticleNotFound: there is no article of one of the ids.
            ShardMissing: that may be, but not all shards can be asked.
        """
        limited = self._all("limited", only)
        here = {id_ for _, ids in limited.values() for id_ in ids}
        for id_ in only.articles:
            if id_ not in here:
                self._must_have_all()
                raise ArticleNotFound(f"no article {id_!r}", "GET /v1/articles lists them.")
        counts = sum((counts for counts, _ in limited.values()), Counts(0, 0, 0))
        view = ShardedIndex(self._opened, self._settings, only, counts)
        view._missing = self._missing  # what one of them learns is true of both
        return view

    # -- what is found -----------------------------------------------------------------------

    def candidates(self, question: str, vector: Vectors, limit: int) -> list[Scored]:
        """See `pincite.index.opened.Index.candidates`.

        Raises:
            ShardMissing: no shard can be asked.
        """
        asked, whole = self._meant(question), self._opened.build.extent
        found: list[Scored] = []
        for n, listed in self._all(
            "candidates", asked, vector, limit, self._only, whole, self._ahead
        ).items():
            found += (replace(one, id=one.id + self._befores[n]) for one in listed.scored)
            self._home.update((one.passage.article, n) for one in listed.scored)
            self._keep(n, listed.laid)
        kept = best(found, limit)
        self._found.update((one.id, one) for one in kept)
        return kept

    def closeness(self, vector: Vectors, ids: Ids[int]) -> dict[int, float]:
        """See `pincite.index.opened.Index.closeness`.

        Raises:
            ShardMissing: a shard was lost since it found these.
        """
        runs = self._near.get(self._width, {})
        local: dict[int, tuple[object, ...]] = {}
        for n, of in self._local(ids).items():
            before = self._befores[n]
            found = {id_: self._found[before + id_] for id_ in of if before + id_ in self._found}
            scores = {id_: score(found[id_], self._settings) if id_ in found else 0.0 for id_ in of}
            articles = {one.passage.article for one in found.values()}.difference(self._rows)
            known = {
                id_: [other - before for other, _ in runs[before + id_]]
                for id_ in of
                if before + id_ in runs
            }
            local[n] = (scores, vector, known, sorted(articles), self._ahead, *self._width)
        cosines: dict[int, float] = {}
        for n, near in self._each("closeness", local).items():
            cosines.update((self._befores[n] + id_, of) for id_, of in near.cosines.items())
            self._rows.update(near.rows)
            self._keep(n, near.laid)
            self._take(n, near.vectors, near.articles)
        return cosines

    def around(self, ids: Ids[int], reach: int, words: int) -> Near:
        """See `pincite.index.opened.Index.around`.

        Raises:
            ShardMissing: a shard was lost since it found these.
        """
        self._width = (reach, words)
        known = self._near.setdefault(self._width, {})
        local = self._local([id_ for id_ in ids if id_ not in known])
        asked: dict[int, tuple[object, ...]] = {n: (of, reach, words) for n, of in local.items()}
        for n, laid in self._each("around", asked).items():
            self._keep(n, laid)
        return {id_: known[id_] for id_ in ids}

    def _keep(self, n: int, laid: Laid) -> None:
        """Keep what a shard, by its number, said of what stands around its passages."""
        before = self._befores[n]
        known = self._near.setdefault((laid.reach, laid.words), {})
        for id_, run in laid.near.items():
            known[before + id_] = [(before + other, passage) for other, passage in run]
        self._rows.update(laid.rows)
        self._home.update(dict.fromkeys(laid.rows, n))

    def vectors_of(self, ids: Ids[int]) -> dict[int, Vectors]:
        """See `pincite.index.store.Store.vectors_of`.

        Raises:
            ShardMissing: a shard was lost since it found these.
        """
        local = self._local([id_ for id_ in ids if id_ not in self._vectors])
        asked: dict[int, tuple[object, ...]] = {n: (of,) for n, of in local.items()}
        for n, (vectors, articles) in self._each("vectors_of", asked).items():
            self._take(n, vectors, articles)
        return {id_: self._vectors[id_] for id_ in ids}

    def _take(
        self, n: int, vectors: Mapping[int, Vectors], articles: Mapping[str, Article]
    ) -> None:
        """Keep vectors of a shard's passages, by its number, and their articles."""
        before = self._befores[n]
        self._vectors.update((before + id_, vector) for id_, vector in vectors.items())
        self._articles.update(articles)

    def _local(self, ids: Ids[int]) -> dict[int, list[int]]:
        """Number of the shard -> the ids as they count there."""
        local: dict[int, list[int]] = {}
        for id_ in ids:
            n = bisect.bisect_left(self._befores, id_) - 1
            local.setdefault(n, []).append(id_ - self._befores[n])
        return local

    def frequency(self, one: Wordings) -> int:
        """In how many passages any of the wordings stands."""
        known = self._opened.statistics.known(one)
        return self._counted([one])[one] if known is None else known

    def like(self, term: str) -> list[str]:
        """See `pincite.index.wordings.Lexicon`."""
        return self._opened.statistics.like(term)

    def abbreviations(self, runs: Sequence[str]) -> list[tuple[str, str]]:
        """See `pincite.index.wordings.Lexicon`."""
        return self._opened.statistics.abbreviations(runs)

    def names(self, key: str) -> list[tuple[str, str]]:
        """See `pincite.index.wordings.Lexicon`."""
        return self._opened.statistics.names(key)

    def _meant(self, question: str) -> dict[Wordings, int]:
        """What is asked about, and in how many passages it stands."""
        ones = asked_about(question, self)
        known = {one: self._opened.statistics.known(one) for one in ones}
        counted = self._counted([one for one, held in known.items() if held is None])
        return {one: counted[one] if held is None else held for one, held in known.items()}

    def _counted(self, ones: Sequence[Wordings]) -> dict[Wordings, int]:
        if not ones:
            return {}
        each = self._all("frequencies", ones).values()
        return dict(zip(ones, map(sum, zip(*each, strict=True)), strict=True))

    # -- articles ----------------------------------------------------------------------------

    def article(self, id_: str) -> Article | None:
        """The article of that id, or None.

        Raises:
            ShardMissing: it is in no shard that can be asked.
        """
        return self.articles_of([id_]).get(id_)

    def articles_of(self, ids: Ids[str]) -> dict[str, Article]:
        """Id -> article, of those ids that there are.

        Raises:
            ShardMissing: one is in no shard that can be asked.
        """
        wanted = [id_ for id_ in ids if id_ not in self._articles]
        for articles in self._each("articles", self._homes(wanted), strict=False).values():
            self._articles.update(articles)
        if any(id_ not in self._articles for id_ in wanted):
            self._must_have_all()
        return {id_: self._articles[id_] for id_ in ids if id_ in self._articles}

    def rows_of(self, ids: Ids[str]) -> dict[str, ArticleRow]:
        """Id -> article as a list shows it, of those ids that there are.

        Raises:
            ShardMissing: one is in no shard that can be asked.
        """
        wanted = [id_ for id_ in ids if id_ not in self._rows]
        for rows in self._each("rows_of", self._homes(wanted), strict=False).values():
            self._rows.update(rows)
        if any(id_ not in self._rows for id_ in wanted):
            self._must_have_all()
        return {id_: self._rows[id_] for id_ in ids if id_ in self._rows}

    def _homes(self, ids: Ids[str]) -> dict[int, tuple[object, ...]]:
        """Number of a shard -> the articles, of those ids, that it has or may have."""
        at: dict[int, list[str]] = {}
        for id_ in ids:
            homes = [self._home[id_]] if id_ in self._home else range(len(self._shards))
            for n in homes:
                at.setdefault(n, []).append(id_)
        return {n: (of,) for n, of in at.items()}

    def articles(self) -> list[ArticleRow]:
        """All articles in the order of their documents.

        Raises:
            ShardMissing: not all shards can be asked.
        """
        rows = self._all("rows")
        self._must_have_all()
        return [row for of in rows.values() for row in of]

    def examples(self) -> list[str]:
        """Questions to start from."""
        return list(self._opened.build.examples)

    # -- asking shards -----------------------------------------------------------------------

    def _all(self, method: str, *args: object) -> dict[int, Any]:
        """What each shard that can be asked says, by its number.

        Raises:
            ShardMissing: none can be.
        """
        there = [n for n in range(len(self._shards)) if n not in self._missing]
        said = self._collected(dict.fromkeys(there, (method, *args)))
        if not said:
            raise ShardMissing("no shard of the index can be reached", _HINT)
        return said

    def _each(
        self, method: str, of: Mapping[int, tuple[object, ...]], *, strict: bool = True
    ) -> dict[int, Any]:
        """What some shards say, each to something of its own."""
        asked = {n: (method, *own) for n, own in of.items() if n not in self._missing}
        said = self._collected(asked)
        if strict and len(said) < len(of):
            self._must_have_all()
        return said

    def _collected(self, asked: Mapping[int, tuple[Any, ...]]) -> dict[int, Any]:
        # All are asked before the first is waited for.
        replies = {n: self._opened.ask(self._shards[n].name, *of) for n, of in asked.items()}
        said: dict[int, Any] = {}
        for n, reply in replies.items():
            try:
                said[n] = reply.result()
            except ShardMissing:
                self._missing.add(n)
        return said

    def _must_have_all(self) -> None:
        if self._missing:
            names = ", ".join(self._shards[n].name for n in sorted(self._missing))
            raise ShardMissing(f"a shard can't be reached: {names}", _HINT)


def best(found: Iterable[Scored], limit: int) -> list[Scored]:
    """Of what several shards found for a question, what one index of all would have found.

    The `limit` nearest and the `limit` first by BM25 of all are among those of their shards.
    What is not among the first by BM25 has none, as in one index.
    """
    found = list(found)
    near = sorted(found, key=lambda one: (-one.cosine, one.id))[:limit]
    held = [one for one in found if one.bm25 > 0]
    lexical = sorted(held, key=lambda one: (-one.bm25, one.id))[:limit]
    first = {one.id for one in lexical}
    without = [replace(one, bm25=0.0) for one in near if one.id not in first]
    return lexical + without


def over(opened: OpenBuild, models: Models, settings: Settings) -> Pincite:
    """What answers one question from a build."""
    # The view has all that a question asks of an index; what a process that holds the
    # segments could ask besides, no question does.
    return Pincite(cast(Index, ShardedIndex(opened, settings)), models, settings)
