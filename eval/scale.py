"""What Ray adds and what it survives, on nodes in network namespaces of this machine; needs root.

    python -m pincite.eval.scale overhead SOURCE FOLDER [--questions 20] [--paragraphs 60]
    python -m pincite.eval.scale indexing SOURCE FOLDER [--workers 1,2] [--paragraphs 60]
    python -m pincite.eval.scale killed SOURCE FOLDER [--nodes 2] [--clients 16] [--seconds 300]

SOURCE is a folder of documents; what is asked are the development questions, so that seeds/ has
answers. `overhead` asks `pincite serve` and `pincite ray serve` in turn, and compares for each
question the fastest of some times: what else runs can only add. `indexing`
kills a worker, and then the head. `killed` kills a worker every so many seconds while clients ask,
and compares every answer with what one process gives.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from pincite.cluster.build import SHARDS
from pincite.cluster.indexing import PARAGRAPHS
from pincite.errors import ServiceError
from pincite.eval.load import alone, from_clients, questions
from pincite.eval.nodes import Nodes, nodes
from pincite.eval.rates import latency
from pincite.eval.tables import Section, as_markdown

READY_S = 600.0
ENDED_S = 60.0  # until a service has ended
CPUS = 4.0  # that a node says it has: what runs on it takes fractions
MAKER_CPUS = 1.0  # of a node that indexes: a worker takes 0.7, so that there is one on each
HOST, RAY_PORT, ONE_PORT = "10.77.0.1", 8001, 8002
_PINCITE = (sys.executable, "-m", "pincite")
_MAKER = "ray::MapWorker(MapBatches(_Maker"
_REPLICA = "ray::ServeReplica:"


def titles(begin: str) -> dict[int, str]:
    """Process id -> title, of the processes of this machine whose title begins so."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it ended
            title = path.read_bytes().decode(errors="replace").strip("\0 ")
            if title.startswith(begin):
                found[int(path.parent.name)] = title
    return found


def index(cluster: Nodes, source: Path, into: Path, *options: str) -> subprocess.Popen[str]:
    """Start `pincite ray index` on the head."""
    command = [*_PINCITE, "ray", "index", str(source), "--out", str(into), *options]
    return subprocess.Popen(
        cluster.command(0, [*command, "--address", cluster.address]),
        stdout=subprocess.PIPE,
        text=True,
    )


def done(process: subprocess.Popen[str]) -> str:
    """What it says in the end of what it did, on one line.

    Raises:
        ServiceError: the shards were not made.
    """
    said = process.communicate()[0]
    if process.returncode:
        raise ServiceError("the shards were not made", "Its standard error says why.")
    # Ray's own messages, of a worker that died, stand among it.
    told: list[str] = re.findall(r"\d+ articles, .* s\b", " ".join(said.split()))
    return told[-1]


