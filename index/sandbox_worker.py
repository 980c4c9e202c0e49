"""The process of `index/sandbox.py`: takes calls on one pipe, answers on another, within limits."""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import inspect
import json
import math
import os
import resource
import select
import signal
import struct
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, get_type_hints

from pydantic import ConfigDict, PydanticUserError, TypeAdapter

from pincite.errors import PinciteError

READY = b"ready"
_LENGTH = struct.Struct(">Q")
_MIB = 1 << 20
_TRACE_CHARS = 4000
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000  # CLONE_NEWUSER, CLONE_NEWNET
_FEW_FILES = 64  # open at a time


class FrameTooLarge(Exception):
    """The other side announces more bytes than may come."""


def write_frame(pipe: BinaryIO, content: bytes) -> None:
    """Send bytes with their length before them."""
    pipe.write(_LENGTH.pack(len(content)))
    pipe.write(content)
    pipe.flush()


def read_frame(pipe: BinaryIO, most: int | None = None) -> bytes:
    """Receive what `write_frame` sent.

    Raises:
        EOFError: the other side is gone.
        FrameTooLarge: it is longer than `most` bytes.
    """
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    if most is not None and length > most:
        raise FrameTooLarge(length)
    content = pipe.read(length)
    if len(content) < length:
        raise EOFError
    return content


@cache
def codec(function: Callable[..., object], of: str) -> TypeAdapter[Any]:
    """What writes a parameter's or the "return" value's annotated type as JSON, and reads it."""
    type_ = get_type_hints(function)[of]
    try:
        config = ConfigDict(
            ser_json_bytes="base64", val_json_bytes="base64", ser_json_inf_nan="constants"
        )
        return TypeAdapter(type_, config=config)
    except PydanticUserError:  # a dataclass brings its own configuration
        return TypeAdapter(type_)


def packed(function: Callable[..., object], arguments: Sequence[object]) -> list[bytes]:
    """The arguments as frames: bytes as they are, what else there is as JSON of its type."""
    names = list(inspect.signature(function).parameters)
    return [
        b"b" + value if isinstance(value, bytes) else b"j" + codec(function, name).dump_json(value)
        for name, value in zip(names, arguments, strict=False)
    ]


def _unpacked(function: Callable[..., object], frames: Sequence[bytes]) -> list[object]:
    names = list(inspect.signature(function).parameters)
    return [
        frame[1:] if frame[:1] == b"b" else codec(function, name).validate_json(frame[1:])
        for name, frame in zip(names, frames, strict=False)
    ]


def serve(answers: int) -> None:
    """Be the process: do the calls that come on the standard input until it ends.

    Args:
        answers: file descriptor of the pipe that the answers go into.
    """
    _leave_the_network()
    os.set_inheritable(answers, False)
    jobs = sys.stdin.buffer
    sys.stdin = open(os.devnull)  # noqa: PTH123, SIM115  what is called may not read our pipe
    jobs = os.fdopen(os.dup(jobs.fileno()), "rb")
    os.dup2(sys.stdin.fileno(), 0)
    threading.Thread(target=_end_with_the_caller, args=(jobs.fileno(),), daemon=True).start()
    seen: set[str] = set()
    base = 0
    with os.fdopen(answers, "wb") as pipe, contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            call = json.loads(read_frame(jobs))
            function = _function(call["module"], call["function"])
            codec(function, "return")
            write_frame(pipe, READY)
            frames = [read_frame(jobs) for _ in range(call["arguments"])]
            if call["module"] not in seen:
                seen.add(call["module"])
                base = _address_space()
            _limit(base, call["memory_mib"], call["cpu_s"], sum(map(len, frames)))
            write_frame(pipe, _answer(function, frames, call["result_bytes"]))


def _end_with_the_caller(jobs: int) -> None:
    """Kill this process and what it has started, once nobody can send jobs any more.

    The system's own signal for it (PR_SET_PDEATHSIG) comes as soon as the thread ends that started
    this process, which serves the others, too.

    Args:
        jobs: file descriptor of the pipe that they come by.
    """
    closed = select.poll()
    closed.register(jobs, select.POLLHUP)
    closed.poll()
    os.killpg(0, signal.SIGKILL)


def _function(module: str, name: str) -> Callable[..., object]:
    found: object = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    assert callable(found)
    return found


def _answer(function: Callable[..., object], frames: list[bytes], most: int) -> bytes:
    """ "d" and the result, or "f" and how the call failed."""
    try:
        result = codec(function, "return").dump_json(function(*_unpacked(function, frames)))
        if len(result) <= most:
            return b"d" + result
        return _failed("result", f"{len(result)} bytes")
    except MemoryError:
        return _failed("memory", "")
    except PinciteError as error:
        name = f"{type(error).__module__}.{type(error).__qualname__}"
        return _failed("raised", error.message, name=name, hint=error.hint)
    except BaseException as error:  # noqa: BLE001  SystemExit too: named on the other side
        trace = traceback.format_exc()[-_TRACE_CHARS:]
        return _failed("crash", type(error).__name__, trace=trace)


def _failed(kind: str, message: str, **more: str) -> bytes:
    return b"f" + json.dumps({"kind": kind, "message": message, **more}).encode()


def _limit(base: int, memory_mib: int, cpu_s: int, given: int) -> None:
    """Set this process's limits for the call that comes; 0 bytes may be written to files."""
    if base:
        # What was given stands here already, and is not what the function takes of it.
        _set(resource.RLIMIT_AS, base + 2 * given + memory_mib * _MIB)
    used = resource.getrusage(resource.RUSAGE_SELF)
    _set(resource.RLIMIT_CPU, math.ceil(used.ru_utime + used.ru_stime) + cpu_s)
    _set(resource.RLIMIT_FSIZE, 0)
    _set(resource.RLIMIT_CORE, 0)
    _set(resource.RLIMIT_NOFILE, _FEW_FILES)


def _set(what: int, most: int) -> None:
    _, hard = resource.getrlimit(what)
    soft = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (soft, hard))


def _address_space() -> int:
    """Bytes of address space in use; 0 where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def _leave_the_network() -> None:
    """Move into a network of its own that leads nowhere, where the system lets us."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).unshare(_NEW_USER | _NEW_NETWORK)
