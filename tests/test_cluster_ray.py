"""Shards made by Ray Data and served by Ray Serve, by real processes that are killed meanwhile."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from pincite.cluster.alone import index_alone
from pincite.cluster.build import read_build
from pincite.cluster.indexing import Workers, index
from pincite.errors import WorkerMissing
from pincite.eval.scale import titles
from pincite.index.build import build
from pincite.index.encoder import open_encoder
from pincite.qa.ask import Pincite
from pincite.qa.reader import Span, Text
from pincite.settings import SHIPPED, Settings, load_settings

pytestmark = pytest.mark.ray

SEEDS = str(SHIPPED / "seeds")
SHARD = 60  # paragraphs; the shipped articles make two shards or three
QUESTIONS = (
    "How many prisoners were claimed?",
    "When did the strike on Dnipro happen?",
    "Who leads the Russian Volunteer Corps?",
    "What is the capital of Peru?",
)
LOST = ("shard_missing", "worker_missing", "service_busy")  # what a 503 may be
PATIENCE_S = 400.0  # of a busy machine; a free one needs a tenth
DEADLINE_S = 20.0  # for a shard's reply, on a machine that makes shards meanwhile
ENDED_S = 60.0  # until a service has ended


@pytest.fixture(scope="session", autouse=True)
def ray_started(request: pytest.FixtureRequest) -> Iterator[None]:
    """One Ray for all tests, on more processors than there may be: nobody waits for one.

    Its files are in a folder of its own, with a short name: sockets stand in it, whose paths may
    have 107 characters. It is left where a test failed.
    """
    from pincite.cluster.runtime import connect, require

    require()
    import ray

    folder = tempfile.mkdtemp(prefix="ray-", dir="/tmp")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_TMPDIR", folder)
        patch.delenv("RAY_ADDRESS", raising=False)  # not on a cluster that does real work
        # What else fills the memory of the machine is no reason to end workers of this one.
        patch.setenv("RAY_memory_monitor_refresh_ms", "0")
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        try:
            connect(cpus=4)
        except WorkerMissing:  # Ray waits 30 s for itself to start, which may be too short
            connect(cpus=4)
        yield
        ray.shutdown()
    if not request.session.testsfailed:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped articles in shards, made while a worker that makes one is killed."""
    folder = tmp_path_factory.mktemp("shards")
    killer = Killer("ray::MapWorker(MapBatches(_Maker", folder / "shards")
    killer.start()
    done = index([SEEDS], folder, load_settings(), paragraphs=SHARD, workers=Workers(2))
    killer.join(timeout=1)
    assert killer.killed, "no worker was killed: the test shows nothing"
    assert done.made == len(done.contents.shards) > 1
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Pincite:
    """The same on one machine."""
    settings = load_settings(index=tmp_path_factory.mktemp("one"), corpus=Path(SEEDS))
    build(settings, open_encoder(settings))
    return Pincite.open(settings)


