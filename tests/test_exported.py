"""Exported models: what they compute, when they are made, what can't be."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from pincite.errors import ModelError
from pincite.index.encoder import SentenceEncoder, encoder_folder, open_encoder
from pincite.index.encoder_onnx import OnnxEncoder
from pincite.index.exported import Precision, exported, is_plain
from pincite.index.model_files import fingerprint
from pincite.index.passages import Passage, Piece
from pincite.index.runtime import Session, precision_of
from pincite.qa.read import WindowReader
from pincite.settings import SHIPPED, Settings, load_settings

READER = SHIPPED / "models" / "reader"
TEXTS = [
    "Gladkov is the governor of Belgorod.",
    "Five drones were shot down over the town of Dzhankoi in Crimea overnight. " * 6,
    "No.",
]


def test_what_is_plain() -> None:
    assert is_plain(READER, "spans")
    assert not is_plain(READER, "sentence")
    assert is_plain(encoder_folder("all-MiniLM-L6-v2"), "sentence")
    assert not is_plain(encoder_folder("all-MiniLM-L6-v2"), "spans")


@pytest.mark.parametrize(
    ("file", "was", "now"),
    [
        ("config.json", '"gelu"', '"relu"'),
        ("config.json", '"bert"', '"roberta"'),
        ("modules.json", "Normalize", "Dense"),
        (
            "1_Pooling/config.json",
            '"pooling_mode_cls_token": false',
            '"pooling_mode_cls_token": true',
        ),
    ],
)
def test_another_kind_of_model_is_left_to_torch(
    tmp_path: Path, file: str, was: str, now: str
) -> None:
    folder = tmp_path / "m"
    shutil.copytree(encoder_folder("all-MiniLM-L6-v2"), folder)
    assert is_plain(folder, "sentence")
    text = (folder / file).read_text()
    assert was in text
    (folder / file).write_text(text.replace(was, now))
    assert not is_plain(folder, "sentence")


def test_the_setting_says_the_precision() -> None:
    assert precision_of(Settings(runtime="torch")) is None
    assert precision_of(Settings(runtime="onnx-fp32")) is Precision.FP32
    assert precision_of(Settings(runtime="onnx-int8")) is Precision.INT8


def test_a_folder_that_cant_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    settings = load_settings(cache=tmp_path / "file" / "cache")
    with pytest.raises(ModelError) as caught:
        exported(READER, "f", "spans", Precision.FP32, settings)
    assert "PINCITE_CACHE" in caught.value.hint


def test_a_file_that_is_no_model_is_told(tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(b"nothing")
    with pytest.raises(ModelError, match="can't be loaded"):
        Session(tmp_path / "m.onnx", 1)


@pytest.mark.models
def test_weights_of_another_model_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    shutil.copytree(encoder_folder("all-MiniLM-L6-v2"), folder)
    shutil.copy(READER / "config.json", folder / "config.json")  # that of a reader: it has no head
    with pytest.raises(ModelError, match="can't be exported"):
        exported(folder, "f", "spans", Precision.FP32, load_settings(cache=tmp_path / "cache"))
    assert not list((tmp_path / "cache").glob("*.onnx"))


@pytest.mark.models
def test_processes_that_start_at_once_make_one_whole_file(tmp_path: Path) -> None:
    script = (
        "from pincite.index.exported import *; from pincite.settings import *; "
        f"print(exported(Path({str(READER)!r}), 'f', 'spans', Precision.INT8, "
        f"load_settings(cache={str(tmp_path)!r})))"
    )
    command = [sys.executable, "-c", script]
    with ThreadPoolExecutor(2) as starting:
        runs = [starting.submit(subprocess.check_output, command, text=True) for _ in range(2)]
    (file,) = tmp_path.glob("*.onnx")
    assert {run.result().strip() for run in runs} == {str(file)}
    made = file.stat().st_mtime_ns
    Session(file, 1)
    exported(READER, "f", "spans", Precision.INT8, load_settings(cache=tmp_path))
    assert file.stat().st_mtime_ns == made
    assert [path.suffix for path in tmp_path.iterdir() if path != file] == [".lock"]


@pytest.mark.models
class TestEncoders:
    torch = SentenceEncoder(Settings())
    fp32 = open_encoder(Settings(runtime="onnx-fp32"))
    int8 = open_encoder(Settings(runtime="onnx-int8"))

    def test_fp32_gives_what_torch_gives(self) -> None:
        assert isinstance(self.fp32, OnnxEncoder)
        np.testing.assert_allclose(
            self.fp32.encode(TEXTS), self.torch.encode(TEXTS), atol=1e-5, rtol=0
        )
        assert self.fp32.fingerprint == self.torch.fingerprint

    def test_int8_is_near_and_says_that_it_is_another(self) -> None:
        near = (self.int8.encode(TEXTS) * self.torch.encode(TEXTS)).sum(axis=1)
        assert (near > 0.98).all()
        assert self.int8.fingerprint != self.torch.fingerprint

    def test_progress_counts_every_text(self) -> None:
        told: list[int] = []
        vectors = self.int8.encode(["One.", "Two."] * 70, told.append)
        assert vectors.shape == (140, 384)
        assert told == [64, 64, 12]
        np.testing.assert_array_equal(vectors[0], vectors[2])

    def test_no_texts(self) -> None:
        assert self.int8.encode([]).shape == (0, 384)


@pytest.mark.models
def test_readers_of_every_runtime_find_the_same() -> None:
    text = " ".join(TEXTS)
    passages = [Passage("a", None, "", (Piece(1, 0, len(one)),), one) for one in (text, text * 6)]
    found = {
        runtime: WindowReader(Settings(runtime=runtime)).read("Who governs Belgorod?", passages)
        for runtime in ("torch", "onnx-fp32", "onnx-int8")
    }
    for torch, exact, small in zip(*found.values(), strict=True):
        assert [(s.start, s.end) for s in torch] == [(s.start, s.end) for s in exact]
        for one, other in zip(torch, exact, strict=True):
            assert (one.score, one.null) == pytest.approx((other.score, other.null), abs=1e-3)
        assert (small[0].start, small[0].end) == (torch[0].start, torch[0].end)
        assert small[0].score == pytest.approx(torch[0].score, abs=1.5)


@pytest.mark.models
def test_who_stops_early_leaves_nothing_waiting() -> None:
    file = exported(READER, fingerprint(READER), "spans", Precision.INT8, Settings())
    session = Session(file, 1)

    def texts() -> Iterator[tuple[list[int], list[int]]]:
        yield from [([101, *range(2000, 2200), 102], [0] * 202)] * 200

    for taken, _ in enumerate(session.run(texts())):
        if taken == 1:
            break
    # What was dropped is not computed: the next text is not behind 198 others.
    (out,) = session.run([([101, 102], [0, 0])])
    assert out.shape == (2, 2)
    assert session._pool._work_queue.qsize() == 0
