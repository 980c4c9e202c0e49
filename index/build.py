"""Build an index: corpus -> articles -> passages -> vectors and terms, and swap it in."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from index import manifest as m
from index.corpus import Corpus, scan
from index.encoder import Encoder
from index.passages import passages
from index.store import StoreWriter, is_readable
from index.tokens import encoding
from index.tokens import fingerprint as tokens_fingerprint
from index.vectors import write_vectors
from pincite.errors import CorpusError, IndexBusy, PinciteError
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
    are taken over. Killed at any moment, the index in use stays what it was.

    Args:
        corpus_folder: where the articles are; the setting if None.
        force: build even if up to date, and encode everything anew.

    Raises:
        CorpusError: an article can't be read.
        IndexBusy: another process is building this index.
        PinciteError: the index can't be written.
    """
    started = time.perf_counter()
    folder = corpus_folder or settings.corpus
    index = settings.index
    corpus = scan(folder)
    recipe = recipe_of(settings, encoder, corpus)
    try:
        index.mkdir(parents=True, exist_ok=True)
        with FileLock(index / "lock", timeout=0):
            current = _whole_build(index)
            if current and current[1].recipe == recipe and not force:
                return Built(current[1], False, 0, time.perf_counter() - started)
            earlier = None if force else _reusable(current, recipe)
            manifest, encoded = _stage_and_swap(
                settings, encoder, corpus, recipe, earlier, progress or _silent
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
        code=m.code_fingerprint(),
        corpus=corpus.digest,
        encoder=encoder.fingerprint,
        tokenizer=tokens_fingerprint(settings.tokenizer),
        passage_tokens=settings.passage_tokens,
        overlap_tokens=settings.overlap_tokens,
    )


def _stage_and_swap(
    settings: Settings,
    encoder: Encoder,
    corpus: Corpus,
    recipe: m.Recipe,
    earlier: Path | None,
    progress: Progress,
) -> tuple[m.Manifest, int]:
    index = settings.index
    staged = index / "staged"
    shutil.rmtree(staged, ignore_errors=True)  # what a killed build left; the lock is ours
    staged.mkdir()
    tokenizer = encoding(settings.tokenizer)

    def count(text: str) -> int:
        return len(tokenizer.encode_ordinary(text))

    with StoreWriter(staged / m.STORE) as store:
        for n, article in enumerate(corpus.articles(), start=1):
            cut = passages(article, count, settings.passage_tokens, settings.overlap_tokens)
            store.add(article, cut)
            progress("reading articles", n, max(n, len(corpus.files)))
        if store.counts.passages == 0:
            raise CorpusError(
                f"no article in {corpus.folder} has a paragraph to index",
                "See that the files hold text.",
            )
        store.add_examples(corpus.examples())
        if earlier:
            store.reuse(earlier)
        encoded = _encode(store, encoder, progress)
        _, dimension = write_vectors(staged / m.VECTORS, store.vectors())
        counts = store.counts
    files = {name: m.file_entry(staged / name) for name in (m.STORE, m.VECTORS)}
    manifest = m.Manifest(recipe, str(corpus.folder), dimension, counts, files)
    manifest.write(staged)
    replaced = _current_or_none(index)
    build = m.swap_in(index, staged)
    # The build just replaced stays for the processes that still read it.
    for old in index.glob("build-*"):
        if old not in {build, replaced}:
            shutil.rmtree(old, ignore_errors=True)
    return manifest, encoded


def _encode(store: StoreWriter, encoder: Encoder, progress: Progress) -> int:
    total = store.count_missing()
    done = 0

    def report(n: int) -> None:
        nonlocal done
        done += n
        progress("encoding", done, total)

    for batch in store.missing(ENCODE_AT_ONCE):
        vectors = encoder.encode([text for _, text in batch], report)
        store.add_vectors([key for key, _ in batch], vectors)
    return total


def _whole_build(index: Path) -> tuple[Path, m.Manifest] | None:
    """The build in use if it is whole; None where there is none or it is damaged."""
    try:
        build = m.current_build(index)
        return build, m.read_manifest(build)
    except PinciteError:
        return None  # whatever is wrong with it, building anew mends it


def _reusable(current: tuple[Path, m.Manifest] | None, recipe: m.Recipe) -> Path | None:
    if current is None or current[1].recipe.encoder != recipe.encoder:
        return None
    store = current[0] / m.STORE
    return store if is_readable(store) else None


def _current_or_none(index: Path) -> Path | None:
    try:
        return m.current_build(index)
    except PinciteError:
        return None


def _silent(stage: str, done: int, total: int) -> None:
    pass
