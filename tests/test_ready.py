"""/readyz says how the index of each collection is, and what is not whole is made again."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest

from pincite.api.app import create_app
from pincite.api.keys import KeyFile, Scope
from pincite.index.about import READY, STALE, state_of
from pincite.index.build import build
from pincite.index.changes import add
from pincite.index.collection import Collection, make_collection
from pincite.index.contents import CURRENT, read
from pincite.index.documents import FILE
from pincite.index.manifest import STORE, TERMS, VECTORS
from pincite.index.update import update
from pincite.settings import Settings, load_settings
from tests.conftest import Serve, open_with_fakes, write_corpus
from tests.fakes import FakeEncoder
from tests.test_documents import LAMP, given

ASKED = {"q": "How many times did the lighthouse lamp turn?", "collection": "sea"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = load_settings(corpus=write_corpus(tmp_path / "corpus"), index=tmp_path / "index")
    build(made, FakeEncoder())
    return made


@pytest.fixture
def sea(settings: Settings) -> Collection:
    made = make_collection(settings.index, "sea")
    add(made, [given("lamp.txt", LAMP)], settings)
    update(made, settings, FakeEncoder())
    return made


@pytest.fixture
def client(settings: Settings, sea: Collection, serve: Serve) -> httpx.Client:
    client = serve(create_app(settings, open_with_fakes))
    settle(client)
    return client


def states(client: httpx.Client) -> dict[str, str]:
    answer = client.get("/readyz")
    assert answer.status_code == 200, answer.text
    said: dict[str, str] = answer.json()["collections"]
    return said


def settle(client: httpx.Client) -> set[str]:
    """Wait until every collection is ready: what was said of the second one meanwhile."""
    seen: set[str] = set()
    for _ in range(600):
        said = states(client)
        if set(said.values()) == {READY}:
            return seen
        seen.add(said["sea"])
        time.sleep(0.02)
    raise AssertionError(f"{said} after all this time")


def segment_of(collection: Collection) -> Path:
    return collection.folder / read(collection.folder)[1].parts[0].segment


@pytest.mark.parametrize("name", [STORE, TERMS, VECTORS, "manifest.json", CURRENT, ""])
@pytest.mark.parametrize("cut", [True, False])
def test_a_damaged_index_is_named_and_made_again(
    client: httpx.Client, settings: Settings, sea: Collection, name: str, cut: bool
) -> None:
    assert client.get("/v1/ask", params=ASKED).json()["answer"] == "360"
    segment = segment_of(sea)
    path = sea.folder / CURRENT if name == CURRENT else segment / (name or STORE)
    if cut:
        with path.open("r+b") as file:
            file.truncate(path.stat().st_size // 2)
    elif name:
        path.unlink()
    else:
        segment.rename(segment.with_name("gone"))
    assert state_of(settings.index, "sea") in {"index_damaged", "index_missing"}
    assert settle(client) <= {"rebuilding", "index_damaged", "index_missing"}
    assert state_of(settings.index, "sea") == READY
    assert client.get("/v1/ask", params=ASKED).json()["answer"] == "360"


def test_what_another_process_added_and_did_not_index_is_indexed(
    client: httpx.Client, settings: Settings, sea: Collection
) -> None:
    add(sea, [given("lamp.txt", LAMP.replace("360", "240"))], settings)
    assert state_of(settings.index, "sea") == STALE
    settle(client)
    assert client.get("/v1/ask", params=ASKED).json()["answer"] == "240"


def test_documents_that_are_damaged_are_said_and_left(
    client: httpx.Client, sea: Collection
) -> None:
    (sea.folder / FILE).write_bytes(b"")
    for _ in range(3):
        assert states(client) == {"default": READY, "sea": "documents_damaged"}
    assert (sea.folder / FILE).read_bytes() == b""


def test_who_has_no_key_is_not_told_of_collections(
    settings: Settings, sea: Collection, serve: Serve
) -> None:
    key = KeyFile.of(settings).add("ann", Scope.READ)
    client = serve(create_app(settings, open_with_fakes))
    for headers in ({}, {"X-API-Key": "wrong"}):
        answer = client.get("/readyz", headers=headers)
        assert (answer.status_code, answer.json()["collections"]) == (200, None)
        assert "sea" not in answer.text
    named = client.get("/readyz", headers={"X-API-Key": key})
    assert set(named.json()["collections"]) == {"default", "sea"}


def test_a_default_index_that_is_built_again_is_said_to_be(
    settings: Settings, serve: Serve
) -> None:
    path = settings.index / "collections" / "default" / CURRENT
    path.unlink()
    client = serve(create_app(settings, open_with_fakes, lambda _: FakeEncoder()))
    for _ in range(600):
        answer = client.get("/readyz")
        if answer.status_code == 200:
            break
        error = answer.json()["error"]
        assert error["type"] == "index_missing"
        assert "built again" in error["hint"]
        time.sleep(0.02)
    assert answer.json()["collections"] == {"default": READY}
