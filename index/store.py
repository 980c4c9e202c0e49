"""The store: SQLite is the truth about articles, paragraphs, passages and vectors.

The terms stand in arrays in a file beside it (`index/postings.py`), and FAISS
(`index/vectors.py`) is derived from it. A store is written once, while its
build is staged (`index/store_writer.py`), and read-only ever after.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pincite.errors import IndexDamaged
from pincite.index import schema, wordings
from pincite.index.article import Article, Block, Role, Section
from pincite.index.encoder import Vectors
from pincite.index.manifest import MEND
from pincite.index.passages import Passage
from pincite.index.postings import Postings
from pincite.index.schema import PASSAGE, VECTOR, read_only_uri, terms_path
from pincite.index.terms import Wordings
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


class Store:
    """Reads a finished store and the terms beside it; safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()  # a connection a thread
        self._terms: Postings | None = None
        self._terms_lock = threading.Lock()

    @property
    def _db(self) -> sqlite3.Connection:
        db: sqlite3.Connection | None = getattr(self._local, "db", None)
        if db is None:
            try:
                db = sqlite3.connect(read_only_uri(self._path), uri=True)
            except sqlite3.Error as error:
                raise IndexDamaged(f"the store can't be opened: {error}", MEND) from error
            self._local.db = db
        return db

    def article(self, id_: str) -> Article | None:
        """The article of that id, or None."""
        row = self._db.execute(
            "SELECT ordinal, id, file, title, publisher, published, kind, text, sections "
            "FROM article WHERE id = ?",
            (id_,),
        ).fetchone()
        if row is None:
            return None
        ordinal, id_, file, title, publisher, published, kind, text, sections = row
        blocks = self._db.execute(
            'SELECT role, start, "end", number, section, part FROM block WHERE article = ? '
            "ORDER BY ordinal",
            (ordinal,),
        )
        return Article(
            id_,
            file,
            title,
            publisher,
            published,
            kind,
            text,
            blocks=tuple(Block(Role(role), *rest) for role, *rest in blocks),
            sections=tuple(Section(**section) for section in json.loads(sections)),
        )

    def published(self, id_: str) -> str | None:
        """The date of an article, as `Article.published`; None too where there is no such one."""
        row = self._db.execute("SELECT published FROM article WHERE id = ?", (id_,)).fetchone()
        return None if row is None else row[0]

    def articles(self) -> list[ArticleRow]:
        """All articles in corpus order."""
        return [
            ArticleRow(*row)
            for row in self._db.execute(
                "SELECT id, file, title, publisher, published, kind, paragraphs "
                "FROM article ORDER BY ordinal"
            )
        ]

    def examples(self) -> list[str]:
        """Questions to start from; none where the corpus names none."""
        return [q for (q,) in self._db.execute("SELECT question FROM example ORDER BY ordinal")]

    def passage(self, id_: int) -> Passage:
        """The passage of that id, from 1.

        Raises:
            KeyError: there is none.
        """
        (found,) = self.passages([id_])
        return found

    def passages(self, ids: Collection[int]) -> list[Passage]:
        """The passages of those ids, in their order.

        Raises:
            KeyError: one of them is not there.
        """
        rows = self._db.execute(
            f"SELECT id, {PASSAGE} FROM passage WHERE id IN ({_marks(ids)})", list(ids)
        )
        found = {id_: Passage(*columns) for id_, *columns in rows}
        return [found[id_] for id_ in ids]

    def around(self, id_: int, n: int) -> list[tuple[int, Passage]]:
        """The passages `id_ - n` to `id_ + n` of its article, section and tier, with their ids.

        Without any where there is no passage of that id.
        """
        rows = self._db.execute(
            "SELECT near.id FROM passage AS one JOIN passage AS near "
            "ON near.id BETWEEN one.id - ?2 AND one.id + ?2 "
            "AND near.article = one.article AND near.section IS one.section "
            "AND near.tier = one.tier "
            "WHERE one.id = ?1 ORDER BY near.id",
            (id_, n),
        )
        ids = [near for (near,) in rows]
        return list(zip(ids, self.passages(ids), strict=True))

    def vectors_of(self, ids: Collection[int]) -> dict[int, Vectors]:
        """Passage id -> its vector, float32, shape `[dimension]`; of those ids that there are."""
        rows = self._db.execute(
            "SELECT passage.id, vector FROM passage JOIN embedding "
            f"ON embedding.id = passage.encoded WHERE passage.id IN ({_marks(ids)})",
            list(ids),
        )
        return {id_: np.frombuffer(vector, VECTOR).astype(np.float32) for id_, vector in rows}

    def vectors(self, batch: int = BATCH) -> Iterator[Vectors]:
        """All passages' vectors in the order of their ids, shape `[batch, dimension]`."""
        return schema.vectors(self._db, batch)

    @property
    def terms(self) -> Postings:
        """The terms, read at the first use.

        Raises:
            IndexDamaged: they can't be.
        """
        with self._terms_lock:
            if self._terms is None:
                self._terms = Postings(terms_path(self._path))
            return self._terms

    def like(self, term: str) -> list[str]:
        """All terms that `pincite.index.terms.nearest_terms` may find near to one, and others."""
        return self.terms.like(term)

    def frequency(self, one: Wordings) -> int:
        """In how many passages any of the wordings stands, in text or header."""
        return self.terms.frequency(one)

    def abbreviations(self, runs: Sequence[str]) -> list[tuple[str, str]]:
        """`(short form, long form)` of which one is among the runs of terms, commonest first."""
        return wordings.abbreviations(self._db, runs)

    def names(self, key: str) -> list[tuple[str, str]]:
        """`(folded word, its term)` of the corpus's names with that `spelling.key`."""
        return wordings.names(self._db, key)

    def match(self, wanted: Iterable[str | Wordings], limit: int) -> list[tuple[int, float]]:
        """`(passage id, BM25)` of the passages that hold any of it; see `Postings.match`.

        Args:
            wanted: terms as `pincite.index.terms.terms` makes them, or wordings.
        """
        asked = ((one,) if isinstance(one, str) else one for one in wanted)
        return self.terms.match(asked, limit)


def _marks(values: Collection[int]) -> str:
    return ",".join("?" * len(values))
