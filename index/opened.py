"""An index, opened and checked: what the question side reads."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Collection as Ids
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeVar

from pincite.errors import ArticleNotFound, IndexBusy, IndexDamaged, IndexStale
from pincite.index import contents as c
from pincite.index import manifest as m
from pincite.index.bm25 import Extent, Mask
from pincite.index.collection import DEFAULT, Collection, open_collection
from pincite.index.encoder import Encoder, Vectors
from pincite.index.held import hold
from pincite.index.only import Only
from pincite.index.passages import Passage
from pincite.index.segment import Segment
from pincite.index.store import Store
from pincite.index.terms import Wordings
from pincite.index.vectors import VectorIndex
from pincite.index.wordings import meant
from pincite.settings import Settings

T = TypeVar("T")

_TIED = 20  # passages looked at beyond those asked for, which may be as near as the last
_TRIES = 20  # lists that may be swapped in while one is being opened


@dataclass(frozen=True, slots=True)
class OpenSegment:
    """A segment, opened whole."""

    manifest: m.Manifest
    segment: Segment
    vectors: VectorIndex


@dataclass(frozen=True, slots=True)
class Scored:
    """A passage that is near to a question, or holds some of its words.

    Attributes:
        id: in the index, from 1.
        cosine: of question and passage, -1..1.
        bm25: 0 or more; 0 where it is not among the first that BM25 found.
    """

    id: int
    passage: Passage
    cosine: float
    bm25: float

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        # As of `Passage`.
        return Scored, (self.id, self.passage, self.cosine, self.bm25)


@dataclass(frozen=True, slots=True)
class Index:
    """The segments of a collection as they were at one moment, read as one.

    Attributes:
        build: the name of that moment's list, which changes with every change.
        manifest: that list; `manifest.counts` is how much can be found.
        segments: by the names of their folders, in order.
        within: of each segment, the passages that may be found, where they are limited.
        counts: how much can be found.
        searched: how much of it could be searched, where that is less than all; see
            `pincite.cluster`.
    """

    collection: Collection
    build: str
    manifest: c.Contents
    store: Store
    segments: Mapping[str, OpenSegment]
    counts: m.Counts
    within: Sequence[Mask] | None = None
    searched: m.Searched | None = None

    @property
    def kind(self) -> str:
        """How the vectors of its largest segment are searched; see `pincite.index.vectors.Kind`."""
        manifests = [segment.manifest for segment in self.segments.values()]
        largest = max(manifests, key=lambda of: of.counts.passages, default=None)
        return "flat" if largest is None else largest.vectors

    @property
    def bytes(self) -> int:
        """Size of the segments' files."""
        manifests = [segment.manifest for segment in self.segments.values()]
        return sum(size for of in manifests for size, _ in of.files.values())

    def only(self, only: Only) -> Index:
        """The same index, in which nothing else is found.

        Raises:
            ArticleNotFound: there is no article of one of the ids.
        """
        known = self.store.rows_of(only.articles)
        for id_ in only.articles:
            if id_ not in known:
                raise ArticleNotFound(f"no article {id_!r}", "GET /v1/articles lists them.")
        return self.limited(only)

    def limited(self, only: Only) -> Index:
        """The same as `only`, whether there are such articles here or not."""
        parts = [one.segment.within(only) for one in self.segments.values()]
        counted = [
            one.segment.counts_of(mask)
            for one, mask in zip(self.segments.values(), parts, strict=True)
        ]
        return dataclasses.replace(self, within=parts, counts=sum(counted, m.Counts(0, 0, 0)))

    def nearest(self, vector: Vectors, limit: int) -> dict[int, float]:
        """Passage id -> cosine, best first, `limit` passages at most.

        Args:
            vector: the question's, shape `[dimension]`, of length 1.
        """
        found: list[tuple[int, float]] = []
        for n, one in enumerate(self.segments.values()):
            mask = one.segment.alive if self.within is None else self.within[n]
            if mask is not None and not mask.any():
                continue
            before = self.store.befores[n]
            some = one.vectors.search(vector, limit + _TIED, mask)
            found += [(before + id_, cosine) for id_, cosine in some.items()]
        found.sort(key=lambda pair: -pair[1])
        # FAISS adds up in an order that depends on where a vector stands, so the last digit of
        # a cosine does, too: worked out again, equal texts are equally near in any segment.
        cosines = self.closeness(vector, [id_ for id_, _ in found[: limit + _TIED]])
        return dict(sorted(cosines.items(), key=lambda pair: (-pair[1], pair[0]))[:limit])

    def closeness(self, vector: Vectors, ids: Ids[int]) -> dict[int, float]:
        """Passage id -> cosine, of the passages of those ids.

        Args:
            vector: the question's, shape `[dimension]`, of length 1.
        """
        return {id_: float(vector @ other) for id_, other in self.store.vectors_of(ids).items()}

    def matching(self, asked: Mapping[Wordings, int], limit: int) -> dict[int, float]:
        """Passage id -> BM25 for what `meant` gave, best first, `limit` passages at most."""
        return dict(self.store.match(asked, limit, self.within, asked))

    def candidates(self, question: str, vector: Vectors, limit: int) -> list[Scored]:
        """The `limit` passages nearest to a question, and the `limit` first by BM25.

        Args:
            vector: the question's, shape `[dimension]`, of length 1.
        """
        return self.scored(self.meant(question), vector, limit)

    def scored(self, asked: Mapping[Wordings, int], vector: Vectors, limit: int) -> list[Scored]:
        """The same as `candidates` for what `meant` gave."""
        dense = self.nearest(vector, limit)
        lexical = self.matching(asked, limit)
        cosines = dense | self.closeness(vector, [id_ for id_ in lexical if id_ not in dense])
        passages = self.store.passages(cosines)
        return [
            Scored(id_, passage, cosines[id_], lexical.get(id_, 0.0))
            for id_, passage in zip(cosines, passages, strict=True)
        ]

    def around(self, ids: Ids[int], reach: int, words: int) -> dict[int, list[tuple[int, Passage]]]:
        """Passage id -> the passages around it, itself among them, `(id, passage)` in order.

        Args:
            reach: passages before it, and after it, at most.
            words: of these before it, and of these after it, at most.
        """
        return {id_: _fitting(self.store.around(id_, reach), id_, words) for id_ in ids}

    def meant(self, question: str) -> dict[Wordings, int]:
        """What the question asks about and in how many passages each stands; see `wordings`."""
        return meant(question, self.store)


