"""Index a folder: bring a collection's documents in step with it, and its index with them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from pincite.errors import CollectionNotFound, IndexMissing
from pincite.index.changes import Changed, sync
from pincite.index.collection import DEFAULT, make_collection, open_collection
from pincite.index.contents import Contents
from pincite.index.encoder import Encoder
from pincite.index.intake import check_folder
from pincite.index.making import Progress
from pincite.index.update import Updated, merge, update
from pincite.settings import Settings

_WAIT_S = 600.0  # for a service that has noticed the change, and is at it already


@dataclass(frozen=True, slots=True)
class Built:
    """What a build did.

    Attributes:
        documents: how the folder had changed.
        index: what was done to the index for it.
        seconds: wall-clock time.
    """

    documents: Changed
    index: Updated
    seconds: float

    @property
    def manifest(self) -> Contents:
        """The list of segments in use; `manifest.counts` is how much is in them."""
        return self.index.contents

    @property
    def changed(self) -> bool:
        """False if all was up to date, and nothing was done."""
        return self.index.changed

    @property
    def encoded(self) -> int:
        """Texts that were encoded; the others' vectors were taken over."""
        return self.index.encoded


def build(
    settings: Settings,
    encoder: Encoder,
    corpus_folder: Path | None = None,
    *,
    collection: str = DEFAULT,
    force: bool = False,
    replace: bool = False,
    progress: Progress | None = None,
) -> Built:
    """Bring a collection and its index up to date with a folder.

    An index that is up to date and whole is left alone. Killed at any moment, the
    index in use stays what it was.

    Args:
        corpus_folder: where the articles are; if None, the setting where it was set, else the
            folder that the collection was made of, else the shipped articles.
        force: make the index anew even if it is up to date, and encode everything.
        replace: also if the collection was made of another folder.

    Raises:
        CorpusError: no article can be read.
        CollectionTaken: the collection was made of another folder.
        IndexBusy: another process is changing it.
        StorageFailed: it can't be written.
        DocumentsDamaged, DocumentsNewer: its documents can't be read.
    """
    began = time.perf_counter()
    folder = corpus_folder or _folder_of(settings, collection)
    check_folder(folder)  # before anything is made
    made = make_collection(settings.index, collection)
    with made.locked():  # no other's build goes on while the folder is read
        changed = sync(
            made,
            folder,
            settings,
            replace_folder=replace,
            read=lambda done, total: progress("reading files", done, total) if progress else None,
        )
    updated = update(
        made,
        settings,
        encoder,
        force=force,
        every_byte=True,
        wait_s=_WAIT_S,
        progress=progress,
    )
    merge(made, settings, encoder, wait_s=_WAIT_S, progress=progress)
    return Built(changed, updated, time.perf_counter() - began)


def _folder_of(settings: Settings, collection: str) -> Path:
    """The setting where it was set, else what the collection was made of, else the default."""
    if "corpus" in settings.model_fields_set:
        return settings.corpus
    try:
        with open_collection(settings.index, collection).documents() as documents:
            return settings.corpus if documents.folder is None else Path(documents.folder)
    except (IndexMissing, CollectionNotFound):
        return settings.corpus
