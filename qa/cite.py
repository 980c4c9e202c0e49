"""Turn a place in an article into a citation, and check that the quote stands there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from pincite.index.article import Article
from pincite.index.collection import DEFAULT
from pincite.index.segment import ArticleRow
from pincite.qa.accounts import Group, Voice, sentence_of
from pincite.qa.answer import (
    ALSO,
    DIFFER,
    SEVERAL,
    Account,
    Accounts,
    ArticleRef,
    Citation,
    Extract,
    ParagraphRef,
    SectionRef,
    Status,
)
from pincite.qa.reader import Reader
from pincite.qa.speaker import speakers

Bounds = tuple[int, int]
"""`[start, end)` in characters of an article's text."""


class MisquoteError(RuntimeError):
    """A quote does not stand in the stored text where its citation says: a bug, never shown."""


def cite(
    article: Article,
    number: int,
    place: int,
    start: int,
    end: int,
    sentence: Bounds | None = None,
    said_by: Bounds | None = None,
    collection: str = DEFAULT,
) -> Citation:
    """The citation of `article.text[start:end]`, checked.

    Args:
        number: the marker in the answer's text.
        place: in `Article.citable`, from 1, of the paragraph that holds the quote.
        start, end: `[start, end)` in characters of the article's text.
        sentence, said_by: the same of the sentence and of who is quoted as saying it.
        collection: that holds the article.

    Raises:
        MisquoteError: the quote is empty or not inside that paragraph.
    """
    block = article.citable[place - 1]
    section = None if block.section is None else article.sections[block.section]
    citation = Citation(
        number=number,
        article=reference(article),
        section=None if section is None else SectionRef(section.title, section.published),
        paragraph=ParagraphRef(block.number, article.label(place), article.slice(block)),
        quote=article.text[start:end],
        start=start,
        end=end,
        url=article_url(article.id, start, end, place, collection),
        sentence=_extract(article, sentence),
        said_by=_extract(article, said_by),
        page=article.page_at(start),
    )
    check(citation, article, place)
    return citation


def reference(article: Article | ArticleRow) -> ArticleRef:
    """The article as a person would name it."""
    return ArticleRef(article.id, article.file, article.title, article.publisher, article.published)


def _extract(article: Article, bounds: Bounds | None) -> Extract | None:
    return None if bounds is None else Extract(article.text[slice(*bounds)], *bounds)


def cite_whole(article: Article, number: int, place: int, collection: str = DEFAULT) -> Citation:
    """The citation of a whole paragraph."""
    block = article.citable[place - 1]
    return cite(article, number, place, block.start, block.end, collection=collection)


def cite_accounts(
    groups: Sequence[Group],
    sure: float,
    limit: int,
    article: Callable[[str], Article],
    reader: Reader,
    collection: str = DEFAULT,
) -> Accounts:
    """The accounts as they are shown: the first voice of each, then the others.

    Args:
        groups: at least one, the leading one first.
        sure: how likely the leading one is right, 0..1; the others at most as likely.
        limit: citations in all at most; every account has one all the same.
        article: the article of an id.
        reader: finds who is quoted.
        collection: that holds the articles.
    """
    # Every account has a voice before any has its second.
    in_turn = sorted(
        (place, n) for n, told in enumerate(groups) for place in range(len(told.voices))
    )
    kept = Counter(n for _, n in in_turn[: max(limit, len(groups))])
    shown = [told.voices[: kept[n]] for n, told in enumerate(groups)]
    citations = _cite_voices([voice for of in shown for voice in of], article, reader, collection)
    accounts: list[Account] = []
    at = 0
    for told, voices in zip(groups, shown, strict=True):
        cited = citations[at : at + len(voices)]
        at += len(voices)
        # Of the leading account the voice is as sure as can be.
        sure_of_it = round(sure * told.voices[0].probability, 4)
        numbers = tuple(citation.number for citation in cited)
        accounts.append(Account(cited[0].quote, sure_of_it, numbers, told.sources, told.excludes))
    disputed = any(account.disputes for account in accounts)
    return Accounts(
        Status.DISPUTED if disputed else Status.ANSWERED,
        in_words(accounts, disputed),
        tuple(accounts),
        tuple(citations),
    )


def _cite_voices(
    voices: Sequence[Voice],
    article: Callable[[str], Article],
    reader: Reader,
    collection: str,
) -> list[Citation]:
    """The citation of each voice in its sentence, numbered from 1."""
    bounds = [sentence_of(voice.statement) for voice in voices]
    said = speakers(
        reader,
        [
            (v.statement.text[start:end], v.statement.start - start, v.statement.end - start)
            for v, (start, end) in zip(voices, bounds, strict=True)
        ],
    )
    cited: list[Citation] = []
    for voice, (start, end), by in zip(voices, bounds, said, strict=True):
        found, passage = voice.candidate, voice.candidate.passage
        at = passage.start + start
        cited.append(
            cite(
                article(passage.article),
                1 + len(cited),
                passage.paragraph,
                found.start,
                found.end,
                sentence=(at, passage.start + end),
                said_by=None if by is None else (at + by[0], at + by[1]),
                collection=collection,
            )
        )
    return cited


def in_words(accounts: Sequence[Account], disputed: bool) -> str:
    """What the chat shows: the accounts' own words, their markers and fixed words between them."""
    told = [f"{one.answer} " + "".join(f"[{n}]" for n in one.citations) for one in accounts]
    if len(told) == 1:
        return told[0]
    also = [told[n] for n, one in enumerate(accounts) if n and disputed and not one.disputes]
    first = "; ".join(words for words in told if words not in also)
    beside = f" {ALSO} {'; '.join(also)}." if also else ""
    return f"{DIFFER if disputed else SEVERAL} {first}.{beside}"


def check(citation: Citation, article: Article, place: int) -> None:
    """Re-check a citation against the stored text.

    Args:
        place: as in `cite`.

    Raises:
        MisquoteError: the quote is not, word for word, what stands there.
    """
    block = article.citable[place - 1]
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


def article_page_url(id_: str, collection: str = DEFAULT) -> str:
    """The path of an article's page."""
    return f"/articles/{id_}" + ("" if collection == DEFAULT else f"?collection={collection}")


def article_url(id_: str, start: int, end: int, place: int, collection: str = DEFAULT) -> str:
    """The article page, scrolled to the paragraph with the quote marked."""
    where = "" if collection == DEFAULT else f"collection={collection}&"
    return f"/articles/{id_}?{where}start={start}&end={end}#p{place}"
