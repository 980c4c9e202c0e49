"""The measures of one answer, on small made-up articles, by values worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from pincite.eval.metrics import (
    account_rates,
    citation_precision,
    citation_recall,
    counted,
    is_correct_and_cited,
    is_verbatim,
    is_verbatim_answer,
    retrieval,
    score,
    supports,
)
from pincite.eval.questions import Account, Gold, Question, occurrences
from pincite.qa.answer import Status

ONE = "Thirteen men were held.\n\nThe governor, Gladkov, spoke. He left.\n\nThirteen men were held."
TWO = "Two men were held in Belgorod.\nNobody else came."
ARTICLES = {"one.txt": ONE, "two.txt": TWO}

THIRTEEN = Account(("thirteen", "13"), (Gold("one.txt", "Thirteen men", ((0, 12), (65, 77))),))
TWO_MEN = Account(("two",), (Gold("two.txt", "Two men were held", ((0, 17),)),))


def gold(file: str, evidence: str) -> Gold:
    return Gold(file, evidence, occurrences(ARTICLES[file], evidence))


def paragraph(file: str, number: int) -> dict[str, Any]:
    """An item of a ranked list: the article's line of that number, blank ones not counted."""
    text = ARTICLES[file]
    line = [line for line in text.split("\n") if line][number - 1]
    start, end = occurrences(text, line)[-1 if number == 3 else 0]
    return {
        "article": {"file": file},
        "paragraph": {"number": number, "text": line},
        "start": start,
        "end": end,
    }


def cite(file: str, paragraph_number: int, quote: str, number: int = 1) -> dict[str, Any]:
    """A faithful citation of the quote's first occurrence in the paragraph."""
    item = paragraph(file, paragraph_number)
    start = item["start"] + item["paragraph"]["text"].index(quote)
    return item | {"number": number, "quote": quote, "start": start, "end": start + len(quote)}


def body(*accounts: tuple[str, list[dict[str, Any]]], **changes: object) -> dict[str, Any]:
    """An answer with these accounts: words and citations, whose numbers must differ."""
    status = ("no_answer", "answered", "disputed")[min(len(accounts), 2)]
    return {
        "status": status,
        "answer": accounts[0][0] if accounts else None,
        "accounts": [
            {"answer": words, "citations": [citation["number"] for citation in citations]}
            for words, citations in accounts
        ],
        "citations": [citation for _, citations in accounts for citation in citations],
        "nearest": [],
    } | changes


def question(*accounts: Account) -> Question:
    status = (Status.NO_ANSWER, Status.ANSWERED, Status.DISPUTED)[min(len(accounts), 2)]
    return Question(
        "q", "how_many", "g", "dev", "How many?", "How many?", status, accounts, None, 1
    )


def test_the_articles_are_as_the_offsets_here_say() -> None:
    assert occurrences(ONE, "Thirteen men") == THIRTEEN.gold[0].spans
    assert occurrences(TWO, "Two men were held") == TWO_MEN.gold[0].spans


# --- citations -----------------------------------------------------------------------------


def test_supports_by_overlap_at_any_occurrence() -> None:
    assert supports(cite("one.txt", 1, "Thirteen"), THIRTEEN)
    assert supports(cite("one.txt", 3, "Thirteen"), THIRTEEN)


def test_supports_by_the_evidence_in_the_paragraph() -> None:
    # "held" [18, 22) is outside the evidence [0, 12), but in its paragraph.
    assert supports(cite("one.txt", 1, "held"), THIRTEEN)


def test_touching_is_not_overlapping() -> None:
    citation = cite("one.txt", 1, "Thirteen men") | {"start": 12, "end": 18}
    citation["paragraph"] = {"number": 1, "text": " were "}
    assert not supports(citation, THIRTEEN)
    assert supports(citation | {"start": 11}, THIRTEEN)


def test_supports_needs_the_file() -> None:
    assert not supports(cite("one.txt", 2, "Gladkov"), THIRTEEN)
    assert not supports(cite("two.txt", 1, "Two men"), THIRTEEN)


