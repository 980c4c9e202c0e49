"""A built index, opened and checked: what the question side reads."""

from __future__ import annotations

from dataclasses import dataclass

from index import manifest as m
from index.encoder import Encoder
from index.store import Store
from index.vectors import VectorIndex
from pincite.errors import IndexDamaged, IndexStale
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


def open_index(settings: Settings, encoder: Encoder) -> Index:
    """Open the index in use and check it against its manifest and the encoder.

    Raises:
        IndexMissing: nothing was built yet.
        IndexStale: another encoder, or another version of Pincite, built it.
        IndexDamaged: a file is not what the manifest says.
    """
    build = m.current_build(settings.index)
    manifest = m.read_manifest(build)
    if manifest.recipe.encoder != encoder.fingerprint:
        raise IndexStale("the index was built with another encoder", m.MEND)
    vectors = VectorIndex(build / m.VECTORS)
    if vectors.count != manifest.counts.passages:
        raise IndexDamaged("the vectors and the store don't belong together", m.MEND)
    return Index(build.name, manifest, Store(build / m.STORE), vectors)
