"""Questions on events that several reports tell: what is known of them, and what is made of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pincite.eval.cases import Place, write_corpus
from pincite.eval.cli_events import events, sections
from pincite.eval.data import Paragraph, load
from pincite.eval.events import (
    NOT_AN_ACCOUNT,
    EventQuestion,
    Judged,
    ask_events,
    event_questions,
    judge,
)
from pincite.index.build import build
from pincite.qa.agreement import MODEL
from pincite.qa.answer import Account, Answer, ArticleRef, Citation, ParagraphRef, Status, Took
from pincite.settings import SHIPPED, load_settings
from tests.conftest import open_with_fakes
from tests.fakes import FakeEncoder

REPORTS = {
    "1": ("Ferry lost", "the ferry did carry 40 wagons, its owner said."),
    "2": ("At sea", "when it sank, 40 wagons or more were what the ferry had to carry."),
    "3": ("A list", "a list has the ferry carry 55 wagons."),
    "4": ("Elsewhere", "the ferry did carry wagons to the island."),
}
HERE = ParagraphRef(1, "paragraph 1", "")
ASKED = "How many wagons did the ferry carry?"


def event(name: str = "e-1") -> dict[str, Any]:
    """A line of a file: two reports tell the same, a third denies it, a fourth says nothing."""

    def at(number: str, words: str) -> dict[str, Any]:
        return {"text": words, "answer_start": REPORTS[number][1].index(words)}

    return {
        "id": name,
        "reports": {
            number: {"title": title, "text": text} for number, (title, text) in REPORTS.items()
        },
        "questions": [
            {
                "question": ASKED,
                "kind": "conflict",
                "accounts": [[1, 2], [3]],
                "answers": {"1": at("1", "40"), "2": at("2", "40 wagons"), "3": at("3", "55")},
            },
            {"question": "Who built the ferry?", "kind": "none", "accounts": [], "answers": {}},
        ],
    }


def loaded(folder: Path, *rows: dict[str, Any]) -> list[Paragraph]:
    file = folder / "events.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return load([file])


def held(name: str) -> str:
    """An id of a half of the development split that is never trained on."""
    ids = (f"held-{n}" for n in range(99))
    return next(i for i in ids if Paragraph("", "", i, (), (), 0).half == name)


def test_a_question_is_asked_once_of_all_its_event_s_reports(tmp_path: Path) -> None:
    paragraphs = loaded(tmp_path, event())
    places = {one.place: Place(f"a{one.place}", 100, 200) for one in paragraphs}
    conflict, none = event_questions(paragraphs, places)
    # 40 at 20 of the first, 40 wagons at 14 of the second, 55 at 27 of the third.
    assert conflict == EventQuestion(
        *("e-1", ASKED, "conflict"),
        (
            Place("a0", 120, 122, 0),
            Place("a1", 114, 123, 0),
            Place("a2", 127, 129, 1),
        ),
    )
    assert none == EventQuestion("e-1", "Who built the ferry?", "none", ())


def test_only_the_wanted_part_is_asked(tmp_path: Path) -> None:
    tune, report = held("tune"), held("report")
    paragraphs = loaded(tmp_path, event(tune))
    places = {one.place: Place(f"a{one.place}", 0, 99) for one in paragraphs}
    assert len(event_questions(paragraphs, places, "dev")) == 2
    assert len(event_questions(paragraphs, places, "dev", "tune")) == 2
    assert event_questions(paragraphs, places, "dev", "report") == []
    assert event_questions(paragraphs, places, "train") == []
    renamed = [replace(one, group=report) for one in paragraphs]
    assert {of.event for of in event_questions(renamed, places, "dev", "report")} == {report}


QUESTION = EventQuestion(
    *("e", ASKED, "conflict"),
    (Place("a", 10, 20, 0), Place("b", 0, 5, 0), Place("c", 7, 9, 1)),
)


def test_which_account_words_tell() -> None:
    told = [("a", 19, 30), ("a", 0, 10), ("b", 4, 5), ("c", 0, 99), ("d", 0, 99), ("a", 20, 21)]
    assert [QUESTION.account_of(*at) for at in told] == [
        *(0, NOT_AN_ACCOUNT, 0, 1, NOT_AN_ACCOUNT, NOT_AN_ACCOUNT)
    ]


def answer(*accounts: list[tuple[str, int, int]], status: Status = Status.ANSWERED) -> Answer:
    """An answer of accounts, each by `[start, end)` of its citations in an article."""
    citations: list[Citation] = []
    shown = []
    for places in accounts:
        first = len(citations) + 1
        citations += [
            Citation(
                *(
                    first + n,
                    ArticleRef(id_, id_, id_, None, None),
                    None,
                    ParagraphRef(1, "paragraph 1", ""),
                ),
                *("words", start, end, ""),
            )
            for n, (id_, start, end) in enumerate(places)
        ]
        shown.append(Account("words", 0.5, tuple(range(first, len(citations) + 1)), 1))
    given = ("words", "words", 0.5, tuple(shown), tuple(citations), ())
    return Answer(ASKED, ASKED, status, *given, Took(0.0, 0.0, 0.0))


def judged(*accounts: list[tuple[str, int, int]]) -> Judged:
    return judge(QUESTION, answer(*accounts))


def test_what_is_right_is_judged_by_hand() -> None:
    whole = judge(
        QUESTION, answer([("a", 10, 12), ("b", 0, 3)], [("c", 7, 8)], status=Status.DISPUTED)
    )
    assert whole == Judged(QUESTION, Status.DISPUTED, 2, (0, 1), 3, 3)
    assert whole.found == 2
    # Nothing said, and what tells nothing.
    assert judge(QUESTION, answer(status=Status.NO_ANSWER)) == Judged(
        QUESTION, Status.NO_ANSWER, 2, (), 3, 0
    )
    assert judged([("d", 0, 9)]) == Judged(QUESTION, Status.ANSWERED, 2, (NOT_AN_ACCOUNT,), 3, 0)
    assert judged([("d", 0, 9)]).found == 0


def test_an_account_that_is_shown_twice_is_found_once() -> None:
    twice = judged([("a", 10, 12)], [("b", 0, 3)])
    assert (twice.shown, twice.found, twice.cited) == ((0, 0), 1, 2)


def test_a_report_is_heard_only_under_its_own_account() -> None:
    # "c" denies what "a" says; nobody is heard behind words that tell nothing.
    assert judged([("a", 10, 12), ("c", 7, 8)]).cited == 1
    assert judged([("d", 0, 9), ("a", 10, 12)]).cited == 0
    assert judged([("a", 10, 12), ("a", 15, 16)]).cited == 1


def test_the_fakes_are_asked_and_judged(tmp_path: Path) -> None:
    paragraphs = loaded(tmp_path, event())
    places = write_corpus(paragraphs, [tmp_path / "events.jsonl"], tmp_path / "corpus")
    settings = load_settings(corpus=tmp_path / "corpus", index=tmp_path / "index", read_behind=10.0)
    build(settings, FakeEncoder())
    questions = event_questions(paragraphs, places)
    conflict, none = ask_events(open_with_fakes(settings), questions)
    assert conflict == Judged(questions[0], Status.DISPUTED, 2, (0, 1), 3, 3)
    # Two terms of what nobody tells stand in no report with a number: too little.
    assert (none.status, none.accounts, none.shown, none.voices) == (Status.NO_ANSWER, 0, (), 0)


def test_the_tables_by_hand() -> None:
    none = EventQuestion("e", "Who?", "none", ())
    other = replace(QUESTION, event="f", kind="same")
    rows = [
        Judged(QUESTION, Status.DISPUTED, 2, (0, 1, NOT_AN_ACCOUNT), 3, 2),
        Judged(QUESTION, Status.ANSWERED, 2, (0, 0), 3, 1),
        Judged(other, Status.NO_ANSWER, 1, (), 2, 0),
        Judged(none, Status.ANSWERED, 0, (NOT_AN_ACCOUNT,), 0, 0),
    ]
    (_, header, table), (_, _, meanings) = sections(rows)
    assert header[:2] == ("kind", "questions")
    assert [name for name, _ in meanings] == list(header[2:])
    shares = {row[0]: [cell.split(" ")[0] for cell in row[1:]] for row in table}
    assert shares == {
        "same": ["1", "0.0", "–", "0.0", "0.0", "100.0"],
        # 3 of 4 accounts, 3 of the 5 shown; 3 of 6 reports; 1 of 2 disputed.
        "conflict": ["2", "75.0", "60.0", "50.0", "50.0", "0.0"],
        # 0 of 1 shown, of no account; it should have been refused.
        "none": ["1", "–", "0.0", "–", "0.0", "0.0"],
        "all that reports answer": ["3", "60.0", "60.0", "37.5", "33.3", "33.3"],
    }


def test_what_is_taken_for_no_question_is_refused() -> None:
    (_, header, table), _ = sections([Judged(QUESTION, Status.NO_QUESTION, 2, (), 3, 0)])
    (row, *_) = table
    assert row[header.index("refused")].startswith("100.0")


@pytest.mark.models
def test_the_command_asks_the_real_models(tmp_path: Path) -> None:
    if not (SHIPPED / "models" / "reader" / MODEL).exists():
        pytest.skip("no model compares answers: train and export it, see training/README.md")
    file = tmp_path / "events.jsonl"
    file.write_text(json.dumps(event(held("tune"))) + "\n", encoding="utf-8")
    events([file], folder=tmp_path / "kept", json_=tmp_path / "report.json")
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    first = report["questions"][0]
    assert (first["question"]["question"], first["accounts"], first["voices"]) == (ASKED, 2, 3)
    assert report["metadata"]["indexed"] == "4 reports"
