"""Fit what tells small talk from questions.

    python -m pincite.training.small_talk FILE...

learns from `small_talk.txt` beside this file, and, as questions, from those of the training split
of the data (JSON lines of texts, such as the written ones): follow-ups without the conversation
before them, too. One line in five of either is kept to say what it is worth.
"""

from __future__ import annotations

import random
from importlib import resources
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from pincite.eval.data import load
from pincite.index.encoder import open_encoder
from pincite.index.model_files import model_folder
from pincite.qa.small_talk import CERTAIN, SmallTalk
from pincite.settings import load_settings

QUESTIONS = 6000
SEED = 1
PENALTY = 30.0  # C of scikit-learn's logistic regression, on vectors of length 1


def main(data: Annotated[list[Path], typer.Argument(help="JSON lines of texts")]) -> None:
    """Fit it for the encoder that the settings name, and write it beside it."""
    from sklearn.linear_model import LogisticRegression

    lines = resources.files("pincite.training").joinpath("small_talk.txt").read_text("utf-8")
    talk = lines.splitlines()
    asked = sorted({a.question for p in load(data) if p.split == "train" for a in p.asked})
    drawn = random.Random(SEED)
    drawn.shuffle(talk)
    questions = drawn.sample(asked, min(QUESTIONS, len(asked)))
    settings = load_settings()
    encoder = open_encoder(settings)
    vectors = encoder.encode([*talk, *questions])
    is_talk = np.arange(len(vectors)) < len(talk)
    kept = np.arange(len(vectors)) % 5 == 0
    fitted = LogisticRegression(C=PENALTY, max_iter=2000)
    fitted.fit(vectors[~kept], is_talk[~kept], sample_weight=np.where(is_talk[~kept], 5.0, 1.0))
    model = SmallTalk(fitted.coef_[0].astype(np.float32), float(fitted.intercept_[0]))
    found = np.array([model.probability(vector) >= CERTAIN for vector in vectors[kept]])
    model.write(model_folder(settings.encoder, "PINCITE_ENCODER"), encoder.fingerprint)
    typer.echo(
        f"of what was kept: {found[is_talk[kept]].mean():.1%} of {is_talk[kept].sum()} lines of "
        f"small talk found, {found[~is_talk[kept]].mean():.2%} of {(~is_talk[kept]).sum()} "
        "questions taken for it"
    )


if __name__ == "__main__":
    typer.run(main)
