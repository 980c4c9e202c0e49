"""Share work out to processes of this program's own, and get it back in order.

The standard library's pools either fork, which is unsafe beside threads, or
import the caller's main script again, which runs an unguarded one twice; and
workers of a killed parent live on. Here a worker reads jobs from a pipe until
it closes, which it does when the parent is gone, however that went.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import pickle
import queue
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import IO, TypeVar

T = TypeVar("T")
R = TypeVar("R")

_MAIN = "import sys; sys.path[:] = {path!r}; from pincite.index.workers import serve; serve()"


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def mapped(
    function: Callable[[T], R],
    items: Iterable[T],
    size: Callable[[T], int],
    *,
    alone: int,
    at_once: int,
    workers: int = 0,
) -> Iterator[R]:
    """What a function makes of each item, in order; in worker processes where there is much.

    A bounded number of items is held at a time. What the function raises is raised here.

    Args:
        function: to be pickled, as are the items and the results.
        size: of an item, in the unit of the next two.
        alone: so much is done here, before any worker is started.
        at_once: so much is given to a worker together.
        workers: how many; 0: as many as cores.
    """
    items = iter(items)
    done = 0
    for item in items:
        yield function(item)
        done += size(item)
        if done > alone:
            break
    else:
        return
    count = workers or cores()
    if count < 2:
        yield from map(function, items)
        return
    with _Pool(count) as pool:
        waiting: deque[Future[list[R]]] = deque()
        for batch in _batches(items, size, at_once):
            waiting.append(pool.submit(function, batch))
            # One for each worker to do, and one for it to go on with.
            if len(waiting) > 2 * count:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()


def _batches(items: Iterator[T], size: Callable[[T], int], at_once: int) -> Iterator[list[T]]:
    batch: list[T] = []
    held = 0
    for item in items:
        batch.append(item)
        held += size(item)
        if held >= at_once:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


class _Pool:
    """Worker processes, and a thread for each that waits for its answer."""

    def __init__(self, count: int) -> None:
        self._workers = [_start() for _ in range(count)]
        self._free: queue.SimpleQueue[subprocess.Popen[bytes]] = queue.SimpleQueue()
        for worker in self._workers:
            self._free.put(worker)
        self._threads = ThreadPoolExecutor(count, "worker")

    def __enter__(self) -> _Pool:
        return self

    def __exit__(self, *_: object) -> None:
        # Killed, not asked: after a failure a thread may wait for an answer still.
        for worker in self._workers:
            worker.kill()
        self._threads.shutdown(cancel_futures=True)
        for worker in self._workers:
            with contextlib.suppress(OSError):
                worker.communicate()

    def submit(self, function: Callable[[T], R], batch: list[T]) -> Future[list[R]]:
        return self._threads.submit(self._run, function, batch)

    def _run(self, function: Callable[[T], R], batch: list[T]) -> list[R]:
        worker = self._free.get()
        try:
            assert worker.stdin and worker.stdout
            pickle.dump((function, batch), worker.stdin, pickle.HIGHEST_PROTOCOL)
            worker.stdin.flush()
            failure, results = pickle.load(worker.stdout)
        except (EOFError, BrokenPipeError) as error:
            raise OSError(f"a worker process ended with {worker.wait()}") from error
        finally:
            self._free.put(worker)
        if failure is not None:
            raise failure
        made: list[R] = results
        return made


def _start() -> subprocess.Popen[bytes]:
    path = [os.path.abspath(folder) for folder in sys.path]  # noqa: PTH100  "" is the working folder
    return subprocess.Popen(
        [sys.executable, "-c", _MAIN.format(path=path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def serve() -> None:
    """Be a worker: do the jobs that come on the standard input until it ends."""
    jobs = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not come among the answers
    with contextlib.suppress(EOFError, BrokenPipeError, KeyboardInterrupt):
        for _ in itertools.count():
            _answer(jobs, answers)


def _answer(jobs: IO[bytes], answers: IO[bytes]) -> None:
    function, batch = pickle.load(jobs)
    answer: tuple[Exception | None, list[object]]
    try:
        answer = None, [function(item) for item in batch]
    except Exception as error:  # noqa: BLE001  raised again by the one that gave the job
        answer = error, []
    pickle.dump(answer, answers, pickle.HIGHEST_PROTOCOL)
    answers.flush()
