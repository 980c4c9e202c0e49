"""The commands that change a collection, keep it safe and look after it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from pincite.api import shown
from pincite.api.cli import CollectionName, IndexFolder, Json, err, out, print_json
from pincite.errors import CorpusError, InvalidRequest, Unreadable
from pincite.settings import Settings, load_settings

if TYPE_CHECKING:
    from pincite.index.changes import Changed
    from pincite.index.collection import Collection
    from pincite.index.formats.contents import Notice

Show = Callable[[str, int, int], None]

WAIT_S = 3600.0  # for another process to be done with the index
_SHOWN = 10  # skipped files named
_WRONG_EXIT = 1

Strict = Annotated[bool, typer.Option(help="end with exit code 1 if anything was skipped")]


def install(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (index, add, remove, sync, collections, verify, backup, restore):
        app.command()(command)


def index(
    corpus: Annotated[
        Path | None, typer.Argument(help="folder of the articles", show_default=False)
    ] = None,
    collection: CollectionName = "default",
    index: IndexFolder = None,
    force: Annotated[bool, typer.Option(help="build anew even if up to date")] = False,
    replace: Annotated[
        bool, typer.Option(help="also if the collection was made of another folder")
    ] = False,
    strict: Strict = False,
) -> None:
    """Index the documents of a folder; does nothing if the index is up to date."""
    from pincite.index.build import build
    from pincite.index.encoder import open_encoder

    settings = load_settings(index=index)
    with _bars() as show:
        built = build(
            settings,
            open_encoder(settings),
            corpus,
            collection=collection,
            force=force,
            replace=replace,
            progress=show,
        )
    counts = built.manifest.counts
    what = f"{counts.articles} articles, {counts.paragraphs} paragraphs, {counts.passages} passages"
    for line in built.index.damaged:
        err.print(f"mended: {escape(line)}", soft_wrap=True)
    if built.changed:
        out.print(f"indexed {what} ({built.encoded} encoded) in {built.seconds:.1f} s")
    else:
        out.print(f"up to date: {what}")
    _say_notices(built.documents.notices, strict)


def add(
    sources: Annotated[
        list[str], typer.Argument(help="files, folders of files, or addresses on the web")
    ],
    collection: CollectionName = "default",
    index: IndexFolder = None,
    strict: Strict = False,
) -> None:
    """Add files to a collection, or replace those that were added under the same names.

    What is at an address is fetched, once.
    """
    from pincite.api.fetching import fetch
    from pincite.index.changes import add as add_files
    from pincite.index.collection import make_collection
    from pincite.index.corpus import read_metadata
    from pincite.index.formats.contents import Limits, Notice
    from pincite.index.intake import Given, bytes_of, files_of
    from pincite.index.known import Metadata

    settings = load_settings(index=index)
    unread: list[Notice] = []
    # Before anything is changed: while a collection is, it waits for nothing from outside.
    fetched = {
        source: asyncio.run(fetch(source, settings)) for source in sources if "://" in source
    }

    places: dict[str, Path] = {}

    def files() -> Iterator[Given]:
        for source in sources:
            path = Path(source)
            if source in fetched:
                yield fetched[source]
                continue
            if path.is_dir():
                yield from files_in(path)
                continue
            try:
                data = path.read_bytes()
            except OSError as error:
                raise CorpusError(
                    f"{path} can't be read: {error.strerror}", "Nothing was added."
                ) from error
            yield Given(named(path.name, path), data, Metadata())

    def files_in(folder: Path) -> Iterator[Given]:
        known = read_metadata(folder).articles
        listed = files_of(folder)
        unread.extend(listed.unlisted)
        for name, path in listed.files:
            try:
                data = bytes_of(folder, name, path, Limits.of(settings))
            except Unreadable as error:
                unread.append(Notice(name, error.message))
            else:
                yield Given(named(name, path), data, known.get(name, Metadata()))

    def named(name: str, path: Path) -> str:
        other = places.setdefault(name, path)
        if other.resolve() != path.resolve():
            raise InvalidRequest(
                f"{other} and {path} would both be {name}; nothing was added",
                "Add the folder that both are in: then each is kept by its path there.",
            )
        return name

    into = make_collection(settings.index, collection)
    changed = add_files(into, files(), settings)
    _bring_up_to_date(into, settings)
    _say(changed)
    _say_notices((*unread, *changed.notices), strict)


def remove(
    ids: Annotated[list[str], typer.Argument(help="of the articles")],
    collection: CollectionName = "default",
    index: IndexFolder = None,
    forget: Annotated[
        bool, typer.Option(help="also their earlier versions and originals, for good")
    ] = False,
) -> None:
    """Remove articles. One of the collection's folder comes back when that is synced."""
    from pincite.index.changes import remove as remove_documents
    from pincite.index.collection import open_collection

    settings = load_settings(index=index)
    of = open_collection(settings.index, collection)
    changed = remove_documents(of, ids, settings, forget=forget)
    _bring_up_to_date(of, settings)
    _say(changed)


