"""Tell "thanks", "hello" and "summarise the articles" from questions that articles can answer.

A logistic regression over the encoder's vector of the text, fitted by
`python -m pincite.training.small_talk` and stored beside the encoder that it was fitted for.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pincite.errors import ModelError
from pincite.index.encoder import Vectors

FILE = "small_talk.json"
CERTAIN = 0.9
"""From this probability on, a text is taken for small talk: a question must not be turned away."""


@dataclass(frozen=True, slots=True)
class SmallTalk:
    """The fitted numbers.

    Attributes:
        weights: shape `[dimension]`.
    """

    weights: Vectors
    bias: float

    def probability(self, vector: Vectors) -> float:
        """That a text asks nothing that articles can answer, 0..1.

        Args:
            vector: the encoder's, shape `[dimension]`, of length 1.
        """
        return float(1.0 / (1.0 + np.exp(-(vector @ self.weights + self.bias))))

    def write(self, folder: Path, encoder: str) -> None:
        """Store the numbers beside the encoder.

        Args:
            encoder: its fingerprint.
        """
        weights = [round(float(weight), 4) for weight in self.weights]
        body = {"encoder": encoder, "bias": round(self.bias, 4), "weights": weights}
        (folder / FILE).write_text(json.dumps(body) + "\n", encoding="utf-8")


def load_small_talk(folder: Path, encoder: str) -> SmallTalk | None:
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
    hint = "Fit it: python -m pincite.training.small_talk; or remove the file."
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        if body["encoder"] != encoder:
            raise ModelError(f"{path} was fitted for another encoder", hint)
        return SmallTalk(np.array(body["weights"], dtype=np.float32), float(body["bias"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path} can't be read: {error!r}", hint) from error
