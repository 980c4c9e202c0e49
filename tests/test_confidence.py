from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.qa.confidence import (
    AGREEING,
    FARTHEST,
    OTHERS,
    SIGNALS,
    Boosted,
    Confidence,
    Isotonic,
    Logistic,
    Tree,
    Voice,
    agreeing,
    from_data,
    leading,
    log_odds,
    logistic,
    logistic_from_data,
    others,
    signals,
    to_data,
)

STUMP = Tree(("ahead", "", ""), (1.0, 0.0, 0.0), (1, -1, -1), (2, -1, -1), (0.0, -0.5, 0.5))
LOGISTIC = Logistic({"margin": 0.5, "agreeing": 2.0}, -1.0)
MODELS = [
    LOGISTIC,
    Isotonic(LOGISTIC, (-1.0, 0.0, 1.0), (0.1, 0.3, 0.9)),
    Boosted((STUMP, STUMP), 0.25),
]


def voice(
    said: str, number: int = 1, article: str = "a", *, held: float = 0.0, **features: float
) -> Voice:
    """A candidate in paragraph `number`, which holds the share `held` of the question's terms."""
    zero = dict.fromkeys(("score", "null", "cosine", "near", "fused", "sentence"), 0.0)
    return Voice(said, article, number, zero | {"paragraph": held} | features)


def made(**changed: float) -> dict[str, float]:
    return dict.fromkeys(SIGNALS, 0.0) | changed


def test_words_of_several_paragraphs_lead_by_their_odds_together() -> None:
    voices = [voice("two", 1), voice("seven", 2), voice("seven", 3), voice("seven", 3)]
    # Odds of 3 against 2 + 2: the second "seven" of the same paragraph counts for nothing.
    assert leading(voices, [math.log(3.0), math.log(2.0), math.log(2.0), math.log(1.9)]) == 1
    assert leading(voices, [math.log(3.0), math.log(1.0), math.log(1.9), math.log(1.9)]) == 0


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 3), st.floats(-90, 90))))
def test_the_leader_is_the_best_of_those_that_say_its_words(
    drawn: list[tuple[str, int, float]],
) -> None:
    voices = [voice(said, number) for said, number, _ in drawn]
    logits = [logit for _, _, logit in drawn]
    if voices:
        top = leading(voices, logits)
        alike = [logits[i] for i, other in enumerate(voices) if other.said == voices[top].said]
        assert logits[top] == max(alike)


def test_a_leader_by_number_is_behind_the_best_of_other_words() -> None:
    voices = [voice("two", 1), voice("seven", 2), voice("seven", 3)]
    found = signals(voices, [math.log(3.0), math.log(2.0), math.log(2.0)], 100, False)
    assert found["ahead"] == pytest.approx(math.log(2.0) - math.log(3.0))
    assert found["share"] == pytest.approx(4.0 / 7.0)


def test_the_signals_of_three_candidates() -> None:
    voices = [
        voice("two ships", score=3.0, null=4.0, cosine=0.6, sentence=0.1, held=0.9),
        voice("seven", 2, score=5.0, null=1.0, cosine=0.5, near=0.4, fused=0.7, sentence=0.2),
        voice("seven", 1, "b", score=2.0, null=1.0, cosine=0.3),
    ]
    found = signals(voices, [0.0, math.log(2.0), 0.0], 100, False)
    assert found.keys() == SIGNALS.keys()
    assert found == pytest.approx(
        {
            "logit": math.log(2.0),
            "ahead": math.log(2.0),  # over "two ships"
            "share": 3.0 / 4.0,  # 1 and 1/2 of 1, 1/2 and 1/2
            "agreeing": math.log(2.0),  # one other paragraph
            "margin": 4.0,
            "behind": 0.0,
            "typical_margin": 4.0 / 3.0,  # -1, 4 and 1
            "fused": 0.7,
            "cosine": 0.5,
            "near": 0.4,
            "best_cosine": 0.6,
            "typical_cosine": 1.4 / 3.0,
            "sentence": 0.2,
            "paragraph": 0.0,
            "best_paragraph": 0.9,
            "words": 0.0,
            "size": math.log(100),
            "nowhere": 0.0,
        }
    )


