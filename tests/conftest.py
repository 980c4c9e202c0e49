"""What the tests of the whole path share: small corpora, indexes built with the fakes, services.

The services are real ones: uvicorn on a free port, asked over HTTP.
"""

from __future__ import annotations

import json
import logging
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from pincite.api.app import create_app
from pincite.api.cli import quiet_libraries
from pincite.index.build import build
from pincite.index.opened import open_index
from pincite.qa.ask import Models, Pincite
from pincite.settings import SHIPPED, Settings, load_settings
from tests.fakes import CONFIDENCE, FakeComparison, FakeEncoder, FakeReader

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, ViewportSize

quiet_libraries()  # before any test has them loaded: they look once

HARBOUR = """Harbour reopens

The harbour was shut for 41 days after the storm.

The mayor counted 17 ships on the first morning.

Fishermen sold 900 crates of herring; one of them had 900 alone.
"""
TRICKS = """A page of tricks

The tricky page holds <script>alert(1)</script> and 7 other tricks & "traps".

An <img src=x onerror=alert(2)> was drawn there in 1999.
"""
METADATA = {
    "examples": ["How many days was the harbour shut?", "When was the <img> drawn?"],
    "articles": {
        "harbour.txt": {
            "publisher": "The Courier",
            "title": "Harbour reopens",
            "published": "2024-05-06",
            "kind": "report",
        },
        "tricks.txt": {"kind": "web page"},
    },
}

Serve = Callable[[FastAPI], httpx.Client]
Visit = Callable[..., "Page"]
"""Opens a page of a client's service, in a browser of its own; `viewport` is its size."""

FEW_WINDOWS = 2  # reading is what a question's time goes to

_PATIENCE_MS = 20_000
BROWSER_FLAGS = """
--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
--disable-component-update --disable-sync
""".split()


def write_corpus(folder: Path) -> Path:
    """Two small articles: one with metadata, one without it and full of markup."""
    folder.mkdir(parents=True)
    (folder / "harbour.txt").write_text(HARBOUR, encoding="utf-8")
    (folder / "tricks.txt").write_text(TRICKS, encoding="utf-8")
    (folder / "metadata.json").write_text(json.dumps(METADATA), encoding="utf-8")
    return folder


def open_with_fakes(settings: Settings) -> Pincite:
    """The built index that the settings name, with the fakes for models."""
    encoder = FakeEncoder()
    models = Models(encoder, FakeReader(), FakeComparison(), CONFIDENCE)
    return Pincite(open_index(settings, encoder), models, settings)


@contextmanager
def served(app: FastAPI) -> Iterator[httpx.Client]:
    """A client of the app, served by uvicorn on a free port."""
    with running(uvicorn.Server(uvicorn.Config(app, http="h11", log_level="critical"))) as client:
        yield client


@contextmanager
def running(server: uvicorn.Server) -> Iterator[httpx.Client]:
    """A client of the server, which runs on a free port whatever its configuration says."""
    # Named TCP, or asyncio leaves Nagle's algorithm on and every answer waits 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the service did not start"
        time.sleep(0.01)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    with httpx.Client(base_url=url, timeout=60) as client:
        yield client
    server.should_exit = True
    thread.join(timeout=10)


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """Undo what a command that runs in a test's own process sets up for its log."""
    root, requests = logging.getLogger(), logging.getLogger("pincite.requests")
    handlers, level, of_requests = root.handlers[:], root.level, requests.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    requests.setLevel(of_requests)


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serves an app until the test ends."""
    with ExitStack() as services:
        yield lambda app: services.enter_context(served(app))


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Pincite:
    """The two small articles, indexed and opened with the fakes."""
    folder = tmp_path_factory.mktemp("small")
    settings = load_settings(corpus=write_corpus(folder / "corpus"), index=folder / "index")
    build(settings, FakeEncoder())
    return open_with_fakes(settings)


@pytest.fixture(scope="session")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Pincite:
    """The shipped articles, indexed and opened with the fakes."""
    settings = load_settings(
        corpus=SHIPPED / "seeds", index=tmp_path_factory.mktemp("seeds") / "index"
    )
    build(settings, FakeEncoder())
    return open_with_fakes(settings)


@pytest.fixture(scope="session")
def client(small: Pincite) -> Iterator[httpx.Client]:
    """A client of a service over the two small articles."""
    with served(create_app(small.settings, lambda _: small)) as client:
        yield client


@pytest.fixture(scope="session")
def seeds_client(seeds: Pincite) -> Iterator[httpx.Client]:
    """A client of a service over the shipped articles, with the fakes."""
    with served(create_app(seeds.settings, lambda _: seeds)) as client:
        yield client


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Pincite:
    """The shipped articles, indexed and opened with the real models: for tests marked `models`."""
    from pincite.index.encoder import open_encoder

    settings = load_settings(
        corpus=SHIPPED / "seeds", index=tmp_path_factory.mktemp("real") / "index"
    )
    build(settings, open_encoder(settings))
    return Pincite.open(settings)


@pytest.fixture(scope="session")
def brief(real: Pincite) -> Pincite:
    """The same, reading `FEW_WINDOWS`: for tests of how one gets an answer, not of which it is."""
    settings = real.settings.model_copy(update={"read_windows": FEW_WINDOWS})
    return Pincite(real.index, real.models, settings)


@pytest.fixture(scope="session")
def real_client(brief: Pincite) -> Iterator[httpx.Client]:
    """A client of a service over the shipped articles, with the real models."""
    with served(create_app(brief.settings, lambda _: brief)) as client:
        yield client


@pytest.fixture(scope="module")  # its event loop ends with it
def browser(chromium: str) -> Iterator[Browser]:
    """A browser, for tests marked `browser`."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=BROWSER_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Opens pages of a service on which nothing may go wrong: no dialog, no error, no stranger."""
    wrong: list[str] = []
    contexts = []

    def dismiss(dialog: Dialog) -> None:
        wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def open_page(client: httpx.Client, viewport: ViewportSize | None = None) -> Page:
        base = str(client.base_url)
        context = browser.new_context(base_url=base, viewport=viewport)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(_PATIENCE_MS)
        page.on("dialog", dismiss)
        page.on("console", lambda said: _note(said, wrong))
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on("request", lambda sent: _note_stranger(sent.url, base, wrong))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


def _note(said: ConsoleMessage, wrong: list[str]) -> None:
    # A refusal that a test arranges, or goes to see, is not the page's fault.
    is_arranged = "status of 503" in said.text or said.location["url"].endswith("/articles/none")
    if said.type == "error" and not is_arranged:
        wrong.append(f"console: {said.text} {said.location['url']}")


def _note_stranger(url: str, base: str, wrong: list[str]) -> None:
    if not url.startswith((base, f"blob:{base}")):
        wrong.append(f"outside: {url}")


@pytest.fixture(scope="session")
def lone_client(small: Pincite) -> Iterator[httpx.Client]:
    """A client of a service over the two small articles that shows the leading account alone."""
    models = replace(small.models, confidence=replace(CONFIDENCE, shown=0.9))
    opened = Pincite(small.index, models, small.settings)
    with served(create_app(small.settings, lambda _: opened)) as client:
        yield client


@pytest.fixture
def page(visit: Visit, lone_client: httpx.Client) -> Page:
    """A page of that service."""
    return visit(lone_client)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Debian's chromium; without it, the browser tests are skipped."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no chromium: apt-get install chromium")
    return path
