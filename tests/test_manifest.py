"""What a segment and a list of segments say of themselves: one changed byte is noticed."""

from __future__ import annotations

import dataclasses
import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.errors import IndexDamaged, IndexMissing, IndexStale
from pincite.index import contents as c
from pincite.index import manifest as m

RECIPE = m.Recipe(m.FORMAT, m.RECIPE, "encoder", "tokens", 220, "auto")
CONTENTS = c.Contents(
    "key", RECIPE, 5, (c.Part("segment-a", ((2, 2),), m.Counts(1, 2, 3)),), ("Q",)
)


def staged(home: Path, recipe: m.Recipe = RECIPE) -> tuple[Path, m.Manifest]:
    folder = home / "staged"
    folder.mkdir(parents=True)
    (folder / m.STORE).write_bytes(b"the store")
    (folder / m.TERMS).write_bytes(b"the terms")
    (folder / m.VECTORS).write_bytes(b"the vectors")
    files = {name: m.file_entry(folder / name) for name in m.FILES}
    manifest = m.Manifest(recipe, ((1, 2), (7, 7)), 64, "flat", m.Counts(1, 2, 3), files)
    manifest.write(folder)
    return folder, manifest


@pytest.fixture
def segment(tmp_path: Path) -> Path:
    return m.finish(staged(tmp_path)[0])


def read(segment: Path) -> m.Manifest:
    manifest = m.read_manifest(segment)
    m.check_files(segment, manifest)
    return manifest


def test_a_manifest_comes_back_as_it_was(tmp_path: Path) -> None:
    folder, manifest = staged(tmp_path)
    segment = m.finish(folder)
    assert read(segment) == manifest
    assert not folder.exists()
    assert manifest.files[m.STORE][0] == 9
    assert list(tmp_path.iterdir()) == [segment]
    assert list(m.numbers_of(manifest.documents)) == [1, 2, 7]


def test_two_segments_of_one_content_have_two_names(tmp_path: Path) -> None:
    assert m.finish(staged(tmp_path)[0]) != m.finish(staged(tmp_path)[0])
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("name", [*m.FILES, m.MANIFEST])
def test_every_flipped_byte_and_every_cut_is_noticed(segment: Path, name: str) -> None:
    path = segment / name
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(IndexDamaged) as caught:
            read(segment)
        assert caught.value.hint == m.MEND
    for at in range(0, len(whole), 9):
        path.write_bytes(whole[:at])
        with pytest.raises(IndexDamaged):
            read(segment)
    path.write_bytes(whole)
    assert read(segment)
    path.unlink()
    with pytest.raises(IndexDamaged):
        read(segment)


def test_a_folder_without_a_hash_in_its_name_is_damage(segment: Path) -> None:
    for name in ("segment", "segment-x"):
        other = segment.with_name(name)
        other.mkdir()
        (other / m.MANIFEST).write_bytes((segment / m.MANIFEST).read_bytes())
        with pytest.raises(IndexDamaged):
            m.read_manifest(other)


def test_another_format_is_stale(tmp_path: Path) -> None:
    recipe = dataclasses.replace(RECIPE, format=m.FORMAT + 1)
    with pytest.raises(IndexStale, match=f"format {m.FORMAT + 1}") as caught:
        read(m.finish(staged(tmp_path, recipe)[0]))
    assert caught.value.hint == m.MEND
    c.write(tmp_path, dataclasses.replace(CONTENTS, recipe=recipe))
    with pytest.raises(IndexStale, match=f"format {m.FORMAT + 1}"):
        c.read(tmp_path)


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
    with pytest.raises(IndexDamaged):
        read(m.finish(folder))  # under a name that fits


# -- the list ------------------------------------------------------------------------------


def test_a_list_comes_back_as_it_was_and_no_two_have_one_name(tmp_path: Path) -> None:
    first = c.write(tmp_path, CONTENTS)
    name, read = c.read(tmp_path)
    assert read == first == dataclasses.replace(CONTENTS, made=first.made)
    assert read.counts == m.Counts(1, 2, 3)
    c.write(tmp_path, CONTENTS)
    assert c.read(tmp_path)[0] != name
    assert list(tmp_path.iterdir()) == [tmp_path / c.CURRENT]


def test_no_list_yet(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(IndexMissing) as caught:
            c.read(folder)
        assert "pincite index" in caught.value.hint


def test_every_damage_to_the_list_is_noticed(tmp_path: Path) -> None:
    c.write(tmp_path, CONTENTS)
    path = tmp_path / c.CURRENT
    whole = path.read_bytes()
    for at in range(len(whole)):
        for content in (whole[:at], whole[:at] + bytes([whole[at] ^ 0x81]) + whole[at + 1 :]):
            path.write_bytes(content)
            with pytest.raises(IndexDamaged) as caught:
                c.read(tmp_path)
            assert caught.value.hint == m.MEND
    path.unlink()
    path.mkdir()
    with pytest.raises(IndexDamaged):
        c.read(tmp_path)


@given(st.sets(st.integers(1, 60)))
def test_numbers_as_ranges_and_back(numbers: set[int]) -> None:
    ranges = m.ranges(sorted(numbers))
    assert list(m.numbers_of(ranges)) == sorted(numbers)
    # None touches the next, or they would be one.
    assert all(one[1] + 1 < other[0] for one, other in itertools.pairwise(ranges))


def test_a_file_is_replaced_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "f"
    (tmp_path / ".f.tmp").write_bytes(b"what a killed process left, longer")
    for content in (b"one", b"", b"two" * 9999):
        m.write_durably(path, content)
        assert path.read_bytes() == content
        assert list(tmp_path.iterdir()) == [path]
