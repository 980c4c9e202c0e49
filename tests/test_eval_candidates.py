from __future__ import annotations

import json
from pathlib import Path

import pytest

from eval.asked import Asked, write
from eval.candidates import NAMES, Pool, ToAsk, collect, of_articles, of_folder, read
from eval.confidence_report import judge
from pincite.errors import InvalidData
from pincite.settings import load_settings
from qa.ask import Pincite
from qa.confidence import Logistic
from qa.rank import Ranking

QUESTIONS = [
    Asked("days", "How many days was the harbour shut after the storm?", ("41",), "g", "dev"),
    Asked(
        "ships", "How many ships did the mayor count on the first morning?", ("17",), "h", "test"
    ),
    Asked("nothing", "Who invented the tricky telephone?", (), "i", "dev"),
]
SURE = Ranking({"score": 1.0, "null": -1.0}, 0.0, 0.5, Logistic({"logit": 0.7, "ahead": 0.2}, -0.3))


@pytest.fixture
def asked(tmp_path: Path) -> list[ToAsk]:
    write(tmp_path, QUESTIONS)
    return of_folder(tmp_path)


def collected(small: Pincite, asked: list[ToAsk], cache: Path) -> dict[str, Pool]:
    collect(small, asked, cache / "harbour.jsonl", lambda *_: None)
    _, pools = read(cache)
    return {pool.id: pool for pool in pools}


def test_every_candidate_is_kept_with_whether_it_is_right(
    small: Pincite, asked: list[ToAsk], tmp_path: Path
) -> None:
    pools = collected(small, asked, tmp_path / "cache")
    assert pools.keys() == {"days", "ships", "nothing"}
    days = pools["days"]
    assert (days.corpus, days.group, days.part, days.answerable) == ("harbour", "g", "dev", True)
    assert {v.said for v, right in zip(days.voices, days.right, strict=True) if right} == {"41"}
    assert not pools["nothing"].right.any()
    assert days.features.shape == (len(days.voices), len(NAMES))
    assert read(tmp_path / "cache")[0] == small.reader.fingerprint


def test_what_is_fitted_on_is_what_the_product_ranks(
    small: Pincite, asked: list[ToAsk], tmp_path: Path
) -> None:
    product = Pincite(small.index, small.encoder, small.reader, SURE, small.settings)
    pools = collected(small, asked, tmp_path / "cache")
    for question in QUESTIONS:
        expected = product.ask(question.question).confidence
        assert judge(pools[question.id], SURE).confidence == pytest.approx(expected, abs=1e-4)


def test_a_stopped_run_goes_on_where_it_was(
    small: Pincite, asked: list[ToAsk], tmp_path: Path
) -> None:
    whole = tmp_path / "whole" / "a.jsonl"
    collect(small, asked, whole, lambda *_: None)
    stopped = tmp_path / "stopped" / "a.jsonl"
    stopped.parent.mkdir()
    lines = whole.read_bytes().splitlines(keepends=True)
    stopped.write_bytes(lines[0] + lines[1] + lines[2][:20])
    said: list[tuple[int, int]] = []
    collect(small, asked, stopped, lambda *done: said.append(done))
    assert stopped.read_bytes() == whole.read_bytes()
    assert said == [(1, 3), (2, 3), (3, 3)]


def test_what_another_reader_read_is_begun_anew(
    small: Pincite, asked: list[ToAsk], tmp_path: Path
) -> None:
    path = tmp_path / "cache" / "a.jsonl"
    collect(small, asked, path, lambda *_: None)
    whole = path.read_bytes()
    key, _, rest = whole.partition(b"\n")
    path.write_bytes(json.dumps(json.loads(key) | {"reader": "other"}).encode() + b"\n" + rest)
    collect(small, asked, path, lambda *_: None)
    assert path.read_bytes() == whole


def test_a_folder_of_two_readers_or_of_none_is_refused(
    small: Pincite, asked: list[ToAsk], tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    with pytest.raises(InvalidData, match="0 readers"):
        read(cache)
    collect(small, asked, cache / "a.jsonl", lambda *_: None)
    key, _, rest = (cache / "a.jsonl").read_text().partition("\n")
    (cache / "b.jsonl").write_text(json.dumps(json.loads(key) | {"reader": "other"}) + "\n" + rest)
    with pytest.raises(InvalidData, match="2 readers"):
        read(cache)
    (cache / "b.jsonl").write_text("nonsense")
    with pytest.raises(InvalidData, match="can't be read"):
        read(cache)


def test_only_the_development_half_of_the_articles_questions_is_asked() -> None:
    asked = of_articles(load_settings())
    assert len(asked) > 100
    assert {one.part for one in asked} == {"dev"}
