"""What Ray adds and what it survives, on nodes in network namespaces of this machine; needs root.

    python -m pincite.eval.scale overhead SOURCE FOLDER [--questions 100]
    python -m pincite.eval.scale indexing SOURCE FOLDER [--workers 1,2]
    python -m pincite.eval.scale killed SOURCE FOLDER [--nodes 2] [--clients 16] [--seconds 300]

SOURCE is a folder of documents; what is asked are the development questions, so that seeds/ has
answers. `overhead` asks `pincite serve` and `pincite ray serve` at one shard in turn. `indexing`
kills a worker, and then the head. `killed` kills a worker every so many seconds while clients ask,
and compares every answer with what one process gives.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from pincite.cluster.build import SHARDS
from pincite.errors import ServiceError
from pincite.eval.load import alone, from_clients, questions
from pincite.eval.nodes import Nodes, nodes
from pincite.eval.rates import latency
from pincite.eval.tables import Section, as_markdown

READY_S = 600.0
CPUS = 4.0  # that a node says it has: what runs on it takes fractions
HOST, RAY_PORT, ONE_PORT = "10.77.0.1", 8001, 8002
_PINCITE = (sys.executable, "-m", "pincite")
_MAKER = "ray::MapWorker(MapBatches(_Maker"
_REPLICA = "ray::ServeReplica:"


def processes(title: str) -> list[int]:
    """The processes whose title begins so."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes().decode(errors="replace").startswith(title):
                found.append(int(path.parent.name))
        except OSError:
            continue  # it ended
    return found


def index(cluster: Nodes, source: Path, into: Path, *options: str) -> subprocess.Popen[str]:
    """Start `pincite ray index` on the head."""
    command = [*_PINCITE, "ray", "index", str(source), "--out", str(into), *options]
    return subprocess.Popen(
        cluster.command(0, [*command, "--address", cluster.address]),
        stdout=subprocess.PIPE,
        text=True,
    )


@contextmanager
def serving(cluster: Nodes, command: Sequence[str], port: int) -> Iterator[str]:
    """A service on the head: its address.

    Raises:
        ServiceError: it does not get ready.
    """
    given = {**os.environ, "PINCITE_RATE_LIMIT": "off", "PINCITE_LOG": "off"}
    where = ["--host", HOST, "--port", str(port)]
    process = subprocess.Popen(cluster.command(0, [*_PINCITE, *command, *where]), env=given)
    url = f"http://{HOST}:{port}"
    look = f"import httpx, sys; sys.exit(httpx.get('{url}/readyz', timeout=9).status_code != 200)"
    try:
        until = time.monotonic() + READY_S
        ready = cluster.command(0, [sys.executable, "-c", look])
        while subprocess.run(ready, capture_output=True).returncode:
            if process.poll() is not None or time.monotonic() > until:
                raise ServiceError(f"{url} did not get ready", "Its standard error says why.")
            time.sleep(1)
        yield url
    finally:
        process.terminate()
        process.wait()


def inside(cluster: Nodes, *arguments: str) -> Any:  # noqa: ANN401  JSON
    """What this module prints when it is run on the head."""
    command = [sys.executable, "-m", "pincite.eval.scale", *arguments]
    return json.loads(subprocess.check_output(cluster.command(0, command), text=True))


def overhead(args: argparse.Namespace) -> Section:
    """One process against the door, one shard and a reader."""
    one, many = args.folder / "one", args.folder / "shard"
    with nodes(1, CPUS, args.folder / "ray") as cluster:
        subprocess.run([*_PINCITE, "index", str(args.source), "--index", str(one)], check=True)
        if index(cluster, args.source, many).wait():
            raise ServiceError("the shard was not made", "Its standard error says why.")
        ray = ["ray", "serve", str(many), "--address", cluster.address]
        with (
            serving(cluster, ["serve", "--index", str(one)], ONE_PORT) as ours,
            serving(cluster, ray, RAY_PORT) as rays,
        ):
            took = inside(cluster, "compare", ours, rays, str(args.questions))
    rows: list[tuple[str, ...]] = []
    for name, which in (("one process", "ours"), ("Ray Serve, one shard", "rays")):
        of = latency(took[which])
        rows.append((name, f"{of.p50:.0f}", f"{of.p95:.0f}"))
    more = latency([b - a for a, b in zip(took["ours"], took["rays"], strict=True)])
    rows.append(("more, question by question", f"{more.p50:.0f}", f"{more.p95:.0f}"))
    rows.append(("answers unlike", str(took["unlike"]), ""))
    return f"{len(took['ours'])} questions over HTTP, in turn", ("", "p50 ms", "p95 ms"), rows


def compare(ours: str, rays: str, count: int) -> None:
    """Ask two services in turn, and print what it took."""
    took: dict[str, Any] = {"ours": [], "rays": [], "unlike": 0}
    asked = (questions() * count)[:count]
    with httpx.Client(timeout=READY_S) as client:

        def ask(url: str, question: str) -> tuple[float, dict[str, Any]]:
            began = time.perf_counter()
            response = client.post(f"{url}/v1/ask", json={"question": question})
            took_ms = 1000 * (time.perf_counter() - began)
            body = response.raise_for_status().json()
            del body["took_ms"]
            return took_ms, body

        for url in (ours, rays):
            ask(url, asked[0])
        for question in asked:
            (one_ms, one), (ray_ms, ray) = ask(ours, question), ask(rays, question)
            took["ours"].append(one_ms)
            took["rays"].append(ray_ms)
            took["unlike"] += one != ray
    print(json.dumps(took))


