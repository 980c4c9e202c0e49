"""How sure we are that the leading candidate is right: a probability, calibrated.

The ranking (`qa/rank.py`) compares spans; this looks at the question as a
whole: how far the leader is ahead, whether other paragraphs say the same,
whether anything near was found at all. The model is small, fitted by
`python -m pincite.eval.fit_ranking` and stored as numbers.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

FARTHEST = 6.0  # log odds between the leader and the next at most: beyond, or alone, is all one

SIGNALS = {
    "logit": "log odds of the leader by the ranking",
    "ahead": "by how much that exceeds the best candidate's with other words, -6..6",
    "share": "of the odds of all candidates, those with the leader's words, 0..1",
    "agreeing": "log of 1 + the other paragraphs of which a candidate says the leader's words",
    "margin": "the leader's score over its window's null score",
    "behind": "by how much another candidate's margin exceeds the leader's, 0 or more",
    "typical_margin": "the mean margin of all candidates",
    "fused": "fusion score of the leader's passage over the best passage's, 0..1",
    "cosine": "of question and the leader's passage",
    "near": "of question and the leader's paragraph alone",
    "best_cosine": "the best of all candidates' passages",
    "typical_cosine": "the mean over all candidates",
    "sentence": "share of the question's terms in the leader's sentence, by rarity, 0..1",
    "paragraph": "the same of its paragraph and the passage's header, 0..1",
    "best_paragraph": "the best of all candidates' paragraphs, 0..1",
    "words": "log of the leader's number of words",
    "size": "log of the passages indexed: the more, the more wrong ones look right",
    "nowhere": "1 if the question names what stands in no passage",
}

OTHERS = {
    "logit": "log odds of a candidate by the ranking",
    "behind": "by how much the leader's exceeds them, -6..6",
    "sure": "log odds that the leader is right",
    "margin": "its score over its window's null score",
    "near": "of question and its paragraph alone",
    "sentence": "share of the question's terms in its sentence, by rarity, 0..1",
    "alike": "1 if it says what the leader says",
    "agreeing": "log of 1 + the other paragraphs of which a candidate says the same",
    "size": "log of the passages indexed: the more, the more wrong ones look right",
}

AGREEING = {
    "behind": "by how much the best candidate that says the same exceeds it, 0..6",
    "margin": "its score over its window's null score",
    "near": "of question and its paragraph alone",
}

Signals = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Voice:
    """What is known of a candidate once it is ranked.

    Attributes:
        said: its words in plain form: two candidates agree if these are equal.
        article, paragraph: where it stands.
        features: see `pincite.qa.ranking.FEATURES`.
    """

    said: str
    article: str
    paragraph: int
    features: Mapping[str, float]

    @property
    def margin(self) -> float:
        """Its score over its window's null score."""
        return self.features["score"] - self.features["null"]


def leading(voices: Sequence[Voice], logits: Sequence[float]) -> int:
    """The candidate to answer with: the best of those whose words have the highest odds together.

    What several paragraphs say counts once for each of them (as answers are voted for by
    their redundancy: Dumais et al., SIGIR 2002).

    Args:
        voices: all candidates of a question, at least one.
        logits: of each, its log odds by the ranking.
    """
    best: dict[tuple[str, str, int], float] = {}
    for voice, logit in zip(voices, logits, strict=True):
        place = (voice.said, voice.article, voice.paragraph)
        best[place] = max(logit, best.get(place, logit))
    highest = max(logits)
    together: dict[str, float] = defaultdict(float)
    for (said, _, _), logit in best.items():
        together[said] += math.exp(max(-60.0, logit - highest))
    return max(range(len(voices)), key=lambda i: (together[voices[i].said], logits[i]))


