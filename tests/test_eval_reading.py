"""A reader's measures with the paragraph given: SQuAD 1.1, SQuAD 2.0, thresholds, the report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pincite.errors import InvalidData
from pincite.eval.cli_reading import reading as run_reading
from pincite.eval.data import Asked, Paragraph, load
from pincite.eval.rates import Rate
from pincite.eval.reading import (
    WRITTEN_OUT,
    Item,
    choose,
    prediction_lines,
    read_all,
    sample,
    text_of,
)
from pincite.eval.reading_report import Report, few_refused, report_on, sections
from pincite.eval.squad import Reading, best_threshold, squad2, threshold_refusing
from pincite.eval.tables import as_markdown
from pincite.qa.answer import Turn
from pincite.qa.reader import Span, Text
from pincite.settings import load_settings
from tests.fakes import FakeReader

SETTINGS = load_settings()


class PairReader(FakeReader):
    """Counts what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def read_pairs(self, pairs: Sequence[tuple[str, Text]]) -> list[list[Span]]:
        self.asked += [asked for asked, _ in pairs]
        return [self.read(asked, [text])[0] for asked, text in pairs]


def reading(
    margin: float, text: str = "Rome", *references: str, source: str = "squaddev", group: str = ""
) -> Reading:
    """A question whose span's score is `margin` above the null score; no references: no answer."""
    return Reading(
        "Where?", source, source, group or f"{margin}", references, text, 1.0 + margin, 1.0
    )


# From the surest on. Forced: exact 1, 0 (F1 2/3), 0 (F1 0), 1; two have no answer.
FOUR_AND_TWO = [
    reading(5, "Rome", "Rome"),
    reading(4, "old Rome", "Rome"),
    reading(3, "Paris"),
    reading(2, "Paris", "Rome"),
    reading(1, "Rome", "Rome", "Roma"),
    reading(-1, "Paris"),
]


def exact(of: Reading) -> float:
    return of.exact


def overlap(of: Reading) -> float:
    return of.f1


def values(*rates: Rate | None) -> list[float | None]:
    return [None if rate is None else rate.value for rate in rates]


class TestOneQuestion:
    def test_the_best_reference_counts(self) -> None:
        one = reading(0, "the Roman Empire", "an empire", "Roman Empire!")
        assert (one.exact, one.f1) == (1.0, 1.0)

    def test_f1_is_of_shared_tokens(self) -> None:
        # 1 shared token of 2 and of 1: 2 * 1 / 3.
        assert reading(0, "old Rome", "Rome", "Italy").f1 == pytest.approx(2 / 3)

    def test_without_an_answer_only_silence_is_right(self) -> None:
        assert (reading(0, "Rome").exact, reading(0, "Rome").f1) == (0.0, 0.0)
        assert (reading(0, "").exact, reading(0, "").f1) == (1.0, 1.0)

    def test_it_is_refused_under_the_threshold_and_not_at_it(self) -> None:
        assert [reading(1.0).refused(threshold) for threshold in (0.9, 1.0, 1.1)] == [
            False,
            False,
            True,
        ]
        assert reading(9, "").refused(0.0)  # nothing was found to say


