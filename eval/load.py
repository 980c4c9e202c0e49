"""A service under many clients: wrong answers, errors, latency and memory over time.

    python -m pincite.eval.load [--clients 64] [--writers 0] [--seconds 120] [--questions N]

A `pincite serve` of its own, over an index of its own, is asked the development questions, in
random order, by clients that wait for nothing. Every answer is compared with what the same
question gets alone. A client that is told 503 waits as long as Retry-After says.

With writers, a second collection is changed meanwhile, and as many watchers search in it
(`eval/load_writers.py`). In the end the service is killed and started again, and every article
must be as its last acknowledged change left it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from pincite.errors import ServiceError
from pincite.eval import load_writers as w
from pincite.eval.question_file import load as load_questions
from pincite.eval.rates import latency
from pincite.eval.tables import Section, as_markdown
from pincite.index.about import check
from pincite.index.collection import open_collection
from pincite.settings import SHIPPED

READY_S = 600.0  # on a busy machine
SAMPLED_S = 5.0  # between two readings of the memory
BROKEN_S = 0.5  # that a client waits after a connection that broke
MIB = 2**20


@dataclass
class Seen:
    """What the clients met. Shared by their threads under `lock`.

    Attributes:
        errors: by the type that they say; "untyped" where the body is not the one error body.
        partial: answers that say that only a part of the articles was searched.
        lasted_s: from the first question until the last client was done, in seconds.
    """

    times_ms: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    wrong: list[tuple[str, Any, Any]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    partial: int = 0
    lasted_s: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)


@contextmanager
def service(index: Path) -> Iterator[tuple[str, int]]:
    """A service of its own process on a free port: its address and process id.

    Args:
        index: the folder of its index.

    Raises:
        ServiceError: it does not get ready.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "pincite", "serve", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=_environment(index),
    )
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + READY_S
        while not _is_ready(url):
            if process.poll() is not None or time.monotonic() > deadline:
                raise ServiceError("the service did not get ready", "See what it logs.")
            time.sleep(0.1)
        yield url, process.pid
    finally:
        process.terminate()
        process.wait(timeout=30)


def _environment(index: Path) -> dict[str, str]:
    return {**os.environ, "PINCITE_INDEX": str(index)}


