"""Which of the passages found are worth reading: reading is most of what a question costs.

The few best are always read. Of the others one is left out that is much farther from the question
than the nearest, or says much less of it, or some of both: what it held was hardly ever cited.
`docs/benchmarks.md` has what that saves and loses.
"""

from __future__ import annotations

from collections.abc import Sequence

from index.terms import terms
from qa.retrieve import Hit, Rarity, shared

ALWAYS = 3  # the best passages are read, however far they are
# Set on development questions of the shipped articles.
BEHIND = 0.42  # a passage that is so far behind the best, in all, is not read
_TERMS = 0.4  # what the question's terms count beside the cosine


def promising(hits: Sequence[Hit], rarity: Rarity) -> list[bool]:
    """Of each hit, best first, whether it is to be read.

    Args:
        rarity: weight of each of the question's terms.
    """
    nearness = [max(hit.paragraphs) for hit in hits]
    holds = [shared(rarity, {*terms(hit.passage.text), *terms(hit.passage.header)}) for hit in hits]
    nearest, most = max(nearness, default=0.0), max(holds, default=0.0)
    return [
        rank < ALWAYS or nearest - near + _TERMS * (most - held) < BEHIND
        for rank, (near, held) in enumerate(zip(nearness, holds, strict=True))
    ]
