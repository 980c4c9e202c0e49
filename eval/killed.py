"""Kill a process that changes a collection, at random moments, and see what is left.

    python -m pincite.eval.killed --times 200

Each time, a child of a process of its own adds, replaces, removes, syncs or indexes, and is
killed with SIGKILL. Then: every document whose change was acknowledged is as it was to be, the
change that was not is done whole or not at all, the index in use opens as it stands, and brought
up to date it finds every document by a word that stands in it alone. The vectors are those of a
bag of terms: what encodes is not what is tried here.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np

from pincite.errors import IndexMissing, PinciteError
from pincite.index.about import check
from pincite.index.changes import add, remove, sync
from pincite.index.collection import Collection, make_collection, open_collection
from pincite.index.encoder import Vectors
from pincite.index.intake import Given
from pincite.index.known import Metadata
from pincite.index.opened import Index, open_index
from pincite.index.terms import terms
from pincite.index.update import merge, update
from pincite.settings import Settings

_DIMENSION = 64
_FIRST_GUESS_S = 0.5  # of what an operation takes
_ROOT = Path(__file__).resolve().parents[1]


class BagOfTerms:
    """An encoder that needs no model: each term counts in one of 64 places."""

    fingerprint = "bag-of-terms"

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> Vectors:
        """Vectors of shape `[len(texts), 64]`, float32, each of length 1."""
        vectors = np.zeros((len(texts), _DIMENSION), np.float32)
        for row, text in enumerate(texts):
            for term in terms(text) or [""]:
                vectors[row, hashlib.sha256(term.encode()).digest()[0] % _DIMENSION] += 1
        if progress:
            progress(len(texts))
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / lengths, np.float32)


@dataclass
class Result:
    """What a run of kills came to.

    Attributes:
        killed: processes that were killed before they ended.
        by_kind: of which operation.
        acknowledged: how many of them had acknowledged their change.
        undone, done: how many of the others had done nothing yet, or all.
        faults: what was wrong, a line each.
    """

    killed: int = 0
    by_kind: dict[str, int] = field(default_factory=dict)
    acknowledged: int = 0
    undone: int = 0
    done: int = 0
    faults: list[str] = field(default_factory=list)


# -- in the process of its own -------------------------------------------------------------


def serve(index: str) -> None:
    """Do an operation a line, in a child that is killed when its time is up; say how it went."""
    settings = Settings(index=Path(index), threads=1)
    for line in sys.stdin:
        order = json.loads(line)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            code = 1
            try:
                _do(settings, order, writing)
                code = 0
            except PinciteError as error:
                sys.stderr.write(f"{order['kind']}: {error.message}\n")
            os._exit(code)
        os.close(writing)
        began = time.monotonic()
        ended = 0
        while not ended and time.monotonic() - began < order["after_s"]:
            ended, status = os.waitpid(child, os.WNOHANG)
            time.sleep(0.001)
        if not ended:
            os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
        with os.fdopen(reading, "rb") as said:
            acknowledged = said.read() != b""
        answer = {
            "killed": os.WIFSIGNALED(status),
            "failed": os.WIFEXITED(status) and os.WEXITSTATUS(status) != 0,
            "acknowledged": acknowledged,
            "took_s": time.monotonic() - began,
        }
        print(json.dumps(answer), flush=True)


def _do(settings: Settings, order: dict[str, Any], acknowledge: int) -> None:
    collection = open_collection(settings.index)
    encoder = BagOfTerms()
    if order["kind"] == "add":
        files = [Given(n, text.encode(), Metadata()) for n, text in order["files"].items()]
        add(collection, files, settings)
    elif order["kind"] == "remove":
        remove(collection, order["ids"], settings)
    elif order["kind"] == "sync":
        sync(collection, Path(order["folder"]), settings)
    os.write(acknowledge, b"a")
    update(collection, settings, encoder, force=order["kind"] == "index", wait_s=60)
    merge(collection, settings, encoder, wait_s=60)


# -- in the one that judges ----------------------------------------------------------------


class Trial:
    """A collection that is changed by processes that are killed, and what must be in it.

    Args:
        folder: an empty one.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self._chance = random.Random(seed)
        self._settings = Settings(index=folder / "index", threads=1)
        self._folder = folder / "synced"
        self._folder.mkdir(parents=True)
        self._texts: dict[str, str] = {}  # id -> text, of all that is acknowledged
        self._synced: dict[str, str] = {}  # of the folder as it is acknowledged
        self._words = 0
        self._takes_s: dict[str, float] = {}
        self.result = Result()
        make_collection(self._settings.index)
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-c"),
                "import sys; from pincite.eval.killed import serve; serve(sys.argv[1])",
                str(self._settings.index),
            ],
            cwd=_ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def close(self) -> None:
        """End the process of its own."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(60)

    def once(self) -> None:
        """One operation, killed or not, and all that is to be seen after it."""
        kind = self._chance.choice(["add", "add", "remove", "sync", "index"])
        order: dict[str, Any] = {"kind": kind}
        after, synced = dict(self._texts), dict(self._synced)
        if kind == "add":
            names = [f"a{self._chance.randint(1, 40)}" for _ in range(self._chance.randint(1, 4))]
            texts = {name: self._text() for name in names}
            after |= texts
            order["files"] = {f"{name}.txt": text for name, text in texts.items()}
        elif kind == "remove":
            mine = sorted(set(self._texts) - set(self._synced))
            order["ids"] = self._chance.sample(mine, min(len(mine), self._chance.randint(1, 3)))
            after = {id_: text for id_, text in after.items() if id_ not in order["ids"]}
        elif kind == "sync":
            order["folder"] = str(self._folder)
            synced = self._change_folder()
            after = {id_: t for id_, t in after.items() if id_ not in self._synced} | synced
        typical = self._takes_s.get(kind, _FIRST_GUESS_S)
        order["after_s"] = self._chance.uniform(0, 1.2 * typical)
        said = self._run(order)
        if said["failed"]:
            self._fault(f"{kind} failed")
        if said["killed"]:
            self.result.killed += 1
            self.result.by_kind[kind] = self.result.by_kind.get(kind, 0) + 1
        else:
            self._takes_s[kind] = said["took_s"]
        self._judge(kind, said, after, synced)

    def _judge(
        self, kind: str, said: dict[str, Any], after: dict[str, str], synced: dict[str, str]
    ) -> None:
        collection = open_collection(self._settings.index)
        found = stored(collection)
        if said["acknowledged"]:
            self.result.acknowledged += said["killed"]
            expected = after
        else:
            expected = after if found == after else self._texts
            self.result.done += found == after != self._texts
            self.result.undone += found == self._texts
        if found != expected:
            self._fault(f"after {kind}, the documents are {sorted(found)}, not {sorted(expected)}")
        if expected == after:
            self._synced = synced
        self._texts = expected
        self._see_index_in_use()
        update(collection, self._settings, BagOfTerms())
        self._see_all_found()
        self.result.faults += check(collection)

    def _see_index_in_use(self) -> None:
        try:
            index = open_index(self._settings, BagOfTerms())
        except IndexMissing:
            return
        for row in index.store.articles():
            article = index.store.article(row.id)
            if article is None or article.id != row.id:
                self._fault(f"{row.id} is listed and not there")

    def _see_all_found(self) -> None:
        index = open_index(self._settings, BagOfTerms())
        if {row.id for row in index.store.articles()} != set(self._texts):
            self._fault("the index holds other articles than there are")
        for id_, text in self._texts.items():
            if wrong := not_found(index, id_, text):
                self._fault(wrong)

    def _change_folder(self) -> dict[str, str]:
        synced = dict(self._synced)
        for name in [f"s{self._chance.randint(1, 15)}" for _ in range(3)]:
            if name in synced and len(synced) > 1 and self._chance.random() < 0.4:
                del synced[name]
            else:
                synced[name] = self._text()
        for path in self._folder.iterdir():
            path.unlink()
        for name, text in synced.items():
            (self._folder / f"{name}.txt").write_text(text)
        return synced

    def _text(self) -> str:
        self._words += 1
        return f"Word uniq{self._words}q stands here.\n\nThe harbour was shut for some days."

    def _run(self, order: dict[str, Any]) -> dict[str, Any]:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        return _asked(stdin, stdout, order)

    def _fault(self, said: str) -> None:
        self.result.faults.append(said)


def _asked(stdin: IO[str], stdout: IO[str], order: dict[str, Any]) -> dict[str, Any]:
    stdin.write(json.dumps(order) + "\n")
    stdin.flush()
    answer: dict[str, Any] = json.loads(stdout.readline())
    return answer


def not_found(index: Index, id_: str, text: str) -> str | None:
    """What is wrong with how an article is found by its second word, which is in no other."""
    word = text.split()[1]
    found = index.store.passages(dict(index.store.match([tuple(terms(word))], 3)))
    if {passage.article for passage in found} != {id_}:
        return f"{word} of {id_} is not found"
    if text[found[0].start : found[0].end] != found[0].text:
        return f"{id_} is cited wrongly"
    return None


def stored(collection: Collection) -> dict[str, str]:
    """The text of every document of a collection, by its id."""
    with collection.documents() as documents, documents.unchanging():
        articles = documents.articles(documents.numbers())
        return {article.id: article.text for _, article in articles}


def run(times: int, seed: int, folder: Path, say: Callable[[str], None] = print) -> Result:
    """Kill so many processes. Ends at the first fault."""
    trial = Trial(folder, seed)
    try:
        while trial.result.killed < times and not trial.result.faults:
            before = trial.result.killed
            trial.once()
            if trial.result.killed % 20 == 0 and trial.result.killed > before:
                say(f"{trial.result.killed} killed")
    finally:
        trial.close()
    return trial.result


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m pincite.eval.killed", description=__doc__)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = run(given.times, given.seed, Path(folder))
    print(json.dumps(result.__dict__, indent=1))
    sys.exit(1 if result.faults else 0)


if __name__ == "__main__":
    main()
