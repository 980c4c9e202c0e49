"""The originals of a collection's documents: what was given, byte for byte, named by its sha256.

COLLECTION/originals/ab/abcdef...
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Collection, Iterator
from pathlib import Path

from pincite.errors import DocumentsDamaged
from pincite.index.manifest import sync_folder

FOLDER = "originals"
_ONE_BY_ONE = 32  # files; of more, the whole disk is brought up to date at once


class Originals:
    """The originals of one collection.

    What is put is safe once it is settled. To be written by whoever holds the
    documents' write transaction, so that `clear` removes nothing under another's hands.
    """

    def __init__(self, collection: Path) -> None:
        self._folder = collection / FOLDER
        self._unsettled: list[Path] = []

    def put(self, data: bytes) -> str:
        """Keep an original. Returns its hex sha256."""
        digest = hashlib.sha256(data).hexdigest()
        path = self.path(digest)
        if self._is_whole(digest):
            return digest
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True, exist_ok=True)
        staged = path.with_name(f".{digest}.tmp")
        staged.write_bytes(data)
        staged.replace(path)
        self._unsettled.append(path)
        return digest

    def settle(self) -> None:
        """Bring all that was put to the disk."""
        if len(self._unsettled) > _ONE_BY_ONE:
            os.sync()
        else:
            for path in self._unsettled:
                handle = os.open(path, os.O_RDONLY)
                try:
                    os.fsync(handle)
                finally:
                    os.close(handle)
            for folder in {path.parent for path in self._unsettled}:
                sync_folder(folder)
                sync_folder(folder.parent)
                sync_folder(folder.parent.parent)
        self._unsettled.clear()

    def read(self, digest: str) -> bytes:
        """An original, checked.

        Raises:
            DocumentsDamaged: it is missing, or not what was given.
        """
        try:
            data = self.path(digest).read_bytes()
        except OSError as error:
            raise DocumentsDamaged(
                f"the original {digest[:12]} can't be read: {error}", "Restore it from a backup."
            ) from error
        if hashlib.sha256(data).hexdigest() != digest:
            raise DocumentsDamaged(
                f"the original {digest[:12]} is not what was given", "Restore it from a backup."
            )
        return data

    def path(self, digest: str) -> Path:
        """Where an original is kept."""
        return self._folder / digest[:2] / digest

    def all(self) -> Iterator[Path]:
        """Every file that is kept."""
        return (path for path in self._folder.glob("??/*") if path.is_file())

    def clear(self, but: Collection[str]) -> int:
        """Remove every original but those of these hashes. Returns how many."""
        removed = 0
        for path in list(self.all()):
            if path.name not in but:
                path.unlink(missing_ok=True)
                removed += 1
        return removed

    def _is_whole(self, digest: str) -> bool:
        with contextlib.suppress(OSError), self.path(digest).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == digest
        return False
