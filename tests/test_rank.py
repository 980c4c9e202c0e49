from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pincite.errors import ModelError
from pincite.index.passages import Passage, Piece
from pincite.index.terms import Wordings
from pincite.qa.confidence import Logistic, Voice
from pincite.qa.rank import Candidate, place, plain, rank
from pincite.qa.ranking import FILE, UNFITTED, Ranking, load_ranking
from pincite.qa.read import Span
from pincite.qa.retrieve import Hit
from pincite.qa.said.same import Said

TEXT = "Four missiles were shot down. Two hit the airfield.\nNobody was hurt."
# The article has 100 characters before the passage, and 50 between its paragraphs.
PASSAGE = Passage("a", None, "Airfield struck", (Piece(3, 100, 151), Piece(5, 201, 217)), TEXT)


QUESTION = "What was there?"
DAY = date(2022, 3, 1)


def hit(fused: float = 0.03, cosine: float | None = 0.5) -> Hit:
    return Hit(1, PASSAGE, fused, cosine, None, (0.5, 0.5))


def span(words: str, score: float = 2.0, null: float = 0.0) -> Span:
    start = TEXT.index(words)
    return Span(start, start + len(words), score, null)


def ranked_by(
    ranking: Ranking,
    hits: Sequence[Hit],
    spans: Sequence[Sequence[Span]],
    rarity: Mapping[str, float] | None = None,
) -> list[Candidate]:
    found = rank(QUESTION, hits, spans, dict(rarity or {}), ranking, 100, lambda _: DAY)
    return list(found.candidates)


def words(ranked: Sequence[Candidate]) -> list[str]:
    return [candidate.said.words for candidate in ranked]


def test_a_place_is_the_paragraph_and_the_article_s_characters() -> None:
    assert place(hit(), span("Two")) == (3, 130, 133)
    assert place(hit(), span("Nobody")) == (5, 201, 207)


def test_a_span_across_two_paragraphs_has_no_place() -> None:
    with pytest.raises(ValueError, match="not inside one piece"):
        place(hit(), Span(45, 60, 1.0, 0.0))


def test_a_candidate_says_where_it_stands_and_in_what_sentence() -> None:
    (found,) = ranked_by(UNFITTED, [hit()], [[span("Two")]])
    said = Said("Two", "Two hit the airfield.", DAY)
    # Alone with its words, it is the best that says them.
    assert found == Candidate("a", 3, 130, 133, said, "two", found.confidence, 1.0)


def test_what_happened_is_answered_with_a_whole_clause_of_the_sentence() -> None:
    def answer(words: str) -> Candidate:
        asked = ("What happened?", [hit()], [[span(words)]], dict[str, float]())
        (found,) = rank(*asked, UNFITTED, 100, lambda _: DAY).candidates
        return found

    found = answer("missiles were")
    assert found.said == Said("missiles were shot down", "Four missiles were shot down.", DAY)
    assert (found.start, found.end) == (105, 128)
    # A span that goes on into the next sentence is left.
    assert answer("shot down. Two hit").said.words == "shot down. Two hit"


def test_those_that_say_the_same_in_other_words_have_one_key() -> None:
    # The better one's words are the key of both.
    text = "It was hit on 24 February 2022.\nFebruary 24, 2022 was when it was hit."
    passage = Passage("a", None, "", (Piece(1, 0, 31), Piece(2, 32, 70)), text)
    spans = []
    for day, score in (("24 February 2022", 3.0), ("February 24, 2022", 2.0)):
        start = text.index(day)
        spans.append(Span(start, start + len(day), score, 0.0))
    found = rank(
        *("When was it hit?", [Hit(1, passage, 0.03, 0.5, None, (0.5, 0.5))], [spans], {}),
        *(UNFITTED, 100, lambda _: None),
    ).candidates
    assert [(one.paragraph, one.key) for one in found] == [
        (1, "24 february 2022"),
        (2, "24 february 2022"),
    ]
    # Half the margin is the log odds: the second is half behind the first.
    assert [one.agrees for one in found] == pytest.approx([1.0, math.exp(-0.5)])


