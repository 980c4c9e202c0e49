"""Pincite from Python: a running service over HTTP, or the index in this process, by one interface.

from pincite import Client, open

with Client("http://127.0.0.1:8000") as pincite:
    answer = pincite.ask("How many prisoners were claimed?")

answer = open(index="…").ask("How many prisoners were claimed?")
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError

from pincite.errors import (
    ArticleNotFound,
    CollectionNotFound,
    InvalidRequest,
    PageNotFound,
    PinciteError,
    ServiceError,
)
from pincite.index.article import Article
from pincite.index.collection import DEFAULT
from pincite.index.formats.contents import Limits
from pincite.index.formats.pdf import MarkedPage
from pincite.index.page_pictures import WIDTH, find_original, marked_pages, page_picture
from pincite.index.segment import ArticleRow
from pincite.qa.answer import Answer, Citation, Found, Turn
from pincite.settings import load_settings

if TYPE_CHECKING:
    from httpx import Response

    from pincite.qa.ask import Pincite

_T = TypeVar("_T")

_ANSWER = TypeAdapter(Answer)
_ARTICLE = TypeAdapter(Article)
_ARTICLES = TypeAdapter(list[ArticleRow])
_FOUND = TypeAdapter(list[Found])
_OBJECTS = TypeAdapter(list[dict[str, Any]])
_PAGES = TypeAdapter(list[MarkedPage])

# What a service says of a request that can't be taken is raised as it would be in this process.
_REFUSALS: dict[str, type[PinciteError]] = {
    error.type: error
    for error in (InvalidRequest, ArticleNotFound, CollectionNotFound, PageNotFound)
}


class Library(Protocol):
    """Articles that can be asked, wherever they are."""

    def ask(self, question: str, history: Sequence[Turn] = (), limit: int | None = None) -> Answer:
        """The answer, in the articles' own words.

        Args:
            history: the conversation so far, oldest first.
            limit: citations at most; the setting if None.

        Raises:
            InvalidRequest: the question or the history can't be taken.
        """

    def search(self, question: str, limit: int = 10) -> list[Found]:
        """The paragraphs nearest to a question, best first, each cited whole.

        Raises:
            InvalidRequest: the question can't be taken.
        """

    def articles(self) -> list[ArticleRow]:
        """All articles, in corpus order."""

    def article(self, id_: str) -> Article:
        """One article with its text.

        Raises:
            ArticleNotFound: there is none of that id.
        """

    def pages(self, id_: str, start: int, end: int) -> list[MarkedPage]:
        """The pages of a PDF that hold `[start, end)` of an article's text, and where it stands.

        None of an article without pages.

        Raises:
            ArticleNotFound: there is none of that id.
            InvalidRequest: there are no such characters, or on too many pages.
        """

    def picture(self, id_: str, page: int, width: int = WIDTH) -> bytes:
        """A page of a PDF as a PNG.

        Args:
            page: its number, from 1.
            width: in pixels, from 100 to 2400.

        Raises:
            ArticleNotFound: there is none of that id.
            PageNotFound: it has no such page, or none at all.
            InvalidRequest: no picture is so wide.
        """


class Client:
    """A running service, as a `Library`. Safe to use from several threads.

    Every method raises `ServiceError` where the service can't be reached or fails.

    Args:
        url: its address, such as "http://127.0.0.1:8000".
        timeout_s: how long to wait for one answer, in seconds.
        headers: sent with every request.
        collection: that is asked.
    """

    def __init__(
        self,
        url: str,
        timeout_s: float = 60.0,
        headers: dict[str, str] | None = None,
        collection: str = DEFAULT,
    ) -> None:
        import httpx

        self._url, self._collection = url.rstrip("/"), collection
        try:
            self._http = httpx.Client(
                base_url=self._url,
                timeout=timeout_s,
                headers=headers,
                params={"collection": collection},
            )
        except httpx.InvalidURL as error:
            raise ServiceError(
                f"{url!r} is not an address: {error}",
                'Give one such as "http://127.0.0.1:8000".',
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def ask(self, question: str, history: Sequence[Turn] = (), limit: int | None = None) -> Answer:
        """See `Library.ask`."""
        asked = {
            "question": question,
            "history": [asdict(turn) for turn in history],
            "limit": limit,
            "collection": self._collection,
        }
        return self._read(_ANSWER, self._json("POST", "/v1/ask", json=asked))

    def search(self, question: str, limit: int = 10) -> list[Found]:
        """See `Library.search`."""
        body = self._json("GET", "/v1/search", params={"q": question, "limit": limit})
        results = self._read(_OBJECTS, body.get("results"))
        # Over HTTP a citation's fields stand beside its rank.
        found = [{"citation": one, "passage": one.get("passage", 0)} for one in results]
        return self._read(_FOUND, found)

    def articles(self) -> list[ArticleRow]:
        """See `Library.articles`."""
        return self._read(_ARTICLES, self._json("GET", "/v1/articles").get("articles"))

    def article(self, id_: str) -> Article:
        """See `Library.article`."""
        return self._read(_ARTICLE, self._json("GET", f"/v1/articles/{quote(id_, safe='')}"))

    def pages(self, id_: str, start: int, end: int) -> list[MarkedPage]:
        """See `Library.pages`."""
        path, bounds = f"/v1/articles/{quote(id_, safe='')}/pages", {"start": start, "end": end}
        return self._read(_PAGES, self._json("GET", path, params=bounds).get("pages"))

    def picture(self, id_: str, page: int, width: int = WIDTH) -> bytes:
        """See `Library.picture`."""
        path = f"/v1/articles/{quote(id_, safe='')}/pages/{page}.png"
        response = self._response("GET", path, params={"width": width})
        kind = response.headers.get("content-type", "").partition(";")[0].strip()
        if (response.status_code, kind) != (200, "image/png"):
            self._body(response)  # raises what a service says of the request
            raise self._stranger()
        return response.content

    def _read(self, form: TypeAdapter[_T], body: object) -> _T:
        """A value of the form; what a newer service says besides is left out."""
        try:
            return form.validate_python(body)
        except ValidationError as error:
            raise self._stranger() from error

    def _json(self, method: str, path: str, **request: Any) -> dict[str, Any]:  # noqa: ANN401
        return self._body(self._response(method, path, **request))

    def _response(self, method: str, path: str, **request: Any) -> Response:  # noqa: ANN401
        import httpx

        try:
            return self._http.request(method, path, **request)
        except httpx.TimeoutException as error:
            raise ServiceError(
                f"{self._url} took too long to answer", "Allow it more time, or see its log."
            ) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ServiceError(
                f"can't reach {self._url}: {error}", "Start the service, or check the address."
            ) from error

    def _body(self, response: Response) -> dict[str, Any]:
        try:
            body = response.json()
        except ValueError as error:
            raise self._stranger() from error
        if not isinstance(body, dict):
            raise self._stranger()
        if response.is_error:
            raise _refusal(response.status_code, body.get("error"))
        return body

    def _stranger(self) -> ServiceError:
        return ServiceError(
            f"{self._url} doesn't answer as Pincite does",
            "Check that the address is Pincite's and that its version is this one.",
        )


class Opened:
    """An index in this process, as a `Library`. Safe to use from several threads."""

    def __init__(self, pincite: Pincite) -> None:
        self._pincite = pincite

    def ask(self, question: str, history: Sequence[Turn] = (), limit: int | None = None) -> Answer:
        """See `Library.ask`."""
        return self._pincite.ask(question, history, limit)

    def search(self, question: str, limit: int = 10) -> list[Found]:
        """See `Library.search`."""
        return self._pincite.search(question, limit)

    def articles(self) -> list[ArticleRow]:
        """See `Library.articles`."""
        return self._pincite.index.store.articles()

    def article(self, id_: str) -> Article:
        """See `Library.article`."""
        article = self._pincite.index.store.article(id_)
        if article is None:
            raise ArticleNotFound(f"no article {id_!r}", "`articles()` lists them.")
        return article

    def pages(self, id_: str, start: int, end: int) -> list[MarkedPage]:
        """See `Library.pages`."""
        limits = Limits.of(self._pincite.settings)
        home = self._pincite.index.collection
        return list(marked_pages(home, self.article(id_), start, end, limits))

    def picture(self, id_: str, page: int, width: int = WIDTH) -> bytes:
        """See `Library.picture`."""
        limits = Limits.of(self._pincite.settings)
        home = self._pincite.index.collection
        original = find_original(home, self.article(id_), page)
        return page_picture(home, original, page, width, limits)


def open_library(
    collection: str = DEFAULT,
    **settings: Any,  # noqa: ANN401  whatever a setting is
) -> Opened:
    """Open the built index, with the models, in this process: `pincite.open`.

    Args:
        collection: that is asked.
        settings: as `pincite settings` lists them, such as `index="folder"`; else as in the
            environment.

    Raises:
        SettingsError: a setting is not usable.
        IndexMissing, CollectionNotFound, IndexStale, IndexDamaged, ModelError: see `Pincite.open`.
    """
    from pincite.qa.ask import Pincite

    return Opened(Pincite.open(load_settings(**settings), collection))


def provenance(cited: Citation) -> dict[str, Any]:
    """Where a citation stands, flat, as frameworks keep it beside a text.

    `start` and `end` are `[start, end)` in characters of the article's stored text.
    """
    return {
        **asdict(cited.article),
        "paragraph": cited.paragraph.number,
        "page": cited.page,
        "place": cited.paragraph.label,
        "start": cited.start,
        "end": cited.end,
        "url": cited.url,
    }


def _refusal(status: int, error: object) -> PinciteError:
    said = error if isinstance(error, dict) else {}
    refusal = _REFUSALS.get(str(said.get("type")))
    message, hint = str(said.get("message", "")), str(said.get("hint", ""))
    if refusal is not None:
        return refusal(message, hint)
    return ServiceError(
        f"the service answered {status}: {message or 'with no reason'}",
        hint or "See the service's log.",
    )
