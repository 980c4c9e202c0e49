from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.index.article import Article
from pincite.index.draft import article
from pincite.index.known import Metadata
from pincite.index.passages import Passage
from pincite.qa.accounts import Group, Voice
from pincite.qa.answer import Account, Accounts, Extract, Status
from pincite.qa.cite import MisquoteError, check, cite, cite_accounts, cite_whole, reference
from pincite.qa.confidence import Candidate
from tests.fakes import FakeReader

TEXT = "A headline\n\nThe first paragraph says two.\n\nThe second says 10-12 men were held.\n"
QUOTING = """A headline

It rained. Mayor Ann says that 41 ships came. They left.

Nobody counted them, but 40 came. So it goes.
"""
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
    assert found.sentence is None and found.said_by is None
    assert found.url == f"/articles/a?start={start}&end={start + 5}#p2"


def test_a_paragraph_is_cited_whole() -> None:
    found = cite_whole(ARTICLE, 3, 2)
    assert found.number == 3
    assert found.quote == found.paragraph.text == "The second says 10-12 men were held."
    assert found.article == reference(ARTICLE)


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


def voice(words: str, paragraph: int, probability: float, of: Article = ARTICLE) -> Voice:
    """What a paragraph of an article says, which is a passage of its own."""
    block = of.paragraphs[paragraph - 1]
    passage = Passage(of.id, None, "", paragraph, block.start, block.end, of.slice(block))
    start = of.text.index(words, block.start)
    found = Candidate(passage, start, start + len(words), 0.0, 0.0, 0.0)
    return Voice(found, found.statement(), probability)


def cited(groups: list[Group], sure: float, limit: int, of: Article = ARTICLE) -> Accounts:
    return cite_accounts(groups, sure, limit, {of.id: of}.__getitem__, FakeReader(weight=3.0))


def test_one_account_is_its_words_and_their_markers() -> None:
    told = Group((voice("two", 1, 1.0), voice("10-12", 2, 0.3)), sources=2)
    found = cited([told], 0.75, limit=5)
    assert (found.status, found.text) == (Status.ANSWERED, "two [1][2]")
    assert found.accounts == (Account("two", 0.75, (1, 2), 2),)
    assert [citation.quote for citation in found.citations] == ["two", "10-12"]


def test_of_several_accounts_each_is_as_sure_as_the_leader_lets_it_be() -> None:
    leading = Group((voice("two", 1, 1.0),), sources=1)
    other = Group((voice("10-12", 2, 0.75), voice("two", 1, 0.9)), sources=2, excludes=True)
    found = cited([leading, other], 0.6, limit=2)
    assert (found.status, found.text) == (
        Status.DISPUTED,
        "Accounts differ: two [1]; 10-12 [2].",
    )
    # .75 of the .6 that the leading one is right.
    assert found.accounts == (
        Account("two", 0.6, (1,), 1),
        Account("10-12", 0.45, (2,), 2, disputes=True),
    )
    found = cited([leading, replace(other, excludes=False)], 0.9, limit=2)
    assert (found.status, found.text) == (
        Status.ANSWERED,
        "Several answers: two [1]; 10-12 [2].",
    )
    assert [account.confidence for account in found.accounts] == [0.9, 0.675]
    assert not any(account.disputes for account in found.accounts)


def test_who_disputes_nothing_is_told_after_those_that_differ() -> None:
    leading = Group((voice("two", 1, 1.0),), sources=1)
    beside = Group((voice("held", 2, 0.9),), sources=1)
    other = Group((voice("10-12", 2, 0.8),), sources=1, excludes=True)
    found = cited([leading, beside, other], 0.6, limit=5)
    assert found.text == "Accounts differ: two [1]; 10-12 [3]. Also said: held [2]."
    assert [account.answer for account in found.accounts] == ["two", "held", "10-12"]


def test_a_quote_comes_with_its_sentence_and_who_says_it() -> None:
    of: Article = article("q", "q.txt", QUOTING, Metadata(title="A headline", kind="report"))
    told = [Group((voice("41", 1, 1.0, of),), 1), Group((voice("40", 2, 0.9, of),), 1)]
    first, second = cited(told, 0.9, 5, of).citations
    sentence, mayor = "Mayor Ann says that 41 ships came.", "Mayor"  # the fake takes one word
    at = QUOTING.index(sentence)
    assert first.sentence == Extract(sentence, at, at + len(sentence))
    assert first.said_by == Extract(mayor, at, at + len(mayor))
    whole = "Nobody counted them, but 40 came."
    assert second.sentence is not None and second.sentence.text == whole
    assert second.said_by is None
    for extract in (first.sentence, first.said_by, second.sentence):
        assert QUOTING[extract.start : extract.end] == extract.text


@pytest.mark.parametrize(
    ("limit", "numbers"),
    [(1, [(1,), (2,)]), (2, [(1,), (2,)]), (3, [(1, 2), (3,)]), (4, [(1, 2, 3), (4,)])],
)
def test_every_account_has_a_voice_before_any_has_its_second(
    limit: int, numbers: list[tuple[int, ...]]
) -> None:
    leading = Group(tuple(voice("two", 1, 1.0) for _ in range(3)), sources=1)
    other = Group((voice("10-12", 2, 0.8),), sources=1, excludes=True)
    found = cited([leading, other], 0.6, limit)
    assert [account.citations for account in found.accounts] == numbers
    # However few are asked for, no account is left out: it may be the one that disputes.
    assert [citation.number for citation in found.citations] == list(range(1, max(limit, 2) + 1))
    assert found.status is Status.DISPUTED