def indexing(args: argparse.Namespace) -> Section:
    """By number of workers; then with a worker killed, and with the head killed."""
    rows: list[tuple[str, ...]] = []
    for workers in map(int, args.workers.split(",")):
        for name, kill in (("", None), ("a worker killed", _one_maker)):
            folder = args.folder / f"{workers}{'-killed' if kill else ''}"
            shutil.rmtree(folder, ignore_errors=True)
            with nodes(workers, CPUS, args.folder / "ray") as cluster:
                began = time.perf_counter()
                options = ("--workers", str(workers), "--paragraphs", str(args.paragraphs))
                process = index(cluster, args.source, folder, *options)
                if kill is not None:
                    _once_begun(folder, kill)
                said = process.communicate()[0].strip()
                took = time.perf_counter() - began
            rows.append((f"{workers} {name}".strip(), f"{took:.0f}", said))
    folder = args.folder / "head-killed"
    shutil.rmtree(folder, ignore_errors=True)
    sized = ("--paragraphs", str(args.paragraphs))
    began = time.perf_counter()
    with nodes(1, CPUS, args.folder / "ray") as cluster:
        process = index(cluster, args.source, folder, *sized)
        _once_begun(folder, lambda: cluster.kill(0))
        process.communicate()
    with nodes(1, CPUS, args.folder / "ray") as cluster:
        said = index(cluster, args.source, folder, *sized).communicate()[0].strip()
    took = time.perf_counter() - began
    rows.append(("1, the head killed, begun anew", f"{took:.0f}", said))
    return "Indexing", ("workers, a node each", "s", "what the last command said"), rows


def _one_maker() -> None:
    for pid in processes(_MAKER)[:1]:
        os.kill(pid, signal.SIGKILL)


def _once_begun(folder: Path, kill: Callable[[], None]) -> None:
    """Kill as soon as a shard is half made."""
    until = time.monotonic() + READY_S
    while time.monotonic() < until:
        if any((folder / SHARDS).glob(".shard-*/collections/default/staged-*")):
            kill()
            return
        time.sleep(0.02)


def killed(args: argparse.Namespace) -> Section:
    """Clients, and a worker killed from time to time."""
    one, many = args.folder / "one", args.folder / "shards"
    subprocess.run([*_PINCITE, "index", str(args.source), "--index", str(one)], check=True)
    kills = 0
    with nodes(args.nodes, CPUS, args.folder / "ray") as cluster:
        index(cluster, args.source, many, "--paragraphs", str(args.paragraphs)).wait()
        ray = ["ray", "serve", str(many), "--replicas", "2", "--readers", "2"]
        with (
            serving(cluster, ["serve", "--index", str(one)], ONE_PORT) as ours,
            serving(cluster, [*ray, "--address", cluster.address], RAY_PORT) as rays,
        ):
            stop = threading.Event()

            def kill() -> None:
                nonlocal kills
                while not stop.wait(args.every):
                    pid = random.choice(processes(_REPLICA))
                    os.kill(pid, signal.SIGKILL)
                    kills += 1

            thread = threading.Thread(target=kill)
            thread.start()
            try:
                seen = inside(cluster, "clients", ours, rays, str(args.clients), str(args.seconds))
            finally:
                stop.set()
                thread.join()
    rows: list[tuple[str, ...]] = [
        ("workers killed", str(kills)),
        *((name, str(value)) for name, value in seen.items()),
    ]
    title = (
        f"{args.clients} clients for {args.seconds:.0f} s, a worker killed every {args.every:.0f} s"
    )
    return title, ("measure", "value"), rows


def clients(ours: str, rays: str, count: int, seconds: float) -> None:
    """Ask from many clients, compare with one process's answers, and print what they met."""
    expected = alone(ours, questions())
    seen = from_clients(rays, expected, count, seconds)
    took = latency(seen.times_ms or [float("nan")])
    told = {
        "answered": seen.statuses[200],
        "wrong answers": len(seen.wrong),
        "answers of a part that say so": seen.partial,
        "turned away or a worker missing (503)": seen.statuses[503],
        "other errors": sum(n for code, n in seen.statuses.items() if code not in (200, 503)),
        "connections that broke": len(seen.broken),
        "p50, p95 ms": f"{took.p50:.0f}, {took.p95:.0f}",
    }
    print(json.dumps(told))


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description="Measure what Ray adds and survives.")
    each = parser.add_subparsers(required=True)
    for measure in (overhead, indexing, killed):
        sub = each.add_parser(measure.__name__)
        sub.set_defaults(measure=measure)
        sub.add_argument("source", type=Path)
        sub.add_argument("folder", type=Path)
        sub.add_argument("--questions", type=int, default=100)
        sub.add_argument("--workers", default="1,2")
        sub.add_argument("--paragraphs", type=int, default=60, help="of a shard")
        sub.add_argument("--nodes", type=int, default=2)
        sub.add_argument("--clients", type=int, default=16)
        sub.add_argument("--seconds", type=float, default=300)
        sub.add_argument("--every", type=float, default=20)
        sub.add_argument("--markdown", type=Path)
    # On the head, by the measures themselves.
    if sys.argv[1:2] == ["compare"]:
        compare(sys.argv[2], sys.argv[3], int(sys.argv[4]))
        return
    if sys.argv[1:2] == ["clients"]:
        clients(sys.argv[2], sys.argv[3], int(sys.argv[4]), float(sys.argv[5]))
        return
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    section = args.measure(args)
    about = {"command": "python -m pincite.eval.scale " + " ".join(sys.argv[1:2])}
    text = as_markdown(about, [section])
    if args.markdown:
        args.markdown.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
