"""The store: SQLite is the truth about articles, paragraphs, passages, terms and vectors.

FAISS (`index/vectors.py`) is derived from it. A store is written once, while
its build is staged (WAL mode), and read-only ever after.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

import numpy as np

from index.article import Article, Block, Role, Section
from index.encoder import Vectors
from index.manifest import MEND, Counts
from index.passages import Passage, Piece
from index.terms import terms
from pincite.errors import IndexDamaged

_SCHEMA = """
CREATE TABLE article (
    ordinal INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, file TEXT NOT NULL,
    title TEXT NOT NULL, publisher TEXT, published TEXT, kind TEXT, text TEXT NOT NULL,
    paragraphs INTEGER NOT NULL, sections TEXT NOT NULL
) STRICT;
CREATE TABLE block (
    article INTEGER NOT NULL REFERENCES article (ordinal), ordinal INTEGER NOT NULL,
    role TEXT NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
    number INTEGER, section INTEGER,
    PRIMARY KEY (article, ordinal)
) STRICT, WITHOUT ROWID;
CREATE TABLE passage (
    id INTEGER PRIMARY KEY, article TEXT NOT NULL REFERENCES article (id),
    section INTEGER, header TEXT NOT NULL, pieces TEXT NOT NULL, text TEXT NOT NULL,
    key TEXT NOT NULL
) STRICT;
CREATE TABLE example (ordinal INTEGER PRIMARY KEY, question TEXT NOT NULL) STRICT;
CREATE TABLE embedding (key TEXT PRIMARY KEY, vector BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE VIRTUAL TABLE passage_terms USING fts5 (body, header, tokenize = 'ascii', detail = 'full');
"""

_MISSING = "NOT EXISTS (SELECT 1 FROM embedding WHERE embedding.key = passage.key)"


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


class StoreWriter:
    """Fills a new store. Use as a context manager; nothing is in the file before it closes."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(_SCHEMA)
        self._articles = self._paragraphs = self._passages = 0

    def __enter__(self) -> StoreWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.commit()
        self._db.execute("INSERT INTO passage_terms (passage_terms) VALUES ('optimize')")
        self._db.commit()
        # Into the one file, so that a read-only reader needs no -wal beside it.
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._db.close()

    def add(self, article: Article, passages: Iterable[Passage]) -> None:
        """Add an article with its passages; passage ids count from 1 through the corpus."""
        ordinal = self._articles = self._articles + 1
        self._db.execute(
            "INSERT INTO article VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                ordinal,
                article.id,
                article.file,
                article.title,
                article.publisher,
                article.published,
                article.kind,
                article.text,
                len(article.paragraphs),
                json.dumps([asdict(s) for s in article.sections], ensure_ascii=False),
            ),
        )
        self._paragraphs += len(article.paragraphs)
        self._db.executemany(
            "INSERT INTO block VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (ordinal, n, b.role, b.start, b.end, b.number, b.section)
                for n, b in enumerate(article.blocks)
            ],
        )
        for passage in passages:
            self._passages += 1
            pieces = json.dumps([(p.paragraph, p.start, p.end) for p in passage.pieces])
            self._db.execute(
                "INSERT INTO passage VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    self._passages,
                    passage.article,
                    passage.section,
                    passage.header,
                    pieces,
                    passage.text,
                    passage.key,
                ),
            )
            self._db.execute(
                "INSERT INTO passage_terms (rowid, body, header) VALUES (?, ?, ?)",
                (self._passages, " ".join(terms(passage.text)), " ".join(terms(passage.header))),
            )

    def add_examples(self, questions: Iterable[str]) -> None:
        """Add questions to start from, in the order in which they are shown."""
        self._db.executemany(
            "INSERT INTO example (question) VALUES (?)", [(question,) for question in questions]
        )

    @property
    def counts(self) -> Counts:
        """What was added so far."""
        return Counts(self._articles, self._paragraphs, self._passages)

    def count_missing(self) -> int:
        """How many passages have no vector yet, passages of one key counted apart."""
        (count,) = self._db.execute(f"SELECT count(*) FROM passage WHERE {_MISSING}").fetchone()
        return int(count)

    def missing(self, batch: int) -> Iterator[list[tuple[str, str]]]:
        """`(key, encoder input)` of the passages without a vector, `batch` passages at a time.

        Give each batch its vectors before the next is taken.
        """
        last = 0
        while rows := self._db.execute(
            f"SELECT id, key, header, text FROM passage WHERE id > ? AND {_MISSING} "
            "ORDER BY id LIMIT ?",
            (last, batch),
        ).fetchall():
            last = rows[-1][0]
            yield [(key, f"{header}\n{text}") for _, key, header, text in rows]

    def reuse(self, earlier: Path) -> None:
        """Take over the vectors of an earlier store whose passages stand here again."""
        self._db.commit()
        self._db.execute("ATTACH DATABASE ? AS earlier", (_read_only_uri(earlier),))
        self._db.execute(
            "INSERT OR IGNORE INTO embedding SELECT key, vector FROM earlier.embedding "
            "WHERE key IN (SELECT key FROM passage)"
        )
        self._db.commit()
        self._db.execute("DETACH DATABASE earlier")

    def add_vectors(self, keys: Sequence[str], vectors: Vectors) -> None:
        """Add the vectors, shape `[len(keys), dimension]`, and commit them."""
        self._db.executemany(
            "INSERT OR REPLACE INTO embedding VALUES (?, ?)",
            [(key, vector.tobytes()) for key, vector in zip(keys, vectors, strict=True)],
        )
        self._db.commit()

    def vectors(self, batch: int = 4096) -> Iterator[Vectors]:
        """All passages' vectors in the order of their ids, shape `[<= batch, dimension]`."""
        cursor = self._db.execute(
            "SELECT vector FROM passage JOIN embedding USING (key) ORDER BY id"
        )
        while rows := cursor.fetchmany(batch):
            yield np.stack([np.frombuffer(vector, dtype=np.float32) for (vector,) in rows])