def signals(voices: Sequence[Voice], logits: Sequence[float], among: int, nowhere: bool) -> Signals:
    """What tells whether the leader, see `leading`, is right: `SIGNALS`.

    Args:
        voices: all candidates of a question, at least one.
        logits: of each, its log odds by the ranking.
        among: passages in the index, 1 or more.
        nowhere: see `pincite.qa.retrieve.names_nowhere`.
    """
    top = leading(voices, logits)
    leader, logit = voices[top], logits[top]
    odds = [math.exp(max(-60.0, other - logit)) for other in logits]
    same = [voice.said == leader.said for voice in voices]
    others = [other for other, alike in zip(logits, same, strict=True) if not alike]
    agreeing = {
        (voice.article, voice.paragraph) for voice, alike in zip(voices, same, strict=True) if alike
    }
    margins = [voice.margin for voice in voices]
    cosines = [voice.features["cosine"] for voice in voices]
    return {
        "logit": logit,
        "ahead": max(-FARTHEST, min(FARTHEST, logit - max(others, default=-math.inf))),
        "share": sum(o for o, alike in zip(odds, same, strict=True) if alike) / sum(odds),
        "agreeing": math.log(len(agreeing)),
        "margin": margins[top],
        "behind": max(margins) - margins[top],
        "typical_margin": sum(margins) / len(margins),
        "fused": leader.features["fused"],
        "cosine": leader.features["cosine"],
        "near": leader.features["near"],
        "best_cosine": max(cosines),
        "typical_cosine": sum(cosines) / len(cosines),
        "sentence": leader.features["sentence"],
        "paragraph": leader.features["paragraph"],
        "best_paragraph": max(voice.features["paragraph"] for voice in voices),
        "words": math.log(1 + leader.said.count(" ")),
        "size": math.log(among),
        "nowhere": float(nowhere),
    }


def others(
    voices: Sequence[Voice], logits: Sequence[float], sure: float, among: int
) -> list[Signals]:
    """What tells of each candidate whether it is right, beside the leader or as it: `OTHERS`.

    Args:
        sure: how likely the leader is right, 0..1.
        among: passages in the index, 1 or more.
    """
    top = leading(voices, logits)
    places: dict[str, set[tuple[str, int]]] = defaultdict(set)
    for voice in voices:
        places[voice.said].add((voice.article, voice.paragraph))
    return [
        {
            "logit": logit,
            "behind": max(-FARTHEST, min(FARTHEST, logits[top] - logit)),
            "sure": log_odds(sure),
            "margin": voice.margin,
            "near": voice.features["near"],
            "sentence": voice.features["sentence"],
            "alike": float(voice.said == voices[top].said),
            "agreeing": math.log(len(places[voice.said])),
            "size": math.log(among),
        }
        for voice, logit in zip(voices, logits, strict=True)
    ]


def agreeing(voices: Sequence[Voice], logits: Sequence[float]) -> list[Signals]:
    """What tells of each candidate whether it speaks of what the best that says the same does.

    "Two" may be said of other things in the next paragraph. The signals are `AGREEING`.
    """
    best: dict[str, float] = {}
    for voice, logit in zip(voices, logits, strict=True):
        best[voice.said] = max(logit, best.get(voice.said, logit))
    return [
        {
            "behind": min(FARTHEST, best[voice.said] - logit),
            "margin": voice.margin,
            "near": voice.features["near"],
        }
        for voice, logit in zip(voices, logits, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Logistic:
    """Logistic regression over the signals (Platt, 1999, for one signal).

    Attributes:
        weights: signal -> weight; their sum and `bias` through the logistic.
    """

    weights: Mapping[str, float]
    bias: float

    def logit(self, signals: Signals) -> float:
        """Log odds that the leader is right."""
        return self.bias + sum(weight * signals[name] for name, weight in self.weights.items())

    def probability(self, signals: Signals) -> float:
        """How likely the leader is right, 0..1."""
        return logistic(self.logit(signals))


@dataclass(frozen=True, slots=True)
class Isotonic:
    """Isotonic regression upon a logistic one (Zadrozny and Elkan, 2002); it keeps the order.

    Attributes:
        logits: of `base`, ascending, at least one.
        probabilities: at these, ascending; linear between them, constant outside.
    """

    base: Logistic
    logits: tuple[float, ...]
    probabilities: tuple[float, ...]

    def probability(self, signals: Signals) -> float:
        """How likely the leader is right, 0..1."""
        import numpy as np

        return float(np.interp(self.base.logit(signals), self.logits, self.probabilities))


@dataclass(frozen=True, slots=True)
class Tree:
    """A regression tree as arrays over its nodes, the root first.

    Attributes:
        names: the signal that a node splits on; "" for a leaf.
        cuts: a signal at most this goes left.
        lefts, rights: the nodes that follow.
        values: of the leaves, in log odds.
    """

    names: tuple[str, ...]
    cuts: tuple[float, ...]
    lefts: tuple[int, ...]
    rights: tuple[int, ...]
    values: tuple[float, ...]

    def value(self, signals: Signals) -> float:
        """The value of the leaf that the signals lead to."""
        node = 0
        while name := self.names[node]:
            left = signals[name] <= self.cuts[node]
            node = self.lefts[node] if left else self.rights[node]
        return self.values[node]


@dataclass(frozen=True, slots=True)
class Boosted:
    """Gradient boosted trees (Friedman, 2001): their sum and `bias` through the logistic."""

    trees: tuple[Tree, ...]
    bias: float

    def probability(self, signals: Signals) -> float:
        """How likely the leader is right, 0..1."""
        return logistic(self.bias + sum(tree.value(signals) for tree in self.trees))


def logistic(logit: float) -> float:
    """The probability of some log odds, 0..1."""
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, logit))))


