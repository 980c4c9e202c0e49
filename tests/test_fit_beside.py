"""The models of the candidates beside the leading one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from pincite.eval.candidates import WRONG
from pincite.eval.fit_accounts import Beside, Heard, candidates, fit_agreeing, fit_others, of_all
from pincite.qa.confidence import AGREEING, OTHERS, Logistic
from tests.test_fit_accounts import asked


def heard(right: float, wrong: float, name: str) -> Heard:
    """Three candidates of which the first leads; it and the second are right."""
    pool, _ = asked([("2", 0, 0.0), ("13", 1, 0.0), ("40", WRONG, 0.0)], 2, name=name)
    margins = (5.0, right, wrong)
    voices = tuple(
        replace(voice, features={**voice.features, "score": margin})
        for voice, margin in zip(pool.voices, margins, strict=True)
    )
    return Heard(replace(pool, voices=voices), (2.0, 1.0, 0.0), 0.8, 0.9)


def test_the_others_are_told_apart_by_what_sets_the_right_ones_apart() -> None:
    model = fit_others([heard(3.0 + n % 3, n % 2 - 1.0, str(n)) for n in range(40)])
    assert model.weights.keys() == OTHERS.keys()
    assert model.weights["margin"] > 0
    assert model.weights["near"] == pytest.approx(0.0, abs=1e-6)  # the same for all
    beside = Beside(model, Logistic({}, 0.0))
    first, second, third = candidates(heard(4.0, -1.0, "new"), beside)
    assert (first.start, first.confidence) == (0, 0.8)  # the leader's own
    assert second.confidence > 0.5 > third.confidence


def test_in_a_larger_index_a_candidate_is_right_less_often() -> None:
    # Of three in the small one two are right, in the large one none but the leader.
    small = [heard(3.0, 3.0, str(n)) for n in range(20)]
    large = [
        replace(one, pool=replace(one.pool, among=10_000, told=np.array([0, WRONG, WRONG])))
        for one in small
    ]
    rows = [*small[0].rows(), *large[0].rows()]
    size = list(OTHERS).index("size")
    assert [row[size] for row in rows] == pytest.approx(
        [math.log(100)] * 3 + [math.log(10_000)] * 3
    )
    model = fit_others([*small, *large])
    assert model.weights["size"] < 0
    beside = Beside(model, Logistic({}, 0.0))
    second, in_large = (candidates(one[0], beside)[1] for one in (small, large))
    assert second.confidence > in_large.confidence


def test_candidates_are_in_the_product_s_order() -> None:
    one = heard(1.0, 1.0, "q")
    # The second leads by number: it says what the third says.
    voices = (one.pool.voices[0], *(replace(v, said="13") for v in one.pool.voices[1:]))
    mixed = Heard(replace(one.pool, voices=voices), (math.log(3.0), 0.5, math.log(2.5)), 0.6, 0.3)
    beside = Beside(Logistic({"logit": 1.0}, 0.0), Logistic({"behind": -1.0}, 0.0))
    # What is refused has no candidates.
    assert of_all([mixed], beside, 0.31) == [(mixed.pool, [])]
    ((pool, found),) = of_all([mixed], beside, 0.3)
    assert pool is mixed.pool
    assert [(c.start, c.key, c.said.words) for c in found] == [
        (2, "13", "40"),
        (0, "2", "2"),
        (1, "13", "13"),
    ]
    # Odds of 3, and of e to the half.
    assert [c.confidence for c in found] == pytest.approx([0.6, 0.75, 1 / (1 + math.exp(-0.5))])
    # The best of their words, the first two are behind none; the last by log 2.5 less a half.
    assert [c.agrees for c in found] == pytest.approx([0.5, 0.5, 1 / (1 + 2.5 * math.exp(-0.5))])


def echoed(
    name: str,
    logits: Sequence[float] = (2.0, 2.0, 2.0),
    told: Sequence[int] = (0, 0, WRONG),
    **features: tuple[float, float],
) -> Heard:
    """A leader and two other paragraphs that say "2" as well; `features` are of these two."""
    pool, _ = asked([("2", account, 0.0) for account in told], 1, name=name)
    leader, *rest = pool.voices
    further = [
        replace(voice, features={**voice.features, **{f: both[n] for f, both in features.items()}})
        for n, voice in enumerate(rest)
    ]
    return Heard(replace(pool, voices=(leader, *further)), tuple(logits), 0.8, 0.9)


BEHIND = [echoed(str(n), (2.5, 2.0, -1.0)) for n in range(40)]  # by 0.5 and by 3.5


@pytest.mark.parametrize(
    ("signal", "taught"),
    [
        ("behind", BEHIND),
        ("near", [echoed(str(n), near=(0.8, 0.3)) for n in range(40)]),
        ("margin", [echoed(str(n), score=(3.0, -1.0)) for n in range(40)]),
    ],
)
def test_an_echo_like_the_right_ones_is_above_one_that_is_not(
    signal: str, taught: Sequence[Heard]
) -> None:
    model = fit_agreeing(taught)
    assert model.weights.keys() == AGREEING.keys()
    assert (model.weights[signal] > 0) is (signal != "behind")
    alike = [weight for name, weight in model.weights.items() if name != signal]
    assert alike == pytest.approx([0.0, 0.0], abs=1e-6)
    beside = Beside(Logistic({}, 0.0), model)
    right, wrong = candidates(taught[0], beside)[1:]
    assert right.agrees > 0.5 > wrong.agrees
    # As many right as wrong, at one value each: even odds lie halfway.
    assert right.agrees + wrong.agrees == pytest.approx(1.0, abs=1e-4)


def test_halfway_between_the_right_and_the_wrong_the_odds_are_even() -> None:
    model = fit_agreeing(BEHIND)
    signals = {"behind": 2.0, "margin": 0.0, "near": 0.0}
    assert model.probability(signals) == pytest.approx(0.5, abs=1e-4)


def test_nothing_is_learnt_of_echoes_where_it_is_not_known_what_they_tell() -> None:
    lies = [echoed(f"lie {n}", (2.5, 2.0, -1.0), (0, WRONG, 0)) for n in range(40)]
    elsewhere = [replace(one, pool=replace(one.pool, corpus="open")) for one in lies]
    assert fit_agreeing([*BEHIND, *elsewhere]) == fit_agreeing(BEHIND)
    # A leader that is wrong has no account to share.
    wrong = [echoed(f"wrong {n}", (2.5, 2.0, -1.0), (WRONG, WRONG, 0)) for n in range(40)]
    assert fit_agreeing([*BEHIND, *wrong]) == fit_agreeing(BEHIND)
    # In the articles they would have counted.
    assert fit_agreeing([*BEHIND, *lies]).weights["behind"] == pytest.approx(0.0, abs=1e-6)


def test_an_echo_is_the_best_of_another_paragraph_that_says_the_leader_s_words() -> None:
    def crowded(one: Heard) -> Heard:
        """With the leader's words again in each paragraph, and other words in another."""
        pool = one.pool
        again = [*pool.voices, replace(pool.voices[0], said="13", article="other")]
        return Heard(
            replace(
                pool,
                voices=(*pool.voices, *again),
                said=(*pool.said, *pool.said, pool.said[0]),
                told=np.array([*pool.told, WRONG, WRONG, 0, 0]),
            ),
            (*one.logits, *(logit - 0.25 for logit in one.logits), 0.0),
            one.sure,
            one.answers,
        )

    assert fit_agreeing([crowded(one) for one in BEHIND]) == fit_agreeing(BEHIND)


def test_both_models_are_fitted_on_the_same_questions() -> None:
    beside = Beside.fit(BEHIND)
    assert (beside.others, beside.agreeing) == (fit_others(BEHIND), fit_agreeing(BEHIND))
