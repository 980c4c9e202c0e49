from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.errors import ModelError
from pincite.index.passages import Passage
from pincite.qa.agreement import Likely
from pincite.qa.confidence import (
    FILE,
    LEADER,
    SPAN,
    UNFITTED,
    VOICE,
    Candidate,
    Confidence,
    Regression,
    load_confidence,
    log_odds,
    logistic,
    voice_features,
)
from pincite.qa.measured import Statement

TEXT = "The mayor counted 17 ships."
PASSAGE = Passage("a", None, "", 2, 100, 100 + len(TEXT), TEXT)
FITTED = Confidence(
    Regression({"margin": 0.5, "cosine": 2.0, "bm25": 0.25}, -1.0),
    Regression(
        {
            **{"strength": 1.0, "behind": -0.5, "answers": 0.25},
            **{"near": 2.0, "own": -1.5},
        },
        0.5,
    ),
    Regression(
        {"strength": 1.0, "lead": 0.5, "agreeing": 2.0, "answers": 0.25, "passages": -0.5}, 0.25
    ),
    threshold=0.3,
    shown=0.4,
    disputed=0.6,
)


def candidate(
    margin: float, cosine: float = 0.5, bm25: float = 0.0, at: tuple[int, int] = (118, 120)
) -> Candidate:
    return Candidate(PASSAGE, *at, margin, cosine, bm25)


def test_the_words_of_a_candidate_stand_in_its_passage() -> None:
    # 18 characters before "17", in a passage that begins at 100.
    assert candidate(0.0).words == "17"


def test_a_candidate_states_its_words_in_its_passage() -> None:
    said = candidate(0.0).statement()
    assert said == Statement(TEXT, 18, 20)
    assert said.words == "17"


def test_candidates_overlap_where_they_share_characters_of_an_article() -> None:
    number, ships = candidate(0.0), candidate(0.0, at=(121, 126))
    assert number.overlaps(candidate(0.0, at=(119, 126)))
    assert not number.overlaps(ships)
    elsewhere = replace(number, passage=replace(PASSAGE, article="b"))
    assert not number.overlaps(elsewhere)


def test_a_span_has_the_log_odds_of_its_features() -> None:
    # -1 + 0.5 * 4 + 2 * 0.5 + 0.25 * 8 = 4, and -1 + 0.5 * -2 + 2 * 0.5 = -1.
    weak, strong = FITTED.weighed([candidate(-2.0), candidate(4.0, bm25=8.0)])[::-1]
    assert (strong.strength, weak.strength) == pytest.approx((4.0, -1.0))


def test_a_leader_has_the_probability_of_its_features() -> None:
    features = {"strength": 1.0, "lead": 2.0, "agreeing": math.log(2.0)}
    features |= {"answers": 2.0, "passages": 3.0}
    # 0.25 + 1 + 1 + 2 ln 2 + 0.5 - 1.5: odds of 4 e^1.25.
    odds = 4 * math.exp(1.25)
    assert FITTED.of_leader(features) == pytest.approx(odds / (1 + odds))


def test_a_voice_has_the_probability_of_its_features() -> None:
    leader, other = replace(candidate(0.0), strength=1.5), replace(candidate(0.0), strength=0.5)
    # What is next to certain counts as 999 in 1000.
    features = voice_features(other, leader, Likely(0.75, 0.05, 0.2, 0.0), near=0.6)
    assert features == pytest.approx(
        {
            "strength": 0.5,
            "behind": 1.0,
            "answers": math.log(999.0),
            "near": 0.6,
            "own": 1.0,
        }
    )
    assert set(features) == set(VOICE)
    elsewhere = replace(leader, passage=replace(PASSAGE, article="b"))
    assert voice_features(other, elsewhere, Likely(1.0, 0.0, 0.0, 0.0), near=0.6)["own"] == 0.0
    # 0.5 + 0.5 - 0.5 + (ln 999) / 4 + 1.2 - 1.5.
    odds = 999**0.25 * math.exp(0.2)
    assert FITTED.of_voice(features) == pytest.approx(odds / (1 + odds))
    # It answers in three of four cases, whatever the leading one does.
    doubted = voice_features(other, leader, Likely(0.1, 0.05, 0.2, 0.05, 0.4, 0.2), near=0.6)
    assert doubted["answers"] == pytest.approx(math.log(3.0))


