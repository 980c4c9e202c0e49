"""Rank the spans of all passages: reader, retriever and shared terms together.

One logistic regression over a few features orders the spans, what several
paragraphs say counts for each of them, and a second small model
(`qa/confidence.py`) says how likely the leading one is right. Both are
fitted on development questions by `python -m eval.fit_ranking` and stored as
numbers beside the reader (`ranking.json`) with its fingerprint.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.passages import sentences
from index.terms import is_function_word, terms
from pincite.errors import ModelError
from qa.confidence import Confidence, Voice, from_data, leading, log_odds, logistic, signals
from qa.read import Span
from qa.retrieve import Hit, Rarity, shared

FILE = "ranking.json"
FORMAT = 2

_WORD = re.compile(r"[^\W_]+")
_NOT_SAID = re.compile(r"\W+|\b(?:a|an|the)\b")
_CHOICE = re.compile(r"\bor\b", re.IGNORECASE)
_HOW_MANY = re.compile(r"\bhow\s+many\b", re.IGNORECASE)
_NUMBER = re.compile(
    r"\d|\b(?:zero|no|none|nobody|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
    r"|(?:thir|four|fif|six|seven|eigh|nine)teen|twenty|thirty|forty|fifty|sixty|seventy|eighty"
    r"|ninety|hundreds?|thousands?|millions?|billions?|dozens?|half|all|both|several|few|many|some"
    r"|scores|pair|couple|single|most)\b",
    re.IGNORECASE,
)

FEATURES = {
    "score": "the span's start logit plus end logit",
    "null": "the same of 'no answer' in its window",
    "cosine": "of question and passage",
    "near": "of question and paragraph alone",
    "fused": "the passage's fusion score over the best passage's, 0..1",
    "sentence": "share, weighted by rarity, of the question's terms in the span's sentence, 0..1",
    "paragraph": "the same of its paragraph and the passage's header, 0..1",
}

Features = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A span with the passage it stands in, and how sure we are of it.

    Attributes:
        paragraph: the number of the paragraph that holds it.
        start, end: `[start, end)` in characters of the article's text.
        confidence: how likely it is right, 0..1. Calibrated for the leading
            candidate; the others are as much less likely, in log odds, as the
            ranking puts them behind it.
    """

    hit: Hit
    span: Span
    paragraph: int
    start: int
    end: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """How features become an order and a probability.

    Attributes:
        weights: feature -> weight; their sum and `bias` are a span's log odds.
        threshold: confidence under which the answer is `no_answer`, 0..1.
        confidence: of the leading candidate; None takes its log odds as they are.
    """

    weights: Mapping[str, float]
    bias: float
    threshold: float
    confidence: Confidence | None = None

    def logit(self, features: Features) -> float:
        """The log odds that a candidate with these features is right."""
        return self.bias + sum(weight * features[name] for name, weight in self.weights.items())

    def sure(self, voices: Sequence[Voice], logits: Sequence[float], among: int) -> float:
        """How likely the leading candidate is right, 0..1; see `leading` and `signals`."""
        if self.confidence is None:
            return logistic(logits[leading(voices, logits)])
        return self.confidence.probability(signals(voices, logits, among))


# For a reader that comes without weights of its own: the margin over the null
# score decides, as in SQuAD 2.0 (Devlin et al., 2019, section 4.3).
UNFITTED = Ranking(weights={"score": 0.5, "null": -0.5}, bias=0.0, threshold=0.3)


