"""The comparison's training: its pairs, its scores, and a run that goes on."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.errors import InvalidData
from pincite.eval.data import Asked, Paragraph, load
from pincite.eval.events import NOT_AN_ACCOUNT, Kind
from pincite.qa.accounts import HEARD
from pincite.qa.agreement import Relation
from pincite.qa.measured import Statement
from pincite.training.agreement import (
    LABELS,
    Pair,
    Told,
    _epoch,
    _relation,
    pairs_of,
    plan,
    scores,
    statement_at,
    train_agreement,
)
from pincite.training.comparer import LAYERS
from pincite.training.export import export
from pincite.training.mined import Mined, mine
from pincite.training.recipe import AgreementRecipe
from pincite.training.run import Job, Parts
from pincite.training.weights import load_model, load_tokenizer
from tests.test_eval_events import held
from tests.test_training_encoder import group
from tests.test_training_run import CPU, Place, threads
from tests.tiny import make_base

__all__ = ["threads"]

RECIPE = AgreementRecipe(learning_rate=2e-3, epochs=4, batch_tokens=1500, asked=1.0)
SAME, COMPATIBLE, CONFLICT, FIRST, SECOND, NEITHER = Relation


def report(
    text: str, of: str, account: int, said: str, kind: Kind = "conflict", question: str = "When?"
) -> Paragraph:
    """A report of an event that answers one question, or none where nothing is said."""
    at = ((text.index(said), text.index(said) + len(said)),) if said else ()
    asked = Asked(question, "written_events", at, kind, account=account)
    return Paragraph(text, "", of, ("written_events",), (asked,), 0)


def mined(text: str, start: int, end: int, account: int = NOT_AN_ACCOUNT) -> Mined:
    """Words that were found."""
    return Mined(0, start, end, Statement(text, start, end), account, clear=True)


def words_of(pairs: Sequence[Pair]) -> list[tuple[str, str, Relation]]:
    return [(pair.first.words, pair.second.words, pair.relation) for pair in pairs]


def test_an_answer_stands_in_its_paragraph() -> None:
    text = "It rained.\n\nThe ferry sank in 1912. So it goes.\n\n\nNobody was saved."
    told = replace(report(text, "e", 0, ""), title="The_ferry")
    at = text.index("1912")
    assert statement_at(told, at, at + 4) == Statement(
        "The ferry sank in 1912. So it goes.", 18, 22, header="The ferry"
    )
    assert statement_at(told, 3, 9) == Statement("It rained.", 3, 9, header="The ferry")
    last = statement_at(told, text.index("Nobody"), len(text))
    assert (last.text, last.words) == ("Nobody was saved.", "Nobody was saved.")
    assert statement_at(report("One.", "e", 0, ""), 0, 3) == Statement("One.", 0, 3)


@pytest.mark.parametrize(
    ("kind", "one", "other", "expected"),
    [
        ("same", 0, 0, SAME),
        ("conflict", 1, 1, SAME),
        ("conflict", 0, 1, CONFLICT),
        ("compatible", 0, 1, COMPATIBLE),
        ("compatible", 2, 2, SAME),
        ("conflict", 0, NOT_AN_ACCOUNT, FIRST),
        ("same", NOT_AN_ACCOUNT, 0, SECOND),
        ("none", NOT_AN_ACCOUNT, NOT_AN_ACCOUNT, NEITHER),
    ],
)
def test_a_pair_s_relation_is_the_event_s(
    kind: Kind, one: int, other: int, expected: Relation
) -> None:
    told = [Told(Statement("a", 0, 1), account) for account in (one, other)]
    assert _relation(kind, *told) is expected


def test_pairs_by_hand() -> None:
    train, tune, rest = group("train"), held("tune"), held("report")
    paragraphs = [
        report("It sank in 1912.", train, 0, "1912"),
        report("In 1912 it was lost.", train, 0, "1912"),
        report("The year was 1913.", train, 1, "1913"),
        report("Nobody knows.", train, 0, ""),
        report("It sank in 1914.", tune, 0, "1914"),
        report("Or was it 1915?", tune, 1, "1915"),
        report("In 1916.", rest, 0, "1916"),
        report("In 1917.", rest, 1, "1917"),
    ]
    wrong = {
        (train, "When?", "conflict"): [
            mined("At noon.", 3, 7),
            mined("Of 40 men.", 3, 5),
        ],
        (train, "Who?", "conflict"): [mined("Ann.", 0, 3)],
    }
    made = list(pairs_of(paragraphs, wrong, "train"))
    assert {pair.question for pair in made} == {"When?"}
    assert words_of(made) == [
        ("1912", "1912", SAME),
        ("1912", "1913", CONFLICT),
        ("1912", "noon", FIRST),
        ("1912", "40", FIRST),
        ("1912", "1913", CONFLICT),
        ("1912", "noon", FIRST),
        ("1912", "40", FIRST),
        ("1913", "noon", FIRST),
        ("1913", "40", FIRST),
        ("noon", "40", NEITHER),
    ]
    # In their own paragraphs.
    assert made[0].first.text == "It sank in 1912." and made[0].second.text.endswith("lost.")
    assert words_of(list(pairs_of(paragraphs, wrong, "tune"))) == [("1914", "1915", CONFLICT)]
    assert words_of(list(pairs_of(paragraphs, wrong, "report"))) == [("1916", "1917", CONFLICT)]


def test_of_a_report_one_answer_to_a_question_is_paired() -> None:
    of = group("train")
    text = "In 1912, yes, in 1912."
    twice = Asked("When?", "written_events", ((3, 7), (17, 21)), "same")
    other = Asked("Where?", "written_news", ((0, 2),), "plain")
    paragraph = Paragraph(text, "", of, ("written_events",), (twice, other), 0)
    assert list(pairs_of([paragraph], {}, "train")) == []
    pairs = list(pairs_of([paragraph, replace(paragraph, text=f"{text} Again.")], {}, "train"))
    assert words_of(pairs) == [("1912", "1912", SAME)]
    assert pairs[0].first.start == 3


def test_words_that_an_event_names_as_no_answer_are_paired() -> None:
    of = group("train")
    right = report("It sank in 1912.", of, 0, "1912")
    asked = Asked("When?", "written_events", (), "conflict", plausible=((16, 20),))
    tempting = Paragraph("It was built in 1905.", "", of, ("written_events",), (asked,), 0)
    other = report("In 1913.", of, 1, "1913")
    found = {(of, "When?", "conflict"): [mined("At 9.", 3, 4)]}
    pairs = list(pairs_of([right, tempting, other], found, "train"))
    assert [(p.first.words, p.second.words, p.relation, p.mined) for p in pairs] == [
        ("1912", "1905", FIRST, False),
        ("1912", "1913", CONFLICT, False),
        ("1912", "9", FIRST, True),
        ("1905", "1913", SECOND, False),
        ("1905", "9", NEITHER, True),
        ("1913", "9", FIRST, True),
    ]


def test_what_no_report_answers_has_pairs_of_what_is_found() -> None:
    of = group("train")
    none = report("Nobody knows.", of, 0, "", "none")
    wrong = {(of, "When?", "none"): [mined(text, 0, 1) for text in ("a c", "b c")]}
    assert words_of([*pairs_of([none], wrong, "train")]) == [("a", "b", NEITHER)]
    assert list(pairs_of([none], {}, "train")) == []


def test_what_is_found_and_right_is_paired_with_all_but_itself() -> None:
    of = group("train")
    told = [report("It sank in 1912.", of, 0, "1912"), report("It was 1913.", of, 1, "1913")]
    found = [
        mined("It sank in 1912.", 8, 15, 0),  # "in 1912", cut as a reader cuts it
        mined("It sank in 1912.", 0, 2),  # a paragraph speaks once
        mined("About 1912, they say.", 0, 10, 0),
        mined("Built in 1900.", 9, 13),
    ]
    pairs = list(pairs_of(told, {(of, "When?", "conflict"): found}, "train"))
    assert [(*of, pair.mined) for of, pair in zip(words_of(pairs), pairs, strict=True)] == [
        ("1912", "1913", CONFLICT, False),
        ("1912", "About 1912", SAME, True),
        ("1912", "1900", FIRST, True),
        ("1913", "in 1912", CONFLICT, True),
        ("1913", "About 1912", CONFLICT, True),
        ("1913", "1900", FIRST, True),
        ("in 1912", "About 1912", SAME, True),
        ("in 1912", "1900", FIRST, True),
        ("About 1912", "1900", FIRST, True),
    ]


def test_only_so_many_of_what_is_found_are_paired() -> None:
    of = group("train")
    found = [mined(f"It was {n}.", 7, 8 + n // 10) for n in range(HEARD + 5)]
    told = report("In 1912.", of, 0, "1912")
    pairs = list(pairs_of([told], {(of, "When?", "conflict"): found}, "train"))
    paired = [pair.second.words for pair in pairs if pair.first.words == "1912"]
    assert paired == [str(n) for n in range(HEARD)]


@given(st.lists(st.integers(-1, 2), max_size=7), st.sampled_from(["same", "conflict"]))
def test_every_two_are_a_pair_once(accounts: list[int], kind: Kind) -> None:
    of = group("train")
    texts = [f"It was {n}." for n in range(len(accounts))]
    right = [
        report(text, of, account, text[7:-1], kind)
        for text, account in zip(texts, accounts, strict=True)
        if account >= 0
    ]
    wrong = [
        mined(text, 7, len(text) - 1)
        for text, account in zip(texts, accounts, strict=True)
        if account < 0
    ]
    right.append(report("Nobody knows.", of, 0, "", kind))
    pairs = list(pairs_of(right, {(of, "When?", kind): wrong}, "train"))
    n, none = len(accounts), len(wrong)
    assert len(pairs) == n * (n - 1) // 2
    assert len({frozenset((p.first.text, p.second.text)) for p in pairs}) == len(pairs)
    assert sum(p.relation in (FIRST, SECOND) for p in pairs) == none * (n - none)
    assert sum(p.relation is NEITHER for p in pairs) == none * (none - 1) // 2


def many(relation: Relation, count: int, mined: bool = False) -> list[Pair]:
    first, second = Statement("one", 0, 3), Statement("two", 0, 3)
    return [Pair("?", first, second, relation, mined)] * count


@pytest.mark.parametrize(
    ("share", "least", "most"), [(0.0, 0, 0), (0.5, 120, 180), (1.0, 300, 300)]
)
@pytest.mark.parametrize(
    ("name", "relation", "mined"),
    [
        *(("mined", FIRST, True), ("named", FIRST, False)),
        *(("found", CONFLICT, True), ("neither", NEITHER, True)),
    ],
)
def test_an_epoch_has_a_share_of_what_was_found_or_named(
    share: float, least: int, most: int, name: str, relation: Relation, mined: bool
) -> None:
    changed: dict[str, Any] = {name: share}
    recipe = replace(RECIPE, **changed)
    seen = list(_epoch([*many(SAME, 300), *many(relation, 300, mined)], recipe, Random(0)))
    counts = Counter(pair.relation for pair in seen)
    of_it = counts[relation] + (counts[SECOND] if relation is FIRST else 0)
    assert counts[SAME] == 300 and least <= of_it <= most
    turned = sum(pair.first.text == "two" for pair in seen if pair.relation is SAME)
    assert 120 <= turned <= 180
    assert {(pair.first.text, pair.second.text) for pair in seen} == {
        ("one", "two"),
        ("two", "one"),
    }


def test_an_epoch_may_have_a_share_of_everything() -> None:
    recipe = replace(RECIPE, share=0.5, named=0.5)
    seen = list(_epoch([*many(SAME, 400), *many(FIRST, 400)], recipe, Random(0)))
    counts = Counter(pair.relation for pair in seen)
    assert 170 <= counts[SAME] <= 230 and 75 <= counts[FIRST] + counts[SECOND] <= 125
    # Which of the two answers is turned with them.
    answers = {(pair.relation, pair.first.text) for pair in seen if pair.relation is not SAME}
    assert answers == {(FIRST, "one"), (SECOND, "two")}


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
    from safetensors.torch import load_file

    recipe = replace(RECIPE, epochs=2)
    record = place.train(recipe)
    curve = record["curve"]
    # All but what is held out to report on.
    asked = {p.group for p in load([place.data]) if p.split == "train" or p.half == "tune"}
    assert f"asks {len(asked)} questions" in place.said and 12 < len(asked) <= 24
    assert curve[-1]["loss"] < 0.95 * curve[0]["loss"]
    assert {"right", "conflicts found", "one answer found"} < set(curve[-1])
    assert record["recipe"]["kind"] == "AgreementRecipe"
    changed = load_file(place.out / "changed.safetensors")
    # What is the base's own is not written again.
    parts = {name.removesuffix(".scale").rpartition(".")[2] for name in changed}
    assert parts == {"down", "up", "weight", "bias"}
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
    planned(replace(RECIPE, asked=0.0))
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
