"""A segment: some articles of a collection with all that is derived from them, never changed.

SQLite holds its articles, passages and vectors, arrays beside it the terms
(`index/postings.py`), and FAISS what its vectors are searched by (`index/vectors.py`).
A segment is written once, while it is staged (`index/store_writer.py`), and read-only
ever after; which of its articles are gone stands elsewhere (`index/contents.py`).
"""

from __future__ import annotations

import functools
import json
import sqlite3
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from pincite.errors import IndexDamaged
from pincite.index import schema
from pincite.index.article import Article, Block, Role, Section
from pincite.index.bm25 import Mask
from pincite.index.encoder import Vectors
from pincite.index.manifest import MEND, Counts
from pincite.index.only import Only, casefold
from pincite.index.passages import Passage
from pincite.index.postings import Postings
from pincite.index.schema import PASSAGE, VECTOR, read_only_uri, terms_path
from pincite.index.vectors import BATCH


@dataclass(frozen=True, slots=True)
class ArticleRow:
    """An article as a list shows it: no text."""

    id: str
    file: str
    title: str
    publisher: str | None
    published: str | None
    kind: str | None
    paragraphs: int


@contextmanager
def reading() -> Iterator[None]:
    """Tell of what SQLite can't read as damage."""
    try:
        yield
    except sqlite3.Error as error:
        raise IndexDamaged(f"the store can't be read: {error}", MEND) from error


