"""What the peers are given: questions of every kind, and passages as Pincite encodes them."""

from __future__ import annotations

import importlib
from collections import Counter

import pytest

from pincite.eval.peers.__main__ import PLAIN, drawn, kinds
from pincite.eval.peers.places import Passages
from pincite.eval.peers.protocol import Document, Said
from pincite.eval.question_file import load
from pincite.index.article import Article, Block, Role, Tier
from pincite.index.corpus import scan
from pincite.index.passages import Passage
from pincite.settings import SHIPPED

TEXT = "Bo left the tent.\nShare this page.\n"
ARTICLE = Article(
    *("a", "a.txt", "Bo goes", None, None, None, TEXT),
    (Block(Role.BODY, 0, 17, 1, None), Block(Role.FURNITURE, 18, 34, None, None)),
    (),
)
GIVEN = Passages(
    {
        "1": Passage("a", None, "Bo goes", 1, 0, 17, "Bo left the tent."),
        "2": Passage("a", None, "", 2, 18, 34, "Share this page.", Tier.BESIDE),
    },
    {"a": ARTICLE},
)
READ = "Bo goes. Bo left the tent."


def test_a_passage_has_its_titles_and_a_button_is_left_out() -> None:
    assert GIVEN.documents == [Document("1", READ, 9)]
    assert READ[9:] == "Bo left the tent."


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("left", (3, 7)),
        ("goes. Bo", (0, 2)),  # what of it is in the passage
        ("goes", None),
        ("goes. ", None),
    ],
)
def test_a_span_is_cited_where_it_stands_in_the_article(
    words: str, place: tuple[int, int] | None
) -> None:
    at = READ.index(words)
    body = GIVEN.body(Said(words, "1", at, at + len(words)))
    places = [(citation["start"], citation["end"]) for citation in body["citations"]]
    assert places == ([] if place is None else [place])
    assert body["answer"] == words
    assert body["accounts"] == [{"answer": words, "citations": [1] if place else []}]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("Bo", Said("Bo", "1", 9, 11)),
        ("Cy", Said("Cy", "2", 9, 11)),
        ("goes", Said("goes")),  # in a title only
    ],
)
def test_txtai_is_cited_behind_the_titles(
    words: str, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(SHIPPED / "eval" / "peers")
    worker = importlib.import_module("pincite.eval.peers.worker_txtai")
    txtai = worker.Txtai()
    txtai._rag = lambda _: words
    txtai._begins = {"1": 9, "2": 9}
    txtai._found.passages = [{"id": "1", "text": READ}, {"id": "2", "text": "Bo goes. Cy stays."}]
    found = txtai.ask("Who?")
    place = (found.answer, found.document, found.start, found.end)
    assert place == (said.answer, said.document, said.start, said.end)


def test_some_questions_are_of_all_kinds() -> None:
    texts = {article.file: article.text for article in scan(SHIPPED / "seeds").articles()}
    loaded = load(SHIPPED / "eval" / "questions.jsonl", texts, split="dev", kinds=PLAIN)
    assert drawn(loaded, 0) == [question for question in loaded if question.answerable]
    some = drawn(loaded, 40)
    assert some == drawn(loaded, 40) and len(some) == 40
    counts = Counter(question.kind for question in some)
    assert counts.keys() == set(PLAIN)
    assert kinds(some) == ", ".join(f"{counts[kind]} {kind}" for kind in PLAIN)
    assert {one.id for one in drawn(loaded, 10)} < {one.id for one in some}