class Store:
    """Reads a finished store; safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()  # a connection a thread

    @property
    def _db(self) -> sqlite3.Connection:
        db: sqlite3.Connection | None = getattr(self._local, "db", None)
        if db is None:
            try:
                db = sqlite3.connect(_read_only_uri(self._path), uri=True)
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
            'SELECT role, start, "end", number, section FROM block WHERE article = ? '
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
        row = self._db.execute(
            "SELECT article, section, header, pieces, text FROM passage WHERE id = ?", (id_,)
        ).fetchone()
        if row is None:
            raise KeyError(id_)
        article, section, header, pieces, text = row
        return Passage(article, section, header, tuple(Piece(*p) for p in json.loads(pieces)), text)

    def match(self, query: str, limit: int, header_weight: float) -> list[tuple[int, float]]:
        """`(passage id, BM25)` of the passages that hold any term of the query, best first.

        BM25 (Robertson and Zaragoza, 2009) as FTS5 computes it, k1 = 1.2 and
        b = 0.75, turned so that more is better.

        Args:
            header_weight: what a match in the header counts beside one in the body.
        """
        wanted = " OR ".join(f'"{term}"' for term in dict.fromkeys(terms(query)))
        if not wanted:
            return []
        return [
            (int(id_), -float(score))
            for id_, score in self._db.execute(
                "SELECT rowid, bm25(passage_terms, 1.0, ?) AS score FROM passage_terms "
                "WHERE passage_terms MATCH ? ORDER BY score, rowid LIMIT ?",
                (header_weight, wanted, limit),
            )
        ]


def is_readable(path: Path) -> bool:
    """Whether a store opens and passes SQLite's own quick check."""
    try:
        with closing(sqlite3.connect(_read_only_uri(path), uri=True)) as db:
            return bool(db.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
    except sqlite3.Error:
        return False


def _read_only_uri(path: Path) -> str:
    # Immutable: a finished store is never written again, so no lock and no
    # shared-memory file is needed, and a read-only disk will do.
    return f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1"
