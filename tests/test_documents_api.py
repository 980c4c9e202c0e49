"""Collections over HTTP: what is sent is kept, answered from and followed; and can be limited."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from pincite.api import upkeep
from pincite.api.app import create_app
from pincite.api.client import Client
from pincite.errors import CollectionNotFound, StorageFailed
from pincite.index.build import build
from pincite.index.contents import CURRENT
from pincite.settings import Settings, load_settings
from tests.builds import home
from tests.conftest import Serve, open_with_fakes, write_corpus
from tests.fakes import FakeEncoder
from tests.test_mcp import call, said, structured

LAMP = "The lighthouse lamp turned 360 times an hour."
ASKED = "How many times did the lighthouse lamp turn?"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = load_settings(corpus=write_corpus(tmp_path / "corpus"), index=tmp_path / "index")
    build(made, FakeEncoder())
    return made


@pytest.fixture
def client(settings: Settings, serve: Serve) -> httpx.Client:
    return serve(create_app(settings, open_with_fakes))


def over(client: httpx.Client, answer: httpx.Response, wait_s: int = 60) -> dict[str, Any]:
    """The job of a 202, once it is over."""
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == answer.json()["url"]
    for _ in range(10 * wait_s):
        job: dict[str, Any] = client.get(answer.json()["url"]).json()
        if job["state"] in {"done", "failed"}:
            return job
        time.sleep(0.1)
    raise AssertionError(f"the job is not over: {job}")


def test_an_article_is_added_replaced_and_removed(client: httpx.Client) -> None:
    body = {"id": "lamp", "text": LAMP, "title": "The lamp", "published": "2024-01"}
    job = over(client, client.post("/v1/articles", json=body))
    assert (job["state"], job["added"], job["kind"]) == ("done", ["lamp"], "add")
    answer = client.get("/v1/ask", params={"q": ASKED}).json()
    assert (answer["answer"], answer["citations"][0]["article"]["title"]) == ("360", "The lamp")
    assert client.get("/v1/articles/lamp").json()["source_url"] is None
    body["text"] = LAMP.replace("360", "240")
    assert over(client, client.post("/v1/articles", json=body))["replaced"] == ["lamp"]
    assert client.get("/v1/ask", params={"q": ASKED}).json()["answer"] == "240"
    assert over(client, client.delete("/v1/articles/lamp"))["removed"] == ["lamp"]
    assert client.get("/v1/articles/lamp").status_code == 404
    assert client.get("/v1/ask", params={"q": ASKED}).json()["answer"] is None
    gone = client.delete("/v1/articles/lamp")
    assert (gone.status_code, gone.json()["error"]["type"]) == (404, "article_not_found")


def test_each_id_is_an_article_of_its_own(client: httpx.Client) -> None:
    ids = ["v1.2", "v1-2", "палатка", "лодка"]
    for number, id_ in enumerate(ids):
        body = {"id": id_, "text": f"Tent {number} is by the lake."}
        job = over(client, client.post("/v1/articles", json=body))
        assert (len(job["added"]), job["replaced"]) == (1, [])
    kept = [one["id"] for one in client.get("/v1/articles").json()["articles"]]
    assert len(kept) == 2 + len(ids)
    body = {"id": "палатка", "text": "Tent 2 was moved."}
    (replaced,) = over(client, client.post("/v1/articles", json=body))["replaced"]
    assert client.get(f"/v1/articles/{replaced}").json()["text"].endswith("Tent 2 was moved.")
    assert {one["id"] for one in client.get("/v1/articles").json()["articles"]} == set(kept)


def test_what_is_kept_and_not_indexed_is_said(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise StorageFailed("the disk is full", "Make room.")

    with monkeypatch.context() as patched:
        patched.setattr(upkeep, "update", full)
        job = over(client, client.post("/v1/articles", json={"id": "lamp", "text": LAMP}))
    assert (job["state"], job["added"]) == ("failed", ["lamp"])
    assert job["error"]["type"] == "storage_failed"
    assert job["error"]["message"].startswith("the documents are kept, and not indexed yet")
    over(client, client.post("/v1/articles", json={"id": "buoy", "text": "The buoy is red."}))
    assert client.get("/v1/articles/lamp").status_code == 200


def test_the_address_of_a_page_is_kept_and_leads_to_the_words(client: httpx.Client) -> None:
    body = {"id": "lamp", "text": LAMP, "url": "https://lamp.example/history"}
    over(client, client.post("/v1/articles", json=body))
    assert client.get("/v1/articles/lamp").json()["source_url"] == body["url"]
    (cited,) = client.get("/v1/ask", params={"q": ASKED}).json()["citations"]
    place = {"start": cited["start"], "end": cited["end"]}
    made = client.get("/v1/articles/lamp/annotation", params=place).json()
    assert made["target"][1]["id"] == (
        "https://lamp.example/history#:~:text=The%20lighthouse%20lamp%20turned-,360,"
        "-times%20an%20hour."
    )
    # The same words from elsewhere are another version; what is no page's address is none.
    body["url"] = "javascript:alert(1)"
    assert over(client, client.post("/v1/articles", json=body))["replaced"] == ["lamp"]
    assert client.get("/v1/articles/lamp").json()["source_url"] is None


def test_every_door_leads_to_any_collection(client: httpx.Client) -> None:
    body = {"id": "lamp", "text": LAMP}
    over(client, client.post("/v1/articles", json=body, params={"collection": "sea"}))
    url = str(client.base_url).rstrip("/")
    sea = {"collection": "sea"}
    calls: list[tuple[str, dict[str, Any]]] = [
        ("ask", {"question": ASKED, **sea}),
        ("search", {"query": "lamp", **sea}),
        ("read_paragraph", {"article": "lamp", "paragraph": 1, **sea}),
        ("list_articles", sea),
        ("ask", {"question": ASKED}),
        ("ask", {"question": ASKED, "collection": "none"}),
    ]
    asked, found, read, listed, elsewhere, missing = call(f"{url}/mcp", *calls)
    (cited,) = structured(asked)["citations"]
    page = "/articles/lamp?collection=sea"
    assert (cited["quote"], cited["url"]) == ("360", f"{page}&start=27&end=30#p1")
    assert structured(found)["results"][0]["url"].startswith(page)
    assert structured(read)["paragraphs"][0]["url"].startswith(page)
    assert [one["url"] for one in structured(listed)["articles"]] == [page]
    assert structured(elsewhere)["answer"] is None
    assert missing.is_error
    assert "there is no collection 'none'" in said(missing)

    place: dict[str, Any] = {"start": 27, "end": 30}
    path = "/v1/articles/lamp/annotation"
    assert client.get(path, params=place).status_code == 404
    made = client.get(path, params={**place, **sea})
    target = made.json()["target"][0]
    assert client.get(made.json()["id"]).json() == made.json()
    assert "<mark" in client.get(target["id"]).text
    assert target["source"] == url + page

    with Client(url, collection="sea") as library:
        assert library.ask(ASKED).answer == "360"
        assert library.search("lamp")[0].citation.article.id == "lamp"
        assert [row.id for row in library.articles()] == ["lamp"]
        assert library.article("lamp").text == LAMP
    with Client(url, collection="none") as library, pytest.raises(CollectionNotFound):
        library.articles()


def test_files_are_sent_into_a_collection_of_their_own(client: httpx.Client) -> None:
    files = [
        ("file", ("../lamp.txt", LAMP.encode())),
        ("file", ("bad.txt", b"\0\1\2")),
    ]
    answer = client.post("/v1/articles", files=files, params={"collection": "sea"})
    job = over(client, answer)
    assert (job["added"], job["skipped"]) == (
        ["lamp"],
        [{"name": "bad.txt", "reason": "binary, no text"}],
    )
    asked = {"question": ASKED, "collection": "sea"}
    found = client.post("/v1/ask", json=asked).json()
    assert found["answer"] == "360"
    page = client.get(found["citations"][0]["url"])
    assert page.status_code == 200 and "<mark" in page.text
    assert client.get("/v1/ask", params={"q": ASKED}).json()["answer"] is None
    listed = client.get("/v1/articles", params={"collection": "sea"}).json()["articles"]
    assert [row["id"] for row in listed] == ["lamp"]
    assert client.get(listed[0]["url"]).status_code == 200
    collections = client.get("/v1/collections").json()["collections"]
    assert [(one["name"], one["articles"], one["state"]) for one in collections] == [
        ("default", 2, "ready"),
        ("sea", 1, "ready"),
    ]
    assert collections[1]["skipped"] == job["skipped"]
    missing = client.post("/v1/ask", json={"question": ASKED, "collection": "none"})
    assert (missing.status_code, missing.json()["error"]["type"]) == (404, "collection_not_found")


def test_a_job_is_followed_as_a_stream(client: httpx.Client) -> None:
    sent = {"id": "lamp", "text": LAMP, "url": "https://example.org/lamp"}
    job = client.post("/v1/articles", json=sent).json()
    headers = {"Accept": "text/event-stream"}
    with client.stream("GET", job["url"], headers=headers) as stream:
        lines = [line for line in stream.iter_lines() if line]
    assert lines[-2] == "event: done"
    assert json.loads(lines[-1].removeprefix("data: "))["added"] == ["lamp"]
    assert client.get("/v1/jobs/none").json()["error"]["type"] == "job_not_found"


@pytest.mark.parametrize(
    ("limit", "found"),
    [
        ({"articles": ["harbour"]}, {"harbour"}),
        ({"publishers": ["the courier"]}, {"harbour"}),
        ({"published": {"from": "2024-05", "to": "2024"}}, {"harbour"}),
        ({"published": {"to": "2023"}}, set()),
        ({}, {"harbour", "tricks"}),
    ],
)
def test_a_question_may_be_limited(
    client: httpx.Client, limit: dict[str, Any], found: set[str]
) -> None:
    between = limit.get("published", {})
    query = {
        "q": "How many ships and tricks were there?",
        "article": limit.get("articles", []),
        "publisher": limit.get("publishers", []),
        **between,
    }
    results = client.get("/v1/search", params=query).json()["results"]
    assert {one["article"]["id"] for one in results} == found
    question = {"question": "How many ships did the mayor count?", **limit}
    answer = client.post("/v1/ask", json=question).json()
    assert (answer["answer"] == "17") == ("harbour" in found)
    assert client.get("/v1/ask", params=query).status_code == 200


@pytest.mark.parametrize(
    ("limit", "status"),
    [
        ({"articles": ["none"]}, 404),
        ({"published": {"from": "May"}}, 422),
        ({"published": {"from": "2024", "to": "2023"}}, 422),
        ({"published": {"since": "2024"}}, 422),
    ],
)
def test_a_limit_that_is_none(client: httpx.Client, limit: dict[str, Any], status: int) -> None:
    assert client.post("/v1/ask", json={"question": "Who?", **limit}).status_code == status


def test_what_is_sent_wrong_is_said(client: httpx.Client) -> None:
    for answer in (
        client.post("/v1/articles", content=b"x", headers={"content-type": "text/plain"}),
        client.post("/v1/articles", json={"id": "x"}),
        client.post("/v1/articles", json={"id": "x", "text": "X.", "more": 1}),
        client.post("/v1/articles", content=b"{", headers={"content-type": "application/json"}),
        client.post("/v1/articles", data={"a": "b"}, files={}),
        client.post("/v1/articles", files=[("file", ("/", b"x"))]),
    ):
        assert answer.status_code in {400, 422}, answer.text
        assert answer.json()["error"]["hint"]
    assert len(client.get("/v1/articles").json()["articles"]) == 2


def test_a_job_that_was_not_done_is_done_at_the_next_start(
    settings: Settings, serve: Serve
) -> None:
    first = serve(create_app(settings, open_with_fakes))
    job = over(first, first.post("/v1/articles", json={"id": "lamp", "text": LAMP}))
    folder = settings.index / "jobs" / job["id"]
    raw = json.loads((folder / "job.json").read_bytes())
    assert not (folder / "files").exists()
    # As if it had been killed while another one ran, and a third was being written.
    for name in ("undone", ".unwritten"):
        other = folder.with_name(name)
        (other / "files").mkdir(parents=True)
        (other / "files" / "0").write_bytes(b'{"id": "buoy", "text": "The buoy is red."}')
        fresh: dict[str, Any] = {"id": name, "state": "running", "ended": None, "added": []}
        (other / "job.json").write_text(json.dumps(raw | fresh))
    (settings.index / "jobs" / "broken").mkdir()
    again = serve(create_app(settings, open_with_fakes))
    for _ in range(600):
        done = again.get("/v1/jobs/undone")
        if done.status_code == 200 and done.json()["state"] == "done":
            break
        time.sleep(0.1)
    assert done.json()["replaced"] == ["lamp"] or done.json()["added"] == ["buoy"]
    assert again.get(job["url"]).json()["state"] == "done"
    assert {path.name for path in (settings.index / "jobs").iterdir()} == {job["id"], "undone"}


def test_a_damaged_index_is_mended_by_the_service(settings: Settings, serve: Serve) -> None:
    client = serve(create_app(settings, open_with_fakes, lambda _: FakeEncoder()))
    assert client.get("/readyz").status_code == 200
    shutil.rmtree(next(home(settings).glob("segment-*")))
    (home(settings) / CURRENT).write_text("{}")
    again = serve(create_app(settings, open_with_fakes, lambda _: FakeEncoder()))
    for _ in range(600):
        ready = again.get("/readyz")
        if ready.status_code == 200:
            break
        assert ready.json()["error"]["type"] == "index_damaged"
        time.sleep(0.1)
    assert ready.json()["articles"] == 2


@pytest.mark.parametrize(
    ("host", "allowed"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False)],
)
def test_changes_are_taken_from_this_machine_alone(
    settings: Settings, serve: Serve, host: str, allowed: bool
) -> None:
    bound = settings.model_copy(update={"host": host})
    client = serve(create_app(bound, open_with_fakes))
    for answer in (
        client.post("/v1/articles", json={"id": "lamp", "text": LAMP}),
        client.delete("/v1/articles/harbour"),
    ):
        if allowed:
            assert answer.status_code == 202
        else:
            assert (answer.status_code, answer.json()["error"]["type"]) == (403, "forbidden")
    assert client.get("/v1/collections").status_code == 200
