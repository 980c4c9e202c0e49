"""What starts shards, and the doors over them, on a stand-in for Ray that keeps what was deployed.

The same with Ray itself, and with processes that are killed: `test_cluster_ray.py`.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from pincite.cluster.alone import index_alone
from pincite.cluster.build import read_build, shard_folder
from pincite.cluster.door import Door
from pincite.cluster.serving import Replicas, Served
from pincite.errors import IndexDamaged, IndexStale, PinciteError
from pincite.index.encoder import open_encoder
from pincite.qa.ask import Models
from pincite.settings import SHIPPED, Settings, load_settings
from tests.fakes import CONFIDENCE, FakeComparison, FakeEncoder, FakeReader

MANY, ONE = 60, 1000  # paragraphs of a shard: of the shipped articles two or three, and all


class RayActorError(Exception):
    """As Ray raises it where an actor has died."""


class RayServeException(Exception):
    """As Ray Serve raises it."""


@dataclass
class Bound:
    """A deployment with what it is started with."""

    args: tuple[object, ...] = ()

    def options(self, **_: object) -> Bound:
        return self

    def bind(self, *args: object) -> Bound:
        return Bound(args)


@dataclass
class Target:
    target: Bound
    name: str
    route_prefix: str | None


class FakeServe(ModuleType):
    """Ray Serve.

    Attributes:
        status_of: each application.
        started: each application that was deployed, in order, and with what.
        doors: what each door says of its build.
        down: what is raised in place of a status.
    """

    RunTarget = Target

    def __init__(self) -> None:
        super().__init__("ray.serve")
        self.status_of: dict[str, str] = {}
        self.started: list[tuple[str, tuple[object, ...]]] = []
        self.doors: list[str] = []
        self.down: Exception | None = None
        self.ended = False

    def status(self) -> Any:  # noqa: ANN401
        if self.down:
            raise self.down
        states = {name: SimpleNamespace(status=of) for name, of in self.status_of.items()}
        return SimpleNamespace(applications=states)

    def run_many(self, targets: list[Target]) -> None:
        for one in targets:
            self.run(one.target, one.name)

    def run(self, target: Bound, name: str) -> FakeServe:
        self.started.append((name, target.args))
        self.status_of[name] = "RUNNING"
        return self

    def broadcast(self, method: str) -> Any:  # noqa: ANN401
        assert method == "build"
        return SimpleNamespace(results=lambda timeout_s: self.doors)

    def delete(self, name: str) -> None:
        del self.status_of[name]

    def shutdown(self) -> None:
        self.ended = True

    def deployment(self, _: type) -> Bound:
        return Bound()

    def ingress(self) -> Callable[[type], type]:
        return lambda of: of

    def get_deployment_handle(self, *_: str, app_name: str) -> Any:  # noqa: ANN401
        raise RayServeException(app_name)


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> FakeServe:
    serve = FakeServe()
    errors = {"RayActorError", "ObjectLostError", "RayTaskError", "RayError"}
    modules: dict[str, Any] = {
        "ray": SimpleNamespace(serve=serve),
        "ray.serve": serve,
        "ray.serve.schema": SimpleNamespace(LoggingConfig=SimpleNamespace),
        "ray.exceptions": SimpleNamespace(**dict.fromkeys(errors, RayActorError)),
        "ray.serve.exceptions": SimpleNamespace(
            RayServeException=RayServeException, BackPressureError=type("Busy", (Exception,), {})
        ),
    }
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr("pincite.cluster.serving._TURNED", 0)
    monkeypatch.setattr("pincite.cluster.serving.POLL_S", 0.01)
    return serve


@pytest.fixture
def settings() -> Settings:
    return load_settings(shutdown_s=0)


@pytest.fixture
def encoder() -> FakeEncoder:
    """Fast, and by its name the one that the settings name."""
    return FakeEncoder(open_encoder(Settings()).fingerprint)


def shard(folder: Path, encoder: FakeEncoder, paragraphs: int) -> tuple[str, list[str]]:
    """The name of a build of the shipped articles, and its shards."""
    build = index_alone([str(SHIPPED / "seeds")], folder, Settings(), encoder, paragraphs)
    return read_build(folder)[0], [one.name for one in build.shards]


def door(folder: Path, settings: Settings, encoder: FakeEncoder) -> Door:
    models = Models(encoder, FakeReader(), FakeComparison(), CONFIDENCE)
    return Door(folder, settings, 1.0, models)


@pytest.mark.parametrize("broken", ["encoder", "statistics", "shard"])
def test_what_no_door_could_open_leaves_the_build_before_in_use(
    broken: str, serve: FakeServe, settings: Settings, encoder: FakeEncoder, tmp_path: Path
) -> None:
    served = Served(tmp_path, settings, Replicas())
    first, shards = shard(tmp_path, encoder, MANY)
    assert served.refresh() and served.build == first
    second, (only,) = shard(tmp_path, FakeEncoder() if broken == "encoder" else encoder, ONE)
    serve.doors = [second]  # whatever they say
    if broken == "statistics":
        (tmp_path / read_build(tmp_path)[1].statistics).write_bytes(b"no database" * 1000)
    if broken == "shard":
        (store,) = shard_folder(tmp_path, only).rglob("store.sqlite")
        store.write_bytes(store.read_bytes()[:-1])
    for _ in range(3):
        with pytest.raises((IndexStale, IndexDamaged)):
            served.refresh()
    assert served.build == first and {*shards} < {*serve.status_of}


def test_shards_end_once_every_door_has_turned(
    serve: FakeServe, settings: Settings, encoder: FakeEncoder, tmp_path: Path
) -> None:
    served = Served(tmp_path, settings, Replicas())
    first, shards = shard(tmp_path, encoder, MANY)
    served.refresh()
    second, _ = shard(tmp_path, encoder, ONE)
    for said in ([first, first], [first, second], ["", second], []):
        serve.doors = said
        assert served.refresh() == (said == [first, first])
        assert {*shards} < {*serve.status_of}
    serve.doors = [second, second]
    served.refresh()
    assert {*serve.status_of} == {"door"}


def test_what_runs_already_is_deployed_anew_at_first_and_not_again(
    serve: FakeServe, settings: Settings, encoder: FakeEncoder, tmp_path: Path
) -> None:
    _, shards = shard(tmp_path, encoder, MANY)
    serve.status_of = dict.fromkeys(["door", "shard-other", *shards], "RUNNING")
    served = Served(tmp_path, settings, Replicas())
    served.refresh()
    assert [name for name, _ in serve.started] == [*shards, "door"]
    assert all(args[0] == tmp_path for _, args in serve.started)
    assert "shard-other" in serve.status_of  # until the doors have turned
    serve.doors = [served.build]
    served.refresh()
    assert {*serve.status_of} == {"door", *shards}
    before, _ = shard(tmp_path, encoder, ONE)
    assert served.refresh() and before == served.build
    assert len(serve.started) == len(shards) + 1


def test_only_what_was_started_here_is_ended(
    serve: FakeServe, settings: Settings, encoder: FakeEncoder, tmp_path: Path
) -> None:
    shard(tmp_path, encoder, MANY)
    serve.status_of = {"translation": "RUNNING", "shard-other": "RUNNING"}
    Served(tmp_path, settings, Replicas()).end()  # nothing was started
    assert {*serve.status_of} == {"translation", "shard-other"} and not serve.ended
    served = Served(tmp_path, settings, Replicas())
    served.refresh()
    served.end()
    assert {*serve.status_of} == {"translation"} and not serve.ended
    serve.status_of.clear()
    served.end()
    assert serve.ended


def test_ray_may_be_away_for_a_while(
    serve: FakeServe,
    settings: Settings,
    encoder: FakeEncoder,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    first, _ = shard(tmp_path, encoder, MANY)
    served, stop = Served(tmp_path, settings, Replicas()), threading.Event()
    builds = []

    def ready(build: str) -> None:
        builds.append(build)
        if len(builds) == 1:
            shard(tmp_path, encoder, ONE)
            serve.down = RayActorError("the controller has died")
            threading.Timer(0.2, lambda: setattr(serve, "down", None)).start()
        else:
            stop.set()

    served.follow(ready, stop)
    assert builds == [first, read_build(tmp_path)[0]]
    assert caplog.messages == [f"build {first} stays in use"]
    serve.down = RayActorError("the controller has died")
    with pytest.raises(RayActorError):  # at first there is nothing to go on with
        Served(tmp_path, settings, Replicas()).follow(ready, threading.Event())


def test_a_door_tries_again(
    serve: FakeServe,
    settings: Settings,
    encoder: FakeEncoder,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    ours = door(tmp_path, settings, encoder)
    first, (only,) = shard(tmp_path, encoder, ONE)
    folder = shard_folder(tmp_path, only)
    folder.rename(tmp_path / "away")
    ours.refresh()
    ours.refresh()
    assert ours.build == "" and len(caplog.messages) == 1
    (tmp_path / "away").rename(folder)
    ours.refresh()
    assert ours.build == first
    second, shards = shard(tmp_path, encoder, MANY)
    serve.down = RayActorError("the controller has died")
    ours.refresh()
    ours.refresh()
    assert ours.build == first and len(caplog.messages) == 2
    serve.down = None
    ours.refresh()
    assert ours.build == first  # its shards do not run yet
    serve.status_of = dict.fromkeys(shards, "RUNNING")
    ours.refresh()
    assert ours.build == second


def test_a_new_door_answers_without_the_shards_that_are_not_well(
    serve: FakeServe,
    settings: Settings,
    encoder: FakeEncoder,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.CRITICAL)
    first, shards = shard(tmp_path, encoder, MANY)
    serve.status_of = dict.fromkeys(shards[1:], "RUNNING") | {shards[0]: "UNHEALTHY"}
    ours = door(tmp_path, settings, encoder)
    ours.refresh()
    assert ours.build == first
    with pytest.raises(PinciteError, match="no shard of the index"):  # none is behind this Ray
        ours.pincite.ask("How many prisoners were claimed?")
