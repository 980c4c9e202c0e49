"""A training run: it learns, it can be killed, and what it writes is a reader."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pincite.errors import InvalidData, InvalidRequest, ModelError
from pincite.training import run
from pincite.training.hardware import Hardware
from pincite.training.reader import train_reader
from pincite.training.recipe import ReaderRecipe
from pincite.training.state import slope
from pincite.training.weights import WEIGHTS, Head, load_model
from tests.tiny import Kind, make_base

ROOT = Path(__file__).parents[1]
CPU = Hardware("cpu", half=False, threads=1)
RECIPE = ReaderRecipe(
    share=2.0,
    kinds={"unanswerable": 1.0},
    batch_tokens=1200,
    learning_rate=5e-3,
    frozen=1,
    negatives=0.0,
)


def write_data(path: Path, towns: int = 40) -> Path:
    lines = []
    for n in range(towns):
        text = f"Town{n} opened its harbour in {1900 + n}.\n\nIt has {n + 3} cranes. A storm came."
        qas = [
            {
                "kind": kind,
                "question": question,
                "answers": [{"text": said, "answer_start": text.index(said)}] if said else [],
            }
            for kind, question, said in (
                ("plain", f"When was the harbour of Town{n} opened?", f"{1900 + n}"),
                ("keywords", "how many cranes", f"{n + 3} cranes"),
                ("unanswerable", "Who is the king?", ""),
            )
        ]
        named = {"source": "written_news", "id": f"{n:05}", "title": f"Coast {n}"}
        lines.append({**named, "context": text, "qas": qas})
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@dataclass
class Place:
    """A folder with data and a base model, and runs in it."""

    folder: Path
    base: Path
    data: Path
    start: Path | None = None
    said: list[str] = field(default_factory=list)

    @property
    def out(self) -> Path:
        return self.folder / "reader"

    @property
    def checkpoints(self) -> list[Path]:
        return sorted((self.folder / "work").rglob("checkpoint.pt"))

    def setting(self, stop_after: int | None = None) -> run.Setting:
        return run.Setting(
            [self.data],
            self.base,
            self.out,
            self.folder / "work",
            self.start,
            self.said.append,
            CPU,
            stop_after,
        )

    def train(self, recipe: ReaderRecipe = RECIPE, stop_after: int | None = None) -> dict[str, Any]:
        self.said.clear()
        return train_reader(self.setting(stop_after), recipe)

    def went_on(self) -> bool:
        return any(line.startswith("goes on from step") for line in self.said)

    def weights(self) -> str:
        return hashlib.sha256((self.out / "model.safetensors").read_bytes()).hexdigest()

    def changed(self, head: Head) -> set[str]:
        """The names of the weights that are not the base's any more."""
        import torch
        from safetensors.torch import load_file

        base = load_model(self.base, head).state_dict()
        trained = load_file(self.out / WEIGHTS)
        assert trained.keys() == base.keys()
        return {name for name, tensor in trained.items() if not torch.equal(tensor, base[name])}

    def record(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads((self.out / "training.json").read_text())
        return read


@pytest.fixture(autouse=True, scope="module")
def threads() -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)  # a run sets it for its process


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("base") / "mpnet", "mpnet")


