"""What a build says of itself: one changed byte is noticed, and a swap is one step."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from pincite.errors import IndexDamaged, IndexMissing, IndexStale
from pincite.index import manifest as m

RECIPE = m.Recipe(m.FORMAT, m.RECIPE, "corpus", "encoder", "tokens", 220, "auto")


def staged(index: Path, recipe: m.Recipe = RECIPE) -> tuple[Path, m.Manifest]:
    folder = index / "staged"
    folder.mkdir(parents=True)
    (folder / m.STORE).write_bytes(b"the store")
    (folder / m.TERMS).write_bytes(b"the terms")
    (folder / m.VECTORS).write_bytes(b"the vectors")
    files = {name: m.file_entry(folder / name) for name in m.FILES}
    manifest = m.Manifest(recipe, "seeds", 64, "flat", m.Counts(1, 2, 3), files)
    manifest.write(folder)
    return folder, manifest


@pytest.fixture
def index(tmp_path: Path) -> Path:
    m.swap_in(tmp_path, staged(tmp_path)[0])
    return tmp_path


def read(index: Path) -> m.Manifest:
    return m.read_manifest(m.current_build(index))


def test_a_manifest_comes_back_as_it_was(tmp_path: Path) -> None:
    folder, manifest = staged(tmp_path)
    build = m.swap_in(tmp_path, folder)
    assert m.current_build(tmp_path) == build
    assert read(tmp_path) == manifest
    assert not folder.exists()
    assert manifest.files[m.STORE][0] == 9
    assert {path.name for path in tmp_path.iterdir()} == {"CURRENT", build.name}


def test_two_builds_of_one_content_have_two_names(index: Path) -> None:
    first = m.current_build(index)
    second = m.swap_in(index, staged(index)[0])
    assert first != second
    assert m.current_build(index) == second
    assert first.is_dir()


def test_no_index_yet(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(IndexMissing) as caught:
            m.current_build(folder)
        assert "pincite index" in caught.value.hint


@pytest.mark.parametrize("name", [*m.FILES, m.MANIFEST])
def test_every_flipped_byte_and_every_cut_is_noticed(index: Path, name: str) -> None:
    path = m.current_build(index) / name
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(IndexDamaged) as caught:
            read(index)
        assert caught.value.hint == m.MEND
    for at in range(0, len(whole), 9):
        path.write_bytes(whole[:at])
        with pytest.raises(IndexDamaged):
            read(index)
    path.write_bytes(whole)
    assert read(index)
    path.unlink()
    with pytest.raises(IndexDamaged):
        read(index)


def test_every_damage_to_current_is_noticed(index: Path) -> None:
    path = index / m.CURRENT
    whole = path.read_bytes()
    last = len(whole) - 1  # the line break, without which the name is still whole
    for at in range(last):
        for content in (whole[:at], whole[:at] + bytes([whole[at] ^ 0x81]) + whole[at + 1 :]):
            path.write_bytes(content)
            with pytest.raises(IndexDamaged) as caught:
                m.current_build(index)
            assert caught.value.hint == m.MEND
    path.write_bytes(whole[:last])
    assert read(index)
    path.unlink()
    path.mkdir()
    with pytest.raises(IndexDamaged):
        m.current_build(index)


@pytest.mark.parametrize("name", ["build-", "build-\0", "build-" + "x" * 300, "staged", "/", ".."])
def test_a_name_that_is_no_build(index: Path, name: str) -> None:
    (index / m.CURRENT).write_text(name)
    with pytest.raises(IndexDamaged):
        m.current_build(index)


def test_a_folder_without_a_hash_in_its_name_is_damage(index: Path) -> None:
    build = m.current_build(index)
    for name in ("build", "build-x"):
        (index / name).mkdir()
        (index / name / m.MANIFEST).write_bytes((build / m.MANIFEST).read_bytes())
        with pytest.raises(IndexDamaged):
            m.read_manifest(index / name)


def test_another_format_is_stale(tmp_path: Path) -> None:
    recipe = dataclasses.replace(RECIPE, format=m.FORMAT + 1)
    m.swap_in(tmp_path, staged(tmp_path, recipe)[0])
    with pytest.raises(IndexStale, match=f"format {m.FORMAT + 1}") as caught:
        read(tmp_path)
    assert caught.value.hint == m.MEND


@pytest.mark.parametrize(
    "content",
    [
        {},
        [],
        5,
        None,
        {"recipe": {"format": m.FORMAT}},
        {"recipe": {"format": m.FORMAT, "more": 1}},
    ],
)
def test_json_that_is_no_manifest_is_damage(tmp_path: Path, content: object) -> None:
    folder, _ = staged(tmp_path)
    (folder / m.MANIFEST).write_text(json.dumps(content))
    m.swap_in(tmp_path, folder)  # under a name that fits
    with pytest.raises(IndexDamaged):
        read(tmp_path)


def test_a_file_is_replaced_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "f"
    (tmp_path / ".f.tmp").write_bytes(b"what a killed process left, longer")
    for content in (b"one", b"", b"two" * 9999):
        m.write_durably(path, content)
        assert path.read_bytes() == content
        assert list(tmp_path.iterdir()) == [path]
