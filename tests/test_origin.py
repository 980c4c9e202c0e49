"""Where a request comes from: its Host, its Origin, CORS, and the headers that bind the pages."""

from __future__ import annotations

import httpx
import pytest

from pincite.api.app import create_app
from pincite.api.origin import is_loopback
from pincite.qa.ask import Pincite
from tests.conftest import Serve

FRIEND = "https://friend.example"
STRANGER = "https://stranger.example"


@pytest.mark.parametrize(
    ("host", "is_this_machine"),
    [("127.0.0.1", True), ("127.8.9.1", True), ("::1", True), ("localhost", True),
     ("0.0.0.0", False), ("::", False), ("192.168.1.2", False), ("", False),
     ("localhost.example.org", False), ("::ffff:127.0.0.1", False)],
)  # fmt: skip
def test_loopback(host: str, is_this_machine: bool) -> None:
    assert is_loopback(host) is is_this_machine


def status(client: httpx.Client, host: str) -> int:
    return client.get("/v1/articles", headers={"Host": host}).status_code


def test_on_loopback_a_foreign_name_is_refused(client: httpx.Client) -> None:
    for host in ("localhost", "LOCALHOST:8000", "127.0.0.1:1", "[::1]:8000", "[::1]"):
        assert status(client, host) == 200
    for host in ("evil.example", "evil.example:8000", "127.0.0.1.evil.example", "[::2]:8000",
                 "localhost@evil.example", "127.0.0.2", "::1:8000", "localhost:80:80"):  # fmt: skip
        assert status(client, host) == 421
    refused = client.get("/", headers={"Host": "evil.example"})
    assert refused.json()["error"]["type"] == "wrong_host"
    assert "evil" not in refused.text


def test_the_names_of_the_setting(small: Pincite, serve: Serve) -> None:
    def serving(**settings: str) -> httpx.Client:
        changed = small.settings.model_copy(update=settings)
        return serve(create_app(changed, lambda _: small))

    named = serving(host="0.0.0.0", hosts="docs.example.org, other.example:8443")
    for host in ("docs.example.org", "Docs.Example.org:444", "other.example:8443", "localhost"):
        assert status(named, host) == 200
    for host in ("other.example", "example.org", "x.docs.example.org"):
        assert status(named, host) == 421
    assert status(serving(host="0.0.0.0"), "anything.example") == 200


def test_a_foreign_page_changes_nothing(client: httpx.Client) -> None:
    def ask(**headers: str) -> httpx.Response:
        return client.post("/v1/ask", json={"question": "who came?"}, headers=headers)

    own = f"http://{client.base_url.netloc.decode()}"
    assert ask().status_code == 200
    assert ask(Origin=own).status_code == 200
    for origin in (STRANGER, "null", own + "0", "http://127.0.0.1", "file://",
                   "http://[", "http://[::1", "http://a]b"):  # fmt: skip
        refused = ask(Origin=origin)
        assert (refused.status_code, refused.json()["error"]["type"]) == (403, "wrong_origin")
    # What only reads is answered, and the browser keeps the answer from the page.
    read = client.get("/v1/articles", headers={"Origin": STRANGER})
    assert read.status_code == 200
    assert "access-control-allow-origin" not in read.headers
    assert read.headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_cors_is_closed_until_the_setting_opens_it(
    client: httpx.Client, small: Pincite, serve: Serve
) -> None:
    preflight = {"Access-Control-Request-Method": "POST",
                 "Access-Control-Request-Headers": "authorization,content-type"}  # fmt: skip
    closed = client.options("/v1/ask", headers=preflight | {"Origin": FRIEND})
    assert not [name for name in closed.headers if name.startswith("access-control")]

    settings = small.settings.model_copy(update={"origins": FRIEND})
    client = serve(create_app(settings, lambda _: small))
    opened = client.options("/v1/ask", headers=preflight | {"Origin": FRIEND})
    assert opened.status_code == 200
    assert opened.headers["Access-Control-Allow-Origin"] == FRIEND
    assert "access-control-allow-credentials" not in opened.headers
    body = {"question": "who came?"}
    asked = client.post("/v1/ask", json=body, headers={"Origin": FRIEND})
    assert asked.status_code == 200
    assert asked.headers["Access-Control-Allow-Origin"] == FRIEND
    invalid = client.post("/v1/ask", json={}, headers={"Origin": FRIEND})
    assert invalid.headers["Access-Control-Allow-Origin"] == FRIEND  # or its page can't say why
    for origin in (STRANGER, FRIEND + ".evil.example", "http://friend.example"):
        assert client.post("/v1/ask", json=body, headers={"Origin": origin}).status_code == 403
        answer = client.options("/v1/ask", headers=preflight | {"Origin": origin})
        assert "access-control-allow-origin" not in answer.headers


def test_cors_open_to_all(small: Pincite, serve: Serve) -> None:
    settings = small.settings.model_copy(update={"origins": "*"})
    client = serve(create_app(settings, lambda _: small))
    asked = client.post("/v1/ask", json={"question": "who?"}, headers={"Origin": STRANGER})
    assert asked.status_code == 200
    assert asked.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", ["/", "/articles/harbour", "/v1/articles", "/nothing", "/docs"])
def test_the_pages_run_no_script_but_ours(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    policy = {
        name: values
        for name, *values in (
            part.split() for part in headers["Content-Security-Policy"].split(";")
        )
    }
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == ["'self'"]
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == ["'none'"]
    assert "unsafe-eval" not in headers["Content-Security-Policy"]
    # Swagger UI styles its elements in place; ours don't.
    assert (policy["style-src"] == ["'self'"]) is (path != "/docs")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
