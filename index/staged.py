"""Where a build is made, and what is left of one that was killed there.

    INDEX/staged-ENCODER-...    ENCODER: a hash of the format and of whose vectors it holds

The next build takes over the vectors of every killed one, whatever the corpus
has become, and only then are these removed.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from pathlib import Path

from pincite.index.manifest import FORMAT, STORE
from pincite.index.schema import recovered

_ANY = "staged*"


def begin(index: Path, encoder: str) -> Path:
    """A new folder to make a build in."""
    folder = index / f"{_prefix(encoder)}{time.time_ns():x}"
    folder.mkdir()
    return folder


def left(index: Path, encoder: str) -> list[Path]:
    """The stores of killed builds that hold vectors of this encoder; the other ones are removed."""
    stores = []
    for folder in sorted(index.glob(_ANY)):
        if folder.name.startswith(_prefix(encoder)) and recovered(folder / STORE):
            stores.append(folder / STORE)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return stores


def clear(index: Path, but: Path | None = None) -> None:
    """Remove what killed builds left."""
    for folder in index.glob(_ANY):
        if folder != but:
            shutil.rmtree(folder, ignore_errors=True)


def _prefix(encoder: str) -> str:
    return f"staged-{hashlib.sha256(f'{FORMAT} {encoder}'.encode()).hexdigest()[:16]}-"
