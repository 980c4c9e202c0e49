"""The one function that answers a question, over small indexes with the fakes."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from pincite.errors import InvalidRequest
from pincite.index.build import build
from pincite.qa.accounts import MOST
from pincite.qa.answer import IN_ENGLISH, NO_ANSWER, Answer, Status, Turn
from pincite.qa.ask import Pincite
from pincite.qa.confidence import SPAN, VOICE, Regression, log_odds
from pincite.qa.question import Question
from pincite.settings import load_settings
from tests.conftest import open_with_fakes
from tests.fakes import FakeEncoder


def with_settings(opened: Pincite, **changes: object) -> Pincite:
    """The same index under other settings."""
    settings = opened.settings.model_copy(update=changes)
    return Pincite(opened.index, opened.models, settings)


def assert_quotes_slice(opened: Pincite, answer: Answer) -> None:
    for citation in (*answer.citations, *answer.nearest):
        article = opened.index.store.article(citation.article.id)
        assert article is not None
        assert article.text[citation.start : citation.end] == citation.quote
        assert citation.quote in citation.paragraph.text
        for extract in (citation.sentence, citation.said_by):
            if extract is not None:
                assert article.text[extract.start : extract.end] == extract.text


def test_an_answer_is_a_quote_with_its_citation(small: Pincite) -> None:
    answer = small.ask("How many days was the harbour shut after the storm?")
    assert answer.status is Status.ANSWERED
    assert answer.answer == "41"
    assert answer.text == "41 [1]"
    (citation,) = answer.citations
    assert (citation.quote, citation.paragraph.number) == ("41", 1)
    assert citation.article.publisher == "The Courier"
    assert answer.accounts[0].citations == (1,)
    assert answer.nearest == ()
    assert_quotes_slice(small, answer)


@pytest.mark.parametrize(
    "question",
    [
        "Wie viele Wagen trug die Fähre?",
        "Combien de wagons le ferry a-t-il transportés ?",
        "Кто губернатор области?",
        "谁是州长?",
    ],
)
def test_a_question_in_another_language_is_told_why(small: Pincite, question: str) -> None:
    answer = small.ask(question)
    assert answer.status is Status.NO_ANSWER
    assert answer.text == f"{NO_ANSWER} {IN_ENGLISH}"
    # The hint is ours, and no part of the conversation that a follow-up carries.
    followed = small.ask("and when?", [Turn(question, answer.text)])
    assert "English" not in followed.understood_as


FERRY = "How many wagons did the ferry carry?"
# With 5, 4, 4 and 3 of the question's 7 terms, the first four have odds of e^2, e, e and 1.
REPORTS = (
    "the ferry did carry 40 wagons, its owner said.",
    "when it sank, 40 wagons or more were what the ferry had to carry.",
    "a list has the ferry carry 55 wagons.",
    "it took 7 crates to carry the ferry away.",
    "the ferry did carry wagons to the island.",  # as near, and says nothing
    "on the pier 12 cats slept through it all.",
)


def open_reports(folder: Path, reports: Sequence[str]) -> Pincite:
    """Reports of one event, each an article of its own."""
    rows = [
        {"id": f"{number}", "title": f"Report {number}", "text": text}
        for number, text in enumerate(reports, start=1)
    ]
    (folder / "corpus").mkdir()
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "corpus" / "articles.jsonl").write_text(lines, encoding="utf-8")
    settings = load_settings(corpus=folder / "corpus", index=folder / "index", read_behind=10.0)
    build(settings, FakeEncoder())
    return open_with_fakes(settings)


@pytest.fixture(scope="module")
def ferry(tmp_path_factory: pytest.TempPathFactory) -> Pincite:
    return open_reports(tmp_path_factory.mktemp("ferry"), REPORTS)


def test_who_tells_what_and_who_is_silent(ferry: Pincite) -> None:
    answer = ferry.ask(FERRY, limit=9)
    assert answer.status is Status.DISPUTED
    told = [
        (account.answer, account.citations, account.sources, account.disputes)
        for account in answer.accounts
    ]
    assert told == [("40", (1, 2), 2, False), ("55", (3,), 1, True), ("7", (4,), 1, False)]
    assert [citation.article.id for citation in answer.citations] == ["1", "2", "3", "4"]
    # Of the leader odds of e^2; of the others odds of e and of 1, where it is right.
    right, e = answer.confidence, math.e
    assert right == pytest.approx(e**2 / (1 + e**2), abs=1e-4)
    sure = [account.confidence for account in answer.accounts]
    assert sure == pytest.approx([right, right * e / (1 + e), right / 2], abs=1e-4)
    assert [ref.title for ref in answer.silent] == ["Report 5"]
    assert_quotes_slice(ferry, answer)


def test_who_answers_is_not_silent_though_it_is_not_shown(tmp_path: Path) -> None:
    counts = range(40, 40 + 15 * (MOST + 2), 15)
    reports = [f"the ferry did carry {count} wagons." for count in counts]
    answer = open_reports(tmp_path, reports).ask(FERRY, limit=20)
    assert len(answer.accounts) == MOST
    assert answer.silent == ()


@pytest.mark.parametrize(("likely", "silent"), [(0.2, ()), (0.02, ("Report 3",))])
def test_who_may_answer_is_neither_shown_nor_silent(
    likely: float, silent: tuple[str, ...], tmp_path: Path
) -> None:
    reports = [f"the ferry did carry {count} wagons." for count in (40, 40, 55)]
    opened = open_reports(tmp_path, reports)
    voice = Regression(dict.fromkeys(VOICE, 0.0), log_odds(likely))
    doubtful = replace(opened.models.confidence, voice=voice, shown=0.5)
    models = replace(opened.models, confidence=doubtful)
    answer = Pincite(opened.index, models, opened.settings).ask(FERRY)
    assert len(answer.accounts) == 1
    assert tuple(ref.title for ref in answer.silent if ref.title == "Report 3") == silent


def test_whoever_leads_is_not_silent_however_weak(tmp_path: Path) -> None:
    opened = open_reports(tmp_path, ["the ferry did carry 40 wagons."])
    weak = Regression(dict.fromkeys(SPAN, 0.0), -9.0)
    models = replace(opened.models, confidence=replace(opened.models.confidence, span=weak))
    settings = opened.settings.model_copy(update={"threshold": 0.0})
    answer = Pincite(opened.index, models, settings).ask(FERRY)
    assert (answer.status, answer.silent) == (Status.ANSWERED, ())


def test_who_was_not_read_is_not_silent(tmp_path: Path) -> None:
    reports = [f"the ferry did carry {40 + 15 * (n % 2)} wagons." for n in range(20)]
    answer = open_reports(tmp_path, reports).ask(FERRY, limit=20)
    assert len(answer.citations) < len(reports)
    assert answer.silent == ()


def test_below_the_threshold_nobody_is_silent(ferry: Pincite) -> None:
    answer = with_settings(ferry, threshold=1.0).ask(FERRY)
    assert (answer.status, answer.silent) == (Status.NO_ANSWER, ())
    assert answer.nearest


def test_a_sentence_is_quoted_whole_around_its_answer(ferry: Pincite) -> None:
    for citation in ferry.ask(FERRY, limit=9).citations:
        assert citation.sentence is not None
        assert citation.sentence.start <= citation.start < citation.end <= citation.sentence.end
        assert citation.sentence.text in citation.paragraph.text


def test_below_the_threshold_there_is_no_answer_but_a_place_to_look(small: Pincite) -> None:
    answer = with_settings(small, threshold=1.0).ask("How many ships did the mayor count?")
    assert answer.status is Status.NO_ANSWER
    assert answer.answer is None
    assert answer.text == NO_ANSWER
    assert answer.citations == ()
    assert answer.accounts == ()
    assert answer.nearest[0].paragraph.text == "The mayor counted 17 ships on the first morning."
    assert 0.0 <= answer.confidence < 1.0
    assert_quotes_slice(small, answer)


def test_the_threshold_setting_wins_over_the_fitted_one(small: Pincite) -> None:
    assert small.threshold == small.models.confidence.threshold
    assert with_settings(small, threshold=0.0).threshold == 0.0


def test_the_limit_bounds_the_citations(seeds: Pincite) -> None:
    question = "Which Russian soldiers did the fighters capture?"
    many = seeds.ask(question, limit=10)
    one = seeds.ask(question, limit=1)
    assert len(one.citations) == len(one.accounts) == len(many.accounts)
    assert one.citations[0] == many.citations[0]


def test_a_follow_up_is_answered_with_what_came_before(small: Pincite) -> None:
    history = [Turn("How many days was the harbour shut after the storm?", "41")]
    answer = small.ask("and why?", history)
    assert answer.question == "and why?"
    assert answer.understood_as == f"{history[0].question} 41 → and why?"
    lenient = with_settings(small, follow_up_gain=0.25)
    alone = lenient.ask("How many ships did the mayor count?", history)
    assert alone.understood_as == alone.question
    assert alone.answer == "17"


def test_every_span_that_was_read_stands_in_its_article(seeds: Pincite) -> None:
    question, hits = seeds.look_up("How many soldiers were captured in the Belgorod region?")
    candidates = seeds.read(question, hits).candidates
    assert len({c.passage.article for c in candidates}) > 1
    assert [c.strength for c in candidates] == sorted(c.strength for c in candidates)[::-1]
    for candidate in candidates:
        article = seeds.index.store.article(candidate.passage.article)
        assert article is not None
        block = article.citable[candidate.passage.paragraph - 1]
        assert block.start <= candidate.start < candidate.end <= block.end
        assert article.text[candidate.start : candidate.end] == candidate.words


def test_of_nothing_read_nothing_is_told(small: Pincite) -> None:
    assert small.tell(Question("Who?"), []) == ([], 0.0)


def test_white_space_around_and_inside_a_question_does_not_count(small: Pincite) -> None:
    spaced = small.ask("  How many\n\tdays was the harbour shut? ")
    assert spaced.question == "How many days was the harbour shut?"


def test_what_is_not_utf_8_is_refused(small: Pincite) -> None:
    for question, history in (("who \udcff", ()), ("who?", [Turn("who \udcff", "")])):
        with pytest.raises(InvalidRequest, match="not UTF-8"):
            small.ask(question, history)


@pytest.mark.parametrize("question", ["", "   ", "?!…", "\u00a0\n"])
def test_a_question_without_words_is_refused(small: Pincite, question: str) -> None:
    with pytest.raises(InvalidRequest, match="no words"):
        small.ask(question)


def test_an_over_long_question_is_refused(small: Pincite) -> None:
    with pytest.raises(InvalidRequest, match="longer than 1000 characters"):
        small.ask("who " * 300)


def test_an_over_long_history_is_refused(small: Pincite) -> None:
    with pytest.raises(InvalidRequest, match="more than 20 turns"):
        small.ask("Who?", [Turn("Who?", "")] * 21)


def test_search_gives_whole_paragraphs_best_first(small: Pincite) -> None:
    found = small.search("How many ships did the mayor count?", limit=2)
    assert [f.citation.number for f in found] == [1, 2]
    assert found[0].citation.quote == found[0].citation.paragraph.text
    assert "17 ships" in found[0].citation.quote
    assert found[0].passage == 1


@examples(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(max_size=60))
def test_whatever_is_asked_every_quote_stands_in_its_article(small: Pincite, question: str) -> None:
    try:
        answer = with_settings(small, threshold=0.0).ask(question)
    except InvalidRequest:
        return
    assert_quotes_slice(small, answer)
    if answer.status is Status.ANSWERED:
        assert answer.answer == answer.citations[0].quote


def test_an_answer_is_plain_json(small: Pincite) -> None:
    answer = small.ask("How many ships did the mayor count?")
    body = answer.to_dict()
    assert body["status"] == "answered"
    assert set(body["took_ms"]) == {"retrieve", "read", "total"}
    assert replace(answer).to_dict() == body
