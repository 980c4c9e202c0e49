"""Words of an article as a W3C Web Annotation, and as a link that scrolls the original to them.

Web Annotation Data Model, W3C 2017: https://www.w3.org/TR/annotation-model/#selectors
URL Fragment Text Directives, WICG: https://wicg.github.io/scroll-to-text-fragment/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from fastapi import FastAPI, Request
from pydantic import BaseModel, ConfigDict, Field

from pincite.errors import InvalidRequest
from pincite.index.article import Article
from pincite.index.collection import DEFAULT
from pincite.qa.cite import article_page_url

if TYPE_CHECKING:
    from pincite.api.service import Service

CONTEXT = "http://www.w3.org/ns/anno.jsonld"
TEXT_FRAGMENTS = "https://wicg.github.io/scroll-to-text-fragment/"

AROUND_CHARS = 32  # of prefix and suffix
_AROUND_WORDS = 4  # of a text fragment's prefix and suffix
_LONG_WORDS = 12  # from here on, a text fragment names the first and the last words only
_ENDS_WORDS = 5


class TextQuoteSelector(BaseModel):
    """Words, and what stands before and after them."""

    type: Literal["TextQuoteSelector"] = "TextQuoteSelector"
    exact: str
    prefix: str
    suffix: str


class TextPositionSelector(BaseModel):
    """`[start, end)` in characters (Unicode code points) of the article's stored text."""

    type: Literal["TextPositionSelector"] = "TextPositionSelector"
    start: int
    end: int


class FragmentSelector(BaseModel):
    """The part of an address behind "#" that scrolls a browser to the words."""

    type: Literal["FragmentSelector"] = "FragmentSelector"
    conforms_to: str = Field(default=TEXT_FRAGMENTS, serialization_alias="conformsTo")
    value: str


class Target(BaseModel):
    """Words on a page.

    `id` is the address that opens there, `source` that of the page.
    """

    id: str
    type: Literal["SpecificResource"] = "SpecificResource"
    source: str
    selector: list[TextQuoteSelector | TextPositionSelector | FragmentSelector]


class Annotation(BaseModel):
    """A W3C Web Annotation of words: in the article here, and in the original where it is known."""

    model_config = ConfigDict(serialize_by_alias=True)

    context: str = Field(default=CONTEXT, serialization_alias="@context")
    id: str
    type: Literal["Annotation"] = "Annotation"
    motivation: Literal["highlighting"] = "highlighting"
    target: list[Target]


def install(app: FastAPI, service: Service) -> None:
    """Add the route that gives any citation as an annotation."""

    @app.get("/v1/articles/{id}/annotation", tags=["articles"])
    def article_annotation(
        request: Request, id: str, start: int, end: int, collection: str = DEFAULT
    ) -> Annotation:
        """Words of an article as a W3C Web Annotation, by quote and by position.

        Where it is known which page the article was taken from, a second target is that page,
        and its `id` a link that scrolls to the words.
        """
        base = str(request.base_url).rstrip("/")
        return annotation(service.article(id, collection), start, end, base, collection)


def annotation(
    article: Article, start: int, end: int, base: str, collection: str = DEFAULT
) -> Annotation:
    """The annotation of `article.text[start:end]`.

    Args:
        start, end: `[start, end)` in characters of the article's stored text.
        base: address of this service, without a slash at its end.
        collection: that holds the article.

    Raises:
        InvalidRequest: the article has no such characters.
    """
    selector = text_quote(article.text, start, end)
    at = f"start={start}&end={end}"
    if collection != DEFAULT:
        at = f"collection={collection}&{at}"
    here = Target(
        id=f"{base}/articles/{article.id}?{at}",
        source=base + article_page_url(article.id, collection),
        selector=[selector, TextPositionSelector(start=start, end=end)],
    )
    targets = [here]
    if article.source_url is not None:
        fragment = text_fragment(article, start, end)
        there = Target(
            id=fragment_link(article.source_url, fragment),
            source=article.source_url,
            selector=[selector, FragmentSelector(value=fragment)],
        )
        targets.append(there)
    return Annotation(id=f"{base}/v1/articles/{article.id}/annotation?{at}", target=targets)


def text_quote(text: str, start: int, end: int) -> TextQuoteSelector:
    """The words `text[start:end]` with what stands around them.

    Raises:
        InvalidRequest: there are no such characters.
    """
    if not 0 <= start < end <= len(text):
        raise InvalidRequest(
            f"[{start}, {end}) are no characters of the article, which has {len(text)}",
            "Take start and end from a citation.",
        )
    return TextQuoteSelector(
        exact=text[start:end],
        prefix=text[max(0, start - AROUND_CHARS) : start],
        suffix=text[end : end + AROUND_CHARS],
    )


def text_fragment(article: Article, start: int, end: int) -> str:
    """ ":~:text=shut%20for-,41,-days%20after": found in the original whatever page it stands on.

    The words around are of the same paragraph: on the original page, other things may stand
    between two paragraphs.

    Args:
        start, end: `[start, end)` in characters of the article's stored text.
    """
    paragraph = next((b for b in article.citable if b.start <= start and end <= b.end), None)
    first, last = (paragraph.start, paragraph.end) if paragraph else (start, end)
    before = article.text[first:start].split()[-_AROUND_WORDS:]
    words = article.text[start:end].split()
    after = article.text[end:last].split()[:_AROUND_WORDS]
    long = len(words) >= _LONG_WORDS
    named = [words[:_ENDS_WORDS], words[-_ENDS_WORDS:]] if long else [words]
    parts = [
        *([f"{_escaped(before)}-"] if before else []),
        *map(_escaped, named),
        *([f"-{_escaped(after)}"] if after else []),
    ]
    return ":~:text=" + ",".join(parts)


def fragment_link(address: str, fragment: str) -> str:
    """An address with a text fragment behind whatever fragment it has."""
    return f"{address}{'' if '#' in address else '#'}{fragment}"


def _escaped(words: list[str]) -> str:
    # "-" is no reserved character of an address, but is one of a text directive.
    return quote(" ".join(words), safe="").replace("-", "%2D")
