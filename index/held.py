"""Keep the segments that somebody reads, however many lists have been swapped in since.

A reader holds a shared lock on a segment's manifest for as long as it has the segment open,
in whatever process; the system lets go of it when the process ends. Only what nobody
holds is removed.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Container
from contextlib import suppress
from pathlib import Path
from typing import IO

from pincite.index.manifest import MANIFEST

_GONE = "gone-"


def hold(segment: Path) -> IO[bytes]:
    """Hold a segment until what is returned is closed, or nobody has it any more.

    Raises:
        OSError: it is being removed, or is not there.
    """
    file = (segment / MANIFEST).open("rb")
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        if not segment.is_dir():
            raise FileNotFoundError(segment)
    except BaseException:
        file.close()
        raise
    return file


def remove_unheld(collection: Path, but: Container[str]) -> None:
    """Remove the segments that nobody holds, but those of these names.

    The others stay for another time. To be called by the one process that changes the index.
    """
    for left in collection.glob(f"{_GONE}*"):
        shutil.rmtree(left, ignore_errors=True)
    for segment in collection.glob("segment-*"):
        if segment.name in but:
            continue
        with suppress(OSError):  # whatever is in the way of it now, it costs disk and no more
            if not (segment / MANIFEST).is_file():
                shutil.rmtree(segment)
                continue
            with (segment / MANIFEST).open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # In one step, so that no reader finds a part of it.
                gone = segment.rename(segment.with_name(f"{_GONE}{segment.name}"))
                shutil.rmtree(gone)
