"""What the measuring commands print and write."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from pincite import __version__
from pincite.errors import InvalidData
from pincite.index.manifest import write_durably

if TYPE_CHECKING:
    from pincite.eval.tables import Section

PROGRESS_S = 10.0  # between two lines where stderr is not a terminal

# Wide enough that a table is not folded where it is piped to a file.
out = Console(highlight=False, width=None if sys.stdout.isatty() else 240)
err = Console(stderr=True, highlight=False)

Json = Annotated[Path | None, typer.Option("--json", help="write the report here")]
CollectionName = Annotated[str, typer.Option("--collection", help="name of the collection")]
Markdown = Annotated[Path | None, typer.Option(help="write the tables here")]


def command() -> str:
    """The command line of this process."""
    return " ".join(["pincite", *sys.argv[1:]])


def about(data: Sequence[Path] = ()) -> dict[str, Any]:
    """What every report says first: the command, the version and the hashes of the data."""
    from pincite.eval.data import hash_of

    said = {"command": command(), "version": __version__}
    if data:
        hashes = hash_of(data).items()
        said["data"] = ", ".join(f"{name} (sha256 {hash_})" for name, hash_ in hashes)
    return said


def check_folders(*paths: Path | None) -> None:
    """That what is written at the end can be: better said before minutes of reading.

    Raises:
        InvalidData: a folder is missing.
    """
    for path in paths:
        if path is not None and not path.parent.is_dir():
            raise InvalidData(f"there is no folder {path.parent}", "Make it first.")


def made_folder(path: Path | None) -> None:
    """Make the folder of a report, before minutes of asking; nothing if there is no path.

    Raises:
        InvalidData: it can't be made.
    """
    if path is None:
        return
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidData(
            f"can't make the folder {path}: {error.strerror}", "Give another one."
        ) from error


def show(sections: Iterable[Section]) -> None:
    """Print tables."""
    from pincite.eval.tables import as_tables

    for table in as_tables(sections):
        out.print(table)


def write(path: Path | None, content: str | Mapping[str, Any]) -> None:
    """Write a text, or a report as JSON, and say so; nothing if there is no path."""
    if path is None:
        return
    if not isinstance(content, str):
        content = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    write_durably(path, content.encode("utf-8"))
    err.print(f"written: {path}")


class Progress:
    """A line on stderr: how far, how fast, how long still; rewritten where it is a terminal."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._began = self._shown = time.perf_counter()

    def __call__(self, done: int, total: int, share: float) -> None:
        """Called with what is done, what there is in all and the share of the work, 0..1."""
        now = time.perf_counter()
        if done < total and not err.is_terminal and now - self._shown < PROGRESS_S:
            return
        self._shown = now
        spent = now - self._began
        left = spent * (1 - share) / share
        line = f"{done} of {total} {self._what}, {done / spent:.1f} a second, {left:.0f} s left"
        err.print(f"{line}   ", end="\r" if err.is_terminal and done < total else "\n")
