"""The benchmarks at size, over small corpora with the fakes: what they count and what they keep."""

from __future__ import annotations

import gzip
import json
import os
from itertools import islice
from pathlib import Path

import httpx
import numpy as np
import pytest

from pincite.errors import InvalidData
from pincite.eval.growth import write_corpus
from pincite.eval.load import sections, together
from pincite.eval.realtime import Asked, Cause, ask, part, supporting
from pincite.eval.realtime import sections as realtime_sections
from pincite.eval.remembered import Remembered
from pincite.eval.synthetic import EXCHANGED, MARK, varied
from pincite.index.build import build
from pincite.qa.ask import Pincite
from pincite.settings import load_settings
from tests.conftest import open_with_fakes
from tests.fakes import FakeEncoder

ARTICLES = [
    {
        "id": f"a{n}",
        "url": f"https://example.org/{n}",
        "title": f"Title {n}",
        "text": f"The town of Anvil{n} counted {10 + n} geese.\n\nNobody in it was surprised.",
    }
    for n in range(4)
]


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    path = tmp_path / "articles.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(article) + "\n" for article in ARTICLES)
    return path


def test_copies_are_marked_and_keep_the_shape() -> None:
    long = [{"id": "a", "title": "T", "text": "\n\n".join(["one two three four " * 50] * 2)}]
    first, second = islice(varied(long), 2)
    assert first["id"] != second["id"] != "a"
    for copy in (first, second):
        paragraphs = copy["text"].split("\n\n")
        assert len(paragraphs) == 2
        assert all(paragraph.endswith(MARK) for paragraph in paragraphs)
        words = [word for paragraph in paragraphs for word in paragraph.split()[:-1]]
        kept = np.mean([w == o for w, o in zip(words, long[0]["text"].split(), strict=True)])
        # A third is exchanged, for the same word one time in four.
        assert kept == pytest.approx(1 - EXCHANGED * 3 / 4, abs=0.1)


def test_a_size_is_filled_up_with_copies(articles: Path, tmp_path: Path) -> None:
    assert write_corpus(articles, 3, tmp_path / "small") == (4, 4)  # whole articles
    assert write_corpus(articles, 12, tmp_path / "large") == (8, 12)
    lines = (tmp_path / "large" / "articles.jsonl").read_text("utf-8").splitlines()
    assert [MARK in line for line in lines] == [False] * 4 + [True] * 2


def test_what_is_remembered_is_not_encoded_again(tmp_path: Path) -> None:
    encoder = FakeEncoder()
    remembered = Remembered(encoder, tmp_path)
    texts = ["two geese", "a town", f"two geese {MARK}"]
    first = remembered.encode(texts)
    assert encoder.encoded == texts[:2]
    again = Remembered(encoder, tmp_path).encode(texts[::-1])
    assert encoder.encoded == texts[:2]
    np.testing.assert_allclose(again[::-1], first, atol=1e-3)
    np.testing.assert_allclose(first[:2], FakeEncoder().encode(texts[:2]), atol=1e-3)
    # A synthetic vector is some real one with noise of length 0.5.
    assert np.linalg.norm(first[2]) == pytest.approx(1, abs=1e-3)
    assert max(first[:2] @ first[2]) > 0.7
    # Another encoder is given nothing of this one's.
    other = FakeEncoder("other")
    Remembered(other, tmp_path).encode(texts[:2])
    assert other.encoded == texts[:2]


def news(articles: Path, tmp_path: Path) -> Pincite:
    folder = tmp_path / "corpus"
    folder.mkdir()
    articles.rename(folder / articles.name)
    settings = load_settings(corpus=folder, index=tmp_path / "index")
    build(settings, FakeEncoder())
    return open_with_fakes(settings)


def test_news_questions_are_judged_by_words_and_article(articles: Path, tmp_path: Path) -> None:
    opened = news(articles, tmp_path)
    at = supporting(opened, opened.settings.corpus / articles.name)
    assert {url: len(ids) for url, ids in at.items()} == {a["url"]: 1 for a in ARTICLES}
    rows = [
        {
            "id": str(n),
            "week": "20230101",
            "question": f"How many geese did the town of Anvil{n} count?",
            "answers": [answer],
            "supporting_articles": [f"https://example.org/{article}"],
        }
        for n, answer, article in ((1, "11", 1), (2, "12", 3), (3, "99", 3))
    ]
    asked = list(ask(opened, rows, at))
    assert [one.answer for one in asked] == ["11", "12", "13"]
    assert [one.cause for one in asked] == [None, Cause.RIGHT_ELSEWHERE, Cause.WRONG_WORDS]
    table = {name: values for name, *values in realtime_sections(asked)[0][2]}
    assert table["questions"][-1] == "3"
    assert table["right"][-1].startswith("66.7")
    assert table["correct and cited"][-1].startswith("33.3")
    assert table["hit@10"][-1] == "100.0"


def test_a_week_s_part_never_changes() -> None:
    assert [part(week) for week in ("20220617", "20220624", "20220701", "20220708")] == [
        *("train", "test", "train", "train")
    ]


def test_a_refused_and_a_missing_article() -> None:
    one = Asked("1", "test", "Who?", ("Ann",), "", None, False, False, 1.0)
    assert one.cause is Cause.NOT_READ
    found = Asked("1", "test", "Who?", ("Ann",), "", 2, True, False, 1.0)
    assert found.cause is Cause.REFUSED


def test_another_corpus_is_refused(small: Pincite, articles: Path) -> None:
    with pytest.raises(InvalidData, match="harbour"):
        supporting(small, articles)


def test_load_finds_answers_unlike_those_alone(client: httpx.Client) -> None:
    url = str(client.base_url)
    right = client.post("/v1/ask", json={"question": "How many ships?"}).json()
    right.pop("took_ms")
    seen, memory = together(url, os.getpid(), {"How many ships?": right}, clients=3, seconds=3)
    assert seen.statuses[200] >= 3
    assert not seen.wrong and not seen.broken
    assert all(held > 0 for held in memory)
    wrong, _ = together(url, os.getpid(), {"How many ships?": right | {"answer": "x"}}, 1, 1)
    assert len(wrong.wrong) == wrong.statuses[200] > 0
    ((_, _, rows),) = sections(seen, memory, 3, 0.5)
    assert ("answers unlike those alone", "0") in rows
