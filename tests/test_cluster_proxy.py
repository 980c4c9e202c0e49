"""A request whose door ends before it answers is asked of another, and not over and over."""

from __future__ import annotations

import asyncio

import httpx
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pincite.cluster.proxy import AskedAgain

QUESTION = b'{"question": "Who?"}'


class Doors:
    """What a proxy stands before: the first so many doors read a request, and end."""

    def __init__(self, that_end: int) -> None:
        self._that_end = that_end
        self.bodies: list[bytes] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await Request(scope, receive).body()
        self.bodies.append(body)
        if len(self.bodies) > self._that_end:
            await PlainTextResponse(body)(scope, receive, send)


def post(app: ASGIApp) -> httpx.Response:
    async def posted() -> httpx.Response:
        transport = httpx.ASGITransport(AskedAgain(app))
        async with httpx.AsyncClient(transport=transport, base_url="http://door") as client:
            return await client.post("/v1/ask", content=QUESTION)

    return asyncio.run(posted())


def test_another_door_gets_the_whole_request() -> None:
    doors = Doors(that_end=1)
    response = post(doors)
    assert (response.status_code, response.content) == (200, QUESTION)
    assert doors.bodies == [QUESTION, QUESTION]


def test_what_ends_two_doors_is_not_sent_to_a_third() -> None:
    doors = Doors(that_end=2)
    response = post(doors)
    assert response.status_code == 503
    assert response.json()["error"]["type"] == "worker_missing"
    assert response.headers["Retry-After"].isdigit()
    assert len(doors.bodies) == 2


def test_nothing_is_asked_for_a_client_that_has_gone() -> None:
    asked = 0

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal asked
        asked += 1
        try:
            await Request(scope, receive).body()
        except ClientDisconnect:
            return

    sent: list[Message] = []

    async def gone() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {"type": "http", "method": "POST", "path": "/v1/ask", "headers": []}
    asyncio.run(AskedAgain(door)(scope, gone, send))
    assert (asked, sent) == (1, [])


def test_what_is_partly_sent_is_not_sent_again() -> None:
    asked = 0

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal asked
        asked += 1
        await send({"type": "http.response.start", "status": 200, "headers": []})

    started: list[Message] = []

    async def send(message: Message) -> None:
        started.append(message)

    async def body() -> Message:
        return {"type": "http.request", "body": QUESTION, "more_body": False}

    scope: Scope = {"type": "http", "method": "POST", "path": "/v1/ask", "headers": []}
    asyncio.run(AskedAgain(door)(scope, body, send))
    assert asked == 1 and [message["type"] for message in started] == ["http.response.start"]