@pytest.mark.parametrize(
    ("question", "paragraphs"),
    [
        # At her name and in the paragraph after; what stands before 2 is not known.
        ("What did Koval say about the dam?", [2, 3, 4]),
        ("What did Moss say about the dam?", [2]),
        ("What did the RDK say about the dam?", [2, 3, 4]),  # "koval" stands for it
        ("What did the mayor say about the dam?", [2, 3, 4, 5]),  # no name
    ],
)
def test_what_somebody_said_stands_near_their_name(question: str, paragraphs: list[int]) -> None:
    lines = ["The dam is wet.", "Koval said the dam is new.", "The dam is big.", "The dam is red."]
    text, pieces, spans, at = "\n".join(lines), [], [], 0
    for number, line in enumerate(lines, start=2):
        pieces.append(Piece(number, at, at + len(line)))
        start = at + line.index(" is ") + 1
        spans.append(Span(start, start + 6, 1.0, 0.0))
        at += len(line) + 1
    passage = Passage("a", None, "", tuple(pieces), text)
    rarity: dict[Wordings, float] = {("rdk", "koval"): 1.0, ("dam",): 1.0}
    hits = [Hit(1, passage, 0.03, 0.5, None, (0.5,) * len(lines))]
    found = rank(question, hits, [spans], rarity, UNFITTED, 100, lambda _: None).candidates
    assert sorted(one.paragraph for one in found) == paragraphs


def test_nobody_is_who_but_the_question_s_own_name_in_other_words() -> None:
    passage = Passage("a", None, "", (Piece(1, 0, 24),), "The RDK is led by Popov.")
    spans = [Span(4, 7, 2.0, 0.0), Span(18, 23, 1.0, 0.0)]
    rarity: dict[Wordings, float] = {("russian volunt corp", "rdk"): 1.0}
    hits = [Hit(1, passage, 0.03, 0.5, None, (0.5,))]

    def answers(question: str) -> list[str]:
        found = rank(question, hits, [spans], rarity, UNFITTED, 100, lambda _: None)
        return words(found.candidates)

    assert answers("Who leads the Russian Volunteer Corps?") == ["Popov"]
    assert answers("What is another name of the Russian Volunteer Corps?") == ["RDK", "Popov"]


def test_by_default_the_margin_over_the_null_score_decides() -> None:
    low, high = span("Four", score=5.0, null=4.5), span("Two", score=3.0, null=-1.0)
    ranked = ranked_by(UNFITTED, [hit()], [[low, high]])
    assert words(ranked) == ["Two", "Four"]
    assert ranked[0].confidence == pytest.approx(1 / (1 + math.exp(-2.0)))


def test_a_sentence_that_shares_the_question_s_rare_terms_wins() -> None:
    ranking = Ranking({"sentence": 1.0}, 0.0, 0.5)
    ranked = ranked_by(ranking, [hit()], [[span("Four"), span("Two")]], {"airfield": 2.0})
    assert words(ranked) == ["Two", "Four"]
    assert ranked[0].confidence == pytest.approx(1 / (1 + math.exp(-1.0)))
    assert ranked[1].confidence == 0.5


def test_the_answer_s_own_words_do_not_count_as_shared() -> None:
    ranking = Ranking({"sentence": 1.0}, 0.0, 0.5)
    ranked = ranked_by(ranking, [hit()], [[span("the airfield")]], {"airfield": 2.0})
    assert ranked[0].confidence == 0.5


def test_the_same_characters_are_one_candidate() -> None:
    twice = [hit(fused=0.03), hit(fused=0.01)]
    (ranked,) = ranked_by(UNFITTED, twice, [[span("Two", 1.0)], [span("Two", 3.0)]])
    # The better of the two: half of 3, not half of 1.
    assert ranked.confidence == pytest.approx(1 / (1 + math.exp(-1.5)))


def test_no_passage_no_candidate() -> None:
    assert ranked_by(UNFITTED, [], []) == []


def test_the_leader_s_confidence_is_the_fitted_one_and_the_others_keep_their_distance() -> None:
    sure = Ranking({"score": 1.0}, 0.0, 0.5, Logistic({"ahead": 1.0}, 0.0))
    spans = [span("Four", score=4.0), span("Two", score=2.5), span("Nobody", score=-3.0)]
    ranked = ranked_by(sure, [hit()], [spans])
    # Ahead by 1.5: that is its log odds, and those of the others less by what they are behind.
    assert [math.log(c.confidence / (1 - c.confidence)) for c in ranked] == pytest.approx(
        [1.5, 0.0, -5.5]
    )


def test_the_order_is_the_ranking_s_however_sure_the_leader_is() -> None:
    never = Ranking({"score": 1.0}, 0.0, 0.5, Logistic({}, -1000.0))
    spans = [span("Two", score=2.5), span("Four", score=4.0)]
    ranked = ranked_by(never, [hit()], [spans])
    assert words(ranked) == ["Four", "Two"]
    assert ranked[0].confidence >= ranked[1].confidence


