"""Errors: a page for a browser that goes somewhere, the error body for everybody else."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI

from pincite.api.error_pages import ErrorPages
from pincite.api.pages import POLICY
from tests.conftest import Serve

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.mark.parametrize("path", ["/articles/none", "/nowhere", "/v1/articles/none"])
def test_a_browser_gets_a_page(client: httpx.Client, path: str) -> None:
    response = client.get(path, headers=BROWSER)
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.headers["Content-Security-Policy"] == POLICY
    assert "<h1>Not found</h1>" in response.text
    assert 'href="/"' in response.text


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/event-stream"])
def test_a_program_gets_the_error_body(client: httpx.Client, accept: str) -> None:
    response = client.get("/articles/none", headers={"Accept": accept})
    assert response.status_code == 404
    assert set(response.json()["error"]) == {"type", "message", "hint"}


def test_what_was_asked_is_shown_and_not_run(client: httpx.Client) -> None:
    response = client.get("/articles/%3Cscript%3Ealert(1)%3C%2Fscript%3E", headers=BROWSER)
    assert response.status_code == 404
    assert "<script>alert" not in response.text
    assert "&lt;script&gt;alert" in response.text


def test_what_is_no_error_passes_as_it_is(client: httpx.Client) -> None:
    for path in ("/", "/articles/harbour", "/v1/articles", "/static/chat.js"):
        plain, browser = client.get(path), client.get(path, headers=BROWSER)
        assert (browser.status_code, browser.content) == (200, plain.content)


def test_an_error_body_that_is_not_ours_makes_a_page_too(serve: Serve) -> None:
    app = FastAPI()  # answers with its own {"detail": ...}
    app.add_middleware(ErrorPages)
    response = serve(app).get("/nowhere", headers=BROWSER)
    assert (response.status_code, "Something went wrong." in response.text) == (404, True)
    assert int(response.headers["Content-Length"]) == len(response.content)
