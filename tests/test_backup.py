"""Backups that are damaged, and restores that are killed, cost no collection."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pincite.errors import InvalidData, InvalidRequest
from pincite.index.about import about_all
from pincite.index.backup import read_backup, write_backup
from pincite.index.changes import add
from pincite.index.collection import (
    ABOUT,
    Collection,
    collection_names,
    make_collection,
    open_collection,
)
from pincite.settings import Settings
from tests.builds import ARTICLES
from tests.test_documents import LAMP, given, home, settings, texts

__all__ = ["home", "settings"]  # fixtures

THREE = {name.removesuffix(".txt"): text for name, text in ARTICLES.items()}


@pytest.fixture
def file(home: Collection, tmp_path: Path) -> Path:
    """A backup of the three articles."""
    write_backup(home, tmp_path / "b.tar")
    return tmp_path / "b.tar"


def with_about(tar: bytes, about: bytes) -> bytes:
    """The same backup, with something else for what the collection says of itself."""
    made = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(tar)) as old, tarfile.open(fileobj=made, mode="w") as new:
        for member in old:
            extracted = old.extractfile(member)
            assert extracted is not None
            data = about if member.name == ABOUT else extracted.read()
            member.size = len(data)
            new.addfile(member, io.BytesIO(data))
    return made.getvalue()


@pytest.mark.parametrize("about", [b"", b"\xff\xfe", b"{}", b"[]", b"null", b'{"key": 1}'])
def test_a_backup_that_says_nothing_of_whose_it_is_is_refused(
    settings: Settings, file: Path, about: bytes
) -> None:
    file.write_bytes(with_about(file.read_bytes(), about))
    with pytest.raises(InvalidData) as caught:
        read_backup(settings.index, file, "other")
    assert caught.value.hint
    assert collection_names(settings.index) == ["default"]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_packed_backup_is_read_if_it_is_whole(
    settings: Settings, file: Path, pack: Callable[[bytes], bytes]
) -> None:
    packed = pack(file.read_bytes())
    file.write_bytes(packed)
    assert texts(read_backup(settings.index, file, "whole")) == THREE
    middle = len(packed) // 2
    flipped = packed[:middle] + bytes([packed[middle] ^ 255]) + packed[middle + 1 :]
    for damaged in (packed[:middle], packed[:20], flipped):
        file.write_bytes(damaged)
        with pytest.raises(InvalidData):
            read_backup(settings.index, file, "other")
    assert collection_names(settings.index) == ["default", "whole"]


@pytest.mark.parametrize("path", [".", "..", "/", "folder"])
def test_a_folder_is_no_file_to_back_up_into(
    home: Collection, tmp_path: Path, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    with pytest.raises(InvalidRequest, match="is a folder"):
        write_backup(home, Path(path))


_RESTORE = """
import os, signal, sys
from pathlib import Path
from pincite.index.backup import read_backup

left = int(sys.argv[3])

def hook(event, args):
    global left
    # What is renamed beside the collections: one makes way, the other takes its place.
    if event in ("os.rename", "shutil.rmtree") and Path(args[0]).parent.name == "collections":
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(hook)
read_backup(Path(sys.argv[1]), Path(sys.argv[2]), "default", replace=True)
"""


@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_restore_that_is_killed_leaves_the_collection_or_the_backup(
    home: Collection, settings: Settings, file: Path, step: int
) -> None:
    add(home, [given("a.txt", LAMP)], settings)
    ran = subprocess.run(
        [sys.executable, "-c", _RESTORE, str(settings.index), str(file), str(step)], check=False
    )
    assert ran.returncode == -9
    # Before the second rename the collection is what it was, after it what was backed up.
    restored = step == 3
    assert collection_names(settings.index) == ["default"]
    assert [one.articles for one in about_all(settings.index)] == [3]
    expected = THREE if restored else THREE | {"a": LAMP}
    assert texts(open_collection(settings.index)) == expected
    assert make_collection(settings.index).key == open_collection(settings.index).key
    assert texts(read_backup(settings.index, file, "default", replace=True)) == THREE
    assert {path.name for path in home.folder.parent.iterdir()} == {"default"}


def test_a_damaged_collection_is_replaced_by_its_backup(
    home: Collection, settings: Settings, file: Path
) -> None:
    (home.folder / ABOUT).write_bytes(b"")
    assert texts(read_backup(settings.index, file, "default", replace=True)) == THREE
