"""Who may do what: every route times every caller, and the keys that make the difference."""

from __future__ import annotations

import base64
import itertools
import json
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.routing import Mount

from pincite.api.access import needed
from pincite.api.app import create_app
from pincite.api.keys import (
    PREFIX,
    Key,
    KeyFile,
    KeyNameTaken,
    KeyNotFound,
    Keyring,
    KeysUnreadable,
    Scope,
)
from pincite.qa.ask import Pincite
from pincite.settings import Settings, load_settings
from tests.conftest import Serve, served

READ, WRITE, OPEN = Scope.READ, Scope.WRITE, None
# Every route there is: what a key must open for it, and an address that it answers with 200 to
# who may ask. A new route needs a row here.
ROUTES: dict[tuple[str, str], tuple[Scope | None, str]] = {
    ("POST", "/v1/ask"): (READ, "/v1/ask"),
    ("GET", "/v1/ask"): (READ, "/v1/ask?q=who+came"),
    ("GET", "/v1/search"): (READ, "/v1/search?q=who+came"),
    ("GET", "/v1/articles"): (READ, "/v1/articles"),
    ("GET", "/v1/articles/{id}"): (READ, "/v1/articles/harbour"),
    ("GET", "/v1/articles/{id}/annotation"): (
        READ,
        "/v1/articles/harbour/annotation?start=0&end=5",
    ),
    ("GET", "/v1/articles/{id}/pages"): (READ, "/v1/articles/harbour/pages?start=0&end=5"),
    ("GET", "/v1/articles/{id}/pages/{number}.png"): (READ, "/v1/articles/harbour/pages/1.png"),
    ("GET", "/v1/articles/{id}/reference"): (READ, "/v1/articles/harbour/reference"),
    ("POST", "/v1/articles"): (WRITE, "/v1/articles"),
    ("DELETE", "/v1/articles/{id}"): (WRITE, "/v1/articles/nothing"),
    ("GET", "/v1/jobs/{id}"): (READ, "/v1/jobs/nothing"),
    ("GET", "/v1/collections"): (READ, "/v1/collections"),
    ("POST", "/v1/chat/completions"): (READ, "/v1/chat/completions"),
    ("GET", "/v1/models"): (READ, "/v1/models"),
    ("GET", "/v1/models/{name:path}"): (READ, "/v1/models/pincite"),
    ("POST", "/mcp"): (READ, "/mcp"),
    ("GET", "/v1/examples"): (READ, "/v1/examples"),
    ("GET", "/metrics"): (READ, "/metrics"),
    ("GET", "/"): (READ, "/"),
    ("GET", "/docs"): (READ, "/docs"),
    ("GET", "/openapi.json"): (READ, "/openapi.json"),
    ("GET", "/articles/{id}"): (READ, "/articles/harbour"),
    ("GET", "/healthz"): (OPEN, "/healthz"),
    ("GET", "/readyz"): (OPEN, "/readyz"),
    ("GET", "/favicon.ico"): (OPEN, "/favicon.ico"),
    ("GET", "/static"): (OPEN, "/static/chat.js"),
    ("GET", "/docs/assets"): (OPEN, "/docs/assets/swagger-ui.css"),
}
# Bodies of the routes that need one to be answered with 200.
BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/v1/ask"): {"question": "who came?"},
    ("POST", "/v1/chat/completions"): {
        "model": "pincite",
        "messages": [{"role": "user", "content": "who came?"}],
    },
    ("POST", "/mcp"): {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}},
    ("POST", "/v1/articles"): {},
}
# What those say instead of 200 to who was let in, asked so that nothing is changed.
GRANTED = {
    ("POST", "/v1/articles"): 422,
    ("DELETE", "/v1/articles/{id}"): 404,
    ("GET", "/v1/jobs/{id}"): 404,
    ("GET", "/v1/articles/{id}/pages/{number}.png"): 404,
}
# Served by tests beside the real ones, for as long as the real ones change nothing.
CHANGES = [("POST", "/v1/made-up"), ("PUT", "/v1/made-up"), ("DELETE", "/v1/made-up/{id}")]

CALLERS = ["nobody", "wrong key", "revoked key", "read key", "write key"]


def routes(app: FastAPI) -> set[tuple[str, str]]:
    found = set()
    for route in app.routes:
        methods = {"GET"} if isinstance(route, Mount) else getattr(route, "methods", None) or {"*"}
        found |= {(method, str(getattr(route, "path", "?"))) for method in methods - {"HEAD"}}
    return found