class TestSquad2:
    def test_at_a_threshold(self) -> None:
        # Refused under 2: the right "Rome" at 1 and the unanswerable at -1.
        at = squad2(FOUR_AND_TWO, 2)
        # Right: 5 and the refusal at -1; F1 has the 2/3 of 4 on top.
        assert values(at.exact, at.f1) == pytest.approx([2 / 6, (2 + 2 / 3) / 6])
        # Of the four with an answer: 1, 2/3, 0 and the refused one's 0.
        assert values(at.has_exact, at.has_f1) == pytest.approx([1 / 4, (1 + 2 / 3) / 4])
        assert values(at.no_answer, at.refused) == [1 / 2, 1 / 4]

    def test_intervals_draw_articles_as_wholes(self) -> None:
        one_article = [replace(r, group="one") for r in FOUR_AND_TWO]
        assert squad2(one_article, 0).exact == Rate(3 / 6, None, None, 6)

    def test_the_best_threshold_by_hand(self) -> None:
        # Exact match, from all refused (2 right) on, each answered in turn:
        # 3, 3, 2, 2, 3, 2. The first 3 is at 5.
        assert best_threshold(FOUR_AND_TWO, exact) == 5
        # F1: 3, 3 2/3, 2 2/3, 2 2/3, 3 2/3, 2 2/3. The first 3 2/3 is at 4.
        assert best_threshold(FOUR_AND_TWO, overlap) == 4

    def test_nothing_is_better_than_the_best_threshold(self) -> None:
        for measure, name in ((exact, "exact"), (overlap, "f1")):
            best = getattr(squad2(FOUR_AND_TWO, best_threshold(FOUR_AND_TWO, measure)), name)
            for other in (6.0, *(r.margin for r in FOUR_AND_TWO)):
                assert getattr(squad2(FOUR_AND_TWO, other), name).value <= best.value

    def test_all_is_refused_where_every_answer_costs_more_than_it_gains(self) -> None:
        asked = [reading(2, "Paris"), reading(-3, "Rome", "Rome")]
        # All refused: 1 right. The first answered: 0; both: 1, which is not more.
        at = best_threshold(asked, exact)
        assert at > 2
        assert values(squad2(asked, at).exact) == [1 / 2]

    def test_equal_margins_are_answered_together(self) -> None:
        # In turn, the first alone would be 2 of 2, but no threshold parts the two.
        asked = [reading(0, "Rome", "Rome"), reading(0, "Paris")]
        assert best_threshold(asked, exact) > 0

    def test_the_threshold_that_refuses_at_most_ten_percent(self) -> None:
        # Of 20 answerable with margins 0..19, two may be refused: 0 and 1.
        twenty = [reading(margin, "Rome", "Rome") for margin in range(20)]
        others = [reading(margin) for margin in (3, 2, 1, -11)]
        assert threshold_refusing([*twenty, *others], 10) == 2
        at = squad2([*twenty, *others], 2)
        assert values(at.refused, at.no_answer) == [2 / 20, 2 / 4]

    def test_of_nineteen_only_one_may_be_refused(self) -> None:
        nineteen = [reading(margin, "Rome", "Rome") for margin in range(19)]
        assert threshold_refusing(nineteen, 10) == 1

    def test_equal_margins_are_refused_together_or_not_at_all(self) -> None:
        tied = [reading(max(margin, 1), "Rome", "Rome") for margin in range(10)]
        assert threshold_refusing(tied, 10) == 1  # refuses none: 1 stands twice

    def test_without_an_answerable_question_there_is_no_such_threshold(self) -> None:
        assert threshold_refusing([reading(1)], 10) is None


def paragraph(
    text: str, *asked: tuple[str, str | None], source: str = "squaddev", place: int = 0
) -> Paragraph:
    def spans(answer: str | None) -> tuple[tuple[int, int], ...]:
        return ((text.index(answer), text.index(answer) + len(answer)),) if answer else ()

    return Paragraph(
        text,
        "A",
        f"text {text}",
        (source,),
        tuple(Asked(question, source, spans(answer)) for question, answer in asked),
        place,
    )


HARBOUR = paragraph(
    "The harbour was shut for 41 days.",
    ("How many days was the harbour shut?", "41"),
    ("How long was the harbour shut?", "41 days"),
)
UNASKED = paragraph(
    "17 ships were counted by mayor Quimby.",
    ("Who sold herring?", None),
    ("When did the mayor count whales?", None),
    source="squad2dev_imp",
)


FOLLOWED = Paragraph(
    "Ann led the choir of 40.\n\nBo led the band.",
    "B",
    "id",
    ("written_news",),
    (
        Asked("Who led the choir?", "written_news", ((0, 3),), "plain"),
        Asked(
            "and the band?",
            "written_news",
            ((26, 28),),
            "follow-up",
            (Turn("Who led the choir?", "Ann"),),
            "Who led the band?",
        ),
    ),
    7,
)


