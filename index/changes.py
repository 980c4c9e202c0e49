"""Change a collection's documents: add files, remove documents, keep in step with a folder.

Each change is one transaction: done whole and on the disk once the function returns, or not at
all. The index is brought up to date with it afterwards, by `pincite.index.update`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from pincite.errors import (
    ArticleNotFound,
    CollectionTaken,
    CorpusError,
    IndexBusy,
    StorageFailed,
    Unreadable,
)
from pincite.index.change import Change, Changed
from pincite.index.collection import Collection
from pincite.index.corpus import METADATA, read_metadata
from pincite.index.documents import Documents
from pincite.index.formats.contents import Limits, Notice, unmatched
from pincite.index.intake import READING, Given, Taken, bytes_of, files_of, take
from pincite.index.known import Metadata
from pincite.index.workers import mapped
from pincite.settings import Settings

__all__ = ["Changed", "add", "read_again", "remove", "sync"]

_ALONE = 2_000_000  # bytes; no more is read here before a worker has started
_AT_ONCE = 200_000  # bytes given to a worker together

Read = Callable[[int, int], None]
"""Called with how many files were read and how many there are."""


def add(
    collection: Collection,
    files: Iterable[Given],
    settings: Settings,
    read: Callable[[Given], Taken] | None = None,
) -> Changed:
    """Add files, or replace what was added earlier under their names.

    Args:
        read: reads a file; by itself `pincite.index.intake.take`.

    Raises:
        IndexBusy, StorageFailed, DocumentsDamaged: see `Documents`; nothing was changed.
    """
    with collection.documents() as documents:
        limits = Limits.of(settings)
        with documents.changing():
            change = Change(documents, limits, in_folder=False)
            for given in files:
                shown = _shown(given.name)
                if shown != given.name:
                    change.note(shown, Notice(shown, "its name is not UTF-8"))
                    continue
                original = documents.originals.put(given.data)
                if change.is_known(given.name, original, given.known):
                    change.leave(given.name)
                else:
                    taken = read(given) if read is not None else take(given, limits)
                    change.take(given.name, original, given.known, taken)
            forgotten = documents.forget(settings.keep_versions_days)
        _clear(collection, documents, bool(forgotten or change.changed.notices))
    return change.changed


def remove(
    collection: Collection, ids: Sequence[str], settings: Settings, *, forget: bool = False
) -> Changed:
    """Remove documents. One that came from the folder comes back when that is next synced.

    Args:
        forget: their earlier versions and originals go too, and answers that cite them can't be
            verified any more.

    Raises:
        ArticleNotFound: there is no document of an id; then none was removed.
        IndexBusy, StorageFailed, DocumentsDamaged: see `Documents`; nothing was changed.
    """
    with collection.documents() as documents:
        with documents.changing():
            change = Change(documents, Limits.of(settings), in_folder=False)
            for id_ in dict.fromkeys(ids):
                if not change.remove(id_) and not (forget and documents.versions(id_)):
                    raise ArticleNotFound(
                        f"no article {id_!r}", "`pincite articles` lists those that there are."
                    )
            forgotten = documents.forget(settings.keep_versions_days, ids if forget else ())
        _clear(collection, documents, bool(forgotten))
    return change.changed


def sync(
    collection: Collection,
    folder: Path,
    settings: Settings,
    *,
    replace_folder: bool = False,
    read: Read | None = None,
) -> Changed:
    """Make what the collection has from its folder what the folder holds.

    Documents that were added by themselves stay. A file that can't be read any more
    keeps the documents that were read of it earlier.

    Args:
        replace_folder: also if the collection was made of another folder.

    Raises:
        CorpusError: there is no such folder, or nothing in it can be read.
        CollectionTaken: the collection was made of another folder.
        IndexBusy, StorageFailed, DocumentsDamaged: see `Documents`. Nothing was changed.
    """
    metadata = read_metadata(folder)
    listed = files_of(folder)
    place = str(folder.resolve())
    with collection.documents() as documents:
        _check_folder(documents.folder, place, collection.name, replace_folder)
        with documents.changing():
            change = Change(documents, Limits.of(settings), in_folder=True)
            # Of another folder, nothing stays: not even under the same name.
            if documents.folder in (None, place):
                below = tuple(f"{one.name}/" for one in listed.unlisted)
                change.remove_but({name for name, _ in listed.files}, below)
            else:
                change.remove_but(())
            for one in listed.unlisted:
                shown = _shown(one.name)
                change.note(shown, replace(one, name=shown))
            names = [name for name, _ in listed.files]
            change.note(METADATA, *unmatched(METADATA, metadata.articles, names))
            documents.set_folder(place, metadata.examples)
            _take_all(change, documents, listed.files, folder, metadata.articles, settings, read)
            notices = tuple(documents.notices(in_folder=True))
            if not change.readable:
                why = f": {notices[0]}" if notices else ""
                more = f" and {len(notices) - 1} more" if len(notices) > 1 else ""
                raise CorpusError(
                    f"no article in {folder} has a paragraph to index{why}{more}",
                    "See that the files hold text; docs/formats.md says which are read.",
                )
            forgotten = documents.forget(settings.keep_versions_days)
        _clear(collection, documents, bool(forgotten or change.changed.notices))
    return replace(change.changed, notices=notices)


def read_again(collection: Collection, settings: Settings) -> bool:
    """Read what another version of the reading has read once more. Whether there was any."""
    with collection.documents() as documents:
        if not any(documents.sources_read_otherwise(READING, in_folder=f) for f in (True, False)):
            return False
        with documents.changing():
            _read_again(documents, Limits.of(settings))
    return True


def _read_again(documents: Documents, limits: Limits) -> None:
    for in_folder in (True, False):
        change = Change(documents, limits, in_folder=in_folder)
        for name, source in documents.sources_read_otherwise(READING, in_folder=in_folder):
            known = Metadata.model_validate_json(source.known)
            given = Given(name, documents.originals.read(source.original), known)
            change.take(name, source.original, known, take(given, limits))


def _take_all(
    change: Change,
    documents: Documents,
    files: Sequence[tuple[str, Path]],
    folder: Path,
    known: dict[str, Metadata],
    settings: Settings,
    read: Read | None,
) -> None:
    originals: list[str] = []
    limits = Limits.of(settings)

    def changed() -> Iterator[Given]:
        for n, (name, path) in enumerate(files, start=1):
            if read:
                read(n, len(files))
            try:
                data = bytes_of(folder, name, path, limits)
            except Unreadable as error:
                shown = _shown(name)
                change.miss(shown, "", Notice(shown, error.message))
                continue
            given = Given(name, data, known.get(name, Metadata()))
            original = documents.originals.put(data)
            if change.is_known(name, original, given.known):
                change.readable += 1
                change.leave(name)
                continue
            originals.append(original)
            yield given

    taken = mapped(
        functools.partial(_named, limits=limits),
        changed(),
        lambda given: len(given.data),
        alone=_ALONE,
        at_once=_AT_ONCE,
        workers=settings.threads,
    )
    for n, (name, metadata, of) in enumerate(taken):
        change.take(name, originals[n], metadata, of)


def _shown(name: str) -> str:
    """A file's name as it can be kept."""
    return name.encode("utf-8", "replace").decode()


def _named(given: Given, limits: Limits) -> tuple[str, Metadata, Taken]:
    return given.name, given.known, take(given, limits)


def _check_folder(before: str | None, now: str, name: str, replace_folder: bool) -> None:
    if before not in (None, now) and not replace_folder:
        raise CollectionTaken(
            f"the collection {name!r} was made of {before}",
            "Name another one with --collection, or say --replace.",
        )


def _clear(collection: Collection, documents: Documents, wanted: bool) -> None:
    """Let go of the originals that nothing stands in, where there may be some."""
    if wanted:
        # While a backup is made, or where they can't be removed, they stay for another time.
        with (
            suppress(IndexBusy, StorageFailed),
            collection.keeping_originals(),
            documents.changing(),
        ):
            documents.clear_originals()
