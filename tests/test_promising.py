"""Which passages are worth reading, worked out by hand."""

from __future__ import annotations

from index.passages import Passage, Piece
from qa.promising import ALWAYS, promising
from qa.retrieve import Hit

RARITY = {"drone": 3.0, "crimea": 1.0}
BOTH, ONE, NONE = "Drones over Crimea", "Crimea", "Cows"


def hit(text: str, *near: float, header: str = "") -> Hit:
    passage = Passage("a", None, header, (Piece(1, 0, len(text)),), text)
    return Hit(1, passage, 0.1, None, None, near)


def test_what_is_much_farther_and_says_much_less_is_left_out() -> None:
    best = [hit(BOTH, 0.7)] * ALWAYS
    assert promising([*best, hit(NONE, 0.4)], RARITY) == [True] * ALWAYS + [False]
    # One of its paragraphs is near.
    assert promising([*best, hit(NONE, 0.1, 0.5)], RARITY)[-1]
    # It says the rarest of what is asked, or its header does.
    assert promising([*best, hit("A drone", 0.2)], RARITY)[-1] is False  # 3 of 4: a quarter less
    assert promising([*best, hit(NONE, 0.2, header=BOTH)], RARITY)[-1]
    assert promising([*best, hit(ONE, 0.2)], RARITY)[-1] is False


def test_the_best_are_always_read() -> None:
    assert promising([hit(NONE, 0.0)] * ALWAYS, RARITY) == [True] * ALWAYS
    assert promising([hit(BOTH, 0.9), hit(NONE, 0.0)], RARITY) == [True, True]
    assert promising([], RARITY) == []


def test_without_terms_nearness_alone_tells_nothing() -> None:
    # Nothing holds less of nothing.
    hits = [hit(NONE, 0.9)] * ALWAYS + [hit(NONE, 0.1)]
    assert promising(hits, {}) == [True] * (ALWAYS + 1)
