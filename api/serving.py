"""How the service runs: uvicorn with limits on what a connection may take, and an end in order."""

from __future__ import annotations

import asyncio
from functools import partial

import h11
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from pincite.api.origin import listed
from pincite.settings import Settings


class Hurried(H11Protocol):
    """uvicorn's HTTP, but a connection that does not get on with what it has to send is closed.

    uvicorn limits the time between two requests only: a client that sends a byte now and then
    would hold its connection forever, in a request's head, or in a body that was answered before
    it was there (a request without a key, say), which nobody reads.

    Args:
        head_s: seconds from a connection, or from the next request's first byte, to its head's
            end; and from an answer to the end of the body that it did not wait for.
    """

    def __init__(self, *args: object, head_s: float, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self._head_s = head_s
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Expect a request from now on."""
        super().connection_made(transport)
        self._expect()

    def data_received(self, data: bytes) -> None:
        """Take what came, and see whether a head, or the rest of a body, is still awaited."""
        self._expect()
        before = self.conn.their_state
        super().data_received(data)
        if self.conn.their_state is not before or not self._awaits:
            self._cancel()
        self._expect()

    def on_response_complete(self) -> None:
        """Expect the rest of a body that was answered before it was there."""
        super().on_response_complete()
        if self.conn.their_state is h11.SEND_BODY:
            self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing more."""
        self._cancel()
        super().connection_lost(exc)

    @property
    def _awaits(self) -> bool:
        """Whether the client has something to send that no route waits for."""
        theirs = self.conn.their_state
        return theirs is h11.IDLE or (theirs is h11.SEND_BODY and self.conn.our_state is h11.DONE)

    def _expect(self) -> None:
        if self._timer is None and self._awaits:
            self._timer = self.loop.call_later(self._head_s, self.transport.close)

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def server_config(app: FastAPI, settings: Settings) -> uvicorn.Config:
    """The configuration of the server that `pincite serve` runs."""
    proxies = sorted(listed(settings.proxies))
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=partial(Hurried, head_s=settings.head_s),  # type: ignore[arg-type]
        ws="none",
        # The layer that turns down a head too large answers it; this one cuts off what goes on.
        h11_max_incomplete_event_size=4 * settings.head_bytes,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
        server_header=False,
        access_log=False,
        log_config=None,
        log_level="warning",
        timeout_graceful_shutdown=settings.shutdown_s,
    )
