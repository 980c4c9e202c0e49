"""Work shared out to other processes comes back in order, and nothing outlives it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pincite.errors import CorpusError
from pincite.index.workers import mapped

ROOT = Path(__file__).parents[1]


def squared(n: int) -> tuple[int, int]:
    """The square, and the process that made it."""
    time.sleep(0.002 * (n % 3))
    return n * n, os.getpid()


def refused(n: int) -> int:
    if n == 40:
        raise CorpusError("forty", "Take another.")
    return n


def printed(n: int) -> int:
    print("a library says something", n)
    return n


def died(n: int) -> int:
    if n == 20:
        os.kill(os.getpid(), signal.SIGKILL)
    return n


def size(_: int) -> int:
    return 1


def test_results_are_in_order_and_made_by_several_processes() -> None:
    made = list(mapped(squared, range(100), size, alone=9, at_once=5, workers=3))
    assert [square for square, _ in made] == [n * n for n in range(100)]
    processes = [process for _, process in made]
    assert set(processes[:10]) == {os.getpid()}
    assert os.getpid() not in processes[10:]
    assert 2 <= len(set(processes[10:])) <= 3


@pytest.mark.parametrize(("alone", "workers"), [(100, 3), (9, 1)])
def test_little_work_and_a_single_core_need_no_other_process(alone: int, workers: int) -> None:
    made = list(mapped(squared, range(30), size, alone=alone, at_once=5, workers=workers))
    assert [square for square, _ in made] == [n * n for n in range(30)]
    assert {process for _, process in made} == {os.getpid()}


def test_items_are_taken_as_results_are() -> None:
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        for n in range(10_000):
            taken = n
            yield n

    results = mapped(squared, items(), size, alone=0, at_once=5, workers=2)
    for _ in range(50):
        next(results)
    assert taken < 120
    results.close()  # type: ignore[attr-defined]


def test_what_the_function_raises_is_raised_with_its_hint() -> None:
    with pytest.raises(CorpusError, match="forty") as caught:
        list(mapped(refused, range(100), size, alone=0, at_once=5, workers=2))
    assert caught.value.hint == "Take another."


def test_what_a_function_prints_does_not_come_among_the_results() -> None:
    assert list(mapped(printed, range(40), size, alone=0, at_once=5, workers=2)) == [*range(40)]


def test_a_worker_that_is_killed_is_an_error_not_a_hang() -> None:
    with pytest.raises(OSError, match="worker"):
        list(mapped(died, range(100), size, alone=0, at_once=5, workers=2))


def test_workers_end_with_a_parent_that_is_killed() -> None:
    script = (
        "from pincite.index.workers import mapped; from tests.test_workers import size, squared\n"
        "for _, process in mapped(squared, iter(int, 1), size, alone=0, at_once=5, workers=2):\n"
        "    print(process, flush=True)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        seen = {int(parent.stdout.readline()) for _ in range(60)} - {parent.pid}
        parent.kill()
    assert len(seen) == 2
    until = time.monotonic() + 10
    while any(Path(f"/proc/{process}").exists() for process in seen):
        assert time.monotonic() < until
        time.sleep(0.02)
