"""A built index, opened and checked: what the question side reads."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from pincite.errors import IndexDamaged, IndexStale
from pincite.index import manifest as m
from pincite.index.encoder import Encoder, Vectors
from pincite.index.store import Store
from pincite.index.terms import Wordings
from pincite.index.vectors import VectorIndex
from pincite.index.wordings import meant
from pincite.settings import Settings


@dataclass(frozen=True, slots=True)
class Index:
    """A store and the vectors derived from it.

    Attributes:
        build: the name of the build, which changes with every rebuild.
    """

    build: str
    manifest: m.Manifest
    store: Store
    vectors: VectorIndex

    def nearest(self, vector: Vectors, limit: int) -> dict[int, float]:
        """Passage id -> cosine, best first, `limit` passages at most.

        Args:
            vector: the question's, shape `[dimension]`, of length 1.
        """
        return self.vectors.search(vector, limit)

    def closeness(self, vector: Vectors, ids: Collection[int]) -> dict[int, float]:
        """Passage id -> cosine, of the passages of those ids.

        Args:
            vector: the question's, shape `[dimension]`, of length 1.
        """
        return {id_: float(vector @ other) for id_, other in self.store.vectors_of(ids).items()}

    def matching(self, asked: Iterable[str | Wordings], limit: int) -> dict[int, float]:
        """Passage id -> BM25 for what `meant` gave, best first, `limit` passages at most."""
        return dict(self.store.match(asked, limit))

    def meant(self, question: str) -> dict[Wordings, int]:
        """What the question asks about and in how many passages each stands; see `wordings`."""
        return meant(question, self.store)


def open_index(settings: Settings, encoder: Encoder) -> Index:
    """Open the index in use and check it against its manifest and the encoder.

    Raises:
        IndexMissing: nothing was built yet.
        IndexStale: another encoder, or another version of Pincite, built it.
        IndexDamaged: a file is not what the manifest says.
    """
    build = m.current_build(settings.index)
    manifest = m.read_manifest(build)
    if manifest.recipe.version != m.RECIPE:
        raise IndexStale("the index was built by another version of Pincite", m.MEND)
    if manifest.recipe.encoder != encoder.fingerprint:
        raise IndexStale("the index was built with another encoder", m.MEND)
    vectors = VectorIndex(build / m.VECTORS, settings.vector_probes)
    store = Store(build / m.STORE)
    if not vectors.count == store.terms.count == manifest.counts.passages:
        raise IndexDamaged("the vectors, the terms and the store don't belong together", m.MEND)
    return Index(build.name, manifest, store, vectors)
