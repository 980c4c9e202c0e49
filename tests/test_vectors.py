"""FAISS finds what an exact search over the same vectors finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pincite.errors import IndexDamaged
from pincite.index.encoder import Vectors
from pincite.index.vectors import Kind, VectorIndex, kind_for, lists_for, write_vectors


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
    assert write_vectors(path, lambda: [vectors[:7], vectors[7:]], count) == dimension
    index = VectorIndex(path)
    assert index.count == count
    for question in random(3, dimension, seed + 1):
        cosines = vectors @ question
        found = index.search(question, limit)
        assert len(found) == min(limit, count)
        assert list(found.values()) == pytest.approx(
            np.sort(cosines)[::-1][:limit].tolist(), abs=1e-5
        )
        for id_, score in found.items():
            assert score == pytest.approx(float(cosines[id_ - 1]), abs=1e-5)


def test_ids_count_from_1_and_scores_are_cosines(tmp_path: Path) -> None:
    write_vectors(tmp_path / "v", lambda: [unit([[1, 0], [3, 4]]), unit([[0, -1]])], 3)
    index = VectorIndex(tmp_path / "v")
    found = index.search(unit([[0, 2]])[0], 5)  # fewer there than asked for
    assert list(found) == [2, 1, 3]
    assert list(found.values()) == pytest.approx([0.8, 0.0, -1.0])
    assert index.search(unit([[0, 2]])[0], 1) == {2: found[2]}


def clustered(count: int, dimension: int, seed: int = 0) -> Vectors:
    """Vectors around 50 directions, as texts are around what they are about."""
    centres = random(50, dimension, 7)
    numbers = np.random.default_rng(seed).integers(50, size=count)
    return unit(centres[numbers] + 0.4 * random(count, dimension, seed + 1))


def in_batches(vectors: Vectors, size: int) -> Callable[[], Iterator[Vectors]]:
    return lambda: (vectors[at : at + size] for at in range(0, len(vectors), size))


@pytest.mark.parametrize("count", [1, 30, 5000])
def test_all_lists_of_an_inverted_file_hold_what_an_exact_search_finds(
    tmp_path: Path, count: int
) -> None:
    vectors = clustered(count, 32)
    done: list[int] = []
    assert write_vectors(tmp_path / "v", in_batches(vectors, 999), count, "ivf", done.append) == 32
    assert sum(done) == count
    index = VectorIndex(tmp_path / "v", probes=10**6)
    for question in clustered(9, 32, seed=5):
        found = index.search(question, 20)
        cosines = vectors @ question
        best = np.sort(cosines)[::-1][:20]
        assert list(found.values()) == pytest.approx(best.tolist(), abs=1e-3)
        for id_, score in found.items():
            assert score == pytest.approx(float(cosines[id_ - 1]), abs=1e-3)


def test_half_of_the_lists_hold_nearly_all_and_more_lists_more(tmp_path: Path) -> None:
    vectors = clustered(20_000, 32)
    write_vectors(tmp_path / "v", in_batches(vectors, 4096), len(vectors), "ivf")
    shares = []
    for probes in (1, 0, 10**6):
        index = VectorIndex(tmp_path / "v", probes)
        hits = 0
        for question in clustered(50, 32, seed=5):
            exact = set((np.argsort(-(vectors @ question))[:10] + 1).tolist())
            hits += len(exact & index.search(question, 10).keys())
        shares.append(hits / 500)
    assert shares == sorted(shares)
    assert shares[0] < 0.9
    assert shares[1] >= 0.98
    assert shares[2] >= 0.99  # but for what float16 confuses


@pytest.mark.parametrize("kind", ["flat", "ivf"])
def test_threads_find_what_one_finds_and_start_no_others(tmp_path: Path, kind: Kind) -> None:
    vectors = clustered(5000, 32)
    write_vectors(tmp_path / "v", in_batches(vectors, 4096), len(vectors), kind)
    index = VectorIndex(tmp_path / "v")
    questions = list(clustered(200, 32, seed=5))
    expected = [index.search(question, 10) for question in questions]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda question: index.search(question, 10), questions)) == expected
        threads = len(list(Path("/proc/self/task").iterdir()))
        list(pool.map(lambda question: index.search(question, 10), questions))
        assert len(list(Path("/proc/self/task").iterdir())) <= threads


def test_the_kind_follows_the_size_unless_it_is_named() -> None:
    assert [kind_for("auto", n) for n in (1, 199_999, 200_000)] == ["flat", "flat", "ivf"]
    assert kind_for("flat", 10**6) == "flat"
    assert kind_for("ivf", 1) == "ivf"
    assert [lists_for(n) for n in (1, 79, 80, 560_000, 1_500_000)] == [1, 1, 2, 2048, 4096]


def test_no_vectors(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no vectors"):
        write_vectors(tmp_path / "v", list, 0)


@pytest.mark.parametrize("keep", [0, 3, 40, 200])
def test_a_cut_file_is_damage(keep: int, tmp_path: Path) -> None:
    path = tmp_path / "v"
    write_vectors(path, lambda: [random(9, 8)], 9)
    assert path.stat().st_size > 200
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(IndexDamaged) as caught:
        VectorIndex(path)
    assert "pincite index" in caught.value.hint


def test_a_file_that_can_not_be_written_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="can't be written"):
        write_vectors(tmp_path / "no folder" / "v", lambda: [random(1, 2)], 1)
