"""Where a segment is made, and what is left of one whose maker was killed there.

    COLLECTION/staged-ENCODER-...    ENCODER: a hash of the format and of whose vectors it holds

The next segment takes over the vectors of every killed one, whatever the documents
have become, and only then are these removed.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from pathlib import Path

from pincite.index.manifest import FORMAT, STORE
from pincite.index.schema import recovered

_ANY = "staged*"


def begin(collection: Path, encoder: str) -> Path:
    """A new folder to make a segment in."""
    folder = collection / f"{_prefix(encoder)}{time.time_ns():x}"
    folder.mkdir()
    return folder


def left(collection: Path, encoder: str) -> list[Path]:
    """The stores of half-made segments with vectors of this encoder; the others are removed."""
    stores = []
    for folder in sorted(collection.glob(_ANY)):
        if folder.name.startswith(_prefix(encoder)) and recovered(folder / STORE):
            stores.append(folder / STORE)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return stores


def clear(collection: Path, but: Path | None = None) -> None:
    """Remove what killed processes left."""
    for folder in collection.glob(_ANY):
        if folder != but:
            shutil.rmtree(folder, ignore_errors=True)


def _prefix(encoder: str) -> str:
    return f"staged-{hashlib.sha256(f'{FORMAT} {encoder}'.encode()).hexdigest()[:16]}-"
