"""How much of a request is taken, how slowly, how deeply nested; as raw bytes where need be."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Iterator

import httpx
import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st

from pincite.api import incoming
from pincite.api.app import create_app
from pincite.api.incoming import JsonTooDeep, _Depth
from pincite.api.serving import server_config
from pincite.qa.ask import Pincite
from tests.conftest import Serve, running
from tests.test_api_errors import JSON, assert_error

ASK = "/v1/ask"


@pytest.fixture(scope="module")
def tight(small: Pincite) -> Iterator[httpx.Client]:
    """A service as `pincite serve` runs it, with small limits."""
    settings = small.settings.model_copy(
        update={"body_s": 0.5, "head_s": 0.5, "head_bytes": 2048, "json_depth": 4, "port": 0}
    )
    app = create_app(settings, lambda _: small)
    with running(uvicorn.Server(server_config(app, settings))) as client:
        yield client


def exchange(client: httpx.Client, *parts: bytes, pause_s: float = 0.0) -> bytes:
    """Send the parts as they are, and receive until the service closes."""
    address = (client.base_url.host, client.base_url.port)
    received = b""
    with (
        socket.create_connection(address, timeout=10) as connection,
        contextlib.suppress(ConnectionError),  # closed before all was sent
    ):
        for part in parts:
            connection.sendall(part)
            time.sleep(pause_s)
        while part := connection.recv(65536):
            received += part
    return received


def closes_after_s(client: httpx.Client, *parts: bytes, pause_s: float = 0.0) -> float:
    began = time.perf_counter()
    exchange(client, *parts, pause_s=pause_s)
    return time.perf_counter() - began


HEAD = b"POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


def test_a_body_that_does_not_come(tight: httpx.Client) -> None:
    for parts in (
        [HEAD + b"Content-Length: 100\r\n\r\n"],
        [HEAD + b"Content-Length: 100\r\n\r\n{"],
        [HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"],
    ):
        began = time.perf_counter()
        answer = exchange(tight, *parts)
        assert 0.4 < time.perf_counter() - began < 5
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 408 ")
        assert b"connection: close" in head.lower()
        assert json.loads(body)["error"]["type"] == "body_too_slow"


def test_a_body_that_trickles(tight: httpx.Client) -> None:
    head = HEAD + b"Content-Length: 100\r\n\r\n"
    assert closes_after_s(tight, head, *[b" "] * 8, pause_s=0.15) < 5


def test_a_large_body_has_more_time(tight: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming, "SLOWEST", 20)  # bytes a second
    parts = [b'{"question": "', *[b"who came? "] * 8, b'"}']
    length = sum(map(len, parts))
    head = HEAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % length
    # 1.5 s, thrice the limit of a body without length.
    assert b"200 OK" in exchange(tight, head, *parts, pause_s=0.15)


def test_a_slow_answer_is_no_slow_body(small: Pincite, serve: Serve) -> None:
    settings = small.settings.model_copy(update={"body_s": 0.2})

    def slowly(_: object) -> Pincite:
        time.sleep(0.5)
        return small

    client = serve(create_app(settings, slowly))
    assert client.post(ASK, json={"question": "who came?"}).status_code == 200


def test_a_head_that_does_not_come(tight: httpx.Client) -> None:
    for parts in ([], [b"GET"], [b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"]):
        assert 0.4 < closes_after_s(tight, *parts) < 20
    trickle = [b"GET /healthz HTTP/1.1\r\n", *[b"X-Slow: 1\r\n"] * 10]
    assert closes_after_s(tight, *trickle, pause_s=0.1) < 20
    # As the second request of a connection too.
    whole = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert 0.4 < closes_after_s(tight, whole, b"GET /healthz") < 20


OWED = b"Content-Length: 20\r\n\r\n"


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n", 200),
        (b"POST /v1/ask HTTP/1.1\r\nHost: evil.example\r\n", 421),
        (b"POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n", 403),
    ],
)
def test_the_rest_of_a_body_that_was_answered_before_is_not_waited_for(
    tight: httpx.Client, head: bytes, status: int
) -> None:
    for parts in (
        [head + OWED, b"1"],  # whereupon uvicorn waits for the rest without an end
        [head + OWED, *[b"1"] * 15],
        [head + OWED, b"1" * 20],  # and no other request comes
        [head + OWED, b"1" * 20 + b"GET /healthz"],
    ):
        began = time.perf_counter()
        answer = exchange(tight, *parts, pause_s=0.1)
        # Who goes on sending when it is closed may lose the answer to that.
        assert answer.startswith(b"HTTP/1.1 %d " % status) or (not answer and len(parts) > 2)
        assert 0.4 < time.perf_counter() - began < 5


def test_a_body_that_was_answered_before_and_comes_in_time_does_no_harm(
    tight: httpx.Client,
) -> None:
    early = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + OWED
    asked = b'{"question": "who came?"}'
    head = HEAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(asked)
    # The second request begins with the first one's end, and takes longer than a head may.
    parts = [early, b"1" * 10, b"1" * 10 + head + asked[:5], asked[5:15], asked[15:]]
    answers = exchange(tight, *parts, pause_s=0.2)
    assert answers.count(b"HTTP/1.1 200 OK") == 2


def test_a_connection_is_kept_between_requests_that_come_in_time(tight: httpx.Client) -> None:
    whole = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    last = whole.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    answers = exchange(tight, whole, whole, last, pause_s=0.7)
    assert answers.count(b"HTTP/1.1 200 OK") == 3


def test_head_and_address_over_the_limit(tight: httpx.Client) -> None:
    long = tight.get("/v1/articles/" + "a" * 2048)
    assert_error(long, 414, "address_too_long")
    assert_error(tight.get("/v1/ask?q=" + "a" * 2048), 414, "address_too_long")
    assert_error(tight.get("/healthz", headers={"X-Much": "a" * 2048}), 431, "headers_too_large")
    many = {f"X-{n}": "a" for n in range(600)}
    assert_error(tight.get("/healthz", headers=many), 431, "headers_too_large")
    assert tight.get("/v1/ask?q=who&x=" + "a" * 1000).status_code == 200
    endless = exchange(tight, b"GET / HTTP/1.1\r\nX-Much: " + b"a" * 1_000_000)
    assert endless == b"" or endless.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "sent",
    [b"\r\n\r\n", b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00\x01",
     b"\0" * 100,
     b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
     b"POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
     b"POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
     b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n",
     b"GET / HTTP/1.1\r\nHost: a\r\nHost: localhost\r\n\r\n",
     b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
     b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
)  # fmt: skip
def test_what_is_no_http_is_refused_and_harms_nobody(tight: httpx.Client, sent: bytes) -> None:
    answer = exchange(tight, sent)
    assert answer == b"" or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 501"))
    assert tight.get("/healthz").status_code == 200


def nested(depth: int) -> bytes:
    return b'{"question": ' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


def test_a_body_nested_too_deeply(tight: httpx.Client) -> None:
    message = assert_error(tight.post(ASK, content=nested(5), headers=JSON), 400, "invalid_request")
    assert message == "the body is nested more than 4 deep"
    assert_error(tight.post(ASK, content=nested(4), headers=JSON), 422, "invalid_request")
    brackets = json.dumps({"question": 'who [[[[[[ "{{{{{{ \\" came?'})
    assert tight.post(ASK, content=brackets, headers=JSON).status_code == 200


def depth(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth, value), default=0)
    return 0


@given(
    st.recursive(
        st.text('"\\[]{}a', max_size=8) | st.none(),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text('"\\[{'), inner, max_size=3)
        ),
        max_leaves=12,
    ),
    st.integers(1, 7),
    st.integers(1, 6),
)
def test_the_depth_is_that_of_the_parsed_value(value: object, step: int, most: int) -> None:
    body = json.dumps(value).encode()
    follows = _Depth(most)
    try:
        for at in range(0, len(body), step):
            follows.follow(body[at : at + step])
    except JsonTooDeep:
        assert depth(value) > most
    else:
        assert depth(value) <= most
