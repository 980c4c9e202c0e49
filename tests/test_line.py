"""Questions in line: stages as they are done, a full line, a client that hangs up."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx
import pytest
from fastapi import Request

from pincite.api.app import create_app
from pincite.api.line import Line
from pincite.errors import ServiceBusy
from pincite.qa.answer import Answer
from pincite.qa.ask import OnStage, Pincite
from pincite.qa.reader import Span, Text
from tests.conftest import Serve, open_with_fakes
from tests.fakes import FakeReader

SHUT = "How many days was the harbour shut?"
SHIPS = "How many ships did the mayor count?"
EVENTS = {"Accept": "text/event-stream"}


class HeldReader(FakeReader):
    """Reads once it is let go, and remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()
        self.asked: list[str] = []

    def read(self, asked: str, texts: Sequence[Text]) -> list[list[Span]]:
        self.asked.append(asked)
        assert self.go.wait(timeout=30)
        return super().read(asked, texts)


def held(small: Pincite, at_once: int, waiting: int) -> tuple[HeldReader, Pincite]:
    reader = HeldReader()
    settings = small.settings.model_copy(update={"ask_at_once": at_once, "ask_waiting": waiting})
    return reader, Pincite(small.index, replace(small.models, reader=reader), settings)


def wait_until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def events(response: httpx.Response) -> list[tuple[str, dict[str, object]]]:
    found = []
    for block in response.text.replace("\r\n", "\n").strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        found.append((fields["event"], json.loads(fields["data"])))
    return found


def test_the_stages_are_sent_as_they_are_done(client: httpx.Client) -> None:
    streamed = client.post("/v1/ask", json={"question": SHUT}, headers=EVENTS)
    assert streamed.headers["content-type"].startswith("text/event-stream")
    sent = events(streamed)
    assert [name for name, _ in sent] == ["passages", "accounts", "answer"]
    whole = client.post("/v1/ask", json={"question": SHUT}).json()
    assert sent[2][1] | {"took_ms": None} == whole | {"took_ms": None}
    assert sent[0][1]["understood_as"] == SHUT
    first = sent[0][1]["nearest"][0]  # type: ignore[index]
    assert first["paragraph"]["text"] == "The harbour was shut for 41 days after the storm."
    assert {name: sent[1][1][name] for name in sent[1][1]} == {
        name: whole[name] for name in ("status", "text", "accounts", "citations")
    }


def test_without_an_answer_there_are_no_accounts(small: Pincite, serve: Serve) -> None:
    settings = small.settings.model_copy(update={"threshold": 1.0})
    client = serve(create_app(settings, open_with_fakes))
    sent = events(client.post("/v1/ask", json={"question": SHUT}, headers=EVENTS))
    assert [name for name, _ in sent] == ["passages", "answer"]
    assert sent[1][1]["status"] == "no_answer"


def test_an_error_in_a_stream_is_the_one_error_body(client: httpx.Client) -> None:
    ((name, body),) = events(client.post("/v1/ask", json={"question": "?!"}, headers=EVENTS))
    assert name == "error"
    assert body["error"]["type"] == "invalid_request"  # type: ignore[index]


