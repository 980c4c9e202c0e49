"""One error body for the whole HTTP surface: `{"error": {"type", "message", "hint"}}`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

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


class BodyTooLarge(PinciteError):
    """The request's body is larger than the service takes."""

    type = "body_too_large"
    http_status = 413


def error_body(type_: str, message: str, hint: str) -> dict[str, dict[str, str]]:
    """The one error body."""
    # A message may repeat what was sent, and a lone surrogate has no UTF-8.
    message = message.encode("utf-8", "replace").decode("utf-8")
    hint = hint or "See /docs for what there is."
    return {"error": {"type": type_, "message": message, "hint": hint}}


def error_response(
    status: int,
    type_: str,
    message: str,
    hint: str,
    retry_after_s: int = PinciteError.retry_after_s,
) -> JSONResponse:
    """The one error body as a response."""
    headers = {"Retry-After": str(retry_after_s)} if status == 503 else None
    return JSONResponse(error_body(type_, message, hint), status_code=status, headers=headers)


def install(app: FastAPI) -> None:
    """Answer every error of the app with the one error body."""

    @app.exception_handler(PinciteError)
    async def known(request: Request, error: PinciteError) -> JSONResponse:
        if error.http_status >= 500:
            log.error("%s %s: %s", request.method, request.url.path, error.message)
        return error_response(
            *(error.http_status, error.type, error.message, error.hint), error.retry_after_s
        )

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
        except Exception:
            # The trace goes to the log; the caller learns nothing of our insides.
            log.exception("%s %s failed", scope["method"], scope["path"])
            if not begun:
                await error_response(500, *INTERNAL)(scope, receive, sent)


class BodyLimit:
    """ASGI middleware that turns down a body over the limit without reading the rest of it.

    Args:
        body_bytes: the limit.
        larger: path -> the limit of the bodies that are posted there.
    """

    def __init__(
        self, app: ASGIApp, body_bytes: int, larger: Mapping[str, int] | None = None
    ) -> None:
        self._app = app
        self._body_bytes = body_bytes
        self._larger = larger or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on while its body stays within the limit."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._larger.get(scope["path"], self._body_bytes)
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if length.isdigit() and int(length) > limit:
            response = error_response(
                BodyTooLarge.http_status, BodyTooLarge.type, *_too_large(limit)
            )
            await response(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise BodyTooLarge(*_too_large(limit))
            return message

        await self._app(scope, counted, send)


def _too_large(limit: int) -> tuple[str, str]:
    return f"the body is larger than {limit} bytes", "Send less at a time."