def load_ranking(folder: Path, fingerprint: str) -> Ranking:
    """The weights stored beside a reader, or UNFITTED where there are none.

    Raises:
        ModelError: the file is damaged, or was fitted for another reader.
    """
    path = folder / FILE
    if not path.exists():
        return UNFITTED
    hint = "Fit it again (`python -m eval.fit_ranking`) or remove it."
    try:
        stored = json.loads(path.read_bytes())
        if stored["format"] != FORMAT:
            raise ModelError(f"{path} has format {stored['format']}, not {FORMAT}", hint)
        confidence = stored["confidence"]
        ranking = Ranking(
            weights={name: float(weight) for name, weight in stored["weights"].items()},
            bias=float(stored["bias"]),
            threshold=float(stored["threshold"]),
            confidence=None if confidence is None else from_data(confidence),
        )
        fitted_for = stored["reader"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{path} can't be read: {error}", hint) from error
    unknown = ranking.weights.keys() - FEATURES.keys()
    if unknown:
        raise ModelError(f"{path} weighs unknown features: {', '.join(sorted(unknown))}", hint)
    if fitted_for != fingerprint:
        raise ModelError(f"{path} was fitted for another reader", hint)
    return ranking


def rank(
    question: str,
    hits: Sequence[Hit],
    spans: Sequence[Sequence[Span]],
    rarity: Rarity,
    ranking: Ranking,
    among: int,
) -> list[Candidate]:
    """The spans that can be an answer as candidates, each run of characters once.

    The leading one (`qa.confidence.leading`) comes first, the others by the ranking.

    Args:
        hits: the passages, best first.
        spans: of each passage.
        rarity: weight of each of the question's terms.
        among: passages in the index that the hits were found in.
    """
    spoken = described(question, hits, spans, rarity)
    if not spoken:
        return []
    logits = [ranking.logit(one.voice.features) for one in spoken]
    voices = [one.voice for one in spoken]
    sure = ranking.sure(voices, logits, among)
    top = leading(voices, logits)
    lift = log_odds(sure) - logits[top]
    best: dict[tuple[str, int, int], Candidate] = {}
    for i in [top, *sorted(range(len(spoken)), key=lambda i: -logits[i])]:
        one = spoken[i]
        confidence = min(sure, logistic(logits[i] + lift)) if best else sure
        best.setdefault(
            (one.voice.article, one.start, one.end),
            Candidate(one.hit, one.span, one.voice.paragraph, one.start, one.end, confidence),
        )
    return list(best.values())


@dataclass(frozen=True, slots=True)
class Spoken:
    """A span that can be an answer, and what is known of it.

    Attributes:
        start, end: `[start, end)` in characters of the article's text.
        voice: its words, its place and its features, see `FEATURES`.
    """

    hit: Hit
    span: Span
    start: int
    end: int
    voice: Voice


def described(
    question: str, hits: Sequence[Hit], spans: Sequence[Sequence[Span]], rarity: Rarity
) -> list[Spoken]:
    """The spans that can be an answer, passage by passage, the same characters perhaps twice."""
    top_fused = max((hit.fused for hit in hits), default=1.0)
    out = []
    for hit, of in zip(hits, spans, strict=True):
        header = set(terms(hit.passage.header))
        for span in of:
            said = hit.passage.text[span.start : span.end]
            if not can_answer(question, said):
                continue
            piece, first, last = _piece(hit, span)
            number, start, end = place(hit, span)
            # The answer's own words are not what the question gives.
            sentence = set(terms(_sentence(hit, span, first, last))).difference(terms(said))
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
            voice = Voice(plain(said), hit.passage.article, number, features)
            out.append(Spoken(hit, span, start, end, voice))
    return out


def plain(words: str) -> str:
    """The words without case, punctuation and articles: what says the same is equal."""
    return " ".join(_NOT_SAID.sub(" ", words.casefold()).split())


def can_answer(question: str, words: str) -> bool:
    """Whether a span can be an answer, whatever the reader says.

    It has a word that the question lacks, function words aside: "how many
    prisoners" does not answer how many prisoners there were. A question that
    offers a choice ("a town or a village?") may be answered with its own
    words. And "how many" is answered with a number.
    """
    if _HOW_MANY.search(question) and not _NUMBER.search(words):
        return False
    if _CHOICE.search(question):
        return True
    asked = set(terms(question))
    return any(
        not is_function_word(word)
        for word in _WORD.findall(words)
        if not asked.issuperset(terms(word))
    )


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
    for start, end in sentences(text, first, last):
        if start <= span.start < end:
            return text[start:end]
    return text[span.start : span.end]


def _piece(hit: Hit, span: Span) -> tuple[int, int, int]:
    """Of the piece that holds a span: its number, and `[start, end)` in the passage's text."""
    return next(
        (number, a, b)
        for number, (a, b) in enumerate(hit.passage.bounds)
        if a <= span.start and span.end <= b
    )