def test_correct_and_cited_takes_words_and_place_of_one_account() -> None:
    both = (THIRTEEN, TWO_MEN)
    there, elsewhere = cite("one.txt", 1, "Thirteen men"), cite("two.txt", 1, "Two men")
    assert is_correct_and_cited(body(("Thirteen men", [there])), both)
    assert is_correct_and_cited(body(("Two men", [elsewhere])), both)
    assert not is_correct_and_cited(body(("Thirteen men", [elsewhere])), both)
    assert not is_correct_and_cited(body(("Gladkov", [there])), both)
    assert not is_correct_and_cited(
        body(("Thirteen men", [elsewhere, there | {"number": 2}])), both
    )
    assert not is_correct_and_cited(body(("Thirteen men", [there]), citations=[]), both)
    assert not is_correct_and_cited(body(("Thirteen men", [])), both)
    assert not is_correct_and_cited(body(), both)


def test_citation_precision() -> None:
    citations = [
        cite("one.txt", 1, "Thirteen men", 1),
        cite("one.txt", 2, "Gladkov", 2),
        cite("two.txt", 1, "Two men", 3),
        cite("one.txt", 3, "Thirteen men", 4),
    ]
    assert citation_precision(body(("Thirteen men", citations)), [THIRTEEN, TWO_MEN]) == 0.5
    # Wrong words: evidence of any account will do.
    assert citation_precision(body(("Gladkov", citations)), [THIRTEEN, TWO_MEN]) == 0.75
    # A number that leads nowhere is a citation that supports nothing.
    lost = body(("Thirteen men", citations), citations=citations[:1])
    assert citation_precision(lost, [THIRTEEN]) == 0.25
    assert citation_precision(body(), [THIRTEEN]) is None


def test_counted_are_the_articles_that_tell_it_by_themselves() -> None:
    copy = "Thirteen armed men crossed the river on Sunday and left again by noon."
    own = [gold("one.txt", "Thirteen men"), gold("two.txt", "He left.")]
    copies = [gold("one.txt", copy), gold("two.txt", copy), gold("two.txt", "He left.")]
    one, two = ({"accounts": [{"sources": n}], "answer": "men"} for n in (1, 2))
    assert counted(two, [Account(("men",), tuple(own))]) == 1
    assert counted(one, [Account(("men",), tuple(own))]) == 0
    assert counted(one, [Account(("men",), tuple(copies[:2]))]) == 1
    assert counted(two, [Account(("men",), tuple(copies))]) == 1
    assert counted(two | {"answer": "women"}, [Account(("men",), tuple(own))]) == 0
    assert counted({"accounts": [], "answer": None}, [Account(("men",), tuple(own))]) == 0
    assert counted(one, [Account(("men",), tuple(own[:1]))]) is None


def test_citation_recall_over_gold_articles() -> None:
    held = Account(
        ("men",), (gold("one.txt", "Thirteen men"), gold("one.txt", "He left."), TWO_MEN.gold[0])
    )
    one, again = cite("one.txt", 1, "men", 1), cite("one.txt", 2, "He left", 2)
    assert citation_recall(body(("men", [one, again])), [held]) == 0.5
    assert citation_recall(body(("men", [one, cite("two.txt", 1, "men", 2)])), [held]) == 1
    assert citation_recall(body(("men", [cite("one.txt", 2, "Gladkov")])), [held]) == 0.5
    assert citation_recall(body(("men", [cite("two.txt", 2, "Nobody")])), [held]) == 0
    assert citation_recall(body(), [held]) == 0
    assert citation_recall(body(("thirteen", [one])), [THIRTEEN]) is None
    assert citation_recall(body(("thirteen", [one])), [THIRTEEN, held]) is None


# --- to the letter -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"quote": "thirteen men"},
        {"start": 1},
        {"end": 13},
        {"start": -23, "end": -11},
        {"start": 0, "end": 0, "quote": ""},
        {"article": {"file": "two.txt"}},
        {"article": {"file": "lost.txt"}},
        {"paragraph": {"number": 1, "text": "The governor, Gladkov, spoke."}},
        {"paragraph": {"number": 1, "text": "Thirteen men were not held."}},
        {"paragraph": {"number": 1, "text": "So: Thirteen men were held."}},
    ],
)
def test_not_verbatim(change: dict[str, Any]) -> None:
    citation = cite("one.txt", 1, "Thirteen men")
    assert is_verbatim(citation, ARTICLES)
    assert not is_verbatim(citation | change, ARTICLES)


