"""Readers that do what a hostile document may have a reader do, for the tests of the sandbox."""

from __future__ import annotations

import ctypes
import os
import resource
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pincite.errors import InvalidRequest, PinciteError


class Kind(StrEnum):
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Part:
    start: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Read:
    name: str
    text: str
    parts: tuple[Part, ...]
    weight: float | None


class Picky(PinciteError):
    """An error with a constructor of its own."""

    type = "picky"

    def __init__(self, reason: str) -> None:
        super().__init__(reason, "Be less picky.")


def read(name: str, data: bytes) -> list[Read]:
    return [Read(name, data.decode("latin-1"), (Part(len(data), Kind.TEXT),), None)]


def echo(data: bytes) -> bytes:
    return data


def say(text: str) -> str:
    return text


def join(parts: list[Part], factor: float) -> str:
    return "/".join(f"{part.kind}{part.start * factor:g}" for part in parts)


def loop(data: bytes) -> str:
    while True:
        pass


def sleep(data: bytes) -> str:
    time.sleep(1000)
    return "awake"


def allocate(data: bytes) -> str:
    held = []
    while True:
        held.append(bytearray(10_000_000))


def allocate_within(data: bytes) -> int:
    return len(bytearray(int(data)))


def grow_without_end(data: bytes) -> str:
    return "a" * 10_000_000


def recurse(data: bytes) -> str:
    return recurse(data)


def crash(data: bytes) -> str:
    ctypes.string_at(0)
    return "alive"


def leave(data: bytes) -> str:
    os._exit(int(data))


def exit_(data: bytes) -> str:
    sys.exit(3)


def print_much(data: bytes) -> str:
    for _ in range(1000):
        print("{}" * 1000)
        print("{}" * 1000, file=sys.stderr)
    os.write(1, b"d\x00" * 10_000)
    os.write(2, b"d\x00" * 10_000)
    return "printed"


def read_our_pipe(data: bytes) -> str:
    return sys.stdin.read() + repr(os.read(0, 10))


def write_a_file(data: bytes) -> str:
    Path(data.decode()).write_text("not allowed")
    return "written"


def open_many(data: bytes) -> str:
    held = [os.open("/dev/null", os.O_RDONLY) for _ in range(1000)]
    return str(len(held))


def start_another(data: bytes) -> str:
    subprocess.Popen(["sleep", data.decode()])
    time.sleep(1000)
    return "awake"


def call_out(data: bytes) -> str:
    host, port = data.decode().split(":")
    with socket.create_connection((host, int(port)), timeout=5):
        return "connected"


def tell(data: bytes) -> str:
    return f"{os.getpid()} {resource.getrlimit(resource.RLIMIT_CORE)[0]} {Path.cwd()}"


def environment(data: bytes) -> list[str]:
    return sorted(os.environ)


def refuse(data: bytes) -> str:
    raise InvalidRequest("not like this", "Like that.")


def be_picky(data: bytes) -> str:
    raise Picky("no commas")


def fail(data: bytes) -> str:
    raise ValueError("a secret of the document")


def answer_otherwise(data: bytes) -> int:
    return "not a number"  # type: ignore[return-value]
