"""A quotation with its reference, in the forms that other programs and papers take."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from pincite.api.dates import date_in_words, known
from pincite.api.excerpt import placed
from pincite.errors import InvalidRequest
from pincite.index.article import Article
from pincite.index.collection import DEFAULT
from pincite.qa.cite import article_page_url, article_url

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()


class Style(StrEnum):
    """A form of a reference."""

    PLAIN = "plain"
    MARKDOWN = "markdown"
    BIBTEX = "bibtex"
    CSL = "csl"
    """CSL-JSON, which Zotero, pandoc and citation processors read."""

    @property
    def content_type(self) -> str:
        """Of a response in this form."""
        return {
            Style.PLAIN: "text/plain; charset=utf-8",
            Style.MARKDOWN: "text/markdown; charset=utf-8",
            Style.BIBTEX: "application/x-bibtex; charset=utf-8",
            Style.CSL: "application/vnd.citationstyles.csl+json",
        }[self]


DESCRIBED: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            style.content_type: {
                "schema": {"type": "array", "items": {"type": "object"}}
                if style is Style.CSL
                else {"type": "string"}
            }
            for style in Style
        }
    }
}
"""The responses of the route that gives references, for the API's description."""


@dataclass(frozen=True, slots=True)
class Quotation:
    """Words of an article, to be referred to.

    Attributes:
        quote: exactly `article.text[start:end]`; None for the article as a whole.
        paragraph: that the quote begins in, from 1; None where it begins in none.
        page: that it begins on, from 1; None in an article without pages.
        post: when the post was published that it begins in, as it stands there; None where it
            begins in none.
        address: that opens the article at the quote.
    """

    article: Article
    quote: str | None
    paragraph: int | None
    page: int | None
    post: str | None
    address: str


def quotation(
    article: Article,
    start: int | None,
    end: int | None,
    base: str,
    collection: str = DEFAULT,
) -> Quotation:
    """The words `[start, end)` of an article, or the article where neither is given.

    Args:
        base: the address of the service, without a slash at its end.
        collection: that holds the article.

    Raises:
        InvalidRequest: there are no such characters.
    """
    if start is None and end is None:
        whole = base + article_page_url(article.id, collection)
        return Quotation(article, None, None, None, None, whole)
    if start is None or end is None or not 0 <= start < end <= len(article.text):
        raise InvalidRequest(
            f"the article has no characters [{start}, {end})",
            f"Give start and end with 0 <= start < end <= {len(article.text)}.",
        )
    place, number, section = next(
        (
            (place, block.number, block.section)
            for place, block in enumerate(article.citable, start=1)
            if block.start <= start < block.end
        ),
        (1, None, None),
    )
    post = None if section is None else article.sections[section].published
    address = base + article_url(article.id, start, end, place, collection)
    return Quotation(
        article, article.text[start:end], number, article.page_at(start), post, address
    )


def reference(quoted: Quotation, style: Style) -> str:
    """The quotation in one of the forms."""
    return {
        Style.PLAIN: _plain,
        Style.MARKDOWN: _markdown,
        Style.BIBTEX: _bibtex,
        Style.CSL: _csl,
    }[style](quoted)


def _plain(quoted: Quotation) -> str:
    article = quoted.article
    where = [
        article.publisher,
        f"“{article.title}”",
        date_in_words(article.published),
        _place(quoted),
    ]
    words = f"“{quoted.quote}” " if quoted.quote else ""
    return f"{words}{', '.join(filter(None, where))}. {quoted.address}"


def _markdown(quoted: Quotation) -> str:
    article = quoted.article
    title = f"[{_literal(article.title)}]({quoted.address})"
    where = [
        _literal(article.publisher) if article.publisher else None,
        title,
        date_in_words(article.published),
        _place(quoted),
    ]
    said = f"— {', '.join(filter(None, where))}"
    if quoted.quote is None:
        return said
    lines = [f"> {_literal(line)}".rstrip() for line in quoted.quote.splitlines()]
    return "\n".join([*lines, ">", f"> {said}"])


def _bibtex(quoted: Quotation) -> str:
    from pincite.api.bibtex import entry

    article = quoted.article
    fields = {"title": article.title}
    if article.publisher:
        fields |= {"author": article.publisher, "howpublished": article.publisher}
    for name, part in zip(("year", "month", "day"), _date_parts(article.published), strict=False):
        fields[name] = _MONTHS[part - 1] if name == "month" else str(part)
    if note := _note(quoted):
        fields["note"] = note
    fields["url"] = quoted.address
    return entry(_key(article), fields)


def _csl(quoted: Quotation) -> str:
    article = quoted.article
    item: dict[str, object] = {
        "id": _key(article),
        "type": "document",
        "title": article.title,
        "URL": quoted.address,
    }
    if article.publisher:
        item["publisher"] = article.publisher
        item["author"] = [{"literal": article.publisher}]
    if parts := _date_parts(article.published):
        item["issued"] = {"date-parts": [parts]}
    if note := _note(quoted):
        item["note"] = note
    return json.dumps([item], ensure_ascii=False, indent=2)


def _note(quoted: Quotation) -> str:
    """ "paragraph 3: “the words”", as far as there is any of it."""
    words = f"“{_one_line(quoted.quote)}”" if quoted.quote else None
    return ": ".join(filter(None, [_place(quoted), words]))


def _place(quoted: Quotation) -> str:
    paragraph = None if quoted.paragraph is None else f"paragraph {quoted.paragraph}"
    return placed(quoted.post, quoted.page, paragraph)


def _key(article: Article) -> str:
    """What the reference is called: "cnn-2023-000-8db2cb3b751ebc1b"."""
    words = f"{article.publisher or ''} {(known(article.published) or '')[:4]} {article.id}"
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def _date_parts(published: str | None) -> list[int]:
    """Year, month and day, as far as they are known."""
    found = re.match(r"\d{4}(?:-\d{2}(?:-\d{2})?)?", known(published) or "")
    parts = [int(part) for part in found[0].split("-")] if found else []
    try:
        date(*[*parts, 1, 1, 1][:3])
    except ValueError:
        return parts[:1]
    return parts


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _literal(text: str) -> str:
    """A text in Markdown that is shown as it stands."""
    return re.sub(r"([\\`*_\[\]<>#|])", r"\\\1", _one_line(text))
