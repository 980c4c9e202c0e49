"""How much of a request is taken: the size of its head and body, how slowly, how deeply nested."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pincite.api.errors import refusal
from pincite.errors import InvalidRequest, PinciteError
from pincite.settings import Settings

SLOWEST = 65_536
"""Bytes a second at which a large body may come at the slowest: half a megabit."""


class BodyTooLarge(PinciteError):
    """The request's body is larger than the service takes."""

    type = "body_too_large"
    http_status = 413


class BodyTooSlow(PinciteError):
    """The request's body was not there in time."""

    type = "body_too_slow"
    http_status = 408


class AddressTooLong(PinciteError):
    """The request's path and query are longer than the service takes."""

    type = "address_too_long"
    http_status = 414


class HeadersTooLarge(PinciteError):
    """The request's headers are larger than the service takes."""

    type = "headers_too_large"
    http_status = 431


class JsonTooDeep(InvalidRequest):
    """The body's lists and objects stand in each other too deeply."""

    http_status = 400


@dataclass(frozen=True, slots=True)
class Limits:
    """What a request may be at most.

    Attributes:
        body_bytes: of the body, however it is sent.
        body_s: seconds from the head to the body's end, and one more for each `SLOWEST` bytes.
        head_bytes: of the headers' names and values, and of path and query.
        json_depth: lists and objects around a value, where the body is JSON.
    """

    body_bytes: int
    body_s: float
    head_bytes: int
    json_depth: int

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """As the settings have them."""
        return cls(settings.body_bytes, settings.body_s, settings.head_bytes, settings.json_depth)


class Incoming:
    """ASGI middleware that turns down a request over the limits without reading the rest of it.

    Args:
        larger: path -> bytes of the bodies that are taken there, in place of `body_bytes`.
    """

    def __init__(
        self, app: ASGIApp, limits: Limits, larger: Mapping[str, int] | None = None
    ) -> None:
        self._app = app
        self._limits = limits
        self._larger = {
            path: replace(limits, body_bytes=size) for path, size in (larger or {}).items()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on while it stays within the limits."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limits = self._larger.get(scope["path"], self._limits)
        try:
            self._check_head(scope, limits)
        except PinciteError as error:
            await refusal(error)(scope, receive, send)
            return
        await self._app(scope, _Body(limits, Headers(scope=scope), receive), send)

    def _check_head(self, scope: Scope, limits: Limits) -> None:
        most = limits.head_bytes
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > most:
            raise AddressTooLong(f"the address is longer than {most} bytes", "Send it with POST.")
        if sum(len(name) + len(value) for name, value in scope["headers"]) > most:
            raise HeadersTooLarge(f"the headers are larger than {most} bytes", "Send fewer.")
        length = Headers(scope=scope).get("content-length", "0")
        if length.isdigit() and int(length) > limits.body_bytes:
            raise _too_large(limits.body_bytes)


class _Body:
    """Receives a body, and raises when it is over a limit."""

    def __init__(self, limits: Limits, headers: Headers, receive: Receive) -> None:
        self._limits = limits
        self._receive = receive
        self._depth = _Depth(limits.json_depth) if _is_json(headers) else None
        self._seen = 0
        self._whole = False
        self._began: float | None = None

    async def __call__(self) -> Message:
        if self._whole:  # what comes now is that the client hangs up, whenever that is
            return await self._receive()
        self._began = self._began or asyncio.get_running_loop().time()
        patience_s = self._limits.body_s + self._seen / SLOWEST
        try:
            async with asyncio.timeout_at(self._began + patience_s):
                message = await self._receive()
        except TimeoutError as error:
            raise BodyTooSlow(
                f"the body was not there in {patience_s:.3g} s", "Send it faster."
            ) from error
        part = message.get("body", b"")
        self._whole = not message.get("more_body", False)
        self._seen += len(part)
        if self._seen > self._limits.body_bytes:
            raise _too_large(self._limits.body_bytes)
        if self._depth is not None:
            self._depth.follow(part)
        return message


class _Depth:
    """Follows how deeply JSON is nested, part by part of its bytes, before anything parses it."""

    _MARKS = re.compile(rb'["\\\[\]{}]')

    def __init__(self, most: int) -> None:
        self._most = most
        self._depth = 0
        self._in_string = False
        self._escaped = -1  # where in the part a character stands that a backslash is before

    def follow(self, part: bytes) -> None:
        for found in self._MARKS.finditer(part):
            at, mark = found.start(), found.group()
            if at == self._escaped:
                continue
            if mark == b'"':
                self._in_string = not self._in_string
            elif self._in_string:
                if mark == b"\\":
                    self._escaped = at + 1
            elif mark in b"[{":
                self._depth += 1
                if self._depth > self._most:
                    raise JsonTooDeep(f"the body is nested more than {self._most} deep")
            elif mark in b"]}":
                self._depth -= 1
        self._escaped = 0 if self._escaped == len(part) and part else -1


def _is_json(headers: Headers) -> bool:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


def _too_large(most: int) -> BodyTooLarge:
    return BodyTooLarge(f"the body is larger than {most} bytes", "Send less at a time.")