def processes_of_ours(title: str) -> list[int]:
    """Those of that title that this process's Ray has started, not somebody else's."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it ended
            # "pid (name) state parent ..."; a name may hold anything.
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])

    def is_ours(pid: int) -> bool:
        while pid in parents and pid != os.getpid():
            pid = parents[pid]
        return pid == os.getpid()

    return list(filter(is_ours, titles(title)))


class Killer(threading.Thread):
    """Kills the first process of that title once it has begun a shard, for good: kill -9."""

    def __init__(self, title: str, shards: Path) -> None:
        super().__init__(daemon=True)
        self._title = title
        self._shards = shards
        self.killed = 0

    def run(self) -> None:
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until and not self.killed:
            if any(self._shards.glob(".shard-*/collections/default/staged-*")):
                for pid in processes_of_ours(self._title)[:1]:
                    os.kill(pid, signal.SIGKILL)
                    self.killed = pid
            time.sleep(0.02)


def test_shards_are_those_of_one_process_whoever_was_killed(folder: Path, tmp_path: Path) -> None:
    alone = index_alone([SEEDS], tmp_path, Settings(), open_encoder(Settings()), SHARD)
    assert read_build(folder)[1] == alone


def test_what_is_there_is_not_made_again(folder: Path) -> None:
    name, _ = read_build(folder)
    done = index([SEEDS], folder, load_settings(), paragraphs=SHARD)
    assert (done.made, done.encoded, done.build) == (0, 0, name)


@dataclass
class Running:
    """A service, and what ends it."""

    client: httpx.Client
    folder: Path
    served: list[str]
    stop: threading.Event = field(default_factory=threading.Event)

    def ask(self, question: str) -> dict[str, Any]:
        response = self.client.post("/v1/ask", json={"question": question})
        assert response.status_code == 200, response.text
        return plain(response.json())


def plain(body: dict[str, Any]) -> dict[str, Any]:
    body = json.loads(json.dumps(body))  # as it comes over HTTP
    return {name: value for name, value in body.items() if name != "took_ms"}


def wait_for(happened: Any, what: str) -> None:  # noqa: ANN401
    until = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < until, what
        time.sleep(0.1)


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[Running]:
    """The shards, served on a free port."""
    from pincite.cluster.serving import Replicas, serve_folder

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_S)
    running = Running(client, folder, [])
    thread = threading.Thread(
        target=serve_folder,
        args=(folder, load_settings(port=port, shutdown_s=2), Replicas(deadline_s=DEADLINE_S)),
        kwargs={"ready": running.served.append, "stop": running.stop},
        daemon=True,
    )
    thread.start()
    try:
        wait_for(lambda: running.served or not thread.is_alive(), "the service is not ready")
        assert running.served, "the service ended"
        yield running
    finally:
        running.stop.set()
        thread.join(timeout=ENDED_S)
        client.close()


def test_the_service_answers_as_one_machine(running: Running, whole: Pincite) -> None:
    for question in QUESTIONS:
        assert running.ask(question) == plain(whole.ask(question).to_dict())
    ready = running.client.get("/readyz").json()
    assert ready["build"] == running.served[0]
    assert ready["paragraphs"] == whole.index.counts.paragraphs
    listed = running.client.get("/v1/articles").json()["articles"]
    assert [one["id"] for one in listed] == [row.id for row in whole.index.store.articles()]
    one = running.client.get(f"/v1/articles/{listed[-1]['id']}").json()
    assert one["text"] == whole.index.store.article(listed[-1]["id"]).text  # type: ignore[union-attr]
    found = running.client.get("/v1/search", params={"q": QUESTIONS[0], "limit": 3}).json()
    assert found["searched"] is None and len(found["results"]) == 3
    assert running.client.get("/v1/articles/nowhere").status_code == 404
    assert running.client.post("/v1/articles", json={"id": "a", "text": "b"}).status_code == 405
    unknown = {"question": "Who?", "collection": "other"}
    assert running.client.post("/v1/ask", json=unknown).status_code == 404
    assert "pincite_" in running.client.get("/metrics").text


class Reads:
    """A deployment whose threads read together with a reader that notes what it reads at once."""

    fingerprint = "counts"

    def __init__(self) -> None:
        from pincite.cluster.serving import Together

        self.at_once: list[int] = []
        self._shared = Together(self, asyncio.get_running_loop())  # type: ignore[arg-type]

    def read_pairs(self, pairs: list[tuple[str, Text]]) -> list[list[Span]]:
        """Of each pair a span as long as the question."""
        self.at_once.append(len(pairs))
        time.sleep(0.5)
        return [[Span(0, len(asked), 1.0, 0.0)] for asked, _ in pairs]

    def read(self, questions: list[str]) -> tuple[list[list[int]], list[int]]:
        """Of each question on two texts the spans' ends; and how many were read at once."""
        texts = [Text("Nobody.", ((0, 7),))] * 2
        with ThreadPoolExecutor(len(questions)) as threads:
            found = list(threads.map(lambda asked: self._shared.read(asked, texts), questions))
        return [[span.end for spans in of for span in spans] for of in found], self.at_once


