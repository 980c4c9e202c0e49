"""Find the passages for a question, and lay windows of neighbouring passages around them."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pincite.index.article import Tier
from pincite.index.encoder import Encoder, Vectors
from pincite.index.opened import Index, Scored
from pincite.index.passages import Passage
from pincite.qa.question import Question
from pincite.qa.reader import Text
from pincite.qa.text_kind import TextKinds
from pincite.settings import Settings

APART = "\n\n"  # between two paragraphs of a window, as the reader was taught
TITLE_CHARS = 160  # of the titles above a window at most
BESIDE_BEHIND = 0.3  # score that the page's own words lose against what the article says
ALIKE = 0.5  # what nearness to a sentence counts beside a hit's score
SMALL = 100  # passages of a collection in which it does not tell how far an article is found
REACH = 12  # passages before and after a hit that a window may reach to


@dataclass(frozen=True, slots=True)
class Hit:
    """A retrieved passage.

    Attributes:
        id: in the store, from 1.
        score: what it is ranked by: `cosine` and, weighed, `bm25`; less what a button loses.
        cosine: of question and passage, -1..1.
        bm25: 0 or more; 0 where it is not among the first that BM25 found.
    """

    id: int
    passage: Passage
    score: float
    cosine: float
    bm25: float


@dataclass(frozen=True, slots=True)
class Window:
    """A run of neighbouring passages of one article, read as one text.

    Attributes:
        hit: the best passage in it.
        ids: of its passages.
        passages: in the order of the article, all of one section.
        text: their texts; `text.bounds` are their `[start, end)` in it, in the same order.
    """

    hit: Hit
    ids: tuple[int, ...]
    passages: tuple[Passage, ...]
    text: Text


def retrieve(
    question: Question,
    vector: Vectors,
    index: Index,
    encoder: Encoder,
    settings: Settings,
    kinds: TextKinds | None = None,
) -> tuple[Question, list[Hit]]:
    """The passages for a question, best first, at most `retrieve_candidates`.

    A question with a conversation before it is looked up with its last turns, unless it stands
    alone, by its words or by what it finds: a follow-up finds little alone. The conversation would
    only drag the old topic along.

    Args:
        vector: of the question alone, shape `[dimension]`, of length 1.

    Returns:
        The question as it is to be read, without its turns where it stands alone, and the hits.
    """
    alone = _search(question.text, vector, index, settings)
    if not question.turns or (kinds is not None and kinds.stands_alone(vector)):
        return question.alone, alone
    (in_turn,) = encoder.encode([question.asked])
    hits = _search(question.asked, in_turn, index, settings)
    if alone and alone[0].score > hits[0].score - settings.follow_up_gain:
        return question.alone, alone
    return question, hits


def _search(asked: str, vector: Vectors, index: Index, settings: Settings) -> list[Hit]:
    """The passages for a text and its vector.

    A convex combination of both searches (Bruch, Gai and Ingber, ACM TOIS 2023): the cosine and,
    weighed, BM25. The weight was set on development questions over 11 thousand paragraphs.
    """
    limit = settings.retrieve_candidates
    return _best_first(hits_of(index.candidates(asked, vector, limit), settings))[:limit]


def hits_of(scored: Iterable[Scored], settings: Settings) -> Iterator[Hit]:
    """What was found, as hits."""
    return (Hit(one.id, one.passage, score(one, settings), one.cosine, one.bm25) for one in scored)


def score(one: Scored, settings: Settings) -> float:
    """What a passage is ranked by; see `Hit`."""
    behind = BESIDE_BEHIND * (one.passage.tier == Tier.BESIDE)
    return one.cosine + settings.bm25_weight * one.bm25 - behind


def beside(
    sentence: str, hits: Sequence[Hit], index: Index, encoder: Encoder, least: float
) -> list[Hit]:
    """The hits, best first, as they are near the question and what one article says to it.

    What others say to the same is often nearer to what the first says than to the question. The
    weight was set on development questions (after Rocchio, 1971: relevance feedback).

    Args:
        least: cosine of a hit and the sentence, below which the hit is left out, -1..1.
    """
    (vector,) = encoder.encode([sentence])
    near = index.closeness(vector, [hit.id for hit in hits])
    scores = scores_beside({hit.id: hit.score for hit in hits}, near, least)
    return _best_first(replace(hit, score=scores[hit.id]) for hit in hits if hit.id in scores)


def scores_beside(
    scores: Mapping[int, float], near: Mapping[int, float], least: float
) -> dict[int, float]:
    """What hits are ranked by once something was read; see `beside`. Those too far are left out.

    Args:
        scores: of the hits by the question, by their ids.
        near: cosine of each and the sentence, -1..1.
    """
    return {id_: scores[id_] + ALIKE * cosine for id_, cosine in near.items() if cosine >= least}


def together(hits: Sequence[Hit]) -> list[Hit]:
    """The hits, best first, each nearer the best of its article, the fewer of that are found.

    Who is meant often stands in another paragraph than what is asked of them (after Callan, SIGIR
    1994). The root was set on development questions.
    """
    of: defaultdict[str, list[float]] = defaultdict(list)
    for hit in hits:
        of[hit.passage.article].append(hit.score)
    best = {article: (max(scores), math.sqrt(len(scores))) for article, scores in of.items()}

    def nearer(hit: Hit) -> float:
        highest, root = best[hit.passage.article]
        return hit.score + (highest - hit.score) / root

    return _best_first(replace(hit, score=nearer(hit)) for hit in hits)


def farther(hits: Sequence[Hit], passages: int) -> dict[str, float]:
    """Article -> by how much its best hit's score is less than the best of all, weighed.

    In a small collection all are of one matter; the more it holds, the more this tells.

    Args:
        hits: best first.
        passages: in the index.
    """
    best: dict[str, float] = {}
    for hit in hits:
        best.setdefault(hit.passage.article, hit.score)
    weight = max(0.0, math.log10(max(1, passages) / SMALL))
    return {article: weight * (hits[0].score - score) for article, score in best.items()}


def _best_first(hits: Iterable[Hit]) -> list[Hit]:
    return sorted(hits, key=lambda hit: (-hit.score, hit.id))


def windows(
    question: Question,
    hits: Sequence[Hit],
    index: Index,
    settings: Settings,
    before: Sequence[Window] = (),
) -> list[Window]:
    """What is read: windows around the best hits, best first, each passage in one of them.

    A window grows by the passage before its hit, then by the one after it, and so on. Small windows
    leave "not here" to be said of each alone; what a follow-up asks for stands near what was asked
    before, so its windows are wider, and fewer. A hit that is `read_behind` below the best
    starts none, unless something was read before.

    Args:
        question: as it is read.
        hits: best first.
        before: windows that were read; no passage of theirs is in another.
    """
    words = settings.follow_up_words if question.turns else settings.window_words
    most = max(1, settings.read_windows * settings.window_words // words)
    behind = math.inf if before else settings.read_behind
    worth = [hit for hit in hits if hit.score >= hits[0].score - behind]
    laid: list[Window] = []
    taken = {id_ for window in before for id_ in window.ids}
    near: dict[int, list[tuple[int, Passage]]] = {}
    for n, hit in enumerate(worth):
        if len(laid) == most:
            break
        if hit.id in taken:
            continue
        if hit.id not in near:  # looked up for many at a time: the index may be far away
            ahead = [other.id for other in worth[n : n + most] if other.id not in taken]
            near = index.around(ahead, REACH, words)
        run = _around(hit, near[hit.id], taken, words)
        taken.update(id_ for id_, _ in run)
        laid.append(_window(hit, run))
    return laid


def _around(
    hit: Hit, near: Sequence[tuple[int, Passage]], taken: set[int], words: int
) -> Sequence[tuple[int, Passage]]:
    """The run of passages around a hit, `(id, passage)` in the article's order."""
    first = last = next(n for n, (id_, _) in enumerate(near) if id_ == hit.id)
    left = words - len(hit.passage.text.split())
    before = grows_before = grows_after = True
    while grows_before or grows_after:
        at = first - 1 if before else last + 1
        fits = 0 <= at < len(near) and near[at][0] not in taken
        cost = len(near[at][1].text.split()) if fits else 0
        if fits and cost <= left:
            left -= cost
            first, last = min(first, at), max(last, at)
        elif before:
            grows_before = False
        else:
            grows_after = False
        before = grows_before and (not before or not grows_after)
    return near[first : last + 1]


def _window(hit: Hit, run: Sequence[tuple[int, Passage]]) -> Window:
    ids, passages = zip(*run, strict=True)
    # Outside all bounds: the titles say what the text is about, and are no answer.
    text, bounds = hit.passage.header[:TITLE_CHARS], []
    for n, passage in enumerate(passages):
        if n or text:
            # Two parts of one long paragraph belong to one run of text.
            parts = n > 0 and passage.paragraph == passages[n - 1].paragraph
            text += " " if parts else APART
        bounds.append((len(text), len(text) + len(passage.text)))
        text += passage.text
    return Window(hit, ids, passages, Text(text, tuple(bounds)))
