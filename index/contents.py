"""The list of segments that an index is made of, in one file that is replaced in one step.

    COLLECTION/CURRENT      a line with the sha256 of the rest, and the rest as JSON

Whoever reads it sees the collection before a change or after it, never between.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter

from pincite.errors import IndexDamaged, IndexMissing, IndexStale
from pincite.index import manifest as m
from pincite.index.manifest import MEND, Counts, Ranges, Recipe, write_durably

CURRENT = "CURRENT"


@dataclass(frozen=True, slots=True)
class Part:
    """A segment of the list.

    Attributes:
        segment: the name of its folder.
        gone: the numbers of its documents that are not to be found any more.
        counts: how much is in it, without what is gone.
    """

    segment: str
    gone: Ranges
    counts: Counts


@dataclass(frozen=True, slots=True)
class Contents:
    """What an index is made of.

    Attributes:
        collection: the key of the collection, so that no other's index is taken for its own.
        recipe: how every segment was made.
        revision: of the documents, that the list was written for.
        parts: in the order of their documents.
        examples: questions to start from.
        made: when, in ns since 1970, so that no two lists are alike.
    """

    collection: str
    recipe: Recipe
    revision: int
    parts: tuple[Part, ...]
    examples: tuple[str, ...]
    made: int = 0

    @property
    def counts(self) -> Counts:
        """How much can be found."""
        return sum((part.counts for part in self.parts), Counts(0, 0, 0))


def read(collection: Path) -> tuple[str, Contents]:
    """The list in use and its name.

    Raises:
        IndexMissing: nothing was indexed here yet.
        IndexStale: another version of Pincite wrote it.
        IndexDamaged: it is not what was written.
    """
    digest, rest = read_sealed(collection / CURRENT)
    format_ = json.loads(rest)["recipe"]["format"]
    if format_ != m.FORMAT:
        raise IndexStale(f"the index has format {format_}, this version reads {m.FORMAT}", MEND)
    contents = TypeAdapter(Contents).validate_json(rest)
    return f"{digest[:12]}-{contents.made:x}", contents


def write(collection: Path, contents: Contents) -> Contents:
    """Make this the list in use, in one step. Returns it as it was written."""
    made = replace(contents, made=time.time_ns())
    write_sealed(collection / CURRENT, json.dumps(asdict(made)).encode())
    return made


def read_sealed(path: Path) -> tuple[str, bytes]:
    """The hex sha256 of what `write_sealed` wrote there, and that.

    Raises:
        IndexMissing: there is no such file.
        IndexDamaged: it is not what was written.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise IndexMissing(
            f"there is no index in {path.parent}", "Run `pincite index` first."
        ) from error
    except OSError as error:
        raise IndexDamaged(f"{path} can't be read: {error}", MEND) from error
    digest, _, rest = content.partition(b"\n")
    if hashlib.sha256(rest).hexdigest().encode() != digest:
        raise IndexDamaged(f"{path} is damaged", MEND)
    return digest.decode(), rest


def write_sealed(path: Path, content: bytes) -> None:
    """Write it behind a line with its sha256, in one step."""
    write_durably(path, hashlib.sha256(content).hexdigest().encode() + b"\n" + content)
