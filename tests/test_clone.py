"""The README's two commands in a fresh clone and a fresh virtual environment.

Slow, and needs the package registry: run with `pytest -m clone`.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from pincite.settings import SHIPPED

pytestmark = pytest.mark.clone

PATIENCE_S = 900


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fresh") / "clone"
    subprocess.run(["git", "clone", "--quiet", str(SHIPPED), str(folder)], check=True)
    return folder


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    return kept | more


def test_make_serve_answers(clone: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    service = subprocess.Popen(
        ["make", "serve"],
        cwd=clone,
        env=environment(PINCITE_PORT=str(port)),
        start_new_session=True,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        assert answers(service, f"{url}/readyz"), "not ready in time"
        body = httpx.get(f"{url}/v1/ask", params={"q": "how many prisoners were claimed?"}).json()
        citation = body["citations"][0]
        article = httpx.get(f"{url}/v1/articles/{citation['article']['id']}").json()
        assert article["text"][citation["start"] : citation["end"]] == citation["quote"]
        assert "Pincite" in httpx.get(url).text
    finally:
        os.killpg(service.pid, signal.SIGTERM)
        service.wait(timeout=30)


def test_make_test_passes(clone: Path) -> None:
    subprocess.run(["make", "test"], cwd=clone, env=environment(), check=True, timeout=PATIENCE_S)


def answers(service: subprocess.Popen[bytes], url: str) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and service.poll() is None:
        try:
            if httpx.get(url, timeout=60).status_code == 200:
                return True
        except httpx.TransportError:
            time.sleep(1)
    return False
