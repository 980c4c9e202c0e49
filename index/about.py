"""What there is of collections, and whether what is kept of them is whole."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pincite.errors import DocumentsDamaged, IndexDamaged, IndexStale, PinciteError
from pincite.index import contents as c
from pincite.index import manifest as m
from pincite.index.collection import Collection, collection_names, open_collection
from pincite.index.documents import Documents
from pincite.index.versions import Skipped

READY = "ready"
STALE = "stale"


@dataclass(frozen=True, slots=True)
class About:
    """A collection as a list shows it.

    Attributes:
        articles: how many documents are present.
        folder: that it is kept in step with, if there is one.
        skipped: what could not be taken when it was last tried.
        state: of the index: "ready", "stale" where documents wait to be indexed, or what is wrong.
    """

    name: str
    articles: int
    folder: str | None
    skipped: tuple[Skipped, ...]
    state: str

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON-ready values."""
        return asdict(self)


def about(collection: Collection) -> About:
    """What there is of a collection.

    Raises:
        DocumentsDamaged, DocumentsNewer: its documents can't be read.
    """
    with collection.documents() as documents:
        try:
            _, used = c.read(collection.folder)
            state = READY if used.revision == documents.revision else STALE
        except PinciteError as error:
            state = error.message
        return About(
            collection.name,
            len(documents.numbers()),
            documents.folder,
            tuple(documents.skipped()),
            state,
        )


def about_all(index: Path) -> list[About]:
    """What there is of each collection; of one that can't be read, what is wrong with it."""
    found = []
    for name in collection_names(index):
        try:
            found.append(about(open_collection(index, name)))
        except PinciteError as error:
            found.append(About(name, 0, None, (), error.message))
    return found


def state_of(index: Path, name: str) -> str:
    """How a collection's index is, told by the sizes of its files: no byte of them is read.

    Returns:
        `READY`; `STALE` where documents wait to be indexed; else the type of what is wrong,
        as "index_damaged".
    """
    try:
        collection = open_collection(index, name)
        with collection.documents() as documents:
            return READY if _revision_in_use(collection) == documents.revision else STALE
    except PinciteError as error:
        return error.type


def _revision_in_use(collection: Collection) -> int:
    """The revision of the documents that a whole list of segments was written for."""
    while True:
        build, used = c.read(collection.folder)
        try:
            if used.collection != collection.key:
                raise IndexDamaged("the index is another collection's", m.MEND)
            if used.recipe.version != m.RECIPE:
                raise IndexStale("the index was built by another version of Pincite", m.MEND)
            for part in used.parts:
                m.check_sizes(collection.folder / part.segment)
            return used.revision
        except PinciteError:
            if c.read(collection.folder)[0] == build:  # else they were removed for a new list
                raise


def check(collection: Collection) -> list[str]:
    """What is not whole in a collection, a line each: documents, originals, index."""
    with collection.documents() as documents, documents.unchanging():
        wrong = check_documents(documents)
        revision, present = documents.revision, documents.numbers()
    return wrong + _check_index(collection, revision, set(present))


def check_documents(documents: Documents) -> list[str]:
    """What is not whole of a collection's documents and originals, a line each."""
    wrong = documents.faults()
    if not wrong:
        for number in documents.all_numbers():
            try:
                next(documents.articles([number]))
            except DocumentsDamaged as error:
                wrong.append(error.message)
        for digest in sorted(documents.all_originals()):
            try:
                documents.originals.read(digest)
            except DocumentsDamaged as error:
                wrong.append(error.message)
    return wrong


def _check_index(collection: Collection, revision: int, present: set[int]) -> list[str]:
    try:
        _, used = c.read(collection.folder)
        indexed: set[int] = set()
        for part in used.parts:
            folder = collection.folder / part.segment
            manifest = m.read_manifest(folder)
            m.check_files(folder, manifest, every_byte=True)
            indexed |= set(m.numbers_of(manifest.documents)) - set(m.numbers_of(part.gone))
    except PinciteError as error:
        return [error.message]
    if used.collection != collection.key:
        return ["the index is another collection's"]
    if used.revision != revision:
        return ["documents wait to be indexed"]
    return [] if indexed == present else ["the index holds other documents than there are"]
