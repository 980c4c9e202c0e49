"""Where a request comes from: the name it was sent to, and the page that sent it.

A page anywhere can have its visitor's browser send requests to this machine. It can't read the
answers, unless its own name is made to lead here (DNS rebinding): hence the check of `Host`.
And what changes something would be done all the same: hence the check of `Origin`.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from pincite.api.errors import refusal
from pincite.errors import PinciteError

_HERE = frozenset({"localhost", "127.0.0.1", "::1"})
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


class WrongHost(PinciteError):
    """The request was sent to a name that is not this service's."""

    type = "wrong_host"
    http_status = 421


class WrongOrigin(PinciteError):
    """A page of another origin wants something changed."""

    type = "wrong_origin"
    http_status = 403


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is reached from this machine only."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def listed(setting: str) -> frozenset[str]:
    """The items of a setting with commas between them."""
    return frozenset(item.strip().lower() for item in setting.split(",") if item.strip())


class OriginCheck:
    """ASGI middleware that refuses what was sent to a foreign name or by a foreign page.

    Args:
        host: that the service is bound to.
        hosts: names it may be called by, with or without a port; none: any, or on a loopback
            address this machine's own.
        origins: whose pages may change something, beside its own.
    """

    def __init__(
        self, app: ASGIApp, host: str, hosts: frozenset[str], origins: frozenset[str]
    ) -> None:
        self._app = app
        self._hosts = hosts | _HERE | {host} if hosts or is_loopback(host) else None
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] != "lifespan":
            try:
                self._check(scope.get("method", ""), Headers(scope=scope))
            except PinciteError as error:
                await refusal(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _check(self, method: str, headers: Headers) -> None:
        host = headers.get("host", "").lower()
        # Without the header it is no browser, which alone can be led astray.
        if self._hosts is not None and host and not {host, _name(host)} & self._hosts:
            raise WrongHost(
                "this service has another name", "PINCITE_HOSTS lists what it may be called."
            )
        origin = headers.get("origin", "").lower()
        if method in _READING or not origin or self._origins & {origin, "*"}:
            return
        if _netloc(origin) != host:
            raise WrongOrigin(
                "a page of another origin may change nothing here",
                "PINCITE_ORIGINS lists those that may.",
            )


def _netloc(origin: str) -> str | None:
    """Host and port of an origin; None of what is none, such as "http://["."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def _name(host: str) -> str:
    """Without the port: "localhost" of "localhost:8000", "::1" of "[::1]:8000"."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if host.count(":") == 1 else host
