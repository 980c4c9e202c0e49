"""Pages in line to be drawn: a queue with an end, and nobody in it who has hung up."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from pincite.api import page_pictures
from pincite.api.app import create_app
from pincite.index.build import build
from pincite.index.page_pictures import Original
from pincite.qa.ask import Pincite
from pincite.settings import load_settings
from tests.conftest import Serve, open_with_fakes, write_corpus
from tests.fakes import FakeEncoder
from tests.paged import report
from tests.test_line import wait_until

PATH = "/v1/articles/report-pdf/pages/1.png"
AT_ONCE, WAITING = 2, 3


@pytest.fixture(scope="module")
def paged(tmp_path_factory: pytest.TempPathFactory) -> Pincite:
    folder = tmp_path_factory.mktemp("turns")
    corpus = write_corpus(folder / "corpus")
    (corpus / "report.pdf").write_bytes(report())
    settings = load_settings(corpus=corpus, index=folder / "index")
    build(settings, FakeEncoder())
    return open_with_fakes(settings)


def test_a_full_line_turns_away_and_who_hangs_up_is_not_drawn_for(
    paged: Pincite, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()
    drawn: list[int] = []

    def slowly(_: object, __: Original, number: int, width: int, *___: object) -> bytes:
        drawn.append(width)
        assert go.wait(timeout=60)
        return b"PNG"

    made: list[page_pictures.Turns] = []

    class Noted(page_pictures.Turns):
        def __init__(self) -> None:
            super().__init__()
            made.append(self)

    monkeypatch.setattr(page_pictures, "page_picture", slowly)
    monkeypatch.setattr(page_pictures, "_WAITING", WAITING)
    monkeypatch.setattr(page_pictures, "Turns", Noted)
    client = serve(create_app(paged.settings, lambda _: paged))
    (turns,) = made
    with ThreadPoolExecutor(AT_ONCE + WAITING) as asking:
        try:
            first = [asking.submit(client.get, PATH, params={"width": 200}) for _ in range(AT_ONCE)]
            wait_until(lambda: len(drawn) == AT_ONCE)
            gone = [
                asking.submit(client.get, PATH, params={"width": 300}, timeout=1.0)
                for _ in range(WAITING)
            ]
            wait_until(lambda: turns._inside == AT_ONCE + WAITING)
            for path, params in ((PATH, {}), (PATH[:-6], {"start": 0, "end": 9})):
                turned = client.get(path, params=params)
                assert turned.status_code == 503
                assert turned.json()["error"]["type"] == "service_busy"
                assert int(turned.headers["retry-after"]) >= 1
            for hung_up in gone:
                assert isinstance(hung_up.exception(), httpx.ReadTimeout)
            time.sleep(0.5)  # until the service sees it
        finally:
            go.set()
        assert [done.result().content for done in first] == [b"PNG"] * AT_ONCE
    wait_until(lambda: not turns._inside)
    assert drawn == [200] * AT_ONCE
    assert client.get(PATH, params={"width": 400}).content == b"PNG"
