"""A sharded index without Ray, in one process: to compare with, and for tests.

What is made is the same folder; only who makes it, and how its shards are asked, is another.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from pincite.cluster.build import SHARDS, Build, read_build
from pincite.cluster.index import OpenBuild
from pincite.cluster.making import make_shard, stores
from pincite.cluster.planning import plan
from pincite.cluster.reading import Reading, read
from pincite.cluster.shard import OpenShard, OpenShards
from pincite.cluster.sources import find, pieces
from pincite.cluster.statistics import Statistics, publish
from pincite.errors import ShardMissing
from pincite.index.encoder import Encoder
from pincite.index.formats.contents import Limits
from pincite.index.update import recipe_of
from pincite.settings import Settings


def read_all(
    sources: Sequence[str], folder: Path, settings: Settings
) -> tuple[list[Reading], tuple[str, ...]]:
    """What is read of the sources, in order, and the examples; see `cluster/indexing.py`."""
    limits = Limits.of(settings)
    files, examples = find(sources)
    readings = [
        read(folder, n, file.known, piece, limits)
        for n, file in enumerate(files)
        for piece in pieces(file, limits)
    ]
    return readings, examples


def index_alone(
    sources: Sequence[str], folder: Path, settings: Settings, encoder: Encoder, paragraphs: int
) -> Build:
    """Index into shards of about so many paragraphs; raises what `cluster.indexing.index` does."""
    readings, examples = read_all(sources, folder, settings)
    recipe = recipe_of(settings, encoder)
    planned = plan(readings, recipe, paragraphs)
    (folder / SHARDS).mkdir(parents=True, exist_ok=True)
    for one in planned:
        make_shard(folder, one, settings, encoder, stores(folder))
    return publish(folder, [one.name for one in planned], recipe, examples)[1]


class LocalShards(OpenShards):
    """Shards of this process, some of which are not to be reached.

    Attributes:
        dead: those.
        asked: `(shard, method)` of each call.
    """

    def __init__(self, shards: Mapping[str, OpenShard]) -> None:
        super().__init__(shards)
        self.dead: Collection[str] = ()
        self.asked: list[tuple[str, str]] = []

    def __call__(self, shard: str, method: str, *args: object) -> Future[Any]:
        """Ask one."""
        self.asked.append((shard, method))
        if shard not in self.dead:
            return super().__call__(shard, method, *args)
        reply: Future[Any] = Future()
        reply.set_exception(ShardMissing(f"{shard} is not to be reached"))
        return reply


def open_alone(folder: Path, settings: Settings, encoder: Encoder) -> tuple[OpenBuild, LocalShards]:
    """The build in use, its shards open in this process.

    Raises:
        IndexMissing, IndexStale, IndexDamaged: it, or a shard, can't be opened.
    """
    name, build = read_build(folder)
    shards = LocalShards(
        {one.name: OpenShard(folder, one.name, settings, encoder) for one in build.shards}
    )
    return OpenBuild(folder, name, build, Statistics(folder / build.statistics), shards), shards