def test_alone_it_is_as_far_ahead_as_can_be() -> None:
    found = signals([voice("two ships")], [-3.0], 100, False)
    assert (found["ahead"], found["share"], found["agreeing"]) == (FARTHEST, 1.0, 0.0)
    assert found["words"] == pytest.approx(math.log(2.0))


def test_the_same_paragraph_twice_is_one_voice() -> None:
    found = signals([voice("seven"), voice("seven")], [0.0, 0.0], 100, False)
    assert found["agreeing"] == 0.0


def test_how_far_another_margin_exceeds_the_leader_s() -> None:
    found = signals([voice("one", score=1.0), voice("two", score=4.0)], [1.0, 0.0], 100, False)
    assert found["behind"] == 3.0


def test_what_tells_of_the_others() -> None:
    voices = [
        voice("two ships", score=3.0, null=4.0, sentence=0.1),
        voice("seven", 2, score=5.0, null=1.0, near=0.4, sentence=0.2),
        voice("seven", 1, "b", score=2.0, null=1.0, near=0.3),
        voice("seven", 1, "b", score=1.0, null=1.0),
    ]
    # Odds of 1, 2, 1/2 and 1/4; the leader is the first "seven", and as likely right as 3 to 1.
    found = others(voices, [0.0, math.log(2.0), math.log(0.5), math.log(0.25)], 0.75, 100)
    size = math.log(100)
    assert all(one.keys() == OTHERS.keys() for one in found)
    assert [list(one.values()) for one in found] == [
        pytest.approx(expected)
        for expected in (
            # logit, behind, sure, margin, near, sentence, alike, agreeing, size
            [0.0, math.log(2.0), math.log(3.0), -1.0, 0.0, 0.1, 0.0, 0.0, size],
            [math.log(2.0), 0.0, math.log(3.0), 4.0, 0.4, 0.2, 1.0, math.log(2.0), size],
            [-math.log(2.0), math.log(4.0), math.log(3.0), 1.0, 0.3, 0.0, 1.0, math.log(2.0), size],
            # The same paragraph twice is one voice.
            [-math.log(4.0), math.log(8.0), math.log(3.0), 0.0, 0.0, 0.0, 1.0, math.log(2.0), size],
        )
    ]


def test_one_may_be_ahead_of_a_leader_by_number() -> None:
    voices = [voice("two", 1), voice("seven", 2), voice("seven", 3)]
    found = others(voices, [math.log(3.0), math.log(2.0), math.log(2.0)], 0.5, 100)
    assert found[0]["behind"] == pytest.approx(math.log(2.0) - math.log(3.0))
    assert [one["alike"] for one in found] == [0.0, 1.0, 1.0]


def test_beyond_the_farthest_behind_is_all_one() -> None:
    found = others([voice("two"), voice("seven", 2)], [20.0, -20.0], 1.0, 1)
    assert found[1]["behind"] == FARTHEST
    assert math.isfinite(found[1]["sure"])
    assert found[1]["size"] == 0.0  # of one passage


def test_what_tells_whether_it_speaks_of_the_same() -> None:
    voices = [
        voice("two ships", score=3.0, null=4.0, near=0.1),
        voice("seven", 2, score=5.0, null=1.0, near=0.4),
        voice("seven", 1, "b", score=2.0, null=1.0, near=0.3),
        voice("two ships", 3, "b", score=1.0, null=0.5),
    ]
    # Odds of 1, 2, 1/2 and 3: the best "two ships" comes last, whoever leads.
    found = agreeing(voices, [0.0, math.log(2.0), math.log(0.5), math.log(3.0)])
    assert all(one.keys() == AGREEING.keys() for one in found)
    assert [list(one.values()) for one in found] == [
        pytest.approx(expected)
        for expected in (
            # behind, margin, near
            [math.log(3.0), -1.0, 0.1],
            [0.0, 4.0, 0.4],
            [math.log(4.0), 1.0, 0.3],
            [0.0, 0.5, 0.0],
        )
    ]


