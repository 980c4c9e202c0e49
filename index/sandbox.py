"""Run a function over bytes that nobody vouches for, in a process of its own with limits.

    with Sandbox() as sandbox:
        read = sandbox.run(formats.read, name, data)

What loops, allocates without end, crashes or floods its output costs one typed error that names
what happened, and one process, which is replaced. Processes are kept warm: a call costs a message
there and back, not a start. The two sides exchange JSON of the function's own annotated types,
never pickles, so that a process which a document has taken over can't run anything in ours.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, TypeVar

from pydantic import ValidationError

from pincite.errors import PinciteError
from pincite.index.sandbox_worker import FrameTooLarge, codec, packed, read_frame, write_frame
from pincite.index.workers import cores

log = logging.getLogger("pincite.sandbox")

R = TypeVar("R")

_MAIN = (
    "import sys; sys.path[:] = {path!r}; "
    "from pincite.index.sandbox_worker import serve; serve({answers})"
)
_START_S = 60.0  # for a process to start and import the function, on a busy machine
_FAILURE_BYTES = 65_536
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "TZ")


class DocumentRefused(PinciteError):
    """What was given could not be read within the limits, or broke its reader."""

    type = "document_refused"
    http_status = 422


class OutOfTime(DocumentRefused):
    """It took longer than it may, by the clock or by the processor."""


class OutOfMemory(DocumentRefused):
    """It needed more memory than it may."""


class ReaderCrashed(DocumentRefused):
    """Its reader's process died, or the reader raised what it should not."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one call may take.

    Attributes:
        memory_mib: MiB of address space, beyond what the process has before its first call.
        cpu_s: seconds of processor time, of all its threads together.
        wall_s: seconds by the clock.
        result_bytes: of the result, as JSON.
        calls: after which a process is replaced, so that no leak adds up.
    """

    memory_mib: int = 1024
    cpu_s: int = 60
    wall_s: float = 120.0
    result_bytes: int = 64 << 20
    calls: int = 200


class Sandbox:
    """A few processes with limits. May be used from several threads; `close` ends them.

    Args:
        limits: of each call.
        processes: at most, each started when it is first needed; 0: as many as cores.
    """

    def __init__(self, limits: Limits | None = None, processes: int = 0) -> None:
        self.limits = limits or Limits()
        self._count = processes or cores()
        self._free: queue.LifoQueue[_Process | None] = queue.LifoQueue()  # the warmest first
        for _ in range(self._count):
            self._free.put(None)
        self._closed = False

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, function: Callable[..., R], *arguments: object) -> R:
        """What the function makes of the arguments, made in another process.

        Waits while all processes are busy.

        Args:
            function: of a module's top level, its parameters and result annotated with types that
                pydantic reads and writes as JSON: dataclasses, lists, strings, numbers, enums.
            arguments: bytes are handed on as they are.

        Raises:
            OutOfTime, OutOfMemory, ReaderCrashed: what each says; the process is replaced.
            DocumentRefused: the result is over its limit.
            PinciteError: one that the function raised, of the same class.
        """
        process = self._free.get()
        try:
            if self._closed:
                raise RuntimeError("the sandbox is closed")
            frames = packed(function, arguments)
            if process is not None and not process.takes(function, len(frames), self.limits):
                process.kill()
                process = None  # so that none is put back if starting one fails
            if process is None:
                process = _Process()
                process.begin(function, len(frames), self.limits)
            return self._result(function, process.answer(frames, self.limits))
        except BaseException as error:
            # Of a reader that raised what it should, the process is as good as before.
            if process is not None and (
                isinstance(error, DocumentRefused) or not isinstance(error, PinciteError)
            ):
                process.kill()
                process = None
            raise
        finally:
            self._free.put(process)

    def _result(self, function: Callable[..., R], answer: bytes) -> R:
        if answer[:1] != b"d":
            raise _failure(answer[1:], self.limits)
        try:
            made: R = codec(function, "return").validate_json(answer[1:])
        except ValidationError as error:
            raise ReaderCrashed("its reader answered what it can't", _ONE_DOCUMENT) from error
        return made

    def close(self) -> None:
        """End the processes, each when it has done what it is at."""
        self._closed = True
        for _ in range(self._count):
            process = self._free.get()
            if process is not None:
                process.kill()
        for _ in range(self._count):
            self._free.put(None)  # who still waits for one is told


_ONE_DOCUMENT = "The other documents are not touched by it; see whether it opens elsewhere."


class _Process:
    """One process with limits, and the two pipes to it."""

    def __init__(self) -> None:
        self.calls = 0
        ours, theirs = os.pipe()
        path = [os.path.abspath(folder) for folder in sys.path]  # noqa: PTH100  "" is this folder
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _MAIN.format(path=path, answers=theirs)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs],
                start_new_session=True,  # so that its children die with it
                cwd="/",
                env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            )
        except BaseException:
            os.close(ours)
            raise
        finally:
            os.close(theirs)
        assert self._process.stdin
        self._jobs: BinaryIO = self._process.stdin  # type: ignore[assignment]
        self._answers: BinaryIO = os.fdopen(ours, "rb")

    def takes(self, function: Callable[..., object], frames: int, limits: Limits) -> bool:
        """Begin a call, unless it had its share of them or has died since the last.

        Asking the system whether it lives is not enough: what was killed a moment ago may not be
        gone yet, and no document is to blame for that.
        """
        if self.calls >= limits.calls:
            return False
        try:
            self.begin(function, frames, limits)
        except DocumentRefused:
            return False
        return True

    def begin(self, function: Callable[..., object], frames: int, limits: Limits) -> None:
        """Name the function of a call. After an exception, the process is of no more use.

        Args:
            frames: that its arguments take.
        """
        self.calls += 1
        head = {
            "module": function.__module__,
            "function": function.__qualname__,
            "arguments": frames,
            "memory_mib": limits.memory_mib,
            "cpu_s": limits.cpu_s,
            "result_bytes": limits.result_bytes,
        }
        # To start and to import what the function needs is not the document's doing.
        with self._within(_START_S, limits):
            write_frame(self._jobs, json.dumps(head).encode())
            read_frame(self._answers, _FAILURE_BYTES)

    def answer(self, frames: Sequence[bytes], limits: Limits) -> bytes:
        """What comes of the call that has begun. After an exception, as after `begin`'s."""
        with self._within(limits.wall_s, limits):
            for frame in frames:
                write_frame(self._jobs, frame)
            return read_frame(self._answers, limits.result_bytes + _FAILURE_BYTES)

    def kill(self) -> None:
        """End it and what it has started, and close the pipes."""
        self._end()
        self._process.wait()
        for pipe in (self._jobs, self._answers):
            with contextlib.suppress(OSError):  # what was not sent yet has nowhere to go
                pipe.close()

    def _end(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    @contextmanager
    def _within(self, seconds: float, limits: Limits) -> Iterator[None]:
        """Kill the process when the time is over, and name what ended it."""
        over = threading.Event()

        def end() -> None:
            over.set()
            self._end()

        timer = threading.Timer(seconds, end)
        timer.daemon = True
        timer.start()
        try:
            yield
        except FrameTooLarge as error:
            raise DocumentRefused("what its reader makes of it is too large", "") from error
        except (EOFError, OSError) as error:
            ended = self._process.wait()
            if over.is_set():
                raise OutOfTime(
                    f"reading it took more than {seconds:g} s", _ONE_DOCUMENT
                ) from error
            if ended == -signal.SIGXCPU:
                raise OutOfTime(
                    f"reading it took more than {limits.cpu_s} s of processor time", _ONE_DOCUMENT
                ) from error
            raise ReaderCrashed(f"its reader died ({_named(ended)})", _ONE_DOCUMENT) from error
        finally:
            timer.cancel()


def _named(ended: int) -> str:
    """ "SIGSEGV", or "exit code 3"."""
    try:
        return signal.Signals(-ended).name if ended < 0 else f"exit code {ended}"
    except ValueError:
        return f"signal {-ended}"


def _failure(told: bytes, limits: Limits) -> PinciteError:
    """The error that a process tells of. What it says is taken for text only."""
    try:
        failure = {str(name): str(value) for name, value in json.loads(told).items()}
    except (ValueError, AttributeError):
        failure = {}
    kind, message = failure.get("kind"), failure.get("message", "")
    if kind == "memory":
        return OutOfMemory(f"reading it needs more than {limits.memory_mib} MiB", _ONE_DOCUMENT)
    if kind == "result":
        return DocumentRefused("what its reader makes of it is too large", f"It is {message}.")
    if kind == "raised":
        known = {f"{cls.__module__}.{cls.__qualname__}": cls for cls in _kinds(PinciteError)}
        cls = known.get(failure.get("name", ""), DocumentRefused)
        error = cls.__new__(cls)  # its own constructor may want other things
        PinciteError.__init__(error, message, failure.get("hint", ""))
        return error
    log.warning("a reader in the sandbox raised\n%s", failure.get("trace", ""))
    return ReaderCrashed(f"its reader failed ({message})", _ONE_DOCUMENT)


def _kinds(cls: type[PinciteError]) -> Iterator[type[PinciteError]]:
    yield cls
    for below in cls.__subclasses__():
        yield from _kinds(below)
