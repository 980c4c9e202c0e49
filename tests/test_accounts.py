from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

import pytest

from pincite.index.passages import Passage
from pincite.qa.accounts import (
    MOST,
    STANDING,
    Group,
    by_themselves,
    copied,
    group,
    leader_features,
)
from pincite.qa.confidence import Candidate, Confidence

CONFIDENCE = Confidence(agrees=3.0, differs=0.5, conflicts=1.0)


def candidate(
    words: str, article: str, strength: float, paragraph: int = 1, around: str = ""
) -> Candidate:
    """A span in a sentence of its own, that is a whole paragraph."""
    text = around or f"In {article} they said that {words} were captured at the border."
    start = text.index(words)
    passage = Passage(article, None, "", paragraph, 0, len(text), text)
    return Candidate(passage, start, start + len(words), 0.0, 0.5, 0.0, strength)


def undated(_: str) -> date | None:
    return None


def told(*heard: Candidate, confidence: Confidence = CONFIDENCE) -> list[Group]:
    return group(heard, confidence, undated)


def articles(of: Group) -> list[str]:
    return [voice.candidate.passage.article for voice in of.voices]


def test_accounts_are_told_apart_and_each_is_counted() -> None:
    groups = told(
        candidate("two soldiers", "a", 2.0),
        candidate("13 soldiers", "b", 1.5, around="The legion spoke of 13 soldiers."),
        candidate("a video", "d", 1.4),  # more than 0.5 behind
        candidate("Two", "c", 0.0, around="Two were shown in a video, it wrote."),
    )
    assert [articles(of) for of in groups] == [["a", "c"], ["b"]]
    assert [of.sources for of in groups] == [2, 1]
    assert [of.excludes for of in groups] == [False, True]


def test_a_voice_that_says_the_same_may_be_far_behind() -> None:
    leading = candidate("two soldiers", "a", 2.0)
    near, far = candidate("two", "b", -0.9), candidate("two", "c", -1.1)
    (of,) = told(leading, near, far)
    assert [voice.candidate for voice in of.voices] == [leading, near]


@pytest.mark.parametrize(
    ("words", "strength", "shown"),
    [
        ("13 soldiers", 1.1, True),
        ("13 soldiers", 0.9, False),
        ("a video", 1.6, True),
        ("a video", 1.4, False),
    ],
)
def test_another_account_is_close_behind_and_one_in_conflict_less_so(
    words: str, strength: float, shown: bool
) -> None:
    groups = told(candidate("two soldiers", "a", 2.0), candidate(words, "b", strength))
    assert len(groups) == 1 + shown


def test_whoever_leads_is_told_however_unsure() -> None:
    (of,) = told(candidate("two soldiers", "a", -5.0))
    assert articles(of) == ["a"]
    assert told() == []


def test_a_voice_joins_what_begins_an_account_and_not_what_joined_it() -> None:
    # "10-12" fits 10 and 12; 10 and 12 don't fit each other.
    groups = told(
        candidate("10-12 soldiers", "a", 2.0),
        candidate("10 soldiers", "b", 1.9),
        candidate("12 soldiers", "c", 1.8),
    )
    assert [articles(of) for of in groups] == [["a", "b", "c"]]
    groups = told(
        candidate("10 soldiers", "b", 2.0),
        candidate("10-12 soldiers", "a", 1.9),
        candidate("12 soldiers", "c", 1.8),
    )
    assert [articles(of) for of in groups] == [["b", "a"], ["c"]]


def test_a_weekday_is_that_of_its_article() -> None:
    heard = [
        candidate("Sunday", "a", 2.0, around="It was struck on Sunday by a missile."),
        candidate("June 4", "b", 1.9, around="The blast of June 4 hurt nobody, he said."),
        candidate("Sunday", "c", 1.8, around="On Sunday the house fell, witnesses told us."),
    ]
    days = {"a": date(2023, 6, 6), "b": date(2023, 6, 7), "c": date(2023, 6, 13)}
    groups = group(heard, CONFIDENCE, days.get)
    assert [articles(of) for of in groups] == [["a", "b"], ["c"]]
    # By two against one, each of which may be right.
    assert groups[1].excludes


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


def test_copies_lend_no_standing() -> None:
    groups = told(*echoes("Two", 2.0, 3, [OWN[0]] * 3), candidate("13", "other", 1.8))
    assert [len(of.voices) for of in groups] == [3, 1]
    assert [of.sources for of in groups] == [1, 1]
    assert groups[1].excludes


def test_a_second_account_that_may_be_true_as_well_makes_no_dispute() -> None:
    groups = told(candidate("a school", "a", 2.0), candidate("the town hall", "b", 2.0))
    assert [of.excludes for of in groups] == [False, False]


def test_a_paragraph_speaks_once() -> None:
    first, second = candidate("two soldiers", "a", 2.0), candidate("13 soldiers", "a", 2.0)
    elsewhere = candidate("13 soldiers", "a", 2.0, paragraph=2)
    (of,) = told(first, second)
    assert [voice.candidate for voice in of.voices] == [first]
    assert len(told(first, elsewhere)) == 2


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


def test_an_article_counts_once_and_so_does_a_copy() -> None:
    report = "Officials said two soldiers were captured near the border on Sunday morning."
    copy = "On Monday, officials said two soldiers were captured near the border on Sunday."
    own = "Two men in uniform are in the hands of the legion, its leader wrote."
    voices = [("a", report), ("a", own), ("b", copy)]
    assert by_themselves(voices) == 1
    assert by_themselves([*voices, ("c", own)]) == 2
    assert by_themselves([]) == 0


def test_the_same_quotation_is_one_voice() -> None:
    one = "“We will hand them over to the Ukrainians to be exchanged,” he wrote on Telegram."
    other = 'The group: "we will hand them over to the Ukrainians."'
    assert copied(one, other)
    assert not copied(one, "The group said that it would give its prisoners to the Ukrainians.")


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
            "passages": 3.0,
        }
    )


def test_a_leader_alone_is_as_far_ahead_as_counts() -> None:
    leader = candidate("two soldiers", "a", math.log(4.0))
    # Words that overlap the leader's are another cut of them, and no rival.
    wider = Candidate(leader.passage, leader.start, leader.end + 5, 0.0, 0.5, 0.0, 1.0)
    found = leader_features(told(leader, wider), [leader, wider], passages=1)
    assert (found["lead"], found["agreeing"], found["passages"]) == (10.0, 0.0, 0.0)
