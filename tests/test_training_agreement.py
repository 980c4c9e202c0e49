"""The comparison's training: its pairs, its scores, and a run that goes on."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pincite.errors import InvalidData
from pincite.eval.data import Asked, Paragraph, load
from pincite.qa.agreement import Relation
from pincite.qa.answer import Turn
from pincite.training.agreement import LABELS, TEXT_KINDS, plan, scores, train_agreement
from pincite.training.comparer import LAYERS
from pincite.training.export import export
from pincite.training.mined import mine
from pincite.training.recipe import AgreementRecipe
from pincite.training.run import Job, Parts
from pincite.training.weights import load_model, load_tokenizer
from tests.test_training_run import CPU, Place, threads, write_data
from tests.tiny import make_base

__all__ = ["threads"]

RECIPE = AgreementRecipe(learning_rate=2e-3, epochs=4, batch_tokens=1500, asked={"conflict": 1.0})
SAME, COMPATIBLE, CONFLICT, FIRST, SECOND, NEITHER = Relation


def test_scores_by_hand() -> None:
    assert LABELS == (SAME, COMPATIBLE, CONFLICT, FIRST, SECOND, NEITHER)
    right = [SAME, SAME, COMPATIBLE, CONFLICT, CONFLICT, FIRST, SECOND, FIRST, NEITHER, NEITHER]
    said = [SAME, CONFLICT, COMPATIBLE, CONFLICT, SAME, FIRST, CONFLICT, SECOND, NEITHER, FIRST]
    likely = np.full((10, 6), 0.1)
    likely[range(10), [LABELS.index(one) for one in said]] = 0.5
    assert scores(likely, right) == {
        "right": 50.0,  # 5 of 10
        "conflicts found": 50.0,  # 1 of 2
        "of those called conflict": 33.3,  # 1 of 3
        "same called conflict": 50.0,  # 1 of 2
        "one answer found": 33.3,  # 1 of 3
        "none found": 50.0,  # 1 of 2
    }
    # Of what isn't there, nothing.
    assert scores(likely[:1], right[:1]) == {
        **{"right": 100.0, "conflicts found": 0.0, "of those called conflict": 0.0},
        **{"same called conflict": 0.0, "one answer found": 0.0, "none found": 0.0},
    }


def write_events(path: Path, events: int = 24) -> Path:
    """Events whose three reports count alike, and otherwise."""
    lines = []
    for n in range(events):
        texts = [f"A storm hit Town{n}.\n\n{n + 3} men were lost.", f"Lost were {n + 3} men."]
        texts.append(f"In all {n + 20} men are missing.")
        said = [f"{n + 3} men", f"{n + 3} men", f"{n + 20} men"]
        answers = {
            str(number): {"text": words, "answer_start": text.index(words)}
            for number, (text, words) in enumerate(zip(texts, said, strict=True), start=1)
        }
        lines.append(
            {
                "id": f"e{n:02}",
                "reports": {
                    str(number): {"title": f"Town{n}", "text": text}
                    for number, text in enumerate(texts, start=1)
                },
                "questions": [
                    {
                        "question": f"How many men were lost in Town{n}?",
                        "kind": "conflict",
                        "accounts": [[1, 2], [3]],
                        "answers": answers,
                    }
                ],
            }
        )
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


class Comparing(Place):
    """A place whose runs train a comparison."""

    def train(
        self,
        recipe: Any = RECIPE,  # noqa: ANN401
        stop_after: int | None = None,
    ) -> dict[str, Any]:
        self.said.clear()
        return train_agreement(self.setting(stop_after), recipe)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny encoder and a tiny reader to mine with."""
    folder = tmp_path_factory.mktemp("models")
    base = make_base(folder / "base", "mpnet", layers=LAYERS)
    for name, head in (("encoder", "sentence"), ("reader", "spans")):
        load_model(base, head).save_pretrained(folder / head)  # type: ignore[arg-type]
        load_tokenizer(base).save_pretrained(folder / head)
        export(folder / head, folder / name, head)  # type: ignore[arg-type]
    (folder / "agreement").mkdir()  # not needed to read what is found
    return folder


