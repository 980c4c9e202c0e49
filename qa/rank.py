"""Rank the spans of all passages: reader and retriever together, as one confidence.

The confidence is a logistic regression on a handful of features, fitted by
`python -m eval.fit_ranking` on development questions and stored as numbers
beside the reader (`ranking.json`) with the reader's fingerprint.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pincite.errors import ModelError
from qa.read import Span
from qa.retrieve import Hit

FILE = "ranking.json"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A span with the passage it stands in, and how sure we are of it.

    Attributes:
        start, end: `[start, end)` in characters of the article's text.
        paragraph: the number of the paragraph that holds it.
        confidence: 0..1.
    """

    hit: Hit
    span: Span
    paragraph: int
    start: int
    end: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """The weights of a candidate's features; the confidence is their logistic.

    Attributes:
        margin: weight of the span's score less its window's null score.
        score: weight of the span's score.
        cosine: weight of the passage's cosine with the question.
        fused: weight of the fusion score over the best passage's, 0..1.
        lead: weight of the span's score less the best score of any passage, 0 or less.
        bias: added to all.
        threshold: confidence under which the answer is `no_answer`, 0..1.
    """

    margin: float
    score: float
    cosine: float
    fused: float
    lead: float
    bias: float
    threshold: float

    def confidence(self, features: Features) -> float:
        """The probability, 0..1, that a candidate with these features is right."""
        z = self.bias + sum(
            weight * feature for weight, feature in zip(self.weights, features.values, strict=True)
        )
        return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, z))))

    @property
    def weights(self) -> tuple[float, ...]:
        """In the order of `Features.values`."""
        return (self.margin, self.score, self.cosine, self.fused, self.lead)


@dataclass(frozen=True, slots=True)
class Features:
    """What the ranking knows of a candidate; see `Ranking` for each."""

    margin: float
    score: float
    cosine: float
    fused: float
    lead: float

    @property
    def values(self) -> tuple[float, ...]:
        """In the order of `Ranking.weights`."""
        return (self.margin, self.score, self.cosine, self.fused, self.lead)


# For a reader that comes without weights of its own: the margin decides, as in SQuAD 2.0.
UNFITTED = Ranking(margin=0.5, score=0.0, cosine=0.0, fused=0.5, lead=0.5, bias=0.0, threshold=0.3)


def load_ranking(folder: Path, fingerprint: str) -> Ranking:
    """The weights stored beside a reader, or UNFITTED where there are none.

    Raises:
        ModelError: the file is damaged, or was fitted for another reader.
    """
    path = folder / FILE
    if not path.exists():
        return UNFITTED
    try:
        stored = json.loads(path.read_bytes())
        ranking = Ranking(**{name: float(stored["weights"][name]) for name in asdict(UNFITTED)})
        fitted_for = stored["reader"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path} can't be read: {error}", "Fit it again or remove it.") from error
    if fitted_for != fingerprint:
        raise ModelError(f"{path} was fitted for another reader", "Fit it again or remove it.")
    return ranking


def rank(hits: Sequence[Hit], spans: Sequence[Sequence[Span]], ranking: Ranking) -> list[Candidate]:
    """All spans as candidates, most confident first, each run of characters once.

    Args:
        hits: the passages, best first.
        spans: of each passage.
    """
    best: dict[tuple[str, int, int], Candidate] = {}
    for hit, span, features in described(hits, spans):
        paragraph, start, end = place(hit, span)
        candidate = Candidate(hit, span, paragraph, start, end, ranking.confidence(features))
        key = (hit.passage.article, start, end)
        if key not in best or candidate.confidence > best[key].confidence:
            best[key] = candidate
    return sorted(best.values(), key=lambda c: -c.confidence)


def described(
    hits: Sequence[Hit], spans: Sequence[Sequence[Span]]
) -> Iterator[tuple[Hit, Span, Features]]:
    """Every span with its passage and its features."""
    top_fused = max((hit.fused for hit in hits), default=1.0)
    top_score = max((span.score for of in spans for span in of), default=0.0)
    for hit, of in zip(hits, spans, strict=True):
        for span in of:
            yield (
                hit,
                span,
                Features(
                    margin=span.score - span.null,
                    score=span.score,
                    cosine=hit.cosine or 0.0,
                    fused=hit.fused / top_fused,
                    lead=span.score - top_score,
                ),
            )


def place(hit: Hit, span: Span) -> tuple[int, int, int]:
    """Where a span stands: paragraph number and `[start, end)` in the article's text."""
    at = 0
    for piece in hit.passage.pieces:
        length = piece.end - piece.start
        if at <= span.start and span.end <= at + length:
            start = piece.start + span.start - at
            return piece.paragraph, start, start + span.end - span.start
        at += length + 1  # the joint
    raise ValueError(f"the span [{span.start}, {span.end}) is not inside one piece")
