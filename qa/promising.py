"""Which parts of the passages found are worth reading: reading is most of what a question costs.

A paragraph is left out that is much farther from the question than the nearest of all, or says
much less of it, or some of both: what it held was hardly ever cited, and now and then mistaken
for the answer. What stands in two passages is read in the better one.
`docs/benchmarks.md` has what that saves and loses.
"""

from __future__ import annotations

from collections.abc import Sequence

from pincite.index.terms import terms
from pincite.qa.retrieve import Hit, Rarity, shared

ALWAYS = 3  # of the best passages a paragraph is read, however far it is
# Set on development questions of the shipped articles.
BEHIND = 0.55  # a paragraph that is so far behind the best, in all, is not read
_TERMS = 0.4  # what the question's terms count beside the cosine

Run = tuple[int, int]
"""`[first, last)` of a passage's pieces."""


def promising(hits: Sequence[Hit], rarity: Rarity) -> list[Run | None]:
    """Of each hit, best first, the pieces to be read: the shortest run that holds all those.

    Args:
        rarity: weight of each of the question's terms.
    """
    nearest = max((max(hit.paragraphs) for hit in hits), default=0.0)
    holds = [_held(hit, rarity) for hit in hits]
    most = max((whole for whole, _ in holds), default=0.0)
    runs: list[Run | None] = []
    read: set[tuple[str, int, int]] = set()
    for rank, (hit, (_, held)) in enumerate(zip(hits, holds, strict=True)):
        places = [(hit.passage.article, piece.start, piece.end) for piece in hit.passage.pieces]
        behind = [
            nearest - near + _TERMS * (most - has)
            for near, has in zip(hit.paragraphs, held, strict=True)
        ]
        enough = max(BEHIND, min(behind)) if rank < ALWAYS else BEHIND
        worth = [n for n, place in enumerate(places) if behind[n] <= enough and place not in read]
        runs.append((worth[0], worth[-1] + 1) if worth else None)
        read.update(places[worth[0] : worth[-1] + 1] if worth else ())
    return runs


def _held(hit: Hit, rarity: Rarity) -> tuple[float, list[float]]:
    """The share of the question's terms in a passage, and in each of its pieces; headers count."""
    header = set(terms(hit.passage.header))
    pieces = [set(terms(hit.passage.text[start:end])) for start, end in hit.passage.bounds]
    return (
        shared(rarity, header.union(*pieces)),
        [shared(rarity, header | piece) for piece in pieces],
    )
