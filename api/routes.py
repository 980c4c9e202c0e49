"""HTTP's own side of the routes: HEAD where there is GET, OPTIONS, Allow, and 304."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

if TYPE_CHECKING:
    from fastapi import FastAPI

_UNMATCHED = "unmatched"
_OF_A_BODY = ("content-length", "content-type", "content-encoding")


def route_of(app: FastAPI, scope: Scope) -> str:
    """The pattern of the route that takes a request's path; "unmatched" where there is none."""
    routes = _matching(app, scope)
    return str(getattr(routes[0], "path", _UNMATCHED)) if routes else _UNMATCHED


def allowed(app: FastAPI, scope: Scope) -> list[str]:
    """The methods that a request's path takes; none where there is no such path."""
    methods: set[str] = set()
    for route in _matching(app, scope):
        of_files = isinstance(route, Mount) and isinstance(route.app, StaticFiles)
        methods |= {"GET"} if of_files else set(getattr(route, "methods", None) or ())
    if "GET" in methods:
        methods.add("HEAD")
    return sorted(methods | {"OPTIONS"}) if methods else []


def _matching(app: FastAPI, scope: Scope) -> list[BaseRoute]:
    return [route for route in app.routes if route.matches(scope)[0] is not Match.NONE]


class Methods:
    """ASGI middleware that answers HEAD as GET without the body, and OPTIONS.

    Args:
        of: the app whose routes are asked.
    """

    def __init__(self, app: ASGIApp, of: FastAPI) -> None:
        self._app = app
        self._of = of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, a HEAD as a GET."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method = scope["method"]
        asked = dict(scope)  # a mounted app changes it
        taken = allowed(self._of, scope) if method in {"HEAD", "OPTIONS"} else []
        if method == "OPTIONS" and taken:
            await Response(status_code=204, headers={"Allow": ", ".join(taken)})(
                scope, receive, send
            )
            return

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 405:
                # Of two routes with one path, each knows its own methods only.
                MutableHeaders(scope=message)["Allow"] = ", ".join(allowed(self._of, asked))
            if method == "HEAD" and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        as_get = {**scope, "method": "GET"} if method == "HEAD" and "GET" in taken else scope
        await self._app(as_get, receive, sent)


class Fresh:
    """ASGI middleware that sends 304 in place of what the client has, by its ETag."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and leave out a body that the client has."""
        held = Headers(scope=scope).get("if-none-match") if scope["type"] == "http" else None
        if held is None or scope["method"] not in {"GET", "HEAD"}:
            await self._app(scope, receive, send)
            return
        tags = {_strongly(tag) for tag in held.split(",")}
        is_held = False

        async def sent(message: Message) -> None:
            nonlocal is_held
            if message["type"] == "http.response.start" and message["status"] == 200:
                headers = MutableHeaders(scope=message)
                is_held = bool({"*", _strongly(headers.get("etag", ""))} & (tags - {""}))
                if is_held:
                    message["status"] = 304
                    for name in _OF_A_BODY:
                        del headers[name]
            if is_held and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self._app(scope, receive, sent)


def _strongly(tag: str) -> str:
    """A tag without its mark of weakness, which does not matter to If-None-Match."""
    return tag.strip().removeprefix("W/")