class Segment:
    """Reads a finished segment's tables and terms; safe to use from several threads.

    Passages have the ids from 1 here.

    Args:
        gone: the numbers of its articles that are not to be found any more.
        held: what keeps its files from being removed; see `pincite.index.held`.

    Raises:
        IndexDamaged: by any method, where the segment can't be read.
    """

    def __init__(
        self, path: Path, gone: Collection[int] = (), held: IO[bytes] | None = None
    ) -> None:
        self._path = path
        self._held = held
        self._local = threading.local()  # a connection a thread
        self._lock = threading.Lock()
        self._terms: Postings | None = None
        self.gone = frozenset(gone)

    def without(self, gone: Collection[int]) -> Segment:
        """The same segment, its terms read once, with other articles gone."""
        other = Segment(self._path, gone, self._held)
        other._terms = self._terms
        other._local = self._local
        return other

    @property
    def db(self) -> sqlite3.Connection:
        """This thread's connection."""
        db: sqlite3.Connection | None = getattr(self._local, "db", None)
        if db is None:
            with reading():
                db = sqlite3.connect(read_only_uri(self._path), uri=True)
                db.create_function("casefold", 1, casefold, deterministic=True)
            self._local.db = db
        return db

    @property
    def terms(self) -> Postings:
        """The terms, read at the first use."""
        with self._lock:
            if self._terms is None:
                self._terms = Postings(terms_path(self._path))
            return self._terms

    @functools.cached_property
    def count(self) -> int:
        """How many passages, those that are gone among them."""
        ((count,),) = self._rows("SELECT coalesce(max(id), 0) FROM passage")
        return int(count)

    @functools.cached_property
    def alive(self) -> Mask | None:
        """The passages that are still there; None: all of them."""
        if not self.gone:
            return None
        mask = np.ones(self.count, bool)
        for number in self.gone:
            for before, passages in self._rows(
                "SELECT before, passages FROM article WHERE number = ?", (number,)
            ):
                mask[before : before + passages] = False
        return mask

    def counts_of(self, mask: Mask) -> Counts:
        """How much there is in some of its passages."""
        found = Counts(0, 0, 0)
        for before, passages, paragraphs in self._rows(
            "SELECT before, passages, paragraphs FROM article"
        ):
            if mask[before : before + passages].any():
                found += Counts(1, paragraphs, passages)
        return found

    def within(self, only: Only) -> Mask:
        """The passages that are still there and that a question may be answered from."""
        mask = np.zeros(self.count, bool)
        where, values = only.as_sql()
        rows = self._rows(f"SELECT number, before, passages FROM article WHERE {where}", values)
        for number, before, passages in rows:
            if number not in self.gone:
                mask[before : before + passages] = True
        return mask

    def article(self, id_: str) -> Article | None:
        """The article of that id, or None."""
        rows = self._rows(
            "SELECT number, id, file, title, publisher, published, kind, text, sections, pages, "
            "source_url FROM article WHERE id = ?",
            (id_,),
        )
        if not rows or rows[0][0] in self.gone:
            return None
        number, id_, file, title, publisher, published, kind, text, sections, pages, url = rows[0]
        blocks = self._rows(
            'SELECT role, start, "end", number, section, part FROM block WHERE article = ? '
            "ORDER BY ordinal",
            (number,),
        )
        laid = tuple(Block(Role(role), *rest) for role, *rest in blocks)
        titled = tuple(Section(**section) for section in json.loads(sections))
        paged = tuple((start, end) for start, end in json.loads(pages))
        return Article(
            *(id_, file, title, publisher, published, kind, text, laid, titled, paged, url)
        )

    def articles(self) -> list[ArticleRow]:
        """All articles in the order of their numbers."""
        return [
            ArticleRow(*row)
            for number, *row in self._rows(
                "SELECT number, id, file, title, publisher, published, kind, paragraphs "
                "FROM article ORDER BY number"
            )
            if number not in self.gone
        ]

    def rows_of(self, ids: Collection[str]) -> dict[str, ArticleRow]:
        """Id -> article as a list shows it, of those ids that there are."""
        return {
            row.id: row
            for number, *columns in self._rows(
                "SELECT number, id, file, title, publisher, published, kind, paragraphs "
                f"FROM article WHERE id IN ({_marks(ids)})",
                list(ids),
            )
            if number not in self.gone and (row := ArticleRow(*columns))
        }

    def ids(self) -> list[int]:
        """The ids of the passages that are still there, rising."""
        if self.alive is None:
            return list(range(1, self.count + 1))
        return (np.flatnonzero(self.alive) + 1).tolist()

    def passages(self, ids: Collection[int]) -> dict[int, Passage]:
        """Id -> passage, of those ids that there are."""
        rows = self._rows(
            f"SELECT id, {PASSAGE} FROM passage WHERE id IN ({_marks(ids)})", list(ids)
        )
        return {id_: Passage(*columns) for id_, *columns in rows if self._is_there(id_)}

    def around(self, id_: int, n: int) -> list[int]:
        """The ids from `id_ - n` to `id_ + n` of its article and section, in order."""
        rows = self._rows(
            "SELECT near.id FROM passage AS one JOIN passage AS near "
            "ON near.id BETWEEN one.id - ?2 AND one.id + ?2 "
            "AND near.article = one.article AND near.section IS one.section "
            "AND near.tier = one.tier WHERE one.id = ?1 ORDER BY near.id",
            (id_, n),
        )
        return [near for (near,) in rows if self._is_there(near)]

    def vectors_of(self, ids: Collection[int]) -> dict[int, Vectors]:
        """Passage id -> its vector, float32, shape `[dimension]`; of those ids that there are."""
        rows = self._rows(
            "SELECT passage.id, vector FROM passage JOIN embedding "
            f"ON embedding.id = passage.encoded WHERE passage.id IN ({_marks(ids)})",
            list(ids),
        )
        return {
            id_: np.frombuffer(vector, VECTOR).astype(np.float32)
            for id_, vector in rows
            if self._is_there(id_)
        }

    def vectors(self, batch: int = BATCH) -> Iterator[Vectors]:
        """All passages' vectors in the order of their ids, shape `[batch, dimension]`."""
        at = 0
        batches = schema.vectors(self.db, batch)
        while True:
            with reading():
                vectors = next(batches, None)
            if vectors is None:
                return
            alive = self.alive
            yield vectors if alive is None else vectors[alive[at : at + len(vectors)]]
            at += len(vectors)

    def _rows(self, sql: str, values: Sequence[object] = ()) -> list[Any]:
        with reading():
            return self.db.execute(sql, values).fetchall()

    def _is_there(self, id_: int) -> bool:
        return self.alive is None or bool(self.alive[id_ - 1])


def _marks(values: Collection[object]) -> str:
    return ",".join("?" * len(values))
