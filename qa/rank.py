"""Rank the spans of all passages: reader, retriever and shared terms together.

One logistic regression over a few features orders the spans, what several
paragraphs say counts for each of them, and two more (`qa/confidence.py`) say how
likely the leading one and the others are right. Their numbers are `qa/ranking.py`'s.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from pincite.index.terms import Wordings, terms
from pincite.qa.agree import keys
from pincite.qa.confidence import Voice, leading, signals
from pincite.qa.longer import whole
from pincite.qa.ranking import Ranking
from pincite.qa.read import Span
from pincite.qa.retrieve import Hit, Rarity, names_nowhere, says, shared
from pincite.qa.said.fits import can_answer, speaker
from pincite.qa.said.same import Said
from pincite.qa.words import sentence_bounds

_NOT_SAID = re.compile(r"\W+|\b(?:a|an|the)\b")

Dates = Callable[[str], date | None]
"""When an article, by its id, was published."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A span that can be an answer, and how sure we are of it.

    Attributes:
        article: its id.
        paragraph: the number of the paragraph that holds it.
        start, end: `[start, end)` in characters of the article's text.
        said: its words and their sentence.
        key: equal for candidates that say the same in other words, see `pincite.qa.agree`.
        confidence: how likely it is right, 0..1: an answer to the question, if not
            the only one.
        agrees: how likely it tells what the best candidate with its key tells, 0..1.
    """

    article: str
    paragraph: int
    start: int
    end: int
    said: Said
    key: str
    confidence: float
    agrees: float


@dataclass(frozen=True, slots=True)
class Ranked:
    """What can answer a question.

    Attributes:
        candidates: the leading one (`confidence.leading`) first, the others by the ranking.
        answers: how likely the articles answer the question at all, 0..1.
    """

    candidates: Sequence[Candidate]
    answers: float


def rank(
    question: str,
    hits: Sequence[Hit],
    spans: Sequence[Sequence[Span]],
    rarity: Rarity,
    ranking: Ranking,
    among: int,
    published: Dates,
) -> Ranked:
    """The spans that can be an answer as candidates, each run of characters once.

    Args:
        hits: the passages, best first.
        spans: of each passage.
        rarity: weight of each of the question's terms.
        among: passages in the index that the hits were found in.
        published: of each article.
    """
    spoken = described(question, hits, spans, rarity, published)
    if not spoken:
        return Ranked((), 0.0)
    logits = [ranking.logit(one.voice.features) for one in spoken]
    voices = [one.voice for one in spoken]
    found = signals(voices, logits, among, names_nowhere(question, rarity, among))
    sure = ranking.sure(found)
    top = leading(voices, logits)
    confidences = ranking.beside(voices, logits, sure, among)
    echoes = ranking.echoes(voices, logits)
    best: dict[tuple[str, int, int], Candidate] = {}
    for i in [top, *sorted(range(len(spoken)), key=lambda i: -logits[i])]:
        one, voice = spoken[i], spoken[i].voice
        confidence = confidences[i] if best else sure
        best.setdefault(
            (voice.article, one.start, one.end),
            Candidate(
                *(voice.article, voice.paragraph, one.start, one.end),
                *(one.said, voice.said, confidence, echoes[i]),
            ),
        )
    return Ranked(tuple(best.values()), ranking.answers(found))


@dataclass(frozen=True, slots=True)
class Spoken:
    """A span that can be an answer, and what is known of it.

    Attributes:
        start, end: `[start, end)` in characters of the article's text, as it is shown.
        said: the words shown and their sentence.
        voice: what it says, its place and its features, see `FEATURES`.
    """

    hit: Hit
    span: Span
    start: int
    end: int
    said: Said
    voice: Voice


def described(
    question: str,
    hits: Sequence[Hit],
    spans: Sequence[Sequence[Span]],
    rarity: Rarity,
    published: Dates,
) -> list[Spoken]:
    """The spans that can be an answer, passage by passage, the same characters perhaps twice."""
    top_fused = max((hit.fused for hit in hits), default=1.0)
    also = {term for asked in rarity if not isinstance(asked, str) for term in _terms(asked)}
    out: list[Spoken] = []
    far: list[Spoken] = []  # from who is asked to have said it
    for hit, of in zip(hits, spans, strict=True):
        header = set(terms(hit.passage.header))
        for span in of:
            words = hit.passage.text[span.start : span.end]
            piece, first, last = _piece(hit, span)
            around = _sentence(hit, span, first, last)
            # The same sentence may stand there twice; the span is in the last up to it.
            at = span.start - hit.passage.text.rindex(around, first, span.start + len(around))
            if not can_answer(question, words, around[:at], around[at + len(words) :], also):
                continue
            shown = _whole(question, span, around, at)
            number, start, end = place(hit, shown)
            # The answer's own words are not what the question gives.
            sentence = set(terms(around)).difference(terms(words))
            paragraph = header.union(terms(hit.passage.text[first:last]))
            features = {
                "score": span.score,
                "null": span.null,
                "cosine": hit.cosine or 0.0,
                "near": hit.paragraphs[piece],
                "fused": hit.fused / top_fused,
                "sentence": shared(rarity, sentence),
                "paragraph": shared(rarity, paragraph),
            }
            words = hit.passage.text[shown.start : shown.end]
            said = Said(words, around, published(hit.passage.article))
            voice = Voice(plain(words), hit.passage.article, number, features)
            near = _is_speaker_near(question, rarity, hit, piece)
            (out if near else far).append(Spoken(hit, span, start, end, said, voice))
    # A speech seldom says whose it is.
    return _agreeing(question, out or far)


def _terms(wordings: Wordings) -> list[str]:
    return [term for wording in wordings for term in wording.split()]


def _is_speaker_near(question: str, rarity: Rarity, hit: Hit, piece: int) -> bool:
    """Whether who is asked to have said something is named in the paragraph or before it.

    In the one before or above the passage, that is; so where it does not hold the one before.
    """
    name = speaker(question)
    passage = hit.passage
    if name is None or (piece == 0 and passage.pieces[0].paragraph > 1):
        return True
    near = passage.text[passage.bounds[max(0, piece - 1)][0] : passage.bounds[piece][1]]
    held = {*terms(near), *terms(passage.header)}
    asked = [key for key in rarity if name in ([key] if isinstance(key, str) else _terms(key))]
    return name in held or any(says(key, held) for key in asked)


def _agreeing(question: str, spoken: Sequence[Spoken]) -> list[Spoken]:
    """The same, those that say the same in other words with the same `voice.said`."""
    said = keys(
        question,
        [one.said for one in spoken],
        [one.voice.said for one in spoken],
        [one.span.score - one.span.null for one in spoken],
    )
    return [
        replace(one, voice=replace(one.voice, said=key))
        for one, key in zip(spoken, said, strict=True)
    ]


def plain(words: str) -> str:
    """The words without case, punctuation and articles: what says the same is equal."""
    return " ".join(_NOT_SAID.sub(" ", words.casefold()).split())


def place(hit: Hit, span: Span) -> tuple[int, int, int]:
    """Where a span stands: paragraph number and `[start, end)` in the article's text."""
    passage = hit.passage
    for piece, (first, last) in zip(passage.pieces, passage.bounds, strict=True):
        if first <= span.start and span.end <= last:
            start = piece.start + span.start - first
            return piece.paragraph, start, start + span.end - span.start
    raise ValueError(f"the span [{span.start}, {span.end}) is not inside one piece")


def _sentence(hit: Hit, span: Span, first: int, last: int) -> str:
    """The sentence that a span begins in, inside the piece `[first, last)` that holds it."""
    text = hit.passage.text
    for start, end in sentence_bounds(text[first:last]):
        if first + start <= span.start < first + end:
            return text[first + start : first + end]
    return text[span.start : span.end]


def _whole(question: str, span: Span, sentence: str, at: int) -> Span:
    """The span as it is shown, see `qa/longer.py`; it begins `at` characters into its sentence."""
    size = span.end - span.start
    if at + size > len(sentence):  # it goes on into the next one
        return span
    start, end = whole(question, sentence, at, at + size)
    return replace(span, start=span.start - at + start, end=span.start - at + end)


def _piece(hit: Hit, span: Span) -> tuple[int, int, int]:
    """Of the piece that holds a span: its number, and `[start, end)` in the passage's text."""
    return next(
        (number, a, b)
        for number, (a, b) in enumerate(hit.passage.bounds)
        if a <= span.start and span.end <= b
    )
