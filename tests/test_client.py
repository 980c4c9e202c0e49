"""Pincite from Python: over HTTP and in this process, the same."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import httpx
import pytest

import pincite
from pincite.api.client import Client, Opened
from pincite.errors import (
    ArticleNotFound,
    InvalidRequest,
    PageNotFound,
    PinciteError,
    ServiceError,
)
from pincite.qa.answer import Answer, Status, Took, Turn
from pincite.qa.ask import Pincite
from tests.conftest import Serve
from tests.test_api import SEEDS_QUESTIONS, SHUT


def timeless(answer: Answer) -> Answer:
    return replace(answer, took_ms=Took(0, 0, 0))


@pytest.mark.parametrize("question", SEEDS_QUESTIONS)
def test_an_answer_is_the_same_over_http(
    seeds_client: httpx.Client, seeds: Pincite, question: str
) -> None:
    here = Opened(seeds)
    history = [Turn("Was there a raid?", "")]
    with Client(f"{seeds_client.base_url}") as there:
        assert timeless(there.ask(question)) == timeless(here.ask(question))
        assert timeless(there.ask(question, history, 1)) == timeless(here.ask(question, history, 1))
        assert there.search(question, 3) == here.search(question, 3)
        assert isinstance(there.ask(question).status, Status)


def test_the_articles_are_the_same_over_http(seeds_client: httpx.Client, seeds: Pincite) -> None:
    here = Opened(seeds)
    with Client(f"{seeds_client.base_url}/") as there:
        assert there.articles() == here.articles()
        for row in here.articles():
            assert there.article(row.id) == here.article(row.id)


def test_refusals_are_the_same_over_http(client: httpx.Client, small: Pincite) -> None:
    with Client(str(client.base_url)) as there:
        for library in (there, Opened(small)):
            with pytest.raises(InvalidRequest) as invalid:
                library.ask("?!")
            assert invalid.value.message == "the question has no words"
            assert invalid.value.hint == "Ask in words, such as: who said so?"
            with pytest.raises(ArticleNotFound, match=r"no article 'a\?b'"):
                library.article("a?b")


def answering(status: int, body: bytes, kind: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@contextmanager
def client_of(status: int, body: bytes, kind: str = "application/json") -> Iterator[Client]:
    """A client of a service that answers that, once."""
    with HTTPServer(("127.0.0.1", 0), answering(status, body, kind)) as server:
        Thread(target=server.handle_request, daemon=True).start()
        with Client(f"http://127.0.0.1:{server.server_port}") as client:
            yield client


def asked(status: int, body: bytes) -> Answer:
    """What a client makes of a service that answers that."""
    with client_of(status, body) as client:
        return client.ask(SHUT)


def test_what_a_newer_service_says_besides_does_no_harm(small: Pincite) -> None:
    given = small.ask(SHUT)
    body = given.to_dict()
    body["mood"] = "sunny"
    body["accounts"][0]["sentence"] = "The harbour was shut for 41 days after the storm."
    body["citations"][0]["article"]["language"] = "en"
    assert asked(200, json.dumps(body).encode()) == given


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (200, b"<html>", "doesn't answer as Pincite does"),
        (200, b"[]", "doesn't answer as Pincite does"),
        (200, b'{"answer": "41"}', "doesn't answer as Pincite does"),
        (503, b'{"error": {"type": "service_busy", "message": "wait"}}', "answered 503: wait"),
        (500, b"{}", "answered 500: with no reason"),
    ],
)
def test_a_service_that_fails(status: int, body: bytes, message: str) -> None:
    with pytest.raises(ServiceError, match=message) as caught:
        asked(status, body)
    assert caught.value.hint


STRANGE = "doesn't answer as Pincite does"


@pytest.mark.parametrize(
    "body",
    [b"{}", b'{"results": null}', b'{"results": {}}', b'{"results": ["harbour"]}',
     b'{"results": [{}]}', b"[]", b""],
)  # fmt: skip
def test_a_search_of_what_is_no_pincite(body: bytes) -> None:
    with client_of(200, body) as client, pytest.raises(ServiceError, match=STRANGE):
        client.search(SHUT)


def test_a_search_that_finds_nothing() -> None:
    with client_of(200, b'{"results": []}') as client:
        assert client.search(SHUT) == []


@pytest.mark.parametrize(
    ("status", "kind"),
    [(302, "text/html"), (302, "image/png"), (200, "text/html"), (204, "image/png"),
     (404, "text/html"), (200, "application/json")],
)  # fmt: skip
def test_a_picture_that_is_none(status: int, kind: str) -> None:
    body = b"{}" if kind == "application/json" else b"<p>Log in first."
    with client_of(status, body, kind) as client, pytest.raises(ServiceError, match=STRANGE):
        client.picture("harbour", 1)


def test_a_picture_that_is_refused() -> None:
    body = b'{"error": {"type": "page_not_found", "message": "no page 9"}}'
    with client_of(404, body) as client, pytest.raises(PageNotFound, match="no page 9"):
        client.picture("harbour", 9)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://[::", "nothing"])
def test_no_service(url: str) -> None:
    with pytest.raises(ServiceError) as caught, Client(url) as client:
        client.ask(SHUT)
    assert caught.value.hint


def test_a_service_that_is_slow(small: Pincite, serve: Serve) -> None:
    from pincite.api.app import create_app
    from tests.test_line import held

    reader, opened = held(small, at_once=4, waiting=4)
    there = serve(create_app(opened.settings, lambda _: opened))
    with (
        Client(str(there.base_url), timeout_s=0.2) as client,
        pytest.raises(ServiceError, match="took too long"),
    ):
        client.ask(SHUT)
    reader.go.set()


def test_opening_says_what_is_missing(tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(PinciteError, match="there is no index in"):
        pincite.open(index=tmp_path_factory.mktemp("nothing"))


def test_the_package_loads_nothing_until_a_door_is_used() -> None:
    code = (
        "import sys, pincite\n"
        "assert not {'httpx', 'pydantic', 'numpy', 'torch'} & set(sys.modules)\n"
        "assert pincite.Client.__name__ == 'Client' and callable(pincite.open)\n"
        "try: pincite.nothing\n"
        "except AttributeError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "module 'pincite' has no attribute 'nothing'\n"


@pytest.mark.models
def test_the_real_index_in_this_process(real: Pincite) -> None:
    library = pincite.open(index=real.settings.index)
    assert "Gladkov" in (library.ask("Who is the governor of Belgorod?").answer or "")
