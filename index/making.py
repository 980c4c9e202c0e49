"""Make a segment: documents -> passages -> vectors and terms, whole on the disk before it is named.

A process killed on the way leaves nothing but the vectors that it had made, which the next
segment takes over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from pincite.index import manifest as m
from pincite.index import staged, unchanged
from pincite.index.contents import Part
from pincite.index.cutting import cut_all
from pincite.index.documents import Documents
from pincite.index.encoder import Encoder
from pincite.index.store_writer import StoreWriter
from pincite.index.vectors import kind_for, write_vectors
from pincite.settings import Settings

ENCODE_AT_ONCE = 512  # texts whose vectors are committed together

# Called with the stage's name, what of it is done, and how much it is in all.
Progress = Callable[[str, int, int], None]


class Maker:
    """Makes the segments of one collection.

    Args:
        sources: stores whose vectors may be taken over.

    Attributes:
        encoded: texts that were encoded so far; the others' vectors were taken over.
    """

    def __init__(
        self,
        collection: Path,
        recipe: m.Recipe,
        settings: Settings,
        encoder: Encoder,
        sources: Sequence[Path],
        progress: Progress,
    ) -> None:
        self._collection = collection
        self._recipe = recipe
        self._settings = settings
        self._encoder = encoder
        self._sources = sources
        self._progress = progress
        self.encoded = 0

    def make(self, documents: Documents, numbers: Sequence[int]) -> Part:
        """A new segment of some documents, on the disk, which no list names yet.

        Args:
            numbers: of the documents, rising; at least one.
        """
        folder = staged.begin(self._collection, self._encoder.fingerprint)
        with StoreWriter(folder / m.STORE) as store:
            self._cut(store, documents, numbers)
            for source in self._sources:
                if not store.count_missing():
                    break
                store.reuse(source)
            self._encode(store)
            total = store.counts.passages
            kind = kind_for(self._settings.vector_index, total)
            report = _adding_up("arranging vectors", total, self._progress)
            dimension = write_vectors(folder / m.VECTORS, store.vectors, total, kind, report)
            counts = store.counts
        stamps = {name: unchanged.stamp(folder / name) for name in m.FILES}
        files = {name: m.file_entry(folder / name) for name in m.FILES}
        unchanged.note(folder, stamps)
        m.Manifest(self._recipe, m.ranges(numbers), dimension, kind, counts, files).write(folder)
        return Part(m.finish(folder).name, (), counts)

    def _cut(self, store: StoreWriter, documents: Documents, numbers: Sequence[int]) -> None:
        articles = (article for _, article in documents.articles(numbers))
        cut = cut_all(articles, self._settings)
        for n, (number, one) in enumerate(zip(numbers, cut, strict=True), start=1):
            store.add_cut(one, number)
            self._progress("cutting articles", n, len(numbers))

    def _encode(self, store: StoreWriter) -> None:
        total = store.count_missing()
        report = _adding_up("encoding", total, self._progress)
        for batch in store.missing(ENCODE_AT_ONCE):
            vectors = self._encoder.encode([text for _, text in batch], report)
            store.add_vectors([id_ for id_, _ in batch], vectors)
        self.encoded += total


def _adding_up(stage: str, total: int, progress: Progress) -> Callable[[int], None]:
    """Reports a stage of which it is told what was just done."""
    done = 0

    def report(n: int) -> None:
        nonlocal done
        done += n
        progress(stage, done, total)

    return report
