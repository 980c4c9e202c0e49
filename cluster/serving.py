"""Serve a sharded index with Ray Serve, and swap a new build in while questions run.

Applications of one deployment each: `door` takes the requests and reads; each shard's retrieval
bears the shard's name, so that a new build starts only shards that are new. Ray Serve places them,
balances between replicas, starts anew what dies and adds doors while requests wait.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pincite.cluster.asking import DOOR, RETRIEVAL
from pincite.cluster.build import POLL_S, Build, read_build
from pincite.cluster.proxy import CALLBACK
from pincite.cluster.runtime import connect
from pincite.cluster.shard import OpenShard
from pincite.errors import PinciteError, WorkerMissing
from pincite.index.encoder import open_encoder
from pincite.qa.ask import Models
from pincite.qa.reader import Span, SpanReader, Text
from pincite.settings import Settings

if TYPE_CHECKING:
    from fastapi import FastAPI
    from ray.serve import Application
    from ray.serve.handle import DeploymentHandle

log = logging.getLogger(__name__)

_SHARD = "shard-"
_TURNED = 10  # looks of a door, after which also one that could not be asked has turned to a build
_DOORS_S = 5.0  # for the doors to say which build they answer from
_RUN = ("RUNNING", "UNHEALTHY", "DEPLOYING")  # what Ray Serve sees to by itself
_BATCH = 8  # questions read together at most
_BATCH_WAIT_S = 0.0  # the first of them waits for none: others gather while some are read
_QUESTIONS_A_DOOR = 4  # that run or wait; with more, another door is started
_ENVIRONMENT = {
    **CALLBACK,
    # Between replicas by gRPC, not through Ray's objects: faster, as measured (docs/scale.md).
    "RAY_SERVE_USE_GRPC_BY_DEFAULT": "1",
}
"""Of Ray Serve's controller, and so of all that it starts."""


@dataclass(frozen=True, slots=True)
class Replicas:
    """How many processes serve, and what each may take.

    Attributes:
        doors: that take requests and read, at least.
        most_doors: and at most; no fewer than `doors`.
        a_shard: that each shard is searched by.
        door_cpus, door_gpus: of each door; fractions share one.
        deadline_s: for a shard's reply; a shard that takes longer is left out of the answer.
    """

    doors: int = 1
    most_doors: int = 1
    a_shard: int = 1
    door_cpus: float = 0.5
    door_gpus: float = 0.0
    deadline_s: float = 5.0


class Retrieval:
    """Searches one shard, memory-mapped and never written."""

    def __init__(self, folder: Path, shard: str, settings: Settings) -> None:
        self._shard = OpenShard(folder, shard, settings, open_encoder(settings))

    def ask(self, method: str, *args: Any) -> Any:  # noqa: ANN401  see OpenShard
        """Call a method of `OpenShard`."""
        return getattr(self._shard, method)(*args)


class Together:
    """Reads what was found for several users' questions at once, as a GPU wants it.

    Args:
        loop: that gathers them; not that of the threads which read.
    """

    def __init__(self, reader: SpanReader, loop: asyncio.AbstractEventLoop) -> None:
        from ray import serve

        self.fingerprint = reader.fingerprint
        self._reader = reader
        self._loop = loop
        batched = serve.batch(max_batch_size=_BATCH, batch_wait_timeout_s=_BATCH_WAIT_S)
        self._together = batched(self._read)

    def read(self, asked: str, texts: Sequence[Text]) -> list[list[Span]]:
        """See `pincite.qa.reader.Reader`."""
        waited = asyncio.run_coroutine_threadsafe(self._together((asked, texts)), self._loop)
        found: list[list[Span]] = waited.result()
        return found

    async def _read(self, given: list[tuple[str, Sequence[Text]]]) -> list[list[list[Span]]]:
        pairs = [(asked, text) for asked, texts in given for text in texts]
        spans = iter(await asyncio.to_thread(self._reader.read_pairs, pairs))
        return [[next(spans) for _ in texts] for _, texts in given]


