"""Bring the index of a collection up to date with its documents, at the cost of what changed.

Segments that are whole stay; those of their documents that went are noted as gone; what no whole
segment holds goes into new ones; and one new list takes the place of the old (`index/contents.py`).
Whatever is missing, stale or damaged is thereby made anew from the documents. Killed at any
moment, the list in use stays what it was.
"""

from __future__ import annotations

import bisect
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from pincite.errors import PinciteError, StorageFailed
from pincite.index import contents as c
from pincite.index import manifest as m
from pincite.index import staged
from pincite.index.changes import read_again
from pincite.index.collection import Collection
from pincite.index.documents import Documents
from pincite.index.encoder import Encoder
from pincite.index.held import remove_unheld
from pincite.index.making import Maker, Progress
from pincite.index.schema import read_only_uri
from pincite.index.tokens import fingerprint as tokens_fingerprint
from pincite.settings import Settings

MANY = 8  # segments that are made one


@dataclass(frozen=True, slots=True)
class Updated:
    """What was done to an index.

    Attributes:
        changed: False if it was up to date and whole, and nothing was done.
        encoded: texts that were encoded; the others' vectors were taken over.
        damaged: what was wrong with the index and is mended, a line each.
        seconds: wall-clock time.
    """

    contents: c.Contents
    changed: bool
    encoded: int
    damaged: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class _Whole:
    """A segment of the list in use that is as it was written.

    Attributes:
        documents: the numbers of those that it was made of, rising.
    """

    part: c.Part
    documents: tuple[int, ...]
    passages: int


def recipe_of(settings: Settings, encoder: Encoder) -> m.Recipe:
    """How a segment is made under these settings."""
    return m.Recipe(
        format=m.FORMAT,
        version=m.RECIPE,
        encoder=encoder.fingerprint,
        tokenizer=tokens_fingerprint(settings.tokenizer),
        passage_tokens=settings.passage_tokens,
        vector_index=settings.vector_index,
    )


def update(
    collection: Collection,
    settings: Settings,
    encoder: Encoder,
    *,
    force: bool = False,
    every_byte: bool = False,
    wait_s: float = 0,
    progress: Progress | None = None,
    others: Sequence[Path] = (),
) -> Updated:
    """Bring the index up to date with the documents.

    Args:
        force: make all of it anew, and encode everything.
        every_byte: look at every byte of the segments, also where they look untouched.
        wait_s: for another process to be done with the index.
        others: stores of other collections, whose vectors may be taken over, too.

    Raises:
        IndexBusy: another process is changing it.
        StorageFailed: it can't be written. The index in use stays what it was.
        DocumentsDamaged: a document is not whole.
    """
    began = time.perf_counter()
    report = progress or _silent
    read_again(collection, settings)
    with _changing(collection, wait_s) as documents:
        recipe = recipe_of(settings, encoder)
        used, damaged = _used(collection, recipe)
        whole: list[_Whole] = []
        if used is not None and not force:
            whole, more = _whole(collection.folder, used, recipe, every_byte=every_byte)
            damaged += more
        present = documents.numbers()
        kept = _without_gone(collection.folder, whole, set(present))
        missing = _missing(kept, present)
        wanted = c.Contents(
            *(collection.key, recipe, documents.revision),
            tuple(one.part for one in kept),
            documents.examples,
        )
        if not missing and used is not None and replace(used, made=0) == wanted and not force:
            _clear(collection.folder, used)
            return Updated(used, False, 0, (), time.perf_counter() - began)
        sources = [] if force else [*_sources(collection.folder, recipe.encoder, whole), *others]
        maker = Maker(collection.folder, recipe, settings, encoder, sources, report)
        made = [(numbers[0], maker.make(documents, numbers)) for numbers in missing]
        placed = sorted([*((one.documents[0], one.part) for one in kept), *made], key=_first)
        written = _swap_in(collection, replace(wanted, parts=tuple(part for _, part in placed)))
    return Updated(written, True, maker.encoded, tuple(damaged), time.perf_counter() - began)


def merge(
    collection: Collection,
    settings: Settings,
    encoder: Encoder,
    *,
    wait_s: float = 0,
    progress: Progress | None = None,
) -> int:
    """Make many small segments one, and those small again of which most is gone.

    Returns:
        How many segments were made.

    Raises:
        As `update` does; and whatever is wrong with an index in use, which `update` mends.
    """
    made = 0
    with _changing(collection, wait_s) as documents:
        recipe = recipe_of(settings, encoder)
        while True:
            _, used = c.read(collection.folder)
            if used.revision != documents.revision:
                return made  # of documents that it names, some may be forgotten: `update` is due
            whole, damaged = _whole(collection.folder, used, recipe, every_byte=False)
            span = to_merge([(one.part.counts.passages, one.passages) for one in whole])
            if damaged or span is None:
                return made
            gone = {number for one in whole for number in m.numbers_of(one.part.gone)}
            some = whole[span]
            numbers = [n for one in some for n in one.documents if n not in gone]
            sources = [collection.folder / one.part.segment / m.STORE for one in some]
            maker = Maker(
                collection.folder, recipe, settings, encoder, sources, progress or _silent
            )
            parts = list(used.parts)
            parts[span] = [maker.make(documents, numbers)]
            _swap_in(collection, replace(used, parts=tuple(parts)))
            made += 1


