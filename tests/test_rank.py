from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from index.passages import Passage, Piece
from pincite.errors import ModelError
from qa.confidence import Logistic
from qa.rank import FILE, UNFITTED, Ranking, can_answer, load_ranking, place, plain, rank
from qa.read import Span
from qa.retrieve import Hit

TEXT = "Four missiles were shot down. Two hit the airfield.\nNobody was hurt."
# The article has 100 characters before the passage, and 50 between its paragraphs.
PASSAGE = Passage("a", None, "Airfield struck", (Piece(3, 100, 151), Piece(5, 201, 217)), TEXT)


QUESTION = "What happened there?"


def hit(fused: float = 0.03, cosine: float | None = 0.5) -> Hit:
    return Hit(1, PASSAGE, fused, cosine, None, (0.5, 0.5))


def span(words: str, score: float = 2.0, null: float = 0.0) -> Span:
    start = TEXT.index(words)
    return Span(start, start + len(words), score, null)


def test_a_place_is_the_paragraph_and_the_article_s_characters() -> None:
    assert place(hit(), span("Two")) == (3, 130, 133)
    assert place(hit(), span("Nobody")) == (5, 201, 207)


def test_a_span_across_two_paragraphs_has_no_place() -> None:
    with pytest.raises(ValueError, match="not inside one piece"):
        place(hit(), Span(45, 60, 1.0, 0.0))


def test_by_default_the_margin_over_the_null_score_decides() -> None:
    low, high = span("Four", score=5.0, null=4.5), span("Two", score=3.0, null=-1.0)
    ranked = rank(QUESTION, [hit()], [[low, high]], {}, UNFITTED, 100)
    assert [c.span for c in ranked] == [high, low]
    assert ranked[0].confidence == pytest.approx(1 / (1 + math.exp(-2.0)))


def test_a_sentence_that_shares_the_question_s_rare_terms_wins() -> None:
    ranking = Ranking({"sentence": 1.0}, 0.0, 0.5)
    ranked = rank(QUESTION, [hit()], [[span("Four"), span("Two")]], {"airfield": 2.0}, ranking, 100)
    assert ranked[0].span == span("Two")
    assert ranked[0].confidence == pytest.approx(1 / (1 + math.exp(-1.0)))
    assert ranked[1].confidence == 0.5


def test_the_answer_s_own_words_do_not_count_as_shared() -> None:
    ranking = Ranking({"sentence": 1.0}, 0.0, 0.5)
    ranked = rank(QUESTION, [hit()], [[span("the airfield")]], {"airfield": 2.0}, ranking, 100)
    assert ranked[0].confidence == 0.5


def test_the_same_characters_are_one_candidate() -> None:
    twice = [hit(fused=0.03), hit(fused=0.01)]
    ranked = rank(QUESTION, twice, [[span("Two", 1.0)], [span("Two", 3.0)]], {}, UNFITTED, 100)
    assert [c.span.score for c in ranked] == [3.0]


def test_no_passage_no_candidate() -> None:
    assert rank(QUESTION, [], [], {}, UNFITTED, 100) == []


def test_the_leader_s_confidence_is_the_fitted_one_and_the_others_keep_their_distance() -> None:
    sure = Ranking({"score": 1.0}, 0.0, 0.5, Logistic({"ahead": 1.0}, 0.0))
    spans = [span("Four", score=4.0), span("Two", score=2.5), span("Nobody", score=-3.0)]
    ranked = rank(QUESTION, [hit()], [spans], {}, sure, 100)
    # Ahead by 1.5: that is its log odds, and those of the others less by what they are behind.
    assert [math.log(c.confidence / (1 - c.confidence)) for c in ranked] == pytest.approx(
        [1.5, 0.0, -5.5]
    )


