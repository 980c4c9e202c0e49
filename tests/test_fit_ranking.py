from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pincite.eval.candidates import ARTICLES, NAMES, STRANGER, WRONG, Pool
from pincite.eval.fit_confidence import (
    FEW,
    KINDS,
    Led,
    fit_answerable,
    fit_boosted,
    fit_isotonic,
    fit_logistic,
    weights_of,
)
from pincite.eval.fit_confidence import NAMES as SIGNAL_NAMES
from pincite.eval.fit_ranking import (
    FOLDS,
    Crossed,
    Judged,
    as_data,
    choose,
    fit_kind,
    fit_order,
    lead,
    threshold_for,
)
from pincite.qa.confidence import SIGNALS, Isotonic, Voice
from pincite.qa.rank import Candidate
from pincite.qa.ranking import FILE, Ranking, load_ranking
from pincite.qa.said.same import Said


def pool(number: int, right: float, wrong: float, *, answerable: bool = True) -> Pool:
    """Two candidates that differ in the reader's score alone; the first is right, if any is."""
    features = np.zeros((2, len(NAMES)))
    features[:, NAMES.index("score")] = right, wrong
    voices = tuple(
        Voice(said, "a", place, dict(zip(NAMES, row.tolist(), strict=True)))
        for place, (said, row) in enumerate(zip(("yes", "no"), features, strict=True), start=1)
    )
    name = f"question {number}"
    return Pool(
        corpus="made",
        id=name,
        group=name,
        part="dev",
        question=f"What is said of {number}?",
        among=100,
        nowhere=False,
        voices=voices,
        said=tuple(Said(voice.said, f"They say {voice.said}.") for voice in voices),
        features=features,
        told=np.array([0 if answerable else WRONG, WRONG]),
        accounts=int(answerable),
        disputed=False,
    )


MADE = [pool(n, 5.0 + n % 3, 1.0 + n % 2) for n in range(60)]
NOTHING = [pool(100 + n, 1.0 + n % 2, 0.5, answerable=False) for n in range(30)]
ALL = MADE + NOTHING


def echoed(number: int) -> Pool:
    """A right "yes", said again by one that tells it too and by one far behind that does not."""
    one = pool(number, 6.0 + number % 2, 1.0)
    score = NAMES.index("score")
    further = np.zeros((2, len(NAMES)))
    further[:, score] = 5.0, 2.0
    echoes = tuple(
        Voice("yes", "b", place, dict(zip(NAMES, row.tolist(), strict=True)))
        for place, row in enumerate(further, start=1)
    )
    return replace(
        one,
        corpus=ARTICLES,
        voices=(*one.voices, *echoes),
        said=(*one.said, *(Said("yes", "They say yes too."),) * 2),
        features=np.concatenate([one.features, further]),
        told=np.array([0, WRONG, 0, WRONG]),
    )


ECHOED = [echoed(200 + n) for n in range(30)]
WITH_ECHOES = ALL + ECHOED

Answered = list[tuple[Pool, list[Candidate]]]


@pytest.fixture(scope="module")
def heard() -> Answered:
    """Every question of `WITH_ECHOES` with its candidates."""
    return Crossed(WITH_ECHOES).heard("all", 0.0)


def led(
    margin: float, right: bool, corpus: str = "made", name: str = "q", answerable: bool = True
) -> Led:
    signals = dict.fromkeys(SIGNALS, 0.0) | {"margin": margin}
    return Led(corpus, name, "dev", answerable, signals, right)


# The larger the margin, the more are right, but for some noise.
NOISY = [led(float(m), m + (7 * m) % 5 > 12) for m in range(20) for _ in range(6)]


def test_the_order_learns_what_sets_the_right_candidates_apart() -> None:
    order = fit_order(MADE)
    assert order.weights["score"] > 0
    assert order.weights["cosine"] == pytest.approx(0.0, abs=1e-6)  # the same for all
    assert all(lead(one, order).right for one in MADE)


