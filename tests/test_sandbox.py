"""A reader that loops, allocates, crashes or floods costs one typed error, and nothing else."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from pincite.errors import InvalidRequest
from pincite.index.sandbox import (
    DocumentRefused,
    Limits,
    OutOfMemory,
    OutOfTime,
    ReaderCrashed,
    Sandbox,
)
from tests import hostile

LIMITS = Limits(memory_mib=100, cpu_s=1, wall_s=20.0, result_bytes=1_000_000)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(LIMITS, processes=1) as sandbox:
        yield sandbox


def pid(sandbox: Sandbox) -> int:
    return int(sandbox.run(hostile.tell, b"").split()[0])


def test_it_gives_what_the_function_gives(sandbox: Sandbox) -> None:
    every_byte = bytes(range(256))
    assert sandbox.run(hostile.read, "é.txt", every_byte) == hostile.read("é.txt", every_byte)
    assert sandbox.run(hostile.echo, every_byte * 1000) == every_byte * 1000
    assert sandbox.run(hostile.echo, b"") == b""
    parts = [hostile.Part(1, hostile.Kind.TEXT), hostile.Part(2, hostile.Kind.TEXT)]
    assert sandbox.run(hostile.join, parts, 1.5) == "text1.5/text3"


def test_a_process_is_kept_warm(sandbox: Sandbox) -> None:
    first = pid(sandbox)
    assert first != os.getpid()
    began = time.perf_counter()
    assert {pid(sandbox) for _ in range(20)} == {first}
    assert time.perf_counter() - began < 1.0


@pytest.mark.parametrize(
    ("function", "data", "error", "named"),
    [
        (hostile.loop, b"", OutOfTime, "1 s of processor time"),
        (hostile.allocate, b"", OutOfMemory, "100 MiB"),
        (hostile.crash, b"", ReaderCrashed, "SIGSEGV"),
        (hostile.leave, b"7", ReaderCrashed, "exit code 7"),
        (hostile.leave, b"0", ReaderCrashed, "exit code 0"),
        (hostile.exit_, b"", ReaderCrashed, "SystemExit"),
        (hostile.recurse, b"", ReaderCrashed, "RecursionError"),
        (hostile.fail, b"", ReaderCrashed, "ValueError"),
        (hostile.open_many, b"", ReaderCrashed, "OSError"),
        (hostile.grow_without_end, b"", DocumentRefused, "too large"),
        (hostile.answer_otherwise, b"", ReaderCrashed, "answered"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_goes_wrong_is_named_and_the_next_call_is_answered(
    sandbox: Sandbox,
    function: Callable[[bytes], object],
    data: bytes,
    error: type[DocumentRefused],
    named: str,
) -> None:
    before = pid(sandbox)
    with pytest.raises(error, match=named) as caught:
        sandbox.run(function, data)
    assert type(caught.value) is error
    assert caught.value.http_status == 422
    assert "secret" not in caught.value.message
    assert pid(sandbox) != before
    assert not Path(f"/proc/{before}").exists()


def test_the_clock_ends_what_only_waits() -> None:
    with Sandbox(replace(LIMITS, wall_s=0.5), processes=1) as sandbox:
        pid(sandbox)
        began = time.perf_counter()
        with pytest.raises(OutOfTime, match=r"0\.5 s$"):
            sandbox.run(hostile.sleep, b"")
        assert time.perf_counter() - began < 5


def test_what_it_started_ends_with_it() -> None:
    seconds = "98765.4321"
    with (
        Sandbox(replace(LIMITS, wall_s=0.5), processes=1) as sandbox,
        pytest.raises(OutOfTime),
    ):
        sandbox.run(hostile.start_another, seconds.encode())
    assert not runs(f"sleep {seconds}")


def runs(words: str) -> bool:
    """Whether a process runs whose number and arguments hold these words."""
    ps = ["ps", "ax", "-o", "pid=,stat=,args="]
    listed = subprocess.run(ps, capture_output=True, text=True, check=True).stdout.splitlines()
    fields = [line.split(None, 2) for line in listed]
    return any(words in f"{pid} {args}" for pid, state, args in fields if "Z" not in state)


# Whoever runs the tests in the background has them, and what they start, ignore SIGINT.
READS_WHEN_IT_ENDS = """
import signal, threading
signal.signal(signal.SIGINT, signal.default_int_handler)
from pincite.index.contained import _sandbox
from tests.hostile import start_another, tell
print(_sandbox().run(tell, b"").split()[0], flush=True)
reading = (start_another, b"{seconds}")
threading.Thread(target=_sandbox().run, args=reading, daemon=True).start()
input()
"""


@pytest.mark.parametrize("end", [None, signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_what_is_being_read_ends_with_the_program_however_that_ends(
    end: signal.Signals | None,
) -> None:
    seconds = f"98765.{os.getpid()}{end or 0:02d}"
    program = subprocess.Popen(
        [sys.executable, "-c", READS_WHEN_IT_ENDS.format(seconds=seconds)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parents[1],
    )
    assert program.stdin and program.stdout
    reader = int(program.stdout.readline())
    try:
        until(lambda: runs(f"sleep {seconds}"))
        assert runs(f"{reader} {sys.executable}")
        if end is None:
            program.stdin.write(b"\n")
            program.stdin.flush()
        else:
            program.send_signal(end)
        assert program.wait(100) == -(end or 0)
        until(lambda: not runs(f"sleep {seconds}") and not runs(f"{reader} {sys.executable}"))
    finally:
        program.kill()
        program.communicate()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(reader, signal.SIGKILL)


def until(holds: Callable[[], bool]) -> None:
    """Wait for it, 100 s at most."""
    over = time.monotonic() + 100
    while not holds():
        assert time.monotonic() < over
        time.sleep(0.05)


def test_what_is_printed_does_not_come_among_the_answers(
    sandbox: Sandbox, capfd: pytest.CaptureFixture[str]
) -> None:
    assert sandbox.run(hostile.print_much, b"") == "printed"
    assert sandbox.run(hostile.echo, b"x") == b"x"
    assert sandbox.run(hostile.read_our_pipe, b"") == "b''"
    assert capfd.readouterr() == ("", "")


def test_memory_is_counted_beyond_what_the_process_has(sandbox: Sandbox) -> None:
    assert sandbox.run(hostile.allocate_within, b"50000000") == 50_000_000
    with pytest.raises(OutOfMemory):
        sandbox.run(hostile.allocate_within, b"150000000")


def test_a_large_document_is_not_counted_as_its_readers_memory() -> None:
    data = b"x" * 60_000_000
    with Sandbox(replace(LIMITS, result_bytes=100_000_000), processes=1) as sandbox:
        assert sandbox.run(hostile.allocate_within, b"90000000") == 90_000_000
        with pytest.raises(InvalidRequest):
            sandbox.run(hostile.refuse, data)


def test_nothing_is_written_and_no_core_is_left(sandbox: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(ReaderCrashed, match="OSError"):
        sandbox.run(hostile.write_a_file, str(tmp_path / "file").encode())
    assert not (tmp_path / "file").exists() or (tmp_path / "file").read_bytes() == b""
    assert sandbox.run(hostile.tell, b"").split()[1:] == ["0", "/"]


def test_no_secret_of_the_environment_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "secret")
    with Sandbox(LIMITS, processes=1) as sandbox:
        names = sandbox.run(hostile.environment, b"")
    assert "SECRET_TOKEN" not in names
    assert "PATH" in names


def can_unshare() -> bool:
    return (
        subprocess.run(["unshare", "-Un", "true"], capture_output=True, check=False).returncode == 0
    )


@pytest.mark.skipif(not can_unshare(), reason="this system lets nobody make a network of his own")
def test_it_reaches_no_network(sandbox: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as here:
        address = f"127.0.0.1:{here.getsockname()[1]}".encode()
        assert hostile.call_out(address) == "connected"
        with pytest.raises(ReaderCrashed, match="OSError"):
            sandbox.run(hostile.call_out, address)


def test_an_error_of_ours_comes_as_it_was_raised(sandbox: Sandbox) -> None:
    before = pid(sandbox)
    with pytest.raises(InvalidRequest) as caught:
        sandbox.run(hostile.refuse, b"")
    assert (caught.value.message, caught.value.hint) == ("not like this", "Like that.")
    with pytest.raises(hostile.Picky) as picky:
        sandbox.run(hostile.be_picky, b"")
    assert (picky.value.message, picky.value.hint) == ("no commas", "Be less picky.")
    assert str(picky.value) == "no commas"
    assert pid(sandbox) == before  # nothing is wrong with the process


def test_the_log_has_the_trace(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "pincite.sandbox"), pytest.raises(ReaderCrashed):
        sandbox.run(hostile.fail, b"")
    assert "in fail" in caplog.text


def test_one_bad_among_many_at_once() -> None:
    def at(n: int) -> str:
        try:
            return pool.run(hostile.crash, b"") if n % 5 == 0 else pool.run(hostile.say, str(n))
        except ReaderCrashed:
            return "crashed"

    with Sandbox(LIMITS, processes=2) as pool, ThreadPoolExecutor(6) as threads:
        got = list(threads.map(at, range(20)))
    assert got == ["crashed" if n % 5 == 0 else str(n) for n in range(20)]


def test_a_process_is_replaced_after_its_calls() -> None:
    with Sandbox(replace(LIMITS, calls=2), processes=1) as sandbox:
        pids = [pid(sandbox) for _ in range(4)]
    assert pids[0] == pids[1] != pids[2] == pids[3]


def test_a_process_that_somebody_killed_is_replaced(sandbox: Sandbox) -> None:
    before = pid(sandbox)
    os.kill(before, 9)
    while Path(f"/proc/{before}/stat").read_text().split()[2] != "Z":
        time.sleep(0.01)
    assert pid(sandbox) != before


def test_one_that_was_killed_a_moment_ago_is_replaced_too(sandbox: Sandbox) -> None:
    for _ in range(20):
        before = pid(sandbox)
        os.kill(before, 9)  # and is not gone yet, nor answers any more
        assert pid(sandbox) != before


def test_closed_it_takes_no_more() -> None:
    sandbox = Sandbox(LIMITS, processes=1)
    kept = pid(sandbox)
    sandbox.close()
    assert not Path(f"/proc/{kept}").exists()
    with pytest.raises(RuntimeError, match="closed"):
        sandbox.run(hostile.echo, b"")


def test_closing_waits_for_the_call_that_runs() -> None:
    sandbox = Sandbox(replace(LIMITS, wall_s=1.0), processes=1)
    pid(sandbox)
    ended: list[type[BaseException]] = []

    def wait() -> None:
        try:
            sandbox.run(hostile.sleep, b"")
        except OutOfTime as error:
            ended.append(type(error))

    thread = threading.Thread(target=wait)
    thread.start()
    time.sleep(0.2)
    sandbox.close()
    thread.join(10)
    assert ended == [OutOfTime]