def test_the_order_is_the_ranking_s_however_sure_the_leader_is() -> None:
    never = Ranking({"score": 1.0}, 0.0, 0.5, Logistic({}, -1000.0))
    spans = [span("Two", score=2.5), span("Four", score=4.0)]
    ranked = rank(QUESTION, [hit()], [spans], {}, never, 100)
    assert [c.span.score for c in ranked] == [4.0, 2.5]
    assert ranked[0].confidence >= ranked[1].confidence


def test_a_paragraph_s_own_closeness_is_a_feature() -> None:
    near = Hit(1, PASSAGE, 0.03, 0.5, None, (0.2, 0.8))
    ranked = rank(
        QUESTION, [near], [[span("Four"), span("Nobody")]], {}, Ranking({"near": 1.0}, 0.0, 0.5), 9
    )
    assert [c.paragraph for c in ranked] == [5, 3]
    assert ranked[0].confidence == pytest.approx(1 / (1 + math.exp(-0.8)))


@pytest.mark.parametrize(
    ("one", "other"), [("The “Wagner” group,", "wagner GROUP"), ("an attack", "attack")]
)
def test_words_are_the_same_without_case_marks_and_articles(one: str, other: str) -> None:
    assert plain(one) == plain(other)


def stored(folder: Path, **changes: object) -> Path:
    content = {
        "format": 2,
        "reader": "abc",
        "weights": {"score": 0.5},
        "bias": 0.1,
        "threshold": 0.2,
        "confidence": {"kind": "logistic", "weights": {"margin": 0.3}, "bias": -1.0},
    }
    (folder / FILE).write_text(json.dumps(content | changes))
    return folder


def test_a_stored_ranking_is_read(tmp_path: Path) -> None:
    ranking = load_ranking(stored(tmp_path), "abc")
    assert ranking == Ranking({"score": 0.5}, 0.1, 0.2, Logistic({"margin": 0.3}, -1.0))


def test_a_stored_ranking_may_do_without_a_confidence_of_its_own(tmp_path: Path) -> None:
    assert load_ranking(stored(tmp_path, confidence=None), "abc").confidence is None


def test_without_one_the_margin_serves(tmp_path: Path) -> None:
    assert load_ranking(tmp_path, "abc") is UNFITTED


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"reader": "other"}, "another reader"),
        ({"weights": {"charm": 1.0}}, "unknown features: charm"),
        ({"bias": "much"}, "can't be read"),
        ({"weights": 3}, "can't be read"),
        ({"format": 1}, "format 1, not 2"),
        ({"confidence": {"kind": "guess"}}, "no confidence is of the kind 'guess'"),
        ({"confidence": {"kind": "logistic", "weights": {"charm": 1.0}, "bias": 0}}, "charm"),
        ({"confidence": "high"}, "can't be read"),
    ],
)
def test_a_ranking_that_does_not_fit_is_refused(
    tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(ModelError, match=message) as caught:
        load_ranking(stored(tmp_path, **changes), "abc")
    assert "eval.fit_ranking" in caught.value.hint


def test_the_shipped_ranking_was_fitted_for_the_shipped_reader() -> None:
    from index.model_files import fingerprint
    from pincite.settings import SHIPPED

    folder = SHIPPED / "models" / "reader"
    assert load_ranking(folder, fingerprint(folder)).confidence is not None


@pytest.mark.parametrize(
    ("question", "words", "new"),
    [
        ("How many prisoners were claimed?", "how many prisoners", False),
        ("How many prisoners were claimed?", "13", True),
        ("How many prisoners were claimed?", "two prisoners", True),
        ("How many prisoners were claimed?", "Ukrainian", False),
        ("how  MANY drones fell?", "Dozens", True),
        ("Who is Zelensky?", "Zelenskiy", False),
        ("Is it a town or a village?", "village", True),
        ("Who spoke?", "the US", True),
        ("Who spoke?", "it", False),
    ],
)
def test_an_answer_can_answer_that_the_question_does_not(
    question: str, words: str, new: bool
) -> None:
    assert can_answer(question, words) is new
