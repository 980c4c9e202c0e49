"""Measure several systems side by side, so that a noisy machine hits all alike.

They take turns in rotating order: at starting up, at each chunk of questions
for the latencies, and at each round of the throughput.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import TypeVar

from pincite.eval.metrics import is_correct_and_cited
from pincite.eval.peers.places import Passages
from pincite.eval.peers.protocol import Document, Said, Task, Timed
from pincite.eval.peers.worker import Worker
from pincite.eval.questions import Question

CHUNK = 8  # questions that a system is asked before it is another's turn
CLIENTS = (1, 4, 16)

Progress = Callable[[str], None]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class System:
    """What is compared.

    Attributes:
        name: as the report has it.
        command: starts its process.
        ours: whether it is Pincite.
    """

    name: str
    command: tuple[str, ...]
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured.

    Attributes:
        work: folder for the indexes and the processes' logs.
        encoder, reader: folders of the peers' models.
        corpus: folder of the articles that are asked about.
        indexing: folder of the articles that indexing is timed on; None: `corpus`.
        starts: times each system is started.
        repeats: times each question is asked for the latencies.
        rounds: of the throughput.
        round_questions: asked in a round, by each number of clients.
    """

    work: Path
    encoder: Path
    reader: Path
    corpus: Path
    indexing: Path | None
    starts: int
    repeats: int
    rounds: int
    round_questions: int


