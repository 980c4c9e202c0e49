"""Fitting the confidence: questions whose spans are right or wrong as they were made to be."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import numpy as np
import pytest

from pincite.eval.cases import Case, Place
from pincite.eval.fit_confidence import (
    FALSE_DISPUTES,
    REFUSED,
    Judged,
    Known,
    Remembered,
    fit,
    judge,
)
from pincite.eval.output import Progress
from pincite.index.passages import Passage
from pincite.qa.accounts import group, leader_features
from pincite.qa.agreement import Likely
from pincite.qa.ask import Pincite
from pincite.qa.confidence import LEADER, SPAN, UNFITTED, VOICE, Candidate, Confidence
from pincite.qa.measured import Statement
from tests.fakes import FakeComparison
from tests.test_measured import statement


def test_no_two_answers_are_compared_twice() -> None:
    inner = FakeComparison()
    comparison = Remembered(inner)
    two, twelve, ann = statement("two"), statement("12"), statement("Ann")
    first = comparison.compare("Who?", [(two, twelve), (two, ann)])
    assert inner.compared == 2
    assert comparison.compare("Who?", [(two, ann), (two, twelve)]) == first[::-1]
    assert inner.compared == 2
    # In the other order, and to another question, it may be otherwise.
    comparison.compare("Who?", [(ann, two)])
    comparison.compare("When?", [(two, ann)])
    assert inner.compared == 4
    assert first == FakeComparison().compare("Who?", [(two, twelve), (two, ann)])


ASKED = "How many?"


def candidate(words: str, article: str, margin: float) -> Candidate:
    text = f"In {article} it was {words}."
    passage = Passage(article, None, "", 1, 0, len(text), text)
    start = text.index(words)
    return Candidate(passage, start, start + len(words), margin, 0.5, 0.0)


def made(
    corpus: str,
    drawn: Random,
    said: Sequence[tuple[str, float, int | None]],
    disputed: bool = False,
) -> Judged:
    """A question: of each article its words, about what margin they have, and which account."""
    candidates = [candidate(w, f"a{n}", drawn.gauss(m, 1.0)) for n, (w, m, _) in enumerate(said)]
    tells = tuple(account for _, _, account in said)
    accounts = len(set(tells) - {None})
    return Judged(
        *(corpus, ASKED, 1000, accounts > 0, tuple(candidates), tells, accounts, disputed),
        Known({}, {0: np.ones(1, dtype=np.float32)}),
    )


def questions(seed: int = 0) -> list[Judged]:
    """Two corpora: of the one half is disputed; of the other one account is known, and most said
    beside it is wrong."""
    drawn = Random(seed)
    right, wrong = ("two", 3.0, 0), ("rain", -3.0, None)
    out = []
    for _ in range(40):
        out.append(made("events", drawn, [right, ("13", 2.0, 1), wrong], disputed=True))
        out.append(made("events", drawn, [right, ("2", 2.0, 0), wrong]))
        out.append(made("texts", drawn, [right, wrong, ("13", -2.0, None)]))
        out.append(made("texts", drawn, [wrong, ("13", -2.0, None)]))
    return out


@pytest.fixture(scope="module")
def fitted() -> Confidence:
    return fit(questions(), FakeComparison())


def told(confidence: Confidence, one: Judged) -> tuple[bool, float, bool]:
    """Whether the leading span is right, how likely that is said to be, and whether it disputes."""
    candidates = confidence.weighed(one.candidates)
    groups = group(ASKED, candidates, FakeComparison(), confidence, one.known)
    leader = leader_features(groups, candidates, one.passages)
    right = one.tells[int(candidates[0].passage.article[1:])] is not None
    return right, confidence.of_leader(leader), any(of.excludes for of in groups)


def test_every_number_is_fitted(fitted: Confidence) -> None:
    for regression, names in ((fitted.span, SPAN), (fitted.voice, VOICE), (fitted.leader, LEADER)):
        assert set(regression.weights) == set(names)
    # What tells right from wrong has weight in that direction.
    assert fitted.span.weights["margin"] > 0
    assert fitted.voice.weights["strength"] > 0
    assert fitted != UNFITTED


def test_right_leaders_are_likelier_than_wrong_ones(fitted: Confidence) -> None:
    sure = [told(fitted, one)[:2] for one in questions(seed=1)]
    right = [likely for so, likely in sure if so]
    wrong = [likely for so, likely in sure if not so]
    assert sum(right) / len(right) > 0.9 > 0.2 > sum(wrong) / len(wrong)


def test_the_threshold_refuses_what_it_is_said_to(fitted: Confidence) -> None:
    shares = []
    for corpus in ("events", "texts"):
        of = [one for one in questions() if one.corpus == corpus and one.answerable]
        refused = [told(fitted, one)[1] < fitted.threshold for one in of]
        shares.append(sum(refused) / len(refused))
    # Corpora count alike; one question more or less of 40.
    assert sum(shares) / 2 == pytest.approx(REFUSED, abs=1 / 40)


def test_what_is_disputed_is_called_so_and_little_else(fitted: Confidence) -> None:
    called: dict[bool, list[bool]] = {True: [], False: []}
    for one in questions():
        if one.accounts:
            called[one.disputed].append(told(fitted, one)[2])
    assert sum(called[True]) / len(called[True]) > 0.9
    assert sum(called[False]) / len(called[False]) <= FALSE_DISPUTES + 1 / 80


class Suspicious(FakeComparison):
    """Suspects conflict of whatever is compatible, a little."""

    def _one(self, first: Statement, second: Statement) -> Likely:
        found = super()._one(first, second)
        return Likely(0.3, 0.3, 0.3, 0.1) if found.compatible > 0.5 else found


def test_suspicion_alone_makes_no_dispute() -> None:
    drawn = Random(2)
    both = [
        made("events", drawn, [("Ann", 3.0, 0), ("Bo", 3.0, 1), ("rain", -3.0, None)])
        for _ in range(40)
    ]
    denied = [made("events", drawn, [("two", 3.0, 0), ("13", 3.0, 1)], True) for _ in range(40)]
    none = [made("events", drawn, [("rain", -3.0, None), ("snow", -4.0, None)]) for _ in range(9)]
    confidence = fit([*both, *denied, *none], Suspicious())
    # .3 / .9 of nearly 1 must not be enough, .97 / .99 must.
    assert 0.3 <= confidence.disputed < 0.97
    assert confidence.shown < 0.9


def test_what_was_read_is_judged_by_the_case(small: Pincite) -> None:
    asked = "How many days was the harbour shut after the storm?"
    article = small.index.store.article("harbour")
    assert article is not None
    at = article.text.index("41")
    places = (Place("harbour", at, at + 2, 1),)
    case = Case("plain", "g", asked, (), (("nine",), ("41",)), places, disputed=True)
    (one,) = judge(small, "small", [case], Progress("read"))
    assert (one.corpus, one.question, one.answerable, one.disputed) == ("small", asked, True, True)
    assert (one.passages, one.accounts) == (small.index.manifest.counts.passages, 2)
    assert {c.words: told for c, told in zip(one.candidates, one.tells, strict=True)}["41"] == 1
    assert sum(told is not None for told in one.tells) == 1
    strongest, *others = one.candidates
    near = one.known.closeness(strongest, [strongest, *others])
    assert near == pytest.approx(small.closeness(strongest, [strongest, *others]))
    assert near[0] == pytest.approx(1.0, abs=1e-3)
    (none,) = judge(small, "small", [Case("none", "g", asked, (), (), ())], Progress("read"))
    assert not none.answerable and set(none.tells) == {None}
