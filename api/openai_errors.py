"""Errors of the routes for OpenAI's clients, in the form that these read.

https://platform.openai.com/docs/guides/error-codes
"""

from __future__ import annotations

import json
import re
from typing import Any

from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_PATHS = re.compile(r"/v1/(?:chat/completions|models(?:/.*)?)/?", re.DOTALL)
_KINDS = {
    401: "authentication_error",
    403: "permission_error",
    429: "rate_limit_error",
}


class OpenAIErrorDetail(BaseModel):
    """What is wrong and what to do next; `code` is Pincite's own name of the error."""

    message: str
    type: str
    param: str | None
    code: str | None


class OpenAIErrorBody(BaseModel):
    """An error as OpenAI's clients read it."""

    error: OpenAIErrorDetail


def openai_error(status: int, code: str, message: str, hint: str) -> dict[str, dict[str, Any]]:
    """The error body of these routes.

    Args:
        status: HTTP status.
        code: the error's name in Pincite's own body.
    """
    kind = "server_error" if status >= 500 else _KINDS.get(status, "invalid_request_error")
    field = re.match(r"[a-z_]+(?:\.\w+)*(?=: )", message) if status < 500 else None
    told = f"{message}. {hint}" if hint else message
    return {
        "error": {
            "message": told,
            "type": kind,
            "param": field.group() if field else None,
            "code": code,
        }
    }


class OpenAIErrors:
    """ASGI middleware that gives the errors of these routes the form that OpenAI's clients read.

    It stands outermost, so that no error escapes it, wherever it was raised.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; hold an error's body back until it is whole, then translate it."""
        if scope["type"] != "http" or not _PATHS.fullmatch(scope["path"]):
            await self._app(scope, receive, send)
            return
        held: Message | None = None
        body = b""

        async def sent(message: Message) -> None:
            nonlocal held, body
            if message["type"] == "http.response.start" and message["status"] >= 400:
                held = message
            elif held is None:
                await send(message)
            else:
                body += message.get("body", b"")
                if not message.get("more_body", False):
                    response = _translated(held, body)
                    if response is None:
                        await send(held)
                        await send({"type": "http.response.body", "body": body})
                    else:
                        await response(scope, receive, send)

        await self._app(scope, receive, sent)


def _translated(start: Message, body: bytes) -> JSONResponse | None:
    """An error in Pincite's own form as one in OpenAI's, with the headers that it had.

    None where it has another form, such as a browser's question that is answered in plain text.
    """
    try:
        error = json.loads(body)["error"]
        code, message, hint = error["type"], error["message"], error["hint"]
    except (ValueError, LookupError, TypeError):
        return None
    status = start["status"]
    response = JSONResponse(
        openai_error(status, code, message, hint), status_code=400 if status == 422 else status
    )
    own = dict(response.raw_headers)
    # Some names stand there twice, such as WWW-Authenticate.
    response.raw_headers += [(name, value) for name, value in start["headers"] if name not in own]
    return response
