"""Who may do what: one rule for every route, and the middleware that holds to it.

Without a key ever made, everybody may read, and write where the service is bound to this
machine only. With one, every request needs a key but those that say nothing of the articles.
A route that nobody thought of needs a key to write if it is not a GET, and one to read if it is.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as ASGIScope

from pincite.api.errors import refusal
from pincite.api.keys import Key, Keyring, Scope
from pincite.api.origin import is_loopback
from pincite.errors import PinciteError

if TYPE_CHECKING:
    from fastapi import FastAPI

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})  # methods that change nothing
# Needs no key: whether the service is up, and what is the same in every installation.
OPEN = frozenset({"/healthz", "/readyz", "/favicon.ico"})
OPEN_FOLDERS = ("/static/", "/docs/assets/")
# Asked with POST, and changes nothing.
ASKED_BY_POST = frozenset({"/v1/ask", "/v1/chat/completions", "/mcp"})

# Basic, with the key as the password, is what lets a person open the pages in a browser. Each has
# a header of its own: Chromium reads a second challenge in one header as a parameter of the first.
_ASKS_FOR = ('Bearer realm="Pincite"', 'Basic realm="Pincite", charset="UTF-8"')


class KeyNeeded(PinciteError):
    """The request has no key, or one that is not in use."""

    type = "key_needed"
    http_status = 401


class Forbidden(PinciteError):
    """The request may not do what it asks for."""

    type = "forbidden"
    http_status = 403


def needed(method: str, path: str) -> Scope | None:
    """What a key must open for a request, None where it takes no key."""
    if method not in SAFE and path not in ASKED_BY_POST:
        return Scope.WRITE
    if path in OPEN or path.startswith(OPEN_FOLDERS):
        return None
    return Scope.READ


class Access:
    """ASGI middleware that lets in whom the keys let in.

    Whose key it is stands in the request's state as `caller`.

    Args:
        keyring: the keys in use.
        host: that the service is bound to.
    """

    def __init__(self, app: ASGIApp, keyring: Keyring, host: str) -> None:
        self._app = app
        self._keyring = keyring
        self._writes_unasked = is_loopback(host)

    async def __call__(self, scope: ASGIScope, receive: Receive, send: Send) -> None:
        """Pass the request on, or say what it lacks."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        try:
            self._admit(scope)
        except PinciteError as error:
            refused = refusal(error)
            for challenge in _ASKS_FOR if isinstance(error, KeyNeeded) else ():
                refused.headers.append("WWW-Authenticate", challenge)
            await refused(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _admit(self, scope: ASGIScope) -> None:
        # What is no request over HTTP (a web socket) may do anything, and needs the most.
        scope_needed = needed(scope.get("method", ""), scope["path"])
        state = scope.setdefault("state", {})
        if scope_needed is None:
            state["may_read"] = self._may_read(scope)
            return
        if not self._keyring.keys():
            if scope_needed is Scope.WRITE and not self._writes_unasked:
                raise Forbidden(
                    "nothing may be changed here without a key",
                    "Make one with `pincite keys add NAME --scope write`.",
                )
            return
        key = self._key(Headers(scope=scope))
        if scope_needed is Scope.WRITE and key.scope is not Scope.WRITE:
            raise Forbidden(
                f"the key {key.name!r} may read only",
                "Make one that may write with `pincite keys add NAME --scope write`.",
            )
        state["caller"] = key.name

    def _may_read(self, scope: ASGIScope) -> bool:
        """Whether a request for what needs no key could read all the same."""
        try:
            if self._keyring.keys():
                self._key(Headers(scope=scope))
        except PinciteError:
            return False
        return True

    def _key(self, headers: Headers) -> Key:
        token = _token(headers)
        if not token:
            raise KeyNeeded(
                "this needs a key",
                "Send it as `Authorization: Bearer KEY` or `X-API-Key: KEY`; in a browser, as the"
                " password.",
            )
        key = self._keyring.find(token)
        if key is None:
            raise KeyNeeded("no such key is in use", "`pincite keys add NAME` makes one.")
        return key


def may_read(scope: ASGIScope) -> bool:
    """Whether a request to a route that needs no key comes from one who may read."""
    return bool(scope["state"]["may_read"])


def declare_keys(app: FastAPI) -> None:
    """Have the app's OpenAPI document say how a key is sent, and where none is needed."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        document = plain()
        document["components"]["securitySchemes"] = {
            "bearer": {"type": "http", "scheme": "bearer"},
            "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        }
        # The empty one: without a key made, none is needed.
        document["security"] = [{"bearer": []}, {"header": []}, {}]
        for path in OPEN & document["paths"].keys():
            for operation in document["paths"][path].values():
                operation["security"] = []
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def _token(headers: Headers) -> str:
    """The key that a request carries; empty where it carries none."""
    if given := headers.get("x-api-key"):
        return given
    kind, _, value = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return value.strip()
    if kind.lower() == "basic":
        try:
            pair = base64.b64decode(value.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return ""
        return pair.partition(":")[2]
    return ""
