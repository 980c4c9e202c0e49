"""Requests that nobody would think of, made from the OpenAPI document: no 500, no hang.

The long run is a command: see docs/security.md.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pincite.api.app import create_app
from pincite.index.build import build
from pincite.settings import load_settings
from tests.conftest import open_with_fakes, served, write_corpus
from tests.fakes import FakeEncoder
from tests.hostile_files import times

SCHEMATHESIS = Path(sys.executable).with_name("st")
EACH = 8  # requests made up for each operation, beside those that cover its parameters' edges
# That a question has words can't be said in a schema; keys are tried route by route elsewhere.
NOT_CHECKED = "positive_data_acceptance,ignored_auth"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a service of its own: some of what is sent adds and removes documents."""
    folder = tmp_path_factory.mktemp("hostile")
    changed: dict[str, Any] = {
        "corpus": write_corpus(folder / "corpus"),
        "index": folder / "index",
        "fetch_from": "",  # no address that is made up is asked
    }
    build(load_settings(**changed), FakeEncoder())
    opened = open_with_fakes(load_settings(**changed))
    with served(create_app(opened.settings, lambda _: opened)) as client:
        yield client


def test_what_the_document_allows_and_what_it_does_not(
    client: httpx.Client, tmp_path: Path
) -> None:
    seed = ["--seed", "1"] if times(1) == 1 else []
    done = subprocess.run(
        [SCHEMATHESIS, "run", f"{client.base_url}/openapi.json", "--max-examples", str(times(EACH)),
         *seed, "--checks", "all", "--exclude-checks", NOT_CHECKED, "--no-color",
         "--max-response-time", "30", "--request-timeout", "60"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=600 * times(1),
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    paths = client.get("/openapi.json").json()["paths"]
    assert f"{sum(map(len, paths.values()))} selected" in done.stdout


@settings(max_examples=times(60), deadline=None)
@given(
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "BREW"]),
    st.binary(max_size=60).map(lambda raw: "".join(f"%{byte:02x}" for byte in raw)),
    st.sampled_from(["/", "/v1/", "/v1/articles/", "/articles/", "/static/", "/v1/ask?q="]),
    st.dictionaries(
        st.sampled_from(["Accept", "Accept-Encoding", "Authorization", "X-API-Key", "Origin",
                         "If-None-Match", "Range", "X-Request-Id", "X-Forwarded-For", "Cookie",
                         "Content-Type", "Access-Control-Request-Method"]),
        st.binary(max_size=30).map(lambda raw: bytes(b for b in raw if 0x20 < b != 0x7F)),
        max_size=4,
    ),
    st.binary(max_size=200),
)  # fmt: skip
def test_bytes_of_any_kind_anywhere(
    client: httpx.Client,
    method: str,
    path: str,
    before: str,
    headers: dict[str, bytes],
    body: bytes,
) -> None:
    response = client.request(
        method,
        before + path,
        headers=[(name.encode(), value) for name, value in headers.items()],
        content=body,
    )
    assert response.status_code < 500
    assert response.headers["X-Request-Id"]
    assert response.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path",
    ["/static/../../settings.py", "/static/..%2f..%2fsettings.py", "/static/%2e%2e/%2e%2e/app.py",
     "/static/....//app.py", "/static/..%5c..%5capp.py", "/static//etc/passwd", "/static/%00",
     "/docs/assets/../../../__init__.py", "/static/" + "a" * 5000, "/static/" + "a/" * 1000,
     "/articles/..%2f..%2fetc%2fpasswd", "/v1/articles/%2e%2e"],
)  # fmt: skip
def test_no_path_leads_out_of_the_folders(client: httpx.Client, path: str) -> None:
    request = client.build_request("GET", "/")
    request.url = request.url.copy_with(raw_path=path.encode())
    response = client.send(request)
    assert response.status_code == 404
    assert "import" not in response.text
    assert "root:" not in response.text
