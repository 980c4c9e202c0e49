"""How the service ends: what is in flight is answered, within a deadline."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import httpx
import pytest

from pincite.api.keys import KeyFile, Scope
from pincite.qa.ask import Pincite

# `pincite serve`, over an index opened with the fakes, whose answers take 2 seconds.
SLOWLY = """
import signal, sys, time
from pincite.api import app
from pincite.api.cli import main
from tests.conftest import open_with_fakes
from pincite.qa.ask import Pincite

ask = Pincite.ask
def slowly(self, question, *rest):
    if "slowly" in question:
        print("answering", flush=True)
        time.sleep(2)
    return ask(self, question, *rest)

Pincite.ask = slowly
Pincite.open = staticmethod(open_with_fakes)
app.create_app.__defaults__ = (open_with_fakes, *app.create_app.__defaults__[1:])
sys.argv = ["pincite", "serve"]
# Where the tests run in a script's background it is ignored, and would be here.
signal.signal(signal.SIGINT, signal.default_int_handler)
main()
"""
ASKED = {"question": "How many days was the harbour shut, slowly?"}


class Running:
    """A service in a process of its own."""

    def __init__(self, small: Pincite, folder: Path, **settings: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.url = f"http://127.0.0.1:{free.getsockname()[1]}"
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("PINCITE_")}
        named = {"index": str(small.settings.index), "port": self.url.rpartition(":")[2]}
        given = {f"PINCITE_{name.upper()}": value for name, value in (named | settings).items()}
        self.process = subprocess.Popen(
            [sys.executable, "-c", SLOWLY],
            env=inherited | given | {"PYTHONPATH": str(Path(__file__).parent.parent)},
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.wait_until_up()

    def wait_until_up(self) -> None:
        for _ in range(600):
            assert self.process.poll() is None, self.process.stderr and self.process.stderr.read()
            try:
                if httpx.get(f"{self.url}/readyz").status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        raise AssertionError("the service did not start")

    def ended(self) -> tuple[int, list[dict[str, Any]]]:
        """The exit code, and the lines of the log."""
        _, logged = self.process.communicate(timeout=30)
        lines = [line for line in logged.splitlines() if line.startswith("{")]
        return self.process.returncode, [json.loads(line) for line in lines]


@pytest.fixture
def running() -> Iterator[list[Running]]:
    services: list[Running] = []
    yield services
    for service in services:
        service.process.kill()
        service.process.communicate()


def ask_slowly(service: Running, into: list[object]) -> threading.Thread:
    """Ask, and return when the question is being answered."""

    def ask() -> None:
        try:
            into.append(httpx.post(f"{service.url}/v1/ask", json=ASKED, timeout=30))
        except httpx.TransportError as error:
            into.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    out: IO[str] | None = service.process.stdout
    assert out and out.readline() == "answering\n"
    return thread


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_what_is_in_flight_is_answered(
    small: Pincite, tmp_path: Path, running: list[Running], sent: signal.Signals
) -> None:
    service = Running(small, tmp_path)
    running.append(service)
    got: list[Any] = []
    thread = ask_slowly(service, got)
    service.process.send_signal(sent)
    time.sleep(0.5)
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{service.url}/healthz")  # nothing new is begun
    thread.join(30)
    assert got[0].status_code == 200
    assert got[0].json()["answer"] == "41"
    code, logged = service.ended()
    assert code == (-signal.SIGTERM if sent == signal.SIGTERM else 130)
    assert [line["status"] for line in logged if line.get("route") == "/v1/ask"] == [200]
    assert [line for line in logged if line["level"] == "ERROR"] == []


def test_after_the_deadline_it_ends_all_the_same(
    small: Pincite, tmp_path: Path, running: list[Running]
) -> None:
    service = Running(small, tmp_path, shutdown_s="0")
    running.append(service)
    got: list[Any] = []
    thread = ask_slowly(service, got)
    began = time.perf_counter()
    service.process.send_signal(signal.SIGTERM)
    service.ended()
    assert time.perf_counter() - began < 15
    thread.join(30)
    assert isinstance(got[0], httpx.TransportError) or got[0].status_code >= 500


def test_a_key_made_while_it_runs_and_no_header_that_names_the_server(
    small: Pincite, tmp_path: Path, running: list[Running]
) -> None:
    service = Running(small, tmp_path, keys_file=str(tmp_path / "keys.json"))
    running.append(service)
    assert "server" not in httpx.get(f"{service.url}/healthz").headers
    assert httpx.get(f"{service.url}/v1/articles").status_code == 200
    token = KeyFile(tmp_path / "keys.json").add("a", Scope.READ)
    assert httpx.get(f"{service.url}/v1/articles").status_code == 401
    headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": "192.0.2.1"}
    assert httpx.get(f"{service.url}/v1/articles", headers=headers).status_code == 200
    service.process.send_signal(signal.SIGTERM)
    _, logged = service.ended()
    last = logged[-1]
    assert (last["route"], last["status"], last["key"]) == ("/v1/articles", 200, "a")
    assert last["client"] == "127.0.0.1"  # no proxy is trusted to say otherwise unless it is named
    assert token not in json.dumps(logged)
