"""The accounts of a question: who is heard, who tells the same, and who disputes the leader."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest

from pincite.index.passages import Passage
from pincite.qa.accounts import (
    HEARD,
    LEAST,
    MOST,
    STANDING,
    Group,
    group,
    leader_features,
    sentence_of,
    voices,
)
from pincite.qa.agreement import Likely
from pincite.qa.confidence import Candidate, Confidence, Regression, logistic
from pincite.qa.measured import Statement
from tests.fakes import COMPATIBLE, CONFLICT, SAME, FakeComparison
from tests.test_measured import statement

ASKED = "How many soldiers were captured?"
# Shown from odds of 1 on: 3 less than the leader, or less where it looks like an answer beside it.
CONFIDENCE = Confidence(voice=Regression({"behind": -1.0, "answers": 0.25}, 3.0), shown=0.5)
DOUBTED = Likely(0.01, 0.5, 0.01, 0.48)


def candidate(
    words: str, article: str, strength: float, paragraph: int = 1, around: str = ""
) -> Candidate:
    """A span in a sentence of its own, that is a whole paragraph."""
    text = around or f"In {article} they said that {words} were captured at the border."
    start = text.index(words)
    passage = Passage(article, None, "", paragraph, 0, len(text), text)
    return Candidate(passage, start, start + len(words), 0.0, 0.5, 0.0, strength)


@dataclass(frozen=True)
class Known:
    """A corpus: who published its articles, and how near their passages are."""

    near: Mapping[str, float] = field(default_factory=dict)
    publishers: Mapping[str, str] = field(default_factory=dict)

    def source(self, article: str) -> str:
        return self.publishers.get(article, article)

    def closeness(self, one: Candidate, others: Sequence[Candidate]) -> list[float]:
        return [self.near.get(other.passage.article, 0.0) for other in others]


unknown = Known()


def told(*heard: Candidate, confidence: Confidence = CONFIDENCE) -> list[Group]:
    return group(ASKED, heard, FakeComparison(), confidence, unknown)


def articles(of: Group) -> list[str]:
    return [voice.candidate.passage.article for voice in of.voices]


class Table:
    """A comparison of answers whose relations are given by their words."""

    def __init__(self, known: dict[tuple[str, str], Likely]) -> None:
        self._known = known

    def compare(self, question: str, pairs: Sequence[tuple[Statement, Statement]]) -> list[Likely]:
        assert question == ASKED
        return [self._known[one.words, other.words] for one, other in pairs]


def test_everybody_is_compared_with_the_leader() -> None:
    heard = [
        candidate("two", "a", 2.0),
        candidate("Two", "b", 1.0, around="Two were shown in a video, it wrote."),
        candidate("13", "c", 0.5),
        candidate("a video", "d", -1.0),
    ]
    comparison = FakeComparison()
    found = voices(ASKED, heard, comparison, CONFIDENCE, unknown)
    assert comparison.compared == 3
    assert [voice.candidate for voice, _ in found] == heard
    assert [likely for _, likely in found] == [None, SAME, CONFLICT, COMPATIBLE]
    answers = math.log(99)  # both do in 99 of 100 cases
    assert [voice.probability for voice, _ in found] == pytest.approx(
        [
            1.0,
            logistic(3.0 - 1.0 + 0.25 * answers),
            logistic(3.0 - 1.5 + 0.25 * answers),
            logistic(3.0 - 3.0 + 0.25 * answers),
        ]
    )


def test_a_paragraph_speaks_once_and_not_all_are_heard() -> None:
    first, second = candidate("two soldiers", "a", 2.0), candidate("13 soldiers", "a", 2.0)
    elsewhere = candidate("13 soldiers", "a", 2.0, paragraph=2)
    found = voices(ASKED, [first, second, elsewhere], FakeComparison(), CONFIDENCE, unknown)
    assert [voice.candidate for voice, _ in found] == [first, elsewhere]
    many = [candidate("two", f"article {n}", 2.0) for n in range(20)]
    found = voices(ASKED, many, FakeComparison(), CONFIDENCE, unknown)
    assert [voice.candidate for voice, _ in found] == many[:HEARD]
    assert voices(ASKED, [], FakeComparison(), CONFIDENCE, unknown) == []


def test_who_hardly_answers_is_not_compared_unless_it_leads() -> None:
    leader = candidate("two", "a", LEAST - 1)
    heard = [leader, candidate("two", "b", LEAST), candidate("two", "c", LEAST - 0.01)]
    found = voices(ASKED, heard, FakeComparison(), CONFIDENCE, unknown)
    assert [voice.candidate for voice, _ in found] == heard[:2]


def test_accounts_are_told_apart_and_each_is_counted() -> None:
    groups = told(
        candidate("two soldiers", "a", 2.0),
        candidate("13 soldiers", "b", 1.5, around="The legion spoke of 13 soldiers."),
        candidate("a video", "d", -2.2),  # too far behind
        candidate("Two", "c", -0.5, around="Two were shown in a video, it wrote."),
    )
    assert [articles(of) for of in groups] == [["a", "c"], ["b"]]
    assert [of.sources for of in groups] == [2, 1]
    assert [of.excludes for of in groups] == [False, True]


# 3 and a quarter of the log odds that it answers: ln 99, -ln(97 / 3), and ln 999 at most.
@pytest.mark.parametrize(
    ("likely", "farthest"),
    [
        *((SAME, 4.149), (COMPATIBLE, 4.149), (CONFLICT, 4.149)),
        (Likely(0.01, 0.01, 0.01, 0.97), 2.131),
        (Likely(0.01, 0.01, 0.01, 0.0, 0.97), 4.727),
    ],
)
@pytest.mark.parametrize("nearer", [0.01, -0.01])
def test_who_is_heard_is_decided_by_strength_and_by_what_it_looks_like_beside_the_leader(
    likely: Likely, farthest: float, nearer: float
) -> None:
    leading, other = candidate("two", "a", 2.0), candidate("six", "b", 2.0 - farthest)
    heard = [leading, replace(other, strength=other.strength + nearer)]
    found = group(ASKED, heard, Table({("two", "six"): likely}), CONFIDENCE, unknown)
    both = [["a", "b"]] if likely is SAME else [["a"], ["b"]]
    assert [articles(of) for of in found] == (both if nearer > 0 else [["a"]])


def test_whoever_leads_is_told_however_unsure() -> None:
    (of,) = told(candidate("two soldiers", "a", -5.0))
    assert articles(of) == ["a"]
    assert of.voices[0].probability == 1.0
    assert told() == []


def test_who_fits_two_that_don_t_fit_each_other_joins_the_first() -> None:
    # "10-12" fits 10 and 12. Of 12 with the account of both others: (.98 + .01) / 2 < 1 / 2.
    range_, ten, twelve = "10-12 soldiers", "10 soldiers", "12 soldiers"
    groups = told(
        *(candidate(range_, "a", 2.0), candidate(ten, "b", 1.9), candidate(twelve, "c", 1.8))
    )
    assert [articles(of) for of in groups] == [["a", "b"], ["c"]]
    groups = told(
        *(candidate(ten, "b", 2.0), candidate(range_, "a", 1.9), candidate(twelve, "c", 1.8))
    )
    assert [articles(of) for of in groups] == [["b", "a"], ["c"]]


OWN = (
    "Two were shown in a video, it wrote.",
    "Its leader boasts of Two prisoners.",
    "Officials confirmed the capture of Two men.",
    "By nightfall Two had been led across the bridge.",
)
AGAINST = (
    "The ministry speaks of 13.",
    "A count of 13 was given on Sunday by the army.",
    "Kyiv lost 13, said its foes.",
)


def echoes(words: str, strength: float, number: int, around: Sequence[str]) -> list[Candidate]:
    """The same account of as many articles."""
    return [candidate(words, f"{words} {n}", strength, around=around[n]) for n in range(number)]


@pytest.mark.parametrize(
    ("leading", "others", "excludes"),
    [(1, 1, True), (3, 1, True), (4, 1, False), (4, 2, True), (1, 3, True)],
)
def test_one_source_against_four_makes_no_dispute(
    leading: int, others: int, excludes: bool
) -> None:
    assert STANDING == 4
    groups = told(*echoes("Two", 2.0, leading, OWN), *echoes("13", 1.8, others, AGAINST))
    # It is shown all the same.
    assert [of.sources for of in groups] == [leading, others]
    assert groups[1].excludes is excludes


def test_articles_of_one_publisher_are_one_source() -> None:
    heard = echoes("Two", 2.0, 3, OWN)
    by = {"Two 0": "CNN", "Two 2": "CNN"}
    (apart,) = group(ASKED, heard, FakeComparison(), CONFIDENCE, unknown)
    (of,) = group(ASKED, heard, FakeComparison(), CONFIDENCE, Known(publishers=by))
    assert (apart.sources, of.sources) == (3, 2)


def test_copies_lend_no_standing() -> None:
    groups = told(*echoes("Two", 2.0, 3, [OWN[0]] * 3), candidate("13", "other", 1.8))
    assert [len(of.voices) for of in groups] == [3, 1]
    assert [of.sources for of in groups] == [1, 1]
    assert groups[1].excludes


def test_a_second_account_that_may_be_true_as_well_makes_no_dispute() -> None:
    groups = told(candidate("a school", "a", 2.0), candidate("the town hall", "b", 2.0))
    assert [of.excludes for of in groups] == [False, False]


@pytest.mark.parametrize(
    ("first", "second", "excludes"),
    [
        # Given that both answer: .3 / .6 = .5, and .5 / .9.
        (Likely(0.1, 0.2, 0.3, 0.4), Likely(0.1, 0.3, 0.5, 0.1), True),
        # .28 / .6 and .5 / .9, on average .511; .2 / .6 and .5 / .9, on average .444.
        (Likely(0.12, 0.2, 0.28, 0.4), Likely(0.1, 0.3, 0.5, 0.1), True),
        (Likely(0.1, 0.3, 0.2, 0.4), Likely(0.1, 0.3, 0.5, 0.1), False),
    ],
)
def test_two_accounts_exclude_each_other_as_their_voices_do_on_average(
    first: Likely, second: Likely, excludes: bool
) -> None:
    comparison = Table({("one", "two"): SAME, ("one", "six"): first, ("two", "six"): second})
    heard = [candidate(words, words, 2.0) for words in ("one", "two", "six")]
    certain = Confidence(voice=Regression({}, 9.0), disputed=0.5)
    groups = group(ASKED, heard, comparison, certain, unknown)
    assert [articles(of) for of in groups] == [["one", "two"], ["six"]]
    assert [of.excludes for of in groups] == [False, excludes]


# The other account answers with odds of e^(3 + 1.149 - behind), so in .52 or .505 of all cases; it
# conflicts in .97 / .99 of them: in all in .5096 or .495.
@pytest.mark.parametrize(("behind", "excludes"), [(4.069, True), (4.129, False)])
def test_a_dispute_is_as_likely_as_the_account_that_makes_it(behind: float, excludes: bool) -> None:
    assert CONFIDENCE.disputed == 0.5
    groups = told(candidate("two", "a", 2.0), candidate("13", "b", 2.0 - behind))
    assert [articles(of) for of in groups] == [["a"], ["b"]]
    assert groups[1].excludes is excludes


def test_no_more_accounts_than_can_be_read() -> None:
    heard = [candidate(f"{n} soldiers", f"article {n}", 2.0) for n in range(2, 20)]
    assert len(told(*heard)) == MOST


def test_every_article_speaks_before_any_speaks_twice() -> None:
    heard = [
        candidate("two", article, 2.0, paragraph)
        for article, paragraph in (("a", 1), ("a", 2), ("b", 1), ("a", 3), ("b", 2))
    ]
    (of,) = told(*heard)
    assert [(v.candidate.passage.article, v.candidate.passage.paragraph) for v in of.voices] == [
        *(("a", 1), ("b", 1), ("a", 2), ("b", 2), ("a", 3)),
    ]


def test_the_likelier_of_the_other_accounts_comes_first() -> None:
    leading = candidate("two soldiers", "a", 2.0)
    # Of -1 the one in conflict has odds of e^(3 - 3 + 1.15), of -.9 the other of e^(3 - 2.9 + .02).
    other, conflict = candidate("a video", "b", -0.9), candidate("13 soldiers", "c", -1.0)
    beside = {(leading.words, other.words): DOUBTED, (leading.words, conflict.words): CONFLICT}
    comparison = Table(beside | {(conflict.words, other.words): COMPATIBLE})
    groups = group(ASKED, [leading, other, conflict], comparison, CONFIDENCE, unknown)
    assert [articles(of) for of in groups] == [["a"], ["c"], ["b"]]


def test_the_likeliest_of_an_account_s_voices_comes_first() -> None:
    # The odds of "six" are e^(3 - 1.5 + .02), those of "6" e^(3 - 1.6 + 1.15).
    same = {("six", "6"): SAME, ("6", "six"): SAME}
    comparison = Table({("one", "six"): DOUBTED, ("one", "6"): CONFLICT} | same)
    heard = [candidate("one", "a", 2.0), candidate("six", "b", 0.5), candidate("6", "c", 0.4)]
    groups = group(ASKED, heard, comparison, CONFIDENCE, unknown)
    assert [articles(of) for of in groups] == [["a"], ["c", "b"]]


def test_what_is_known_of_the_leader() -> None:
    leader = candidate("two soldiers", "a", math.log(4.0))
    heard = [
        leader,
        candidate("Two", "b", 0.0, around="Two were shown in a video, it wrote."),
        candidate("13 soldiers", "c", -math.log(4.0)),
    ]
    found = leader_features(told(*heard), heard, passages=1000)
    # Log odds of 4 and, of the best that says otherwise, of 1/4.
    assert found == pytest.approx(
        {
            "strength": math.log(4.0),
            "lead": math.log(16.0),
            "agreeing": math.log(2.0),
            "answers": math.log(999.0),  # as it looks beside both, as far as that counts
            "passages": 3.0,
        }
    )


def test_a_leader_alone_is_as_far_ahead_as_counts() -> None:
    leader = candidate("two soldiers", "a", math.log(4.0))
    # Words that overlap the leader's are another cut of them, and no rival.
    wider = Candidate(leader.passage, leader.start, leader.end + 5, 0.0, 0.5, 0.0, 1.0)
    found = leader_features(told(leader, wider), [leader, wider], passages=1)
    assert (found["lead"], found["agreeing"], found["passages"]) == (10.0, 0.0, 0.0)
    assert found["answers"] == 0.0  # beside nothing


def test_a_leader_looks_like_an_answer_beside_each_of_the_others() -> None:
    heard = [candidate("one", "a", 2.0), candidate("six", "b", 1.0), candidate("ten", "c", 0.0)]
    # It answers in all and in .03 of all cases; who is heard in the end is another matter.
    second = Likely(0.01, 0.01, 0.01, 0.0, 0.97)
    beside = {("one", "six"): CONFLICT, ("one", "ten"): second}
    comparison = Table(beside | {("ten", "six"): CONFLICT, ("six", "ten"): CONFLICT})
    expected = (math.log(999.0) - math.log(97.0 / 3.0)) / 2
    for shown in (0.5, 0.999):
        confidence = replace(CONFIDENCE, shown=shown)
        groups = group(ASKED, heard, comparison, confidence, unknown)
        assert len(groups) == (3 if shown == 0.5 else 1)
        assert groups[0].answers == pytest.approx(expected)


def test_an_article_that_tells_both_sides_disputes_none_of_them() -> None:
    both, twice = candidate("two", "a", 2.0), candidate("13", "a", 2.0, paragraph=2)
    groups = told(both, twice)
    assert [articles(of) for of in groups] == [["a"], ["a"]]
    assert not groups[1].excludes
    # Nor do two that tell both; one that tells the other alone does.
    other = candidate("13", "b", 1.9)
    assert told(both, twice, other)[1].excludes
    assert not told(both, twice, other, candidate("two", "b", 1.8, paragraph=2))[1].excludes


@pytest.mark.parametrize(
    ("marked", "sentence"),
    [
        ("It rained. [Two] men came. They sat.", "Two men came."),
        ("It rained. Two men [came. They] sat.", "Two men came."),
        ("It rained. Two men came. They [sat.]", "They sat."),
        ("[no] sentence at all", "no sentence at all"),
        # Between two sentences there is none: the whole.
        ("It rained.[  ]They sat.", "It rained.  They sat."),
    ],
)
def test_an_answer_s_sentence_is_that_it_begins_in(marked: str, sentence: str) -> None:
    of = statement(marked)
    assert of.text[slice(*sentence_of(of))] == sentence