def with_changes(settings: Settings, small: Pincite) -> FastAPI:
    """The service with routes that change something, which count what they were let do."""
    app = create_app(settings, lambda _: small)

    async def change() -> dict[str, str]:
        return {"done": "yes"}

    for method, path in CHANGES:
        app.add_api_route(path, change, methods=[method])
    return app


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A file of keys, and the header value of each caller."""
    file = KeyFile(tmp_path_factory.mktemp("keys") / "keys.json")
    tokens = {
        "wrong key": PREFIX + "x" * 43,
        "read key": file.add("reader", Scope.READ),
        "write key": file.add("writer", Scope.WRITE),
        "revoked key": file.add("gone", Scope.WRITE),
    }
    file.revoke("gone")
    return file.path, tokens


@pytest.fixture(scope="module")
def locked(small: Pincite, keys: tuple[Path, dict[str, str]]) -> Iterator[httpx.Client]:
    settings = small.settings.model_copy(update={"keys_file": keys[0]})
    with served(with_changes(settings, small)) as client:
        yield client


def test_every_route_is_in_the_table(client: httpx.Client, small: Pincite) -> None:
    assert routes(create_app(small.settings, lambda _: small)) == set(ROUTES)


def kind(response: httpx.Response) -> str:
    """The type of an error, which OpenAI's form has as its code."""
    error = response.json()["error"]
    return str(error.get("code", error["type"]))


def statuses(scope: Scope | None, caller: str) -> int:
    """Worked out from the page of the docs, not from the code."""
    if scope is OPEN or caller == "write key":
        return 200
    if caller == "read key":
        return 200 if scope is READ else 403
    return 401


@pytest.mark.parametrize(
    ("route", "caller"), list(itertools.product([*ROUTES, *CHANGES], CALLERS)), ids=str
)
def test_every_route_for_every_caller(
    locked: httpx.Client, keys: tuple[Path, dict[str, str]], route: tuple[str, str], caller: str
) -> None:
    scope, path = ROUTES.get(route, (WRITE, route[1].replace("{id}", "harbour")))
    token = keys[1].get(caller)
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    response = locked.request(route[0], path, json=BODIES.get(route), headers=headers)
    granted = statuses(scope, caller)
    assert response.status_code == (GRANTED.get(route, 200) if granted == 200 else granted)
    if response.status_code == 401:
        assert kind(response) == "key_needed"
        challenges = response.headers.get_list("WWW-Authenticate")
        assert [challenge.split()[0] for challenge in challenges] == ["Bearer", "Basic"]
    if response.status_code == 403:
        assert kind(response) == "forbidden"
    assert token is None or token not in response.text


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
@pytest.mark.parametrize("path", ["/v1/articles", "/articles/harbour", "/nothing"])
def test_other_methods_tell_no_more(locked: httpx.Client, method: str, path: str) -> None:
    assert locked.request(method, path).status_code == 401


@pytest.mark.parametrize(
    "path",
    ["/static/../v1/articles", "/static/%2e%2e/v1/articles", "/static//v1/articles",
     "/docs/assets/..%2f..%2fv1/articles", "//v1/articles", "/V1/articles", "/v1/articles/",
     "/healthz/../v1/articles", "/healthz%00/v1/articles"],
)  # fmt: skip
def test_no_spelling_of_a_path_gets_around_the_key(locked: httpx.Client, path: str) -> None:
    with httpx.Client(base_url=locked.base_url) as bare:
        request = bare.build_request("GET", "/")
        request.url = request.url.copy_with(raw_path=path.encode())
        response = bare.send(request)
    assert response.status_code in {401, 404}
    assert "harbour" not in response.text


