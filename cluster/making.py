"""Make a shard: a collection of its own, filled and indexed as one machine does it.

Killed on the way, it is begun anew with the vectors that were encoded: see `index/making.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pincite.cluster.build import SHARDS, Shard, shard_folder
from pincite.cluster.planning import Planned
from pincite.cluster.reading import restore
from pincite.errors import IndexDamaged, PinciteError
from pincite.index.changes import add
from pincite.index.collection import make_collection, open_collection
from pincite.index.contents import read
from pincite.index.encoder import Encoder
from pincite.index.intake import Given, Taken
from pincite.index.manifest import STORE, read_manifest, sync_folder
from pincite.index.opened import open_store
from pincite.index.update import update
from pincite.settings import Settings

WAIT_S = 600.0  # for another process that makes the same shard, and is about to be ended


def make_shard(
    folder: Path, planned: Planned, settings: Settings, encoder: Encoder, others: Sequence[Path]
) -> int:
    """Make a shard, if it is not there.

    Args:
        folder: of the sharded index.
        others: stores of shards; vectors that the same encoder made are taken over.

    Returns:
        How many texts were encoded.
    """
    made = shard_folder(folder, planned.name)
    if made.is_dir():
        return 0
    staged = made.with_name(f".{planned.name}")
    collection = make_collection(staged)
    latest: list[Taken] = []

    def given() -> Iterator[Given]:
        for part in planned.parts:  # one at a time, so that memory does not grow with the shard
            file, taken = restore(folder, part.readings, part.ids)
            latest[:] = [taken]
            yield file

    add(collection, given(), settings, read=lambda _: latest[0])
    like = [store for store in others if _encoder_of(store) == encoder.fingerprint]
    encoded = update(collection, settings, encoder, wait_s=WAIT_S, others=like).encoded
    staged.rename(made)
    sync_folder(made.parent)
    return encoded


def _encoder_of(store: Path) -> str | None:
    """Whose vectors a store holds; None of one that this version can't read."""
    try:
        return read_manifest(store.parent).recipe.encoder
    except PinciteError:
        return None


def describe(folder: Path, name: str) -> Shard:
    """What a shard holds.

    Raises:
        IndexDamaged: it is not whole; it is removed by hand, and made anew by the next indexing.
    """
    try:
        collection = open_collection(shard_folder(folder, name))
        _, contents = read(collection.folder)
        store = open_store(shard_folder(folder, name))
    except IndexDamaged as error:
        raise IndexDamaged(
            f"{name}: {error.message}", f"Remove {shard_folder(folder, name)} and index again."
        ) from error
    return Shard(name, contents.counts, store.terms.extent)


def stores(folder: Path, names: Sequence[str] | None = None) -> list[Path]:
    """The stores of some shards, or of all that are there."""
    if names is None:
        names = sorted(path.name for path in (folder / SHARDS).glob("shard-*"))
    return [
        path
        for name in names
        for path in sorted(shard_folder(folder, name).glob(f"collections/*/segment-*/{STORE}"))
    ]
