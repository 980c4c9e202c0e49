"""A training run: it learns, it can be killed, and what it writes is a reader.

The model is BERT of two small layers with random weights; texts are made up.
"""

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

import numpy as np
import pytest

from pincite.errors import InvalidData, InvalidRequest, ModelError
from pincite.eval.data import Asked
from pincite.index.encoder import SHIPPED_NAME, encoder_folder
from pincite.index.model_files import fingerprint
from pincite.index.passages import Passage, Piece
from pincite.qa.ranking import load_ranking
from pincite.qa.read import WindowReader
from pincite.settings import load_settings
from pincite.training import run
from pincite.training.examples import Texts, Tokens
from pincite.training.hardware import Hardware
from pincite.training.recipe import Recipe
from pincite.training.state import _slope
from tests.test_training_examples import paragraph

ROOT = Path(__file__).parents[1]
CPU = Hardware("cpu", half=False, compiled=False, attention="eager", threads=1)
RECIPE = Recipe(
    epochs={"squaddev": 4.0, "squad2dev_imp": 2.5},
    in_passages={},
    batch_tokens=320,
    learning_rate=5e-3,
    averaging=0.9,
)


def write_data(path: Path, towns: int = 30) -> Path:
    lines = []
    for n in range(towns):
        text = (
            f"The harbour of Town{n} was opened in {1900 + n} by the mayor. "
            f"It has {n + 3} cranes. In the winter a storm broke the pier."
        )
        qas = [
            {
                "question": question,
                "answers": [{"text": said, "answer_start": text.index(said)}] if said else [],
            }
            for question, said in (
                (f"When was the harbour of Town{n} opened?", f"{1900 + n}"),
                ("How many cranes are there?", f"{n + 3} cranes"),
                *([("Who is the king?", "")] if n % 3 == 0 else []),
            )
        ]
        source = "squaddev" if n % 2 else "squad2dev_imp"
        lines.append({"source": source, "title": f"Coast {n // 2}", "context": text, "qas": qas})
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@dataclass
class Place:
    """A folder with data and a base model, and runs in it."""

    folder: Path
    base: Path
    data: Path
    said: list[str] = field(default_factory=list)

    @property
    def out(self) -> Path:
        return self.folder / "reader"

    @property
    def checkpoints(self) -> list[Path]:
        return sorted((self.folder / "work").rglob("checkpoint.pt"))

    def train(self, recipe: Recipe = RECIPE, stop_after: int | None = None) -> dict[str, object]:
        self.said.clear()
        return run.train(
            [self.data],
            self.base,
            self.out,
            self.folder / "work",
            recipe,
            self.said.append,
            CPU,
            stop_after,
        )

    def went_on(self) -> bool:
        return any(line.startswith("goes on from step") for line in self.said)

    def weights(self) -> str:
        return hashlib.sha256((self.out / "model.safetensors").read_bytes()).hexdigest()


def make_base(folder: Path, seed: int = 0) -> Path:
    import torch
    from transformers import AutoTokenizer, BertConfig, BertForQuestionAnswering

    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=30522,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
    )
    BertForQuestionAnswering(config).save_pretrained(folder)
    AutoTokenizer.from_pretrained(encoder_folder(SHIPPED_NAME)).save_pretrained(folder)
    return folder


@pytest.fixture(autouse=True, scope="module")
def threads() -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)  # a run sets it for its process


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("base") / "bert")


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


def record(place: Place) -> dict[str, object]:
    read: dict[str, object] = json.loads((place.out / "training.json").read_text())
    return read


def test_the_record_says_what_made_the_weights(whole: Place) -> None:
    said = record(whole)
    assert said["recipe"] == json.loads(RECIPE.json)
    assert said["data"] == {"a.jsonl": hashlib.sha256(whole.data.read_bytes()).hexdigest()}
    weights = (whole.base / "model.safetensors").read_bytes()
    assert said["base"] == hashlib.sha256(weights).hexdigest()
    machine = said["machine"]
    assert isinstance(machine, dict) and machine["device"] == "cpu" and machine["torch"]
    questions = said["questions"]
    assert isinstance(questions, dict) and questions["train"] and questions["dev"]
    assert sum(n for of in questions.values() for n in of.values()) == 30 * 2 + 10


