"""What a built index says of itself, and the folder that builds are swapped into.

    INDEX/CURRENT             names the build in use; replaced in one step
    INDEX/build-.../manifest.json, store.sqlite, store.terms, vectors.faiss
    INDEX/staged-...          a build that is being made, or was killed
    INDEX/lock                held by the one process that builds

A build's name holds its manifest's hash, and the manifest its files' hashes,
so that one changed byte anywhere is noticed: always by `pincite index`, and at
opening unless a large file looks untouched (`index/unchanged.py`).

A build is written under another name, brought to the disk and renamed before
CURRENT names it, so that a process killed at any moment leaves the last whole
build in use.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pincite.errors import IndexDamaged, IndexMissing, IndexStale, ModelError
from pincite.index import unchanged
from pincite.index.formats.contents import Notice
from pincite.index.model_files import sha256

FORMAT = 4  # of the files; to be raised when another version could not read them
# To be raised when the same articles would make another index: when paragraphs, passages,
# headers, terms or other wordings come out otherwise. Vectors are then still taken over.
RECIPE = 2
CURRENT = "CURRENT"
MANIFEST = "manifest.json"
STORE = "store.sqlite"
TERMS = "store.terms"
VECTORS = "vectors.faiss"
FILES = (STORE, TERMS, VECTORS)
_NAME = re.compile("build-[0-9a-f]{12}-[0-9a-f]{1,32}")
MEND = "Run `pincite index` to build it again."


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides what is in an index. Equal recipes, equal indexes.

    Attributes:
        version: `RECIPE`, so that an index is not read with other rules than it was built by.
        vector_index: as it was asked for, "auto" where its size decides.
    """

    format: int
    version: int
    corpus: str
    encoder: str
    tokenizer: str
    passage_tokens: int
    vector_index: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How much is in an index."""

    articles: int
    paragraphs: int
    passages: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """A build's manifest.

    Attributes:
        recipe: what it was built from.
        folder: the corpus folder it was built from, as it was named.
        dimension: of its vectors.
        vectors: the kind of their index, `pincite.index.vectors.Kind`.
        counts: how much is in it.
        files: name -> (size in bytes, hex sha256).
        notices: what of the folder was skipped, and how doubtful files were read.
    """

    recipe: Recipe
    folder: str
    dimension: int
    vectors: str
    counts: Counts
    files: dict[str, tuple[int, str]]
    notices: tuple[Notice, ...] = ()

    def write(self, build: Path) -> None:
        """Write it into a build's folder and bring it to the disk."""
        write_durably(build / MANIFEST, json.dumps(asdict(self), indent=1).encode())


def current_build(index: Path) -> Path:
    """The folder of the build in use.

    Raises:
        IndexMissing: nothing was built here yet.
        IndexDamaged: CURRENT names a build that isn't there.
    """
    try:
        name = (index / CURRENT).read_text(encoding="utf-8").strip()
    except FileNotFoundError as error:
        raise IndexMissing(f"there is no index in {index}", "Run `pincite index` first.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise IndexDamaged(f"{index / CURRENT} can't be read: {error}", MEND) from error
    if not _NAME.fullmatch(name) or not (index / name).is_dir():
        raise IndexDamaged(f"the index in {index} names a build that is not there", MEND)
    return index / name


def read_manifest(build: Path, *, every_byte: bool = False) -> Manifest:
    """Read and check a build's manifest and the sizes and hashes of its files.

    Args:
        every_byte: hash every file, also a large one that looks untouched since
            it was hashed.

    Raises:
        IndexStale: another version of Pincite wrote it.
        IndexDamaged: the manifest or a file it names is not whole.
    """
    try:
        raw = _raw_manifest(build)
        if raw["recipe"]["format"] != FORMAT:
            raise IndexStale(
                f"the index has format {raw['recipe']['format']}, this version reads {FORMAT}",
                MEND,
            )
        manifest = Manifest(
            recipe=Recipe(**raw["recipe"]),
            folder=raw["folder"],
            dimension=raw["dimension"],
            vectors=raw["vectors"],
            counts=Counts(**raw["counts"]),
            files={name: (size, digest) for name, (size, digest) in raw["files"].items()},
            notices=tuple(Notice(**notice) for notice in raw["notices"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise IndexDamaged(f"the index's manifest can't be read: {error}", MEND) from error
    seen = {} if every_byte else unchanged.seen(build)
    hashed = {}
    for name, (size, digest) in manifest.files.items():
        path = build / name
        stamp = unchanged.stamp(path)
        if stamp is not None and seen.get(name) == stamp:
            continue
        if not _is_whole(path, size, digest):
            raise IndexDamaged(f"the index's file {name} is damaged", MEND)
        hashed[name] = stamp
    unchanged.note(build, hashed)
    return manifest


def store_of_vectors(build: Path, encoder: str) -> Path | None:
    """A build's store, if that encoder's vectors can be taken over from it.

    Also that of a build that is damaged elsewhere, or of another recipe.
    """
    try:
        raw = _raw_manifest(build)
        if raw["recipe"]["encoder"] != encoder or raw["recipe"]["format"] != FORMAT:
            return None
        size, digest = raw["files"][STORE]
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None
    return build / STORE if _is_whole(build / STORE, size, digest) else None


def _raw_manifest(build: Path) -> Any:  # noqa: ANN401  whatever JSON it is
    content = (build / MANIFEST).read_bytes()
    if build.name.split("-")[1] != _name_part(content):
        raise ValueError("it is not the one that was written")
    return json.loads(content)


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


def swap_in(index: Path, staged: Path) -> Path:
    """Make a staged build the one in use, in one step. Returns its new folder."""
    sync_folder(staged)
    # The moment is in the name too, so that no build takes another's place.
    name = f"build-{_name_part((staged / MANIFEST).read_bytes())}-{time.time_ns():x}"
    build = index / name
    staged.rename(build)
    sync_folder(index)
    write_durably(index / CURRENT, f"{name}\n".encode())
    return build


def is_later(build: Path, used: Path | None) -> bool:
    """Whether a build's folder was made after the one in use."""
    if used is None or not _NAME.fullmatch(build.name):
        return used is None
    return int(build.name.split("-")[2], 16) > int(used.name.split("-")[2], 16)


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
