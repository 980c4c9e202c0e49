"""The command `pincite`: each subcommand is a thin shell over one function."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from pincite import __version__
from pincite.api import keys_cli, shown
from pincite.errors import PinciteError
from pincite.qa.answer import Turn
from pincite.settings import Settings, describe, load_settings

if TYPE_CHECKING:
    from pincite.qa.ask import Pincite

PIPED_COLUMNS = 500

app = typer.Typer(
    name="pincite",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Answers in the sources' own words, each with a citation to check.\n\n"
    "Exit codes: 0 done, 1 an error, 2 wrong usage, 3 the articles don't say.",
)

# What is piped is not folded at the 80 columns that a pipe is taken to have.
out = Console(highlight=False, emoji=False, width=None if sys.stdout.isatty() else PIPED_COLUMNS)
err = Console(stderr=True, highlight=False, emoji=False)

NO_ANSWER_EXIT = 3
Json = Annotated[bool, typer.Option("--json", help="print the answer's JSON")]
IndexFolder = Annotated[
    Path | None, typer.Option("--index", help="folder of the index", show_default=False)
]
CollectionName = Annotated[str, typer.Option("--collection", help="name of the collection")]


def main() -> None:
    """Run the command; an error that is the user's is one line and an exit code."""
    quiet_libraries()
    try:
        app(prog_name="pincite")  # whatever runs us: a script, `python -m`, a test
    except PinciteError as error:
        _print_error(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output has gone (`| head`): nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def quiet_libraries() -> None:
    """Keep the libraries' progress bars and notices out of our output."""
    for variable, value in {
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "TRANSFORMERS_VERBOSITY": "error",
        "TQDM_DISABLE": "1",
    }.items():
        os.environ.setdefault(variable, value)
    for name in ("sentence_transformers", "transformers", "httpx"):
        logging.getLogger(name).setLevel(logging.ERROR)


def _version(wanted: bool) -> None:
    if wanted:
        out.print(f"pincite {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="print the version")
    ] = False,
) -> None:
    pass


app.add_typer(keys_cli.app, name="keys")


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="as you would ask a person")],
    json_: Json = False,
    limit: Annotated[int | None, typer.Option(min=1, max=50, help="citations at most")] = None,
    article: Annotated[
        list[str] | None, typer.Option(help="id of an article that may answer; repeatable")
    ] = None,
    publisher: Annotated[
        list[str] | None, typer.Option(help="publisher that may answer; repeatable")
    ] = None,
    first: Annotated[
        str | None, typer.Option("--from", help="published then or later, as 2023-06-24 or 2023")
    ] = None,
    last: Annotated[str | None, typer.Option("--to", help="published then or earlier")] = None,
    collection: CollectionName = "default",
    index: IndexFolder = None,
) -> None:
    """Answer one question. Exit code 3 where the articles don't say."""
    from pincite.index.only import Only

    only = Only(tuple(article or ()), tuple(publisher or ()), first, last)
    opened = open_pincite(load_settings(index=index), collection)
    answer = opened.ask(question, limit=limit, only=only)
    if json_:
        print_json(answer.to_dict())
    else:
        shown.answer(out, answer)
    if not answer.accounts:
        raise typer.Exit(NO_ANSWER_EXIT)


@app.command()
def chat(collection: CollectionName = "default", index: IndexFolder = None) -> None:
    """Ask question after question; a follow-up knows what came before."""
    opened = open_pincite(load_settings(index=index), collection)
    history: list[Turn] = []
    terminal = sys.stdin.isatty()
    if terminal:
        out.print("Ask a question; an empty line or Ctrl-D ends.", style="dim")
    while question := _next_question(terminal):
        try:
            answer = opened.ask(question, history[-opened.settings.history_turns :])
        except PinciteError as error:
            _print_error(error)
            continue
        shown.answer(out, answer)
        history.append(Turn(question, answer.answer or ""))


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="address to listen on")] = None,
    port: Annotated[int | None, typer.Option(help="port to listen on")] = None,
    index: IndexFolder = None,
) -> None:
    """Serve the chat page and the API."""
    import uvicorn

    from pincite.api.app import create_app
    from pincite.api.logs import configure_logs
    from pincite.api.serving import server_config
    from pincite.index.collection import open_collection

    settings = load_settings(host=host, port=port, index=index)
    open_collection(settings.index)  # that there is none is better said here than when asked
    server = uvicorn.Server(server_config(create_app(settings), settings))
    configure_logs(settings.log)
    where = f"http://{settings.host}:{settings.port}"
    err.print(
        f"Pincite: chat at [bold]{where}/[/], API at {where}/docs. Ctrl-C ends.", soft_wrap=True
    )
    with contextlib.suppress(SystemExit):  # uvicorn's codes for it mean other things here
        server.run()
    if not server.started:
        raise PinciteError(
            f"the service could not start at {where}",
            "If something else listens there, choose another port with --port.",
        )


@app.command()
def articles(
    json_: Json = False, collection: CollectionName = "default", index: IndexFolder = None
) -> None:
    """List the indexed articles."""
    from dataclasses import asdict

    from pincite.index.opened import open_store

    rows = open_store(load_settings(index=index).index, collection).articles()
    if json_:
        print_json([asdict(row) for row in rows])
        return
    shown.print_table(out, shown.articles(rows))


@app.command()
def mcp(index: IndexFolder = None) -> None:
    """Serve agents on standard input and output, by the Model Context Protocol."""
    from pincite.api.mcp import run_stdio
    from pincite.api.service import Service
    from pincite.qa.ask import Pincite

    # Nothing may be printed: standard output is the protocol's.
    service = Service(load_settings(index=index), Pincite.open)
    _ = service.pincite  # an index that can't be opened is better said here than at the first call
    run_stdio(service.of)


@app.command(name="settings")
def show_settings(json_: Json = False) -> None:
    """Print every setting: its variable, value, default, unit and help."""
    from dataclasses import asdict

    rows = list(describe(load_settings()))
    if json_:
        print_json([asdict(row) for row in rows])
        return
    table = Table(box=None, header_style="bold")
    table.add_column("variable", no_wrap=True)
    for heading in ("value", "default", "unit", "help"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        value = Text(row.value, style="" if row.value == row.default else "bold")
        table.add_row(row.variable, value, *map(Text, (row.default, row.unit, row.help)))
    shown.print_table(out, table)


def open_pincite(settings: Settings, collection: str = "default") -> Pincite:
    """Open a collection, and say so while the models load."""
    from pincite.qa.ask import Pincite

    with err.status("loading the models"):
        return Pincite.open(settings, collection)


def _next_question(terminal: bool) -> str:
    """The next question; empty at the end."""
    if not terminal:
        return next((line.strip() for line in sys.stdin if line.strip()), "")
    try:
        return out.input("[bold]> [/]").strip()
    except EOFError:
        return ""


def _print_error(error: PinciteError) -> None:
    err.print(f"[bold red]error:[/] {escape(error.message)}", soft_wrap=True)
    if error.hint:
        err.print(escape(error.hint), soft_wrap=True)


def print_json(value: object) -> None:
    """Print a value as JSON."""
    # Not through rich: what is piped is exactly the JSON.
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
    sys.stdout.flush()
