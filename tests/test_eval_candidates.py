from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from pincite.errors import InvalidData
from pincite.eval.asked import Asked, write
from pincite.eval.candidates import (
    NAMES,
    STRANGER,
    STRANGERS,
    WRONG,
    Pool,
    ToAsk,
    collect,
    key_of,
    of_articles,
    of_folder,
    read,
    strangers,
)
from pincite.eval.confidence_report import judge
from pincite.qa.ask import Pincite
from pincite.qa.confidence import Logistic
from pincite.qa.ranking import Ranking
from pincite.qa.said.same import Said
from pincite.settings import load_settings

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


def keep(
    opened: Pincite,
    asked: list[ToAsk],
    path: Path,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> None:
    collect([(one, lambda: opened) for one in asked], key_of(opened, asked), path, progress)


def collected(small: Pincite, asked: list[ToAsk], cache: Path) -> dict[str, Pool]:
    keep(small, asked, cache / "harbour.jsonl")
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
    assert (days.question, days.accounts, days.disputed) == (QUESTIONS[0].question, 1, False)
    assert set(days.told[days.right].tolist()) == {0}
    assert (pools["nothing"].accounts, pools["nothing"].answerable) == (0, False)
    assert set(pools["nothing"].told.tolist()) == {WRONG}
    assert not pools["nothing"].right.any()
    assert days.features.shape == (len(days.voices), len(NAMES))
    assert read(tmp_path / "cache")[0] == small.reader.fingerprint


def test_a_candidate_s_words_are_kept_where_they_stand(
    small: Pincite, asked: list[ToAsk], tmp_path: Path
) -> None:
    days = collected(small, asked, tmp_path / "cache")["days"]
    (said,) = {one for one, right in zip(days.said, days.right, strict=True) if right}
    sentence = "The harbour was shut for 41 days after the storm."
    assert said == Said("41", sentence, date(2024, 5, 6))
    # The other article has no date.
    assert None in {one.published for one in days.said}


def test_what_is_opened_is_what_is_still_to_be_read(
    small: Pincite, asked: list[ToAsk], tmp_path: Path
) -> None:
    opened: list[str] = []

    def opener(one: ToAsk) -> Pincite:
        opened.append(one.id)
        return small

    path, key = tmp_path / "cache" / "a.jsonl", key_of(small, asked)
    for some in (asked[:1], asked):
        collect([(one, partial(opener, one)) for one in some], key, path, lambda *_: None)
    assert opened == ["days", "ships", "nothing"]


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
    keep(small, asked, whole)
    stopped = tmp_path / "stopped" / "a.jsonl"
    stopped.parent.mkdir()
    lines = whole.read_bytes().splitlines(keepends=True)
    stopped.write_bytes(lines[0] + lines[1] + lines[2][:20])
    said: list[tuple[int, int]] = []
    keep(small, asked, stopped, lambda *done: said.append(done))
    assert stopped.read_bytes() == whole.read_bytes()
    assert said == [(1, 3), (2, 3), (3, 3)]


def test_what_another_reader_read_is_begun_anew(
    small: Pincite, asked: list[ToAsk], tmp_path: Path
) -> None:
    path = tmp_path / "cache" / "a.jsonl"
    keep(small, asked, path)
    whole = path.read_bytes()
    key, _, rest = whole.partition(b"\n")
    path.write_bytes(json.dumps(json.loads(key) | {"reader": "other"}).encode() + b"\n" + rest)
    keep(small, asked, path)
    assert path.read_bytes() == whole


def test_a_folder_of_two_readers_or_of_none_is_refused(
    small: Pincite, asked: list[ToAsk], tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    with pytest.raises(InvalidData, match="0 readers"):
        read(cache)
    keep(small, asked, cache / "a.jsonl")
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
    # Only what has several accounts can be disputed, and some questions have none.
    assert all(one.accounts > 1 for one in asked if one.disputed)
    assert any(one.disputed for one in asked)
    assert {one.answerable for one in asked} == {True, False}


def test_strangers_are_other_corpora_s_development_questions_without_an_answer(
    small: Pincite, asked: list[ToAsk], tmp_path: Path
) -> None:
    (stranger,) = strangers(asked)  # not the test one, nor the one without an answer at home
    assert (stranger.id, stranger.question) == ("strangers-days", QUESTIONS[0].question)
    assert (stranger.group, stranger.answerable) == ("g", False)
    # Its words stand there, but it is asked where nobody answers it.
    keep(small, [stranger], tmp_path / "cache" / "strangers-harbour.jsonl")
    _, (pool,) = read(tmp_path / "cache")
    assert pool.corpus == STRANGER
    assert len(pool.told) > 0
    assert set(pool.told) == {WRONG}


def test_no_more_strangers_than_can_be_borne_are_drawn(asked: list[ToAsk]) -> None:
    many = [replace(asked[0], question=f"How many days, {n}?") for n in range(2 * STRANGERS)]
    drawn = strangers(many)
    assert len(drawn) == STRANGERS
    assert {one.question for one in drawn} == {one.question for one in strangers(many[::-1])}
