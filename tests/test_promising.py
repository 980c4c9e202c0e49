"""Which parts of passages are worth reading, worked out by hand."""

from __future__ import annotations

from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from pincite.index.passages import JOINT, Passage, Piece
from pincite.qa.promising import ALWAYS, BEHIND, promising
from pincite.qa.retrieve import Hit

RARITY = {"drone": 3.0, "crimea": 1.0}
BOTH, NONE = "Drones over Crimea", "Cows"
places = count(1)


def hit(
    *paragraphs: tuple[str, float], header: str = "", pieces: tuple[Piece, ...] | None = None
) -> Hit:
    """A passage of such texts with such cosines; of places of its own unless they are given."""
    texts = tuple(text for text, _ in paragraphs)
    if pieces is None:
        starts = [1000 * next(places) for _ in texts]
        pieces = tuple(
            Piece(n, start, start + len(text))
            for n, (start, text) in enumerate(zip(starts, texts, strict=True), start=1)
        )
    passage = Passage("a", None, header, pieces, JOINT.join(texts))
    return Hit(1, passage, 0.1, None, None, tuple(near for _, near in paragraphs))


def after_the_best(*paragraphs: tuple[str, float], header: str = "") -> tuple[int, int] | None:
    """What is read of a passage that follows those of which something is always read."""
    best = [hit((BOTH, 0.7)) for _ in range(ALWAYS)]
    (*first, last) = promising([*best, hit(*paragraphs, header=header)], RARITY)
    assert first == [(0, 1)] * ALWAYS
    return last


def test_a_paragraph_far_behind_is_left_out() -> None:
    assert after_the_best((NONE, 0.54)) is None  # 0.16 behind, and 0.4 for all the terms it lacks
    assert after_the_best((NONE, 0.56)) == (0, 1)  # 0.14 and 0.4
    assert after_the_best(("A drone", 0.26)) == (0, 1)  # 0.44, and 0.1 for a quarter by rarity
    assert after_the_best(("A drone", 0.24)) is None
    assert after_the_best((NONE, 0.16), header=BOTH) == (0, 1)  # the header says it all
    assert after_the_best((BOTH, 0.14)) is None


def test_a_run_holds_all_that_is_worth_reading_and_what_is_between() -> None:
    near, far = (BOTH, 0.6), (NONE, 0.1)
    assert after_the_best(far, near, far, near, far) == (1, 4)
    assert after_the_best(near, far) == (0, 1)


def test_of_the_best_passages_the_best_paragraph_is_read() -> None:
    far = [hit((NONE, 0.1), (NONE, 0.2)) for _ in range(ALWAYS)]
    assert promising([hit((BOTH, 0.9)), *far], RARITY) == [
        (0, 1),
        *[(1, 2)] * (ALWAYS - 1),
        None,
    ]
    assert promising([], RARITY) == []


def test_a_paragraph_of_two_passages_is_read_in_the_better_one() -> None:
    shared, own = Piece(1, 0, len(BOTH)), Piece(2, 900, 900 + len(BOTH))
    first = hit((BOTH, 0.7), pieces=(shared,))
    second = hit((BOTH, 0.7), (BOTH, 0.6), pieces=(shared, own))
    assert promising([first, second, first], RARITY) == [(0, 1), (1, 2), None]


def test_without_terms_nearness_decides() -> None:
    best = [hit((NONE, 0.9)) for _ in range(ALWAYS)]
    others = [hit((NONE, 0.9 - BEHIND + 0.01)), hit((NONE, 0.9 - BEHIND - 0.01))]
    assert promising([*best, *others], {})[ALWAYS:] == [(0, 1), None]


@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from([BOTH, NONE]), st.floats(-1, 1)), min_size=1, max_size=4)
    )
)
def test_the_nearest_paragraph_of_the_best_passage_is_always_read(
    passages: list[list[tuple[str, float]]],
) -> None:
    runs = promising([hit(*one) for one in passages], RARITY)
    assert len(runs) == len(passages)
    for run, of in zip(runs, passages, strict=True):
        assert run is None or 0 <= run[0] < run[1] <= len(of)
    if passages:
        assert runs[0] is not None