def voice(said: str, paragraph: int, score: float) -> Voice:
    features = {"score": score, "null": 1.0, "near": 0.0, "sentence": 0.0}
    return Voice(said, "a", paragraph, features)


VOICES = [voice("two", 1, 3.0), voice("seven", 2, 2.5), voice("seven", 3, 2.5)]
LOGITS = [math.log(3.0), math.log(2.0), math.log(2.0)]  # "seven" leads: 2 + 2 against 3


def test_without_a_model_of_the_others_they_are_as_far_behind_as_the_ranking_says() -> None:
    plain_ = Ranking({}, 0.0, 0.5)
    # At even odds for the leader everything is halved: 3 / 2 of "two", but never above the leader.
    assert plain_.beside(VOICES, LOGITS, 0.5, 100) == pytest.approx([0.5, 0.5, 0.5])
    far = [math.log(0.5), math.log(2.0), math.log(1.0)]
    # Odds of 1/4, 1 and 1/2.
    assert plain_.beside(VOICES, far, 0.5, 100) == pytest.approx([1 / 5, 1 / 2, 1 / 3])


def test_whether_there_is_an_answer_is_judged_apart_from_which_is_right() -> None:
    spans = [span("Four", score=4.0), span("Two", score=2.5)]
    asked = (QUESTION, [hit()], [spans], dict[str, float]())
    sure = Logistic({}, math.log(3.0))
    alike = Ranking({"score": 1.0}, 0.0, 0.5, sure)
    assert rank(*asked, alike, 100, lambda _: DAY).answers == pytest.approx(0.75)
    # A margin of 4 and log odds of 4 for the leader.
    apart = replace(alike, answerable=Logistic({"margin": 1.0, "logit": -0.5}, 0.0))
    found = rank(*asked, apart, 100, lambda _: DAY)
    assert found.answers == pytest.approx(1 / (1 + math.exp(-2.0)))
    assert found.candidates[0].confidence == pytest.approx(0.75)
    assert rank(QUESTION, [], [], {}, apart, 100, lambda _: DAY).answers == 0.0


def test_with_one_it_says_how_likely_each_is() -> None:
    model = Logistic({"alike": 2.0, "margin": 1.0, "sure": 0.5}, -3.0)
    fitted = Ranking({}, 0.0, 0.5, others=model)
    # Even odds are log odds of 0. "two": a margin of 2; "seven": 1.5, and the leader's words.
    assert fitted.beside(VOICES, LOGITS, 0.5, 100) == pytest.approx(
        [1 / (1 + math.e), 1 / (1 + math.exp(-0.5)), 1 / (1 + math.exp(-0.5))]
    )
    odds_of_four = fitted.beside(VOICES, LOGITS, 0.8, 100)
    assert odds_of_four[0] == pytest.approx(1 / (1 + math.exp(1.0 - 0.5 * math.log(4.0))))


def test_how_many_passages_there_are_tells_of_the_others() -> None:
    fitted = Ranking({"score": 1.0}, 0.0, 0.5, others=Logistic({"size": -1.0}, 0.0))
    # Odds of 1 to as many passages as there are.
    assert fitted.beside(VOICES, LOGITS, 0.5, 1) == pytest.approx([1 / 2] * 3)
    assert fitted.beside(VOICES, LOGITS, 0.5, 3) == pytest.approx([1 / 4] * 3)
    ranked = ranked_by(fitted, [hit()], [[span("Four", 4.0), span("Two", 2.5)]])
    assert ranked[1].confidence == pytest.approx(1 / 101)  # among 100


# "two" is said once; of the two that say "seven" the second has a quarter of the odds.
ECHOED = [math.log(3.0), math.log(2.0), math.log(0.5)]


def test_without_a_model_of_the_echoes_their_odds_beside_the_best_s_count() -> None:
    plain_ = Ranking({}, 0.0, 0.5)
    assert plain_.echoes(VOICES, ECHOED) == pytest.approx([1.0, 1.0, 1 / 4])
    # Behind by 6 at most.
    assert plain_.echoes(VOICES, [0.0, 9.0, -9.0]) == pytest.approx([1.0, 1.0, math.exp(-6.0)])


def test_with_one_it_says_how_likely_each_tells_what_the_best_does() -> None:
    model = Logistic({"behind": -1.0, "margin": 0.5}, -1.0)
    fitted = Ranking({}, 0.0, 0.5, agreeing=model)
    # Half the margin less 1: "two" has 0, "seven" -0.25, the second less log 4 for being behind.
    assert fitted.echoes(VOICES, ECHOED) == pytest.approx(
        [1 / 2, 1 / (1 + math.exp(0.25)), 1 / (1 + 4.0 * math.exp(0.25))]
    )


