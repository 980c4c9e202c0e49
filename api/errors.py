"""One error body for the whole HTTP surface: `{"error": {"type", "message", "hint"}}`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pincite.errors import InvalidRequest, PinciteError

log = logging.getLogger("pincite.api")

# Type, message and hint of an error that is a bug.
INTERNAL = (
    "internal_error",
    "something went wrong inside Pincite",
    "The service's log has the details.",
)


_TRY_LATER = frozenset({429, 503})
_BODY_UNREAD = frozenset({408, 413})  # whose rest nobody will read


def error_body(type_: str, message: str, hint: str) -> dict[str, dict[str, str]]:
    """The one error body."""
    # A message may repeat what was sent, and a lone surrogate has no UTF-8.
    message = message.encode("utf-8", "replace").decode("utf-8")
    hint = hint or "See /docs for what there is."
    return {"error": {"type": type_, "message": message, "hint": hint}}


def error_response(
    status: int, type_: str, message: str, hint: str, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """The one error body as a response."""
    return JSONResponse(error_body(type_, message, hint), status_code=status, headers=headers)


def path_as_sent(scope: Scope) -> str:
    """The path of a request, percent signs and all: so no line break of a stranger's is logged."""
    sent: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    return sent.decode("latin-1")


def refusal(error: PinciteError) -> JSONResponse:
    """An error as a response; where waiting helps, with the seconds to wait."""
    more = {}
    if error.http_status in _TRY_LATER:
        more["Retry-After"] = str(error.retry_after_s)
    if error.http_status in _BODY_UNREAD:
        more["Connection"] = "close"
    return error_response(error.http_status, error.type, error.message, error.hint, more)


def install(app: FastAPI) -> None:
    """Answer every error of the app with the one error body."""

    @app.exception_handler(PinciteError)
    async def known(request: Request, error: PinciteError) -> JSONResponse:
        if error.http_status >= 500:
            log.error("%s %s: %s", request.method, path_as_sent(request.scope), error.message)
        return refusal(error)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if part not in {"body", "query"})
        wrong_json = first["type"] == "json_invalid"
        hint = "See /docs for the form of a request."
        if first["loc"] == ("body",):
            hint = "Send a JSON object, with the header Content-Type: application/json."
        message = (
            f"the body is not JSON: {first['ctx']['error']}"
            if wrong_json
            else f"{where or 'the body'}: {first['msg']}"
        )
        return error_response(
            400 if wrong_json else InvalidRequest.http_status,
            InvalidRequest.type,
            message,
            hint,
        )

    @app.exception_handler(HTTPException)
    async def routing(request: Request, error: HTTPException) -> JSONResponse:
        # FastAPI makes a 400 of whatever is raised while it reads a body.
        if isinstance(error.__cause__, PinciteError):
            return await known(request, error.__cause__)
        named = {400: InvalidRequest.type, 404: "not_found", 405: "method_not_allowed"}
        response = error_response(
            error.status_code,
            named.get(error.status_code, "http_error"),
            f"{request.method} {request.url.path}: {error.detail}",
            "See /docs for what there is.",
        )
        response.headers.update(error.headers or {})
        return response


class Answered:
    """ASGI middleware: a request that meets a bug gets the one error body, every response headers.

    Starlette's own handler of such an exception raises it again when it has
    answered, whereupon the server drops the connection under the next request.

    Args:
        headers: of the responses to a path, where they say nothing else.
    """

    def __init__(self, app: ASGIApp, headers: Callable[[str], Mapping[str, str]]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and see that it is answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def sent(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                for name, value in self._headers(scope["path"]).items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, sent)
        except PinciteError as error:
            if not begun:
                await refusal(error)(scope, receive, sent)
        except Exception:
            # The trace goes to the log; the caller learns nothing of our insides.
            log.exception("%s %s failed", scope["method"], path_as_sent(scope))
            if not begun:
                await error_response(500, *INTERNAL)(scope, receive, sent)
