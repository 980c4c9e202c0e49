"""Questions to start from: made of sentences, kept where the collection answers them for sure."""

from __future__ import annotations

import json
import time
from pathlib import Path

import httpx
import pytest

from pincite.api.app import create_app
from pincite.index.article import Article, Block, Role
from pincite.index.build import build
from pincite.index.collection import open_collection
from pincite.qa.examples import COUNT, SURE, examples, questions, small_words
from pincite.settings import load_settings
from tests.conftest import Serve, open_with_fakes
from tests.fakes import FakeEncoder
from tests.test_documents_api import over


def article(*paragraphs: str) -> Article:
    text = "\n\n".join(paragraphs)
    blocks, at = [], 0
    for n, paragraph in enumerate(paragraphs, start=1):
        blocks.append(Block(Role.BODY, at, at + len(paragraph), n, None))
        at += len(paragraph) + 2
    return Article("a", "a.txt", "A", None, None, None, text, tuple(blocks), ())


SMALL = "There were flights to it in May, and the petition, the message and the harbour."


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        ("The harbour of Olm was shut for 41 days after the storm.",
         "How long was the harbour of Olm shut?"),
        ("The Tay-Horn bridge was taken down in 1958, and its pivot stands there still.",
         "When was the Tay-Horn bridge taken down?"),
        ("The petition was created at the town hall in May, soon after.",
         "When was the petition created at the town hall?"),
        ("Metformin was withheld because of the kidney function.", "Why was Metformin withheld?"),
        ("The message of May was published by the Liberty Press.",
         "Who was the message of May published by?"),
        ("At least five drones were shot down over the town of Dzhankoi on Sunday.",
         "How many drones were shot down over the town of Dzhankoi?"),
        ("Anna Karlsson was introduced in the House chamber.",
         "Where was Anna Karlsson introduced?"),
        ("Flights to Loma were stopped in September. Later there were flights again.",
         "When were flights to Loma stopped?"),
    ],
)  # fmt: skip
def test_a_sentence_holds_a_question(sentence: str, question: str) -> None:
    (made, *_) = questions(article(sentence), small_words([SMALL]))
    assert made.question == question
    assert sentence[made.start : made.end] == sentence.partition(" Later")[0]
    assert made.question.startswith(made.form)


@pytest.mark.parametrize(
    "sentence",
    [
        "It was shut for 41 days after the storm.",
        "His house was sold in 1999.",
        "In the event the show is delayed due to weather, tickets stay valid.",
        "The mayor said “the harbour was shut for 41 days”.",
        "The harbour was not shut in 1999.",
        "The harbour was wide.",
        "They were shut.",
        "Two people were killed on Sunday.",
        "Shut in 1999?",
        "",
    ],
)
def test_where_it_would_be_no_good_question_there_is_none(sentence: str) -> None:
    assert list(questions(article(sentence), small_words([SMALL]))) == []


TOLD = "The old stone {} of Olm town was shut down for {} days after the storm."
PLACES = ["harbour", "lighthouse", "theatre", "school", "museum", "library", "station", "market"]


def write(folder: Path, places: list[str]) -> Path:
    folder.mkdir()
    for n, place in enumerate(places, start=41):
        (folder / f"{place}.txt").write_text(f"{TOLD.format(place, n)}\n", encoding="utf-8")
    return folder


def test_kept_is_what_is_answered_for_sure_by_its_own_sentence(tmp_path: Path) -> None:
    settings = load_settings(corpus=write(tmp_path / "corpus", PLACES), index=tmp_path / "index")
    build(settings, FakeEncoder())
    opened = open_with_fakes(settings)
    paused = [0]

    def pause() -> None:
        paused[0] += 1

    found = examples(opened, pause)
    assert len(found) == len(set(found)) == COUNT <= paused[0]
    cited = []
    for question in found:
        answer = opened.ask(question)
        assert answer.confidence >= SURE
        cited.append(answer.citations[0].article.id)
    assert len(set(cited)) == COUNT  # of different documents


def test_they_are_made_once_for_a_build_and_again_for_the_next(
    tmp_path: Path, serve: Serve
) -> None:
    settings = load_settings(
        corpus=write(tmp_path / "corpus", PLACES[:2]), index=tmp_path / "index"
    )
    build(settings, FakeEncoder())
    client = serve(create_app(settings, open_with_fakes))
    asked = {f"How long was the old stone {place} of Olm town shut down?" for place in PLACES}
    first = made(client, 2)
    assert set(first) <= asked
    kept = open_collection(settings.index).folder / "examples.json"
    written = kept.stat().st_mtime_ns
    assert client.get("/v1/examples").json()["questions"] == first
    assert kept.stat().st_mtime_ns == written
    body = {"id": "new", "text": TOLD.format("theatre", 97)}
    over(client, client.post("/v1/articles", json=body))
    assert len(set(made(client, 3)) & asked) == 3
    kept.write_text('{"format": 1, "build": 7}')  # damaged: made anew
    assert len(made(client, 3)) == 3
    assert len(json.loads(kept.read_bytes())["questions"]) == 3


def made(client: httpx.Client, count: int) -> list[str]:
    """So many, as soon as they are there."""
    found: list[str] = []
    for _ in range(600):
        found = client.get("/v1/examples").json()["questions"]
        if len(found) == count:
            break
        time.sleep(0.1)
    return found


def test_those_that_a_collection_names_come_first(client: httpx.Client) -> None:
    named = ["How many days was the harbour shut?", "When was the <img> drawn?"]
    assert client.get("/v1/examples").json()["questions"] == named
