"""`pincite keys`: make, list and revoke the keys that open the service."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from pincite.api.keys import KeyFile, Scope
from pincite.settings import load_settings

app = typer.Typer(
    no_args_is_help=True,
    help="Make, list and revoke the keys that open the service. With the first one made, every"
    " request needs a key.",
)

PIPED_COLUMNS = 500
Index = Annotated[
    Path | None, typer.Option("--index", help="folder of the index", show_default=False)
]
Name = Annotated[str, typer.Argument(help="who it is for: letters, digits, '.', '_' and '-'")]


@app.command()
def add(
    name: Name,
    scope: Annotated[
        Scope, typer.Option(help="what it opens; who may write may read")
    ] = Scope.READ,
    index: Index = None,
) -> None:
    """Make a key and print it, this one time: only its hash is kept."""
    file = KeyFile.of(load_settings(index=index))
    token = file.add(name, scope)
    sys.stdout.write(f"{token}\n")
    Console(stderr=True, highlight=False).print(
        f"This key may {scope.value}. It is shown only now; {file.path} holds its hash.",
        markup=False,
        soft_wrap=True,
    )


@app.command(name="list")
def list_(index: Index = None) -> None:
    """List the keys ever made."""
    table = Table(box=None)
    for heading in ("name", "scope", "made", "revoked"):
        table.add_column(heading, overflow="fold")
    for key in KeyFile.of(load_settings(index=index)).read():
        table.add_row(key.name, key.scope.value, key.made, key.revoked or "")
    Console(highlight=False, width=None if sys.stdout.isatty() else PIPED_COLUMNS).print(table)


@app.command()
def revoke(name: Name, index: Index = None) -> None:
    """End a key; a running service refuses it from the next request on."""
    KeyFile.of(load_settings(index=index)).revoke(name)
    sys.stdout.write(f"revoked {name}\n")
