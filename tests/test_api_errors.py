"""One error body for everything that can go wrong, over every route."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from pincite.api.app import create_app
from pincite.api.pages import headers_of
from pincite.qa.ask import Pincite
from pincite.settings import Settings, load_settings
from tests.conftest import Serve, open_with_fakes

JSON = {"Content-Type": "application/json"}
READS_THE_INDEX = [
    ("GET", "/v1/ask?q=who+came"),
    ("POST", "/v1/ask"),
    ("GET", "/v1/search?q=who+came"),
    ("GET", "/v1/articles"),
    ("GET", "/v1/articles/harbour"),
    ("GET", "/v1/articles/harbour/annotation?start=0&end=7"),
    ("GET", "/v1/articles/harbour/reference"),
    ("GET", "/v1/articles/harbour/pages?start=0&end=7"),
    ("GET", "/v1/articles/harbour/pages/1.png"),
    ("GET", "/v1/examples"),
    ("GET", "/readyz"),
    ("GET", "/articles/harbour"),
]
CHANGES = [("POST", "/v1/articles"), ("DELETE", "/v1/articles/harbour")]
ROUTES = [
    *READS_THE_INDEX,
    *CHANGES,
    ("GET", "/v1/jobs/harbour"),
    ("GET", "/v1/collections"),
    ("GET", "/healthz"),
    ("GET", "/"),
    ("GET", "/docs"),
    ("GET", "/favicon.ico"),
    ("GET", "/openapi.json"),
    ("GET", "/static/chat.js"),
]

# Their errors have another form: tests/test_openai.py.
OPENAI = {("POST", "/v1/chat/completions"), ("GET", "/v1/models"), ("GET", "/v1/models/{name}")}


def assert_error(response: httpx.Response, status: int, type_: str) -> str:
    """The one error body, the headers of every response, no trace. Returns the message."""
    assert response.status_code == status, response.text
    body = response.json()
    assert list(body) == ["error"]
    assert list(body["error"]) == ["type", "message", "hint"]
    assert body["error"]["type"] == type_
    message, hint = body["error"]["message"], body["error"]["hint"]
    for line in (message, hint):
        assert isinstance(line, str)
        assert line.strip()
        assert "\n" not in line
    assert "Traceback" not in response.text
    assert ".py" not in response.text
    assert response.headers["Content-Type"] == "application/json"
    for name, value in headers_of(response.url.path).items():
        assert response.headers[name] == value
    return str(message)


class Bad(NamedTuple):
    """A request that can't be taken, and what becomes of it."""

    name: str
    status: int
    type: str
    method: str
    path: str
    content: bytes | None = None
    headers: dict[str, str] = JSON


def invalid(name: str, body: Any, status: int = 422) -> Bad:  # noqa: ANN401
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Bad(name, status, "invalid_request", "POST", "/v1/ask", content)


def bad_get(name: str, path: str) -> Bad:
    return Bad(name, 422, "invalid_request", "GET", path)


def missing(name: str, path: str, type_: str = "not_found") -> Bad:
    return Bad(name, 404, type_, "GET", path)