class TestReading:
    items = choose([HARBOUR, UNASKED], "all")

    def test_the_readings_by_hand(self) -> None:
        # The fake's score is the number of shared terms, its null score 1.
        readings = read_all(PairReader(), self.items, SETTINGS)
        assert [(r.text, r.score, r.margin) for r in readings] == [
            ("41", 5.0, 4.0),  # days was the harbour shut
            ("41", 4.0, 3.0),  # was the harbour shut
            ("17", 0.0, -1.0),
            ("17", 2.0, 1.0),  # mayor, count
        ]
        assert [r.references for r in readings] == [("41",), ("41 days",), (), ()]

    def test_progress_ends_at_all_of_the_work(self) -> None:
        seen: list[tuple[int, int, float]] = []
        read_all(PairReader(), self.items, SETTINGS, lambda *at: seen.append(at))
        assert seen == [(4, 4, 1.0)]

    def test_a_paragraph_without_a_span_is_silence(self) -> None:
        item = Item(paragraph("nothing."), HARBOUR.asked[0])
        (silent,) = read_all(PairReader(), [item], SETTINGS)
        assert (silent.text, silent.score, silent.null) == ("", 0.0, 0.0)

    def test_a_follow_up_is_read_after_its_conversation_and_written_out(self) -> None:
        reader = PairReader()
        items = choose([FOLLOWED], "all")
        readings = read_all(reader, items, SETTINGS)
        assert set(reader.asked) == {
            "Who led the choir?",
            "Who led the choir? Ann . and the band?",
            "Who led the band?",
        }
        assert [r.set for r in readings] == ["plain", "follow-up", WRITTEN_OUT]
        # The second paragraph shares "led the band" and its first name is no term asked for.
        assert readings[2].text == "Bo"

    def test_blank_lines_part_a_text(self) -> None:
        assert text_of("one\n\ntwo\n \n\nthree").bounds == ((0, 3), (5, 8), (12, 17))
        assert text_of(FOLLOWED.text).bounds == ((0, 24), (26, 42))
        assert text_of("").bounds == ()

    def test_predictions_say_what_was_right(self) -> None:
        readings = read_all(PairReader(), self.items, SETTINGS)
        rows = [json.loads(line) for line in prediction_lines(self.items, readings, 0.0)]
        assert [row["right"] for row in rows] == [True, False, True, False]
        assert rows[1]["gold"] == ["41 days"]
        assert (rows[1]["predicted"], rows[1]["score"], rows[1]["null"]) == ("41", 4.0, 1.0)
        assert rows[2]["f1"] is None

    def test_a_file_of_the_data(self, tmp_path: Path) -> None:
        items = choose(load([squad_file(tmp_path / "data.jsonl")]), "all")
        assert read_all(PairReader(), items, SETTINGS)[0].exact == 1.0


class TestChoosing:
    def test_a_split_a_half_and_a_source(self) -> None:
        assert len(choose([HARBOUR, UNASKED], "all", sources=["squad2dev_imp"])) == 2
        assert len(choose([HARBOUR], HARBOUR.split, HARBOUR.half)) == 2
        with pytest.raises(InvalidData):
            choose([HARBOUR], "dev" if HARBOUR.split == "train" else "train")
        with pytest.raises(InvalidData):
            choose([HARBOUR], "all", "tune" if HARBOUR.half == "report" else "report")

    def test_a_sample_is_part_of_a_larger_one(self) -> None:
        many = [f"{number}?" for number in range(30)]
        six, ten = sample(many, 6, str), sample(many, 10, str)
        assert (len(six), len(ten)) == (6, 10)
        assert set(six) < set(ten)
        assert six == [one for one in many if one in six]  # in their order
        assert sample(many[::-1], 6, str)[::-1] == six
        assert sample(many, None, str) == many

    def test_an_item_gives_each_reference_once(self) -> None:
        asked = Asked("How many?", "squaddev", ((0, 1), (4, 5), (2, 3)))
        assert Item(Paragraph("7 8 7", "", "g", (), (), 0), asked).references == ("7", "8")

    def test_what_a_question_is_counted_with(self) -> None:
        kinds = [("squaddev", ""), ("written_news", "far"), ("written_events", "conflict")]
        named = [Item(HARBOUR, Asked("Who?", source, (), kind)).set for source, kind in kinds]
        assert named == ["squaddev", "far", "event, conflict"]