@pytest.fixture
def place(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Comparing:
    for name in ("encoder", "reader", "agreement"):
        monkeypatch.setenv(f"PINCITE_{name.upper()}", str(models / name))
    return Comparing(tmp_path, models / "base", write_events(tmp_path / "a.jsonl"))


def test_it_learns_and_goes_on_to_the_very_weights(place: Comparing) -> None:
    recipe = replace(RECIPE, epochs=2)
    record = place.train(recipe)
    curve = record["curve"]
    # All but what is held out to report on.
    asked = {p.group for p in load([place.data]) if p.split == "train" or p.half == "tune"}
    assert f"asks {len(asked)} questions" in place.said and 12 < len(asked) <= 24
    assert curve[-1]["loss"] < 0.95 * curve[0]["loss"]
    assert {"right", "conflicts found", "one answer found"} < set(curve[-1])
    assert record["recipe"]["kind"] == "AgreementRecipe"
    changed = place.changed("relation")
    # What is the base's own stays as it is.
    assert {name.rpartition(".")[2] for name in changed} == {"down", "up", "weight", "bias"}
    assert not any(name.startswith("mpnet") and "weight" in name for name in changed)
    first = place.weights()
    (place.folder / "work").rename(place.folder / "done")
    assert place.train(recipe, stop_after=2) == {}
    place.train(recipe)
    assert place.went_on() and place.weights() == first


def test_what_is_mined_is_no_answer(place: Comparing, models: Path, tmp_path: Path) -> None:
    paragraphs = load([place.data])[:30]
    said: list[str] = []
    model, tokenizer = load_model(models / "base", "relation"), load_tokenizer(models / "base")
    folder = tmp_path / "work" / "run"

    def planned(recipe: AgreementRecipe) -> Job:
        return plan(Parts(paragraphs, model, tokenizer, CPU, folder, said.append), recipe)

    made = planned(RECIPE)
    assert said[0] == "asks 8 questions"  # two are held out to report on
    assert "'neither': 0" not in said[-1]
    assert len(made.tokens) > 0 and max(made.tokens) <= RECIPE.batch_tokens
    assert planned(RECIPE).plan == made.plan
    assert planned(replace(RECIPE, seed=2)).plan != made.plan
    said.clear()
    planned(replace(RECIPE, asked={}))
    assert len(said) == 1 and "'neither': 0" in said[0]


def test_what_is_mined_stands_in_its_report(place: Comparing, models: Path, tmp_path: Path) -> None:
    paragraphs = load([place.data])[:30]
    texts = {paragraph.place: paragraph for paragraph in paragraphs}
    found = mine(paragraphs, tmp_path, lambda said: None)
    assert found
    for (event, question, _), ones in found.items():
        for one in ones:
            report = texts[one.place]
            assert report.text[one.start : one.end] == one.statement.words
            assert one.clear or report.group != event
            answers = [a.answers for a in report.asked if a.question == question]
            if report.group == event:
                spans = [span for of in answers for span in of]
                right = any(s < one.end and one.start < e for s, e in spans)
                assert one.wrong == (not right)


def test_a_follow_up_is_asked_with_its_turns(place: Comparing, tmp_path: Path) -> None:
    turns = (Turn("Who lost men?", "Town1"), Turn("At sea?", "yes"), Turn("Why?", "a storm"))
    asked = Asked("How many?", "written_news", (), "follow-up", turns)
    texts = [
        replace(p, asked=(asked,), group=f"t{n}") for n, p in enumerate(load([place.data])[:3])
    ]
    found = mine(texts, tmp_path, lambda said: None, kinds=TEXT_KINDS)
    as_given = "At sea? yes . Why? a storm . How many?"
    assert {of[1:] for of in found} == {(as_given, "follow-up")} and len(found) == 3
    # What other texts say is as wrong as what its own says and does not answer.
    assert all(one.wrong for ones in found.values() for one in ones)
    assert mine(texts, tmp_path / "events", lambda said: None) == {}


def test_of_texts_a_share_of_each_kind_is_asked(
    place: Comparing, models: Path, tmp_path: Path
) -> None:
    paragraphs = load([write_data(tmp_path / "b.jsonl", towns=12)])
    said: list[str] = []
    model, tokenizer = load_model(models / "base", "relation"), load_tokenizer(models / "base")
    parts = Parts(paragraphs, model, tokenizer, CPU, tmp_path / "work" / "run", said.append)
    known = [p for p in paragraphs if p.split == "train" or p.half == "tune"]
    asked = {"plain": 1.0, "unanswerable": 1.0, "keywords": 0.0}
    plan(parts, replace(RECIPE, asked=asked))
    assert said[0] == f"asks {2 * len(known)} questions" and "'same': 0" in said[-1]
    assert "'first': 0" not in said[-1] and "'neither': 0" not in said[-1]


def test_what_a_killed_run_found_is_not_asked_again(
    place: Comparing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paragraphs = load([place.data])[:30]
    said: list[str] = []
    found = mine(paragraphs, tmp_path, said.append)
    (kept,) = tmp_path.glob("mined-*.jsonl")
    written = kept.read_bytes()
    lines = written.splitlines(keepends=True)
    kept.write_bytes(b"".join(lines[:4]) + lines[4][:20])
    assert mine(paragraphs, tmp_path, said.append) == found
    assert kept.read_bytes() == written
    assert said == ["asks 10 questions", "asks 6 questions"]
    # Of what was found, what is asked for.
    few = [*found][:3]
    asked = mine(paragraphs, tmp_path, said.append, lambda one: one.event in {of[0] for of in few})
    assert asked == {of: found[of] for of in few} and said.pop() == "asks 0 questions"
    # Who reads otherwise finds something else.
    monkeypatch.setenv("PINCITE_READ_WINDOWS", "1")
    mine(paragraphs, tmp_path, said.append)
    assert said[2:] == ["asks 10 questions"]
    assert len([*tmp_path.glob("mined-*.jsonl")]) == 2


def test_what_a_comparison_can_t_be_trained_on(place: Comparing, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in place.data.read_text().splitlines()]
    for row in rows:
        row["id"] = f"held-{row['id']}"
    place.data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(InvalidData, match="no events"):
        place.train()


def test_without_development_events_there_is_no_score(place: Comparing) -> None:
    rows = [json.loads(line) for line in place.data.read_text().splitlines()]
    train = [row for row in rows if Paragraph("", "", row["id"], (), (), 0).split == "train"]
    place.data.write_text("".join(json.dumps(row) + "\n" for row in train[:6]))
    curve = place.train(replace(RECIPE, epochs=1))["curve"]
    assert curve and all(set(point) == {"step", "loss"} for point in curve)
