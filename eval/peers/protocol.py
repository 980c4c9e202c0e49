"""What the driver and a system's own process say to each other: JSON, a line each way.

`{"do": "index" | "load" | "ask" | "memory", ...}` goes in; `{"done": ...}`, or
`{"error": "..."}` where the system raised, comes out. Standard library only:
a peer's environment has nothing of ours.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Task:
    """What every system is given.

    Attributes:
        folder: where it keeps its index; for it alone.
        encoder, reader: folders of the models, for the peers; Pincite has its settings'.
        corpus: folder of the articles.
    """

    folder: str
    encoder: str
    reader: str
    corpus: str


@dataclass(frozen=True, slots=True)
class Document:
    """A passage as a peer gets it.

    Attributes:
        text: the titles above the passage and the passage, as Pincite encodes them.
        start: where in it the passage begins, behind the titles.
    """

    id: str
    text: str
    start: int = 0


@dataclass(frozen=True, slots=True)
class Said:
    """What a system answered, with the place it answered from.

    Attributes:
        answer: None where it says that there is no answer.
        document: the id of the document; None without an answer, or where the
            answer stands in none of the passages that were read.
        start, end: `[start, end)` in characters of the document's text.
    """

    answer: str | None = None
    document: str | None = None
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Timed:
    """What was said, and how long it took, in milliseconds, as its client saw it."""

    said: Said
    ms: float


class System(Protocol):
    """What is compared."""

    @property
    def packages(self) -> Sequence[str]:
        """The distributions whose versions are reported."""

    def index(self, task: Task, documents: Sequence[Document]) -> float:
        """Index the documents into the task's folder; seconds, without loading the models."""

    def load(self, task: Task) -> None:
        """Load the models and the index in the task's folder."""

    def ask(self, question: str) -> Said:
        """Answer; called from several threads at once."""


def ask_all(system: System, questions: Sequence[str], clients: int) -> tuple[list[Timed], float]:
    """Ask from `clients` threads, each the next question as it is done; with the wall seconds."""

    def timed(question: str) -> Timed:
        start = perf_counter()
        said = system.ask(question)
        return Timed(said, 1000 * (perf_counter() - start))

    with ThreadPoolExecutor(clients) as pool:
        start = perf_counter()
        answers = list(pool.map(timed, questions))
        return answers, perf_counter() - start


def memory() -> dict[str, int]:
    """Resident bytes of this process: `now` and, at most so far, `peak` (Linux)."""
    fields = dict(
        line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines() if line
    )
    # "kB" stands for KiB there.
    return {
        name: 1024 * int(fields[key].split()[0])
        for name, key in (("now", "VmRSS"), ("peak", "VmHWM"))
    }


def serve(system: System) -> None:
    """Answer commands until standard input ends.

    Whatever the libraries print goes to standard error: the replies have the
    real standard output to themselves.
    """
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin.buffer:
        try:
            reply: dict[str, Any] = {"done": _do(system, json.loads(line))}
        except Exception as error:  # noqa: BLE001  the driver is told, and the log has the trace
            traceback.print_exc()
            reply = {"error": f"{type(error).__name__}: {error}"}
        replies.write(json.dumps(reply) + "\n")
        replies.flush()


def _do(system: System, command: Mapping[str, Any]) -> dict[str, Any]:
    what = command["do"]
    if what == "index":
        documents = [Document(*item) for item in command["documents"]]
        seconds = system.index(Task(**command["task"]), documents)
        return {"seconds": seconds, "documents": len(documents)}
    if what == "load":
        system.load(Task(**command["task"]))
        return {"versions": {name: version(name) for name in system.packages}}
    if what == "ask":
        answers, seconds = ask_all(system, command["questions"], command["clients"])
        return {"answers": [asdict(answer) for answer in answers], "seconds": seconds}
    if what == "memory":
        return memory()
    raise ValueError(f"no command {what!r}")
