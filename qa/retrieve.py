"""Find the passages for a question: dense and BM25 searches, fused."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pincite.index.encoder import Encoder
from pincite.index.opened import Index
from pincite.index.passages import Passage
from pincite.index.terms import Wordings, is_function_word, spelt_words, terms
from pincite.settings import Settings

Rarity = Mapping[str, float] | Mapping[Wordings, float]
"""The weight of each term of a question, or of the wordings that stand for each other."""

Asked = TypeVar("Asked", str, Wordings)


@dataclass(frozen=True, slots=True)
class Hit:
    """A retrieved passage.

    Attributes:
        passage_id: in the store, from 1.
        fused: the sum of 1/(k + rank) over the searches that found it.
        cosine: of question and passage, -1..1; None if only BM25 found it.
        bm25: as FTS5 computes it, 0 or more; None if only the dense search found it.
        paragraphs: cosine of each of its paragraphs alone with the question, -1..1.
    """

    passage_id: int
    passage: Passage
    fused: float
    cosine: float | None
    bm25: float | None
    paragraphs: tuple[float, ...]


def retrieve(
    question: str, rarity: Rarity, index: Index, encoder: Encoder, settings: Settings
) -> list[Hit]:
    """The passages for a question, best first, at most `retrieve_passages`.

    Reciprocal rank fusion (Cormack, Clarke and Buettcher, SIGIR 2009): a
    passage scores the sum over both searches of 1/(k + rank), ranks from 1.

    Args:
        rarity: `rarity_of` the question: its terms, which BM25 matches on.
    """
    limit = settings.retrieve_candidates
    (vector,) = encoder.encode([question])
    dense = index.nearest(vector, limit)
    lexical = index.matching(rarity, limit)
    fused = fuse([list(dense), list(lexical)], settings.fusion_k)
    fused = fused[: settings.retrieve_passages]
    closeness = index.closeness(vector, [id_ for id_, _ in fused])
    hits = []
    for id_, score in fused:
        passage = index.store.passage(id_)
        paragraphs = tuple(closeness[id_, piece] for piece in range(len(passage.pieces)))
        hits.append(Hit(id_, passage, score, dense.get(id_), lexical.get(id_), paragraphs))
    return hits


def fuse(rankings: Sequence[Sequence[int]], k: int) -> list[tuple[int, float]]:
    """`(id, score)` by reciprocal rank fusion, best first; equal scores by id."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, id_ in enumerate(ranking, start=1):
            scores[id_] = scores.get(id_, 0.0) + 1.0 / (k + rank)
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of a retrieved passage.

    Attributes:
        passage: rank, from 1, of the best passage that holds it.
    """

    article: str
    number: int
    passage: int


def best_paragraphs(hits: Sequence[Hit], rarity: Rarity, k: int) -> list[Paragraph]:
    """The paragraphs of the hits, each once, best first.

    Reciprocal rank fusion of three orders: the paragraph's own cosine with
    the question, the share of the question's terms in it, and the rank of
    its passage.

    Args:
        hits: the passages, best first.
        rarity: weight of each of the question's terms.
        k: of the fusion.
    """
    cosines: dict[tuple[str, int], float] = {}
    sharing: dict[tuple[str, int], float] = {}
    passages: dict[tuple[str, int], int] = {}
    for rank, hit in enumerate(hits, start=1):
        passage = hit.passage
        for piece, cosine, (start, end) in zip(
            passage.pieces, hit.paragraphs, passage.bounds, strict=True
        ):
            place = (passage.article, piece.paragraph)
            passages.setdefault(place, rank)
            cosines.setdefault(place, cosine)
            sharing.setdefault(place, shared(rarity, set(terms(passage.text[start:end]))))
    places = list(passages)
    orders = [
        sorted(range(len(places)), key=lambda i: -cosines[places[i]]),
        sorted(range(len(places)), key=lambda i: -sharing[places[i]]),
    ]
    scores = {i: score + 1.0 / (k + passages[places[i]]) for i, score in fuse(orders, k)}
    best = sorted(scores, key=lambda i: (-scores[i], i))
    return [Paragraph(*places[i], passages[places[i]]) for i in best]


def shared(rarity: Rarity, held: set[str]) -> float:
    """The share, weighted by rarity, of the question's terms that a text holds, 0..1.

    It holds what it has in any wording, a phrase if it has all its terms.
    """
    total = sum(rarity.values())
    if not total:
        return 0.0
    return sum(weight for asked, weight in rarity.items() if says(asked, held)) / total


def says(asked: str | Wordings, held: set[str]) -> bool:
    """Whether a text of such terms says what is asked about, in any wording."""
    if isinstance(asked, str):
        return asked in held
    return any(held.issuperset(wording.split()) for wording in asked)


def rarity_of(question: str, index: Index) -> dict[Wordings, float]:
    """The weight of each of the question's terms: its rarity in the index."""
    return rarities(index.meant(question), index.manifest.counts.passages)


def names_nowhere(question: str, rarity: Rarity, passages: int) -> bool:
    """Whether a question names what stands in no passage, such as "Hamlet" over other news.

    A word with a capital is a name, unless it is the first or all words have one.

    Args:
        rarity: weight of each of the question's terms.
        passages: how many the weights rest on.
    """
    later = [word for word in spelt_words(question)[1:] if word[0].isalpha()]
    names = [word for word in later if word[0].isupper() and not is_function_word(word)]
    if all(word[0].isupper() for word in later):
        return False
    most = _rarity(0, passages)
    nowhere = {term for term, weight in rarity.items() if weight >= most}
    return any(not nowhere.isdisjoint({term, (term,)}) for name in names for term in terms(name))


def rarities(frequencies: Mapping[Asked, int], passages: int) -> dict[Asked, float]:
    """Inverse document frequency of each term, as in BM25 (Robertson and Zaragoza, 2009).

    Args:
        frequencies: in how many passages each term, or any of its wordings, stands.
        passages: how many there are.
    """
    return {term: _rarity(held, passages) for term, held in frequencies.items()}


def _rarity(held: int, passages: int) -> float:
    return math.log(1.0 + (passages - held + 0.5) / (held + 0.5))
