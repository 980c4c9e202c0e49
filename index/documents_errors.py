"""What SQLite and the disk say of a collection's documents, as errors that say what to do next."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pincite.errors import DocumentsDamaged, IndexBusy, StorageFailed

RESTORE = "Restore the collection with `pincite restore`, or remove its folder and index anew."


@contextmanager
def told(path: Path) -> Iterator[None]:
    """SQLite's errors as ours.

    Raises:
        IndexBusy: another process is changing the documents.
        StorageFailed: the file can't be written.
        DocumentsDamaged: it is no database, or not whole.
    """
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise IndexBusy(
                "another process is changing these documents", "Try again when it is done."
            ) from error
        raise StorageFailed(
            f"{path} can't be written: {error}",
            "See that the disk has room and the folder may be written.",
        ) from error
    except sqlite3.DatabaseError as error:
        raise DocumentsDamaged(f"{path} is damaged: {error}", RESTORE) from error
    except OSError as error:
        raise StorageFailed(
            f"{path.parent} can't be written: {error}",
            "See that the disk has room and the folder may be written.",
        ) from error
