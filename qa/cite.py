"""Turn a place in an article into a citation, and check that the quote stands there."""

from __future__ import annotations

from pincite.index.article import Article
from pincite.qa.answer import ArticleRef, Citation, ParagraphRef, SectionRef


class MisquoteError(RuntimeError):
    """A quote does not stand in the stored text where its citation says: a bug, never shown."""


def cite(article: Article, number: int, paragraph: int, start: int, end: int) -> Citation:
    """The citation of `article.text[start:end]`, checked.

    Args:
        number: the marker in the answer's text.
        paragraph: the number of the paragraph that holds the quote.
        start, end: `[start, end)` in characters of the article's text.

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
        url=article_url(article.id, start, end, paragraph),
    )
    check(citation, article)
    return citation


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


def article_url(id_: str, start: int, end: int, paragraph: int) -> str:
    """The article page, scrolled to the paragraph with the quote marked."""
    return f"/articles/{id_}?start={start}&end={end}#p{paragraph}"
