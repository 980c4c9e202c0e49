"""A sharded index: immutable shards, what they hold together, and the list of those in use.

    FOLDER/CURRENT               the list, replaced in one step
          /shards/shard-HASH/    a whole index: `pincite ask --index` answers from it alone
          /statistics-HASH       what the shards hold together (`cluster/statistics.py`)
          /read/HASH             what was read and is in no shard yet (`cluster/reading.py`)

A shard is named by the hash of all that it is made of, and so are the statistics: equal names,
equal answers. Whoever reads the list sees the index before a build or after it, never between.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate
from pathlib import Path

from pydantic import TypeAdapter

from pincite.errors import IndexStale
from pincite.index.bm25 import Extent
from pincite.index.contents import CURRENT, read_sealed, write_sealed
from pincite.index.manifest import MEND, Counts, Recipe

FORMAT = 1  # to be raised when another version could not read the folder
POLL_S = 2.0  # between two looks whether another build is in use
SHARDS = "shards"
READ = "read"


@dataclass(frozen=True, slots=True)
class Shard:
    """A shard of the list.

    Attributes:
        name: of its folder.
        counts: how much is in it.
        extent: the same as BM25 counts.
    """

    name: str
    counts: Counts
    extent: Extent


@dataclass(frozen=True, slots=True)
class Build:
    """What a sharded index is made of.

    Attributes:
        recipe: how every shard was made.
        shards: in the order of their documents.
        statistics: the name of the file that holds what is in all of them.
        examples: questions to start from.
    """

    format: int
    recipe: Recipe
    shards: tuple[Shard, ...]
    statistics: str
    examples: tuple[str, ...]

    @property
    def searched_apart(self) -> tuple[str, ...]:
        """The shards that others search for the doors; a single one each door opens itself."""
        return tuple(shard.name for shard in self.shards) if len(self.shards) > 1 else ()

    @property
    def counts(self) -> Counts:
        """How much can be found."""
        return sum((shard.counts for shard in self.shards), Counts(0, 0, 0))

    @property
    def extent(self) -> Extent:
        """The same as BM25 counts."""
        return sum((shard.extent for shard in self.shards), Extent(0, 0))

    @property
    def befores(self) -> list[int]:
        """How many passages stand in the shards before each."""
        return [0, *accumulate(shard.extent.passages for shard in self.shards)][:-1]


def read_build(folder: Path) -> tuple[str, Build]:
    """The list in use and its name.

    Raises:
        IndexMissing: nothing was indexed here yet.
        IndexStale: another version of Pincite wrote it.
        IndexDamaged: it is not what was written.
    """
    digest, content = read_sealed(folder / CURRENT)
    format_ = json.loads(content).get("format")
    if format_ != FORMAT:
        raise IndexStale(f"{folder} has format {format_}, this version reads {FORMAT}", MEND)
    return digest[:12], TypeAdapter(Build).validate_json(content)


def write_build(folder: Path, build: Build) -> str:
    """Make this the list in use, in one step. Returns its name."""
    write_sealed(folder / CURRENT, json.dumps(asdict(build)).encode())
    return read_build(folder)[0]


def shard_folder(folder: Path, name: str) -> Path:
    """Where a shard stands, or would."""
    return folder / SHARDS / name


def clear(folder: Path, keep: Sequence[Build]) -> list[str]:
    """Remove the shards, statistics and readings that none of these lists needs.

    A process that has a shard open goes on with it: on Unix a file lasts as long as it is open.

    Returns:
        The names of the shards that were removed.
    """
    kept = {shard.name for build in keep for shard in build.shards}
    removed = [path for path in (folder / SHARDS).iterdir() if path.name not in kept]
    named = {build.statistics for build in keep}
    for path in [*removed, folder / READ]:
        shutil.rmtree(path, ignore_errors=True)
    for path in folder.glob("statistics-*"):
        if path.name not in named:
            path.unlink()
    return [path.name for path in removed]
