"""Of a web page: which of its text is the article, and what the page says of itself."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from pincite.index.known import Metadata

if TYPE_CHECKING:
    from lxml.html import HtmlElement

log = logging.getLogger(__name__)

_LEAST = 0.2  # share of a page's text that an article is at least, or else all is
_SLICE = 40  # characters by which a block that was taken in part is known again
_DATE = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?")
_SITE_SUFFIX = re.compile(r"\s+[|–—-]\s+[^|–—]{2,40}$")

_TITLES = ("og:title", "twitter:title", "dc.title", "citation_title")
_SITES = ("og:site_name", "dc.publisher", "citation_publisher", "application-name")
_AUTHORS = ("author", "article:author", "dc.creator", "citation_author")
_DATES = (
    *("article:published_time", "datepublished", "date", "dc.date", "dc.date.issued"),
    *("citation_publication_date", "publication_date", "pubdate", "parsely-pub-date"),
)


class MainText:
    """The main text of a page, to look blocks up in."""

    def __init__(self, text: str) -> None:
        self._lines = {plain for line in text.splitlines() if (plain := _plain(line))}
        self._text = "\n".join(self._lines)

    @property
    def length(self) -> int:
        """In characters, white space and marks left out."""
        return len(self._text)

    def holds(self, block: str, *, framed: bool) -> bool:
        """Whether a block of the page is of the main text.

        Args:
            framed: it stands in navigation or a form, and is only taken as a whole line.
        """
        plain = _plain(block)
        if plain in self._lines:
            return True
        if framed or len(plain) < _SLICE:
            return False
        middle = len(plain) // 2 - _SLICE // 2
        return any(plain[at : at + _SLICE] in self._text for at in (0, middle, len(plain) - _SLICE))


def main_text(tree: HtmlElement, length: int) -> MainText | None:
    """What trafilatura takes for the article; None where all of it is.

    A document without anything that frames it is no page of a site, and one of which
    next to nothing would be left is not understood: all of both is text.

    Args:
        length: characters of all text on the page.
    """
    if next(tree.iter("nav", "footer", "aside", "form", "script", "button"), None) is None:
        return None
    from lxml import html
    from trafilatura import extract

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    try:
        # A copy of its own: it takes the tree apart.
        found = extract(
            html.tostring(tree, encoding="unicode"),
            favor_recall=True,
            include_comments=False,
            include_tables=True,
            deduplicate=False,
        )
    except Exception as error:  # what it can't make out is no reason to lose the page
        log.info("trafilatura failed", exc_info=error)
        return None
    main = MainText(found or "")
    return main if main.length >= _LEAST * length else None


def known_of(tree: HtmlElement) -> Metadata:
    """What the page's head says; nothing is guessed."""
    said: dict[str, str] = {}
    for meta in tree.iter("meta"):
        key = meta.get("property") or meta.get("name") or meta.get("itemprop") or ""
        content = " ".join(str(meta.get("content") or "").split())
        if content:
            said.setdefault(key.lower(), content)
    for link in tree.iter("link"):
        if link.get("rel") == "canonical" and link.get("href"):
            said.setdefault("og:url", str(link.get("href")))
    title = next((" ".join(str(t.text_content()).split()) for t in tree.iter("title")), "")
    published = _DATE.match(_first(said, _DATES) or "")
    return Metadata(
        title=_first(said, _TITLES) or _SITE_SUFFIX.sub("", title) or None,
        publisher=_first(said, _SITES) or _author(_first(said, _AUTHORS)),
        published=published.group() if published else None,
        url=said.get("og:url"),
    )


def _first(said: dict[str, str], keys: tuple[str, ...]) -> str | None:
    return next((said[key] for key in keys if key in said), None)


def _author(name: str | None) -> str | None:
    return None if name is None or name.startswith(("http:", "https:")) else name


def _plain(text: str) -> str:
    """The letters and digits of a text: it comes with other spaces and marks from each side."""
    return "".join(filter(str.isalnum, text)).casefold()