def to_merge(passages: Sequence[tuple[int, int]]) -> slice | None:
    """Which neighbours are to be made one, if any.

    One of which more than half is gone; else as many of the last as there are from one on
    that is no larger than all after it, if they are `MANY` or more. So a passage
    is written again only when what it stands with has about doubled, and of n passages
    there are about log2(n) + `MANY` segments at most.

    Args:
        passages: of each segment, those that are still there, and all.
    """
    for n, (alive, all_) in enumerate(passages):
        if 2 * alive < all_:
            return slice(n, n + 1)
    after = sum(alive for alive, _ in passages)
    for n, (alive, _) in enumerate(passages):
        after -= alive
        if len(passages) - n < MANY:
            return None
        if alive <= after:
            return slice(n, len(passages))
    return None


@contextmanager
def _changing(collection: Collection, wait_s: float) -> Iterator[Documents]:
    """The documents as they are at one moment, and nobody else at the index."""
    try:
        with (
            collection.locked(wait_s),
            collection.documents() as documents,
            documents.unchanging(),
        ):
            yield documents
    except (OSError, sqlite3.OperationalError) as error:
        raise StorageFailed(
            f"the index can't be written: {error}",
            "See that the disk has room and the folder may be written.",
        ) from error


def _used(collection: Collection, recipe: m.Recipe) -> tuple[c.Contents | None, list[str]]:
    """The list in use, if its segments are of use; and what is wrong with it."""
    try:
        _, used = c.read(collection.folder)
    except PinciteError as error:
        missing = not (collection.folder / c.CURRENT).exists()
        return None, [] if missing else [error.message]
    if used.collection != collection.key:
        return None, ["the index is another collection's"]
    return (used if used.recipe == recipe else None), []


def _whole(
    collection: Path, used: c.Contents, recipe: m.Recipe, *, every_byte: bool
) -> tuple[list[_Whole], list[str]]:
    """The segments of a list that are as they were written, and what is wrong with others."""
    whole, damaged = [], []
    for part in used.parts:
        folder = collection / part.segment
        try:
            manifest = m.read_manifest(folder)
            m.check_files(folder, manifest, every_byte=every_byte)
        except PinciteError as error:
            damaged.append(error.message)
            continue
        if manifest.recipe == recipe:
            numbers = tuple(m.numbers_of(manifest.documents))
            whole.append(_Whole(part, numbers, manifest.counts.passages))
    return whole, damaged


def _without_gone(collection: Path, whole: Sequence[_Whole], present: set[int]) -> list[_Whole]:
    """The segments of which something is still there, what is not noted as gone."""
    kept = []
    for one in whole:
        gone = m.ranges(number for number in one.documents if number not in present)
        if gone != one.part.gone:
            alive = [number for number in one.documents if number in present]
            if not alive:
                continue
            counts = _counts(collection / one.part.segment / m.STORE, alive)
            one = replace(one, part=replace(one.part, gone=gone, counts=counts))
        kept.append(one)
    return kept


def _counts(store: Path, alive: Sequence[int]) -> m.Counts:
    db = sqlite3.connect(read_only_uri(store), uri=True)
    try:
        rows = {
            number: (paragraphs, passages)
            for number, paragraphs, passages in db.execute(
                "SELECT number, paragraphs, passages FROM article"
            )
        }
    finally:
        db.close()
    return m.Counts(len(alive), sum(rows[n][0] for n in alive), sum(rows[n][1] for n in alive))


def _missing(kept: Sequence[_Whole], present: Sequence[int]) -> list[list[int]]:
    """The documents that no segment holds, those between the same two segments together."""
    held = {number for one in kept for number in one.documents}
    firsts = [one.documents[0] for one in kept]
    groups: dict[int, list[int]] = {}
    for number in present:
        if number not in held:
            groups.setdefault(bisect.bisect(firsts, number), []).append(number)
    return list(groups.values())


def _sources(collection: Path, encoder: str, whole: Sequence[_Whole]) -> list[Path]:
    """The stores that hold vectors of this encoder: half-made ones, those in use, left ones."""
    used = {one.part.segment for one in whole}
    others = [path for path in sorted(collection.glob("segment-*")) if path.name not in used]
    return [
        *staged.left(collection, encoder),
        *(collection / one.part.segment / m.STORE for one in reversed(whole)),
        *(store for other in others if (store := m.store_of_vectors(other, encoder))),
    ]


def _swap_in(collection: Collection, contents: c.Contents) -> c.Contents:
    written = c.write(collection.folder, contents)
    _clear(collection.folder, written)
    return written


def _clear(collection: Path, used: c.Contents) -> None:
    """Remove what killed processes left and what no list names and nobody reads any more."""
    staged.clear(collection)
    remove_unheld(collection, {part.segment for part in used.parts})


def _first(placed: tuple[int, c.Part]) -> int:
    return placed[0]


def _silent(stage: str, done: int, total: int) -> None:
    pass
