"""Questions over many texts: the corpus made of them, what became of a question, the report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pincite.eval.cases import (
    Case,
    Outcome,
    Place,
    ask_all,
    cases_of,
    cases_of_set,
    write_corpus,
)
from pincite.eval.cli_reading import open_
from pincite.eval.data import Asked, Paragraph, load
from pincite.eval.open_report import Cause, cause_of, report_on, sections
from pincite.eval.questions import Account, Gold, Question
from pincite.eval.rates import Rate
from pincite.eval.reading import WRITTEN_OUT, choose
from pincite.eval.tables import as_markdown
from pincite.index.build import build
from pincite.index.corpus import scan
from pincite.index.passages import Passage
from pincite.qa.answer import Status, Turn
from pincite.qa.ask import Models
from pincite.settings import load_settings
from tests.conftest import open_with_fakes
from tests.fakes import FakeEncoder


def paragraph(
    place: int,
    title: str,
    text: str,
    asked: Sequence[tuple[str, str]] = (),
    source: str = "squaddev",
    group: str = "",
) -> Paragraph:
    def spans(answer: str) -> tuple[tuple[int, int], ...]:
        return ((text.index(answer), text.index(answer) + len(answer)),) if answer else ()

    questions = tuple(Asked(question, source, spans(answer)) for question, answer in asked)
    return Paragraph(text, title, group or f"group {place}", (source,), questions, place)


SHUT = paragraph(
    0,
    "Harbour_news",
    "The harbour was shut for 41 days after the storm that came over the town in May.",
    [
        ("How many days was the harbour shut?", "41"),
        ("How long was the harbour shut?", "the storm"),
    ],
)
OTHER = paragraph(
    1, "", "A page of tricks holds 7 tricks about rabbits and hats.", source="squad_flan"
)
HERRING = paragraph(
    2,
    "Harbour_news",
    "900 crates of herring were sold to the market of the next town that week.",
    # The reader finds these terms in the page of tricks.
    [("How many tricks about rabbits and hats?", "900"), ("Who sold whales to the town?", "")],
)
PARAGRAPHS = [SHUT, OTHER, HERRING]


class TestCorpus:
    def test_paragraphs_of_one_title_make_one_article(self, tmp_path: Path) -> None:
        places = write_corpus(PARAGRAPHS, [], tmp_path)
        articles = {article.id: article for article in scan(tmp_path).articles()}
        assert len(articles) == 2
        for held in PARAGRAPHS:
            place = places[held.place]
            assert articles[place.article].text[place.start : place.end] == held.text
        assert places[0].article == places[2].article == "00001-Harbour_news"
        assert articles["00001-Harbour_news"].title == "Harbour news"
        assert articles["00001-Harbour_news"].text == f"{SHUT.text}\n\n{HERRING.text}"

    def test_texts_without_a_title_stand_alone_and_so_do_written_ones(self, tmp_path: Path) -> None:
        nameless = [paragraph(0, "", "One thing."), paragraph(1, "", "Another thing.")]
        reddit = [paragraph(2, "Filtered_Reddit_Comments", "Third.", source="squadshifts_reddit")]
        written = [paragraph(n, "A title", f"{n} days.", source="written_news") for n in (3, 4)]
        places = write_corpus([*nameless, *reddit, *written], [], tmp_path)
        assert len({place.article for place in places.values()}) == 5

    def test_publisher_and_date_are_kept(self, tmp_path: Path) -> None:
        file = tmp_path / "data.jsonl"
        named = {"publisher": "The Courier", "published": "2024-05-06"}
        rows: list[dict[str, Any]] = [
            {"source": "written_news", "id": "a", "title": "A", "context": "One.", "qas": []},
            {"id": "b", "reports": {"1": {"title": "B", "text": "Two."} | named}, "questions": []},
        ]
        rows[0] |= named
        file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        write_corpus(load([file]), [file], tmp_path / "corpus")
        articles = list(scan(tmp_path / "corpus").articles())
        assert [a.title for a in articles] == ["A", "B"]
        assert {(a.publisher, a.published) for a in articles} == {("The Courier", "2024-05-06")}


def case(*places: Place, answers: tuple[str, ...] = ("41 days",), name: str = "plain") -> Case:
    return Case(name, "g", "How long?", (), (answers,) if answers else (), places)


class TestCases:
    def test_right_is_what_overlaps_an_answer_or_has_its_words(self) -> None:
        one = case(Place("a", 10, 17))
        assert one.is_right("a", 16, 30, "whatever")
        assert not one.is_right("a", 17, 30, "whatever")
        assert not one.is_right("b", 10, 17, "whatever")
        assert one.is_right("b", 0, 2, "41 days")
        # Five tokens more at most; and no other figure, however much else they share.
        assert one.is_right("b", 0, 2, "for just about 41 days in all")
        assert not one.is_right("b", 0, 2, "for just about 41 days in all of it")
        assert not one.is_right("b", 0, 2, "61 days")
        assert not case(answers=()).is_right("a", 10, 17, "41 days")

    def test_a_passage_is_found_if_it_has_something_of_an_answer(self) -> None:
        one = case(Place("a", 10, 17))
        assert one.stands_in(Passage("a", None, "", 1, 16, 20, "s aft"))
        assert not one.stands_in(Passage("a", None, "", 1, 17, 20, " aft"))

    def test_a_question_that_several_texts_answer_is_asked_once(self) -> None:
        both = [
            paragraph(n, f"{n}", text, [("How many?", answer)], "written_events", "event")
            for n, text, answer in ((0, "It was nine.", "nine"), (1, "No: 17.", "17"))
        ]
        none = paragraph(2, "2", "Nobody says.", [("How many?", "")], "written_events", "event")
        places = {n: Place(f"a{n}", 100, 200) for n in range(3)}
        (made,) = cases_of(choose([*both, none], "all"), places)
        assert made.accounts == (("nine", "17"),)
        assert made.places == (Place("a0", 107, 111), Place("a1", 104, 106))

    def test_each_place_tells_one_of_the_accounts(self) -> None:
        # The second account of the event comes first, the first is told by two.
        said = [("No: 17 men.", "17 men", 1), ("It was nine.", "nine", 0), ("9 men.", "9 men", 0)]
        texts = [
            replace(
                paragraph(n, f"{n}", text, [("How many?", words)], "written_events", "event"),
                asked=(
                    Asked(
                        *("How many?", "written_events"),
                        *(((text.index(words), len(text) - 1),), "conflict"),
                        account=account,
                    ),
                ),
            )
            for n, (text, words, account) in enumerate(said)
        ]
        places = {n: Place(f"a{n}", 100, 200) for n in range(3)}
        (made,) = cases_of(choose(texts, "all"), places)
        assert made.disputed
        assert made.accounts == (("17 men",), ("nine", "9 men"))
        assert [(place.article, place.account) for place in made.places] == [
            *(("a0", 0), ("a1", 1), ("a2", 1))
        ]
        assert made.account_of("a1", 110, 112, "whatever") == 1
        assert made.account_of("a0", 104, 106, "nine") == 0  # where it stands counts first
        assert made.account_of("b", 0, 4, "nine") == 1
        assert made.account_of("b", 0, 4, "17 men") == 0
        assert made.account_of("b", 0, 4, "whatever") is None

    def test_follow_ups_of_the_set_come_after_right_answers(self) -> None:
        def turn(number: int, asked: str, *answers: str) -> Question:
            gold = Gold("a.txt", "It was 41 Days, not 141.", ((50, 74), (90, 114)))
            accounts = (Account(answers, (gold,)),) if answers else ()
            status = Status.ANSWERED if answers else Status.NO_ANSWER
            return Question(
                *(f"c/{number}", "conversation", "g", "dev", asked, asked, status),
                *(accounts, "c", number),
            )

        turns = [turn(1, "How long?", "41 days", "41"), turn(2, "Why?"), turn(3, "Not?", "141")]
        made = cases_of_set(turns, {"a.txt": "a"})
        assert made[2].history == (Turn("How long?", "41 days"), Turn("Why?", ""))
        assert made[0].places == (Place("a", 57, 64), Place("a", 97, 104))
        assert not made[1].accounts and not made[1].places
        assert made[2].places == (Place("a", 70, 73), Place("a", 110, 113))


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> list[Outcome]:
    return ask_over(tmp_path_factory.mktemp("open"), read_near=1.0)


def ask_over(folder: Path, read_near: float) -> list[Outcome]:
    """What comes of the questions, one window read at first."""
    places = write_corpus(PARAGRAPHS, [], folder / "corpus")
    settings = load_settings(
        corpus=folder / "corpus",
        index=folder / "index",
        threshold=0.0,
        read_windows=1,
        read_near=read_near,
    )
    build(settings, FakeEncoder())
    items = choose(PARAGRAPHS, "all")
    seen: list[tuple[int, int, float]] = []
    outcomes = ask_all(
        open_with_fakes(settings), cases_of(items, places), lambda *at: seen.append(at)
    )
    assert seen[-1] == (4, 4, 1.0)
    return outcomes


class TestAsking:
    def test_the_right_answer_from_its_paragraph(self, asked: list[Outcome]) -> None:
        one = asked[0]
        assert (one.answer, one.right, one.cited) == ("41", True, SHUT.text)
        assert (one.rank, one.read) == (1, True)

    def test_other_words_of_the_right_paragraph(self, asked: list[Outcome]) -> None:
        assert (asked[1].answer, asked[1].right, asked[1].read) == ("41", False, True)
        assert cause_of(asked[1], 0.0) is Cause.WRONG

    def test_a_paragraph_that_was_not_read(self, asked: list[Outcome]) -> None:
        one = asked[2]
        assert (one.answer, one.cited, one.right, one.read) == ("7", OTHER.text, False, False)
        assert cause_of(one, 0.0) is Cause.NOT_READ

    def test_what_is_read_beside_the_first_is_read(self, tmp_path: Path) -> None:
        one = ask_over(tmp_path, read_near=-1.0)[2]
        assert (one.right, one.read) == (False, True)
        assert cause_of(one, 0.0) is Cause.WRONG

    def test_what_nothing_answers_is_never_right(self, asked: list[Outcome]) -> None:
        assert asked[3].case.answers == ()
        assert (asked[3].right, asked[3].rank, asked[3].read) == (False, None, False)
        assert cause_of(asked[3], 0.0) is None


def outcome(
    name: str, right: bool, confidence: float, rank: int | None = 1, read: bool = True
) -> Outcome:
    answers = () if name == "unanswerable" else ("Rome",)
    words = "Rome" if right else "Paris"
    return Outcome(case(answers=answers, name=name), words, confidence, right, "", rank, read, 9.0)


SIX = [
    outcome("plain", True, 0.9),
    outcome("plain", True, 0.2, 3),
    outcome("plain", False, 0.6, 10, False),
    outcome("plain", False, 0.3, None),
    outcome("unanswerable", False, 0.2, None, False),
    outcome(WRITTEN_OUT, True, 1.0),
]


class TestReport:
    def test_the_rates_by_hand(self) -> None:
        rows = {row.name: row for row in report_on(SIX, 0.5).rows}
        assert list(rows) == [WRITTEN_OUT, "plain", "unanswerable", "all"]
        assert {name: rate.value for name, rate in rows["plain"].rates.items()} == {
            "right and shown": 1 / 4,
            "right if forced": 2 / 4,
            "EM forced": 2 / 4,
            "F1 forced": 2 / 4,
            "refused": 2 / 4,
            "hit@1": 1 / 4,
            "hit@5": 2 / 4,
            "hit@10": 3 / 4,
            "read": 3 / 4,
        }
        assert rows["unanswerable"].rates == {"refused": Rate(1.0, None, None, 1)}
        # All: the answerable alone, but for the calibration; the one written out not at all.
        assert rows["all"].rates["refused"].count == 4
        assert rows["all"].questions == 5
        # Bins .2 (1 of 2 right), .3, .6, .9: 2 * .3, .3, .6, .1, over 5.
        assert rows["all"].ece == pytest.approx((0.6 + 0.3 + 0.6 + 0.1) / 5)
        # Right: gaps .1 and .8; wrong: .6, .3 and .2.
        assert rows["all"].macro == pytest.approx((0.9 / 2 + 1.1 / 3) / 2)
        assert rows["unanswerable"].macro is None

    def test_the_first_cause_that_holds(self) -> None:
        causes = [cause_of(one, 0.5) for one in SIX]
        assert causes == [None, Cause.REFUSED, Cause.NOT_READ, Cause.WRONG, None, None]

    def test_markdown_has_sets_and_causes(self) -> None:
        report = report_on(SIX, 0.5, {"limit": 6})
        text = as_markdown(report.metadata, sections(report))
        assert "| unanswerable | 1 | 0 | – | – | – | – | 100.0 | – |" in text
        assert "| right, and refused | 1 |" in text

    def test_the_tables_count_what_their_numbers_are_over(self) -> None:
        # Of six, one is written out and one has no answer: the rates of "all" are over four.
        asked = [*SIX, outcome(WRITTEN_OUT, False, 0.9)]
        (_, header, rows), _, (_, _, causes) = sections(report_on(asked, 0.5))
        assert header[1:4] == ("questions", "with an answer", "right and shown")
        (whole,) = (row for row in rows if row[0] == "all")
        assert whole[1:3] == ("5", "4") and whole[3].startswith("25.0")
        # The three of four that are not right and shown.
        assert [count for _, count in causes] == ["1", "1", "1"]

    def test_the_json_holds_every_question(self) -> None:
        made = json.loads(json.dumps(report_on(SIX, 0.5).to_dict(), allow_nan=False))
        assert len(made["questions"]) == 6
        assert made["questions"][2]["cause"] == "no answer stands in what was read"
        assert made["questions"][2]["case"]["accounts"] == [["Rome"]]


def dev_file(path: Path) -> Path:
    """The paragraphs as a file, with an ending by which they fall into the development split."""
    for number in range(100):
        rows = [
            {
                "source": held.sources[0],
                "title": "Harbour_news",
                "context": f"{held.text} That was day {number}.",
                "qas": [
                    {
                        "question": one.question,
                        "answers": [
                            {"text": held.text[a:b], "answer_start": a} for a, b in one.answers
                        ],
                    }
                    for one in held.asked
                ],
            }
            for held in PARAGRAPHS
        ]
        path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        if load([path])[0].split == "dev":
            return path
    raise AssertionError("no such ending")


@pytest.mark.models
def test_the_command_asks_the_real_models(tmp_path: Path) -> None:
    data = dev_file(tmp_path / "data.jsonl")
    open_([data], folder=tmp_path / "kept", json_=tmp_path / "report.json")
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    first = report["questions"][0]
    assert (first["right"], first["rank"]) == (True, 1)
    assert "41" in first["answer"]
    # It is asked at 0, and reported at what answers are shown from.
    assert report["threshold"] == Models.open(load_settings()).confidence.threshold > 0
    assert (tmp_path / "kept" / "index" / "collections" / "default").is_dir()
