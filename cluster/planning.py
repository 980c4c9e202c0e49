"""Which documents stand in which shard, and by which ids: what one machine would give them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby

from pincite.cluster.build import FORMAT
from pincite.cluster.reading import Reading
from pincite.index.manifest import Recipe


@dataclass(frozen=True, slots=True)
class Part:
    """A file of a shard, or those pieces of it that stand in the shard.

    Attributes:
        readings: of its pieces, in order.
        ids: of the articles of each.
    """

    readings: tuple[Reading, ...]
    ids: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """A shard to be made.

    Attributes:
        name: says all that it is made of and how: equal names, equal shards.
        parts: in order.
    """

    name: str
    parts: tuple[Part, ...]


def plan(readings: Sequence[Reading], recipe: Recipe, paragraphs: int) -> list[Planned]:
    """The shards of what was read.

    Args:
        readings: in any order.
        paragraphs: a shard is full with so many; it has more only by its last piece.
    """
    taken: set[str] = set()
    shards: list[Planned] = []
    held: list[tuple[Reading, tuple[str, ...]]] = []
    size = 0
    for reading in sorted(readings, key=lambda one: (one.file, one.number)):
        if not reading.ids:
            continue
        held.append((reading, tuple(_unused(reading.ids, taken))))
        size += reading.paragraphs
        if size >= paragraphs:
            shards.append(_planned(held, recipe))
            held, size = [], 0
    return [*shards, _planned(held, recipe)] if held else shards


def _planned(held: Sequence[tuple[Reading, tuple[str, ...]]], recipe: Recipe) -> Planned:
    made_of = [FORMAT, asdict(recipe), [[reading.digest, *ids] for reading, ids in held]]
    digest = hashlib.sha256(json.dumps(made_of).encode()).hexdigest()
    parts = []
    for _, of_file in groupby(held, key=lambda one: one[0].file):
        readings, ids = zip(*of_file, strict=True)
        parts.append(Part(readings, ids))
    return Planned(f"shard-{digest[:16]}", tuple(parts))


def _unused(ids: Sequence[str], taken: set[str]) -> Iterator[str]:
    # As in `pincite.index.changes`: the later one of a name gets a number.
    for id_ in ids:
        unused, n = id_, 1
        while unused in taken:
            n += 1
            unused = f"{id_}-{n}"
        taken.add(unused)
        yield unused
