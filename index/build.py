"""Build an index: corpus -> articles -> passages -> vectors and terms, and swap it in."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from pincite.errors import CorpusError, IndexBusy, PinciteError
from pincite.index import manifest as m
from pincite.index import staged, unchanged
from pincite.index.corpus import Corpus, scan
from pincite.index.cutting import cut_all
from pincite.index.encoder import Encoder
from pincite.index.formats.contents import Limits, Notice
from pincite.index.store_writer import StoreWriter
from pincite.index.tokens import fingerprint as tokens_fingerprint
from pincite.index.vectors import Kind, kind_for, write_vectors
from pincite.settings import Settings

ENCODE_AT_ONCE = 512  # texts whose vectors are committed together

# Called with the stage's name, what of it is done, and how much it is in all.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Built:
    """What a build did.

    Attributes:
        changed: False if the index was up to date and nothing was done.
        encoded: texts that were encoded; the others' vectors were taken over.
        seconds: wall-clock time.
    """

    manifest: m.Manifest
    changed: bool
    encoded: int
    seconds: float


def build(
    settings: Settings,
    encoder: Encoder,
    corpus_folder: Path | None = None,
    *,
    force: bool = False,
    progress: Progress | None = None,
) -> Built:
    """Bring the index up to date with the corpus.

    An index that is up to date and whole is left alone. Otherwise a new one is
    staged beside it and swapped in; vectors of texts that have not changed
    are taken over, from the index in use and from builds that were killed.
    Killed at any moment, the index in use stays what it was.

    Args:
        corpus_folder: where the articles are; the setting if None.
        force: build even if up to date, and encode everything anew.

    Raises:
        CorpusError: no article can be read, or the metadata can't.
        IndexBusy: another process is building this index.
        PinciteError: the index can't be written.
    """
    started = time.perf_counter()
    folder = corpus_folder or settings.corpus
    index = settings.index
    corpus = scan(folder, Limits.of(settings))
    recipe = recipe_of(settings, encoder, corpus)
    try:
        index.mkdir(parents=True, exist_ok=True)
        with FileLock(index / "lock", timeout=0):
            current = _whole_build(index)
            if current and current[1].recipe == recipe and not force:
                staged.clear(index)
                return Built(current[1], False, 0, time.perf_counter() - started)
            sources = [] if force else _sources(index, current, recipe.encoder)
            manifest, encoded = _stage_and_swap(
                settings, encoder, corpus, recipe, sources, progress or _silent
            )
            return Built(manifest, True, encoded, time.perf_counter() - started)
    except Timeout as error:
        raise IndexBusy(
            f"another process is building the index in {index}",
            "Wait until it is done, or set PINCITE_INDEX to another folder.",
        ) from error
    except (OSError, sqlite3.OperationalError) as error:
        raise PinciteError(
            f"the index can't be written: {error}",
            "See that the disk has room and the folder may be written.",
        ) from error


def recipe_of(settings: Settings, encoder: Encoder, corpus: Corpus) -> m.Recipe:
    """What an index of this corpus under these settings is made from."""
    return m.Recipe(
        format=m.FORMAT,
        version=m.RECIPE,
        corpus=corpus.digest,
        encoder=encoder.fingerprint,
        tokenizer=tokens_fingerprint(settings.tokenizer),
        passage_tokens=settings.passage_tokens,
        vector_index=settings.vector_index,
    )


def _stage_and_swap(
    settings: Settings,
    encoder: Encoder,
    corpus: Corpus,
    recipe: m.Recipe,
    sources: list[Path],
    progress: Progress,
) -> tuple[m.Manifest, int]:
    index = settings.index
    folder = staged.begin(index, encoder.fingerprint)
    notices: list[Notice] = []
    with StoreWriter(folder / m.STORE) as store:
        for n, cut in enumerate(cut_all(corpus, settings, notices), start=1):
            store.add_cut(cut)
            progress("reading articles", n, max(n, len(corpus.files)))
        if store.counts.passages == 0:
            why = f": {notices[0]}" if notices else ""
            more = f" and {len(notices) - 1} more" if len(notices) > 1 else ""
            raise CorpusError(
                f"no article in {corpus.folder} has a paragraph to index{why}{more}",
                "See that the files hold text; docs/formats.md says which are read.",
            )
        store.add_examples(corpus.examples())
        for source in sources:
            store.reuse(source)
        staged.clear(index, but=folder)  # their vectors are on the disk here now
        encoded = _encode(store, encoder, progress)
        kind = kind_for(settings.vector_index, store.counts.passages)
        dimension = _write_vectors(folder / m.VECTORS, store, kind, progress)
        counts = store.counts
    manifest = _manifest(folder, recipe, corpus, dimension, kind, counts, notices)
    replaced = _current_or_none(index)
    build = m.swap_in(index, folder)
    # The build just replaced stays for the processes that still read it.
    for old in index.glob("build-*"):
        if old not in {build, replaced}:
            shutil.rmtree(old, ignore_errors=True)
    return manifest, encoded


def _manifest(
    folder: Path,
    recipe: m.Recipe,
    corpus: Corpus,
    dimension: int,
    kind: Kind,
    counts: m.Counts,
    notices: list[Notice],
) -> m.Manifest:
    """Hash the staged files and write their manifest."""
    stamps = {name: unchanged.stamp(folder / name) for name in m.FILES}
    files = {name: m.file_entry(folder / name) for name in m.FILES}
    unchanged.note(folder, stamps)
    manifest = m.Manifest(
        recipe, str(corpus.folder), dimension, kind, counts, files, tuple(notices)
    )
    manifest.write(folder)
    return manifest


def _encode(store: StoreWriter, encoder: Encoder, progress: Progress) -> int:
    total = store.count_missing()
    report = _adding_up("encoding", total, progress)
    for batch in store.missing(ENCODE_AT_ONCE):
        vectors = encoder.encode([text for _, text in batch], report)
        store.add_vectors([id_ for id_, _ in batch], vectors)
    return total


def _write_vectors(path: Path, store: StoreWriter, kind: Kind, progress: Progress) -> int:
    total = store.counts.passages
    report = _adding_up("arranging vectors", total, progress)
    return write_vectors(path, store.vectors, total, kind, report)


def _adding_up(stage: str, total: int, progress: Progress) -> Callable[[int], None]:
    """Reports a stage of which it is told what was just done."""
    done = 0

    def report(n: int) -> None:
        nonlocal done
        done += n
        progress(stage, done, total)

    return report


def _whole_build(index: Path) -> tuple[Path, m.Manifest] | None:
    """The build in use if it is whole; None where there is none or it is damaged."""
    try:
        build = m.current_build(index)
        return build, m.read_manifest(build, every_byte=True)
    except PinciteError:
        return None  # whatever is wrong with it, building anew mends it


def _sources(index: Path, whole: tuple[Path, m.Manifest] | None, encoder: str) -> list[Path]:
    """The stores that hold vectors of this encoder: of killed builds, and of the one in use."""
    sources = staged.left(index, encoder)
    used = _current_or_none(index)
    # Killed between its last two steps, a build is whole, and was never in use.
    others = [build for build in index.glob("build-*") if m.is_later(build, used)]
    if whole and whole[1].recipe.encoder == encoder:
        sources.append(whole[0] / m.STORE)
    elif used and not whole:
        others.append(used)
    return sources + [store for b in others if (store := m.store_of_vectors(b, encoder))]


def _current_or_none(index: Path) -> Path | None:
    try:
        return m.current_build(index)
    except PinciteError:
        return None


def _silent(stage: str, done: int, total: int) -> None:
    pass
