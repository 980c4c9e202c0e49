"""A build killed with SIGKILL, at every step and at any moment, leaves the last one in use.

What it had encoded is not encoded again.

The builds run in children of one process of their own, which has used neither
FAISS nor a thread before it forks.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

import pincite.index.making
from pincite.index.build import build
from pincite.index.encoder import Vectors
from pincite.index.opened import Index, open_index
from pincite.settings import Settings
from tests.builds import home, segments
from tests.fakes import FakeEncoder

ROOT = Path(__file__).parents[1]
OLD = "The ministry said on Tuesday that the bridge would stay closed for a week."
NEW = "The governor offered to meet the fighters near the town on Sunday evening."


# -- in the other process ------------------------------------------------------------------


def serve(folder: str) -> None:
    """Runs a build a line: `step N` dies before the Nth thing it does to the index, `batch N`
    while the Nth batch is encoded, `after S` is killed S seconds after it began; says whether
    it was killed, or else came to its end."""
    settings = Settings(corpus=Path(folder) / "corpus", index=Path(folder) / "index")
    for line in sys.stdin:
        how, value = line.split()
        child = os.fork()
        if child == 0:
            if how == "step":
                _die_before(int(value), str(settings.index))
            encoder = DyingEncoder(int(value)) if how == "batch" else FakeEncoder()
            pincite.index.making.ENCODE_AT_ONCE = 2
            build(settings, encoder, replace=True, progress=_slow if how == "after" else None)
            os._exit(0)
        if how == "after":
            time.sleep(float(value))
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            print("killed", flush=True)
        else:
            print("ended" if os.WEXITSTATUS(status) == 0 else "failed", flush=True)


class DyingEncoder(FakeEncoder):
    """Kills its process when it is given its Nth batch."""

    def __init__(self, batch: int) -> None:
        super().__init__()
        self._left = batch

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> Vectors:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().encode(texts, progress)


_TOUCHES = ("open", "os.", "shutil.", "sqlite3.connect")


def _die_before(step: int, index: str) -> None:
    """Kills this process at the Nth audit event that names a file of the index but reading it."""
    steps = 0

    def hook(event: str, args: tuple[object, ...]) -> None:
        nonlocal steps
        reads = event == "open" and args[1] == "r"
        if event.startswith(_TOUCHES) and not reads and any(index in str(arg) for arg in args):
            steps += 1
            if steps == step:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def _slow(*_: object) -> None:
    time.sleep(0.02)


# -- in the test's -------------------------------------------------------------------------


class Builds:
    """The other process, and the corpus and index it builds."""

    def __init__(self, folder: Path) -> None:
        (folder / "corpus").mkdir()
        (folder / "corpus" / "a.txt").write_text(OLD)
        self.settings = Settings(corpus=folder / "corpus", index=folder / "index")
        self.other = folder / "other"  # a corpus that shares no text with the tests' own
        self.other.mkdir()
        (self.other / "z.txt").write_text("Rain fell on the whole of the region.")
        build(self.settings, FakeEncoder())
        self.process = subprocess.Popen(
            [sys.executable, "-c", "import sys; from tests.test_build_killed import serve; "
             "serve(sys.argv[1])", str(folder)],
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )  # fmt: skip

    def change(self, n: int) -> None:
        for name in ("b", "c", "d"):
            (self.settings.corpus / f"{name}.txt").write_text(f"{NEW}\n\nIt was {name}{n}.")

    def run(self, command: str) -> str:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(f"{command}\n")
        self.process.stdin.flush()
        said = self.process.stdout.readline().strip()
        assert said in ("killed", "ended")
        return said

    def opened(self) -> Index:
        return open_index(self.settings, FakeEncoder())

    def now(self) -> tuple[str, object]:
        """The build in use and its answers, and nobody holds it any more."""
        index = self.opened()
        return index.build, answers(index)

    def kept(self, before: tuple[str, object]) -> bool:
        """Whether the build in use is the one before, which then must answer as it did."""
        index = self.opened()
        if index.build != before[0]:
            return False
        assert answers(index) == before[1]
        return True

    def mend(self) -> None:
        """The next build succeeds, is right, and leaves nothing lying about."""
        build(self.settings, FakeEncoder())
        assert not build(self.settings, FakeEncoder()).changed
        index = self.opened()
        assert index.counts.articles == 4
        (vector,) = FakeEncoder().encode([NEW])
        assert "governor" in index.store.passage(next(iter(index.nearest(vector, 1)))).text

    def left_over(self) -> set[str]:
        found = {path.name for path in home(self.settings).iterdir()}
        known = {"CURRENT", "collection.json", "documents.sqlite", "lock", "originals"}
        return found - known - {segment.name for segment in segments(self.settings)}


def answers(index: Index) -> object:
    (vector,) = FakeEncoder().encode(["Who closed the bridge?"])
    found = index.nearest(vector, 9), index.matching(index.meant("Who closed the brigde?"), 9)
    return found, [index.store.passage(id_) for id_ in found[0]], index.store.articles()


@pytest.fixture
def builds(tmp_path: Path) -> Iterator[Builds]:
    made = Builds(tmp_path)
    yield made
    assert made.process.stdin and made.process.stdout
    made.process.stdin.close()
    made.process.stdout.close()
    made.process.wait(10)


def test_killed_before_any_step_the_old_build_answers_and_the_next_one_succeeds(
    builds: Builds,
) -> None:
    swapped: list[bool] = []
    between = 0  # renamed, and not yet in CURRENT
    for step in range(1, 200):
        builds.change(step)
        before = builds.now()
        used = segments(builds.settings)
        if builds.run(f"step {step}") == "ended":
            break
        kept = builds.kept(before)
        swapped.append(not kept)
        between += kept and bool({*home(builds.settings).glob("segment-*")} - {*used})
        builds.mend()
        assert builds.left_over() == set()
    assert len(swapped) >= 15
    assert between >= 1
    assert not swapped[0]


def test_killed_at_any_moment_the_old_build_answers_and_the_next_one_succeeds(
    builds: Builds,
) -> None:
    moments = random.Random(4)
    said = []
    for n in range(10):
        builds.change(n)
        before = builds.now()
        said.append(builds.run(f"after {moments.uniform(0.0, 0.2):.4f}"))
        assert builds.kept(before) or builds.opened().counts.articles == 4
        builds.mend()
        assert builds.left_over() == set()
    assert said.count("killed") >= 3


def test_killed_at_the_first_build_there_is_none_and_the_next_one_succeeds(
    builds: Builds,
) -> None:
    for n in (5, 12):
        shutil.rmtree(builds.settings.index)
        builds.change(n)
        assert builds.run(f"step {n}") == "killed"
        builds.mend()


def texts(names: str) -> dict[str, str]:
    """An article a letter, each of one text to encode."""
    return {
        name: f"The {name * 5} ministry said that the bridge would stay closed." for name in names
    }


def write(builds: Builds, names: str) -> None:
    for path in builds.settings.corpus.iterdir():
        path.unlink()
    for name, text in texts(names).items():
        (builds.settings.corpus / f"{name}.txt").write_text(text)


def encoded_next(builds: Builds, names: str) -> int:
    """How many texts the next build encodes, which is right and leaves nothing lying about."""
    encoder = FakeEncoder()
    made = build(builds.settings, encoder)
    assert made.encoded == len(encoder.encoded)
    opened = builds.opened()
    assert opened.counts.passages == len(names)
    assert {a.file for a in opened.store.articles()} == {f"{name}.txt" for name in names}
    passages = opened.store.passages(opened.store.ids())
    expected = FakeEncoder().encode([passage.encoded for passage in passages])
    found = np.concatenate(list(opened.store.vectors()))
    assert np.allclose(found, expected, atol=1e-3)
    assert builds.left_over() == set()
    return made.encoded


def test_what_a_killed_build_encoded_is_not_encoded_again(builds: Builds) -> None:
    write(builds, "bcdefghij")
    assert builds.run("batch 4") == "killed"
    assert encoded_next(builds, "bcdefghij") == 9 - 6


def test_also_when_the_corpus_changed_meanwhile(builds: Builds) -> None:
    write(builds, "bcdefghij")
    assert builds.run("batch 4") == "killed"  # b to g are encoded
    write(builds, "abfghxy")
    assert encoded_next(builds, "abfghxy") == len("ahxy")


def test_what_several_killed_builds_encoded_adds_up(builds: Builds) -> None:
    write(builds, "bcdefghij")
    assert builds.run("batch 3") == "killed"
    assert builds.run("batch 1") == "killed"
    assert builds.run("batch 2") == "killed"
    assert encoded_next(builds, "bcdefghij") == 9 - 4 - 2


def test_no_step_of_the_next_build_loses_what_a_killed_one_encoded(builds: Builds) -> None:
    said = ""
    step = -1
    while said != "ended":
        step += 2
        assert step < 300
        names = "bcdefgh"
        other = builds.settings.model_copy(update={"corpus": builds.other})
        build(other, FakeEncoder(), replace=True)
        write(builds, names)
        assert builds.run("batch 3") == "killed"
        said = builds.run(f"step {step}")
        assert encoded_next(builds, names) <= len(names) - 4
    assert step > 20


def test_another_encoder_s_vectors_are_not_taken_over(builds: Builds) -> None:
    write(builds, "bcdef")
    assert builds.run("batch 3") == "killed"
    other = FakeEncoder("another")
    assert build(builds.settings, other).encoded == 5
    assert builds.left_over() == set()
