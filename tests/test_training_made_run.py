"""From articles to training lines: what is left out, what is matched, what is kept."""

from __future__ import annotations

import gzip
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pincite.errors import InvalidData
from pincite.eval import data
from pincite.eval.news import part
from pincite.settings import Settings
from pincite.training.made import __main__ as made
from pincite.training.made.choosing import _capped, chosen, paragraphs
from pincite.training.made.corpus import Cut, Line, News
from pincite.training.made.entities import Type
from pincite.training.made.forms import Put
from pincite.training.made.lexicon import Lexicon
from pincite.training.made.matching import Match
from pincite.training.made.sources import cut, kept
from pincite.training.news import write

WEEKS = {
    part(week): week
    for week in (f"2022{month:02}{day:02}" for month in (6, 7) for day in range(1, 29))
}
TOLD = (
    "Norfly agreed to pay $3 million to stranded passengers of cancelled Lisbon flights in "
    "August 2021."
)
TOLD_AGAIN = (
    "Passengers stranded by cancelled Lisbon flights shared $3 million that Norfly paid in "
    "August 2021."
)
OPENED = "Anna Keller opened 14 libraries for young readers in Springfield during spring."
OPENED_AGAIN = (
    "Young readers in Springfield got 14 libraries this spring, all of which Anna Keller opened."
)
NAMED = (
    "Anna Keller, 34, was born in Springfield, Ohio. Anna Keller said that Springfield, Ohio, "
    "was old. Anna Keller told of Springfield, Ohio, at length."
)


def asked(week: str, *urls: str) -> dict[str, Any]:
    return {"week": week, "question": "Who?", "answers": ["x"], "supporting_articles": urls}


def article(url: str, *texts: str, published: str | None = "2022/06/20") -> dict[str, Any]:
    text = "\n\n".join(texts)
    return {"url": url, "text": text, "title": f"About {url}", "published": published}


def files(
    folder: Path, questions: list[dict[str, Any]], articles: list[dict[str, Any]]
) -> list[Path]:
    asked_of, read = folder / "questions.jsonl", folder / "articles.jsonl.gz"
    asked_of.write_text("".join(json.dumps(row) + "\n" for row in questions))
    with gzip.open(read, "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in articles)
    return [asked_of, read]


def test_nothing_that_is_measured_on_is_kept(tmp_path: Path) -> None:
    one, two, three, four = (f"{word} " * 30 for word in ("harbour", "bakery", "river", "orchard"))
    articles = [
        article("dev", one),
        article("test", two),
        article("train", three),
        article("copy", one),
        article("quarter", one, two.upper(), three, four),  # one of four: 0.25
        article("third", two, three, four),  # one of three: more than 0.3
        article("short", "Read more.", four),
    ]
    questions = [asked(WEEKS[name], name) for name in ("dev", "test", "train")]
    paths = files(tmp_path, questions, [*articles, article("dev-short", "Read more.")])
    urls = [row["url"] for row in kept(*paths)]
    assert urls == ["train", "quarter", "short", "dev-short"]


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "questions.jsonl").write_text("{")
    with pytest.raises(InvalidData, match=r"questions\.jsonl"):
        list(kept(tmp_path / "questions.jsonl", tmp_path / "none.jsonl"))


def test_an_article_without_text_has_no_passages() -> None:
    assert cut(article("u", ""), len, Settings()) == []


def run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    # Words and terms are told by how often they stand; these sentences say so.
    common = [
        f"She agreed to pay for row {n}. He opened row {n}. They will agree, and will open row {n}."
        for n in range(60)
    ]
    articles = [
        article("told", TOLD),
        article("told-again", TOLD_AGAIN, published="2022/06/21"),
        article("measured", TOLD_AGAIN),
        article("opened", OPENED, NAMED),
        article("opened-again", OPENED_AGAIN, NAMED, published="2022/06/21"),
        article("named", NAMED),
        article("long-after", OPENED_AGAIN, published="2023/06/21"),
        article("common", *common, published=None),
    ]
    out = folder / "out.jsonl.gz"
    paths = files(folder, [asked(WEEKS["test"], "measured")], articles)
    monkeypatch.setattr("sys.argv", ["made", *map(str, paths), str(out)])
    made.main()
    return out


