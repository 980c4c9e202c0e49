"""Writers and those who watch them, for the service under load (`eval/load.py`).

Each writer adds, replaces and removes articles of its own over HTTP, and waits for each job.
Watchers search for them meanwhile: an article is found as it stood at some moment of the search,
whole, or not at all where it was gone then. At the end each writer sends one article more and
waits for nothing: what was acknowledged by then must be there when the service was killed.
"""

from __future__ import annotations

import math
import random
import re
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

COLLECTION = "load"
PATIENCE_S = 600.0  # with an answer, on a busy machine
_ARTICLES = 30  # of a writer
_REMOVED = 0.3  # of the changes of an article that is there
_LOOKED_S = 0.05  # between two looks at a job
_VALUE = re.compile(r"\b\d{6}\b")


def text_of(name: str, value: int) -> str:
    """An article whose two paragraphs both hold its name and its value, of six digits."""
    return f"The bell {name} weighs {value} grams.\n\nOn the day of {name}, {value} people came."


@dataclass
class Stood:
    """What an article held, and from when to when a search may find it so.

    Attributes:
        value: None while there is no such article.
        since, until: on `time.monotonic()`: from when it was asked for until another change of
            it was acknowledged.
    """

    value: int | None
    since: float
    until: float = math.inf


@dataclass
class Written:
    """What writers did and watchers saw. Shared by their threads under `lock`.

    Attributes:
        left: the jobs that nobody waited for.
    """

    stood: dict[str, list[Stood]] = field(default_factory=dict)
    kinds: Counter[str] = field(default_factory=Counter)
    acknowledged_ms: list[float] = field(default_factory=list)
    findable_ms: list[float] = field(default_factory=list)
    watched: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    left: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fault(self, said: str) -> None:
        """Note what is wrong."""
        with self.lock:
            self.faults.append(said)

    def allowed(self, name: str, began: float, ended: float) -> set[int | None]:
        """What a search that ran at that time may have found."""
        with self.lock:
            return {
                one.value
                for one in self.stood.get(name, [Stood(None, -math.inf)])
                if one.since <= ended and one.until >= began
            }

    def names(self) -> list[str]:
        """All articles that were ever written."""
        with self.lock:
            return list(self.stood)

    def now(self) -> dict[str, int | None]:
        """What each article holds by the last acknowledged change."""
        with self.lock:
            return {name: stood[-1].value for name, stood in self.stood.items()}


def write(url: str, number: int, until: float, written: Written) -> None:
    """Change articles until the time is up; only the last change is not waited for."""
    drawn = random.Random(f"writer {number}")
    names = [f"olm{number}x{n}q" for n in range(_ARTICLES)]
    held: dict[str, int] = {}
    with httpx.Client(base_url=url, timeout=PATIENCE_S) as client:
        while time.monotonic() < until:
            name = drawn.choice(names)
            removes = name in held and drawn.random() < _REMOVED
            value = None if removes else drawn.randrange(100_000, 1_000_000)
            kind = "removed" if removes else "replaced" if name in held else "added"
            if not _change(client, name, value, kind, written):
                return
            held.pop(name, None)
            if value is not None:
                held[name] = value
            look(client, name, written)
        name, value = f"last{number}q", drawn.randrange(100_000, 1_000_000)
        with written.lock:
            written.stood[name] = [Stood(None, -math.inf), Stood(value, time.monotonic())]
        if job := _sent(client, name, value, "added", written):
            with written.lock:
                written.left.append(job)


def _sent(
    client: httpx.Client, name: str, value: int | None, kind: str, written: Written
) -> str | None:
    """Ask for a change; the address of its job, once that is acknowledged."""
    where: dict[str, Any] = {"params": {"collection": COLLECTION}}
    if value is None:
        sent = client.delete(f"/v1/articles/{name}", **where)
    else:
        body = {"id": name, "text": text_of(name, value)}
        sent = client.post("/v1/articles", json=body, **where)
    if sent.status_code != 202:
        written.fault(f"{kind} {name}: {sent.status_code} {sent.text[:200]}")
        return None
    return str(sent.json()["url"])


def _over(client: httpx.Client, url: str) -> dict[str, Any]:
    """A job, once it is over."""
    while True:
        job: dict[str, Any] = client.get(url).json()
        if job["state"] in {"done", "failed"}:
            return job
        time.sleep(_LOOKED_S)


def _change(
    client: httpx.Client, name: str, value: int | None, kind: str, written: Written
) -> bool:
    began = time.monotonic()
    with written.lock:
        written.stood.setdefault(name, [Stood(None, -math.inf)]).append(Stood(value, began))
    try:
        url = _sent(client, name, value, kind, written)
        if url is None:
            return False
        acknowledged = time.monotonic()
        job = _over(client, url)
    except httpx.HTTPError as error:
        written.fault(f"{kind} {name}: {error!r}")
        return False
    ended = time.monotonic()
    if job["state"] != "done" or job[kind] != [name]:
        written.fault(f"{kind} {name}: {job}")
        return False
    with written.lock:
        written.stood[name][-2].until = ended
        written.kinds[kind] += 1
        written.acknowledged_ms.append(1000 * (acknowledged - began))
        written.findable_ms.append(1000 * (ended - began))
    return True


def watch(url: str, number: int, until: float, written: Written) -> None:
    """Search for articles that others change, until the time is up."""
    drawn = random.Random(f"watcher {number}")
    with httpx.Client(base_url=url, timeout=PATIENCE_S) as client:
        while time.monotonic() < until:
            names = written.names()
            if not names or written.kinds.total() == 0:  # before the first, no such collection
                time.sleep(_LOOKED_S)
                continue
            look(client, drawn.choice(names), written)


def look(client: httpx.Client, name: str, written: Written) -> None:
    """Search for an article, and see that it is found as it may be."""
    began = time.monotonic()
    # Limited to it, so that all of it is found however the others rank.
    params: dict[str, Any] = {"q": name, "article": name, "collection": COLLECTION}
    try:
        answer = client.get("/v1/search", params=params)
    except httpx.HTTPError as error:
        written.fault(f"search for {name}: {error!r}")
        return
    ended = time.monotonic()
    with written.lock:
        written.statuses[answer.status_code] += 1
        written.watched += 1
    if answer.status_code not in {200, 404}:
        written.fault(f"search for {name}: {answer.status_code} {answer.text[:200]}")
        return
    quotes = [one["quote"] for one in answer.json().get("results", [])]
    found: set[int | None] = {int(value) for quote in quotes for value in _VALUE.findall(quote)}
    if answer.status_code == 404:
        found = {None}
    allowed = written.allowed(name, began, ended)
    if len(found) != 1 or not found <= allowed or len(quotes) != (0 if None in found else 2):
        written.fault(f"{name} was found as {quotes}, not as {allowed}")


def see_all(url: str, written: Written) -> int:
    """See that every article is as its last acknowledged change is to leave it.

    Returns:
        How many are.
    """
    right = 0
    with httpx.Client(base_url=url, timeout=PATIENCE_S) as client:
        for job in written.left:
            _over(client, job)
        for name, value in written.now().items():
            got = client.get(f"/v1/articles/{name}", params={"collection": COLLECTION})
            held = got.json()["text"] if got.status_code == 200 else None
            if (held, got.status_code) != (
                (None, 404) if value is None else (text_of(name, value), 200)
            ):
                written.fault(f"{name} is {held} ({got.status_code}), not of {value}")
            else:
                right += 1
    return right