def test_verbatim_answer() -> None:
    first, second = cite("one.txt", 1, "Thirteen"), cite("two.txt", 1, "Two", 2)
    good = body(("Thirteen", [first]), ("Two", [second]))
    assert is_verbatim_answer(good, ARTICLES)
    assert is_verbatim_answer(body(nearest=[first]), ARTICLES)
    assert not is_verbatim_answer(body(nearest=[first | {"start": 1}]), ARTICLES)
    assert not is_verbatim_answer(good | {"answer": "Two"}, ARTICLES)
    assert not is_verbatim_answer(body(answer="Two"), ARTICLES)
    assert not is_verbatim_answer(body(("thirteen", [first])), ARTICLES)
    # The second account has the first one's words.
    assert not is_verbatim_answer(body(("Thirteen", [first]), ("Thirteen", [second])), ARTICLES)
    assert not is_verbatim_answer(good | {"citations": [first]}, ARTICLES)


# --- accounts ------------------------------------------------------------------------------


def test_account_rates_pair_one_to_one() -> None:
    expected = [THIRTEEN, TWO_MEN]
    assert account_rates(body(("Two men", []), ("13", [])), expected) == (1, 1)
    assert account_rates(body(("13", [])), expected) == (0.5, 1)
    assert account_rates(body(("13", []), ("thirteen", [])), expected) == (0.5, 0.5)
    assert account_rates(body(("two or thirteen", [])), expected) == (0.5, 1)
    # The first could take either; both are found only if it leaves "13" to the second.
    assert account_rates(body(("two or thirteen", []), ("13", [])), expected) == (1, 1)
    assert account_rates(body(("Gladkov", []), ("13", []), ("5", [])), expected) == (0.5, 1 / 3)
    assert account_rates(body(), expected) == (0, None)


# --- one answer, all measures --------------------------------------------------------------


def test_score_of_a_right_answer() -> None:
    given = body(("Thirteen men", [cite("one.txt", 1, "Thirteen men")]))
    got = score(question(THIRTEEN), given, ARTICLES)
    assert (got.as_expected, got.right, got.correct_and_cited, got.status) == (1, 1, 1, 1)
    assert got.exact_match == 0
    assert got.f1 == pytest.approx(2 / 3)  # 1 of 2 tokens and 1 of 1
    assert (got.citation_precision, got.citation_recall) == (1, None)
    assert (got.verbatim, got.quotes, got.quotes_verbatim) == (1, 1, 1)
    assert (got.abstention_precision, got.abstention_recall, got.false_refusal) == (None, None, 0)
    assert (got.dispute_recall, got.false_dispute) == (None, 0)
    assert (got.account_recall, got.account_precision) == (None, None)


def test_score_of_refusals() -> None:
    nearest = [cite("one.txt", 1, "Thirteen men"), cite("one.txt", 2, "spoke") | {"start": 0}]
    due = score(question(), body(nearest=nearest), ARTICLES)
    assert (due.as_expected, due.abstention_precision, due.abstention_recall) == (1, 1, 1)
    assert (due.right, due.exact_match, due.f1, due.false_refusal) == (None, None, None, None)
    assert (due.verbatim, due.quotes, due.quotes_verbatim) == (0, 2, 1)
    undue = score(question(THIRTEEN), body(), ARTICLES)
    assert (undue.as_expected, undue.right, undue.exact_match, undue.f1) == (0, 0, 0, 0)
    assert (undue.abstention_precision, undue.abstention_recall) == (0, None)
    assert (undue.false_refusal, undue.citation_precision, undue.status) == (1, None, 0)


def test_what_is_taken_for_no_question_is_a_refusal() -> None:
    declined = body(status="no_question")
    due, undue = (score(asked, declined, ARTICLES) for asked in (question(), question(THIRTEEN)))
    assert (due.as_expected, due.abstention_precision, due.abstention_recall) == (1, 1, 1)
    assert (undue.as_expected, undue.abstention_precision, undue.false_refusal) == (0, 0, 1)
    assert due.status == 0  # still another status than the expected one