def test_the_leader_keeps_its_confidence_whatever_the_others_get() -> None:
    model = Logistic({}, math.log(3.0))
    ranking = Ranking({"score": 1.0}, 0.0, 0.5, Logistic({}, 0.0), others=model)
    spans = [span("Four", score=4.0), span("Two", score=2.5)]
    ranked = ranked_by(ranking, [hit()], [spans])
    assert words(ranked) == ["Four", "Two"]
    assert [c.confidence for c in ranked] == pytest.approx([0.5, 0.75])


def test_a_paragraph_s_own_closeness_is_a_feature() -> None:
    near = Hit(1, PASSAGE, 0.03, 0.5, None, (0.2, 0.8))
    ranked = ranked_by(Ranking({"near": 1.0}, 0.0, 0.5), [near], [[span("Four"), span("Nobody")]])
    assert [c.paragraph for c in ranked] == [5, 3]
    assert ranked[0].confidence == pytest.approx(1 / (1 + math.exp(-0.8)))


@pytest.mark.parametrize(
    ("one", "other"), [("The “Wagner” group,", "wagner GROUP"), ("an attack", "attack")]
)
def test_words_are_the_same_without_case_marks_and_articles(one: str, other: str) -> None:
    assert plain(one) == plain(other)


def stored(folder: Path, **changes: object) -> Path:
    content = {
        "format": 3,
        "reader": "abc",
        "weights": {"score": 0.5},
        "bias": 0.1,
        "threshold": 0.2,
        "confidence": {"kind": "logistic", "weights": {"margin": 0.3}, "bias": -1.0},
        "answerable": {"kind": "logistic", "weights": {"margin": 0.3}, "bias": 0.5},
        "others": {"kind": "logistic", "weights": {"alike": 0.6}, "bias": -2.0},
        "agreeing": {"kind": "logistic", "weights": {"near": 0.7}, "bias": -0.4},
        "agrees": 0.15,
        "differs": 0.45,
        "disputes": 0.55,
    }
    (folder / FILE).write_text(json.dumps(content | changes))
    return folder


def test_a_stored_ranking_is_read(tmp_path: Path) -> None:
    ranking = load_ranking(stored(tmp_path), "abc")
    assert ranking == Ranking(
        weights={"score": 0.5},
        bias=0.1,
        threshold=0.2,
        confidence=Logistic({"margin": 0.3}, -1.0),
        answerable=Logistic({"margin": 0.3}, 0.5),
        others=Logistic({"alike": 0.6}, -2.0),
        agreeing=Logistic({"near": 0.7}, -0.4),
        agrees=0.15,
        differs=0.45,
        disputes=0.55,
    )


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
        ({"format": 2}, "format 2, not 3"),
        ({"confidence": {"kind": "guess"}}, "no confidence is of the kind 'guess'"),
        ({"confidence": {"kind": "logistic", "weights": {"charm": 1.0}, "bias": 0}}, "charm"),
        ({"confidence": "high"}, "can't be read"),
        ({"others": {"weights": {"charm": 1.0}, "bias": 0}}, "unknown signals: charm"),
        # What tells of the leader alone tells nothing of the others.
        ({"others": {"weights": {"typical_margin": 1.0}, "bias": 0}}, "typical_margin"),
        ({"others": None}, "can't be read"),
        ({"answerable": {"weights": {"alike": 1.0}, "bias": 0}}, "unknown signals: alike"),
        ({"answerable": None}, "can't be read"),
        # Every echo says the same as the best: that it does tells nothing.
        ({"agreeing": {"weights": {"alike": 1.0}, "bias": 0}}, "unknown signals: alike"),
        ({"agreeing": None}, "can't be read"),
        ({"disputes": "often"}, "can't be read"),
    ],
)
def test_a_ranking_that_does_not_fit_is_refused(
    tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(ModelError, match=message) as caught:
        load_ranking(stored(tmp_path, **changes), "abc")
    assert "pincite.eval.fit_ranking" in caught.value.hint


def test_the_shipped_ranking_was_fitted_for_the_shipped_reader() -> None:
    from pincite.index.model_files import fingerprint
    from pincite.settings import SHIPPED

    folder = SHIPPED / "models" / "reader"
    assert load_ranking(folder, fingerprint(folder)).confidence is not None
