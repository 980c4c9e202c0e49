"""A collection in one file, and back: its documents and originals; the index is made anew."""

from __future__ import annotations

import io
import json
import lzma
import os
import secrets
import shutil
import sqlite3
import tarfile
import tempfile
import zlib
from pathlib import Path

from pincite.errors import (
    CollectionTaken,
    DocumentsDamaged,
    IndexBusy,
    InvalidData,
    InvalidRequest,
    StorageFailed,
)
from pincite.index.about import check_documents
from pincite.index.collection import (
    ABOUT,
    Collection,
    before_of,
    folder_of,
    lock,
    open_collection,
    settle,
)
from pincite.index.documents import FILE, WAIT_S, Documents
from pincite.index.manifest import sync_folder, write_durably
from pincite.index.originals import FOLDER, Originals
from pincite.index.schema import read_only_uri

_STAGED = ".restoring"  # until it is checked
_OTHER = "Use another backup."
_AT_ONCE = 1 << 20  # bytes
# What the standard library raises of a file that is no tar, or not whole.
_BROKEN = (
    tarfile.TarError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    ValueError,
    LookupError,
)


def write_backup(collection: Collection, path: Path) -> int:
    """Write a backup, while others go on changing the collection. Returns how many originals.

    Raises:
        InvalidRequest: the path is a folder's.
        DocumentsDamaged: what is to be backed up is not whole; no file is written.
        StorageFailed: the file can't be written.
    """
    if path.is_dir():
        raise InvalidRequest(f"{path} is a folder", "Name a file in it to write.")
    staged = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            copied = Path(folder) / FILE
            with collection.keeping_originals(WAIT_S), collection.documents() as documents:
                documents.copy_to(copied)
                # At least those of the copy: what was forgotten since is still kept.
                digests = _originals_of(copied)
                with tarfile.open(staged, "w") as tar:
                    tar.add(collection.folder / ABOUT, ABOUT)
                    tar.add(copied, FILE)
                    for digest in digests:
                        data = documents.originals.read(digest)
                        about = tarfile.TarInfo(f"{FOLDER}/{digest[:2]}/{digest}")
                        about.size = len(data)
                        tar.addfile(about, io.BytesIO(data))
        with staged.open("rb") as file:
            os.fsync(file.fileno())
        staged.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise StorageFailed(
            f"{path} can't be written: {error}", "See that there is room and it may be written."
        ) from error
    finally:
        staged.unlink(missing_ok=True)
    return len(digests)


def read_backup(index: Path, path: Path, name: str, *, replace: bool = False) -> Collection:
    """Bring a collection back, under the name it had or another.

    It is checked whole before it takes its place; until then all is as it was.

    Args:
        replace: in the place of the one of that name, which is gone then.

    Raises:
        CollectionTaken: there is one of that name.
        InvalidData: the file is no backup, or not whole.
        IndexBusy: another process restores a backup, or changes the collection.
        StorageFailed: it can't be written.
    """
    folder = folder_of(index, name)
    settle(folder)
    if folder.exists() and not replace:
        raise CollectionTaken(
            f"there is a collection {name!r}",
            "Name another one with --collection, or say --replace.",
        )
    busy = IndexBusy(f"another process restores a backup in {index}", "Try again when it is done.")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with lock(index / "restore.lock", WAIT_S, busy):
            for left in folder.parent.glob(f".*{_STAGED}"):  # by one that was killed
                shutil.rmtree(left, ignore_errors=True)
            staged = folder.with_name(f".{name}{_STAGED}")
            staged.mkdir()
            try:
                _restore(path, staged, name)
                _take_place(staged, folder)
            finally:
                shutil.rmtree(staged, ignore_errors=True)
    except OSError as error:
        raise StorageFailed(
            f"{path} can't be restored: {error}", "See that there is room and it can be read."
        ) from error
    return open_collection(index, name)


def _restore(path: Path, staged: Path, name: str) -> None:
    """Unpack a backup and check it whole.

    Raises:
        InvalidData: it is no backup, or not whole.
    """
    try:
        before = _unpack(path, staged)
    except _BROKEN as error:
        raise InvalidData(f"{path} is no backup: {error}", _OTHER) from error
    except OSError as error:
        if error.errno is None:  # of what is packed, not of the disk
            raise InvalidData(f"{path} is no backup: {error}", _OTHER) from error
        raise
    key = secrets.token_hex(16)
    write_durably(staged / ABOUT, json.dumps({"name": name, "key": key}).encode())
    try:
        with Documents(staged, before) as documents:
            wrong = check_documents(documents)
            with documents.changing():
                documents.set_key(key)  # so that no segment from before is taken for its own
    except DocumentsDamaged as error:
        wrong = [error.message]
    if wrong:
        raise InvalidData(f"{path} is not whole: {wrong[0]}", _OTHER)


def _take_place(staged: Path, folder: Path) -> None:
    """Put a collection where another stands, if one does.

    Killed between the two steps, the other one comes back when it is opened (`settle`).
    """
    if folder.exists():
        before = before_of(folder)
        with Collection(folder.name, folder, "").locked():
            folder.rename(before)
            staged.rename(folder)
        shutil.rmtree(before, ignore_errors=True)
    else:
        staged.rename(folder)
    sync_folder(folder.parent)


def _unpack(path: Path, folder: Path) -> str:
    """Write out what a backup holds, each original under its own hash. Returns the key."""
    originals = Originals(folder)
    key = ""
    with tarfile.open(path) as tar:
        for member in tar:
            file = tar.extractfile(member)
            data = file.read() if file is not None else b""
            # By what it is, not by where it says it goes: no path out of the folder.
            if member.name == ABOUT:
                key = _key_of(path, data)
            elif member.name == FILE:
                write_durably(folder / FILE, data)
            elif member.name.startswith(f"{FOLDER}/"):
                originals.put(data)
        # To the very end of a packed one, where its checksum is.
        while tar.fileobj is not None and tar.fileobj.read(_AT_ONCE):
            pass
    originals.settle()
    if not key or not (folder / FILE).is_file():
        raise InvalidData(f"{path} is no backup of a collection", "`pincite backup` writes one.")
    return key


def _key_of(path: Path, about: bytes) -> str:
    try:
        return str(json.loads(about)["key"])
    except (ValueError, LookupError, TypeError) as error:
        raise InvalidData(f"{path} is not whole: its {ABOUT} is damaged", _OTHER) from error


def _originals_of(file: Path) -> list[str]:
    db = sqlite3.connect(read_only_uri(file), uri=True)
    try:
        rows = db.execute("SELECT DISTINCT original FROM document ORDER BY original").fetchall()
    finally:
        db.close()
    return [digest for (digest,) in rows]
