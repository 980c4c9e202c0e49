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
    """uvicorn's HTTP, but a connection that does not get to the end of a request's head is closed.

    uvicorn limits the time between two requests only: a client that sends a byte now and then
    would hold its connection forever.

    Args:
        head_s: seconds from a connection, or from the next request's first byte, to its head's end.
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
        """Take what came, and see whether a head is still to be waited for."""
        self._expect()
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._cancel()

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing more."""
        self._cancel()
        super().connection_lost(exc)

    def _expect(self) -> None:
        if self._timer is None and self.conn.their_state is h11.IDLE:
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
