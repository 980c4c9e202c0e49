"""The numbers that order the spans and say how likely each is right: `ranking.json`.

Fitted by `python -m pincite.eval.fit_ranking` on development questions and stored beside
the reader with its fingerprint.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pincite.errors import ModelError
from pincite.qa.confidence import (
    AGREEING,
    OTHERS,
    SIGNALS,
    Confidence,
    Logistic,
    Signals,
    Voice,
    agreeing,
    from_data,
    leading,
    log_odds,
    logistic,
    logistic_from_data,
    others,
)

FILE = "ranking.json"
FORMAT = 3

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
class Ranking:
    """How features become an order and a probability.

    Attributes:
        weights: feature -> weight; their sum and `bias` are a span's log odds.
        threshold: of `answers`, under which the answer is `no_answer`, 0..1.
        confidence: of the leading candidate; None takes its log odds as they are.
        answerable: how likely the articles answer the question at all; None takes the confidence.
        others: the same of every other candidate, see `pincite.qa.confidence.OTHERS`; None puts
            them as much behind the leader, in log odds, as the ranking does.
        agreeing: how likely a candidate tells what the best that says the same tells, see
            `pincite.qa.confidence.AGREEING`; None takes its odds over those of that best.
        agrees: how likely that has to be to cite it, 0..1.
        differs: confidence from which one is shown as another account.
        disputes: confidence from which another account that excludes the leading one
            makes the question disputed.
    """

    weights: Mapping[str, float]
    bias: float
    threshold: float
    confidence: Confidence | None = None
    answerable: Logistic | None = None
    others: Logistic | None = None
    agreeing: Logistic | None = None
    agrees: float = 0.5
    differs: float = 0.9
    disputes: float = 0.9

    def logit(self, features: Features) -> float:
        """The log odds that a candidate with these features is right."""
        return self.bias + sum(weight * features[name] for name, weight in self.weights.items())

    def sure(self, found: Signals) -> float:
        """How likely the leading candidate is right, 0..1; see `pincite.qa.confidence.signals`."""
        if self.confidence is None:
            return logistic(found["logit"])
        return self.confidence.probability(found)

    def answers(self, found: Signals) -> float:
        """How likely the articles answer the question, with the leader or another, 0..1."""
        if self.answerable is None:
            return self.sure(found)
        return self.answerable.probability(found)

    def beside(
        self, voices: Sequence[Voice], logits: Sequence[float], sure: float, among: int
    ) -> list[float]:
        """How likely each candidate is right, 0..1, given how likely the leading one is."""
        if self.others is None:
            lift = log_odds(sure) - logits[leading(voices, logits)]
            return [min(sure, logistic(logit + lift)) for logit in logits]
        return [self.others.probability(one) for one in others(voices, logits, sure, among)]

    def echoes(self, voices: Sequence[Voice], logits: Sequence[float]) -> list[float]:
        """How likely each candidate tells what the best that says the same tells, 0..1."""
        found = agreeing(voices, logits)
        if self.agreeing is None:
            return [math.exp(-one["behind"]) for one in found]
        return [self.agreeing.probability(one) for one in found]


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
    hint = "Fit it again (`python -m pincite.eval.fit_ranking`) or remove it."
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
            answerable=logistic_from_data(stored["answerable"], SIGNALS),
            others=logistic_from_data(stored["others"], OTHERS),
            agreeing=logistic_from_data(stored["agreeing"], AGREEING),
            agrees=float(stored["agrees"]),
            differs=float(stored["differs"]),
            disputes=float(stored["disputes"]),
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
