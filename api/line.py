"""Where questions wait: some are answered at a time, some wait, the others are turned away.

The models' threads (`index/runtime.py`) are shared by the questions that are
answered at a time. A queue without an end would only make everyone wait longer
for an answer that nobody waits for any more.
"""

from __future__ import annotations

import asyncio
import json
import math
import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from typing import Any

from anyio import to_thread
from fastapi import Request
from fastapi.sse import format_sse_event

from pincite.api.errors import INTERNAL, error_body, log
from pincite.errors import ClientGone, PinciteError, ServiceBusy
from pincite.qa.answer import Accounts, Answer, Passages
from pincite.qa.ask import OnStage

Ask = Callable[[OnStage], Answer]
"""Asks one question, in whatever thread it is called."""

LOOKED_FOR_S = 0.1  # between two looks whether a client is still there
_FIRST_GUESS_S = 0.1  # of what an answer takes
_WEIGHT = 0.1  # of the latest answer in the mean of what they take


class Line:
    """The questions in the service. To be used from one event loop.

    Args:
        at_once: answered at a time.
        waiting: that wait for it at most.
    """

    def __init__(self, at_once: int, waiting: int) -> None:
        self._at_once = at_once
        self._most = at_once + waiting
        self._inside = 0
        self._free = asyncio.Semaphore(at_once)  # who came first is served first
        self._takes_s = _FIRST_GUESS_S

    @property
    def inside(self) -> int:
        """How many questions are being answered or wait for it."""
        return self._inside

    async def answer(self, request: Request, ask: Ask) -> Answer:
        """The answer, when it is this question's turn.

        Raises:
            ServiceBusy: as many wait as may.
            ClientGone: the client hung up; what was not begun is not done.
        """
        self._enter()
        gone = threading.Event()
        watcher = asyncio.create_task(_watch(request, gone))
        try:
            return await self._in_turn(ask, gone)
        finally:
            watcher.cancel()

    def stream(self, request: Request, ask: Ask) -> AsyncIterator[bytes]:
        """Server-sent events: `passages` and `accounts` where there are any, `answer` or `error`.

        The question stands in line from this call on, whether or not anybody comes to read the
        events.

        Raises:
            ServiceBusy: as many wait as may.
        """
        self._enter()
        events: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        gone = threading.Event()
        watcher = asyncio.create_task(_watch(request, gone))

        def told(know: Callable[[], Passages | Accounts]) -> None:
            stage = know()
            event = type(stage).__name__.lower(), asdict(stage)
            loop.call_soon_threadsafe(events.put_nowait, event)

        answering = asyncio.create_task(self._in_turn(ask, gone, told))

        def ended(done: asyncio.Task[Answer]) -> None:
            watcher.cancel()
            events.put_nowait(_last(done))

        answering.add_done_callback(ended)

        async def sent() -> AsyncIterator[bytes]:
            try:
                while True:
                    name, data = await events.get()
                    told = json.dumps(data, ensure_ascii=False)
                    yield format_sse_event(event=name, data_str=told)
                    if name in {"answer", "error"}:
                        return
            finally:  # also when the client hangs up
                gone.set()

        return sent()

    def _enter(self) -> None:
        """Take a place in line, in one step with the look whether there is one.

        Raises:
            ServiceBusy: as many wait as may.
        """
        if self._inside >= self._most:
            raise ServiceBusy(max(1, math.ceil(self._inside * self._takes_s / self._at_once)))
        self._inside += 1

    async def _in_turn(
        self, ask: Ask, gone: threading.Event, told: OnStage | None = None
    ) -> Answer:
        """Ask when it is the question's turn, and give up the place that it entered."""

        def check_there() -> None:
            if gone.is_set():
                raise ClientGone("the client hung up")

        def on_stage(know: Callable[[], Passages | Accounts]) -> None:
            check_there()
            if told is not None:
                told(know)

        def asked() -> Answer:
            began = time.perf_counter()
            check_there()
            answer = ask(on_stage)
            self._takes_s += _WEIGHT * (time.perf_counter() - began - self._takes_s)
            return answer

        try:
            async with self._free:
                return await to_thread.run_sync(asked, abandon_on_cancel=False)
        finally:
            self._inside -= 1


def _last(done: asyncio.Task[Answer]) -> tuple[str, dict[str, Any]]:
    """The event that ends a stream."""
    if done.cancelled():
        return "error", error_body("client_gone", "the client hung up", "")
    error = done.exception()
    if error is None:
        return "answer", done.result().to_dict()
    if isinstance(error, PinciteError):
        return "error", error_body(error.type, error.message, error.hint)
    # As for every response: the trace goes to the log, the caller learns nothing of our insides.
    log.error("a streamed question failed", exc_info=error)
    return "error", error_body(*INTERNAL)


async def _watch(request: Request, gone: threading.Event) -> None:
    while not await request.is_disconnected():
        await asyncio.sleep(LOOKED_FOR_S)
    gone.set()
