"""Beginning an evaluation set of one's own, and what is said of mistakes in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from pincite.api.app import create_app
from pincite.api.keys import KeyFile, Scope
from pincite.errors import InvalidData, ServiceError
from pincite.eval import cli_own
from pincite.eval.articles import InCollection, Texts, in_folder
from pincite.eval.blank import blank_set, choose
from pincite.eval.cli import QUESTIONS, _check_about, app
from pincite.eval.columns import At, columns
from pincite.eval.question_file import load, read
from pincite.eval.questions import EvalError
from pincite.eval.targets import Service
from pincite.eval.validate import validate
from pincite.index.article import Article
from pincite.index.opened import open_store
from pincite.qa.ask import Pincite
from pincite.settings import SHIPPED
from tests.conftest import Serve

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside),
    max_leaves=12,
)


def places(value: object, path: At = ()) -> Iterator[tuple[At, object]]:
    yield path, value
    if isinstance(value, dict):
        for key, inside in value.items():
            yield from places(inside, (*path, key))
    elif isinstance(value, list):
        for place, inside in enumerate(value):
            yield from places(inside, (*path, place))


@given(VALUES, st.booleans(), st.sampled_from([(",", ":"), (" , ", "\t: ")]))
def test_every_value_stands_at_its_column(
    value: object, ascii_: bool, separators: tuple[str, str]
) -> None:
    line = " " + json.dumps(value, ensure_ascii=ascii_, separators=separators)
    found = columns(line)
    expected = dict(places(value))
    assert found.keys() == expected.keys()
    for path, inside in expected.items():
        assert json.JSONDecoder().raw_decode(line, found[path] - 1)[0] == inside


# --- init ------------------------------------------------------------------------------------


@pytest.fixture
def here(small: Pincite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory of its own, with the index of the two small articles."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PINCITE_INDEX", str(small.settings.index))
    return tmp_path


def test_a_blank_set_lacks_only_what_a_person_has_to_write(here: Path, small: Pincite) -> None:
    assert CliRunner().invoke(app, ["init"]).exit_code == 0
    file = here / "questions.jsonl"
    assert [path.name for path in here.iterdir()] == [file.name]
    articles = InCollection(small.index.store)
    entries, errors = read(file, Texts(articles))
    assert entries == []
    said = {error.message.partition(": ")[2] for error in errors}
    assert said == {
        "'question' is empty",
        "'standalone' is empty",
        "an account without answers, or with an empty one",
    }
    filled = file.read_text("utf-8").replace('"answers": [""]', '"answers": ["the"]')
    for number in range(filled.count('"question": ""')):
        filled = filled.replace('"question": ""', f'"question": "{number}?"', 1)
    file.write_text(filled.replace('"standalone": ""', '"standalone": "?"'), "utf-8")
    questions = load(file, Texts(articles))
    # The five paragraphs of both articles; no answer, twice; two turns.
    assert len(questions) == 5 + 2 + 2
    assert sum(question.answerable for question in questions) == 7
    texts = filled.split("\n")
    assert any(line.startswith("# The Courier, Harbour reopens, paragraph ") for line in texts)


def test_it_overwrites_nothing(here: Path) -> None:
    (here / "mine.jsonl").write_text("mine")
    with pytest.raises(InvalidData, match="there already"):
        cli_own.init(Path("mine.jsonl"))
    # Nor what was made while it was at work.
    with pytest.raises(InvalidData, match="there already"):
        cli_own._write_new(Path("mine.jsonl"), "other")
    assert (here / "mine.jsonl").read_text() == "mine"
    assert [path.name for path in here.iterdir()] == ["mine.jsonl"]
    with pytest.raises(InvalidData, match="can't write") as caught:
        cli_own.init(here / "none" / "a.jsonl")
    assert "a folder that is there" in caught.value.hint


@pytest.mark.parametrize("count", [1, 3, 5, 8, 1000])
def test_slots_are_spread_over_the_articles(seeds: Pincite, count: int) -> None:
    store = open_store(seeds.settings.index)
    slots = [*choose(store, count)]
    asked = [(slot.article.file, slot.block.start) for slot in slots]
    assert len(asked) == len(set(asked)) <= count
    if count <= 8:
        assert len(slots) == count
        assert len({slot.article.file for slot in slots}) == min(count, 5)
        assert all(80 <= len(slot.account["gold"][0]["evidence"]) <= 600 for slot in slots)
    assert asked == [(slot.article.file, slot.block.start) for slot in choose(store, count)]


def test_of_an_empty_collection_there_is_nothing_to_ask_about() -> None:
    class Empty:
        def articles(self) -> list[object]:
            return []

    text = blank_set(Empty(), "none", "a.jsonl", 3)  # type: ignore[arg-type]
    entries = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    assert [entry["kind"] for entry in entries] == ["unanswerable_near", "unanswerable_far"]


# --- validate --------------------------------------------------------------------------------

FILE = "harbour.txt"
EVIDENCE = "The harbour was shut for 41 days after the storm."


def entry(**changed: Any) -> dict[str, Any]:  # noqa: ANN401
    gold = changed.pop("gold", [{"file": FILE, "evidence": EVIDENCE}])
    whole = {"id": "a", "kind": "how_many", "group": "g", "split": "dev", "question": "How long?"}
    account = {"answers": changed.pop("answers", ["41 days"]), "gold": gold}
    return whole | {"status": "answered", "accounts": [account]} | changed


@pytest.fixture(scope="module")
def articles(small: Pincite) -> dict[str, Article]:
    return in_folder(small.settings.corpus)


def found(
    tmp_path: Path, articles: dict[str, Article], *lines: dict[str, Any] | str
) -> list[EvalError]:
    file = tmp_path / "set.jsonl"
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    file.write_text("\n".join(texts), encoding="utf-8")
    return validate(file, articles)[1]


@pytest.mark.parametrize(
    ("changed", "message", "at", "hint"),
    [
        ({"answers": ["42 days"]}, "the answer stands in no evidence", '"42 days"', "Copy it"),
        (
            {"gold": [{"file": FILE, "evidence": "the storm.\n\nThe mayor"}]},
            "evidence that is not in one paragraph",
            '"the storm.',
            "gold of its own",
        ),
        ({"kind": "disputed"}, "the kind disputed goes with disputed", '"answered"', "Change"),
        ({"kind": "unanswerable_far"}, "goes with no_answer", '"answered"', "Change"),
        ({"kind": "agreed"}, "needs evidence in two articles", "[{", "Add the other"),
        (
            {"gold": [{"file": "harbor.txt", "evidence": EVIDENCE}]},
            "no article 'harbor.txt'",
            '"harbor.txt"',
            "pincite articles",
        ),
        ({"split": "train"}, "'split' is 'train'", '"train"', "dev, test"),
        ({"question": ""}, "'question' is empty", '""', "Fill it in"),
    ],
)
def test_a_mistake_is_named_with_its_column_and_the_way_out(
    changed: dict[str, Any],
    message: str,
    at: str,
    hint: str,
    tmp_path: Path,
    articles: dict[str, Article],
) -> None:
    wrong = entry(**changed)
    first, *_ = [one for one in found(tmp_path, articles, "# a comment", "", wrong) if
                 message in one.message]  # fmt: skip
    assert first.line == 3
    line = json.dumps(wrong)
    assert line[first.column - 1 :].startswith(json.dumps(at)[1:-1] if "\n" in at else at)
    assert first.message.startswith(f"line 3, column {first.column}: ")
    assert hint in first.hint


def test_what_is_right_is_right(tmp_path: Path, articles: dict[str, Article]) -> None:
    assert found(tmp_path, articles, "\ufeff# from a Windows editor\r", entry()) == []


def test_all_mistakes_are_named_in_the_order_of_the_lines(
    tmp_path: Path, articles: dict[str, Article]
) -> None:
    lines = (
        entry(answers=["x"]),
        '{"id"}',
        entry(id="a"),
        entry(id="c", split="test", question="How much?"),
        entry(id="d", kind="what", accounts=entry()["accounts"] * 2, question="What?"),
        {**entry(id="e"), "accounts": "none", "question": 7},
    )
    named = [(one.line, one.message.split(": ", 1)[1]) for one in found(tmp_path, articles, *lines)]
    assert named == [
        (1, "the answer stands in no evidence of its account: 'x'"),
        (1, f"no answer stands in the evidence: {EVIDENCE!r}"),
        (2, "not JSON: Expecting ':' delimiter"),
        (3, "the id 'a' is taken"),
        (4, "the group 'g' is in more than one split"),
        (5, "answered, but with 2 accounts"),
        (6, "'question' is missing or not a text"),
        (6, "'accounts' is missing or not a list of objects"),
    ]


def test_the_mistake_of_a_turn_is_found_in_its_turn(
    tmp_path: Path, articles: dict[str, Article]
) -> None:
    right = {key: entry()[key] for key in ("question", "status", "accounts")}
    wrong = {key: entry(answers=["7"])[key] for key in ("question", "status", "accounts")}
    turns = [one | {"standalone": "How long?"} for one in (right, wrong)]
    talk = {"id": "t", "kind": "conversation", "group": "t", "split": "dev", "turns": turns}
    errors = found(tmp_path, articles, talk)
    line = json.dumps(talk)
    assert line.index('"7"') + 1 in {error.column for error in errors}
    assert all(error.column > line.index("}, {") for error in errors)


def test_a_question_asked_twice(tmp_path: Path, articles: dict[str, Article]) -> None:
    (error,) = found(tmp_path, articles, entry(), entry(id="b"))
    assert error.line == 2 and error.message.endswith("asked in line 1, too")


def test_the_command_says_it_and_ends_with_1(here: Path) -> None:
    file = here / "own.jsonl"
    file.write_text(json.dumps(entry(answers=["42 days"])) + "\n")
    result = CliRunner().invoke(app, ["validate", "own.jsonl"])
    assert result.exit_code == 1
    assert "own.jsonl: line 1, column " in result.output
    assert "Copy it from the evidence" in result.output
    file.write_text(json.dumps(entry()) + "\n")
    result = CliRunner().invoke(app, ["validate", "own.jsonl"])
    assert (result.exit_code, result.stdout) == (0, "own.jsonl: nothing wrong; questions: 1\n")
    file.write_text("# nothing yet\n")
    with pytest.raises(InvalidData, match="no questions"):
        cli_own.validate(file)


def test_a_folder_of_articles_will_do(small: Pincite, tmp_path: Path) -> None:
    file = tmp_path / "own.jsonl"
    file.write_text(json.dumps(entry()) + "\n")
    cli_own.validate(file, corpus=small.settings.corpus)


def test_the_shipped_set_has_to_have_enough_of_each(tmp_path: Path) -> None:
    seeds = SHIPPED / "seeds"
    shipped = SHIPPED / "eval" / "questions.jsonl"
    cli_own.validate(shipped, corpus=seeds)


def test_more_mistakes_than_one_are_hinted_at(tmp_path: Path) -> None:
    file = tmp_path / "own.jsonl"
    file.write_text("{\n{\n")
    with pytest.raises(EvalError, match="line 1, column 2") as caught:
        load(file, {})
    assert "pincite eval validate" in caught.value.hint and "all 2" in caught.value.hint


def test_a_collection_that_the_set_is_not_about_is_told(small: Pincite, seeds: Pincite) -> None:
    articles = in_folder(SHIPPED / "seeds")
    texts = {file: article.text for file, article in articles.items()}
    asked = load(QUESTIONS, texts, split="dev")
    _check_about(QUESTIONS, asked, seeds.index.store)
    _check_about(QUESTIONS, [one for one in asked if not one.accounts], small.index.store)
    with pytest.raises(EvalError, match=r"no article that questions\.jsonl asks about") as caught:
        _check_about(QUESTIONS, asked, small.index.store)
    assert "pincite eval init" in caught.value.hint


def test_a_service_is_asked_with_its_key_for_its_collection(
    small: Pincite, serve: Serve, tmp_path: Path
) -> None:
    file = KeyFile(tmp_path / "keys.json")
    key = file.add("evaluation", Scope.READ)
    settings = small.settings.model_copy(update={"keys_file": file.path})
    url = str(serve(create_app(settings, lambda _: small)).base_url)
    with pytest.raises(ServiceError, match="401"):
        Service(url).search("harbour", 1)
    (found,) = Service(url, key=key).search("How many days was the harbour shut?", 1)
    assert "41 days" in found["quote"]
    for ask in (
        lambda: Service(url, "sea", key).ask("Who?", (), 1),
        lambda: Service(url, "sea", key).search("Who?", 1),
    ):
        with pytest.raises(ServiceError, match="no collection 'sea'"):
            ask()
