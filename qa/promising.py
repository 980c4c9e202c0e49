"""Which of the passages found are worth reading: reading is most of what a question costs.

The few best are always read. Of the others one is left out if it is both much farther from the
question than the nearest and says much less of it: what it held was hardly ever cited.
`docs/benchmarks.md` has what that saves and loses.
"""

from __future__ import annotations

from collections.abc import Sequence

from index.terms import terms
from qa.retrieve import Hit, Rarity, shared

ALWAYS = 3  # the best passages are read, however far they are
# Set on development questions of the shipped articles.
FARTHER = 0.25  # by so much a passage's nearest paragraph is farther, as a cosine
FEWER = 0.2  # and so much less of the question's terms, weighted by rarity, it holds


def promising(hits: Sequence[Hit], rarity: Rarity) -> list[bool]:
    """Of each hit, best first, whether it is to be read.

    Args:
        rarity: weight of each of the question's terms.
    """
    nearness = [max(hit.paragraphs) for hit in hits]
    holds = [shared(rarity, {*terms(hit.passage.text), *terms(hit.passage.header)}) for hit in hits]
    nearest, most = max(nearness, default=0.0), max(holds, default=0.0)
    return [
        rank < ALWAYS or near > nearest - FARTHER or held > most - FEWER
        for rank, (near, held) in enumerate(zip(nearness, holds, strict=True))
    ]
