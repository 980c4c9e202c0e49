"""`pincite eval`: run the evaluation questions and print, and write, what came of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pincite.eval import cli_confidence, cli_events, cli_own, cli_reading
from pincite.eval.output import (
    CollectionName,
    Json,
    Markdown,
    Progress,
    about,
    check_folders,
    made_folder,
    out,
    show,
    write,
)
from pincite.settings import SHIPPED, Settings, load_settings

if TYPE_CHECKING:
    from pincite.eval.outcomes import Comparison, Run
    from pincite.eval.questions import Question
    from pincite.eval.report import Report
    from pincite.eval.targets import Target
    from pincite.index.article import Article
    from pincite.index.store import Store

QUESTIONS = SHIPPED / "eval" / "questions.jsonl"
RANKED = 10  # citations asked for: enough to count every source of an account

app = typer.Typer(help="Measure how well questions are answered.")
app.command("init")(cli_own.init)
app.command("validate")(cli_own.validate)
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
    key: Annotated[
        str | None,
        typer.Option(envvar="PINCITE_KEY", help="of that service", show_default=False),
    ] = None,
    questions: Annotated[
        Path, typer.Option(help="the evaluation set", show_default="eval/questions.jsonl")
    ] = QUESTIONS,
    corpus: Annotated[
        Path | None,
        typer.Option(
            help="folder of the articles it is about",
            show_default="the setting; for a set of your own, the collection's documents",
        ),
    ] = None,
    collection: CollectionName = "default",
    json_: Json = None,
    markdown: Markdown = None,
    report: Annotated[
        Path | None,
        typer.Option(
            help="folder to write a page to look at into, with its JSON and TREC files",
            show_default=False,
        ),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(help="report.json of an earlier run to compare with", show_default=False),
    ] = None,
) -> None:
    """Ask the evaluation questions, in this process or of a running service."""
    if context.invoked_subcommand is not None:
        return
    from pincite.eval.articles import InCollection, Texts, in_folder
    from pincite.eval.outcomes import check_comparable, compare, load_run, run_of
    from pincite.eval.question_file import load
    from pincite.eval.run import evaluate
    from pincite.eval.tables import comparison_section, tables
    from pincite.eval.tables import markdown as as_markdown

    check_folders(json_, markdown)
    made_folder(report)
    settings = load_settings()
    earlier = None if against is None else load_run(against)
    target, named, store = _target(settings, url, collection, key)
    articles: Mapping[str, Article]
    if corpus is None and questions != QUESTIONS and store is not None:
        articles = InCollection(store)
    else:
        articles = in_folder(corpus or settings.corpus)
    texts = Texts(articles)
    asked = load(questions, texts, split=split, kinds=kind)
    if store is not None:
        _check_about(questions, asked, store)
    if earlier is not None:
        check_comparable(earlier, asked)
    shown = Progress("questions asked")
    made = evaluate(
        target,
        asked,
        texts,
        limit=RANKED,
        progress=lambda done, total: shown(done, total, done / total),
        metadata=about() | {"questions": questions.name, "split": split, **named},
    )
    comparison = None if earlier is None else compare(run_of(made.to_dict()), earlier)
    for table in tables(made):
        out.print(table)
    if comparison is not None:
        show([comparison_section(comparison)])
    write(json_, made.to_dict())
    write(markdown, as_markdown(made) + "\n" if markdown else "")
    if report is not None:
        _write_report(report, made, articles, comparison, earlier)


def _write_report(
    folder: Path,
    report: Report,
    articles: Mapping[str, Article],
    comparison: Comparison | None,
    earlier: Run | None,
) -> None:
    from pincite.eval.page import page
    from pincite.eval.trec import qrels_lines, run_lines

    compared = {} if comparison is None else {"comparison": comparison.to_dict()}
    write(folder / "report.json", report.to_dict() | compared)
    write(folder / "run.trec", run_lines(report, articles))
    write(folder / "qrels.trec", qrels_lines(report, articles))
    write(folder / "report.html", page(report, articles, comparison, earlier))


def _check_about(questions: Path, asked: Sequence[Question], store: Store) -> None:
    """See that the collection holds an article that the questions are about.

    Raises:
        EvalError: it holds none.
    """
    from pincite.eval.questions import EvalError

    files = {gold.file for one in asked for account in one.accounts for gold in account.gold}
    if files and files.isdisjoint(row.file for row in store.articles()):
        raise EvalError(
            f"the collection holds no article that {questions.name} asks about",
            "Name another with --collection, or make questions about yours: `pincite eval init`.",
        )


def _target(
    settings: Settings, url: str | None, collection: str, key: str | None
) -> tuple[Target, dict[str, str], Store | None]:
    """What is asked, what the report says of it, and its articles, if it is in this process."""
    from pincite.eval.targets import InProcess, Service

    if url is not None:
        return Service(url, collection, key), {"service": url, "collection": collection}, None
    from pincite.qa.ask import Pincite

    opened = Pincite.open(settings, collection)
    return (
        InProcess.of(opened),
        {
            "collection": collection,
            "index": opened.index.build,
            "encoder": opened.encoder.fingerprint,
            "reader": opened.reader.fingerprint,
            "threshold": f"{opened.threshold:.3f}",
        },
        opened.index.store,
    )
