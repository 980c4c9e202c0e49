from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.index.article import Article
from pincite.index.draft import article
from pincite.index.known import Metadata
from pincite.index.passages import Passage
from pincite.qa.accounts import Group, Voice
from pincite.qa.agreement import Statement
from pincite.qa.answer import Account, Accounts, Status
from pincite.qa.cite import MisquoteError, check, cite, cite_accounts, cite_whole
from pincite.qa.confidence import Candidate

TEXT = "A headline\n\nThe first paragraph says two.\n\nThe second says 10-12 men were held.\n"
ARTICLE: Article = article(
    "a", "a.txt", TEXT, Metadata(title="A headline", publisher="P", kind="report")
)


def test_a_citation_names_article_paragraph_and_characters() -> None:
    start = TEXT.index("10-12")
    found = cite(ARTICLE, 1, 2, start, start + 5)
    assert found.quote == "10-12" == TEXT[found.start : found.end]
    assert found.paragraph.number == 2
    assert found.paragraph.text == "The second says 10-12 men were held."
    assert found.article.publisher == "P"
    assert found.section is None
    assert found.url == f"/articles/a?start={start}&end={start + 5}#p2"


def test_a_paragraph_is_cited_whole() -> None:
    found = cite_whole(ARTICLE, 3, 2)
    assert found.number == 3
    assert found.quote == found.paragraph.text == "The second says 10-12 men were held."


@given(st.integers(-5, len(TEXT) + 5), st.integers(-5, len(TEXT) + 5), st.integers(1, 2))
def test_a_quote_that_is_not_inside_its_paragraph_raises(
    start: int, end: int, paragraph: int
) -> None:
    block = ARTICLE.paragraphs[paragraph - 1]
    if block.start <= start < end <= block.end:
        assert cite(ARTICLE, 1, paragraph, start, end).quote == TEXT[start:end]
    else:
        with pytest.raises(MisquoteError):
            cite(ARTICLE, 1, paragraph, start, end)


def test_a_changed_quote_raises() -> None:
    start = TEXT.index("two")
    found = cite(ARTICLE, 1, 1, start, start + 3)
    with pytest.raises(MisquoteError):
        check(replace(found, quote="ten"), ARTICLE, 1)


def voice(words: str, paragraph: int, probability: float) -> Voice:
    """A candidate of the article above."""
    block = ARTICLE.paragraphs[paragraph - 1]
    passage = Passage(
        "a", None, "", paragraph, block.start, block.end, TEXT[block.start : block.end]
    )
    start = TEXT.index(words, block.start)
    strength = math.log(probability / (1 - probability))
    found = Candidate(passage, start, start + len(words), 0.0, 0.0, 0.0, strength)
    return Voice(found, Statement(words, passage.text))


def cited(groups: list[Group], sure: float, limit: int) -> Accounts:
    return cite_accounts(groups, sure, limit, lambda _: ARTICLE)


def test_one_account_is_its_words_and_their_markers() -> None:
    told = Group((voice("two", 1, 0.9), voice("10-12", 2, 0.3)), sources=2)
    found = cited([told], 0.75, limit=5)
    assert (found.status, found.text) == (Status.ANSWERED, "two [1][2]")
    assert found.accounts == (Account("two", 0.75, (1, 2), 2),)
    assert [citation.quote for citation in found.citations] == ["two", "10-12"]


def test_of_several_accounts_each_is_as_sure_as_it_is_far_behind() -> None:
    # By themselves odds of 9 and of 4.
    leading = Group((voice("two", 1, 0.9),), sources=1)
    other = Group((voice("10-12", 2, 0.8),), sources=1, excludes=True)
    found = cited([leading, other], 0.6, limit=5)
    assert (found.status, found.text) == (
        Status.DISPUTED,
        "Accounts differ: two [1]; 10-12 [2].",
    )
    # Odds of 3/2 that the leading one is right, so of 3/2 * 4/9 = 2/3 that the other is.
    assert [account.confidence for account in found.accounts] == [0.6, 0.4]
    found = cited([leading, replace(other, excludes=False)], 0.9, limit=5)
    assert (found.status, found.text) == (
        Status.ANSWERED,
        "Several answers: two [1]; 10-12 [2].",
    )
    assert [account.confidence for account in found.accounts] == [0.9, 0.8]


@pytest.mark.parametrize(
    ("limit", "numbers"),
    [(1, [(1,)]), (2, [(1,), (2,)]), (3, [(1, 2), (3,)]), (4, [(1, 2, 3), (4,)])],
)
def test_every_account_has_a_voice_before_any_has_its_second(
    limit: int, numbers: list[tuple[int, ...]]
) -> None:
    leading = Group(tuple(voice("two", 1, 0.9) for _ in range(3)), sources=1)
    other = Group((voice("10-12", 2, 0.8),), sources=1, excludes=True)
    found = cited([leading, other], 0.6, limit)
    assert [account.citations for account in found.accounts] == numbers
    assert [citation.number for citation in found.citations] == list(range(1, limit + 1))
    # What is not shown disputes nothing.
    assert found.status is (Status.DISPUTED if limit > 1 else Status.ANSWERED)
