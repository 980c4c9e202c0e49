"""Tell what somebody typed: small talk, a question that stands on its own, or a follow-up.

"Thanks" and "summarise the articles" are no questions that articles can answer; "who won the
2022 World Cup?" needs no conversation before it, "and who said that?" does. Two logistic
regressions over the encoder's vector of the text, fitted by `python -m
pincite.training.text_kinds` and stored beside the encoder that they were fitted for.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pincite.errors import ModelError
from pincite.index.encoder import Vectors
from pincite.qa.confidence import logistic

FILE = "text_kinds.json"
CERTAIN = 0.9
"""From this probability on, a text is taken for small talk: a question must not be turned away."""
ALONE = 0.15
"""Below this probability of a follow-up, a question is looked up without the turns before it."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A logistic regression over a text's vector.

    Attributes:
        weights: shape `[dimension]`.
    """

    weights: Vectors
    bias: float

    def probability(self, vector: Vectors) -> float:
        """That the text is of the probe's kind, 0..1.

        Args:
            vector: the encoder's, shape `[dimension]`, of length 1.
        """
        return logistic(float(vector @ self.weights) + self.bias)


@dataclass(frozen=True, slots=True)
class TextKinds:
    """What is known of the kinds of texts."""

    small_talk: Probe
    follow_up: Probe

    def is_small_talk(self, vector: Vectors) -> bool:
        """Whether a text asks nothing that articles can answer."""
        return self.small_talk.probability(vector) >= CERTAIN

    def stands_alone(self, vector: Vectors) -> bool:
        """Whether a question needs no conversation before it."""
        return self.follow_up.probability(vector) < ALONE

    def write(self, folder: Path, encoder: str) -> None:
        """Store the numbers beside the encoder.

        Args:
            encoder: its fingerprint.
        """
        body = {"encoder": encoder} | {
            name: {
                "bias": round(probe.bias, 4),
                "weights": [round(float(weight), 4) for weight in probe.weights],
            }
            for name, probe in (("small_talk", self.small_talk), ("follow_up", self.follow_up))
        }
        (folder / FILE).write_text(json.dumps(body) + "\n", encoding="utf-8")


def load_text_kinds(folder: Path, encoder: str) -> TextKinds | None:
    """What was fitted for an encoder; None where nothing was: then everything is a question.

    Args:
        folder: the encoder's, or none that exists.
        encoder: its fingerprint.

    Raises:
        ModelError: the file is damaged, or was fitted for other weights.
    """
    path = folder / FILE
    if not path.exists():
        return None
    hint = "Fit it: python -m pincite.training.text_kinds; or remove the file."
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        if body["encoder"] != encoder:
            raise ModelError(f"{path} was fitted for another encoder", hint)
        return TextKinds(_probe(body["small_talk"]), _probe(body["follow_up"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path} can't be read: {error!r}", hint) from error


def _probe(stored: dict[str, object]) -> Probe:
    return Probe(np.array(stored["weights"], dtype=np.float32), float(str(stored["bias"])))
