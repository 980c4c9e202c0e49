"""A collection: a folder of documents with the index that is derived from them.

INDEX/collections/NAME/collection.json      its name and key; never changed
                       documents.sqlite     index/documents.py
                       originals/           index/originals.py
                       CURRENT, segment-.../, lock
                 .NAME.before/              the same, while a backup takes its place
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from pincite.errors import (
    CollectionNotFound,
    DocumentsDamaged,
    IndexBusy,
    IndexMissing,
    InvalidRequest,
    StorageFailed,
)
from pincite.index.documents import Documents
from pincite.index.manifest import sync_folder, write_durably

DEFAULT = "default"
ABOUT = "collection.json"
_LOOK_S = 5.0  # for a service that has just begun, and sees whether the index is up to date
_FOLDER = "collections"
_BEFORE = ".before"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection that was made.

    Attributes:
        folder: where it stands.
        key: of its own, so that no other's file is taken for its own.
    """

    name: str
    folder: Path
    key: str

    def documents(self) -> Documents:
        """Its documents, opened; see there what is raised."""
        return Documents(self.folder, self.key)

    @contextmanager
    def locked(self, wait_s: float = _LOOK_S) -> Iterator[None]:
        """One process at a time changes the index.

        Args:
            wait_s: for another to be done.

        Raises:
            IndexBusy: another process is changing it.
            StorageFailed: the folder can't be written.
        """
        busy = IndexBusy(
            f"another process is building the index in {self.folder}",
            "Wait until it is done, or set PINCITE_INDEX to another folder.",
        )
        with lock(self.folder / "lock", wait_s, busy):
            yield

    @contextmanager
    def keeping_originals(self, wait_s: float = 0) -> Iterator[None]:
        """No original is removed meanwhile; one process at a time keeps or removes them.

        Raises:
            IndexBusy: another process keeps or removes them.
            StorageFailed: the folder can't be written.
        """
        busy = IndexBusy(f"another process backs up {self.folder}", "Try again when it is done.")
        with lock(self.folder / "originals.lock", wait_s, busy):
            yield


@contextmanager
def lock(path: Path, wait_s: float, busy: IndexBusy) -> Iterator[None]:
    """Hold a lock of this machine's processes.

    Args:
        wait_s: for another to let go of it.
        busy: raised where none does.

    Raises:
        StorageFailed: its file can't be written.
    """
    try:
        held = FileLock(path).acquire(timeout=wait_s)
    except Timeout as error:
        raise busy from error
    except OSError as error:
        raise StorageFailed(
            f"{path.parent} can't be written: {error}",
            "See that the disk has room and the folder may be written.",
        ) from error
    with held:
        yield


def open_collection(index: Path, name: str = DEFAULT) -> Collection:
    """The collection of that name.

    Raises:
        InvalidRequest: that is no name.
        IndexMissing: nothing was indexed here yet.
        CollectionNotFound: there are others, and none of that name.
        DocumentsDamaged: what it says of itself is missing or is another's.
    """
    folder = folder_of(index, name)
    settle(folder)
    if not folder.is_dir():
        if name == DEFAULT:
            if others := collection_names(index):
                raise IndexMissing(
                    f"there is no default index in {index}, but: {', '.join(others)}",
                    "`pincite index FOLDER` makes it; the others are named by --collection.",
                )
            raise IndexMissing(f"there is no index in {index}", "Run `pincite index` first.")
        raise CollectionNotFound(
            f"there is no collection {name!r}", "`pincite collections` lists those that there are."
        )
    path = folder / ABOUT
    mend = "Restore it with `pincite restore`, or remove its folder and index anew."
    try:
        raw = json.loads(path.read_bytes())
        found, key = raw["name"], raw["key"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DocumentsDamaged(f"{path} can't be read: {error}", mend) from error
    if found != name or not isinstance(key, str):
        raise DocumentsDamaged(f"{folder} holds another collection, {found!r}", mend)
    return Collection(name, folder, key)


def make_collection(index: Path, name: str = DEFAULT) -> Collection:
    """The collection of that name, made if there is none.

    Raises:
        InvalidRequest: that is no name.
        DocumentsDamaged: see `open_collection`.
        StorageFailed: it can't be written.
    """
    folder = folder_of(index, name)
    settle(folder)
    if not folder.is_dir():
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            staged = folder.parent / f".{secrets.token_hex(8)}"
            staged.mkdir()
            try:
                key = secrets.token_hex(16)
                write_durably(staged / ABOUT, json.dumps({"name": name, "key": key}).encode())
                Documents(staged, key, create=True).__exit__()
                staged.rename(folder)
            except FileExistsError:
                pass  # another process has made it
            finally:
                shutil.rmtree(staged, ignore_errors=True)
            sync_folder(folder.parent)
        except OSError as error:
            if not folder.is_dir():  # else another process has made it
                raise StorageFailed(
                    f"the collection can't be written: {error}",
                    "See that the disk has room and the folder may be written.",
                ) from error
    return open_collection(index, name)


def collection_names(index: Path) -> list[str]:
    """The names of the collections that there are, the default one first."""
    folder = index / _FOLDER
    before = {path.name[1 : -len(_BEFORE)] for path in folder.glob(f".*{_BEFORE}")}
    names = before | {path.name for path in folder.glob("*") if path.is_dir()}
    named = filter(_NAME.fullmatch, names)
    return sorted(named, key=lambda name: (name != DEFAULT, name))


def folder_of(index: Path, name: str) -> Path:
    """Where a collection stands, or would.

    Raises:
        InvalidRequest: that is no name.
    """
    if not _NAME.fullmatch(name):
        raise InvalidRequest(
            f"{name[:80]!r} is no name of a collection",
            "Small letters, digits, - and _ make a name, 64 of them at most.",
        )
    return index / _FOLDER / name


def before_of(folder: Path) -> Path:
    """Where a collection stands while a backup takes its place, and until it is removed."""
    return folder.with_name(f".{folder.name}{_BEFORE}")


def settle(folder: Path) -> None:
    """Put in order what a restore left of a collection if it was killed.

    The collection comes back if no other has taken its place, or else is removed.

    Raises:
        IndexBusy: the restore is under way.
        StorageFailed: the folder can't be written.
    """
    before = before_of(folder)
    if not before.is_dir():
        return
    try:
        with Collection(folder.name, before, "").locked():
            if not folder.is_dir():
                before.rename(folder)
                return
    except (IndexBusy, StorageFailed):
        if not folder.is_dir():
            raise
    shutil.rmtree(before, ignore_errors=True)
