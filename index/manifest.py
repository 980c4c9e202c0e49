"""What a segment says of itself, and how files are brought to the disk.

    COLLECTION/segment-.../manifest.json, store.sqlite, store.terms, vectors.faiss

A segment's name holds its manifest's hash, and the manifest its files' hashes,
so that one changed byte anywhere is noticed: always by `pincite index`, and at
opening unless a large file looks untouched (`index/unchanged.py`).

A segment is written under another name, brought to the disk and renamed before
the collection's list (`index/contents.py`) names it.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pincite.errors import IndexDamaged, IndexStale, ModelError
from pincite.index import unchanged
from pincite.index.model_files import sha256

FORMAT = 4  # of the files; to be raised when another version could not read them
# To be raised when the same articles would make another index: when paragraphs, passages,
# headers, terms or other wordings come out otherwise. Vectors are then still taken over.
RECIPE = 3
MANIFEST = "manifest.json"
STORE = "store.sqlite"
TERMS = "store.terms"
VECTORS = "vectors.faiss"
FILES = (STORE, TERMS, VECTORS)
MEND = "Run `pincite index` to build it again."

Ranges = tuple[tuple[int, int], ...]
"""Rising numbers, each run of them as its first and its last."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides what a segment of given documents holds. Equal recipes, equal segments.

    Attributes:
        version: `RECIPE`, so that an index is not read with other rules than it was built by.
        vector_index: as it was asked for, "auto" where its size decides.
    """

    format: int
    version: int
    encoder: str
    tokenizer: str
    passage_tokens: int
    vector_index: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How much is in a segment or an index."""

    articles: int
    paragraphs: int
    passages: int

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.articles + other.articles,
            self.paragraphs + other.paragraphs,
            self.passages + other.passages,
        )


@dataclass(frozen=True, slots=True)
class Searched:
    """How much of an index could be searched: so many of its shards, of so many."""

    shards: int
    of: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """A segment's manifest.

    Attributes:
        recipe: how it was made.
        documents: the numbers of the documents it was made of.
        dimension: of its vectors.
        vectors: the kind of their index, `pincite.index.vectors.Kind`.
        counts: how much is in it.
        files: name -> (size in bytes, hex sha256).
    """

    recipe: Recipe
    documents: Ranges
    dimension: int
    vectors: str
    counts: Counts
    files: dict[str, tuple[int, str]]

    def write(self, segment: Path) -> None:
        """Write it into a segment's folder and bring it to the disk."""
        write_durably(segment / MANIFEST, json.dumps(asdict(self), indent=1).encode())


def read_manifest(segment: Path) -> Manifest:
    """Read a segment's manifest, and check it by its name.

    Raises:
        IndexStale: another version of Pincite wrote it.
        IndexDamaged: it is not the one that was written.
    """
    try:
        raw = _raw_manifest(segment)
        if raw["recipe"]["format"] != FORMAT:
            raise IndexStale(
                f"the index has format {raw['recipe']['format']}, this version reads {FORMAT}",
                MEND,
            )
        return Manifest(
            recipe=Recipe(**raw["recipe"]),
            documents=tuple((first, last) for first, last in raw["documents"]),
            dimension=raw["dimension"],
            vectors=raw["vectors"],
            counts=Counts(**raw["counts"]),
            files={name: (size, digest) for name, (size, digest) in raw["files"].items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise IndexDamaged(f"the index's manifest can't be read: {error}", MEND) from error


def check_files(segment: Path, manifest: Manifest, *, every_byte: bool = False) -> None:
    """Check the sizes and hashes of a segment's files.

    Args:
        every_byte: hash every file, also a large one that looks untouched since
            it was hashed.

    Raises:
        IndexDamaged: a file is not whole.
    """
    seen = {} if every_byte else unchanged.seen(segment)
    hashed = {}
    for name, (size, digest) in manifest.files.items():
        path = segment / name
        stamp = unchanged.stamp(path)
        if stamp is not None and seen.get(name) == stamp:
            continue
        if not _is_whole(path, size, digest):
            raise _damaged(segment, name)
        hashed[name] = stamp
    unchanged.note(segment, hashed)


def check_sizes(segment: Path) -> None:
    """See that a segment's files are there, as large as they were written.

    Raises:
        IndexStale, IndexDamaged: as `read_manifest`, or a file is not there or of another size.
    """
    for name, (size, _) in read_manifest(segment).files.items():
        try:
            found = (segment / name).stat().st_size
        except OSError:
            found = None
        if found != size:
            raise _damaged(segment, name)


def store_of_vectors(segment: Path, encoder: str) -> Path | None:
    """A segment's store, if that encoder's vectors can be taken over from it.

    Also that of a segment that is damaged elsewhere, or of another recipe.
    """
    try:
        raw = _raw_manifest(segment)
        if raw["recipe"]["encoder"] != encoder or raw["recipe"]["format"] != FORMAT:
            return None
        size, digest = raw["files"][STORE]
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None
    return segment / STORE if _is_whole(segment / STORE, size, digest) else None


def _raw_manifest(segment: Path) -> Any:  # noqa: ANN401  whatever JSON it is
    content = (segment / MANIFEST).read_bytes()
    if segment.name.split("-")[1] != _name_part(content):
        raise ValueError("it is not the one that was written")
    return json.loads(content)


def _damaged(segment: Path, name: str) -> IndexDamaged:
    return IndexDamaged(f"the index's file {segment.name}/{name} is damaged", MEND)


def _is_whole(path: Path, size: int, digest: str) -> bool:
    try:
        return path.stat().st_size == size and sha256(path) == digest
    except (OSError, ModelError):
        return False


def _name_part(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def file_entry(path: Path) -> tuple[int, str]:
    """Size in bytes and hex sha256 of a file that is brought to the disk first."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
    return path.stat().st_size, sha256(path)


def finish(staged: Path) -> Path:
    """Give a staged segment, its manifest written, its name. Returns its new folder."""
    sync_folder(staged)
    # The moment is in the name too, so that no segment takes another's place.
    name = f"segment-{_name_part((staged / MANIFEST).read_bytes())}-{time.time_ns():x}"
    segment = staged.with_name(name)
    staged.rename(segment)
    sync_folder(segment.parent)
    return segment


def ranges(numbers: Iterable[int]) -> Ranges:
    """Rising numbers as ranges."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return tuple((first, last) for first, last in found)


def numbers_of(ranges: Ranges) -> Iterator[int]:
    """The numbers of ranges, rising."""
    for first, last in ranges:
        yield from range(first, last + 1)


def write_durably(path: Path, content: bytes, mode: int = 0o666) -> None:
    """Replace a file in one step: it holds the old content or the new, never a part.

    One process at a time may write a file: what a killed one left is overwritten.

    Args:
        mode: who may read it, less the umask, from its first byte on.
    """
    staged = path.with_name(f".{path.name}.tmp")
    staged.unlink(missing_ok=True)  # or its mode would stay
    with os.fdopen(os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    staged.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Bring a folder's own entries (new names, renames) to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
