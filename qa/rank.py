"""Rank the spans of all passages: reader, retriever and shared terms together.

One logistic regression over a few features says how likely each span is
right: the most likely leads, and its probability is the confidence. It is
fitted on development questions by `python -m eval.fit_ranking` and stored as
numbers beside the reader (`ranking.json`) with its fingerprint.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.passages import sentences
from index.terms import is_function_word, terms
from pincite.errors import ModelError
from qa.read import Span
from qa.retrieve import Hit, Rarity, shared

FILE = "ranking.json"

_WORD = re.compile(r"[^\W_]+")
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
        confidence: how likely it is right, 0..1.
    """

    hit: Hit
    span: Span
    paragraph: int
    start: int
    end: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """How features become a probability.

    Attributes:
        weights: feature -> weight; their sum and `bias` through the logistic.
        threshold: confidence under which the answer is `no_answer`, 0..1.
    """

    weights: Mapping[str, float]
    bias: float
    threshold: float

    def probability(self, features: Features) -> float:
        """How likely a candidate with these features is right, 0..1."""
        z = self.bias + sum(weight * features[name] for name, weight in self.weights.items())
        return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, z))))


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
        ranking = Ranking(
            weights={name: float(weight) for name, weight in stored["weights"].items()},
            bias=float(stored["bias"]),
            threshold=float(stored["threshold"]),
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
) -> list[Candidate]:
    """The spans that can be an answer as candidates, best first, each run of characters once.

    Args:
        hits: the passages, best first.
        spans: of each passage.
        rarity: weight of each of the question's terms.
    """
    best: dict[tuple[str, int, int], Candidate] = {}
    for hit, span, features in described(question, hits, spans, rarity):
        paragraph, start, end = place(hit, span)
        confidence = ranking.probability(features)
        key = (hit.passage.article, start, end)
        if key not in best or confidence > best[key].confidence:
            best[key] = Candidate(hit, span, paragraph, start, end, confidence)
    return sorted(best.values(), key=lambda c: -c.confidence)


def described(
    question: str, hits: Sequence[Hit], spans: Sequence[Sequence[Span]], rarity: Rarity
) -> Iterator[tuple[Hit, Span, Features]]:
    """The spans that can be an answer, each with its passage and its features, see `FEATURES`."""
    top_fused = max((hit.fused for hit in hits), default=1.0)
    for hit, of in zip(hits, spans, strict=True):
        header = set(terms(hit.passage.header))
        for span in of:
            said = hit.passage.text[span.start : span.end]
            if not can_answer(question, said):
                continue
            first, last = _piece_bounds(hit, span)
            # The answer's own words are not what the question gives.
            sentence = set(terms(_sentence(hit, span, first, last))).difference(terms(said))
            paragraph = header.union(terms(hit.passage.text[first:last]))
            yield (
                hit,
                span,
                {
                    "score": span.score,
                    "null": span.null,
                    "cosine": hit.cosine or 0.0,
                    "fused": hit.fused / top_fused,
                    "sentence": shared(rarity, sentence),
                    "paragraph": shared(rarity, paragraph),
                },
            )


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


def _piece_bounds(hit: Hit, span: Span) -> tuple[int, int]:
    """`[start, end)`, in characters of the passage's text, of the piece that holds a span."""
    return next((a, b) for a, b in hit.passage.bounds if a <= span.start and span.end <= b)