def test_questions_without_an_answer_say_nothing_of_the_order() -> None:
    assert fit_order(MADE).weights == fit_order(ALL).weights


def test_the_bias_makes_the_mean_probability_the_share_that_are_right() -> None:
    order = fit_order(ALL)
    logits = np.concatenate([order.logits(one.features) for one in ALL])
    right = np.concatenate([one.right for one in ALL])
    assert (1 / (1 + np.exp(-logits))).mean() == pytest.approx(right.mean(), abs=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_the_confidence_is_high_where_the_leader_is_right(kind: str) -> None:
    judged = Crossed(ALL).judged(kind)
    assert min(one.confidence for one in judged if one.led.answerable) > 0.5
    assert max(one.confidence for one in judged if not one.led.answerable) < 0.5


def test_every_question_is_judged_once() -> None:
    judged = Crossed(ALL).judged("all")
    assert sorted(one.led.id for one in judged) == sorted(one.id for one in ALL)


def test_a_question_is_judged_by_models_that_never_saw_its_group() -> None:
    # What a question's own candidates are told to be changes nothing of its own confidence.
    before = {one.led.id: one.confidence for one in Crossed(ALL).judged("all")}
    liar = ALL[7]
    lied = replace(liar, told=liar.told[::-1])
    after = {
        one.led.id: one.confidence
        for one in Crossed([lied if one is liar else one for one in ALL]).judged("all")
    }
    assert after[liar.id] == before[liar.id]
    assert after != before


def test_a_question_without_a_candidate_is_refused_and_counted() -> None:
    empty = replace(
        ALL[0],
        id="silence",
        group="silence",
        voices=(),
        features=np.zeros((0, len(NAMES))),
        said=(),
        told=np.zeros(0, dtype=np.int64),
    )
    (silent,) = [o for o in Crossed([*ALL, empty]).judged("all") if o.led.id == "silence"]
    assert (silent.confidence, silent.led.right) == (0.0, False)


def test_every_corpus_weighs_the_same() -> None:
    assert weights_of(["a", "a", "a", "b"]).tolist() == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2.0])


def test_an_isotonic_fit_keeps_the_order() -> None:
    model = fit_isotonic(NOISY)
    assert isinstance(model, Isotonic)
    assert list(model.probabilities) == sorted(model.probabilities)
    assert model.base == fit_logistic(NOISY, FEW)


def test_the_stored_trees_say_what_scikit_learn_s_say(monkeypatch: pytest.MonkeyPatch) -> None:
    from sklearn.ensemble import GradientBoostingClassifier

    fitted: list[GradientBoostingClassifier] = []
    fit = GradientBoostingClassifier.fit

    def keep(self: GradientBoostingClassifier, *args: object, **more: object) -> object:
        fitted.append(self)
        return fit(self, *args, **more)

    monkeypatch.setattr(GradientBoostingClassifier, "fit", keep)
    model = fit_boosted(NOISY)
    rows = np.array([[one.signals[name] for name in SIGNAL_NAMES] for one in NOISY])
    theirs = fitted[0].predict_proba(rows)[:, 1]
    assert [model.probability(one.signals) for one in NOISY] == pytest.approx(theirs)


def of_kind(*confidences: float) -> list[Judged]:
    return [Judged(led(0.0, n % 4 > 0, name=str(n)), c, c) for n, c in enumerate(confidences)]


def test_the_simplest_is_taken_unless_another_is_clearly_better() -> None:
    unsure = of_kind(*[0.7] * 40)
    hardly = of_kind(*[0.7, 0.69, 0.7105, 0.7] * 10)  # a trace better, by chance
    clearly = of_kind(*[0.1, 0.9, 0.9, 0.9] * 10)
    assert choose({"simple": unsure, "other": hardly}) == "simple"
    assert choose({"simple": unsure, "other": clearly}) == "other"


