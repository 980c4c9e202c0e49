"""Find the passages for a question: dense and BM25 searches, fused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from index.encoder import Encoder
from index.opened import Index
from index.passages import Passage, Piece
from index.terms import terms
from pincite.settings import Settings

HEADER_WEIGHT = 0.5  # of a term found in the title or the post headline, beside one in the text


@dataclass(frozen=True, slots=True)
class Hit:
    """A retrieved passage.

    Attributes:
        passage_id: in the store, from 1.
        fused: the sum of 1/(k + rank) over the searches that found it.
        cosine: of question and passage, -1..1; None if only BM25 found it.
        bm25: as FTS5 computes it, 0 or more; None if only the dense search found it.
    """

    passage_id: int
    passage: Passage
    fused: float
    cosine: float | None
    bm25: float | None


def retrieve(question: str, index: Index, encoder: Encoder, settings: Settings) -> list[Hit]:
    """The passages for a question, best first, at most `retrieve_passages`.

    Reciprocal rank fusion (Cormack, Clarke and Buettcher, SIGIR 2009): a
    passage scores the sum over both searches of 1/(k + rank), ranks from 1.
    """
    limit = settings.retrieve_candidates
    (vector,) = encoder.encode([question])
    dense = index.nearest(vector, limit)
    lexical = index.matching(question, limit, HEADER_WEIGHT)
    fused = fuse([list(dense), list(lexical)], settings.fusion_k)
    return [
        Hit(id_, index.store.passage(id_), score, dense.get(id_), lexical.get(id_))
        for id_, score in fused[: settings.retrieve_passages]
    ]


def fuse(rankings: Sequence[Sequence[int]], k: int) -> list[tuple[int, float]]:
    """`(id, score)` by reciprocal rank fusion, best first; equal scores by id."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, id_ in enumerate(ranking, start=1):
            scores[id_] = scores.get(id_, 0.0) + 1.0 / (k + rank)
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))


def best_paragraphs(question: str, hits: Sequence[Hit]) -> Iterator[tuple[Hit, Piece]]:
    """The paragraphs of the hits, each once, best first.

    First the best paragraph of every passage, in the passages' order, then the
    second best, and so on. Inside a passage, paragraphs are ordered by the
    question's terms that they hold, rare ones (among the hits) counting more.
    """
    wanted = set(terms(question))

    def texts(hit: Hit) -> list[str]:
        return [hit.passage.text[start:end] for start, end in hit.passage.bounds]

    held = [[wanted.intersection(terms(text)) for text in texts(hit)] for hit in hits]
    spread = {t: sum(any(t in p for p in passage) for passage in held) for t in wanted}
    ordered = [
        sorted(
            zip(hit.passage.pieces, found, strict=True),
            key=lambda pair: -sum(1.0 / spread[term] for term in pair[1]),
        )
        for hit, found in zip(hits, held, strict=True)
    ]
    seen: set[tuple[str, int]] = set()
    for depth in range(max(map(len, ordered), default=0)):
        for hit, pairs in zip(hits, ordered, strict=True):
            if depth >= len(pairs):
                continue
            piece = pairs[depth][0]
            if (hit.passage.article, piece.paragraph) not in seen:
                seen.add((hit.passage.article, piece.paragraph))
                yield hit, piece