TURN = {"question": "who came?", "answer": "Ada"}
BAD = [
    invalid("empty question", {"question": ""}),
    invalid("blank question", {"question": " \n\t\u00a0"}),
    invalid("punctuation only", {"question": "?! … —"}),
    invalid("over-long question", {"question": "who " * 300}),
    invalid("question is a number", {"question": 7}),
    invalid("question is null", {"question": None}),
    invalid("question is a list", {"question": ["who came?"]}),
    invalid("no question", {}),
    invalid("no question but history", {"history": [TURN]}),
    invalid("unknown field", {"question": "who came?", "colour": "red"}),
    invalid("unknown field with a lone surrogate", b'{"question": "who came?", "\\ud800": 1}'),
    invalid("body is a list", []),
    invalid("body is a string", "who came?"),
    invalid("body is null", None),
    invalid("no body", b""),
    invalid("not JSON", b'{"question": ', 400),
    invalid("not UTF-8", b'{"question": "\xff\xfe"}', 400),
    invalid("nested without end", b'{"question": ' + b"[" * 200_000, 400),
    invalid("a number of 5000 digits", b'{"question": "who?", "limit": ' + b"9" * 5000 + b"}", 400),
    invalid("NUL in the question", {"question": "who\0came?"}),
    invalid("NUL in the history", {"question": "who?", "history": [{"question": "a\0b"}]}),
    invalid("lone surrogate in the question", b'{"question": "who \\ud800 came?"}'),
    invalid(
        "lone surrogate in the history", b'{"question":"a","history":[{"question":"\\udc00"}]}'
    ),
    invalid("history is a string", {"question": "who came?", "history": "before"}),
    invalid("history is an object", {"question": "who came?", "history": TURN}),
    invalid("history of strings", {"question": "who came?", "history": ["who came?"]}),
    invalid("a turn without a question", {"question": "who?", "history": [{"answer": "Ada"}]}),
    invalid("a turn with a field too many", {"question": "who?", "history": [TURN | {"n": 1}]}),
    invalid("a turn's answer is a number", {"question": "a", "history": [TURN | {"answer": 1}]}),
    invalid("too many turns", {"question": "who came?", "history": [TURN] * 21}),
    invalid("an over-long turn", {"question": "a", "history": [TURN | {"question": "who " * 300}]}),
    invalid("too many articles", {"question": "who?", "articles": ["harbour"] * 1001}),
    invalid("too many publishers", {"question": "who?", "publishers": ["Courier"] * 1001}),
    invalid("limit 0", {"question": "who came?", "limit": 0}),
    invalid("limit 51", {"question": "who came?", "limit": 51}),
    invalid("limit x", {"question": "who came?", "limit": "x"}),
    invalid("limit 1.5", {"question": "who came?", "limit": 1.5}),
    Bad("as text", 422, "invalid_request", "POST", "/v1/ask", b'{"question": "who?"}', {}),
    Bad(
        "as a form",
        422,
        "invalid_request",
        "POST",
        "/v1/ask",
        b"question=who",
        {"Content-Type": "application/x-www-form-urlencoded"},
    ),
    bad_get("ask without q", "/v1/ask"),
    bad_get("ask with empty q", "/v1/ask?q="),
    bad_get("ask with blank q", "/v1/ask?q=%20%0A"),
    bad_get("ask with punctuation", "/v1/ask?q=%3F%21"),
    bad_get("ask over-long", "/v1/ask?q=" + "who+" * 300),
    bad_get("ask with NUL", "/v1/ask?q=who%00came"),
    bad_get("ask with bytes that are not UTF-8 only", "/v1/ask?q=%ff%fe"),
    bad_get("ask limit 0", "/v1/ask?q=who&limit=0"),
    bad_get("ask limit 51", "/v1/ask?q=who&limit=51"),
    bad_get("ask limit x", "/v1/ask?q=who&limit=x"),
    bad_get("search without q", "/v1/search"),
    bad_get("search with empty q", "/v1/search?q="),
    bad_get("search over-long", "/v1/search?q=" + "who+" * 300),
    bad_get("search with NUL", "/v1/search?q=%00who"),
    bad_get("search limit 0", "/v1/search?q=who&limit=0"),
    bad_get("search limit 51", "/v1/search?q=who&limit=51"),
    bad_get("search limit x", "/v1/search?q=who&limit=x"),
    bad_get("article page, start is a word", "/articles/harbour?start=x&end=9"),
    bad_get("article page, end is a fraction", "/articles/harbour?start=1&end=9.5"),
    bad_get("annotation of no words", "/v1/articles/harbour/annotation"),
    bad_get("annotation of empty words", "/v1/articles/harbour/annotation?start=5&end=5"),
    bad_get("annotation past the end", "/v1/articles/harbour/annotation?start=5&end=5000"),
    bad_get("annotation, start is a word", "/v1/articles/harbour/annotation?start=x&end=9"),
    missing("unknown article", "/v1/articles/nothing", "article_not_found"),
    missing("unknown article with odd characters", "/v1/articles/a%00%0Ab", "article_not_found"),
    missing("unknown article page", "/articles/nothing?start=1&end=2", "article_not_found"),
    missing("unknown path", "/nothing"),
    missing("unknown API path", "/v1/nothing"),
    missing("an article of an article", "/v1/articles/harbour/text"),
    missing("unknown static file", "/static/nothing.js"),
    missing("a file outside of static", "/static/..%2Ftemplates%2Farticle.html"),
    missing("unknown asset of the documentation", "/docs/assets/nothing.js"),
]


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
def test_a_request_that_cant_be_taken(client: httpx.Client, bad: Bad) -> None:
    response = client.request(bad.method, bad.path, content=bad.content, headers=bad.headers)
    assert_error(response, bad.status, bad.type)


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_wrong_method(client: httpx.Client, method: str, path: str) -> None:
    bare = path.split("?")[0]
    taken = {m for m, p in ROUTES if p.split("?")[0] == bare}
    for wrong in {"GET", "POST", "PUT", "DELETE", "PATCH"} - taken:
        response = client.request(wrong, bare)
        assert_error(response, 405, "method_not_allowed")
    assert method in taken


