"""The pairs that a comparison is trained on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.eval.data import Asked, Paragraph
from pincite.eval.events import NOT_AN_ACCOUNT, Kind
from pincite.qa.accounts import HEARD
from pincite.qa.agreement import Relation
from pincite.qa.answer import Turn
from pincite.qa.measured import Statement
from pincite.training.agreement import (
    Pair,
    Told,
    _epoch,
    _relation,
    pairs_of,
    statement_at,
)
from pincite.training.mined import Mined
from tests.test_eval_events import held
from tests.test_training_agreement import (
    COMPATIBLE,
    CONFLICT,
    FIRST,
    NEITHER,
    RECIPE,
    SAME,
    SECOND,
)
from tests.test_training_encoder import group


def report(
    text: str, of: str, account: int, said: str, kind: Kind = "conflict", question: str = "When?"
) -> Paragraph:
    """A report of an event that answers one question, or none where nothing is said."""
    at = ((text.index(said), text.index(said) + len(said)),) if said else ()
    asked = Asked(question, "written_events", at, kind, account=account)
    return Paragraph(text, "", of, ("written_events",), (asked,), 0)


def mined(text: str, start: int, end: int, account: int = NOT_AN_ACCOUNT) -> Mined:
    """Words that were found."""
    return Mined(0, start, end, Statement(text, start, end), account, clear=True)


def words_of(pairs: Sequence[Pair]) -> list[tuple[str, str, Relation]]:
    return [(pair.first.words, pair.second.words, pair.relation) for pair in pairs]


def test_an_answer_stands_in_its_paragraph() -> None:
    text = "It rained.\n\nThe ferry sank in 1912. So it goes.\n\n\nNobody was saved."
    told = replace(report(text, "e", 0, ""), title="The_ferry")
    at = text.index("1912")
    assert statement_at(told, at, at + 4) == Statement(
        "The ferry sank in 1912. So it goes.", 18, 22, header="The ferry"
    )
    assert statement_at(told, 3, 9) == Statement("It rained.", 3, 9, header="The ferry")
    last = statement_at(told, text.index("Nobody"), len(text))
    assert (last.text, last.words) == ("Nobody was saved.", "Nobody was saved.")
    assert statement_at(report("One.", "e", 0, ""), 0, 3) == Statement("One.", 0, 3)


@pytest.mark.parametrize(
    ("kind", "one", "other", "expected"),
    [
        ("same", 0, 0, SAME),
        ("conflict", 1, 1, SAME),
        ("conflict", 0, 1, CONFLICT),
        ("compatible", 0, 1, COMPATIBLE),
        ("compatible", 2, 2, SAME),
        ("conflict", 0, NOT_AN_ACCOUNT, FIRST),
        ("same", NOT_AN_ACCOUNT, 0, SECOND),
        ("none", NOT_AN_ACCOUNT, NOT_AN_ACCOUNT, NEITHER),
    ],
)
def test_a_pair_s_relation_is_the_event_s(
    kind: Kind, one: int, other: int, expected: Relation
) -> None:
    told = [Told(Statement("a", 0, 1), account) for account in (one, other)]
    assert _relation(kind, *told) is expected


def test_pairs_by_hand() -> None:
    train, tune, rest = group("train"), held("tune"), held("report")
    paragraphs = [
        report("It sank in 1912.", train, 0, "1912"),
        report("In 1912 it was lost.", train, 0, "1912"),
        report("The year was 1913.", train, 1, "1913"),
        report("Nobody knows.", train, 0, ""),
        report("It sank in 1914.", tune, 0, "1914"),
        report("Or was it 1915?", tune, 1, "1915"),
        report("In 1916.", rest, 0, "1916"),
        report("In 1917.", rest, 1, "1917"),
    ]
    wrong = {
        (train, "When?", "conflict"): [
            mined("At noon.", 3, 7),
            mined("Of 40 men.", 3, 5),
        ],
        (train, "Who?", "conflict"): [mined("Ann.", 0, 3)],
    }
    made = list(pairs_of(paragraphs, wrong, "train"))
    assert {pair.question for pair in made} == {"When?"}
    assert words_of(made) == [
        ("1912", "1912", SAME),
        ("1912", "1913", CONFLICT),
        ("1912", "noon", FIRST),
        ("1912", "40", FIRST),
        ("1912", "1913", CONFLICT),
        ("1912", "noon", FIRST),
        ("1912", "40", FIRST),
        ("1913", "noon", FIRST),
        ("1913", "40", FIRST),
        ("noon", "40", NEITHER),
    ]
    # In their own paragraphs.
    assert made[0].first.text == "It sank in 1912." and made[0].second.text.endswith("lost.")
    assert words_of(list(pairs_of(paragraphs, wrong, "tune"))) == [("1914", "1915", CONFLICT)]
    assert words_of(list(pairs_of(paragraphs, wrong, "report"))) == [("1916", "1917", CONFLICT)]


def test_of_a_report_one_answer_to_a_question_is_paired() -> None:
    of = group("train")
    text = "In 1912, yes, in 1912."
    twice = Asked("When?", "written_events", ((3, 7), (17, 21)), "same")
    other = Asked("Where?", "nq", ((0, 2),))  # of a public set
    paragraph = Paragraph(text, "", of, ("written_events",), (twice, other), 0)
    assert list(pairs_of([paragraph], {}, "train")) == []
    pairs = list(pairs_of([paragraph, replace(paragraph, text=f"{text} Again.")], {}, "train"))
    assert words_of(pairs) == [("1912", "1912", SAME)]
    assert pairs[0].first.start == 3


def test_a_question_on_one_text_has_what_it_says_and_what_is_wrong() -> None:
    of = group("train")
    text = "The ferry sank in 1912. It was built in 1899."
    turns = (Turn("What sank?", "The ferry"),)
    follow_up = Asked("When?", "written_news", ((18, 22),), "follow-up", turns)
    never = Asked("Who?", "written_news", (), "unanswerable", plausible=((0, 9),))
    paragraph = Paragraph(text, "", of, ("written_news",), (follow_up, never), 0)
    asked = "What sank? The ferry . When?"
    found = {
        (of, asked, "follow-up"): [mined(text, 15, 22, 0), mined("In 1871.", 3, 7)],
        (of, "Who?", "unanswerable"): [mined("Ann.", 0, 3)],
    }
    pairs = list(pairs_of([paragraph], found, "train"))
    assert [(pair.question, *of) for pair, of in zip(pairs, words_of(pairs), strict=True)] == [
        (asked, "1912", "1871", FIRST),
        (asked, "in 1912", "1871", FIRST),
        ("Who?", "The ferry", "Ann", NEITHER),
    ]
    # Without what is found there is nothing to compare.
    assert list(pairs_of([paragraph], {}, "train")) == []


def test_words_that_an_event_names_as_no_answer_are_paired() -> None:
    of = group("train")
    right = report("It sank in 1912.", of, 0, "1912")
    asked = Asked("When?", "written_events", (), "conflict", plausible=((16, 20),))
    tempting = Paragraph("It was built in 1905.", "", of, ("written_events",), (asked,), 0)
    other = report("In 1913.", of, 1, "1913")
    found = {(of, "When?", "conflict"): [mined("At 9.", 3, 4)]}
    pairs = list(pairs_of([right, tempting, other], found, "train"))
    assert [(p.first.words, p.second.words, p.relation, p.mined) for p in pairs] == [
        ("1912", "1905", FIRST, False),
        ("1912", "1913", CONFLICT, False),
        ("1912", "9", FIRST, True),
        ("1905", "1913", SECOND, False),
        ("1905", "9", NEITHER, True),
        ("1913", "9", FIRST, True),
    ]


def test_what_no_report_answers_has_pairs_of_what_is_found() -> None:
    of = group("train")
    none = report("Nobody knows.", of, 0, "", "none")
    wrong = {(of, "When?", "none"): [mined(text, 0, 1) for text in ("a c", "b c")]}
    assert words_of([*pairs_of([none], wrong, "train")]) == [("a", "b", NEITHER)]
    assert list(pairs_of([none], {}, "train")) == []


def test_what_is_found_and_right_is_paired_with_all_but_itself() -> None:
    of = group("train")
    told = [report("It sank in 1912.", of, 0, "1912"), report("It was 1913.", of, 1, "1913")]
    found = [
        mined("It sank in 1912.", 8, 15, 0),  # "in 1912", cut as a reader cuts it
        mined("It sank in 1912.", 0, 2),  # a paragraph speaks once
        mined("About 1912, they say.", 0, 10, 0),
        mined("Built in 1900.", 9, 13),
    ]
    pairs = list(pairs_of(told, {(of, "When?", "conflict"): found}, "train"))
    assert [(*of, pair.mined) for of, pair in zip(words_of(pairs), pairs, strict=True)] == [
        ("1912", "1913", CONFLICT, False),
        ("1912", "About 1912", SAME, True),
        ("1912", "1900", FIRST, True),
        ("1913", "in 1912", CONFLICT, True),
        ("1913", "About 1912", CONFLICT, True),
        ("1913", "1900", FIRST, True),
        ("in 1912", "About 1912", SAME, True),
        ("in 1912", "1900", FIRST, True),
        ("About 1912", "1900", FIRST, True),
    ]


def test_only_so_many_of_what_is_found_are_paired() -> None:
    of = group("train")
    found = [mined(f"It was {n}.", 7, 8 + n // 10) for n in range(HEARD + 5)]
    told = report("In 1912.", of, 0, "1912")
    pairs = list(pairs_of([told], {(of, "When?", "conflict"): found}, "train"))
    paired = [pair.second.words for pair in pairs if pair.first.words == "1912"]
    assert paired == [str(n) for n in range(HEARD)]


@given(st.lists(st.integers(-1, 2), max_size=7), st.sampled_from(["same", "conflict"]))
def test_every_two_are_a_pair_once(accounts: list[int], kind: Kind) -> None:
    of = group("train")
    texts = [f"It was {n}." for n in range(len(accounts))]
    right = [
        report(text, of, account, text[7:-1], kind)
        for text, account in zip(texts, accounts, strict=True)
        if account >= 0
    ]
    wrong = [
        mined(text, 7, len(text) - 1)
        for text, account in zip(texts, accounts, strict=True)
        if account < 0
    ]
    right.append(report("Nobody knows.", of, 0, "", kind))
    pairs = list(pairs_of(right, {(of, "When?", kind): wrong}, "train"))
    n, none = len(accounts), len(wrong)
    assert len(pairs) == n * (n - 1) // 2
    assert len({frozenset((p.first.text, p.second.text)) for p in pairs}) == len(pairs)
    assert sum(p.relation in (FIRST, SECOND) for p in pairs) == none * (n - none)
    assert sum(p.relation is NEITHER for p in pairs) == none * (none - 1) // 2


def many(relation: Relation, count: int, mined: bool = False) -> list[Pair]:
    first, second = Statement("one", 0, 3), Statement("two", 0, 3)
    return [Pair("?", first, second, relation, mined)] * count


@pytest.mark.parametrize(
    ("share", "least", "most"), [(0.0, 0, 0), (0.5, 120, 180), (1.0, 300, 300)]
)
@pytest.mark.parametrize(
    ("name", "relation", "mined"),
    [
        *(("mined", FIRST, True), ("named", FIRST, False)),
        *(("found", CONFLICT, True), ("neither", NEITHER, True)),
    ],
)
def test_an_epoch_has_a_share_of_what_was_found_or_named(
    share: float, least: int, most: int, name: str, relation: Relation, mined: bool
) -> None:
    changed: dict[str, Any] = {name: share}
    recipe = replace(RECIPE, **changed)
    seen = list(_epoch([*many(SAME, 300), *many(relation, 300, mined)], recipe, Random(0)))
    counts = Counter(pair.relation for pair in seen)
    of_it = counts[relation] + (counts[SECOND] if relation is FIRST else 0)
    assert counts[SAME] == 300 and least <= of_it <= most
    turned = sum(pair.first.text == "two" for pair in seen if pair.relation is SAME)
    assert 120 <= turned <= 180
    assert {(pair.first.text, pair.second.text) for pair in seen} == {
        ("one", "two"),
        ("two", "one"),
    }


def test_an_epoch_may_have_more_of_one_kind_of_question() -> None:
    recipe = replace(RECIPE, share=0.1, mined=0.5, kinds={"far": 5.0, "plain": 20.0, "none": 0.0})
    pairs = [
        replace(pair, kind=kind)
        for kind in ("far", "plain", "none", "same")
        for pair in [*many(SAME, 400), *many(FIRST, 400, mined=True)]
    ]
    seen = Counter((pair.kind, pair.relation is SAME) for pair in _epoch(pairs, recipe, Random(0)))
    assert 170 <= seen["far", True] <= 230 and 75 <= seen["far", False] <= 125
    assert seen["plain", True] == seen["plain", False] == 400
    assert seen["none", True] == seen["none", False] == 0
    assert 25 <= seen["same", True] <= 55 and 10 <= seen["same", False] <= 30


def test_an_epoch_may_have_a_share_of_everything() -> None:
    recipe = replace(RECIPE, share=0.5, named=0.5)
    seen = list(_epoch([*many(SAME, 400), *many(FIRST, 400)], recipe, Random(0)))
    counts = Counter(pair.relation for pair in seen)
    assert 170 <= counts[SAME] <= 230 and 75 <= counts[FIRST] + counts[SECOND] <= 125
    # Which of the two answers is turned with them.
    answers = {(pair.relation, pair.first.text) for pair in seen if pair.relation is not SAME}
    assert answers == {(FIRST, "one"), (SECOND, "two")}