@given(
    st.lists(st.tuples(st.sampled_from(["one", "two"]), st.floats(-50, 50)), min_size=1),
)
def test_of_those_that_say_the_same_the_best_is_behind_none(
    drawn: list[tuple[str, float]],
) -> None:
    found = agreeing([voice(said) for said, _ in drawn], [logit for _, logit in drawn])
    for said in {said for said, _ in drawn}:
        behind = [
            one["behind"] for one, (also, _) in zip(found, drawn, strict=True) if also == said
        ]
        assert min(behind) == 0.0
        assert max(behind) <= FARTHEST


def test_a_logistic_regression_weighs_what_is_known_to_it() -> None:
    stored = {"weights": {"alike": 1.5}, "bias": -0.5}
    assert logistic_from_data(stored, OTHERS) == Logistic({"alike": 1.5}, -0.5)
    with pytest.raises(ValueError, match="unknown signals: alike"):
        logistic_from_data(stored, SIGNALS)


def test_a_logistic_confidence() -> None:
    assert LOGISTIC.probability(made(margin=2.0)) == 0.5
    assert LOGISTIC.probability(made(agreeing=1.0)) == pytest.approx(1 / (1 + math.exp(-1.0)))


def test_an_isotonic_one_is_linear_between_its_steps_and_constant_outside() -> None:
    model = Isotonic(Logistic({"margin": 1.0}, 0.0), (-1.0, 0.0, 1.0), (0.1, 0.3, 0.9))
    at = [model.probability(made(margin=margin)) for margin in (-9.0, -0.5, 0.0, 0.5, 9.0)]
    assert at == pytest.approx([0.1, 0.2, 0.3, 0.6, 0.9])


def test_trees_add_up() -> None:
    model = Boosted((STUMP, STUMP), 0.25)
    assert model.probability(made(ahead=1.0)) == pytest.approx(logistic(-0.75))
    assert model.probability(made(ahead=1.1)) == pytest.approx(logistic(1.25))


@pytest.mark.parametrize("model", MODELS)
def test_a_model_comes_back_from_its_data(model: Confidence) -> None:
    assert from_data(json.loads(json.dumps(to_data(model)))) == model


@pytest.mark.parametrize(
    "stored",
    [
        {"kind": "guess"},
        {"kind": "logistic", "weights": {"charm": 1.0}, "bias": 0.0},
        {"kind": "logistic", "weights": {"margin": "much"}, "bias": 0.0},
        {"kind": "isotonic", "base": asdict(LOGISTIC), "logits": [1, 0], "probabilities": [0, 1]},
        {"kind": "isotonic", "base": asdict(LOGISTIC), "logits": [], "probabilities": []},
        {"kind": "boosted", "bias": 0.0, "trees": [asdict(STUMP) | {"lefts": [0, -1, -1]}]},
        {"kind": "boosted", "bias": 0.0, "trees": [asdict(STUMP) | {"rights": [3, -1, -1]}]},
        {"kind": "boosted", "bias": 0.0, "trees": [asdict(STUMP) | {"cuts": [0.0]}]},
        {"kind": "boosted", "bias": 0.0, "trees": [asdict(STUMP) | {"names": ["charm", "", ""]}]},
        {},
    ],
)
def test_data_of_no_model_is_refused(stored: Any) -> None:  # noqa: ANN401
    with pytest.raises((ValueError, KeyError)):
        from_data(stored)


@given(st.floats(0.0, 1.0))
def test_log_odds_and_back(probability: float) -> None:
    assert logistic(log_odds(probability)) == pytest.approx(probability, abs=1e-8)


@given(
    st.lists(
        st.tuples(st.sampled_from(["one", "two"]), st.integers(1, 3), st.floats(-50, 50)),
        min_size=1,
    )
)
def test_signals_are_finite_and_in_range(drawn: list[tuple[str, int, float]]) -> None:
    found = signals(
        [voice(said, number) for said, number, _ in drawn], [z for *_, z in drawn], 100, False
    )
    assert all(math.isfinite(value) for value in found.values())
    assert -FARTHEST <= found["ahead"] <= FARTHEST
    assert 0.0 < found["share"] <= 1.0
    assert found["agreeing"] >= 0.0
