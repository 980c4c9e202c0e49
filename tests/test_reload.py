"""A rebuilt index is served from the next request on, by the models already loaded."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import pytest

from pincite.api.app import create_app
from pincite.index.build import build
from pincite.index.contents import CURRENT
from pincite.index.manifest import VECTORS
from pincite.qa.ask import Pincite
from pincite.settings import Settings, load_settings
from tests.builds import home, segments
from tests.conftest import Serve, open_with_fakes, write_corpus
from tests.fakes import FakeEncoder

SHUT = "How many days was the harbour shut?"


class Counting:
    """An opener with the fakes that counts its calls."""

    def __init__(self) -> None:
        self.opened: list[Pincite] = []

    def __call__(self, settings: Settings) -> Pincite:
        self.opened.append(open_with_fakes(settings))
        return self.opened[-1]


def test_a_rebuilt_index_is_picked_up_and_the_models_are_kept(tmp_path: Path, serve: Serve) -> None:
    settings = load_settings(corpus=write_corpus(tmp_path / "corpus"), index=tmp_path / "index")
    build(settings, FakeEncoder())
    opener = Counting()
    client = serve(create_app(settings, opener))
    before = client.get("/readyz").json()
    assert before["articles"] == 2

    lamp = "The lighthouse lamp turned 360 times an hour."
    (settings.corpus / "lamp.txt").write_text(lamp, encoding="utf-8")
    build(settings, FakeEncoder())
    body = client.get("/v1/ask", params={"q": "How many times did the lighthouse lamp turn?"})
    assert body.json()["answer"] == "360"
    after = client.get("/readyz").json()
    assert after["articles"] == 3
    assert after["build"] != before["build"]
    assert len(opener.opened) == 1
    # The texts of the first index were encoded by another encoder: this one saw questions, and of
    # each the sentence that leads its answer.
    assert isinstance(opener.opened[0].encoder, FakeEncoder)
    assert opener.opened[0].encoder.encoded.count(lamp) == 1


def test_a_rebuilt_index_that_is_damaged_leaves_the_old_one_in_use_until_it_is_mended(
    tmp_path: Path, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    settings = load_settings(corpus=write_corpus(tmp_path / "corpus"), index=tmp_path / "index")
    build(settings, FakeEncoder())
    client = serve(create_app(settings, open_with_fakes))
    before = client.get("/readyz").json()

    build(settings, FakeEncoder(), force=True)
    (segment,) = segments(settings)
    (segment / VECTORS).write_bytes(b"not vectors")
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            ready = client.get("/readyz")
            assert (ready.status_code, ready.json()["articles"]) == (200, 2)
            assert client.get("/v1/ask", params={"q": SHUT}).json()["answer"] == "41"
        for _ in range(600):
            mended = client.get("/readyz").json()["build"]
            if mended != before["build"] and len(caplog.records) > 1:
                break
            time.sleep(0.1)
    assert mended != before["build"]
    said = [record.message for record in caplog.records]
    assert [before["build"] in line for line in said] == [True, False]
    assert "mended" in said[1] and VECTORS in said[1]
    (segment,) = segments(settings)

    (home(settings) / CURRENT).unlink()
    assert client.get("/v1/ask", params={"q": SHUT}).json()["answer"] == "41"