@contextmanager
def serving(cluster: Nodes, command: Sequence[str], port: int) -> Iterator[str]:
    """A service on the head: its address.

    Raises:
        ServiceError: it does not get ready.
    """
    given = {**os.environ, "PINCITE_RATE_LIMIT": "off", "PINCITE_LOG": "off"}
    # On all addresses: on every node there is a proxy of Ray Serve, each with its own.
    where = ["--host", "0.0.0.0", "--port", str(port)]
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
        try:
            process.wait(timeout=ENDED_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def inside(cluster: Nodes, *arguments: str) -> Any:  # noqa: ANN401  JSON
    """What this module prints when it is run on the head."""
    command = [sys.executable, "-m", "pincite.eval.scale", *arguments]
    return json.loads(subprocess.check_output(cluster.command(0, command), text=True))


def overhead(args: argparse.Namespace) -> Section:
    """One process against the door and its shards."""
    one, many = args.folder / "one", args.folder / "shard"
    with nodes(1, CPUS) as cluster:
        subprocess.run([*_PINCITE, "index", str(args.source), "--index", str(one)], check=True)
        sized = ("--paragraphs", str(args.paragraphs))
        shutil.rmtree(many, ignore_errors=True)
        made = done(index(cluster, args.source, many, *sized)).partition(" in ")[2]
        ray = ["ray", "serve", str(many), "--address", cluster.address]
        with (
            serving(cluster, ["serve", "--index", str(one)], ONE_PORT) as ours,
            serving(cluster, ray, RAY_PORT) as rays,
        ):
            asked = str(args.questions), str(args.times)
            took = inside(cluster, "compare", ours, rays, *asked)
    rows: list[tuple[str, ...]] = []
    for name, which in (("one process", "ours"), (f"Ray Serve, {made.partition(',')[0]}", "rays")):
        of = latency([ms for times in took[which] for ms in times])
        rows.append((name, f"{of.p50:.0f}", f"{of.p95:.0f}"))
    pairs = zip(took["ours"], took["rays"], strict=True)
    more = latency([min(theirs) - min(own) for own, theirs in pairs])
    rows.append(("more, the fastest of each question", f"{more.p50:.0f}", f"{more.p95:.0f}"))
    rows.append(("answers unlike", str(took["unlike"]), ""))
    title = f"{len(took['ours'])} questions over HTTP, each {args.times} times of both in turn"
    return title, ("", "p50 ms", "p95 ms"), rows


def compare(ours: str, rays: str, count: int, times: int) -> None:
    """Ask two services in turn, the one first and then the other, and print what it took."""
    asked = (questions() * count)[:count]
    took: dict[str, Any] = {"ours": [[] for _ in asked], "rays": [[] for _ in asked], "unlike": 0}
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
        for turn in range(times):
            for n, question in enumerate(asked):
                in_turn = ("ours", "rays") if (n + turn) % 2 else ("rays", "ours")
                bodies = []
                for name in in_turn:
                    took_ms, body = ask({"ours": ours, "rays": rays}[name], question)
                    took[name][n].append(took_ms)
                    bodies.append(body)
                took["unlike"] += bodies[0] != bodies[1]
    print(json.dumps(took))


def indexing(args: argparse.Namespace) -> Section:
    """By number of workers; then with a worker killed, and with the head killed."""
    sized = ("--paragraphs", str(args.paragraphs))
    rows: list[tuple[str, ...]] = []
    for workers in map(int, args.workers.split(",")):
        for name, with_kill in (("", False), ("a worker killed", True)):
            folder = args.folder / f"{workers}{'-killed' if with_kill else ''}"
            shutil.rmtree(folder, ignore_errors=True)
            with nodes(workers, MAKER_CPUS) as cluster:
                began = time.perf_counter()
                process = index(cluster, args.source, folder, "--workers", str(workers), *sized)
                if with_kill:
                    _once_begun(folder, process, functools.partial(_kill_one, cluster, _MAKER))
                rows.append(_row(f"{workers} {name}".strip(), began, done(process)))
    folder = args.folder / "head-killed"
    shutil.rmtree(folder, ignore_errors=True)
    began = time.perf_counter()
    with nodes(1, MAKER_CPUS) as cluster:
        process = index(cluster, args.source, folder, *sized)
        _once_begun(folder, process, functools.partial(_kill_all, cluster))
        process.communicate()
    with nodes(1, MAKER_CPUS) as cluster:
        rows.append(
            _row(
                "1, the head killed, begun anew",
                began,
                done(index(cluster, args.source, folder, *sized)),
            )
        )
    header = ("workers, a node each", "articles a second", "s in all", "what the last command said")
    return "Indexing", header, rows


def _row(name: str, began: float, said: str) -> tuple[str, ...]:
    """A line of the table: the command says how many articles it took, and in which time."""
    numbers = [float(number) for number in re.findall(r"\d+(?:\.\d+)?", said)]
    row = name, f"{numbers[0] / numbers[-1]:.1f}", f"{time.perf_counter() - began:.0f}", said
    print(*row, sep=" | ", file=sys.stderr, flush=True)  # the whole table may take an hour
    return row


def _kill_one(cluster: Nodes, title: str) -> str:
    """Kill one of the processes of that title, at random: its title; empty where there is none."""
    ours = cluster.pids()
    there = {pid: said for pid, said in titles(title).items() if pid in ours}
    if not there:
        return ""
    pid = random.choice(list(there))
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:  # it has just ended by itself
        return ""
    return there[pid]


def _kill_all(cluster: Nodes) -> str:
    cluster.kill(0)
    return "all"


def _once_begun(folder: Path, process: subprocess.Popen[str], kill: Callable[[], str]) -> None:
    """Kill as soon as a shard is half made.

    Raises:
        ServiceError: nothing could be killed before the indexing was done.
    """
    while process.poll() is None:
        if any((folder / SHARDS).glob(".shard-*/collections/default/staged-*")) and kill():
            return
        time.sleep(0.02)
    raise ServiceError("indexing ended before anything was killed", "Take more articles.")


def killed(args: argparse.Namespace) -> Section:
    """Clients, and a worker killed from time to time."""
    one, many = args.folder / "one", args.folder / "shards"
    subprocess.run([*_PINCITE, "index", str(args.source), "--index", str(one)], check=True)
    kills: Counter[str] = Counter()
    with nodes(args.nodes, CPUS) as cluster:
        made = done(index(cluster, args.source, many, "--paragraphs", str(args.paragraphs)))
        # Two of each: what is killed is the half of what there is.
        ray = ["ray", "serve", str(many), "--doors", "2", "--replicas", "2"]
        right = args.folder / "right.json"
        with serving(cluster, ["serve", "--index", str(one)], ONE_PORT) as ours:
            answers = inside(cluster, "answers", ours, str(args.questions))
            right.write_text(json.dumps(answers), encoding="utf-8")
        with serving(cluster, [*ray, "--address", cluster.address], RAY_PORT) as rays:
            stop = threading.Event()

            def kill() -> None:
                while not stop.wait(args.every):
                    # ray::ServeReplica:APPLICATION:DEPLOYMENT; of shards, the name says nothing.
                    title = _kill_one(cluster, _REPLICA)
                    kills[title.removeprefix(_REPLICA).split(":")[-1].split(".")[0]] += bool(title)

            thread = threading.Thread(target=kill, daemon=True)
            thread.start()
            try:
                load = (str(args.clients), str(args.seconds))
                seen = inside(cluster, "clients", str(right), rays, *load)
            finally:
                stop.set()
                thread.join()
    parts = ", ".join(f"{name} {count}" for name, count in kills.items() if count)
    rows: list[tuple[str, ...]] = [
        ("indexed", made),
        ("workers killed", f"{kills.total()}: {parts}"),
        *((name, str(value)) for name, value in seen.items()),
    ]
    title = (
        f"{args.clients} clients for {args.seconds:.0f} s, a worker killed every {args.every:.0f} s"
    )
    return title, ("measure", "value"), rows


def answers(ours: str, count: int) -> None:
    """Ask one process some questions, and print what each gets."""
    print(json.dumps(alone(ours, questions()[:count])))


def clients(right: Path, rays: str, count: int, seconds: float) -> None:
    """Ask from many clients, compare with the right answers, and print what they met."""
    expected = json.loads(right.read_text(encoding="utf-8"))
    seen = from_clients(rays, expected, count, seconds)
    took = latency(seen.times_ms or [float("nan")])
    told = {
        "answered": seen.statuses[200],
        "wrong answers": len(seen.wrong),
        "answers of a part that say so": seen.partial,
        "turned away or a worker missing (503)": seen.statuses[503],
        "other errors": sum(n for code, n in seen.statuses.items() if code not in (200, 503)),
        "all errors by type": ", ".join(f"{n} {kind}" for kind, n in seen.errors.most_common()),
        "connections that broke": len(seen.broken),
        "p50, p95 ms": f"{took.p50:.0f}, {took.p95:.0f}",
    }
    print(json.dumps(told))
    for question, was, got in seen.wrong[:3]:
        print(f"wrong: {question}\n  {was}\n  {got}", file=sys.stderr)
    for said in (Counter(seen.broken).most_common(3), seen.statuses):
        print(said, file=sys.stderr)


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description="Measure what Ray adds and survives.")
    each = parser.add_subparsers(required=True)
    for measure in (overhead, indexing, killed):
        sub = each.add_parser(measure.__name__)
        sub.set_defaults(measure=measure)
        sub.add_argument("source", type=Path)
        sub.add_argument("folder", type=Path)
        sub.add_argument("--questions", type=int, default=20)
        sub.add_argument("--times", type=int, default=4, help="that each question is asked")
        sub.add_argument("--workers", default="1,2")
        of_a_shard = PARAGRAPHS if measure is overhead else 60  # one shard, or several
        sub.add_argument("--paragraphs", type=int, default=of_a_shard, help="of a shard")
        sub.add_argument("--nodes", type=int, default=2)
        sub.add_argument("--clients", type=int, default=16)
        sub.add_argument("--seconds", type=float, default=300)
        sub.add_argument("--every", type=float, default=20)
        sub.add_argument("--markdown", type=Path)
    # On the head, by the measures themselves.
    if sys.argv[1:2] == ["compare"]:
        compare(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
        return
    if sys.argv[1:2] == ["answers"]:
        answers(sys.argv[2], int(sys.argv[3]))
        return
    if sys.argv[1:2] == ["clients"]:
        clients(Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]), float(sys.argv[5]))
        return
    args = parser.parse_args()
    args.source, args.folder = args.source.resolve(), args.folder.resolve()
    args.folder.mkdir(parents=True, exist_ok=True)
    section = args.measure(args)
    about = {"command": "python -m pincite.eval.scale " + " ".join(sys.argv[1:2])}
    text = as_markdown(about, [section])
    if args.markdown:
        args.markdown.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
