"""Fit what tells small talk and follow-ups from questions that stand on their own.

    python -m pincite.training.text_kinds FILE...

learns from `small_talk.txt` beside this file and from the questions of the training split of the
data (JSON lines of texts, such as the written ones). One text in five of each kind is kept to say
what it is worth.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from pincite.eval.data import SQUAD_LIKE, load
from pincite.index.encoder import Encoder, open_encoder
from pincite.index.model_files import model_folder
from pincite.qa.text_kind import ALONE, CERTAIN, Probe, TextKinds
from pincite.settings import load_settings

QUESTIONS = 6000  # of each kind at most
PUBLIC = (*SQUAD_LIKE, "nq", "qed")  # the sets whose questions people asked on their own
SEED = 1
PENALTY = 30.0  # C of scikit-learn's logistic regression, on vectors of length 1


def main(data: Annotated[list[Path], typer.Argument(help="JSON lines of texts")]) -> None:
    """Fit them for the encoder that the settings name, and write them beside it."""
    lines = resources.files("pincite.training").joinpath("small_talk.txt").read_text("utf-8")
    asked = [a for p in load(data) if p.split == "train" for a in p.asked]
    drawn = random.Random(SEED)
    follow_ups = _some({a.question for a in asked if a.history}, drawn)
    alone = {a.standalone for a in asked if a.standalone}
    whole = _some(alone | {a.question for a in asked if a.kind and not a.history}, drawn)
    public = _some({a.question for a in asked if a.source in PUBLIC}, drawn)
    # People don't always begin with a capital.
    alone_typed = [q[:1].lower() + q[1:] if drawn.random() < 0.5 else q for q in whole + public]
    settings = load_settings()
    encoder = open_encoder(settings)
    small_talk, talk = _fit(encoder, lines.splitlines(), whole + follow_ups, 5.0)
    follow_up, followed = _fit(encoder, follow_ups, alone_typed, 1.0)
    kinds = TextKinds(small_talk, follow_up)
    kinds.write(model_folder(settings.encoder, "PINCITE_ENCODER"), encoder.fingerprint)
    for name, of, least in (("small talk", talk, CERTAIN), ("follow-ups", followed, ALONE)):
        found, others = of
        typer.echo(
            f"kept from the fit: of {len(found)} texts of {name} {(found >= least).mean():.1%} are "
            f"taken for it, of {len(others)} others {(others >= least).mean():.2%}"
        )


def _some(texts: set[str], drawn: random.Random) -> list[str]:
    return drawn.sample(sorted(texts), min(QUESTIONS, len(texts)))


def _fit(
    encoder: Encoder, of_kind: Sequence[str], others: Sequence[str], weight: float
) -> tuple[Probe, tuple[Any, Any]]:
    """The probe, and its probabilities for those texts of either kind that were kept from it.

    Args:
        weight: what a text of the kind counts beside another.
    """
    from sklearn.linear_model import LogisticRegression

    vectors = encoder.encode([*of_kind, *others])
    is_kind = np.arange(len(vectors)) < len(of_kind)
    kept = np.arange(len(vectors)) % 5 == 0
    fitted = LogisticRegression(C=PENALTY, max_iter=3000)
    weights = np.where(is_kind[~kept], weight, 1.0)
    fitted.fit(vectors[~kept], is_kind[~kept], sample_weight=weights)
    probe = Probe(fitted.coef_[0].astype(np.float32), float(fitted.intercept_[0]))
    sure = np.array([probe.probability(vector) for vector in vectors])
    return probe, (sure[kept & is_kind], sure[kept & ~is_kind])


if __name__ == "__main__":
    typer.run(main)
