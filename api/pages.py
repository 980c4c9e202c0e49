"""The pages: the chat, an article with the quote marked, the API's documentation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, select_autoescape

from pincite.api.dates import date_in_words
from pincite.api.selectors import fragment_link, text_fragment
from pincite.index.article import Article, Block

HERE = Path(__file__).parent
STATIC = HERE / "static"

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'"
)
# Swagger UI styles its elements in place and shows its own icons from data URLs.
DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


# Beside the policy, on every response.
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# The scripts and styles have the same names in the next version: asked for anew, by their ETag.
_KEPT, _ASKED_ANEW, _NOT_KEPT = "no-cache", "private, no-cache", "no-store"


def headers_of(path: str) -> dict[str, str]:
    """The headers that every response from a path carries."""
    kept = _NOT_KEPT
    if path.startswith(("/static/", "/docs/assets/")):
        kept = _KEPT
    elif path in {"/", "/docs", "/favicon.ico"} or path.startswith("/articles/"):
        kept = _ASKED_ANEW
    policy = DOCS_POLICY if path == "/docs" else POLICY
    return {"Content-Security-Policy": policy, "Cache-Control": kept, **_HEADERS}


_TEMPLATES = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=select_autoescape(default=True)
)


# What the conversation page loads, named in its head so that nothing waits for what imports it.
_CHAT_STYLES = (
    "pincite",
    "chat",
    "panel",
    "answer",
    "accounts",
    "sources",
    "reader",
    "pages",
    "library",
)
_NOT_OF_THE_CHAT = {"article.js", "chat.js", "docs.js"}


def chat_page(question_chars: int, history_turns: int, offers: Sequence[str]) -> str:
    """The conversation page.

    Args:
        question_chars: how many characters a question may have.
        history_turns: how many turns before it a request may carry.
        offers: what the service takes beside questions; see `api.offered`.
    """
    return _TEMPLATES.get_template("chat.html").render(
        question_chars=question_chars,
        history_turns=history_turns,
        offers=offers,
        styles=[f"{name}.css" for name in _CHAT_STYLES],
        scripts=sorted({path.name for path in STATIC.glob("*.js")} - _NOT_OF_THE_CHAT),
    )


@dataclass(frozen=True, slots=True)
class ShownBlock:
    """A block as the article page shows it.

    Attributes:
        number: as a person counts: "7", "7.2"; None for what is no paragraph.
        anchor: of its place in `Article.citable`; None where it holds no words.
        pieces: its text cut at the marks: `(text, is marked)`.
    """

    role: str
    number: str | None
    anchor: str | None
    pieces: tuple[tuple[str, bool], ...]


def article_page(article: Article, start: int | None, end: int | None) -> str:
    """The article as HTML, the characters `[start, end)` marked."""
    asked = start is not None and end is not None and 0 <= start < end <= len(article.text)
    span = (start or 0, end or 0) if asked else (0, 0)
    places = {block: place for place, block in enumerate(article.citable, start=1)}
    blocks = [_shown(article, block, places.get(block), *span) for block in article.blocks]
    original = article.source_url
    if original is not None and asked:
        original = fragment_link(original, text_fragment(article, *span))
    return _TEMPLATES.get_template("article.html").render(
        article=article,
        original=original,
        blocks=blocks,
        publisher=article.publisher or "Publisher not named",
        published=date_in_words(article.published),
        # What stands between two blocks is white space, and is not shown.
        marked=any(is_marked for block in blocks for _, is_marked in block.pieces),
        span=span if asked and article.pages else None,
    )


def error_page(status: int, message: str, hint: str) -> str:
    """What went wrong, as HTML."""
    titles = {401: "A key is needed", 403: "Not allowed", 404: "Not found"}
    return _TEMPLATES.get_template("error.html").render(
        status=status,
        title=titles.get(status, "That went wrong" if status >= 500 else "That can’t be done"),
        message=_sentence(message),
        hint=hint,
    )


def _sentence(message: str) -> str:
    """A message, which begins small and has no full stop, as it stands alone on a page."""
    return message[:1].upper() + message[1:] + ("" if message.endswith((".", "?", "!")) else ".")


def _shown(article: Article, block: Block, place: int | None, start: int, end: int) -> ShownBlock:
    text = article.slice(block)
    first = min(max(start - block.start, 0), len(text))
    last = min(max(end - block.start, first), len(text))
    parts = ((text[:first], False), (text[first:last], True), (text[last:], False))
    numbers = (block.number, block.part) if block.part else (block.number,)
    return ShownBlock(
        role=block.role.value,
        number=None if block.number is None else ".".join(map(str, numbers)),
        anchor=None if place is None else f"p{place}",
        pieces=tuple(part for part in parts if part[0]),
    )
