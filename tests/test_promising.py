"""Which passages are worth reading, worked out by hand."""

from __future__ import annotations

from index.passages import Passage, Piece
from qa.promising import ALWAYS, promising
from qa.retrieve import Hit

RARITY = {"drone": 3.0, "crimea": 1.0}
BOTH, NONE = "Drones over Crimea", "Cows"


def hit(text: str, *near: float, header: str = "") -> Hit:
    passage = Passage("a", None, header, (Piece(1, 0, len(text)),), text)
    return Hit(1, passage, 0.1, None, None, near)


def test_what_is_far_behind_is_left_out() -> None:
    best = [hit(BOTH, 0.7)] * ALWAYS

    def is_read(one: Hit) -> bool:
        (*first, last) = promising([*best, one], RARITY)
        assert first == [True] * ALWAYS
        return last

    assert not is_read(hit(NONE, 0.6))  # 0.1 behind, and 0.4 for all the terms that it lacks
    assert is_read(hit(NONE, 0.69))  # 0.01 and 0.4
    assert is_read(hit(NONE, 0.1, 0.69))  # its nearest paragraph counts
    assert is_read(hit("A drone", 0.39))  # 0.31, and 0.1 for a quarter of the terms by rarity
    assert not is_read(hit("A drone", 0.37))
    assert is_read(hit(NONE, 0.29, header=BOTH))  # 0.41 and nothing: the header says it all
    assert not is_read(hit(BOTH, 0.27))


def test_the_best_are_always_read() -> None:
    assert promising([hit(NONE, 0.0)] * ALWAYS, RARITY) == [True] * ALWAYS
    assert promising([hit(BOTH, 0.9), hit(NONE, 0.0)], RARITY) == [True, True]
    assert promising([], RARITY) == []


def test_without_terms_nearness_decides() -> None:
    hits = [hit(NONE, 0.9)] * ALWAYS
    assert promising([*hits, hit(NONE, 0.5), hit(NONE, 0.4)], {})[ALWAYS:] == [True, False]