def _fitting(
    near: Sequence[tuple[int, Passage]], id_: int, words: int
) -> list[tuple[int, Passage]]:
    """Of a run of passages around one, those on either side that have so many words at most."""
    at = next(n for n, (other, _) in enumerate(near) if other == id_)

    def fit(side: Iterable[tuple[int, Passage]]) -> list[tuple[int, Passage]]:
        left, kept = words, []
        for one in side:
            left -= len(one[1].text.split())
            if left < 0:
                break
            kept.append(one)
        return kept

    return [*reversed(fit(reversed(near[:at]))), near[at], *fit(near[at + 1 :])]


def open_index(
    settings: Settings,
    encoder: Encoder,
    name: str = DEFAULT,
    before: Index | None = None,
    whole: Extent | None = None,
) -> Index:
    """Open the index of a collection, and check it against its list and the encoder.

    Args:
        before: an earlier opening of it, whose segments are taken over as far as they are the
            same: they have been checked.
        whole: how much the collection holds of which this one is a shard.

    Raises:
        IndexMissing, CollectionNotFound: there is no such collection, or it has no index yet.
        IndexStale: another encoder, or another version of Pincite, made it.
        IndexDamaged: a file is not what it should be.
        DocumentsDamaged: see `open_collection`.
    """
    collection = open_collection(settings.index, name)

    def opened(build: str, contents: c.Contents) -> Index:
        if contents.recipe.encoder != encoder.fingerprint:
            raise IndexStale("the index was built with another encoder", m.MEND)
        return _open(collection, build, contents, settings, before, whole)

    return _of_one_moment(collection, opened)


