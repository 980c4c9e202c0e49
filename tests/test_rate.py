"""How often one may ask, by key and by address."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.types import Scope as ASGIScope

from pincite.api import rate
from pincite.api.app import create_app
from pincite.api.keys import KeyFile, Scope
from pincite.qa.ask import Pincite
from pincite.settings import SettingsError, load_settings
from tests.conftest import Serve


def named(setting: str, host: str = "127.0.0.1") -> list[str]:
    return [str(r) for r in rate.rates_of(load_settings(rate_limit=setting, host=host))]


def test_off_on_loopback_and_on_elsewhere() -> None:
    assert named("auto") == named("auto", "::1") == named("off", "0.0.0.0") == []
    assert named("auto", "0.0.0.0") == ["120 per 1 minute"]
    assert named("10/second; 1000/hour") == ["10 per 1 second", "1000 per 1 hour"]


@pytest.mark.parametrize("setting", ["", "often", "10", "10/fortnight", "-1/second", "auto;1/hour"])
def test_what_is_no_rate_is_a_wrong_setting(small: Pincite, setting: str) -> None:
    settings = small.settings.model_copy(update={"rate_limit": setting})
    with pytest.raises(SettingsError, match="rate_limit"):
        create_app(settings, lambda _: small)


def test_the_third_of_two(small: Pincite, serve: Serve, tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "keys.json")
    settings = small.settings.model_copy(update={"rate_limit": "2/hour", "keys_file": file.path})
    client = serve(create_app(settings, lambda _: small))
    assert [client.get("/v1/articles").status_code for _ in range(2)] == [200, 200]
    refused = client.post("/v1/ask", json={"question": "who came?"})
    assert refused.status_code == 429
    error = refused.json()["error"]
    assert error["type"] == "too_often"
    assert error["message"] == "more than 2 requests in 1 hour came from here"
    assert 1 <= int(refused.headers["Retry-After"]) <= 3600
    assert refused.headers["Retry-After"] in error["hint"]
    # What needs no key is not counted: it is asked by machines, and costs nothing.
    for path in ("/healthz", "/readyz", "/static/chat.js"):
        assert client.get(path).status_code == 200
    # Each key counts for itself, and apart from the address.
    for name in ("a", "b"):
        headers = {"X-API-Key": file.add(name, Scope.READ)}
        counted = [client.get("/v1/articles", headers=headers).status_code for _ in range(3)]
        assert counted == [200, 200, 429]


def test_an_address_is_its_network() -> None:
    def caller(host: str) -> str:
        scope: ASGIScope = {"type": "http", "client": (host, 1)}
        return rate._caller(scope)

    assert caller("192.0.2.1") != caller("192.0.2.2")
    # Whoever holds one address of version 6 holds the 2^64 around it.
    assert caller("2001:db8::1") == caller("2001:db8::ffff:1")
    assert caller("2001:db8::1") != caller("2001:db8:0:1::1")
    assert rate._caller({"type": "http", "client": None}) == "address:unknown"
