"""Fit how sure we are that the leading candidate is right; the models are `qa/confidence.py`'s.

Each fit gives every corpus the same weight, so that the largest does not decide.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pincite.qa.confidence import SIGNALS, Boosted, Confidence, Isotonic, Logistic, Signals, Tree

NAMES = tuple(SIGNALS)
FEW = ("logit", "share", "agreeing", "margin", "best_cosine", "best_paragraph", "size")
ANSWERABLE = ("logit", "margin", "best_cosine", "best_paragraph", "size", "nowhere")
PENALTY_C = 0.3  # of the logistic regressions on standardised inputs; smaller is stronger
TREES = 60
DEPTH = 2
LEAST_LEAF_SHARE = 0.02
RATE = 0.08
SEED = 0

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Led:
    """A question's leading candidate.

    Attributes:
        signals: see `pincite.qa.confidence.SIGNALS`.
        right: it is; never where the question has no answer.
    """

    corpus: str
    id: str
    part: str
    answerable: bool
    signals: Signals
    right: bool


def weights_of(corpora: Sequence[str]) -> Vector:
    """Weights that sum to the same in every corpus, 1 on average."""
    counts = Counter(corpora)
    return np.array([len(corpora) / len(counts) / counts[name] for name in corpora])


def logistic_weights(
    rows: Vector, right: NDArray[np.bool_], weights: Vector
) -> tuple[Vector, float]:
    """Weights, shape `[columns]`, and bias of a logistic regression with L2 penalty.

    Fitted on standardised columns, given for the columns as they are.
    """
    from sklearn.linear_model import LogisticRegression

    mean, deviation = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    model = LogisticRegression(C=PENALTY_C, max_iter=1000)
    model.fit((rows - mean) / deviation, right, sample_weight=weights)
    found = model.coef_[0] / deviation
    return found, float(model.intercept_[0] - found @ mean)


def fit_logistic(led: Sequence[Led], names: Sequence[str] = NAMES) -> Logistic:
    """Logistic regression over some signals; of the ranking's log odds alone it is Platt's."""
    rows, right, weights = _arrays(led, names)
    found, bias = logistic_weights(rows, right, weights)
    return Logistic(dict(zip(names, map(float, found), strict=True)), bias)


def fit_answerable(led: Sequence[Led]) -> Logistic:
    """Is there an answer at all? A leader alone ahead says nothing of that, so fewer signals."""
    rows, _, weights = _arrays(led, ANSWERABLE)
    found, bias = logistic_weights(rows, np.array([one.answerable for one in led]), weights)
    return Logistic(dict(zip(ANSWERABLE, map(float, found), strict=True)), bias)


def fit_isotonic(led: Sequence[Led]) -> Isotonic:
    """Isotonic regression upon the logistic one over few signals."""
    from sklearn.isotonic import IsotonicRegression

    base = fit_logistic(led, FEW)
    _, right, weights = _arrays(led, FEW)
    logits = np.array([base.logit(one.signals) for one in led])
    model = IsotonicRegression(y_min=0.01, y_max=0.99, out_of_bounds="clip")
    model.fit(logits, right.astype(float), sample_weight=weights)
    return Isotonic(
        base, tuple(map(float, model.X_thresholds_)), tuple(map(float, model.y_thresholds_))
    )


def fit_boosted(led: Sequence[Led]) -> Boosted:
    """A few shallow boosted trees."""
    from sklearn.ensemble import GradientBoostingClassifier

    rows, right, weights = _arrays(led, NAMES)
    model = GradientBoostingClassifier(
        n_estimators=TREES,
        max_depth=DEPTH,
        learning_rate=RATE,
        min_samples_leaf=max(1, round(LEAST_LEAF_SHARE * len(led))),
        random_state=SEED,
    ).fit(rows, right, sample_weight=weights)
    share = float(np.average(right, weights=weights))
    trees = tuple(_tree(estimator.tree_) for estimator in model.estimators_[:, 0])
    return Boosted(trees, float(np.log(share / (1.0 - share))))


# From the simplest: of two that can't be told apart, the first is taken.
KINDS: dict[str, Callable[[Sequence[Led]], Confidence]] = {
    "platt": lambda led: fit_logistic(led, ("logit",)),
    "few": lambda led: fit_logistic(led, FEW),
    "all": fit_logistic,
    "isotonic": fit_isotonic,
    "boosted": fit_boosted,
}


def _arrays(led: Sequence[Led], names: Sequence[str]) -> tuple[Vector, NDArray[np.bool_], Vector]:
    """Signals of shape `[questions, len(names)]`, rightness and weights of shape `[questions]`."""
    rows = np.array([[one.signals[name] for name in names] for one in led])
    right = np.array([one.right for one in led])
    return rows, right, weights_of([one.corpus for one in led])


def _tree(tree: Any) -> Tree:  # noqa: ANN401
    """scikit-learn's `Tree` in ours; it keeps single precision of what it splits on."""
    features = [int(f) for f in tree.feature]
    names = tuple(NAMES[f] if f >= 0 else "" for f in features)
    return Tree(
        names,
        tuple(float(cut) for cut in tree.threshold),
        tuple(int(node) for node in tree.children_left),
        tuple(int(node) for node in tree.children_right),
        tuple(RATE * float(v) for v in tree.value[:, 0, 0]),
    )