def open_store(index: Path, name: str = DEFAULT) -> Store:
    """The articles and passages of a collection's index.

    Raises:
        As `open_index` does, but for the encoder.
    """
    collection = open_collection(index, name)

    def opened(_: str, contents: c.Contents) -> Store:
        segments = []
        for part in contents.parts:
            held = _checked(collection.folder / part.segment, contents.recipe)[1]
            path = collection.folder / part.segment / m.STORE
            segments.append(Segment(path, frozenset(m.numbers_of(part.gone)), held))
        return Store(segments, contents.examples)

    return _of_one_moment(collection, opened)


def latest(settings: Settings, name: str) -> str:
    """The name of the list in use; see `Index.build` and what `open_index` raises."""
    return c.read(open_collection(settings.index, name).folder)[0]


def _of_one_moment(collection: Collection, opened: Callable[[str, c.Contents], T]) -> T:
    """What is made of the list in use, while others may take its place."""
    for _ in range(_TRIES):
        build, contents = c.read(collection.folder)
        if contents.collection != collection.key:
            raise IndexDamaged("the index is another collection's", m.MEND)
        if contents.recipe.version != m.RECIPE:
            raise IndexStale("the index was built by another version of Pincite", m.MEND)
        try:
            return opened(build, contents)
        except (OSError, IndexDamaged) as error:
            # Segments are removed once another list is in use.
            if c.read(collection.folder)[0] == build:
                if isinstance(error, IndexDamaged):
                    raise
                raise IndexDamaged(f"a segment can't be read: {error}", m.MEND) from error
    raise IndexBusy("the index is being changed all the time", "Try again.")


def _open(
    collection: Collection,
    build: str,
    contents: c.Contents,
    settings: Settings,
    before: Index | None,
    whole: Extent | None,
) -> Index:
    known = {} if before is None or before.collection != collection else before.segments
    segments: dict[str, OpenSegment] = {}
    for part in contents.parts:
        gone = frozenset(m.numbers_of(part.gone))
        one = known.get(part.segment)
        if one is None:
            one = _open_segment(collection.folder / part.segment, contents.recipe, gone, settings)
        elif one.segment.gone != gone:
            one = dataclasses.replace(one, segment=one.segment.without(gone))
        segments[part.segment] = one
    store = Store([one.segment for one in segments.values()], contents.examples, whole)
    if store.terms.count != contents.counts.passages:
        raise IndexDamaged("the list of segments and the segments don't belong together", m.MEND)
    return Index(collection, build, contents, store, segments, contents.counts)


def _open_segment(
    folder: Path, recipe: m.Recipe, gone: frozenset[int], settings: Settings
) -> OpenSegment:
    manifest, held = _checked(folder, recipe)
    vectors = VectorIndex(folder / m.VECTORS, settings.vector_probes)
    segment = Segment(folder / m.STORE, gone, held)
    if not vectors.count == segment.terms.count == segment.count == manifest.counts.passages:
        raise IndexDamaged(
            f"the vectors, the terms and the store of {folder.name} don't belong together", m.MEND
        )
    return OpenSegment(manifest, segment, vectors)


def _checked(folder: Path, recipe: m.Recipe) -> tuple[m.Manifest, IO[bytes]]:
    """A segment's manifest, its files checked, and what holds the segment."""
    held = hold(folder)
    manifest = m.read_manifest(folder)
    m.check_files(folder, manifest)
    if manifest.recipe != recipe:
        raise IndexDamaged(f"{folder.name} was made otherwise than its list says", m.MEND)
    return manifest, held