def build(index: Path) -> None:
    """Index the shipped articles there."""
    command = [sys.executable, "-m", "pincite", "index", str(SHIPPED / "seeds")]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=_environment(index))


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def resident(pid: int) -> int:
    """Bytes of memory that a process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def alone(url: str, questions: Sequence[str]) -> dict[str, Any]:
    """What each question gets while nobody else asks."""
    with httpx.Client(base_url=url, timeout=READY_S) as client:
        return {question: _plain(_ask(client, question).json()) for question in questions}


def together(
    url: str,
    pid: int,
    expected: dict[str, Any],
    clients: int,
    seconds: float,
    writers: int = 0,
    written: w.Written | None = None,
) -> tuple[Seen, list[int]]:
    """Ask from so many clients for so long: what they met, and the memory from time to time.

    Args:
        writers: that change another collection meanwhile; as many watchers search in it.
        written: takes what they do and see.
    """
    memory: list[int] = []
    others = [
        threading.Thread(
            target=does, args=(url, number, time.monotonic() + seconds, written or w.Written())
        )
        for number in range(writers)
        for does in (w.write, w.watch)
    ]
    for thread in others:
        thread.start()
    seen = from_clients(url, expected, clients, seconds, lambda: memory.append(resident(pid)))
    for thread in others:
        thread.join()
    return seen, memory


def from_clients(
    url: str,
    expected: dict[str, Any],
    clients: int,
    seconds: float,
    sample: Callable[[], None] = lambda: None,
) -> Seen:
    """Ask from so many clients for so long: what they met.

    Args:
        sample: called from time to time.
    """
    seen = Seen()
    began = time.monotonic()
    threads = [
        threading.Thread(target=_client, args=(url, expected, began, seconds, number, seen))
        for number in range(clients)
    ]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        sample()
        time.sleep(SAMPLED_S)
    for thread in threads:
        thread.join()
    return seen


def _client(
    url: str, expected: dict[str, Any], began: float, seconds: float, number: int, seen: Seen
) -> None:
    drawn = random.Random(number)
    until = began + seconds
    questions = list(expected)
    with httpx.Client(base_url=url, timeout=READY_S) as client:
        while time.monotonic() < until:
            question = drawn.choice(questions)
            sent = time.perf_counter()
            try:
                response = _ask(client, question)
            except httpx.HTTPError as error:
                with seen.lock:
                    seen.broken.append(repr(error))
                time.sleep(BROKEN_S)
                continue
            took = 1000 * (time.perf_counter() - sent)
            with seen.lock:
                seen.statuses[response.status_code] += 1
                if response.is_error:
                    seen.errors[_type_of(response)] += 1
                if response.status_code == 200:
                    seen.times_ms.append(took)
                    given = _plain(response.json())
                    if given["searched"] is not None:
                        seen.partial += 1
                    elif given != expected[question]:
                        seen.wrong.append((question, expected[question], given))
            if response.status_code == 503:
                # What stands before a service turns away, too, and may not say for how long.
                wait_s = float(response.headers.get("Retry-After", BROKEN_S))
                time.sleep(max(0.0, min(wait_s, until - time.monotonic(), 5)))
    with seen.lock:
        seen.lasted_s = time.monotonic() - began


def _type_of(response: httpx.Response) -> str:
    """The type of an error; what stands before a service has none."""
    try:
        return str(response.json()["error"]["type"])
    except (ValueError, TypeError, KeyError):
        return "untyped"


def _ask(client: httpx.Client, question: str) -> httpx.Response:
    return client.post("/v1/ask", json={"question": question})


def _plain(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "took_ms"}


def sections(seen: Seen, memory: Sequence[int], clients: int, seconds: float) -> list[Section]:
    """What was met, as tables."""
    took = latency(seen.times_ms or [float("nan")])
    answered = seen.statuses[200]
    others = {code: n for code, n in seen.statuses.items() if code not in (200, 503)}
    rows = [
        ("answered", f"{answered}"),
        ("answered a second", f"{answered / seen.lasted_s:.1f}"),
        ("turned away with 503", f"{seen.statuses[503]}"),
        ("other statuses", json.dumps(others) if others else "none"),
        ("connections that broke", f"{len(seen.broken)}"),
        ("answers unlike those alone", f"{len(seen.wrong)}"),
        ("answers of a part that say so", f"{seen.partial}"),
        ("p50, p95 ms", f"{took.p50:.0f}, {took.p95:.0f}"),
        ("memory at first, MiB", f"{memory[0] / MIB:.0f}"),
        ("memory half-way, MiB", f"{memory[len(memory) // 2] / MIB:.0f}"),
        ("memory at the end, MiB", f"{memory[-1] / MIB:.0f}"),
    ]
    return [(f"{clients} clients for {seconds:.0f} s", ("measure", "value"), rows)]


def questions() -> list[str]:
    """The development questions over the shipped articles that stand on their own."""
    seeds = SHIPPED / "seeds"
    texts = {path.name: path.read_bytes().decode("utf-8") for path in seeds.glob("*.txt")}
    asked = load_questions(SHIPPED / "eval" / "questions.jsonl", texts, split="dev")
    return list(dict.fromkeys(question.standalone for question in asked))


def written_section(written: w.Written, right: int) -> Section:
    """What writers did and watchers saw, as a table."""
    rows = [
        (f"articles {kind}, each acknowledged and done", f"{count}")
        for kind, count in sorted(written.kinds.items())
    ]
    for what, times in (
        ("until acknowledged", written.acknowledged_ms),
        ("until findable", written.findable_ms),
    ):
        took = latency(times or [float("nan")])
        rows.append((f"{what}, p50, p95 ms", f"{took.p50:.0f}, {took.p95:.0f}"))
    rows += [
        ("searches for what is changed", f"{written.watched}"),
        ("articles right after a kill -9 at the end", f"{right} of {len(written.now())}"),
        ("faults", f"{len(written.faults)}"),
    ]
    return ("Writers", ("measure", "value"), rows)


def main() -> None:
    """Run the load, print, write; exit code 1 for a wrong answer or another error than 503."""
    parser = argparse.ArgumentParser(description="Ask a service from many clients at once.")
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--writers", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--questions", type=int, help="the first so many alone")
    parser.add_argument("--markdown", type=Path)
    args = parser.parse_args()
    written = w.Written()
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder) / "index"
        build(index)
        with service(index) as (url, pid):
            expected = alone(url, questions()[: args.questions])
            seen, memory = together(
                url, pid, expected, args.clients, args.seconds, args.writers, written
            )
            os.kill(pid, signal.SIGKILL)
        tables = sections(seen, memory, args.clients, args.seconds)
        if args.writers:
            tables.append(written_section(written, _see_what_is_left(index, written)))
    asked = f"{len(expected)} questions"
    given = f"--clients {args.clients} --writers {args.writers} --seconds {args.seconds:g}"
    about = {"command": f"python -m pincite.eval.load {given}", "asked": asked}
    text = as_markdown(about, tables)
    if args.markdown:
        args.markdown.write_text(text, encoding="utf-8")
    print(text)
    for question, was, got in seen.wrong[:5]:
        print(
            f"unlike alone: {question}\n  {json.dumps(was)}\n  {json.dumps(got)}", file=sys.stderr
        )
    for said in (*seen.broken[:5], *written.faults[:20]):
        print(said, file=sys.stderr)
    if seen.wrong or seen.broken or written.faults or set(seen.statuses) - {200, 503}:
        sys.exit(1)


def _see_what_is_left(index: Path, written: w.Written) -> int:
    """Start again over what a killed service left; how many articles are as they are to be."""
    with service(index) as (url, _):
        right = w.see_all(url, written)
    for line in check(open_collection(index, w.COLLECTION)):
        written.fault(line)
    return right


if __name__ == "__main__":
    main()
