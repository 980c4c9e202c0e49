"""How often one may ask: by key, or by address where there is none."""

from __future__ import annotations

import ipaddress
import math
import time

from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.types import ASGIApp, Receive, Scope, Send

from pincite.api.access import needed
from pincite.api.errors import refusal
from pincite.api.origin import is_loopback
from pincite.errors import PinciteError
from pincite.settings import Settings, SettingsError

AUTO = "120/minute"  # where others than this machine can ask
_IPV6_NETWORK = 64  # bits of an address that its holder doesn't choose


class TooOften(PinciteError):
    """As many requests as may came from this caller.

    Args:
        retry_after_s: when the next one may come.
    """

    type = "too_often"
    http_status = 429

    def __init__(self, limit: str, retry_after_s: int) -> None:
        super().__init__(
            f"more than {limit} came from here", f"Ask again in {retry_after_s} s or later."
        )
        self.retry_after_s = retry_after_s


def rates_of(settings: Settings) -> list[RateLimitItem]:
    """The rates that the settings name, all of which hold; none where they are off.

    Raises:
        SettingsError: the setting is no rate.
    """
    named = settings.rate_limit
    if named == "auto":
        named = "off" if is_loopback(settings.host) else AUTO
    if named == "off":
        return []
    try:
        return parse_many(named)
    except ValueError as error:
        raise SettingsError(
            f"setting rate_limit is not usable: {named!r}",
            "Set PINCITE_RATE_LIMIT to 'off', '60/minute' or '10/second; 1000/hour'.",
        ) from error


class RateLimit:
    """ASGI middleware that lets a caller ask so often, and counts what needs no key for nobody.

    The counts are this process's own and are lost with it.
    """

    def __init__(self, app: ASGIApp, rates: list[RateLimitItem]) -> None:
        self._app = app
        self._rates = rates
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or say when to come again."""
        if scope["type"] == "http" and needed(scope["method"], scope["path"]) is not None:
            try:
                self._count(_caller(scope))
            except TooOften as error:
                await refusal(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _count(self, caller: str) -> None:
        for rate in self._rates:
            if not self._limiter.hit(rate, caller):
                wait = self._limiter.get_window_stats(rate, caller).reset_time - time.time()
                raise TooOften(_in_words(rate), max(1, math.ceil(wait)))


def _caller(scope: Scope) -> str:
    if name := scope.get("state", {}).get("caller"):
        return f"key:{name}"
    client = scope.get("client")
    host = client[0] if client else "unknown"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return f"address:{host}"
    if address.version == 6:
        return f"address:{ipaddress.ip_network((address, _IPV6_NETWORK), strict=False)}"
    return f"address:{address}"


def _in_words(rate: RateLimitItem) -> str:
    """ "60 requests in 1 minute"."""
    of, name = rate.multiples, rate.GRANULARITY.name
    return f"{rate.amount} requests in {of} {name}{'s' if of > 1 else ''}"
