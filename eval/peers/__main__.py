"""`python -m pincite.eval.peers`: make the peers' environments, measure all, write it down."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from pincite import __version__
from pincite.errors import InvalidData, PinciteError
from pincite.eval.peers.environments import environment
from pincite.eval.peers.measure import Plan, System, compare
from pincite.eval.peers.report import as_json, markdown
from pincite.eval.question_file import load
from pincite.eval.questions import Question
from pincite.eval.reading import sample
from pincite.index.corpus import scan
from pincite.index.manifest import write_durably
from pincite.index.model_files import model_folder
from pincite.settings import SHIPPED, load_settings

HERE = Path(__file__).parent
PEERS = {"haystack": "Haystack", "txtai": "txtai"}
PLAIN = ("who", "when", "where", "how_many", "what", "why", "said", "agreed")

err = Console(stderr=True, highlight=False)


def run(
    reader: Annotated[
        Path,
        typer.Option(
            help="the reader as transformers load it, for the peers: the folder that the"
            " shipped 8-bit one was exported from"
        ),
    ],
    encoder: Annotated[
        Path,
        typer.Option(help="the encoder as sentence-transformers load it, for the peers likewise"),
    ],
    envs: Annotated[Path, typer.Option(help="folder of the peers' virtual environments")] = Path(
        ".pincite/peers"
    ),
    split: Annotated[Literal["dev", "test"], typer.Option(help="which questions")] = "test",
    questions: Annotated[
        int, typer.Option(min=0, help="a sample of so many plain answerable questions; 0: all")
    ] = 0,
    indexing: Annotated[
        Path | None,
        typer.Option(
            metavar="CORPUS", help="articles to time indexing on", show_default="the corpus"
        ),
    ] = None,
    starts: Annotated[int, typer.Option(min=1, help="times each system is started")] = 3,
    repeats: Annotated[
        int, typer.Option(min=1, help="times each question is asked for the latencies")
    ] = 3,
    rounds: Annotated[int, typer.Option(min=3, help="rounds of the throughput")] = 5,
    round_questions: Annotated[
        int, typer.Option(min=1, help="questions in a round of the throughput")
    ] = 48,
    markdown_: Annotated[
        Path | None, typer.Option("--markdown", help="write the tables here")
    ] = None,
    json_: Annotated[Path | None, typer.Option("--json", help="write every number here")] = None,
) -> None:
    """Ask Pincite, Haystack and txtai the same questions over the same passages.

    The peers can't run the ONNX files that are shipped: they get the same models in 32 bits.
    """
    for path in (markdown_, json_):
        if path is not None and not path.parent.is_dir():
            raise InvalidData(f"there is no folder {path.parent}", "Make it first.")
    settings = load_settings()
    texts = {article.file: article.text for article in scan(settings.corpus).articles()}
    loaded = load(SHIPPED / "eval" / "questions.jsonl", texts, split=split, kinds=PLAIN)
    asked = drawn(loaded, questions)
    ours = (sys.executable, "-m", "pincite.eval.peers.worker_pincite")
    systems = [System("Pincite", ours, ours=True)]
    for peer, name in PEERS.items():
        err.print(f"{name}: environment")
        python = environment(envs.absolute() / peer, HERE / f"requirements-{peer}.txt")
        systems.append(System(name, (str(python), str(HERE / f"worker_{peer}.py"))))
    work = envs.absolute() / "run"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    plan = Plan(
        work=work,
        encoder=model_folder(str(encoder), "--encoder"),
        reader=model_folder(str(reader), "--reader"),
        corpus=settings.corpus,
        indexing=indexing,
        starts=starts,
        repeats=repeats,
        rounds=rounds,
        round_questions=round_questions,
    )
    comparison = compare(systems, asked, plan, err.print)
    about = {
        "command": _command(sys.argv[1:]),
        "date": date.today().isoformat(),
        "machine": machine(),
        "Pincite": __version__,
        "questions": f"{len(asked)} plain ones with an answer, {split} half: {kinds(asked)};"
        f" asked {repeats} times",
        "passages": f"{comparison.passages}; indexing timed on {comparison.indexed}",
        "throughput": f"{rounds} rounds of {round_questions} questions for each number of clients",
    }
    text = markdown(comparison, about)
    if markdown_ is None:
        print(text)
    else:
        write_durably(markdown_, text.encode())
    if json_ is not None:
        content = json.dumps(as_json(comparison, about), ensure_ascii=False, indent=1)
        write_durably(json_, f"{content}\n".encode())


def drawn(questions: Sequence[Question], count: int) -> list[Question]:
    """So many of those with an answer, the same every time and of all kinds alike; all if 0."""
    answerable = [question for question in questions if question.answerable]
    return sample(answerable, count or None, lambda question: question.id)


def kinds(questions: Sequence[Question]) -> str:
    """How many there are of each kind: "9 who, 6 where"."""
    counts = Counter(question.kind for question in questions)
    return ", ".join(f"{counts[kind]} {kind}" for kind in PLAIN if kind in counts)


def machine() -> str:
    """The processor in words and how many cores this process may use (Linux)."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else 'unknown processor'}, {len(os.sched_getaffinity(0))} cores"


def _command(arguments: list[str]) -> str:
    # Whoever makes the report again has other folders: of an absolute path, its last part.
    short = [Path(a).name if Path(a).is_absolute() else a for a in arguments]
    return " ".join(["python -m pincite.eval.peers", *short])


def main() -> None:
    """Run; a known error is one line with what to do next."""
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
    app.command()(run)
    try:
        app()
    except PinciteError as error:
        err.print(f"error: {error.message}. {error.hint}", markup=False, soft_wrap=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
