"""Fill a segment: articles with their passages first, then the vectors of all texts.

The first part is written without a journal, for a build that is killed in it
leaves nothing worth keeping. Vectors are what a build costs most: each batch of
them is committed, and outlives the process.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, astuple
from pathlib import Path

from pincite.index import schema, wordings
from pincite.index.article import Article
from pincite.index.cutting import Cut, prepared
from pincite.index.encoder import Vectors
from pincite.index.manifest import Counts
from pincite.index.passages import Passage
from pincite.index.postings_writer import PostingsWriter
from pincite.index.schema import PASSAGE, SCHEMA, VECTOR, read_only_uri, terms_path, writable_uri
from pincite.index.vectors import BATCH

_CACHE_KIB = 65_536  # of the store's pages in memory
_LOG_PAGES = 16_384  # of the write-ahead log, before it is brought into the file

_MISSING = f"""
SELECT id, {PASSAGE} FROM encoded JOIN passage USING (id)
WHERE id > ? AND NOT EXISTS (SELECT 1 FROM embedding WHERE embedding.id = encoded.id)
ORDER BY id LIMIT ?
"""
_REUSE = """
INSERT OR IGNORE INTO embedding
SELECT encoded.id, vector FROM encoded
CROSS JOIN earlier.encoded AS same ON same.key = encoded.key
CROSS JOIN earlier.embedding AS other ON other.id = same.id
"""


class StoreWriter:
    """Fills a new store and the terms beside it. Use as a context manager.

    Add the articles, `seal`, then see to the vectors. The store is
    in its file once the context is left.
    """

    def __init__(self, path: Path) -> None:
        self._open = ExitStack()
        # As a URI, or `reuse` couldn't attach one: not every SQLite is built to.
        self._db = sqlite3.connect(writable_uri(path), uri=True)
        self._open.callback(self._db.close)
        self._db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.executescript(SCHEMA)
        self._articles = self._paragraphs = self._passages = self._last = 0
        self._wordings = wordings.Gathered()
        self._terms = PostingsWriter(terms_path(path))
        self._sealed = False

    def __enter__(self) -> StoreWriter:
        return self

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        with self._open:
            if failure:
                self._terms.__exit__(failure)
                return
            self.seal()
            self._db.commit()
            # Into the one file, so that a read-only reader needs no -wal beside it.
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def add(self, article: Article, passages: Iterable[Passage]) -> None:
        """Add an article with its passages; passage ids count from 1 through the corpus."""
        self.add_cut(prepared(article, tuple(passages)))

    def add_cut(self, cut: Cut, number: int | None = None) -> None:
        """Add an article that was made ready before, perhaps by another process.

        Args:
            number: of its document, above that of the article before; None: the next.
        """
        article = cut.article
        number = self._last = self._last + 1 if number is None else number
        self._articles += 1
        self._db.execute(
            "INSERT INTO article VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                number,
                article.id,
                article.file,
                article.title,
                article.publisher,
                article.published,
                article.kind,
                article.text,
                len(article.paragraphs),
                json.dumps([asdict(s) for s in article.sections], ensure_ascii=False),
                self._passages,
                len(cut.passages),
                json.dumps(article.pages),
                article.source_url,
            ),
        )
        self._paragraphs += len(article.paragraphs)
        self._db.executemany(
            "INSERT INTO block VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (number, n, b.role, b.start, b.end, b.number, b.section, b.part)
                for n, b in enumerate(article.blocks)
            ],
        )
        for passage in cut.passages:
            self._add_passage(passage)
        self._wordings.add(number, cut.said)
        self._terms.add(cut.terms)

    def _add_passage(self, passage: Passage) -> None:
        self._passages += 1
        self._db.execute(
            "INSERT OR IGNORE INTO encoded VALUES (?, ?)", (self._passages, passage.key)
        )
        self._db.execute(
            "INSERT INTO passage SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, id FROM encoded WHERE key = ?",
            (self._passages, *astuple(passage), passage.key),
        )

    def seal(self) -> None:
        """End the first part: no article can be added any more, and vectors are safe from now."""
        if self._sealed:
            return
        self._wordings.write(self._db)
        self._terms.__exit__(None)
        self._db.commit()
        self._db.execute("PRAGMA journal_mode = WAL")
        # So that the log is on the disk before what it says is written into the file.
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
        self._sealed = True

    @property
    def counts(self) -> Counts:
        """What was added so far."""
        return Counts(self._articles, self._paragraphs, self._passages)

    def count_missing(self) -> int:
        """How many texts have no vector yet."""
        (texts,) = self._db.execute("SELECT count(*) FROM encoded").fetchone()
        (vectors,) = self._db.execute("SELECT count(*) FROM embedding").fetchone()
        return int(texts) - int(vectors)

    def missing(self, batch: int) -> Iterator[list[tuple[int, str]]]:
        """`(id, encoder input)` of the texts without a vector, at most `batch` at a time.

        Give each batch its vectors before the next is taken.
        """
        last = 0
        while rows := self._db.execute(_MISSING, (last, batch)).fetchall():
            last = rows[-1][0]
            yield [(id_, Passage(*columns).encoded) for id_, *columns in rows]

    def reuse(self, earlier: Path) -> None:
        """Take over the vectors of an earlier store whose texts stand here again.

        Once this returns, they are on the disk here.
        """
        self.seal()
        self._db.execute("ATTACH DATABASE ? AS earlier", (read_only_uri(earlier),))
        taken = self._db.execute(_REUSE).rowcount
        self._db.commit()
        self._db.execute("DETACH DATABASE earlier")
        if taken:
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def add_vectors(self, ids: Sequence[int], vectors: Vectors) -> None:
        """Add the texts' vectors, shape `[len(ids), dimension]`, and commit them."""
        self.seal()
        self._db.executemany(
            "INSERT OR REPLACE INTO embedding VALUES (?, ?)",
            [
                (id_, vector.tobytes())
                for id_, vector in zip(ids, vectors.astype(VECTOR), strict=True)
            ],
        )
        self._db.commit()

    def vectors(self, batch: int = BATCH) -> Iterator[Vectors]:
        """All passages' vectors in the order of their ids, shape `[batch, dimension]`."""
        return schema.vectors(self._db, batch)