def test_the_loss_falls_and_the_curve_shows_it(whole: Place) -> None:
    said = record(whole)
    curve = said["curve"]
    assert isinstance(curve, list)
    assert curve[-1]["step"] == said["steps"]
    losses = [point["loss"] for point in curve]
    assert np.mean(losses[-3:]) < 0.85 * np.mean(losses[:3])
    assert all(0 <= point[name] <= 100 for point in curve for name in ("f1", "exact"))
    assert curve[-1]["f1"] >= curve[-1]["exact"]


def test_what_is_written_is_a_reader(whole: Place) -> None:
    reader = WindowReader(load_settings(reader=str(whole.out)))
    text = "The harbour of Town7 was opened in 1907 by the mayor. It has 10 cranes."
    passage = Passage("a", None, "", (Piece(1, 0, len(text)),), text)
    (spans,) = reader.read("When was the harbour of Town7 opened?", [passage])
    assert spans and all(0 <= span.start < span.end <= len(text) for span in spans)
    assert sorted(path.name for path in whole.out.iterdir()) == [
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
        "training.json",
    ]
    assert not whole.out.with_name("reader.new").exists()


def test_the_same_again_is_the_same(whole: Place, place: Place) -> None:
    place.train()
    assert not place.went_on()
    assert place.weights() == whole.weights()
    before = record(place)
    assert before == record(whole)
    # Once more: nothing is left to do, and what was there comes back.
    (place.out / "model.safetensors").write_bytes(b"damaged")
    place.train()
    assert place.went_on()
    assert (place.weights(), record(place)) == (whole.weights(), before)


def test_stopped_and_gone_on_with_it_makes_the_very_weights(whole: Place, place: Place) -> None:
    assert place.train(stop_after=3) == {}
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
    run.CHECKPOINT_SECONDS = -1
    place = Place(Path(folder), Path(base), Path(folder) / "a.jsonl")
    run.train(
        [place.data],
        place.base,
        place.out,
        place.folder / "work",
        RECIPE,
        lambda line: print(line, flush=True),
        CPU,
    )


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
            if line.startswith("step 4:"):
                process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert not place.out.exists()
    place.train()
    assert place.went_on()
    assert place.weights() == whole.weights()


def test_other_data_recipe_or_base_start_anew(place: Place, base: Path, tmp_path: Path) -> None:
    place.train(stop_after=1)
    place.train(replace(RECIPE, learning_rate=1e-3), stop_after=1)
    assert not place.went_on()
    write_data(place.data, towns=29)
    place.train(stop_after=1)
    assert not place.went_on()
    assert len(place.checkpoints) == 3
    place.base = make_base(tmp_path / "other", seed=1)
    with pytest.raises(ModelError, match="another base") as raised:
        place.train(stop_after=1)
    assert "--work" in raised.value.hint
    for checkpoint in place.checkpoints:
        checkpoint.write_bytes(checkpoint.read_bytes()[:5000])
    with pytest.raises(ModelError, match="can't be read"):
        place.train(stop_after=1)


def test_an_old_ranking_stays_and_is_spoken_of(whole: Place, tmp_path: Path) -> None:
    place = Place(tmp_path, whole.base, whole.data)
    shutil.copytree(whole.folder / "work", tmp_path / "work")
    place.out.mkdir()
    numbers = dict.fromkeys(("bias", "threshold", "agrees", "differs", "disputes"), 0.5)
    beside = {name: {"weights": {}, "bias": 0.0} for name in ("answerable", "others", "agreeing")}
    ranking = {"format": 3, "weights": {}, "confidence": None, **beside, **numbers}
    path = place.out / "ranking.json"
    path.write_text(json.dumps(ranking | {"reader": "another"}))
    (place.out / "model.safetensors").write_bytes(b"old")
    (place.out / "README.md").write_text("a card")
    place.train()
    assert place.weights() == whole.weights()
    assert (place.out / "README.md").read_text() == "a card"
    assert "was fitted for another reader" in place.said[-1]
    assert "pincite.eval.fit_ranking" in place.said[-1]
    with pytest.raises(ModelError, match="another reader"):
        load_ranking(place.out, fingerprint(place.out))
    # Fitted for this very reader it is right, and nothing is said of it.
    path.write_text(json.dumps(ranking | {"reader": fingerprint(place.out)}))
    place.train()
    assert place.said[-1] == f"written: {place.out}"