def test_a_full_line_turns_away_and_loses_nothing(
    small: Pincite, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Line(at_once=1, waiting=1)
    monkeypatch.setattr("pincite.api.service.Line", lambda *_: line)
    reader, opened = held(small, at_once=1, waiting=1)
    app = create_app(opened.settings, lambda _: opened)
    client = serve(app)
    wait_until(lambda: reader.asked)  # the service's own first question, to warm up
    with ThreadPoolExecutor(2) as asking:
        waiting = [
            asking.submit(client.get, "/v1/ask", params={"q": question})
            for question in (SHUT, SHIPS)
        ]
        # Both have to stand in line before a third comes, or it takes the second's place.
        wait_until(lambda: line.inside == len(waiting))
        for headers in ({}, EVENTS):
            turned = client.post("/v1/ask", json={"question": "Who waits?"}, headers=headers)
            assert turned.status_code == 503
            assert turned.json()["error"]["type"] == "service_busy"
            assert int(turned.headers["retry-after"]) >= 1
        reader.go.set()
        assert [done.result().json()["answer"] for done in waiting] == ["41", "17"]
    assert "Who waits?" not in reader.asked
    assert client.get("/v1/ask", params={"q": SHIPS}).status_code == 200


def test_a_stream_has_its_place_before_its_events_are_read(small: Pincite) -> None:
    go = threading.Event()

    async def receive() -> dict[str, object]:
        await asyncio.sleep(30)
        return {"type": "http.disconnect"}

    def ask(on_stage: OnStage) -> Answer:
        assert go.wait(timeout=30)
        return small.ask(SHUT, on_stage=on_stage)

    async def streaming() -> None:
        line = Line(at_once=1, waiting=1)
        request = Request({"type": "http"}, receive)
        line.stream(request, ask)
        read = line.stream(request, ask)
        for _ in range(2):
            with pytest.raises(ServiceBusy):
                line.stream(request, ask)
        with pytest.raises(ServiceBusy):
            await line.answer(request, ask)
        assert line.inside == 2
        go.set()
        assert [event.split()[1] async for event in read][-1] == b"answer"
        # The first was never read, and has left the line all the same.
        assert line.inside == 0

    asyncio.run(streaming())


def test_who_waits_in_every_thread_does_not_hide_that_the_service_is_up(
    small: Pincite, serve: Serve
) -> None:
    go = threading.Event()
    asked: list[object] = []

    def opener(settings: object) -> Pincite:
        asked.append(settings)
        assert go.wait(timeout=60)
        return small

    client = serve(create_app(small.settings, opener))
    wait_until(lambda: asked)
    with ThreadPoolExecutor(44) as asking:
        waiting = [asking.submit(client.get, "/v1/articles") for _ in range(44)]
        time.sleep(1)  # as many threads as the service has (anyio's 40) are taken
        try:
            assert client.get("/healthz", timeout=10).status_code == 200
        finally:
            go.set()
        assert {done.result().status_code for done in waiting} == {200}


def test_who_hangs_up_while_waiting_is_not_read_for(small: Pincite, serve: Serve) -> None:
    reader, opened = held(small, at_once=1, waiting=8)
    client = serve(create_app(opened.settings, lambda _: opened))
    with ThreadPoolExecutor(1) as asking:
        first = asking.submit(client.get, "/v1/ask", params={"q": SHUT})
        wait_until(lambda: SHUT in reader.asked)
        with pytest.raises(httpx.ReadTimeout):
            client.get("/v1/ask", params={"q": SHIPS}, timeout=0.2)
        with (
            pytest.raises(httpx.ReadTimeout),
            client.stream(
                "POST", "/v1/ask", json={"question": SHIPS}, headers=EVENTS, timeout=0.2
            ) as stream,
        ):
            stream.read()
        time.sleep(0.5)  # several looks whether a client is still there
        reader.go.set()
        assert first.result().json()["answer"] == "41"
    assert client.get("/v1/ask", params={"q": "Who counted?"}).status_code == 200
    assert SHIPS not in reader.asked


def test_the_callback_of_a_stage_can_end_the_asking(small: Pincite) -> None:
    class Enough(Exception):
        pass

    def end(_: object) -> None:
        raise Enough

    reader = HeldReader()
    opened = Pincite(small.index, replace(small.models, reader=reader), small.settings)
    with pytest.raises(Enough):
        opened.ask(SHUT, on_stage=end)
    assert reader.asked == []
    assert replace(small.ask(SHUT), took_ms=None) == replace(  # type: ignore[arg-type]
        small.ask(SHUT, on_stage=lambda _: None),
        took_ms=None,  # type: ignore[arg-type]
    )