class Entrance:
    """The HTTP service of one process.

    Args:
        together: what several questions found is read at once.
    """

    def __init__(self, folder: Path, settings: Settings, deadline_s: float, together: bool) -> None:
        from pincite.cluster.door import Door

        models = Models.open(settings)
        if together:  # a processor gains nothing by it: there each text is read by itself anyhow
            reader = Together(SpanReader(settings), asyncio.get_running_loop())
            models = replace(models, reader=reader)
        self._door = Door(folder, settings, deadline_s, models)
        # In a thread, for here is Ray Serve's event loop. Ready once all is loaded.
        first = threading.Thread(target=self._door.refresh)
        first.start()
        first.join()
        threading.Thread(target=self._door.follow, daemon=True).start()

    def build(self) -> str:
        """The name of the build that this door answers from; "" before there is one."""
        return self._door.build

    def __serve_build_asgi_app__(self) -> FastAPI:
        from pincite.api.app import app_over

        return app_over(self._door, None)


class Served:
    """What is being served from a folder.

    Args:
        folder: of the sharded index; every node must reach it under this path.
    """

    def __init__(self, folder: Path, settings: Settings, replicas: Replicas) -> None:
        self._folder = folder.absolute()
        self._settings = settings
        self._replicas = replicas
        self._encoder = open_encoder(settings)
        self._doors: DeploymentHandle | None = None
        self._own: set[str] = set()  # applications that were started here, or taken over
        self._ended: dict[str, float] = {}  # shard -> when it may go
        self.build = ""

    def follow(self, ready: Callable[[str], None], stop: threading.Event) -> None:
        """Serve whatever build is in use, until told to stop.

        Args:
            ready: called with the name of each build once it is served.

        Raises:
            What `refresh` does, before any build is served; later it is logged, once.
        """
        refused = ""
        while not stop.is_set():
            try:
                if self.refresh():
                    ready(self.build)
                refused = ""
            except PinciteError as error:
                if not self.build:
                    raise
                if error.message != refused:
                    log.error("build %s stays in use: %s", self.build, error.message)
                refused = error.message
            except Exception as error:  # Ray's, say, whose controller is started anew
                if not self.build:
                    raise
                if type(error).__name__ != refused:
                    log.exception("build %s stays in use", self.build)
                refused = type(error).__name__
            stop.wait(POLL_S)

    def refresh(self) -> bool:
        """Serve the shards of the build in use, if it is another. Whether it was.

        The doors turn to it by themselves once all its shards run (`Door.refresh`), and those of
        the build before run until no question can need them any more: none is lost.

        Raises:
            IndexMissing, IndexStale, IndexDamaged: it can't be; what is served goes on.
            WorkerMissing: Ray Serve can't start what it takes.
        """
        # Before any is ended: the doors turn to a build at once where its shards run still.
        name, build = read_build(self._folder)
        is_new = name != self.build
        if is_new:
            self._start(name, build)
        self._end_unneeded()
        return is_new

    def _start(self, name: str, build: Build) -> None:
        """Start what a build takes that does not run; what it does not need may go in a while.

        At first all is started: what runs then may be of another folder, or under other options.
        """
        from ray import serve
        from ray.serve import RunTarget

        from pincite.cluster.door import open_build

        # No door could turn to what can't be opened here.
        open_build(
            self._folder, name, build, self._settings, self._encoder, self._replicas.deadline_s
        )
        running = [app for app, of in serve.status().applications.items() if of.status in _RUN]
        stays = running if self.build else []
        wanted = build.searched_apart
        new = [RunTarget(self._retrieval(s), s, None) for s in wanted if s not in stays]
        self._own.update(wanted, [DOOR])
        try:
            if new:
                serve.run_many(new)
            if DOOR not in stays:
                self._doors = serve.run(self._entrance(), name=DOOR)
        except RuntimeError as error:  # which is all that Ray Serve says of it
            raise WorkerMissing(
                f"Ray Serve can't start build {name}: {error}",
                "Its log, in Ray's folder below /tmp, says why; see that there are CPUs enough.",
            ) from error
        self.build = name
        gone = [app for app in running if app.startswith(_SHARD) and app not in wanted]
        self._own.update(gone)
        self._ended = {app: self._ended.get(app, self._due()) for app in gone}

    def _due(self) -> float:
        """When a shard may go that no door needs any more, but for questions that run."""
        return time.monotonic() + _TURNED * POLL_S + self._settings.shutdown_s

    def _end_unneeded(self) -> None:
        """End the shards that no door's build has had for a while."""
        from ray import serve

        if self._ended and not self._have_turned():
            self._ended = dict.fromkeys(self._ended, self._due())
            return
        for app in [app for app, due in self._ended.items() if due <= time.monotonic()]:
            del self._ended[app]
            with suppress(TimeoutError):  # on a busy machine; Ray Serve goes on ending it
                serve.delete(app)

    def _have_turned(self) -> bool:
        """Whether all doors say that they answer from the build in use."""
        from ray.exceptions import RayError
        from ray.serve.exceptions import RayServeException

        if self._doors is None:
            return False
        try:
            builds = self._doors.broadcast("build").results(timeout_s=_DOORS_S)
        except (TimeoutError, RayError, RayServeException):  # one can't be asked now
            return False
        return set(builds) == {self.build}

    def end(self) -> None:
        """End what was started here, and Ray Serve too where nothing else runs on it."""
        from ray import serve

        there = set(serve.status().applications)
        if there <= self._own:
            serve.shutdown()
            return
        for app in sorted(there & self._own):
            with suppress(TimeoutError):  # as above
                serve.delete(app)

    def _retrieval(self, shard: str) -> Application:
        return self._deployed(Retrieval, RETRIEVAL, 0.1, num_replicas=self._replicas.a_shard).bind(
            self._folder, shard, self._settings
        )

    def _entrance(self) -> Application:
        from ray import serve

        replicas = self._replicas
        scaling = {
            "min_replicas": replicas.doors,
            "max_replicas": max(replicas.doors, replicas.most_doors),
            "target_ongoing_requests": _QUESTIONS_A_DOOR,
        }
        return self._deployed(
            serve.ingress()(Entrance),
            DOOR,
            replicas.door_cpus,
            replicas.door_gpus,
            autoscaling_config=scaling,
        ).bind(self._folder, self._settings, replicas.deadline_s, replicas.door_gpus > 0)

    def _deployed(
        self, of: type, name: str, cpus: float, gpus: float = 0.0, **options: object
    ) -> Any:  # noqa: ANN401  Ray's deployment
        from ray import serve
        from ray.serve.schema import LoggingConfig

        at_once = self._settings.ask_at_once + self._settings.ask_waiting
        return serve.deployment(of).options(
            name=name,
            max_ongoing_requests=2 * at_once,
            max_queued_requests=at_once,
            ray_actor_options={"num_cpus": cpus, "num_gpus": gpus},
            health_check_period_s=5,
            graceful_shutdown_timeout_s=self._settings.shutdown_s,
            logging_config=LoggingConfig(log_level="WARNING", enable_access_log=False),
            **options,
        )


def serve_folder(
    folder: Path,
    settings: Settings,
    replicas: Replicas,
    *,
    address: str | None = None,
    ready: Callable[[str], None] = lambda _: None,
    stop: threading.Event | None = None,
) -> None:
    """Serve a sharded index until told to stop, and whatever build takes its place.

    Args:
        address: of the Ray cluster; see `pincite.cluster.runtime.connect`.
        ready: called with the name of each build once it is served.
        stop: ends it.

    Raises:
        IndexMissing, IndexStale, IndexDamaged: there is no build to begin with.
        MissingExtra: Ray is not installed.
    """
    read_build(folder)  # that there is none is better said before anything is started
    connect(address)
    from ray import serve
    from ray.exceptions import RayActorError
    from ray.serve.config import HTTPOptions

    stop = stop or threading.Event()
    with suppress(RayActorError):  # a proxy that was slow to start: the controller starts another
        serve.start(
            proxy_location="EveryNode",
            http_options=HTTPOptions(host=settings.host, port=settings.port),
            controller_options={"runtime_env": {"env_vars": _ENVIRONMENT}},
        )
    served = Served(folder, settings, replicas)
    try:
        served.follow(ready, stop)
    finally:
        served.end()
