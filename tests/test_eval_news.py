from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pincite.errors import InvalidData
from pincite.eval.asked import Asked, load, write
from pincite.eval.news import UNANSWERABLE, _number, choose, part, sample

WEEKS = [f"2022{month:02}{day:02}" for month in range(1, 13) for day in (1, 8, 15, 22)]


def row(number: int, week: str, urls: list[str], **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "id": f"{week}_{number}",
        "week": week,
        "question": f"Which harbour reopened after storm {number}?",
        "answers": [f"Portly{number}"],
        "supporting_articles": urls,
    } | changes


def article(url: str, text: str) -> dict[str, Any]:
    return {"url": url, "title": "News", "text": text, "publisher": "p", "published": "2022"}


def test_a_week_s_part_never_changes() -> None:
    assert [part(week) for week in ("20220617", "20220624", "20220701", "20220708")] == [
        *("train", "test", "train", "train")
    ]


def test_about_half_of_the_weeks_are_for_training() -> None:
    counts = Counter(part(week) for week in WEEKS)
    assert 16 <= counts["train"] <= 32
    assert min(counts["dev"], counts["test"]) >= 5


def test_no_article_of_an_unanswerable_question_is_in_the_corpus() -> None:
    asked = [row(n, "20220617", [f"u{n}", f"u{n + 1}"]) for n in range(40)]
    texts = {f"u{n}": article(f"u{n}", "Nothing much.") for n in range(41)}
    chosen, own, banned = choose(asked, texts)
    by_id = {one.id: one for one in chosen}
    for one in asked:
        if _number(one["question"]) % UNANSWERABLE == 0:
            assert by_id[one["id"]].answers == ()
            assert not own & set(one["supporting_articles"])
        elif one["id"] in by_id:
            assert own & set(one["supporting_articles"])
    assert not own & banned
    assert any(one.answers for one in chosen)
    assert any(not one.answers for one in chosen)


def test_an_article_that_tells_the_answer_too_is_left_out() -> None:
    number = next(n for n in range(99) if _number(row(n, "w", [])["question"]) % UNANSWERABLE == 0)
    tells = f"The harbour of Portly{number} reopened after the storm."
    texts = {
        "tells": article("tells", tells),
        "names": article("names", f"Portly{number} won the match."),
        "near": article("near", "The harbour reopened after the storm."),
    }
    _, _, banned = choose([row(number, "w", ["gone"])], texts)
    assert banned == {"gone", "tells"}


def test_a_sample_is_written_and_read(tmp_path: Path) -> None:
    rows = [row(n, week, [f"u{n}"]) for n, week in enumerate(WEEKS)]
    (tmp_path / "q.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows))
    with gzip.open(tmp_path / "a.jsonl.gz", "wt", encoding="utf-8") as file:
        for n in range(len(WEEKS)):
            file.write(json.dumps(article(f"u{n}", "It rained. " * 10)) + "\n")
        for n in range(200):
            file.write(json.dumps(article(f"filler{n}", "The sun shone. " * 20)) + "\n")
        file.write(json.dumps(article("long", "x" * 9_001)) + "\n")
    asked, kept = sample(tmp_path / "q.jsonl", tmp_path / "a.jsonl.gz", tmp_path / "out", size=90)
    lines = (tmp_path / "out" / "corpus" / "articles.jsonl").read_text().splitlines()
    read = load(tmp_path / "out")
    assert (len(read), len(lines)) == (asked, kept)
    assert kept == 90
    assert {one.part for one in read} == {"dev", "test"}
    assert all(one.part == part(one.group) for one in read)
    assert "long" not in {json.loads(line)["url"] for line in lines}
    assert len(rows) - asked >= sum(part(week) == "train" for week in WEEKS)


def test_what_is_asked_comes_back(tmp_path: Path) -> None:
    asked = [
        Asked("1", "Who?", ("Ann", "Ann Bé"), "week", "dev"),
        Asked("2", "U+2028 why?", (), "w", "test"),
    ]
    write(tmp_path, asked)
    assert load(tmp_path) == asked


@pytest.mark.parametrize("line", ["{}", "nonsense", '{"id": 1}'])
def test_a_line_of_another_shape_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "questions.jsonl").write_text(line + "\n")
    with pytest.raises(InvalidData, match=r"questions\.jsonl"):
        load(tmp_path)


def test_a_part_that_is_none_is_refused(tmp_path: Path) -> None:
    write(tmp_path, [Asked("1", "Who?", (), "week", "train")])
    with pytest.raises(InvalidData, match="neither of"):
        load(tmp_path)