def test_the_routes_above_are_all_there_are(client: httpx.Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    described = {
        (method.upper(), path.replace("{id}", "harbour").replace("{number}", "1"))
        for path, methods in paths.items()
        for method in methods
    }
    assert described <= OPENAI | {(method, path.split("?")[0]) for method, path in ROUTES}


def test_what_is_wrong_is_said(client: httpx.Client) -> None:
    def message(body: object) -> str:
        return assert_error(client.post("/v1/ask", json=body), 422, "invalid_request")

    assert message({"question": "?"}) == "the question has no words"
    assert message({"question": "a" * 1001}) == "the question is longer than 1000 characters"
    assert message({}) == "question: Field required"
    assert message({"question": "a", "limit": 51}).startswith("limit: ")
    assert message({"question": "a", "history": [{}]}) == "history.0.question: Field required"
    assert "21" not in message({"question": "a", "history": [TURN] * 21})
    unknown = client.get("/v1/articles/nothing").json()["error"]
    assert unknown["message"] == "no article 'nothing'"
    assert unknown["hint"] == "GET /v1/articles lists them."


def test_the_longest_question_and_history_are_taken(client: httpx.Client) -> None:
    body = {"question": "a" * 1000, "history": [TURN] * 20, "limit": 50}
    assert client.post("/v1/ask", json=body).status_code == 200


def test_a_body_over_the_limit(small: Pincite, serve: Serve) -> None:
    client = serve(
        create_app(small.settings.model_copy(update={"body_bytes": 1024}), lambda _: small)
    )
    padded = json.dumps({"question": "How many days was the harbour shut?"}).encode()
    padded += b" " * (1025 - len(padded))

    def chunks(body: bytes) -> Iterator[bytes]:
        yield body[:500]
        yield body[500:]

    declared = client.post("/v1/ask", content=padded, headers=JSON)
    message = assert_error(declared, 413, "body_too_large")
    assert message == "the body is larger than 1024 bytes"
    chunked = client.post("/v1/ask", content=chunks(padded), headers=JSON)
    assert "content-length" not in chunked.request.headers
    assert assert_error(chunked, 413, "body_too_large") == message
    assert client.post("/v1/ask", content=padded[:-1], headers=JSON).status_code == 200
    assert client.post("/v1/ask", content=chunks(padded[:-1]), headers=JSON).status_code == 200


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_bug_inside_is_told_to_the_log_only(
    small: Pincite, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    def opener(_: Settings) -> Pincite:
        raise RuntimeError("a secret of the inside")

    client = serve(create_app(small.settings, opener))
    for method, path in READS_THE_INDEX:
        caplog.clear()
        with caplog.at_level(logging.ERROR, "pincite.api"):
            body = {"question": "who came?"} if method == "POST" else None
            response = client.request(method, path, json=body)
        assert_error(response, 500, "internal_error")
        assert "secret" not in response.text
        logged = [record for record in caplog.records if record.name == "pincite.api"]
        assert [str(record.exc_info and record.exc_info[1]) for record in logged] == [
            "a secret of the inside"
        ]
    assert client.get("/healthz").status_code == 200


def test_without_an_index_every_route_that_needs_one_says_so(tmp_path: Path, serve: Serve) -> None:
    settings = load_settings(index=tmp_path / "index")
    client = serve(create_app(settings, open_with_fakes))
    for method, path in READS_THE_INDEX:
        body = {"question": "who came?"} if method == "POST" else None
        response = client.request(method, path, json=body)
        assert_error(response, 503, "index_missing")
        hint = response.json()["error"]["hint"]
        # What is ready says, too, that the index is being built from the documents.
        assert hint == "Run `pincite index` first." or path == "/readyz"
