"""What stands around Ray Serve's HTTP proxies: what a door did not live to answer is asked anew."""

from __future__ import annotations

from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pincite.api.errors import refusal
from pincite.errors import WorkerMissing

CALLBACK = {"RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH": "pincite.cluster.proxy.middlewares"}
"""The environment of the proxies, by which Ray Serve finds `middlewares`."""

_TIMES = 2  # a request that kills the door that runs it must not go through all of them


class AskedAgain:
    """ASGI middleware that sends a request to another door where the one that had it died.

    Ray Serve's proxy retries what no replica has begun, and ends what a dying one had begun without
    a response, which its server makes a bare 500. Asking again is safe: no route of a door changes
    anything. What was partly sent can't be taken back, and ends where it is.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and see that it is answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(receive, send)
        for _ in range(_TIMES):
            await self._app(dict(scope), exchange.receiver(), exchange.send)
            if exchange.over:
                return
        lost = WorkerMissing(
            "the process that worked on the request ended",
            "Ask again in a few seconds: what ended is started anew.",
        )
        await refusal(lost)(scope, receive, send)


class _Exchange:
    """A request, kept until there is a response, and the response.

    Attributes:
        over: the response has begun, or nobody waits for one any more.
    """

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._kept: list[Message] = []
        self.over = False

    def receiver(self) -> Receive:
        """Receives the request from its beginning."""
        again = iter(list(self._kept))

        async def receive() -> Message:
            for message in again:
                return message
            message = await self._receive()
            self.over = self.over or message["type"] == "http.disconnect"
            if not self.over:
                self._kept.append(message)
            return message

        return receive

    async def send(self, message: Message) -> None:
        """Pass a part of the response on."""
        self.over = True
        self._kept.clear()
        await self._send(message)


def middlewares() -> list[Middleware]:
    """Those of a proxy; called by Ray Serve."""
    return [Middleware(AskedAgain)]
