"""`pincite eval init` and `pincite eval validate`: an evaluation set of one's own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pincite.errors import InvalidData
from pincite.eval.output import CollectionName, err, out
from pincite.settings import SHIPPED, load_settings

if TYPE_CHECKING:
    from pincite.index.article import Article

OWN = Path("questions.jsonl")
SLOTS = 8


def init(
    file: Annotated[Path, typer.Argument(help="to write; it must not be there yet")] = OWN,
    slots: Annotated[int, typer.Option(min=1, max=500, help="paragraphs to ask about")] = SLOTS,
    collection: CollectionName = "default",
) -> None:
    """Begin an evaluation set: paragraphs of a collection, questions and answers to fill in."""
    from pincite.eval.blank import blank_set
    from pincite.index.opened import open_store

    if file.exists():
        raise _taken(file)
    store = open_store(load_settings().index, collection)
    _write_new(file, blank_set(store, collection, str(file), slots))
    err.print(f"written: {file}")


def validate(
    file: Annotated[Path, typer.Argument(help="the evaluation set")] = OWN,
    collection: CollectionName = "default",
    corpus: Annotated[
        Path | None,
        typer.Option(
            help="folder of the articles it is about", show_default="the collection's documents"
        ),
    ] = None,
) -> None:
    """Say what is wrong in an evaluation set, where, and what to do about it. Exit code 1 then."""
    from pincite.eval.articles import InCollection, in_folder
    from pincite.eval.validate import shortages
    from pincite.eval.validate import validate as validated
    from pincite.index.opened import open_store

    articles: Mapping[str, Article]
    if corpus is not None:
        articles = in_folder(corpus)
    else:
        articles = InCollection(open_store(load_settings().index, collection))
    entries, errors = validated(file, articles)
    for error in errors:
        out.print(f"{file}: {error.message}", markup=False, soft_wrap=True)
        out.print(f"    {error.hint}", markup=False, soft_wrap=True, style="dim")
    missing = []
    if file.resolve() == SHIPPED / "eval" / "questions.jsonl":
        missing = [*shortages(entries)]
        out.print("\n".join(missing), markup=False, end="\n" if missing else "")
    questions = sum(len(entry.questions) for entry in entries)
    if errors or missing:
        err.print(f"{len(errors) + len(missing)} to put right")
        raise typer.Exit(1)
    if not questions:
        raise InvalidData(f"{file} holds no questions", "Begin one with `pincite eval init`.")
    out.print(f"{file}: nothing wrong; questions: {questions}", markup=False, soft_wrap=True)


def _write_new(file: Path, text: str) -> None:
    """Write a file that was not there: whole, or not at all.

    Raises:
        InvalidData: it is there, or can't be written.
    """
    from pincite.index.manifest import sync_folder, write_durably

    staged = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        write_durably(staged, text.encode("utf-8"))
        try:
            os.link(staged, file)  # unlike a replacement, it fails where there is one
        finally:
            staged.unlink()
        sync_folder(file.parent)
    except FileExistsError as error:
        raise _taken(file) from error
    except OSError as error:
        raise InvalidData(
            f"can't write {file}: {error.strerror}", "Give a file in a folder that is there."
        ) from error


def _taken(file: Path) -> InvalidData:
    return InvalidData(f"{file} is there already", "Give another name, or move it away first.")