def log_odds(probability: float) -> float:
    """The log odds of a probability, those of 0 and 1 finite."""
    within = max(1e-9, min(1.0 - 1e-9, probability))
    return math.log(within / (1.0 - within))


Confidence = Logistic | Isotonic | Boosted

_KINDS = {Logistic: "logistic", Isotonic: "isotonic", Boosted: "boosted"}


def to_data(model: Confidence) -> dict[str, Any]:
    """The model as plain values, for JSON."""
    return {"kind": _KINDS[type(model)], **asdict(model)}


def from_data(stored: Any) -> Confidence:  # noqa: ANN401
    """The model that `to_data`, and JSON, made data of.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: it is not the data of one.
    """
    kind = stored["kind"]
    if kind == "logistic":
        return logistic_from_data(stored, SIGNALS)
    if kind == "isotonic":
        logits, probabilities = _floats(stored["logits"]), _floats(stored["probabilities"])
        if not logits or len(logits) != len(probabilities) or list(logits) != sorted(logits):
            raise ValueError("the steps don't ascend")
        return Isotonic(logistic_from_data(stored["base"], SIGNALS), logits, probabilities)
    if kind == "boosted":
        return Boosted(tuple(map(_tree, stored["trees"])), float(stored["bias"]))
    raise ValueError(f"no confidence is of the kind {kind!r}")


def logistic_from_data(stored: Any, known: Container[str]) -> Logistic:  # noqa: ANN401
    """The logistic regression over `known` signals that JSON made data of.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: it is not the data of one.
    """
    weights = {name: float(weight) for name, weight in stored["weights"].items()}
    _check(weights, known)
    return Logistic(weights, float(stored["bias"]))


def _tree(stored: Any) -> Tree:  # noqa: ANN401
    tree = Tree(
        tuple(map(str, stored["names"])),
        _floats(stored["cuts"]),
        tuple(map(int, stored["lefts"])),
        tuple(map(int, stored["rights"])),
        _floats(stored["values"]),
    )
    _check([name for name in tree.names if name], SIGNALS)
    nodes = len(tree.names)
    if not nodes or {len(tree.cuts), len(tree.lefts), len(tree.rights), len(tree.values)} != {
        nodes
    }:
        raise ValueError("a tree's arrays differ in length")
    # A branch leads onward only, so that no walk goes in circles.
    for node, (name, *next_) in enumerate(zip(tree.names, tree.lefts, tree.rights, strict=True)):
        if name and not all(node < int(to) < nodes for to in next_):
            raise ValueError("a tree's branch leads nowhere")
    return tree


def _check(names: Iterable[str], known: Container[str]) -> None:
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(f"unknown signals: {', '.join(sorted(unknown))}")


def _floats(stored: Any) -> tuple[float, ...]:  # noqa: ANN401
    return tuple(map(float, stored))
