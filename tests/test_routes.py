"""HTTP's own side: HEAD, OPTIONS, Allow, ETags and gzip."""

from __future__ import annotations

import gzip

import httpx
import pytest

PATHS = ["/", "/docs", "/articles/harbour", "/v1/articles", "/v1/ask?q=who+came", "/healthz",
         "/readyz", "/static/chat.js", "/docs/assets/swagger-ui.css", "/openapi.json", "/metrics",
         "/favicon.ico"]  # fmt: skip
TAGGED = ["/", "/docs", "/articles/harbour", "/static/chat.js", "/static/chat.css", "/favicon.ico"]


@pytest.mark.parametrize("path", PATHS)
def test_head_is_get_without_the_body(client: httpx.Client, path: str) -> None:
    got = client.get(path)
    head = client.head(path)
    assert head.status_code == got.status_code == 200
    assert head.content == b""
    assert got.content != b""
    # How a body is sent need not be said of one that isn't (RFC 9112, section 6.1).
    changing = {"date", "x-request-id", "transfer-encoding"} | (
        {"content-length"} if "ask" in path or path == "/metrics" else set()
    )
    assert {n: v for n, v in head.headers.items() if n not in changing} == {
        n: v for n, v in got.headers.items() if n not in changing
    }


def test_head_of_what_is_not_there(client: httpx.Client) -> None:
    head = client.head("/v1/articles/nothing")
    assert (head.status_code, head.content) == (404, b"")
    assert client.head("/nothing").status_code == 404


@pytest.mark.parametrize(
    ("path", "methods"),
    [("/v1/ask", "GET, HEAD, OPTIONS, POST"), ("/v1/articles", "GET, HEAD, OPTIONS, POST"),
     ("/articles/any", "GET, HEAD, OPTIONS"), ("/static/chat.js", "GET, HEAD, OPTIONS"),
     ("/openapi.json", "GET, HEAD, OPTIONS")],
)  # fmt: skip
def test_options_and_a_wrong_method_say_what_is_allowed(
    client: httpx.Client, path: str, methods: str
) -> None:
    options = client.options(path)
    assert (options.status_code, options.content) == (204, b"")
    assert options.headers["Allow"] == methods
    wrong = client.delete(path)
    assert wrong.status_code == 405
    assert wrong.headers["Allow"] == methods


def test_options_of_what_is_not_there(client: httpx.Client) -> None:
    assert client.options("/nothing").status_code == 404


@pytest.mark.parametrize("path", TAGGED)
def test_what_the_client_has_is_not_sent_again(client: httpx.Client, path: str) -> None:
    first = client.get(path)
    tag = first.headers["ETag"]
    assert "no-cache" in first.headers["Cache-Control"]
    for held in (tag, f'"other", {tag}', "*"):
        again = client.get(path, headers={"If-None-Match": held})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == tag
        assert again.headers["Cache-Control"] == first.headers["Cache-Control"]
    for other in ('"other"', ""):
        again = client.get(path, headers={"If-None-Match": other})
        assert (again.status_code, again.content) == (200, first.content)


def test_a_page_with_another_mark_is_another_page(client: httpx.Client) -> None:
    tag = client.get("/articles/harbour?start=0&end=7").headers["ETag"]
    other = client.get("/articles/harbour?start=0&end=8", headers={"If-None-Match": tag})
    assert other.status_code == 200


def test_answers_are_not_kept(client: httpx.Client) -> None:
    for path in ("/v1/articles", "/v1/ask?q=who+came", "/readyz", "/metrics"):
        assert client.get(path).headers["Cache-Control"] == "no-store"


def test_what_is_long_is_packed(client: httpx.Client) -> None:
    for path in ("/static/chat.js", "/articles/harbour", "/openapi.json"):
        with client.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as packed:
            raw = b"".join(packed.iter_raw())
        plain = client.get(path, headers={"Accept-Encoding": "identity"})
        assert packed.headers["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in packed.headers["Vary"]
        assert gzip.decompress(raw) == plain.content
        assert len(raw) < len(plain.content)
    assert "content-encoding" not in client.get("/healthz").headers


def test_a_part_of_a_file_is_that_part(client: httpx.Client) -> None:
    whole = client.get("/static/pincite.css").content
    part = client.get("/static/pincite.css", headers={"Range": "bytes=1000-3999"})
    assert part.status_code == 206
    assert part.content == whole[1000:4000]


def test_a_stream_is_not_held_back_to_be_packed(client: httpx.Client) -> None:
    headers = {"Accept": "text/event-stream", "Accept-Encoding": "gzip"}
    body = {"question": "How many days was the harbour shut?"}
    with client.stream("POST", "/v1/ask", json=body, headers=headers) as stream:
        assert "content-encoding" not in stream.headers
        assert b"event: answer" in stream.read()
