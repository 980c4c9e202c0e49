"""Which large files of a segment were hashed and have not been touched since.

Hashing gigabytes takes seconds, too many for each start. A segment keeps in
`hashed.json` what the file system said of its large files when they were last
hashed, and while it says the same they are taken for unchanged. Decay of the
disk itself goes unnoticed by that; `pincite index` looks at every byte.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path

SEEN = "hashed.json"
# Bytes. A smaller file is hashed each time: that is quick, and it could be written
# twice within one tick of the file system's clock.
LARGE = 4 * 2**20

Stamp = tuple[int, ...]
"""Size in bytes, times of the last change of content and of the rest in ns, and inode."""


def stamp(path: Path) -> Stamp | None:
    """What the file system says of a large file; None of another, or of none."""
    try:
        about = path.stat()
    except OSError:
        return None
    if about.st_size < LARGE:
        return None
    return about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino


def seen(segment: Path) -> dict[str, Stamp]:
    """File name -> its stamp when it was hashed; empty where nothing is known."""
    try:
        raw = json.loads((segment / SEEN).read_bytes())
        return {str(name): tuple(map(int, numbers)) for name, numbers in raw.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}  # then every file is hashed


def note(segment: Path, hashed: Mapping[str, Stamp | None]) -> None:
    """Note stamps that were taken before their files were hashed and found whole.

    A read-only segment is left as it is, and hashed again next time.
    """
    before = seen(segment)
    known = before | {name: of for name, of in hashed.items() if of is not None}
    if known == before:
        return
    # Several processes may open a segment at once, so each writes a file of its own.
    own = segment / f".{SEEN}.{os.getpid()}-{threading.get_ident()}"
    with contextlib.suppress(OSError):
        try:
            own.write_text(json.dumps(known), "utf-8")
            own.replace(segment / SEEN)
        except OSError:
            own.unlink(missing_ok=True)
            raise
