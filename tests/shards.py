"""Sharded indexes without Ray: the same steps one after the other, the shards in this process."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from pincite.cluster.build import FORMAT, Build, read_build, shard_folder, write_build
from pincite.cluster.index import OpenBuild, ShardedIndex
from pincite.cluster.making import describe, make_shard, stores
from pincite.cluster.planning import plan
from pincite.cluster.reading import Reading, read
from pincite.cluster.shard import OpenShard
from pincite.cluster.sources import find, pieces
from pincite.cluster.statistics import Statistics, gather
from pincite.errors import ShardMissing
from pincite.index.encoder import Encoder
from pincite.index.formats.contents import Limits
from pincite.index.opened import Index
from pincite.index.update import recipe_of
from pincite.qa.ask import Models, Pincite
from pincite.settings import Settings


def readings_of(corpus: Path, folder: Path, settings: Settings) -> tuple[list[Reading], Any]:
    limits = Limits.of(settings)
    files, examples = find([str(corpus)])
    return [
        read(folder, n, file.known, piece, limits)
        for n, file in enumerate(files)
        for piece in pieces(file, limits)
    ], examples


def shard(
    corpus: Path, folder: Path, settings: Settings, encoder: Encoder, paragraphs: int
) -> Build:
    """Index a folder into shards of so many paragraphs."""
    readings, examples = readings_of(corpus, folder, settings)
    recipe = recipe_of(settings, encoder)
    planned = plan(readings, recipe, paragraphs)
    shard_folder(folder, "").mkdir(parents=True, exist_ok=True)
    names = [one.name for one in planned]
    for one in planned:
        make_shard(folder, one, settings, encoder, stores(folder))
    described = tuple(describe(folder, name) for name in names)
    build = Build(FORMAT, recipe, described, gather(folder, names), examples)
    write_build(folder, build)
    return build


@dataclass
class Local:
    """Asks shards that are opened here; those of `dead` can't be reached."""

    shards: dict[str, OpenShard]
    dead: Collection[str] = ()
    asked: list[tuple[str, str]] = field(default_factory=list)

    def __call__(self, shard: str, method: str, *args: object) -> Future[Any]:
        self.asked.append((shard, method))
        reply: Future[Any] = Future()
        if shard in self.dead:
            reply.set_exception(ShardMissing("gone"))
        else:
            reply.set_result(getattr(self.shards[shard], method)(*args))
        return reply


def open_build(folder: Path, settings: Settings, encoder: Encoder) -> tuple[OpenBuild, Local]:
    name, build = read_build(folder)
    local = Local(
        {one.name: OpenShard(folder, one.name, settings, encoder) for one in build.shards}
    )
    statistics = Statistics(folder / build.statistics)
    return OpenBuild(folder, name, build, statistics, local), local


def over(opened: OpenBuild, models: Models, settings: Settings) -> Pincite:
    return Pincite(cast(Index, ShardedIndex(opened)), models, settings)
