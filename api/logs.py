"""What the service logs: one line a request, under an id that the client gets too.

No question and no address's query is logged unless a setting says so.
"""

from __future__ import annotations

import logging
import re
import sys
import time
import uuid
from contextvars import ContextVar
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pincite.api.errors import path_as_sent
from pincite.api.metrics import Metrics
from pincite.api.routes import route_of

if TYPE_CHECKING:
    from fastapi import FastAPI

requests = logging.getLogger("pincite.requests")

_SANE = re.compile(r"[A-Za-z0-9._-]{1,64}")
_HUNG_UP = 499  # as nginx logs it: nothing was answered, or not all of it
_id: ContextVar[str | None] = ContextVar("request_id", default=None)


class RequestLog:
    """ASGI middleware that names, times, counts and logs every request.

    Args:
        of: the app whose routes the requests are counted by.
        with_questions: whether a question is logged.
    """

    def __init__(self, app: ASGIApp, of: FastAPI, metrics: Metrics, with_questions: bool) -> None:
        self._app = app
        self._of = of
        self._metrics = metrics
        self._with_questions = with_questions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and log it when it is over."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        id_ = given if _SANE.fullmatch(given) else uuid.uuid4().hex
        began = time.perf_counter()
        status, whole = _HUNG_UP, False
        state = scope.setdefault("state", {})
        route = route_of(self._of, scope)  # before a mounted app has changed the scope
        _id.set(id_)

        async def sent(message: Message) -> None:
            nonlocal status, whole
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = id_
            await send(message)
            whole = message["type"] == "http.response.body" and not message.get("more_body")

        try:
            await self._app(scope, receive, sent)
        finally:
            took_s = time.perf_counter() - began
            status = status if whole else _HUNG_UP
            self._metrics.count(scope["method"], route, status, took_s)
            self._log(scope, state, route, status, took_s)

    def _log(
        self, scope: Scope, state: dict[str, object], route: str, status: int, took_s: float
    ) -> None:
        path = path_as_sent(scope)
        told: dict[str, object] = {
            "method": scope["method"],
            "path": path,
            "route": route,
            "status": status,
            "took_ms": round(1000 * took_s, 1),
            "client": scope["client"][0] if scope.get("client") else None,
            "key": state.get("caller"),
        }
        if self._with_questions and "question" in state:
            told["question"] = state["question"]
        requests.info(
            "%s %s %d, %d ms", *(scope["method"], path, status, 1000 * took_s), extra=told
        )


def configure_logs(form: str) -> None:
    """Log to the standard error.

    Args:
        form: as the setting `log` has it.
    """
    from pythonjsonlogger.json import JsonFormatter

    as_text = form == "text" or (form == "auto" and sys.stderr.isatty())
    handler = logging.StreamHandler()
    handler.addFilter(_with_id)
    handler.setFormatter(
        logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S")
        if as_text
        else JsonFormatter(
            ["asctime", "levelname", "name", "message", "request_id"],
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
            datefmt="%Y-%m-%dT%H:%M:%S%z",
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    requests.setLevel(logging.WARNING if form == "off" else logging.INFO)


def _with_id(record: logging.LogRecord) -> bool:
    record.request_id = _id.get()
    return True
