"""Open questions: the corpus made of paragraphs, what became of a question, ratio and causes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from pincite.errors import InvalidData
from pincite.eval.cli_reading import open_
from pincite.eval.data import Asked, Paragraph, load
from pincite.eval.open_reading import (
    Cause,
    Opened,
    Place,
    ask_all,
    corpus_paragraphs,
    questions,
    write_corpus,
)
from pincite.eval.open_report import failures, ratio, report_on, sections
from pincite.eval.rates import Rate
from pincite.eval.reading import Item, read_all
from pincite.eval.squad import Reading
from pincite.eval.tables import as_markdown
from pincite.index.build import build
from pincite.index.corpus import scan
from pincite.settings import load_settings
from tests.conftest import open_with_fakes
from tests.fakes import FakeEncoder, FakeReader


def in_dev() -> str:
    """The name of a group of the development split."""
    names = (f"group {number}" for number in range(1000))
    return next(n for n in names if Paragraph("", "", n, (), (), 0).split == "dev")


DEV = in_dev()


def paragraph(
    place: int,
    title: str,
    text: str,
    asked: Sequence[tuple[str, str]] = (),
    source: str = "squaddev",
) -> Paragraph:
    spans = [(q, (text.index(a), text.index(a) + len(a))) for q, a in asked]
    return Paragraph(
        text, title, DEV, (source,), tuple(Asked(q, source, (span,)) for q, span in spans), place
    )


SHUT = paragraph(
    0,
    "Harbour_news",
    "The harbour was shut for 41 days after the storm that came over the town in May.",
    [
        ("How many days was the harbour shut?", "41"),
        ("How long was the harbour shut?", "41 days"),
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
    [("How many tricks about rabbits and hats?", "900")],
)
PARAGRAPHS = [SHUT, OTHER, HERRING]


class TestCorpus:
    def test_paragraphs_of_one_title_make_one_article(self, tmp_path: Path) -> None:
        places = write_corpus(PARAGRAPHS, tmp_path)
        articles = {article.id: article for article in scan(tmp_path).articles()}
        assert len(articles) == 2
        for held in PARAGRAPHS:
            place = places[held.place]
            assert articles[place.article].text[place.start : place.end] == held.text
        assert places[0].article == places[2].article == "0001-Harbour_news"
        assert articles["0001-Harbour_news"].title == "Harbour news"
        assert articles["0001-Harbour_news"].text == f"{SHUT.text}\n\n{HERRING.text}"

    def test_paragraphs_without_a_title_stand_alone(self, tmp_path: Path) -> None:
        nameless = [paragraph(0, "", "One thing."), paragraph(1, "", "Another thing.")]
        reddit = [paragraph(2, "Filtered_Reddit_Comments", "Third.", source="squadshifts_reddit")]
        places = write_corpus([*nameless, *reddit], tmp_path)
        assert len({place.article for place in places.values()}) == 3

    def test_a_place_holds_what_lies_inside(self) -> None:
        place = Place("a", 10, 20)
        assert place.holds("a", 10, 20)
        assert not place.holds("b", 10, 20)
        assert not place.holds("a", 9, 12)
        assert not place.holds("a", 18, 21)

    def test_only_development_paragraphs_of_these_sets(self) -> None:
        far = paragraph(3, "", "From Natural Questions.", source="nq")
        assert corpus_paragraphs([*PARAGRAPHS, far]) == PARAGRAPHS
        with pytest.raises(InvalidData):
            corpus_paragraphs([far])

    def test_only_questions_with_an_answer(self) -> None:
        unasked = Paragraph("No.", "", DEV, ("squaddev",), (Asked("Who?", "squaddev", ()),), 4)
        assert len(questions([*PARAGRAPHS, unasked], None)) == 3
        assert len(questions(PARAGRAPHS, 2)) == 2
        assert len(questions(PARAGRAPHS, 2, skip=2)) == 1
        with pytest.raises(InvalidData):
            questions(PARAGRAPHS, 2, skip=3)
        with pytest.raises(InvalidData):
            questions([unasked], None)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> list[Opened]:
    folder = tmp_path_factory.mktemp("open")
    places = write_corpus(PARAGRAPHS, folder / "corpus")
    settings = load_settings(
        corpus=folder / "corpus", index=folder / "index", threshold=0.0, retrieve_passages=1
    )
    build(settings, FakeEncoder())
    items = questions(PARAGRAPHS, None)
    given = read_all(FakeReader(), items, 9)
    return ask_all(open_with_fakes(settings), items, places, given)


class TestAsking:
    def test_the_right_answer_from_its_paragraph(self, asked: list[Opened]) -> None:
        assert (asked[0].text, asked[0].exact, asked[0].cause) == ("41", 1.0, None)
        assert asked[0].right_paragraph and asked[0].paragraph_read and asked[0].answer_read
        assert asked[0].cited == SHUT.text

    def test_a_wrong_span_of_the_right_paragraph(self, asked: list[Opened]) -> None:
        assert (asked[1].text, asked[1].exact) == ("41", 0.0)
        assert asked[1].f1 == pytest.approx(2 / 3)
        assert asked[1].cause is Cause.WRONG_SPAN

    def test_a_paragraph_that_was_not_retrieved(self, asked: list[Opened]) -> None:
        assert (asked[2].text, asked[2].cited) == ("7", OTHER.text)
        assert not asked[2].paragraph_read
        assert asked[2].cause is Cause.NOT_RETRIEVED
        assert asked[2].given.text == "900"


def opened(
    exact: bool,
    given: bool,
    *,
    own: bool = True,
    read: bool = True,
    group: str = "",
    source: str = "squaddev",
) -> Opened:
    reading = Reading("Where?", source, group, ("Rome",), "Rome" if given else "Oslo", 1.0, 0.0)
    return Opened(reading, "Rome" if exact else "Paris", 0.5, "It is there.", own, read, read)


SIX = [
    opened(True, True, group="a"),
    opened(True, False, own=False, group="a", source="squad_flan"),
    opened(False, True, own=False, read=False, group="b"),
    opened(False, True, own=False, group="b"),
    opened(False, False, group="b", source="squadshifts_reddit"),
    opened(False, True, group="b", source="squadshifts_reddit"),
]


class TestReport:
    def test_the_first_cause_that_holds(self) -> None:
        assert [one.cause for one in SIX] == [
            None,
            None,  # the right words, from wherever
            Cause.NOT_RETRIEVED,
            Cause.WRONG_PARAGRAPH,
            Cause.WRONG_SPAN,
            Cause.WRONG_SPAN,
        ]

    def test_the_rates_by_hand(self) -> None:
        rows = {row.name: row for row in report_on(SIX).rows}
        assert list(rows) == ["squad_flan", "squaddev", "squadshifts_reddit", "Wikipedia", "all"]
        of_all = {name: rate.value for name, rate in rows["all"].rates.items()}
        assert of_all == pytest.approx(
            {
                "open EM": 2 / 6,
                "open F1": 2 / 6,
                "given EM": 4 / 6,
                "given F1": 4 / 6,
                "own paragraph": 3 / 6,
                "hit": 5 / 6,
                "answer read": 5 / 6,
                "ratio": 2 / 4,
            }
        )
        assert rows["Wikipedia"].rates["ratio"].value == pytest.approx(2 / 3)
        assert "ratio" not in rows["squad_flan"].rates  # nothing is right with it given

    def test_the_ratio_draws_articles_as_wholes(self) -> None:
        # Of the pairs aa, ab, ba, bb: 4/2, 2/3, 2/3, 0/4 by chances of 1/4 each.
        assert ratio("aabb", [1, 1, 0, 0], [0, 1, 1, 1]) == Rate(2 / 3, 0.0, 2.0, 4)
        assert ratio("aa", [1, 1], [1, 0]) == Rate(2.0, None, None, 2)
        assert ratio("ab", [1, 1], [0, 0]) is None

    def test_the_target(self) -> None:
        assert report_on(SIX).goal.met is False
        assert report_on(SIX[:1]).goal.met is True

    def test_markdown_has_target_causes_and_failures(self) -> None:
        report = report_on(SIX, {"limit": 6})
        text = as_markdown(report.metadata, [*sections(report), *failures(report)])
        assert "| open EM over given EM, all | 75 | 50.0 (0 to 200) | no |" in text
        assert "| not retrieved | 1 | 16.7 | 0 |" in text
        assert "| wrong span in the right paragraph | 2 | 33.3 | 1 |" in text
        assert "| (right words from another paragraph) | 1 | 16.7 | – |" in text
        assert "## Wrong paragraph chosen: 1 of 1" in text
        assert "| squaddev | Where? | Rome | Paris | right | 0.50 | It is there. |" in text

    def test_the_json_holds_every_question(self) -> None:
        made = json.loads(json.dumps(report_on(SIX).to_dict(), allow_nan=False))
        assert len(made["questions"]) == 6
        assert made["questions"][2]["cause"] == "not retrieved"
        assert made["questions"][2]["given"]["references"] == ["Rome"]


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
    open_([data], index=tmp_path / "kept", json_=tmp_path / "report.json")
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    first = report["questions"][0]
    assert (first["text"], first["right_paragraph"], first["cause"]) == ("41", True, None)
    assert (tmp_path / "kept" / "index" / "CURRENT").exists()


def test_an_item_gives_each_reference_once() -> None:
    asked = Asked("How many?", "squaddev", ((0, 1), (4, 5), (2, 3)))
    assert Item(Paragraph("7 8 7", "", DEV, (), (), 0), asked).references == ("7", "8")