def test_what_can_t_be_trained(place: Place, tmp_path: Path) -> None:
    good = place.data
    place.data = tmp_path / "nothing.jsonl"
    with pytest.raises(InvalidData, match="can't be read"):
        place.train()
    place.data = tmp_path / "empty.jsonl"
    place.data.write_text("")
    with pytest.raises(InvalidData, match="no question"):
        place.train()
    place.data = good
    place.base = tmp_path / "nothing"
    with pytest.raises(ModelError, match="BERT-like"):
        place.train()
    place.base = shutil.copytree(make_base(tmp_path / "base"), tmp_path / "damaged")
    (place.base / "model.safetensors").write_bytes(bytes(99))
    with pytest.raises(ModelError, match="BERT-like"):
        place.train()
    place.base = tmp_path / "base"
    place.data = tmp_path / "long.jsonl"
    long = [json.loads(line) for line in good.read_text().splitlines()]
    for line in long:
        line["context"] += " A gull cried." * 200
    place.data.write_text("".join(json.dumps(line) + "\n" for line in long))
    with pytest.raises(InvalidRequest, match="too long for the model"):
        place.train(replace(RECIPE, crop_tokens=(600, 600)))
    place.out.write_text("a file")
    with pytest.raises(InvalidRequest, match="not a folder"):
        place.train()


def test_without_development_questions_there_is_no_score(base: Path, tmp_path: Path) -> None:
    place = Place(tmp_path, base, write_data(tmp_path / "a.jsonl", towns=4))
    lines = [json.loads(line) | {"source": "nq"} for line in place.data.read_text().splitlines()]
    place.data.write_text("".join(json.dumps(line) + "\n" for line in lines))
    place.train(replace(RECIPE, epochs={"nq": 1.0}))
    curve = record(place)["curve"]
    assert isinstance(curve, list) and curve
    assert all(set(point) == {"step", "loss"} and np.isfinite(point["loss"]) for point in curve)


def test_the_learning_rate_rises_falls_and_is_never_nothing() -> None:
    assert [_slope(step, 10, 0.2) for step in range(10)] == pytest.approx(
        [0.5, 1.0, 1.0, 7 / 8, 6 / 8, 5 / 8, 4 / 8, 3 / 8, 2 / 8, 1 / 8]
    )
    for steps in (1, 2, 3, 50):
        for warmup in (0.0, 0.04, 0.5, 1.0):
            assert all(0 < _slope(step, steps, warmup) <= 1 for step in range(steps))


def test_word_pieces_decode_to_the_answer(base: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(base)
    encode = run.encoder_of(tokenizer)
    assert encode([]) == []
    text = "In Čapljina, 2,002 men\u200b of the Hospitallers' order—“Knights”—died."
    texts = Texts([paragraph(text)], encode)
    for said in ("Čapljina", "2,002 men", "Hospitallers", "Knights", "died"):
        start = text.index(said)
        ((first, last),) = texts.golds(0, Asked("?", "nq", ((start, start + len(said)),)))
        bounds = texts.tokens[0].bounds
        assert text[bounds[first][0] : bounds[last][1]] == said
        decoded = tokenizer.decode(texts.tokens[0].ids[first : last + 1])
        plain = said.lower().replace("č", "c")
        assert decoded.replace(" ", "") == plain.replace(" ", "")
    (empty,) = encode([""])
    assert isinstance(empty, Tokens) and empty.bounds.shape == (0, 2)


@pytest.mark.models
def test_with_both_stages(place: Place) -> None:
    recipe = replace(RECIPE, in_passages={"squaddev": 1.0, "squad2dev_imp": 1.0}, twins=0.5)
    place.train(recipe, stop_after=5)
    vectors = sorted((place.folder / "work" / "vectors").iterdir())
    assert len(vectors) == 2 and any(line.startswith("encodes ") for line in place.said)
    place.train(recipe)
    assert place.went_on() and not any(line.startswith("encodes ") for line in place.said)
    first = place.weights()
    shutil.rmtree(place.folder / "work")
    place.train(recipe)
    assert place.weights() == first


@pytest.mark.models
def test_few_paragraphs_are_all_near(tmp_path: Path) -> None:
    from pincite.training.near import nearest

    texts = ["The ferry sank off Mull.", "A mayor spoke.", "Bread is baked in Graz."]
    near = nearest(texts, tmp_path, lambda _: None, CPU)
    found = near(["Where did the ferry sink?", "Where is bread baked?"])
    assert [sorted(of) for of in found] == [[0, 1, 2]] * 2
    assert [of[0] for of in found] == [0, 2]
