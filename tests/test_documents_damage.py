"""Damage to the documents of a collection, full and read-only disks, and several writers."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pincite.errors import (
    DocumentsDamaged,
    DocumentsNewer,
    IndexBusy,
    IndexDamaged,
    PinciteError,
    StorageFailed,
)
from pincite.index import documents, documents_schema
from pincite.index.about import about, check
from pincite.index.backup import write_backup
from pincite.index.changes import add
from pincite.index.collection import (
    ABOUT,
    Collection,
    make_collection,
    open_collection,
)
from pincite.index.documents import FILE
from pincite.index.documents_schema import MIGRATIONS, Migration
from pincite.index.opened import open_index
from pincite.index.update import update
from pincite.settings import Settings
from tests.fakes import FakeEncoder
from tests.test_documents import LAMP, given, home, settings, texts

__all__ = ["home", "settings"]  # fixtures


# -- damage --------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", ["delete", "cut", "flip", "empty", "swap"])
@pytest.mark.parametrize("name", [FILE, ABOUT])
def test_damage_of_the_documents_is_named_and_never_cited(
    home: Collection, settings: Settings, name: str, damage: str
) -> None:
    update(home, settings, FakeEncoder())
    other = make_collection(settings.index, "other")
    add(other, [given("a.txt", LAMP)], settings)
    update(other, settings, FakeEncoder())
    path = home.folder / name
    raw = path.read_bytes()
    if damage == "delete":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(raw[: len(raw) // 2])
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "swap":
        path.write_bytes((other.folder / name).read_bytes())
    else:
        at = raw.index(b"bridge" if name == FILE else b'key"')
        path.write_bytes(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])
    with pytest.raises((DocumentsDamaged, IndexDamaged)) as caught:
        found = open_collection(settings.index)
        if faults := check(found):
            raise DocumentsDamaged(faults[0], "Restore it.")
        open_index(settings, FakeEncoder())
    assert caught.value.hint
    with pytest.raises(PinciteError):
        update(open_collection(settings.index), settings, FakeEncoder(), force=True)
    # The other one is untouched by it.
    assert check(other) == []


def test_an_index_of_another_collection_is_refused_and_mended(
    home: Collection, settings: Settings
) -> None:
    update(home, settings, FakeEncoder())
    other = make_collection(settings.index, "other")
    add(other, [given("a.txt", LAMP)], settings)
    update(other, settings, FakeEncoder())
    for path in home.folder.glob("segment-*"):
        shutil.rmtree(path)
    for path in [*other.folder.glob("segment-*"), other.folder / "CURRENT"]:
        copy = shutil.copytree if path.is_dir() else shutil.copy
        copy(path, home.folder / path.name)
    with pytest.raises(IndexDamaged, match="another collection's"):
        open_index(settings, FakeEncoder())
    assert update(home, settings, FakeEncoder()).damaged == ("the index is another collection's",)
    assert open_index(settings, FakeEncoder()).counts.articles == 3
    assert check(home) == []


def test_segments_that_changed_places_are_noticed(home: Collection, settings: Settings) -> None:
    update(home, settings, FakeEncoder())
    add(home, [given("n.txt", LAMP)], settings)
    update(home, settings, FakeEncoder())
    one, other = sorted(home.folder.glob("segment-*"))
    aside = one.rename(one.with_name("aside"))
    other.rename(one)
    aside.rename(other)
    with pytest.raises(IndexDamaged):
        open_index(settings, FakeEncoder())
    assert len(update(home, settings, FakeEncoder()).damaged) == 2
    assert open_index(settings, FakeEncoder()).counts.articles == 4
    assert check(home) == []


def test_a_newer_version_s_documents_are_left_alone(home: Collection) -> None:
    db = sqlite3.connect(home.folder / FILE)
    db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    db.close()
    before = (home.folder / FILE).read_bytes()
    with pytest.raises(DocumentsNewer) as caught:
        home.documents()
    assert caught.value.hint
    assert (home.folder / FILE).read_bytes() == before
    assert "version" in about_state(home)


def about_state(home: Collection) -> str:
    try:
        return about(home).state
    except DocumentsNewer as error:
        return error.message


def test_a_migration_is_done_whole_or_not_at_all(
    home: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = "ALTER TABLE document ADD COLUMN url TEXT"
    bad = Migration("bad", (good, "CREATE TABLE about (x)"))
    monkeypatch.setattr(documents_schema, "MIGRATIONS", (*MIGRATIONS, bad))
    before = texts_or_error(home)
    assert "about" in before
    monkeypatch.setattr(documents_schema, "MIGRATIONS", (*MIGRATIONS, Migration("url", (good,))))
    assert set(texts(home)) == {"a", "b", "c"}
    assert set(texts(home)) == {"a", "b", "c"}  # and it is done once


def texts_or_error(home: Collection) -> str:
    try:
        return str(texts(home))
    except StorageFailed as error:
        return error.message


# -- disks and others ----------------------------------------------------------------------


def test_a_full_disk_loses_nothing_and_is_said(home: Collection, settings: Settings) -> None:
    update(home, settings, FakeEncoder())
    before = texts(home)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    long = "\n\n".join(f"It rained on day {n}." for n in range(20_000))
    try:
        for size in (0, 1000, 60_000, 200_000):
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
            with pytest.raises(PinciteError) as caught:
                add(home, [given("long.txt", long)], settings)
            assert caught.value.hint
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert texts(home) == before
    assert check(home) == []
    assert open_index(settings, FakeEncoder()).counts.articles == 3
    assert add(home, [given("long.txt", long)], settings).added == ("long",)


def test_a_read_only_disk_is_said(home: Collection, settings: Settings, tmp_path: Path) -> None:
    update(home, settings, FakeEncoder())
    script = (
        "import sys; from pincite.index.changes import add\n"
        "from pincite.index.intake import Given\n"
        "from pincite.index.collection import open_collection\n"
        "from pincite.index.known import Metadata; from pincite.settings import Settings\n"
        "from pincite.errors import PinciteError; from pathlib import Path\n"
        "settings = Settings(index=Path(sys.argv[1]))\n"
        "given = Given('x.txt', b'X.', Metadata())\n"
        "try: add(open_collection(settings.index), [given], settings)\n"
        "except PinciteError as error: print(type(error).__name__, error.hint)\n"
    )
    mount = f"mount --bind {settings.index} {settings.index} && "
    mount += f"mount -o remount,ro,bind {settings.index} && "
    unshare = shutil.which("unshare")
    if unshare is None or os.geteuid() != 0:
        pytest.skip("a read-only mount needs root")
    ran = subprocess.run(
        [unshare, "-m", "sh", "-c", f'{mount} {sys.executable} -c "$0" {settings.index}', script],
        capture_output=True,
        text=True,
        check=False,
    )
    if "permission denied" in ran.stderr.lower() or "not permitted" in ran.stderr.lower():
        pytest.skip("no mount may be made here")
    assert ran.stdout.startswith("StorageFailed See that"), ran.stderr
    assert check(home) == []


def test_two_writers_at_once_both_add(home: Collection, settings: Settings) -> None:
    failed: list[BaseException] = []

    def write(of: str) -> None:
        try:
            for n in range(5):
                add(home, [given(f"{of}{n}.txt", f"{of} wrote {n}.")], settings)
                update(home, settings, FakeEncoder(), wait_s=60)
        except BaseException as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=write, args=(of,)) for of in ("x", "y")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert set(texts(home)) == {"a", "b", "c", *(f"{of}{n}" for of in "xy" for n in range(5))}
    assert open_index(settings, FakeEncoder()).counts.articles == 13
    assert check(home) == []


def test_what_another_user_locked_is_said_and_costs_no_change(
    home: Collection, settings: Settings, tmp_path: Path
) -> None:
    # As where root made a backup: a lock that can't be opened, here by root either.
    (home.folder / "originals.lock").mkdir()
    add(home, [given("bad.txt", b"\0\1\2"), given("x.txt", LAMP)], settings)
    assert set(texts(home)) == {"a", "b", "c", "x"}
    with pytest.raises(StorageFailed) as caught:
        write_backup(home, tmp_path / "b.tar")
    assert caught.value.hint
    (home.folder / "originals.lock").rmdir()
    add(home, [given("bad.txt", b"\0\1\3")], settings)
    with home.documents() as opened:
        assert {path.name for path in opened.originals.all()} == opened.all_originals()


def test_a_writer_that_takes_too_long_is_said(
    home: Collection, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "WAIT_S", 0.1)
    with home.documents() as one, one.changing(), pytest.raises(IndexBusy):
        add(home, [given("x.txt", LAMP)], settings)
    assert set(texts(home)) == {"a", "b", "c"}
