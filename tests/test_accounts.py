from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from pincite.qa.accounts import MOST, STANDING, Told, capped, copied, independent, tell, tells_too
from pincite.qa.agree import keys
from pincite.qa.answer import Account
from pincite.qa.ask import in_words
from pincite.qa.rank import Candidate
from pincite.qa.ranking import Ranking
from pincite.qa.said.same import Said

ASKED = "How many soldiers were captured?"
RANKING = Ranking({}, 0.0, 0.1, agrees=0.4, differs=0.5, disputes=0.6)


def candidate(
    words: str,
    article: str,
    confidence: float,
    *,
    key: str = "",
    paragraph: int = 1,
    around: str = "",
    agrees: float = 1.0,
) -> Candidate:
    sentence = around or f"In {article} they said that {words} were captured at the border."
    said = Said(words, sentence)
    return Candidate(article, paragraph, 0, 1, said, key or words, confidence, agrees)


def test_accounts_are_told_apart_and_each_is_counted() -> None:
    telling = tell(
        ASKED,
        [
            candidate("two soldiers", "a", 0.8, key="two"),
            candidate("13 soldiers", "b", 0.7, key="13", around="The legion spoke of 13 soldiers."),
            candidate("two", "c", 0.3, key="two", around="Two were shown in a video, it wrote."),
            candidate("a video", "d", 0.4),
        ],
        RANKING,
    )
    assert [[voice.article for voice in told.voices] for told in telling] == [
        ["a", "c"],
        ["b"],
    ]
    assert [(told.confidence, told.sources) for told in telling] == [(0.8, 2), (0.7, 1)]
    assert [told.excludes for told in telling] == [False, True]


def test_a_further_voice_is_cited_if_it_tells_the_same_however_sure_it_is() -> None:
    leading = candidate("two soldiers", "a", 0.9)
    # Neither would be an account by itself.
    near = candidate("two soldiers", "b", 0.05, agrees=0.4)
    far = candidate("two soldiers", "c", 0.45, agrees=0.39)
    (told,) = tell(ASKED, [leading, near, far], RANKING)
    assert told.voices == (leading, near)


def test_who_somebody_is_is_told_by_the_voice_that_says_most() -> None:
    heard = [
        candidate("The governor", "a", 0.9, key="governor"),
        candidate("governor", "b", 0.8, key="governor"),
        candidate("the governor of Belgorod", "c", 0.7, key="governor"),
    ]
    (told,) = tell("Who is Gladkov?", heard, RANKING)
    assert [voice.article for voice in told.voices] == ["c", "a", "b"]
    assert told.confidence == 0.9
    (told,) = tell("Who spoke?", heard, RANKING)
    assert [voice.article for voice in told.voices] == ["a", "b", "c"]


def test_a_wrong_echo_far_behind_is_not_cited_and_its_paragraph_may_tell_another() -> None:
    # Sure enough for an account, had the words not been said: two of something else.
    heard = [
        candidate("two soldiers", "a", 0.9, key="two"),
        candidate("two", "b", 0.8, key="two", agrees=0.1),
        candidate("13 soldiers", "b", 0.7),
        candidate("13 soldiers", "c", 0.7, agrees=0.1),
    ]
    telling = tell(ASKED, heard, RANKING)
    assert [told.voices for told in telling] == [(heard[0],), (heard[2],)]
    assert [told.sources for told in telling] == [1, 1]


OWN = (
    "Two were shown in a video, it wrote.",
    "Its leader boasts of two prisoners.",
    "Officials confirmed the capture of two men.",
)


def echoes(number: int, around: Sequence[str] = OWN) -> list[Candidate]:
    """The same account of as many articles, the first of which leads."""
    return [
        candidate("two", f"article {n}", 0.9, key="two", around=around[n]) for n in range(number)
    ]


@pytest.mark.parametrize(
    ("leading", "others", "excludes"),
    [(1, 1, True), (2, 1, True), (3, 1, False), (3, 2, True), (1, 3, True)],
)
def test_one_source_against_three_makes_no_dispute(
    leading: int, others: int, excludes: bool
) -> None:
    assert STANDING == 3
    against = [
        "The ministry speaks of 13.",
        "A count of 13 was given on Sunday by the army.",
        "Kyiv lost 13, said its foes.",
    ]
    heard = echoes(leading) + [
        candidate("13", f"other {n}", 0.7, around=against[n]) for n in range(others)
    ]
    telling = tell(ASKED, heard, RANKING)
    # It is shown all the same.
    assert [told.sources for told in telling] == [leading, others]
    assert telling[1].excludes is excludes