def test_the_threshold_keeps_to_the_trade_over_the_corpora() -> None:
    easy = [Judged(led(0.0, True, "easy"), 0.5, 0.8 + n / 1000) for n in range(100)]
    hard = [Judged(led(0.0, True, "hard"), 0.5, n / 100) for n in range(100)]
    nothing = [Judged(led(0.0, False, "hard", answerable=False), 0.5, 0.0) for _ in range(50)]
    # A tenth of the hard ones and none of the easy ones are below it.
    assert threshold_for(easy + hard + nothing, 0.05) == pytest.approx(0.1)
    assert threshold_for(easy, 0.05) == pytest.approx(0.805)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_stored_is_what_was_fitted(kind: str, tmp_path: Path) -> None:
    crossed = Crossed(WITH_ECHOES)
    order, led, beside = fit_order(crossed.pools), crossed.led(), crossed.beside(kind)
    ranking = Ranking(
        *(order.weights, order.bias, 0.12345, fit_kind(kind, led), fit_answerable(led)),
        *(beside.others, beside.agreeing),
        agrees=0.15,
        differs=0.45,
        disputes=0.55,
    )
    stored = as_data("abc", ranking, kind, 0.05)
    assert json.loads(stored)["refused"] == 0.05
    assert json.loads(stored)["confidence"]["fit"] == kind
    (tmp_path / FILE).write_bytes(stored)
    assert load_ranking(tmp_path, "abc") == replace(ranking, threshold=0.1235)


def test_every_candidate_of_every_question_is_heard_once(heard: Answered) -> None:
    assert sorted(one.id for one, _ in heard) == sorted(one.id for one in WITH_ECHOES)
    for one, candidates in heard:
        assert sorted(c.start for c in candidates) == list(range(len(one.voices)))


def test_the_confidence_beside_the_leader_is_low_where_the_other_is_wrong(heard: Answered) -> None:
    for one, candidates in heard:
        first, *beside = candidates
        assert (first.confidence > 0.5) is one.answerable
        assert all(c.confidence < 0.5 for c in beside if c.key == "no")


def test_an_echo_far_behind_is_below_one_that_tells_the_same(heard: Answered) -> None:
    for _, candidates in [one for one in heard if one[0].corpus == ARTICLES]:
        agrees = {c.start: c.agrees for c in candidates}
        assert agrees[2] > 0.5 > agrees[3]


@pytest.mark.parametrize("liar", [MADE[7], ECHOED[7]], ids=["of two", "with echoes"])
def test_a_question_is_heard_by_models_that_never_saw_its_group(
    liar: Pool, heard: Answered
) -> None:
    before = {one.id: candidates for one, candidates in heard}
    lied = replace(liar, told=liar.told[::-1])
    changed = Crossed([lied if one is liar else one for one in WITH_ECHOES]).heard("all", 0.0)
    after = {one.id: candidates for one, candidates in changed}
    assert after[liar.id] == before[liar.id]
    assert after != before


def test_there_is_a_question_in_every_fold() -> None:
    assert all(fold for fold in Crossed(ALL)._folds)
    assert len(Crossed(ALL)._folds) == FOLDS


def test_strangers_teach_what_is_no_answer_but_not_which_is_right() -> None:
    known = Crossed(ALL).led()
    sure = max(known, key=lambda one: one.signals["logit"]).signals
    signals = {**sure, "best_cosine": sure["best_cosine"] - 0.5}  # all else alike
    strange = [Led(STRANGER, str(n), "dev", False, signals, False) for n in range(40)]
    for kind in KINDS:
        assert fit_kind(kind, [*known, *strange]) == fit_kind(kind, known)
    before, after = fit_answerable(known), fit_answerable([*known, *strange])
    assert before.probability(signals) > 0.5
    assert after.probability(signals) < 0.5 < after.probability(sure)