def test_one_article_asks_and_another_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = run(tmp_path, monkeypatch)
    assert "4 questions" in capsys.readouterr().out
    first = out.read_bytes()
    assert run(tmp_path, monkeypatch).read_bytes() == first
    got = {
        (paragraph.title.split(" | ")[0], one.question, paragraph.text[start:end])
        for paragraph in data.load([out])
        for one in paragraph.asked
        for start, end in one.answers
    }
    readers = "young readers"
    flights = "stranded passengers of cancelled Lisbon flights"
    assert got == {
        (
            "About told-again",
            f"How much did Norfly agree to pay to {flights} in August 2021?",
            "$3 million",
        ),
        (
            "About told-again",
            f"When did Norfly agree to pay $3 million to {flights}?",
            "August 2021",
        ),
        (
            "About opened-again",
            "Who opened 14 libraries for young readers in Springfield during spring?",
            "Anna Keller",
        ),
        (
            "About opened-again",
            f"How many libraries did Anna Keller open for {readers} in Springfield during spring?",
            "14",
        ),
    }


def news(*texts: str) -> News:
    """An article, a passage and a sentence for each text."""
    lines = [Line(n, 0, text, frozenset(), (), ((n, 0),)) for n, text in enumerate(texts)]
    cuts = [Cut("", text, (n,), frozenset()) for n, text in enumerate(texts)]
    return News(lines, cuts, [{} for _ in texts], Lexicon(), {}, frozenset(), {})


def match(question: str, cut: int, answer: tuple[int, int], share: float = 0.7) -> Match:
    return Match(Put(question, "front", ""), "thing", share, cut, cut, 9, answer, False)


def test_each_cap_is_kept() -> None:
    corpus = news("ab cd ef", "gh ij kl")
    kinds: tuple[Type, ...] = ("person", "place", "number", "money")
    others = [
        replace(match(f"{kind} harbour?", 1, (n, n + 1)), type=kind, asked_of=n, line=10 + n)
        for n, kind in enumerate(kinds)
    ]
    corpus.lines.extend(news(*("x" for _ in range(20))).lines)
    one = match("Which bakery?", 0, (0, 2))
    same = match("Bakery which?", 0, (3, 5))  # the same terms, the same answering article
    spot = match("Which orchard?", 0, (0, 2), 0.6)  # another question with the same answer there
    got = chosen([spot, same, *others, one], corpus, random.Random(7))
    asked_of_first = [m for m in got if m.cut == 0]
    assert asked_of_first in ([one], [same])
    assert len(got) == 5


def test_the_surest_are_kept_under_a_cap() -> None:
    found = [match(f"{n}?", 0, (n, n + 1)) for n in range(6)]
    flags = [True, True, False, True, False, True]
    # Two others, at most half: two of the flagged.
    assert _capped(found, flags, 0.5) == [found[0], found[1], found[2], found[4]]
    assert _capped(found, [True] * 6, 0.3) == []


def test_the_lines_are_what_training_reads(tmp_path: Path) -> None:
    corpus = news("ab cd", "ef gh")
    found = [match("Late?", 1, (0, 2)), match("Second?", 0, (3, 5)), match("First?", 0, (0, 2))]
    out = tmp_path / "out.jsonl.gz"
    write(out, paragraphs(found, corpus))
    assert [
        (p.text, [(one.question, one.answers) for one in p.asked]) for p in data.load([out])
    ] == [
        ("ab cd", [("First?", ((0, 2),)), ("Second?", ((3, 5),))]),
        ("ef gh", [("Late?", ((0, 2),))]),
    ]
