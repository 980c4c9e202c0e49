"""The mean of models' weights, and models that have none."""

from __future__ import annotations

from pathlib import Path

import pytest

from pincite.errors import InvalidRequest
from pincite.training.average import average
from pincite.training.weights import WEIGHTS


def model(folder: Path, weights: list[float], shape: tuple[int, ...] = (2,)) -> Path:
    import torch
    from safetensors.torch import save_file

    folder.mkdir()
    tensors = {"w": torch.tensor(weights).reshape(shape), "places": torch.arange(3)}
    save_file(tensors, folder / WEIGHTS)
    (folder / "config.json").write_text(folder.name)
    (folder / "training.json").write_text("of this run alone")
    return folder


def test_the_mean_of_three_models(tmp_path: Path) -> None:
    from safetensors.torch import load_file

    folders = [model(tmp_path / name, [n, 3.0 * n]) for n, name in enumerate("abc")]
    average(folders, tmp_path / "mean")
    mean = load_file(tmp_path / "mean" / WEIGHTS)
    assert mean["w"].tolist() == [1.0, 3.0]
    assert mean["places"].tolist() == [0, 1, 2]
    assert {path.name for path in (tmp_path / "mean").iterdir()} == {WEIGHTS, "config.json"}
    assert (tmp_path / "mean" / "config.json").read_text() == "a"


def test_models_of_two_shapes_have_no_mean(tmp_path: Path) -> None:
    one, other = model(tmp_path / "a", [1, 2]), model(tmp_path / "b", [1, 2], (2, 1))
    with pytest.raises(InvalidRequest, match="different shapes"):
        average([one, other], tmp_path / "mean")
    assert not (tmp_path / "mean").exists()
