"""News passages become reading data: what answers, what does not, and where."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.errors import InvalidData
from pincite.eval import data
from pincite.eval.news import part
from pincite.settings import Settings
from pincite.training import news

TRAIN = next(week for week in ("20220617", "20220624", "20220701") if part(week) == "train")
QUESTION = "Which bakery in Graz won the national baguette prize?"
WINS = "The bakery Sorger of Graz won the national baguette prize. Sorger was founded in 1688."
LATER = "A day later the owner of Sorger thanked all who had come."
OTHER = "The jury of the baguette prize met in Vienna. It tasted loaves from forty bakeries."
QUIZ = f"{QUESTION}\nA. Auer\nB. Sorger"


def row(url: str, *paragraphs: str) -> dict[str, Any]:
    return {"url": url, "text": "\n\n".join(paragraphs), "title": "Bread"}


def asked(*answers: str, question: str = QUESTION) -> news.NewsQuestion:
    return news.NewsQuestion(question, answers, ("https://a.example/1",))


def cuts(*paragraphs: str) -> list[news.Cut]:
    # Small passages: a paragraph each.
    settings = Settings(passage_tokens=32, overlap_tokens=0)
    made = news.cut(row("https://a.example/1", *paragraphs), lambda s: 2 * len(s.split()), settings)
    assert [one.passage.text for one in made] == list(paragraphs)
    return made


EQUAL = dict.fromkeys(("bakeri", "graz", "won", "nation", "baguett", "prize"), 1.0)


def quoted(found: Sequence[news.Found]) -> list[list[str]]:
    return [[one.passage.text[start:end] for start, end in one.answers] for one in found]


def test_the_sentence_that_shares_the_question_is_the_answer() -> None:
    found = news.answering(asked("sorger"), cuts(WINS, LATER), EQUAL)
    assert [one.passage.text for one in found] == [WINS, WINS, LATER]
    assert found[0].answers == ((11, 17),)
    assert found[0].share == 1.0
    assert found[1].share == 0.5  # the second sentence: nothing in it, all around it


def test_the_quiz_itself_is_no_passage() -> None:
    made = news.cut(row("u", QUIZ, WINS), lambda s: len(s.split()), Settings(overlap_tokens=0))
    assert news.answering(asked("Sorger"), made, EQUAL) == []
    assert news.not_answering(asked("Auerbach"), made, EQUAL) == []


def test_a_negative_shares_the_question_but_not_its_answer() -> None:
    # Half of the terms; "prize" and "baguette" in the first sentence, "bakeries" in the second.
    (found,) = news.not_answering(asked("Sorger"), cuts(WINS, OTHER, LATER), EQUAL)
    assert (found.passage.text, found.answers, found.share) == (OTHER, (), 0.5)
    assert news.not_answering(asked("Vienna Bread"), cuts(OTHER), EQUAL) == []
    assert news.not_answering(asked("Vienn"), cuts(OTHER), EQUAL) == []


def test_a_sentence_with_most_of_the_question_may_answer_it_otherwise() -> None:
    assert news.not_answering(asked("Auer"), cuts(WINS), EQUAL) == []


def test_every_article_has_its_turn() -> None:
    a, b, c = (
        news.Found(
            news.cut(row(url, WINS), lambda s: len(s.split()), Settings())[0].passage, share, (), 0
        )
        for url, share in (("x", 0.9), ("x", 0.8), ("y", 0.7))
    )
    assert news.spread([a, b, c], 2) == [a, c]
    assert news.spread([a, b, c], 3) == [a, c, b]


@pytest.mark.parametrize(
    ("answer", "text", "found"),
    [
        ("The Hay Wain", "Constable's the hay  wain", ["hay  wain"]),
        ("4,500", "14,500, 4,500.5, 4,500,000 and 4,500.", ["4,500"]),
        ("“Up”", '"Up" and up', ['"Up"']),
        ("Xi's plan", "XI’S PLAN", ["XI’S PLAN"]),
        ("Rolls-Royce", "a Rolls‑Royce, Rolls-Royces", ["Rolls‑Royce"]),
        ("$5", "US$50, $5 and $5.20", ["$5"]),
        ("70%", "170%, 70%.", ["70%"]),
        ("C++ (1.0)", "C++ (1.0)!", ["C++ (1.0)"]),
        ("", "nothing", []),
    ],
)
def test_answers_stand_as_whole_words(answer: str, text: str, found: list[str]) -> None:
    assert [match[0] for match in news.answer_pattern([answer]).finditer(text)] == found


@given(st.text(min_size=1, max_size=30))
def test_an_answer_is_found_in_itself(answer: str) -> None:
    match = news.answer_pattern([answer]).search(answer)
    bare = news._LEADING.sub("", answer.strip())
    assert (match is not None) == bool(bare)


def test_what_is_not_so_is_not_asked() -> None:
    rows = [
        {"week": week, "question": question, "answers": ["x"], "supporting_articles": []}
        for week in (
            TRAIN,
            *(w for w in ("20220715", "20220722", "20220729") if part(w) != "train"),
        )
        for question in ("Who came?", "All of these came except:", "Who didn’t come?")
    ]
    assert [q.question for q in news.asked(iter(rows))] == ["Who came?"]


def test_the_lines_are_what_training_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    questions, articles = tmp_path / "q.jsonl", tmp_path / "a.jsonl.gz"
    one = {"week": TRAIN, "question": QUESTION, "answers": ["Sorger"], "supporting_articles": ["u"]}
    questions.write_text(json.dumps(one) + "\n")
    with gzip.open(articles, "wt") as file:
        file.write(json.dumps(row("u", WINS, LATER)) + "\n")
        file.write(json.dumps(row("unasked", WINS)) + "\n")
    out = tmp_path / "out.jsonl.gz"
    monkeypatch.setattr("sys.argv", ["news", str(questions), str(articles), str(out)])
    news.main()
    first = out.read_bytes()
    news.main()
    assert out.read_bytes() == first
    assert "1 passages: 1 answers, 0 without one" in capsys.readouterr().out
    (paragraph,) = data.load([out])
    assert (paragraph.text, paragraph.title) == (f"{WINS}\n{LATER}", "Bread")
    assert paragraph.asked == (data.Asked(QUESTION, "realtimeqa", ((11, 17),)),)


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "q.jsonl").write_text("{")
    with pytest.raises(InvalidData, match=r"q\.jsonl"):
        list(data.rows(tmp_path / "q.jsonl"))
