from __future__ import annotations

import numpy as np
import pytest

from eval.fit_ranking import (
    FOLDS,
    NAMES,
    Asked,
    cross_validate,
    fit,
    threshold_for,
)


def asked(fold: int, right_score: float, wrong_score: float, answerable: bool = True) -> Asked:
    """Two candidates that differ in the reader's score alone; the first is right, if any is."""
    features = np.zeros((2, len(NAMES)))
    features[:, NAMES.index("score")] = right_score, wrong_score
    return Asked("made", fold, answerable, features, np.array([answerable, False]))


MADE = [asked(n % FOLDS, 5.0 + n % 3, 1.0 + n % 2) for n in range(40)]
NOTHING = [asked(n % FOLDS, 1.0, 0.5, answerable=False) for n in range(20)]


def test_it_learns_what_sets_the_right_candidates_apart() -> None:
    model = fit(MADE)
    assert model.weights["score"] > 0
    assert model.weights["cosine"] == pytest.approx(0.0, abs=1e-6)  # the same for all
    assert all(np.argmax(model.probability(a.features)) == 0 for a in MADE)


def test_the_confidence_is_higher_where_the_leading_candidate_is_right() -> None:
    model = fit(MADE + NOTHING)
    confidences = [(a.answerable, model.probability(a.features).max()) for a in MADE + NOTHING]
    assert min(c for answerable, c in confidences if answerable) > 0.5
    assert max(c for answerable, c in confidences if not answerable) < 0.5


def test_every_question_is_judged_once_by_a_model_that_never_saw_its_fold() -> None:
    unseen = cross_validate(MADE + NOTHING)
    assert len(unseen) == 60
    assert all(right == a.answerable for a, _, right in unseen)


def test_the_threshold_refuses_one_in_twenty_of_the_answerable() -> None:
    confidences = np.array([*np.linspace(0.0, 1.0, 101), 0.0, 0.0])
    answerable = np.array([True] * 101 + [False] * 2)
    assert threshold_for(confidences, answerable) == pytest.approx(0.05)