def test_copies_lend_no_standing() -> None:
    heard = [*echoes(3, [OWN[0]] * 3), candidate("13", "other", 0.7)]
    telling = tell(ASKED, heard, RANKING)
    assert [len(told.voices) for told in telling] == [3, 1]
    assert [told.sources for told in telling] == [1, 1]
    assert telling[1].excludes


def test_a_weak_second_account_makes_no_dispute() -> None:
    leading, other = candidate("two soldiers", "a", 0.9), candidate("13 soldiers", "b", 0.55)
    assert not tell(ASKED, [leading, other], RANKING)[1].excludes
    assert tell(ASKED, [leading, replace(other, confidence=0.6)], RANKING)[1].excludes


def test_a_second_account_that_may_be_true_as_well_makes_no_dispute() -> None:
    asked = "Which buildings were damaged?"
    heard = [candidate("a school", "a", 0.9), candidate("the town hall", "b", 0.9)]
    telling = tell(asked, heard, RANKING)
    assert len(telling) == 2
    assert not telling[1].excludes


def test_a_paragraph_speaks_once_and_the_leader_always() -> None:
    heard = [candidate("two soldiers", "a", 0.15), candidate("13 soldiers", "a", 0.9)]
    telling = tell(ASKED, heard, RANKING)
    assert [told.voices for told in telling] == [(heard[0],)]


def test_no_more_accounts_than_can_be_read() -> None:
    heard = [candidate(f"{n} soldiers", f"article {n}", 0.9) for n in range(2, 20)]
    assert len(tell(ASKED, heard, RANKING)) == MOST


def test_an_article_counts_once_and_so_does_a_copy() -> None:
    report = "Officials said two soldiers were captured near the border on Sunday morning."
    copy = "On Monday, officials said two soldiers were captured near the border on Sunday."
    own = "Two men in uniform are in the hands of the legion, its leader wrote."
    voices = [
        candidate("two soldiers", "a", 0.9, around=report),
        candidate("two soldiers", "a", 0.8, around=own, paragraph=2),
        candidate("two soldiers", "b", 0.7, around=copy),
    ]
    assert independent(voices) == 1
    assert independent([*voices, candidate("Two", "c", 0.6, around=own)]) == 2


def test_the_same_quotation_is_one_voice() -> None:
    one = "“We will hand them over to the Ukrainians to be exchanged,” he wrote on Telegram."
    other = 'The group: "we will hand them over to the Ukrainians."'
    assert copied(one, other)
    assert not copied(one, "The group said that it would give its prisoners to the Ukrainians.")


def test_what_says_the_same_has_the_key_of_the_best() -> None:
    said = ["two soldiers", "13", "2", "Two"]
    found = keys(
        ASKED,
        [Said(words, f"They captured {words} there.") for words in said],
        [words.lower() for words in said],
        [1.0, 2.0, 3.0, 0.0],
    )
    assert found == ["2", "13", "2", "2"]


def test_one_account_is_its_words_and_several_are_joined_by_fixed_ones() -> None:
    two = Account("two soldiers", 0.9, (1, 2), 2)
    many = Account("10-12", 0.8, (3,), 1)
    assert in_words([two], disputed=False) == "two soldiers [1][2]"
    assert (
        in_words([two, many], disputed=True) == "Accounts differ: two soldiers [1][2]; 10-12 [3]."
    )
    assert (
        in_words([two, many], disputed=False) == "Several answers: two soldiers [1][2]; 10-12 [3]."
    )


def test_every_article_speaks_before_any_speaks_twice() -> None:
    heard = [
        candidate("two", "a", 0.9, paragraph=1),
        candidate("two", "a", 0.8, paragraph=2),
        candidate("two", "b", 0.7),
        candidate("two", "a", 0.6, paragraph=3),
        candidate("two", "b", 0.5, paragraph=2),
    ]
    (told,) = tell(ASKED, heard, RANKING)
    assert [(voice.article, voice.paragraph) for voice in told.voices] == [
        *(("a", 1), ("b", 1), ("a", 2), ("b", 2), ("a", 3)),
    ]


def test_accounts_found_in_other_words_are_no_surer() -> None:
    first, second = candidate("two", "a", 0.9), candidate("13", "b", 0.4)
    telling = [Told((first,), 0.9, 1, excludes=False), Told((second,), 0.4, 1, excludes=True)]
    assert [told.confidence for told in capped(telling, 0.5)] == [0.5, 0.4]
    assert [told.voices for told in capped(telling, 0.5)] == [(first,), (second,)]
    assert tells_too(telling, Told((second,), 0.1, 1, excludes=False))
    elsewhere = replace(second, article="c")
    assert not tells_too(telling, Told((elsewhere,), 0.1, 1, excludes=False))


def test_of_nothing_nothing_is_told() -> None:
    assert tell(ASKED, [], RANKING) == []