@pytest.mark.usefixtures("running")
def test_what_several_questions_found_is_read_together() -> None:
    from ray import serve

    handle = serve.run(serve.deployment(Reads).bind(), name="reads", route_prefix=None)
    questions = ["Who?" * n for n in range(1, 7)]
    found, at_once = handle.read.remote(questions).result()
    serve.delete("reads")
    assert found == [[len(asked)] * 2 for asked in questions]
    # The first may be read alone, since it waits for none; others gather meanwhile.
    assert sum(at_once) == 2 * len(questions) and max(at_once) > 2


def test_a_killed_worker_costs_no_answer(running: Running, whole: Pincite) -> None:
    right = {question: plain(whole.ask(question).to_dict()) for question in QUESTIONS}

    def answers_right(question: str) -> bool:
        """Whether it answers in full; what could not be asked is told of, and nothing is wrong."""
        response = running.client.post("/v1/ask", json={"question": question})
        assert response.status_code in (200, 503), response.text
        if response.status_code == 503:
            assert response.json()["error"]["type"] in LOST, response.text
            return False
        full = response.json()["searched"] is None
        assert not full or plain(response.json()) == right[question]
        return full

    for ended in ("door", "shard-"):
        with ThreadPoolExecutor(max_workers=2) as clients:
            asked = [clients.submit(answers_right, question) for question in QUESTIONS]
            wait(asked, return_when=FIRST_COMPLETED)  # two more are on their way
            os.kill(processes_of_ours(f"ray::ServeReplica:{ended}")[0], signal.SIGKILL)
            for one in asked:
                one.result()
        wait_for(lambda: answers_right(QUESTIONS[0]), f"{ended} is not back")


def test_a_build_is_swapped_in_under_questions(running: Running, whole: Pincite) -> None:
    from ray import serve

    before, doors = running.served[-1], processes_of_ours("ray::ServeReplica:door")
    right = plain(whole.ask(QUESTIONS[0]).to_dict())
    wrong: list[Any] = []
    asked = 0

    def swapped() -> bool:
        nonlocal asked
        response = running.client.post("/v1/ask", json={"question": QUESTIONS[0]})
        asked += 1
        if response.status_code != 200 or plain(response.json()) != right:
            wrong.append(response.text)
        build: str = running.client.get("/readyz").json()["build"]
        return build != before

    indexing = threading.Thread(
        target=index,
        args=([SEEDS], running.folder, load_settings()),
        kwargs={"paragraphs": 10 * SHARD},
        daemon=True,
    )
    indexing.start()
    wait_for(swapped, "no other build was swapped in")
    indexing.join(timeout=PATIENCE_S)  # it goes on to clear what no build needs
    for _ in range(10):
        swapped()
    assert not wrong and asked > 10
    assert running.client.get("/readyz").json()["build"] == read_build(running.folder)[0]
    assert processes_of_ours("ray::ServeReplica:door") == doors != []
    # The doors say that they have turned, and the shards of the build before may go.
    wait_for(lambda: set(serve.status().applications) == {"door"}, "the shards before run still")


def test_a_shard_that_is_gone_is_told_of(running: Running) -> None:
    from ray import serve

    index([SEEDS], running.folder, load_settings(), paragraphs=SHARD)
    name, made = read_build(running.folder)

    def is_served() -> bool:
        # By the doors, and by what starts shards: it would start anew what is ended before that.
        build = running.client.get("/readyz").json()["build"]
        return bool(build == running.served[-1] == name)

    wait_for(is_served, "the build was not swapped in")
    serve.delete(made.shards[0].name)
    body = running.ask(QUESTIONS[0])
    assert body["searched"] == {"shards": len(made.shards) - 1, "of": len(made.shards)}
    assert "parts of the articles could be searched" in body["text"]