def test_score_of_an_answer_where_there_is_none() -> None:
    got = score(question(), body(("Two", [cite("two.txt", 1, "Two")])), ARTICLES)
    assert (got.as_expected, got.abstention_precision, got.abstention_recall) == (0, None, 0)
    assert (got.right, got.citation_precision, got.status, got.verbatim) == (None, None, 0, 1)


def test_score_of_disputes() -> None:
    first, second = cite("one.txt", 1, "Thirteen"), cite("two.txt", 1, "Two", 2)
    both = body(("Thirteen", [first]), ("Two", [second]))
    got = score(question(THIRTEEN, TWO_MEN), both, ARTICLES)
    assert (got.dispute_recall, got.false_dispute, got.status) == (1, None, 1)
    assert (got.account_recall, got.account_precision) == (1, 1)
    got = score(question(THIRTEEN, TWO_MEN), body(("Two", [second])), ARTICLES)
    assert (got.as_expected, got.dispute_recall, got.account_recall, got.status) == (1, 0, 0.5, 0)
    got = score(question(THIRTEEN), both, ARTICLES)
    assert (got.dispute_recall, got.false_dispute, got.status) == (None, 1, 0)


# --- ranked lists --------------------------------------------------------------------------

TWO_GOLD = question(
    Account(("x",), (gold("one.txt", "Gladkov"), gold("one.txt", "He left."))),
    Account(("y",), (gold("two.txt", "Nobody"),)),
)


def by_paragraph(
    asked: Question, items: Sequence[dict[str, Any]]
) -> tuple[float, float, float, float, float, float, float]:
    got = retrieval(asked, items, ARTICLES)
    return (
        got.hit_1,
        got.hit_5,
        got.hit_10,
        got.recall_1,
        got.recall_5,
        got.recall_10,
        got.mrr_10,
    )


def test_retrieval_counts_gold_paragraphs() -> None:
    # Two pieces of evidence in one paragraph: 2 gold paragraphs in all, at ranks 2 and 4.
    ranked = [
        paragraph("one.txt", 1),
        paragraph("one.txt", 2),
        paragraph("two.txt", 1),
        paragraph("two.txt", 2),
    ]
    assert by_paragraph(TWO_GOLD, ranked) == (0, 1, 1, 0, 1, 1, 0.5)
    assert by_paragraph(TWO_GOLD, ranked[1:3]) == (1, 1, 1, 0.5, 0.5, 0.5, 1)
    # The paragraph that is lacking counts once, though it holds two pieces.
    assert by_paragraph(TWO_GOLD, ranked[3:]) == (1, 1, 1, 0.5, 0.5, 0.5, 1)
    assert by_paragraph(TWO_GOLD, ranked[:1]) == (0, 0, 0, 0, 0, 0, 0)
    assert by_paragraph(TWO_GOLD, []) == (0, 0, 0, 0, 0, 0, 0)


def test_retrieval_asks_for_one_of_several_occurrences() -> None:
    ranked = [paragraph("two.txt", 1), paragraph("one.txt", 3), paragraph("one.txt", 1)]
    assert by_paragraph(question(THIRTEEN), ranked) == (0, 1, 1, 0, 1, 1, 0.5)


def test_retrieval_looks_at_ten_different_paragraphs() -> None:
    far = [paragraph("one.txt", 1) | {"start": 0, "end": n} for n in range(1, 10)]
    last = paragraph("two.txt", 2)
    got = by_paragraph(TWO_GOLD, [far[0], *far, last])
    assert got == (0, 0, 1, 0, 0, 0.5, 0.1)
    beyond = by_paragraph(TWO_GOLD, [paragraph("two.txt", 1), *far, last])
    assert beyond == (0, 0, 0, 0, 0, 0, 0)


def test_a_paragraph_must_hold_the_whole_evidence() -> None:
    cut = paragraph("one.txt", 2)
    start = ONE.index("Gladkov")
    whole = question(Account(("x",), (gold("one.txt", "Gladkov"),)))
    assert by_paragraph(whole, [cut | {"end": start + 7}])[0] == 1
    assert by_paragraph(whole, [cut | {"end": start + 6}])[0] == 0