class TestReport:
    def made(self) -> Report:
        others = [
            reading(margin, source="squad2dev_imp", group="imp") for margin in (20.0, -5.0, -6.0)
        ]
        shifted = [reading(1, "Rome", "Oslo", source="squadshifts_reddit")]
        news = [reading(1, "Rome", "Rome", source="nq")]
        alone = [replace(reading(1, "Rome", "Rome", source="written_news"), set=WRITTEN_OUT)]
        asked = [*FOUR_AND_TWO[:2], *others, *shifted, *news, *alone]
        return report_on(asked, 0.0, {"limit": 7})

    def test_the_sets(self) -> None:
        rows = {row.name: row for row in self.made().rows}
        assert list(rows) == [
            WRITTEN_OUT,
            "nq",
            "squad2dev_imp",
            "squaddev",
            "squadshifts_reddit",
            "Wikipedia",
            "SQuAD-like",
            "all",
        ]
        assert values(rows["Wikipedia"].exact, rows["Wikipedia"].f1) == pytest.approx(
            [1 / 2, 5 / 6]
        )
        assert values(rows["SQuAD-like"].exact) == [1 / 3]
        assert values(rows["all"].exact) == [2 / 4]  # without the one written out
        assert (rows["squad2dev_imp"].exact, rows["squad2dev_imp"].unanswerable) == (None, 3)

    def test_refusals_are_over_wikipedia_and_the_unanswerable(self) -> None:
        refusing = self.made().refusing
        assert list(refusing) == ["Wikipedia"]
        at = refusing["Wikipedia"][few_refused(10)]
        assert at.threshold == 4  # of two, none may be refused
        assert at.exact is not None and at.exact.count == 5
        assert values(at.no_answer, at.refused) == [2 / 3, 0.0]

    def test_without_unanswerable_questions_there_is_nothing_to_refuse(self) -> None:
        assert report_on(FOUR_AND_TWO[:2]).refusing == {}

    def test_markdown_shows_sets_and_refusals(self) -> None:
        text = as_markdown({}, sections(self.made()))
        assert "| Wikipedia | 2 | 50.0 (0 to 100) | 83.3 (67 to 100) | 0 |" in text
        assert "| Wikipedia | refuses at most 10 % of the answerable | 4.000 |" in text
        assert "| 0.0: 0 of 2 | 66.7: 2 of 3 |" in text

    def test_the_json_is_plain(self) -> None:
        made = json.loads(json.dumps(self.made().to_dict(), allow_nan=False))
        assert made["refusing"]["Wikipedia"][few_refused(5)]["threshold"] == 4


def squad_file(path: Path) -> Path:
    row = {
        "source": "squaddev",
        "title": "Harbour",
        "context": HARBOUR.text,
        "qas": [
            {
                "question": "How many days was the harbour shut?",
                "answers": [{"text": "41", "answer_start": 25}],
            }
        ],
    }
    path.write_text(json.dumps(row), encoding="utf-8")
    return path


def test_what_the_command_cannot_use_is_said_at_once(tmp_path: Path) -> None:
    data = squad_file(tmp_path / "data.jsonl")
    with pytest.raises(InvalidData, match=r"none\.jsonl can't be read"):
        run_reading([tmp_path / "none.jsonl"])
    with pytest.raises(InvalidData, match="no question of that split"):
        run_reading([data], split="all", source=["nq"])
    with pytest.raises(InvalidData, match="there is no folder"):
        run_reading([data], split="all", json_=tmp_path / "none" / "report.json")


@pytest.mark.models
def test_the_command_writes_what_is_asked_for(tmp_path: Path) -> None:
    run_reading(
        [squad_file(tmp_path / "data.jsonl")],
        split="all",
        json_=tmp_path / "report.json",
        markdown=tmp_path / "report.md",
        predictions=tmp_path / "predictions.jsonl",
    )
    (row,) = (tmp_path / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(row)["gold"] == ["41"]
    assert json.loads((tmp_path / "report.json").read_text())["metadata"]["questions"] == 1
    assert "## Answers forced" in (tmp_path / "report.md").read_text(encoding="utf-8")