@pytest.fixture(scope="module")
def whole(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A run from beginning to end; tests only look at it."""
    folder = tmp_path_factory.mktemp("whole")
    place = Place(folder, base, write_data(folder / "a.jsonl"))
    place.train()
    return place


@pytest.fixture
def place(base: Path, tmp_path: Path) -> Place:
    return Place(tmp_path, base, write_data(tmp_path / "a.jsonl"))


def test_the_record_says_what_made_the_weights(whole: Place) -> None:
    said = whole.record()
    assert said["recipe"] == json.loads(RECIPE.json)
    assert said["data"] == {"a.jsonl": hashlib.sha256(whole.data.read_bytes()).hexdigest()}
    weights = (whole.base / "model.safetensors").read_bytes()
    assert said["from"] == {"base": hashlib.sha256(weights).hexdigest()}
    assert said["machine"]["device"] == "cpu" and said["machine"]["torch"]
    questions = said["questions"]
    assert set(questions["train"]) == {
        f"written_news {kind}" for kind in ("plain", "keywords", "unanswerable")
    }
    assert sum(n for of in questions.values() for n in of.values()) == 40 * 3


def test_the_loss_falls_and_the_curve_shows_it(whole: Place) -> None:
    said = whole.record()
    curve = said["curve"]
    assert curve[-1]["step"] == said["steps"]
    losses = [point["loss"] for point in curve]
    assert losses[-1] < 0.96 * losses[0]
    kinds = {"right plain", "right keywords", "right unanswerable"}
    assert kinds < set(curve[-1])
    assert all(0 <= point[name] <= 100 for point in curve for name in kinds & set(point))


def test_what_is_written_is_a_whole_model(whole: Place) -> None:
    import torch
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(whole.out)
    model = AutoModelForQuestionAnswering.from_pretrained(whole.out).eval()
    with torch.inference_mode():
        got = model(**tokenizer("when?", "It was in 1907.", return_tensors="pt"))
    assert torch.isfinite(got.start_logits).all()
    assert sorted(path.name for path in whole.out.iterdir()) == [
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
        "training.json",
    ]
    assert not whole.out.with_name("reader.new").exists()
    same = (whole.out / "tokenizer.json").read_bytes()
    assert same == (whole.base / "tokenizer.json").read_bytes()


def test_only_the_upper_layers_change(whole: Place) -> None:
    changed = whole.changed("spans")
    parts = {".".join(name.split(".")[:4]) for name in changed if "qa_outputs" not in name}
    assert parts == {"mpnet.encoder.layer.1"}


def test_the_same_again_is_the_same(whole: Place, place: Place) -> None:
    place.train()
    assert not place.went_on()
    assert place.weights() == whole.weights()
    before = place.record()
    assert before == whole.record()
    # Once more: nothing is left to do, and what was there comes back.
    (place.out / "model.safetensors").write_bytes(b"damaged")
    (place.out / "README.md").write_text("a card")
    place.train()
    assert place.went_on()
    assert (place.weights(), place.record()) == (whole.weights(), before)
    assert (place.out / "README.md").read_text() == "a card"


def test_stopped_and_gone_on_with_it_makes_the_very_weights(whole: Place, place: Place) -> None:
    assert place.train(stop_after=3) == {}
    assert "tokens/s" in place.said[-1]
    assert not place.out.exists()
    (checkpoint,) = place.checkpoints
    # What a process that was killed while it wrote a checkpoint leaves.
    checkpoint.with_suffix(".new").write_bytes(checkpoint.read_bytes()[:999])
    place.train(stop_after=4)
    place.train()
    assert "goes on from step 4" in place.said
    assert place.weights() == whole.weights()


def killed(folder: str, base: str) -> None:
    """In a process of its own: a run that writes a checkpoint a step, until it is killed."""
    run.CHECKPOINT_SECONDS = run.SAID_SECONDS = -1
    place = Place(Path(folder), Path(base), Path(folder) / "a.jsonl")
    setting = replace(place.setting(), say=lambda line: print(line, flush=True))
    train_reader(setting, RECIPE)


def test_killed_at_any_moment_it_goes_on_to_the_very_weights(whole: Place, place: Place) -> None:
    code = "import sys; from tests.test_training_run import killed; killed(*sys.argv[1:])"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(place.folder), str(place.base)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        for line in process.stdout:
            if line.startswith("step 5/"):  # a checkpoint is being written
                process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert not place.out.exists()
    place.train()
    assert place.went_on()
    assert place.weights() == whole.weights()


def test_other_data_recipe_base_or_start_begin_anew(
    place: Place, whole: Place, tmp_path: Path
) -> None:
    place.train(stop_after=1)
    place.train(replace(RECIPE, learning_rate=1e-3), stop_after=1)
    assert not place.went_on()
    place.start = whole.out
    place.train(stop_after=1)
    assert not place.went_on()
    place.start = None
    place.base = make_base(tmp_path / "other", "mpnet", seed=1)
    place.train(stop_after=1)
    assert not place.went_on()
    write_data(place.data, towns=39)
    place.train(stop_after=1)
    assert not place.went_on()
    assert len(place.checkpoints) == 5
    for checkpoint in place.checkpoints:
        checkpoint.write_bytes(checkpoint.read_bytes()[:5000])
    with pytest.raises(ModelError, match="can't be read"):
        place.train(stop_after=1)


def test_a_checkpoint_of_other_steps_is_refused(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.train(stop_after=1)
    monkeypatch.setattr("pincite.training.reader.batches", lambda lengths, *_: [[0], [1]])
    with pytest.raises(ModelError, match="other steps") as raised:
        place.train(stop_after=1)
    assert "--work" in raised.value.hint


def test_a_run_goes_on_from_the_weights_of_another(whole: Place, place: Place) -> None:
    place.start = whole.out / WEIGHTS
    place.train()
    record = place.record()
    assert record["from"]["start"] == hashlib.sha256(place.start.read_bytes()).hexdigest()
    assert record["curve"][0]["loss"] < 0.95 * whole.record()["curve"][0]["loss"]


@pytest.mark.parametrize("kind", ["bert", "mpnet"])
def test_both_kinds_learn(kind: Kind, tmp_path: Path) -> None:
    place = Place(tmp_path, make_base(tmp_path / kind, kind), write_data(tmp_path / "a.jsonl", 12))
    curve = place.train(replace(RECIPE, frozen=0, share=4.0))["curve"]
    assert curve[-1]["loss"] < 0.9 * curve[0]["loss"]


def test_what_can_t_be_trained(place: Place, tmp_path: Path) -> None:
    good, base = place.data, place.base
    place.data = tmp_path / "nothing.jsonl"
    with pytest.raises(InvalidData, match="can't be read"):
        place.train()
    place.data = tmp_path / "empty.jsonl"
    place.data.write_text("")
    with pytest.raises(InvalidData, match="no question"):
        place.train()
    place.data = good
    place.base = tmp_path / "nothing"
    with pytest.raises(ModelError, match="no tokenizer"):
        place.train()
    place.base = Path(shutil.copytree(base, tmp_path / "damaged"))
    (place.base / "model.safetensors").write_bytes(bytes(99))
    with pytest.raises(ModelError, match="BERT-like"):
        place.train()
    place.base = base
    long = [json.loads(line) for line in good.read_text().splitlines()]
    for line in long:
        line["context"] += " A gull cried." * 60
    place.data = tmp_path / "long.jsonl"
    place.data.write_text("".join(json.dumps(line) + "\n" for line in long))
    with pytest.raises(InvalidRequest, match="too long for the model"):
        place.train(replace(RECIPE, window_tokens=(300, 300)))
    place.out.write_text("a file")
    with pytest.raises(InvalidRequest, match="not a folder"):
        place.train()


def test_without_development_questions_there_is_no_score(base: Path, tmp_path: Path) -> None:
    place = Place(tmp_path, base, write_data(tmp_path / "a.jsonl", towns=4))
    curve = place.train(replace(RECIPE, share=8.0))["curve"]
    assert curve
    assert all(set(point) == {"step", "loss"} and np.isfinite(point["loss"]) for point in curve)


def test_the_learning_rate_rises_falls_and_is_never_nothing() -> None:
    assert [slope(step, 10, 0.2) for step in range(10)] == pytest.approx(
        [0.5, 1.0, 1.0, 7 / 8, 6 / 8, 5 / 8, 4 / 8, 3 / 8, 2 / 8, 1 / 8]
    )
    for steps in (1, 2, 3, 50):
        for warmup in (0.0, 0.04, 0.5, 1.0):
            assert all(0 < slope(step, steps, warmup) <= 1 for step in range(steps))
