from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.passages import Passage, Piece
from qa.retrieve import Hit, best_paragraphs, fuse


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


def hit(id_: int, article: str, *paragraphs: tuple[int, str]) -> Hit:
    pieces, at = [], 0
    for number, text in paragraphs:
        pieces.append(Piece(number, at, at + len(text)))
        at += len(text) + 1
    text = "\n".join(text for _, text in paragraphs)
    return Hit(id_, Passage(article, None, "", tuple(pieces), text), 1.0 / id_, None, None)


def test_paragraphs_come_from_every_passage_before_the_second_best_of_one() -> None:
    hits = [
        hit(1, "a", (1, "Weather."), (2, "Drones fell on Dzhankoi."), (3, "Drones again.")),
        hit(2, "b", (1, "Dzhankoi is a town.")),
    ]
    found = [(h.passage.article, p.paragraph) for h, p in best_paragraphs("Dzhankoi drones?", hits)]
    # Both of b's terms are in one paragraph; of a, paragraph 2 holds both terms, 3 one, 1 none.
    assert found == [("a", 2), ("b", 1), ("a", 3), ("a", 1)]


def test_a_paragraph_of_two_overlapping_passages_comes_once() -> None:
    hits = [hit(1, "a", (1, "One."), (2, "Two.")), hit(2, "a", (2, "Two."), (3, "Three."))]
    found = [p.paragraph for _, p in best_paragraphs("two", hits)]
    assert sorted(found) == [1, 2, 3]
    assert found[0] == 2
