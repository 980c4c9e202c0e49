"""FAISS finds what an exact search over the same vectors finds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.encoder import Vectors
from index.vectors import VectorIndex, write_vectors
from pincite.errors import IndexDamaged


def unit(rows: object) -> Vectors:
    vectors = np.asarray(rows, dtype=np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def random(count: int, dimension: int, seed: int = 0) -> Vectors:
    return unit(np.random.default_rng(seed).normal(size=(count, dimension)))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 200), st.integers(2, 48), st.integers(1, 300), st.integers(0, 2**31))
def test_faiss_and_numpy_agree(
    tmp_path_factory: pytest.TempPathFactory, count: int, dimension: int, limit: int, seed: int
) -> None:
    vectors = random(count, dimension, seed)
    path = tmp_path_factory.mktemp("v") / "vectors.faiss"
    assert write_vectors(path, [vectors[:7], vectors[7:]]) == (count, dimension)
    index = VectorIndex(path)
    assert index.count == count
    for question in random(3, dimension, seed + 1):
        cosines = vectors @ question
        found = index.search(question, limit)
        assert len(found) == len({id_ for id_, _ in found}) == min(limit, count)
        assert [score for _, score in found] == pytest.approx(
            np.sort(cosines)[::-1][:limit].tolist(), abs=1e-5
        )
        for id_, score in found:
            assert score == pytest.approx(float(cosines[id_ - 1]), abs=1e-5)


def test_ids_count_from_1_and_scores_are_cosines(tmp_path: Path) -> None:
    write_vectors(tmp_path / "v", [unit([[1, 0], [3, 4]]), unit([[0, -1]])])
    index = VectorIndex(tmp_path / "v")
    found = index.search(unit([[0, 2]])[0], 5)  # fewer there than asked for
    assert [id_ for id_, _ in found] == [2, 1, 3]
    assert [score for _, score in found] == pytest.approx([0.8, 0.0, -1.0])
    assert index.search(unit([[0, 2]])[0], 1) == found[:1]


def test_no_vectors(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no vectors"):
        write_vectors(tmp_path / "v", [])


@pytest.mark.parametrize("keep", [0, 3, 40, 200])
def test_a_cut_file_is_damage(keep: int, tmp_path: Path) -> None:
    path = tmp_path / "v"
    write_vectors(path, [random(9, 8)])
    assert path.stat().st_size > 200
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(IndexDamaged) as caught:
        VectorIndex(path)
    assert "pincite index" in caught.value.hint


def test_a_file_that_can_not_be_written_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="can't be written"):
        write_vectors(tmp_path / "no folder" / "v", [random(1, 2)])
