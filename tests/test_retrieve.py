from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.index.passages import Passage, Piece
from pincite.index.terms import Wordings, content_terms
from pincite.qa.retrieve import Hit, best_paragraphs, fuse, names_nowhere, rarities, shared


def test_fusion_adds_the_reciprocal_ranks() -> None:
    # 2 is second and first: 1/62 + 1/61; 1 is first in one: 1/61; 3 is second in one: 1/62.
    fused = fuse([[1, 2], [2, 3]], k=60)
    assert [id_ for id_, _ in fused] == [2, 1, 3]
    assert dict(fused) == pytest.approx({2: 1 / 62 + 1 / 61, 1: 1 / 61, 3: 1 / 62})


def test_equal_scores_are_ordered_by_id() -> None:
    assert [id_ for id_, _ in fuse([[5], [4]], k=1)] == [4, 5]


@given(st.lists(st.lists(st.integers(0, 30), unique=True), max_size=3), st.integers(1, 100))
def test_every_id_is_fused_once_and_in_order(rankings: list[list[int]], k: int) -> None:
    fused = fuse(rankings, k)
    assert sorted(id_ for id_, _ in fused) == sorted({i for ranking in rankings for i in ranking})
    scores = [score for _, score in fused]
    assert scores == sorted(scores, reverse=True)


def hit(id_: int, article: str, *paragraphs: tuple[int, str, float]) -> Hit:
    pieces, at = [], 0
    for number, text, _ in paragraphs:
        pieces.append(Piece(number, at, at + len(text)))
        at += len(text) + 1
    passage = Passage(article, None, "", tuple(pieces), "\n".join(t for _, t, _ in paragraphs))
    return Hit(id_, passage, 1.0 / id_, None, None, tuple(cosine for _, _, cosine in paragraphs))


def test_paragraphs_are_ordered_by_closeness_shared_terms_and_passage() -> None:
    hits = [
        hit(1, "a", (1, "Weather.", 0.1), (2, "Drones fell on Dzhankoi.", 0.9)),
        hit(2, "b", (7, "Dzhankoi is a town.", 0.5)),
    ]
    found = best_paragraphs(hits, {"drone": 1.0, "dzhankoi": 1.0}, k=10)
    # Ranks by closeness, terms and passage: a2 1, 1, 1; a1 3, 3, 1; b7 2, 2, 2.
    # With k = 10: a2 3/11 = 0.273; b7 3/12 = 0.250; a1 2/13 + 1/11 = 0.245.
    assert [(p.article, p.number, p.passage) for p in found] == [
        ("a", 2, 1),
        ("b", 7, 2),
        ("a", 1, 1),
    ]


def test_a_paragraph_of_two_overlapping_passages_comes_once_with_its_better_rank() -> None:
    hits = [
        hit(1, "a", (1, "One.", 0.2), (2, "Two.", 0.8)),
        hit(2, "a", (2, "Two.", 0.8), (3, "Three.", 0.3)),
    ]
    found = best_paragraphs(hits, {}, k=10)
    assert sorted((p.number, p.passage) for p in found) == [(1, 1), (2, 1), (3, 2)]
    assert found[0].number == 2


def test_rarity_is_bm25_s_inverse_document_frequency() -> None:
    found = rarities({"missil": 1, "the": 9}, passages=10)
    assert found["missil"] == pytest.approx(math.log(1 + 9.5 / 1.5))
    assert found["the"] == pytest.approx(math.log(1 + 1.5 / 9.5))


def test_shared_terms_are_weighted_by_rarity() -> None:
    assert shared({"missil": 3.0, "the": 1.0}, {"missil"}) == 0.75
    assert shared({}, {"missil"}) == 0.0


@pytest.mark.parametrize(
    ("question", "nowhere"),
    [
        ("Who wrote Hamlet?", True),
        ("What did Hamlet's author say of Bakhmut?", True),
        ("Who wrote of Bakhmut?", False),
        ("Hamlet was written by whom?", False),  # any first word has a capital
        ("who wrote hamlet", False),
        ("WHO WROTE HAMLET?", False),  # all have
        ("Who Wrote Hamlet?", False),
        ("What is THIS in Bakhmut?", False),
        ("Bakhmut?", False),
    ],
)
def test_a_question_may_name_what_stands_nowhere(question: str, nowhere: bool) -> None:
    known = {"bakhmut": 4, "wrote": 2, "author": 1}
    frequencies: dict[Wordings, int] = {
        (term,): known.get(term, 0) for term in content_terms(question)
    }
    assert names_nowhere(question, rarities(frequencies, 10), 10) is nowhere


def test_a_name_in_several_wordings_stands_where_one_of_them_does() -> None:
    somewhere = rarities({("russian volunt corp", "rdk"): 3}, 10)
    assert not names_nowhere("What is the RDK?", somewhere, 10)
    assert names_nowhere("What is the RDK?", rarities({("rdk",): 0}, 10), 10)