def sync(
    folder: Annotated[Path, typer.Argument(help="folder of the articles")],
    collection: CollectionName = "default",
    index: IndexFolder = None,
    replace: Annotated[
        bool, typer.Option(help="also if the collection was made of another folder")
    ] = False,
    strict: Strict = False,
) -> None:
    """Take over what was added, changed and removed in a folder."""
    from pincite.index.changes import sync as sync_folder
    from pincite.index.collection import make_collection
    from pincite.index.intake import check_folder

    settings = load_settings(index=index)
    check_folder(folder)
    into = make_collection(settings.index, collection)
    with into.locked(WAIT_S):
        changed = sync_folder(into, folder, settings, replace_folder=replace)
    _bring_up_to_date(into, settings)
    _say(changed)
    _say_notices(changed.notices, strict)


def collections(json_: Json = False, index: IndexFolder = None) -> None:
    """List the collections."""
    from pincite.index.about import about_all

    found = about_all(load_settings(index=index).index)
    if json_:
        print_json([one.to_dict() for one in found])
        return
    table = Table(box=None, header_style="bold")
    for heading in ("collection", "articles", "skipped", "index", "folder"):
        table.add_column(heading, overflow="fold")
    for one in found:
        row = (one.name, str(one.articles), str(len(one.skipped)), one.state, one.folder or "")
        table.add_row(*map(escape, row))
    out.print(table)


def verify(
    answer: Annotated[
        Path | None,
        typer.Argument(help="an answer's JSON; without it, the store itself", show_default=False),
    ] = None,
    collection: CollectionName = "default",
    index: IndexFolder = None,
    json_: Json = False,
) -> None:
    """Check an answer's quotes against the stored texts and originals. Exit code 1 if one fails."""
    from pincite.index.about import check
    from pincite.index.collection import open_collection
    from pincite.qa.verify import verify as verify_answer

    of = open_collection(load_settings(index=index).index, collection)
    if answer is None:
        faults = check(of)
        for line in faults:
            out.print(escape(line), soft_wrap=True)
        if faults:
            raise typer.Exit(_WRONG_EXIT)
        out.print("whole: every document, every earlier version and every original")
        return
    try:
        raw = json.loads(answer.read_bytes())
    except (OSError, ValueError) as error:
        raise InvalidRequest(
            f"{answer} is not an answer: {error}", "`pincite ask --json` writes one."
        ) from error
    with of.documents() as documents:
        checked = verify_answer(raw, documents)
    if json_:
        print_json([one.to_dict() for one in checked])
    else:
        for one in checked:
            out.print(f"[{one.number}] {one.article}: {one.said}", markup=False, soft_wrap=True)
    if not all(one.stands for one in checked):
        raise typer.Exit(_WRONG_EXIT)


def backup(
    file: Annotated[Path, typer.Argument(help="to write, as a .tar")],
    collection: CollectionName = "default",
    index: IndexFolder = None,
) -> None:
    """Write a collection's documents and originals into one file, while others use it."""
    from pincite.index.backup import write_backup
    from pincite.index.collection import open_collection

    originals = write_backup(open_collection(load_settings(index=index).index, collection), file)
    out.print(f"{file}: the documents of {collection} and {originals} originals", markup=False)


def restore(
    file: Annotated[Path, typer.Argument(help="that `pincite backup` wrote")],
    collection: CollectionName = "default",
    index: IndexFolder = None,
    replace: Annotated[bool, typer.Option(help="in the place of the present collection")] = False,
) -> None:
    """Bring a collection back as it was backed up, and index it."""
    from pincite.index.backup import read_backup

    settings = load_settings(index=index)
    restored = read_backup(settings.index, file, collection, replace=replace)
    _bring_up_to_date(restored, settings)
    out.print(f"{collection} is as it was backed up in {file}", markup=False)


def _bring_up_to_date(collection: Collection, settings: Settings) -> None:
    from pincite.index.encoder import open_encoder
    from pincite.index.update import merge, update

    encoder = open_encoder(settings)
    with _bars() as show:
        update(collection, settings, encoder, wait_s=WAIT_S, progress=show)
        merge(collection, settings, encoder, wait_s=WAIT_S, progress=show)


@contextmanager
def _bars() -> Iterator[Show]:
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    ) as bars:
        tasks: dict[str, TaskID] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield show


def _say(changed: Changed) -> None:
    for word, ids in (
        ("added", changed.added),
        ("replaced", changed.replaced),
        ("removed", changed.removed),
    ):
        if ids:
            out.print(f"{word} {len(ids)}: {', '.join(ids[:_SHOWN])}", markup=False)
    if not changed:
        out.print("nothing changed")


def _say_notices(given: Sequence[Notice], strict: bool) -> None:
    if shown.notices(err, given) and strict:
        raise typer.Exit(_WRONG_EXIT)
