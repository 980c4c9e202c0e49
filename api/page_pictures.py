"""The routes that show a citation on the picture of its page."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from urllib.parse import quote

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI, Query, Request, Response
from pydantic import BaseModel, Field

from pincite.errors import ClientGone, PinciteError
from pincite.index.collection import DEFAULT, Collection
from pincite.index.formats.contents import Limits
from pincite.index.page_pictures import (
    NARROWEST,
    WIDEST,
    WIDTH,
    Original,
    find_original,
    marked_pages,
    page_picture,
)

if TYPE_CHECKING:
    from pincite.api.service import Service

_T = TypeVar("_T")

_PNG = "image/png"
_DRAWN: dict[int | str, dict[str, Any]] = {
    200: {"content": {_PNG: {"schema": {"type": "string", "format": "binary"}}}}
}
_AT_ONCE = 2  # pages made at a time; who waits for one holds no thread that others need
_WAITING = 32  # that wait for it at most
_VERSION_CHARS = 16  # of the original's hash, in the address of a picture
# An address that names the version of the original can't show anything else later.
_KEPT, _ASKED_ANEW = "private, max-age=604800, immutable", "private, no-cache"


class PagesBusy(PinciteError):
    """As many pages wait to be drawn as may."""

    type = "service_busy"
    http_status = 503


class Turns:
    """Makes pages, some at a time; some wait, the others are turned away."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(_AT_ONCE)
        self._threads = CapacityLimiter(_AT_ONCE)
        self._inside = 0

    async def make(self, request: Request, page: Callable[[], _T]) -> _T:
        """A page, when it is this request's turn.

        Raises:
            PagesBusy: as many wait as may.
            ClientGone: the client has hung up meanwhile; nothing is made.
        """
        if self._inside >= _AT_ONCE + _WAITING:
            raise PagesBusy("too many pages are waiting", "Ask again in a few seconds.")
        self._inside += 1
        try:
            async with self._free:
                if await request.is_disconnected():
                    raise ClientGone("the client hung up")
                return await to_thread.run_sync(page, limiter=self._threads)
        finally:
            self._inside -= 1


class BoxBody(BaseModel):
    """A line of words, in points from the lower left corner of the page as it is shown."""

    left: float
    bottom: float
    right: float
    top: float


class PageBody(BaseModel):
    """A page that holds words which were asked for."""

    number: int = Field(description="from 1")
    width: float = Field(description="in points, as the page is shown")
    height: float
    picture: str = Field(description="address of a PNG; it takes `width`, in pixels")
    boxes: list[BoxBody]


class PagesBody(BaseModel):
    """The pages that hold words of an article; none where its format has no pages."""

    pages: list[PageBody]


def install(app: FastAPI, service: Service) -> None:
    """Add the routes."""
    turns = Turns()
    limits = Limits.of(service.settings)

    @app.get("/v1/articles/{id}/pages", tags=["articles"])
    async def article_pages(
        request: Request, id: str, start: int, end: int, collection: str = DEFAULT
    ) -> PagesBody:
        """The pages of a PDF that hold the characters `[start, end)`, and where these stand."""

        def marked() -> PagesBody:
            article = service.article(id, collection)
            home = service.of(collection).index.collection
            pages = marked_pages(home, article, start, end, limits)
            if not pages:
                return PagesBody(pages=[])
            version = find_original(home, article, pages[0].number).sha256[:_VERSION_CHARS]
            shown = [
                asdict(page) | {"picture": picture_url(id, page.number, version, collection)}
                for page in pages
            ]
            return PagesBody.model_validate({"pages": shown})

        return await turns.make(request, marked)

    @app.get(
        "/v1/articles/{id}/pages/{number}.png",
        tags=["articles"],
        response_class=Response,
        responses=_DRAWN,
    )
    async def page_png(
        request: Request,
        id: str,
        number: int,
        width: Annotated[int, Query(ge=NARROWEST, le=WIDEST, description="in pixels")] = WIDTH,
        version: Annotated[str | None, Query(description="of the original")] = None,
        collection: str = DEFAULT,
    ) -> Response:
        """A page of a PDF as a picture."""

        def found() -> tuple[Collection, Original]:
            article = service.article(id, collection)
            home = service.of(collection).index.collection
            return home, find_original(home, article, number)

        home, original = await to_thread.run_sync(found)
        is_named = version == original.sha256[:_VERSION_CHARS]
        headers = {
            "ETag": f'"{original.sha256}-{number}-{width}"',
            "Cache-Control": _KEPT if is_named else _ASKED_ANEW,
        }
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)  # and nothing is drawn
        png = await turns.make(request, lambda: page_picture(home, original, number, width, limits))
        return Response(png, media_type=_PNG, headers=headers)


def picture_url(id_: str, number: int, version: str, collection: str) -> str:
    """The path of a page's picture, which stays what it is."""
    where = "" if collection == DEFAULT else f"&collection={collection}"
    return f"/v1/articles/{quote(id_, safe='')}/pages/{number}.png?version={version}{where}"
