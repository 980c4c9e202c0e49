"""`pincite eval`: run the evaluation questions and print, and write, what came of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pincite.eval import cli_confidence, cli_events, cli_reading
from pincite.eval.output import Json, Markdown, Progress, about, check_folders, out, write
from pincite.settings import SHIPPED, Settings, load_settings

if TYPE_CHECKING:
    from pincite.eval.targets import Target

QUESTIONS = SHIPPED / "eval" / "questions.jsonl"
RANKED = 10  # citations asked for: enough to count every source of an account

app = typer.Typer(help="Measure how well questions are answered.")
app.command("reading")(cli_reading.reading)
app.command("open")(cli_reading.open_)
app.command("events")(cli_events.events)
app.command("confidence")(cli_confidence.confidence)

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
    json_: Json = None,
    markdown: Markdown = None,
) -> None:
    """Ask the evaluation questions, in this process or of a running service."""
    if context.invoked_subcommand is not None:
        return
    from pincite.eval.questions import load
    from pincite.eval.run import evaluate
    from pincite.eval.tables import markdown as as_markdown
    from pincite.eval.tables import tables
    from pincite.index.corpus import scan

    check_folders(json_, markdown)
    settings = load_settings()
    texts = {a.file: a.text for a in scan(corpus or settings.corpus).articles()}
    asked = load(questions, texts, split=split, kinds=kind)
    target, named = _target(settings, url)
    shown = Progress("questions asked")
    report = evaluate(
        target,
        asked,
        texts,
        limit=RANKED,
        progress=lambda done, total: shown(done, total, done / total),
        metadata=about() | {"split": split, **named},
    )
    for table in tables(report):
        out.print(table)
    write(json_, report.to_dict())
    write(markdown, as_markdown(report) + "\n" if markdown else "")


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
