"""`pincite eval`: run the evaluation questions and print, and write, what came of them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.progress import Progress

from pincite import __version__
from pincite.eval import cli_confidence, cli_reading
from pincite.settings import SHIPPED, Settings, load_settings

if TYPE_CHECKING:
    from pincite.eval.targets import Target

QUESTIONS = SHIPPED / "eval" / "questions.jsonl"
RANKED = 10  # citations asked for: enough to count every source of an account

app = typer.Typer(help="Measure how well questions are answered.")
app.command("reading")(cli_reading.reading)
app.command("open")(cli_reading.open_)
app.command("confidence")(cli_confidence.confidence)
# Wide enough that a table is not folded where it is piped to a file.
out = Console(highlight=False, width=None if sys.stdout.isatty() else 240)
err = Console(stderr=True, highlight=False)

Split = Literal["dev", "test", "all"]


@app.callback(invoke_without_command=True)
def run(
    context: typer.Context,
    split: Annotated[Split, typer.Option(help="which part of the set")] = "dev",
    kind: Annotated[
        list[str] | None, typer.Option(help="only this kind; may be repeated", show_default=False)
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="a running service to ask instead", show_default=False)
    ] = None,
    questions: Annotated[
        Path, typer.Option(help="the evaluation set", show_default="eval/questions.jsonl")
    ] = QUESTIONS,
    corpus: Annotated[
        Path | None, typer.Option(help="the articles it is about", show_default="the setting")
    ] = None,
    json_: Annotated[
        Path | None, typer.Option("--json", help="write the whole report here")
    ] = None,
    markdown: Annotated[
        Path | None, typer.Option(help="write the tables and every failure here")
    ] = None,
) -> None:
    """Ask the evaluation questions, in this process or of a running service."""
    if context.invoked_subcommand is not None:
        return
    from pincite.eval.questions import load
    from pincite.eval.run import evaluate
    from pincite.eval.tables import markdown as as_markdown
    from pincite.eval.tables import tables
    from pincite.index.corpus import scan

    settings = load_settings()
    texts = {a.file: a.text for a in scan(corpus or settings.corpus).articles()}
    asked = load(questions, texts, split=split, kinds=kind)
    target, about = _target(settings, url)
    with Progress(console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("asking", total=len(asked))
        report = evaluate(
            target,
            asked,
            texts,
            limit=RANKED,
            progress=lambda done, _: bar.update(task, completed=done),
            metadata={"command": _command(), "version": __version__, "split": split, **about},
        )
    for table in tables(report):
        out.print(table)
    for path, content in (
        (json_, json.dumps(report.to_dict(), ensure_ascii=False, indent=1) if json_ else ""),
        (markdown, as_markdown(report) if markdown else ""),
    ):
        if path is not None:
            path.write_text(content + "\n", encoding="utf-8")
            err.print(f"written: {path}")


def _target(settings: Settings, url: str | None) -> tuple[Target, dict[str, str]]:
    """What is asked, and what the report says of it."""
    from pincite.eval.targets import InProcess, Service

    if url is not None:
        return Service(url), {"service": url}
    from pincite.qa.ask import Pincite

    opened = Pincite.open(settings)
    return InProcess(opened.ask, opened.search), {
        "index": opened.index.build,
        "encoder": opened.encoder.fingerprint,
        "reader": opened.reader.fingerprint,
        "threshold": f"{opened.threshold:.3f}",
    }


def _command() -> str:
    return " ".join(["pincite", *sys.argv[1:]])
