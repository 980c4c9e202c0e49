"""What went wrong, as a page, for who looks at it in a browser. Programs get the error body."""

from __future__ import annotations

import json

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pincite.api import pages


class ErrorPages:
    """ASGI middleware that makes a page of an error body where a browser goes to an address.

    A browser that goes somewhere says that it wants `text/html`; scripts and programs don't.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; hold back an error body until it is whole."""
        if scope["type"] != "http" or "text/html" not in Headers(scope=scope).get("accept", ""):
            await self._app(scope, receive, send)
            return
        started: Message | None = None
        body = b""

        async def sent(message: Message) -> None:
            nonlocal started, body
            if message["type"] == "http.response.start":
                kind = Headers(raw=message["headers"]).get("content-type", "")
                if message["status"] >= 400 and kind.startswith("application/json"):
                    started = message
                    return
            if started is None:
                await send(message)
                return
            body += message.get("body", b"")
            if message.get("more_body", False):
                return
            page = _page(started["status"], body)
            headers = MutableHeaders(scope=started)
            headers["content-type"] = "text/html; charset=utf-8"
            del headers["content-encoding"]
            headers["content-length"] = str(len(page))
            await send(started)
            await send({"type": "http.response.body", "body": page})

        await self._app(scope, receive, sent)


def _page(status: int, body: bytes) -> bytes:
    """The error body as a page; a bare one where it is not the body that all errors have."""
    try:
        error = json.loads(body)["error"]
        message, hint = str(error["message"]), str(error["hint"])
    except (ValueError, KeyError, TypeError):
        message, hint = "something went wrong", ""
    return pages.error_page(status, message, hint).encode()
