"""Turn a place in an article into a citation, and check that the quote stands there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from pincite.index.article import Article
from pincite.index.collection import DEFAULT
from pincite.qa.accounts import Group
from pincite.qa.answer import (
    DIFFER,
    SEVERAL,
    Account,
    Accounts,
    ArticleRef,
    Citation,
    ParagraphRef,
    SectionRef,
    Status,
)
from pincite.qa.confidence import log_odds, logistic


class MisquoteError(RuntimeError):
    """A quote does not stand in the stored text where its citation says: a bug, never shown."""


def cite(
    article: Article,
    number: int,
    paragraph: int,
    start: int,
    end: int,
    collection: str = DEFAULT,
) -> Citation:
    """The citation of `article.text[start:end]`, checked.

    Args:
        number: the marker in the answer's text.
        paragraph: the number of the paragraph that holds the quote.
        start, end: `[start, end)` in characters of the article's text.
        collection: that holds the article.

    Raises:
        MisquoteError: the quote is empty or not inside that paragraph.
    """
    block = article.paragraphs[paragraph - 1]
    section = None if block.section is None else article.sections[block.section]
    citation = Citation(
        number=number,
        article=ArticleRef(
            article.id, article.file, article.title, article.publisher, article.published
        ),
        section=None if section is None else SectionRef(section.title, section.published),
        paragraph=ParagraphRef(paragraph, article.slice(block)),
        quote=article.text[start:end],
        start=start,
        end=end,
        url=article_url(article.id, start, end, paragraph, collection),
    )
    check(citation, article)
    return citation


def cite_whole(
    article: Article, number: int, paragraph: int, collection: str = DEFAULT
) -> Citation:
    """The citation of a whole paragraph."""
    block = article.paragraphs[paragraph - 1]
    return cite(article, number, paragraph, block.start, block.end, collection)


def cite_accounts(
    groups: Sequence[Group],
    sure: float,
    limit: int,
    article: Callable[[str], Article],
    collection: str = DEFAULT,
) -> Accounts:
    """The accounts as they are shown: the first voice of each, then the others.

    Args:
        groups: at least one, the leading one first.
        sure: how likely the leading one is right, 0..1; the others are as much less likely as
            their spans are weaker.
        limit: citations in all at most.
        article: the article of an id.
        collection: that holds the articles.
    """
    # Every account has a voice before any has its second.
    in_turn = sorted(
        (place, n) for n, told in enumerate(groups) for place in range(len(told.voices))
    )
    kept = Counter(n for _, n in in_turn[:limit])
    leading, odds = groups[0].voices[0].candidate, log_odds(sure)
    accounts: list[Account] = []
    citations: list[Citation] = []
    for n, told in enumerate(groups):
        voices = [voice.candidate for voice in told.voices[: kept[n]]]
        if not voices:
            continue
        cited = [
            cite(
                article(c.passage.article),
                number,
                c.passage.paragraph,
                c.start,
                c.end,
                collection,
            )
            for number, c in enumerate(voices, 1 + len(citations))
        ]
        citations += cited
        behind = leading.strength - voices[0].strength
        confidence = sure if n == 0 else logistic(odds - behind)
        numbers = tuple(citation.number for citation in cited)
        accounts.append(Account(cited[0].quote, round(confidence, 4), numbers, told.sources))
    disputed = any(told.excludes for told in groups[: len(accounts)])
    return Accounts(
        Status.DISPUTED if disputed else Status.ANSWERED,
        in_words(accounts, disputed),
        tuple(accounts),
        tuple(citations),
    )


def in_words(accounts: Sequence[Account], disputed: bool) -> str:
    """What the chat shows: the accounts' own words, their markers and fixed words between them."""
    told = [
        f"{account.answer} " + "".join(f"[{number}]" for number in account.citations)
        for account in accounts
    ]
    if len(told) == 1:
        return told[0]
    return f"{DIFFER if disputed else SEVERAL} " + "; ".join(told) + "."


def check(citation: Citation, article: Article) -> None:
    """Re-check a citation against the stored text.

    Raises:
        MisquoteError: the quote is not, word for word, what stands there.
    """
    block = article.paragraphs[citation.paragraph.number - 1]
    whole = (
        citation.quote != ""
        and citation.quote == article.text[citation.start : citation.end]
        and block.start <= citation.start < citation.end <= block.end
        and citation.paragraph.text == article.slice(block)
    )
    if not whole:
        raise MisquoteError(
            f"{article.file} [{citation.start}, {citation.end}) is not {citation.quote!r}"
        )


def article_url(id_: str, start: int, end: int, paragraph: int, collection: str = DEFAULT) -> str:
    """The article page, scrolled to the paragraph with the quote marked."""
    where = "" if collection == DEFAULT else f"collection={collection}&"
    return f"/articles/{id_}?{where}start={start}&end={end}#p{paragraph}"