def test_where_nothing_is_fitted_the_reader_decides() -> None:
    assert set(UNFITTED.span.weights) == set(SPAN)
    assert set(UNFITTED.voice.weights) == set(VOICE)
    assert set(UNFITTED.leader.weights) == set(LEADER)
    (weighed,) = UNFITTED.weighed([candidate(2.0, cosine=0.25)])
    assert weighed.strength == pytest.approx(0.0)  # 0.5 * 2 + 4 * 0.25 - 2
    features = {"strength": weighed.strength, "lead": 9.0, "agreeing": 1.0, "passages": 5.0}
    features["answers"] = 1.0
    assert UNFITTED.of_leader(features) == pytest.approx(0.5)


def test_what_is_written_is_what_is_loaded(tmp_path: Path) -> None:
    assert load_confidence(tmp_path, "reader") == UNFITTED
    FITTED.write(tmp_path, "reader")
    assert load_confidence(tmp_path, "reader") == FITTED


def test_numbers_of_another_reader_are_refused(tmp_path: Path) -> None:
    FITTED.write(tmp_path, "reader")
    with pytest.raises(ModelError, match="another reader") as refused:
        load_confidence(tmp_path, "another")
    assert "pincite.eval.fit_confidence" in refused.value.hint


@pytest.mark.parametrize(
    "damage",
    [
        lambda body: body | {"format": 0},
        lambda body: body | {"threshold": "high"},
        lambda body: body | {"span": {"weights": {}}},
        lambda body: {key: value for key, value in body.items() if key != "disputed"},
        lambda body: {key: value for key, value in body.items() if key != "voice"},
        lambda body: [body],
        lambda body: None,
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, damage: object) -> None:
    FITTED.write(tmp_path, "reader")
    body = json.loads((tmp_path / FILE).read_text())
    (tmp_path / FILE).write_text(json.dumps(damage(body)))  # type: ignore[operator]
    with pytest.raises(ModelError):
        load_confidence(tmp_path, "reader")
    (tmp_path / FILE).write_text("{")
    with pytest.raises(ModelError, match="can't be read"):
        load_confidence(tmp_path, "reader")


@given(st.lists(st.tuples(st.floats(-30, 30), st.floats(-1, 1), st.floats(0, 60))))
def test_weighed_they_are_the_same_candidates_strongest_first(
    drawn: list[tuple[float, float, float]],
) -> None:
    given_ = [candidate(*features) for features in drawn]
    weighed = FITTED.weighed(given_)
    strengths = [one.strength for one in weighed]
    assert strengths == sorted(strengths, reverse=True)
    plain = sorted(drawn)
    assert sorted((one.margin, one.cosine, one.bm25) for one in weighed) == plain


@given(st.floats(allow_nan=False))
def test_the_logistic_function_is_in_range_and_symmetric(logit: float) -> None:
    assert 0.0 <= logistic(logit) <= 1.0
    assert logistic(logit) + logistic(-logit) == pytest.approx(1.0)
    assert logistic(0.0) == 0.5


@given(st.floats(0.0, 1.0))
def test_log_odds_and_back(probability: float) -> None:
    assert logistic(log_odds(probability)) == pytest.approx(probability, abs=1e-8)


@given(st.floats(0.0, 1.0), st.sampled_from([1e-9, 1e-3, 0.1]))
def test_log_odds_are_bounded(probability: float, least: float) -> None:
    most = math.log((1 - least) / least)
    assert abs(log_odds(probability, least)) <= most * (1 + 1e-6)
