"""Writers and watchers of the load test: what they do to a service, and what they would notice."""

from __future__ import annotations

import os
import time
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from pincite.api.app import create_app
from pincite.eval import load_writers as w
from pincite.eval.load import sections, together, written_section
from pincite.index.build import build
from pincite.settings import load_settings
from tests.conftest import Serve, open_with_fakes, write_corpus
from tests.fakes import FakeEncoder


@pytest.fixture
def client(tmp_path: Path, serve: Serve) -> httpx.Client:
    settings = load_settings(corpus=write_corpus(tmp_path / "corpus"), index=tmp_path / "index")
    build(settings, FakeEncoder())
    return serve(create_app(settings, open_with_fakes))


def test_all_that_was_written_under_load_is_there(client: httpx.Client) -> None:
    url, written = str(client.base_url), w.Written()
    asked = client.post("/v1/ask", json={"question": "How many ships?"}).json()
    asked.pop("took_ms")
    expected = {"How many ships?": asked}
    seen, _ = together(url, os.getpid(), expected, 1, 5, writers=2, written=written)
    assert not seen.wrong and not seen.broken
    assert w.see_all(url, written) == len(written.now()) > 2
    assert written.faults == []
    assert written.kinds["added"] > 0 and written.watched > 0 and len(written.left) == 2
    _, _, rows = written_section(written, len(written.now()))
    assert ("faults", "0") in rows


def test_what_is_answered_late_is_no_faster_for_it(serve: Serve) -> None:
    app = FastAPI()
    answer = {"answer": "41", "searched": None}

    @app.post("/v1/ask")
    def ask() -> dict[str, str | None]:
        time.sleep(0.5)
        return answer

    url = str(serve(app).base_url)
    seen, memory = together(url, os.getpid(), {"Why?": answer}, clients=2, seconds=1.2)
    ((_, _, rows),) = sections(seen, memory, 2, 1.2)
    # Each begins its last within the 1.2 seconds, and every one takes it half a second.
    (answered,) = (int(row[1]) for row in rows if row[0] == "answered")
    assert answered >= 2
    (rate,) = (row[1] for row in rows if row[0] == "answered a second")
    assert 0 < float(rate) <= 4


def test_what_is_lost_old_or_half_is_noticed(client: httpx.Client) -> None:
    url, written = str(client.base_url), w.Written()
    w.write(url, 1, time.monotonic() + 1, written)
    assert w.see_all(url, written) == len(written.now())
    name, value = next((name, value) for name, value in written.now().items() if value)
    where = {"collection": w.COLLECTION}
    for text in (f"The bell {name} weighs 111111 grams.", f"The bell {name} weighs {value} grams."):
        sent = client.post("/v1/articles", json={"id": name, "text": text}, params=where)
        while client.get(sent.json()["url"]).json()["state"] != "done":
            time.sleep(0.05)
        before = len(written.faults)
        w.look(client, name, written)
        assert len(written.faults) == before + 1 and name in written.faults[-1]
    assert w.see_all(url, written) == len(written.now()) - 1
