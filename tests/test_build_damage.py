"""Damage of an index is noticed, named and mended; a failed build leaves the last one in use."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest

from pincite.errors import (
    CorpusError,
    IndexDamaged,
    IndexMissing,
    PinciteError,
)
from pincite.index import manifest as m
from pincite.index import unchanged
from pincite.index.contents import CURRENT
from pincite.settings import Settings
from tests.builds import ARTICLES, answers, built, home, opened, segments, to_build


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return to_build(tmp_path)


@pytest.mark.parametrize("damage", ["delete", "cut", "flip"])
@pytest.mark.parametrize("name", [*m.FILES, m.MANIFEST, CURRENT])
def test_damage_is_named_and_mended(settings: Settings, name: str, damage: str) -> None:
    built(settings)
    before = answers(opened(settings))
    path = home(settings) / name if name == CURRENT else segments(settings)[0] / name
    raw = path.read_bytes()
    middle = len(raw) // 2
    if damage == "delete":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(raw[:middle])
    else:
        path.write_bytes(raw[:middle] + bytes([raw[middle] ^ 0x10]) + raw[middle + 1 :])
    with pytest.raises((IndexDamaged, IndexMissing)) as caught:
        opened(settings)
    assert "pincite index" in caught.value.hint
    assert built(settings).changed
    assert answers(opened(settings)) == before
    assert not built(settings).changed


def test_no_index_yet(settings: Settings) -> None:
    with pytest.raises(IndexMissing) as caught:
        opened(settings)
    assert "pincite index" in caught.value.hint


def test_what_a_killed_build_staged_is_thrown_away(settings: Settings) -> None:
    built(settings)
    staged = home(settings) / "staged"
    (staged / "deep").mkdir(parents=True)
    (staged / m.STORE).write_bytes(b"half")
    (home(settings) / "segment-000000000000-1").mkdir()
    built(settings)
    names = {"CURRENT", "collection.json", "documents.sqlite", "lock", "originals"}
    assert {path.name for path in home(settings).iterdir()} == {
        *names,
        *(segment.name for segment in segments(settings)),
    }


@pytest.mark.parametrize("bad", ["binary", "no paragraph"])
def test_a_corpus_that_can_not_be_read_leaves_the_index_as_it_is(
    settings: Settings, bad: str
) -> None:
    built(settings)
    before = answers(opened(settings))
    for name in ARTICLES:
        (settings.corpus / name).write_bytes(b"\0\1" if bad == "binary" else b"")
    with pytest.raises(CorpusError):
        built(settings)
    assert answers(opened(settings)) == before


def test_a_full_disk_is_said_in_one_line_and_leaves_the_index_as_it_is(settings: Settings) -> None:
    built(settings)
    before = answers(opened(settings))
    (settings.corpus / "d.txt").write_text(
        "\n\n".join(map("It rained on day {}.".format, range(99)))
    )
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        for size in (0, 10, 1000, 20_000, 60_000):  # the store, the terms, the vectors
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
            with pytest.raises(PinciteError, match="can't be written"):
                built(settings)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert answers(opened(settings)) == before
    assert built(settings).changed


def touched(path: Path) -> None:
    """Flips a bit in the middle, and sets the time of the change back."""
    before = path.stat()
    raw = path.read_bytes()
    middle = len(raw) // 2
    path.write_bytes(raw[:middle] + bytes([raw[middle] ^ 0x10]) + raw[middle + 1 :])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("name", m.FILES)
def test_damage_of_a_large_file_is_noticed_however_old_it_looks(
    settings: Settings, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unchanged, "LARGE", 1)
    built(settings)
    before = answers(opened(settings))
    touched(segments(settings)[0] / name)
    with pytest.raises(IndexDamaged, match=name):
        opened(settings)
    assert built(settings).changed
    assert answers(opened(settings)) == before


def test_decay_of_the_disk_is_noticed_by_the_next_build(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unchanged, "LARGE", 1)
    built(settings)
    (used,) = segments(settings)
    touched(used / m.VECTORS)
    unchanged.note(used, {m.VECTORS: unchanged.stamp(used / m.VECTORS)})  # as if none had written
    opened(settings)  # is quick, and sees nothing
    assert built(settings).changed
    assert not built(settings).changed


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"store.sqlite": 5}', None])
def test_what_is_noted_of_files_may_be_lost(
    settings: Settings, content: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unchanged, "LARGE", 1)
    built(settings)
    noted = segments(settings)[0] / unchanged.SEEN
    whole = unchanged.seen(noted.parent)
    assert set(whole) == set(m.FILES)
    if content is None:
        noted.unlink()
    else:
        noted.write_bytes(content)
    assert answers(opened(settings))
    assert unchanged.seen(noted.parent) == whole  # known again
    assert not built(settings).changed