@dataclass(slots=True)
class Measured:
    """What came of one system, filled as the run goes on.

    Attributes:
        passages_per_s: passages a second at indexing.
        start_s: seconds from the start of the process to the first answer, of each start.
        versions: package -> version.
        said: the first answer to each question.
        correct: of each question, that `said` is right and cited to the evidence.
        ms: of each question, the time of each answer, from one client.
        resident: bytes after the latencies were taken, from one client.
        peak: bytes at most, up to the end of the run.
        per_s: number of clients -> questions a second, of each round.
    """

    system: System
    passages_per_s: float = 0.0
    start_s: list[float] = field(default_factory=list)
    versions: Mapping[str, str] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)
    correct: list[bool] = field(default_factory=list)
    ms: list[list[float]] = field(default_factory=list)
    resident: int = 0
    peak: int = 0
    per_s: dict[int, list[float]] = field(default_factory=lambda: {n: [] for n in CLIENTS})


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of all of them.

    Attributes:
        systems: Pincite first.
        questions: in the order of `Measured.said`.
        passages: in Pincite's index that is asked.
        indexed: passages in its index that indexing was timed on.
    """

    systems: tuple[Measured, ...]
    questions: tuple[Question, ...]
    passages: int
    indexed: int


def compare(
    systems: Sequence[System],
    questions: Sequence[Question],
    plan: Plan,
    progress: Progress = lambda _: None,
) -> Comparison:
    """Index, start, ask one by one, ask at once.

    Args:
        systems: Pincite first: the others get the passages that it cuts.

    Raises:
        PeersError: a system failed; the run ends there.
    """
    measured = tuple(Measured(system) for system in systems)
    passages = indexed = _index(measured, plan, plan.corpus, "index", progress)
    if plan.indexing is not None:
        indexed = _index(measured, plan, plan.indexing, "timed", progress)
    with ExitStack() as open_workers:
        workers = _start(measured, questions, plan, open_workers, progress)
        _ask(measured, workers, questions, plan, progress)
        for one, worker in zip(measured, workers, strict=True):
            one.resident = worker.memory()["now"]
            one.correct = [
                is_correct_and_cited(passages.body(said), question.accounts)
                for said, question in zip(one.said, questions, strict=True)
            ]
        _crowd(measured, workers, questions, plan, progress)
        for one, worker in zip(measured, workers, strict=True):
            one.peak = worker.memory()["peak"]
    return Comparison(measured, tuple(questions), len(passages.passages), len(indexed.passages))


def _index(
    measured: Sequence[Measured], plan: Plan, corpus: Path, name: str, progress: Progress
) -> Passages:
    """Index a corpus with every system; the last that is timed is what is reported."""
    passages: Passages | None = None
    documents: list[Document] = []
    for one in measured:
        progress(f"{one.system.name}: indexing")
        task = _task(one.system, plan, corpus, name)
        shutil.rmtree(task.folder, ignore_errors=True)
        with _worker(one.system, plan) as worker:
            seconds = worker.index(task, documents)
        if passages is None:
            passages = Passages.read(Path(task.folder))
            documents = passages.documents
        one.passages_per_s = len(passages.passages if one.system.ours else documents) / seconds
    if passages is None:
        raise ValueError("nothing to compare")
    return passages


def _start(
    measured: Sequence[Measured],
    questions: Sequence[Question],
    plan: Plan,
    open_workers: ExitStack,
    progress: Progress,
) -> list[Worker]:
    """Start each system anew several times; the last process of each stays."""
    workers: dict[str, Worker] = {}
    for turn in range(plan.starts):
        for one in rotated(measured, turn):
            progress(f"{one.system.name}: start {turn + 1} of {plan.starts}")
            worker = _worker(one.system, plan)
            with ExitStack() as until_started:
                until_started.callback(worker.close)
                one.versions = worker.load(_task(one.system, plan, plan.corpus, "index"))
                worker.ask([questions[0].question])
                one.start_s.append(perf_counter() - worker.began)
                if turn == plan.starts - 1:
                    until_started.pop_all()
                    open_workers.callback(worker.close)
                    workers[one.system.name] = worker
    return [workers[one.system.name] for one in measured]


def _ask(
    measured: Sequence[Measured],
    workers: Sequence[Worker],
    questions: Sequence[Question],
    plan: Plan,
    progress: Progress,
) -> None:
    asked = [question.question for question in questions]
    for worker in workers:  # once before, untimed: what is loaded late is loaded then
        worker.ask(asked[:CHUNK])
    for one in measured:
        one.ms = [[] for _ in asked]
    pairs = list(zip(measured, workers, strict=True))
    turn = 0
    for repeat in range(plan.repeats):
        for at in range(0, len(asked), CHUNK):
            progress(f"latency {repeat + 1} of {plan.repeats}: question {at + 1} of {len(asked)}")
            for one, worker in rotated(pairs, turn):
                answers, _ = worker.ask(asked[at : at + CHUNK])
                _note(one, at, answers, first=repeat == 0)
            turn += 1


def _note(one: Measured, at: int, answers: Sequence[Timed], *, first: bool) -> None:
    for number, answer in enumerate(answers, start=at):
        one.ms[number].append(answer.ms)
        if first:
            one.said.append(answer.said)


def _crowd(
    measured: Sequence[Measured],
    workers: Sequence[Worker],
    questions: Sequence[Question],
    plan: Plan,
    progress: Progress,
) -> None:
    asked = [question.question for question in questions]
    pairs = list(zip(measured, workers, strict=True))
    for number in range(plan.rounds):
        some = window(asked, number * plan.round_questions, plan.round_questions)
        for place, clients in enumerate(CLIENTS):
            progress(f"throughput {number + 1} of {plan.rounds}: {clients} clients")
            for one, worker in rotated(pairs, number + place):
                _, seconds = worker.ask(some, clients)
                one.per_s[clients].append(len(some) / seconds)


def rotated(items: Sequence[T], by: int) -> list[T]:
    """The items, beginning with the one at `by`, those before it at the end."""
    by %= len(items)
    return [*items[by:], *items[:by]]


def window(items: Sequence[T], start: int, size: int) -> list[T]:
    """`size` of the items from `start` on, from the beginning again after the last."""
    return [items[(start + n) % len(items)] for n in range(size)]


def _task(system: System, plan: Plan, corpus: Path, name: str) -> Task:
    folder = plan.work / system.name.lower() / name
    return Task(str(folder), str(plan.encoder), str(plan.reader), str(corpus))


def _worker(system: System, plan: Plan) -> Worker:
    log = plan.work / f"{system.name.lower()}.log"
    return Worker(system.name, system.command, log, ours=system.ours)