def test_the_ways_to_send_a_key(locked: httpx.Client, keys: tuple[Path, dict[str, str]]) -> None:
    token = keys[1]["read key"]
    basic = base64.b64encode(f"anyone:{token}".encode()).decode()
    for headers in (
        {"Authorization": f"bearer  {token}"},
        {"X-API-Key": token},
        {"Authorization": f"Basic {basic}"},
    ):
        assert locked.get("/v1/articles", headers=headers).status_code == 200
    for headers in (
        {"Authorization": token},
        {"Authorization": f"Digest {token}"},
        {"Authorization": "Basic %%%"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer \xff\xfe"},
        {"X-API-Key": token[:-1]},
        {"X-API-Key": token.upper()},
        {"X-API-Key": keys[0].read_text().split('"digest": "')[1][:64]},  # its hash opens nothing
    ):
        sent = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        assert locked.get("/v1/articles", headers=sent).status_code == 401
    assert locked.get("/v1/articles", params={"key": token}).status_code == 401


@pytest.mark.parametrize(("host", "status"), [("127.0.0.1", 200), ("::1", 200), ("0.0.0.0", 403)])
def test_without_a_key_made_only_this_machine_may_write(
    small: Pincite, serve: Serve, tmp_path: Path, host: str, status: int
) -> None:
    # Bound to 127.0.0.1 whatever the setting says: it decides, and not where the test listens.
    settings = small.settings.model_copy(update={"host": host, "keys_file": tmp_path / "none"})
    client = serve(with_changes(settings, small))
    assert client.get("/v1/articles").status_code == 200
    assert client.get("/v1/articles", headers={"X-API-Key": "not asked for"}).status_code == 200
    for method, path in CHANGES:
        response = client.request(method, path)
        assert response.status_code == status
        if status == 403:
            assert "pincite keys add" in response.json()["error"]["hint"]


def test_a_running_service_takes_keys_up_and_lets_them_go(
    small: Pincite, serve: Serve, tmp_path: Path
) -> None:
    file = KeyFile(tmp_path / "keys.json")
    client = serve(
        create_app(small.settings.model_copy(update={"keys_file": file.path}), lambda _: small)
    )

    def status(token: str) -> int:
        return client.get("/v1/articles", headers={"X-API-Key": token}).status_code

    assert status("") == 200
    token = file.add("a", Scope.READ)
    assert (status(""), status(token)) == (401, 200)
    other = file.add("b", Scope.READ)
    file.revoke("a")
    assert (status(token), status(other)) == (401, 200)
    file.revoke("b")
    assert (status(other), status("")) == (401, 401)  # the last key revoked opens nothing
    file.path.rename(tmp_path / "away")
    refused = client.get("/v1/articles")
    assert (refused.status_code, refused.json()["error"]["type"]) == (503, "keys_unreadable")
    assert client.get("/healthz").status_code == 200
    file.path.write_text("{")
    assert client.get("/v1/articles").status_code == 503
    (tmp_path / "away").rename(file.path)
    assert status("") == 401


def test_only_hashes_are_kept_and_only_for_the_owner(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "new" / "keys.json")
    token = file.add("a", Scope.READ)
    assert token.startswith(PREFIX) and len(token) == len(PREFIX) + 43
    held = file.path.read_text()
    assert token not in held and token.removeprefix(PREFIX) not in held
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert file.add("b", Scope.READ) != token
    file.revoke("a")
    (gone, kept) = file.read()
    assert (gone.name, gone.digest, kept.name, kept.revoked) == ("a", "", "b", None)
    assert gone.revoked is not None
    assert Keyring(file).find(token) is None
    assert Keyring(file).find("") is None


def test_names_of_keys(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "keys.json")
    for name in ("", "a b", "-a", "ä", "a" * 65, "a\n"):
        with pytest.raises(KeyNameTaken):
            file.add(name, Scope.READ)
    file.add("a", Scope.READ)
    with pytest.raises(KeyNameTaken, match="in use"):
        file.add("a", Scope.WRITE)
    file.revoke("a")
    with pytest.raises(KeyNotFound):
        file.revoke("a")
    assert file.add("a", Scope.WRITE)
    assert [key.scope for key in file.read()] == [Scope.READ, Scope.WRITE]


def test_keys_made_at_once_are_all_kept(tmp_path: Path) -> None:
    names = [f"key{n}" for n in range(12)]
    threads = [
        threading.Thread(target=KeyFile(tmp_path / "keys.json").add, args=(name, Scope.READ))
        for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {key.name for key in KeyFile(tmp_path / "keys.json").read()} == set(names)


@pytest.mark.parametrize(
    "held",
    ["", "[]", "{}", '{"format": 2, "keys": []}', '{"format": 1, "keys": [{"name": "a"}]}',
     '{"format": 1, "keys": [{"name": "a", "scope": "all", "digest": "", "made": ""}]}', "\xff"],
)  # fmt: skip
def test_a_damaged_file_opens_nothing(tmp_path: Path, held: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(held, encoding="latin-1")
    for use in (KeyFile(path).read, Keyring(KeyFile(path)).keys):
        with pytest.raises(KeysUnreadable):
            use()
    with pytest.raises(KeysUnreadable):
        KeyFile(path).add("b", Scope.READ)
    assert path.read_text(encoding="latin-1") == held


def test_the_file_stands_beside_the_index() -> None:
    settings = load_settings(index=Path("/somewhere/docs"))
    assert KeyFile.of(settings).path == Path("/somewhere/docs.keys.json")
    assert KeyFile.of(load_settings(keys_file=Path("/k"))).path == Path("/k")


def test_the_format_on_the_disk(tmp_path: Path) -> None:
    # Written by hand, as version 1 has it: later versions must read it.
    path = tmp_path / "keys.json"
    digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"  # of "test"
    key = {"name": "a", "scope": "write", "digest": digest, "made": "2026-01-02T03:04:05+00:00"}
    path.write_text(json.dumps({"format": 1, "keys": [key]}))
    found = Keyring(KeyFile(path)).find("test")
    assert found == Key("a", Scope.WRITE, digest, "2026-01-02T03:04:05+00:00", None)


def test_the_document_says_how_a_key_is_sent(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    assert document["security"] == [{"bearer": []}, {"header": []}, {}]
    assert document["components"]["securitySchemes"].keys() == {"bearer", "header"}
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert (operation.get("security") == []) is (path in {"/healthz", "/readyz"})


def test_what_nobody_thought_of_needs_the_most() -> None:
    assert needed("POST", "/v1/new") is WRITE
    assert needed("POST", "/healthz") is WRITE
    assert needed("BREW", "/v1/ask/") is WRITE
    assert needed("GET", "/v1/new") is READ
    assert needed("GET", "/static") is READ
