"""The store: SQLite is the truth about articles, paragraphs, passages, terms and vectors.

FAISS (`index/vectors.py`) is derived from it. A store is written once, while
its build is staged (WAL mode), and read-only ever after.
"""

from __future__ import annotations

import json
import math
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

import numpy as np

from index import wordings
from index.article import Article, Block, Role, Section
from index.encoder import Vectors
from index.manifest import MEND, Counts
from index.passages import Passage, Piece, under
from index.terms import Wordings, terms
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
    section INTEGER, header TEXT NOT NULL, pieces TEXT NOT NULL, text TEXT NOT NULL
) STRICT;
CREATE TABLE view (
    id INTEGER PRIMARY KEY, passage INTEGER NOT NULL REFERENCES passage (id),
    start INTEGER, "end" INTEGER, key TEXT NOT NULL
) STRICT;
CREATE INDEX view_of_passage ON view (passage);
CREATE TABLE example (ordinal INTEGER PRIMARY KEY, question TEXT NOT NULL) STRICT;
CREATE TABLE embedding (key TEXT PRIMARY KEY, vector BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE VIRTUAL TABLE passage_terms USING fts5 (body, header, tokenize = 'ascii', detail = 'full');
"""

_MISSING = "NOT EXISTS (SELECT 1 FROM embedding WHERE embedding.key = view.key)"


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
        # As a URI, or `reuse` couldn't attach one: not every SQLite is built to.
        self._db = sqlite3.connect(f"file:{quote(str(path.resolve()))}", uri=True)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = OFF")  # `file_entry` syncs it, when it is done
        self._db.executescript(f"BEGIN; {_SCHEMA} {wordings.SCHEMA} COMMIT;")
        self._articles = self._paragraphs = self._passages = 0
        self._wordings = wordings.Gathered()

    def __enter__(self) -> StoreWriter:
        return self

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        with closing(self._db):
            if failure:
                return
            self._wordings.write(self._db)
            self._db.commit()
            self._db.execute("INSERT INTO passage_terms (passage_terms) VALUES ('optimize')")
            self._db.commit()
            # Into the one file, so that a read-only reader needs no -wal beside it.
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

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
        self._wordings.add("\n".join(article.slice(block) for block in article.paragraphs))
        for passage in passages:
            self._passages += 1
            pieces = json.dumps([(p.paragraph, p.start, p.end) for p in passage.pieces])
            self._db.execute(
                "INSERT INTO passage VALUES (?, ?, ?, ?, ?, ?)",
                (
                    self._passages,
                    passage.article,
                    passage.section,
                    passage.header,
                    pieces,
                    passage.text,
                ),
            )
            self._db.executemany(
                'INSERT INTO view (passage, start, "end", key) VALUES (?, ?, ?, ?)',
                [(self._passages, view.start, view.end, view.key) for view in passage.views],
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
        (views,) = self._db.execute("SELECT count(*) FROM view").fetchone()
        return Counts(self._articles, self._paragraphs, self._passages, int(views))

    def count_missing(self) -> int:
        """How many views have no vector yet, views of one key counted once."""
        (count,) = self._db.execute(
            f"SELECT count(DISTINCT key) FROM view WHERE {_MISSING}"
        ).fetchone()
        return int(count)

    def missing(self, batch: int) -> Iterator[list[tuple[str, str]]]:
        """`(key, encoder input)` of the views without a vector, at most `batch` at a time.

        Give each batch its vectors before the next is taken.
        """
        last = 0
        while rows := self._db.execute(
            'SELECT view.id, key, start, "end", header, text FROM view '
            f"JOIN passage ON passage.id = view.passage WHERE view.id > ? AND {_MISSING} "
            "ORDER BY view.id LIMIT ?",
            (last, batch),
        ).fetchall():
            last = rows[-1][0]
            # One key may stand in a batch twice: passages overlap.
            yield list(
                {
                    key: under(header, text) if start is None else text[start:end]
                    for _, key, start, end, header, text in rows
                }.items()
            )

    def reuse(self, earlier: Path) -> None:
        """Take over the vectors of an earlier store whose views stand here again."""
        self._db.commit()
        self._db.execute("ATTACH DATABASE ? AS earlier", (_read_only_uri(earlier),))
        self._db.execute(
            "INSERT OR IGNORE INTO embedding SELECT key, vector FROM earlier.embedding "
            "WHERE key IN (SELECT key FROM view)"
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
        """All views' vectors in the order of their ids, shape `[<= batch, dimension]`."""
        cursor = self._db.execute("SELECT vector FROM view JOIN embedding USING (key) ORDER BY id")
        while rows := cursor.fetchmany(batch):
            yield np.stack([np.frombuffer(vector, dtype=np.float32) for (vector,) in rows])


class Store:
    """Reads a finished store; safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()  # a connection a thread
        self._vocabulary: list[str] | None = None
        self._vocabulary_lock = threading.Lock()

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
        row = self._db.execute(
            "SELECT article, section, header, pieces, text FROM passage WHERE id = ?", (id_,)
        ).fetchone()
        if row is None:
            raise KeyError(id_)
        article, section, header, pieces, text = row
        return Passage(article, section, header, tuple(Piece(*p) for p in json.loads(pieces)), text)

    def passages_of(self, views: Sequence[int]) -> list[int]:
        """The passage id of each view id."""
        marks = ",".join("?" * len(views))
        found = dict(
            self._db.execute(f"SELECT id, passage FROM view WHERE id IN ({marks})", list(views))
        )
        return [found[view] for view in views]

    def paragraph_vectors(
        self, passages: Sequence[int]
    ) -> Iterator[tuple[tuple[int, int], Vectors]]:
        """`(passage id, number of the piece from 0)` and its vector, shape `[dimension]`.

        The one piece of a passage of one paragraph has the whole passage's vector.
        """
        marks = ",".join("?" * len(passages))
        rows = self._db.execute(
            "SELECT passage, row_number() OVER (PARTITION BY passage ORDER BY view.id) - 1, vector "
            f"FROM view JOIN embedding USING (key) WHERE passage IN ({marks}) AND (start NOTNULL "
            "OR (SELECT count(*) FROM view AS other WHERE other.passage = view.passage) = 1)",
            list(passages),
        )
        for passage, piece, vector in rows:
            yield (passage, piece), np.frombuffer(vector, dtype=np.float32)

    def vocabulary(self) -> list[str]:
        """All terms of all passages, sorted."""
        with self._vocabulary_lock:
            if self._vocabulary is None:
                self._db.execute(
                    "CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary "
                    "USING fts5vocab ('main', 'passage_terms', 'row')"
                )
                rows = self._db.execute("SELECT term FROM temp.vocabulary ORDER BY term")
                self._vocabulary = [term for (term,) in rows]
            return self._vocabulary

    def frequencies(self, wanted: Iterable[str]) -> dict[str, int]:
        """In how many passages each term, or each phrase, stands, in text or header."""
        return {wording: self.frequency((wording,)) for wording in wanted}

    def frequency(self, one: Wordings) -> int:
        """In how many passages any of the wordings stands, in text or header."""
        (count,) = self._db.execute(
            "SELECT count(*) FROM passage_terms WHERE passage_terms MATCH ?", (_any(one),)
        ).fetchone()
        return int(count)

    def abbreviations(self, runs: Sequence[str]) -> list[tuple[str, str]]:
        """`(short form, long form)` of which one is among the runs of terms, commonest first."""
        return wordings.abbreviations(self._db, runs)

    def names(self, key: str) -> list[tuple[str, str]]:
        """`(folded word, its term)` of the corpus's names with that `index.spelling.key`."""
        return wordings.names(self._db, key)

    def match(
        self, wanted: Iterable[str | Wordings], limit: int, header_weight: float
    ) -> list[tuple[int, float]]:
        """`(passage id, BM25)` of the passages that hold any of the terms, best first.

        BM25 (Robertson and Zaragoza, 2009) as FTS5 computes it, k1 = 1.2 and
        b = 0.75, turned so that more is better. Of wordings that stand for each
        other a passage counts the one that scores best, each as rare as all of
        them together, so that another wording is worth what the asked one is.

        Args:
            wanted: terms as `index.terms.terms` makes them, or wordings.
            header_weight: what a match in the header counts beside one in the body.
        """
        asked = list(dict.fromkeys((one,) if isinstance(one, str) else one for one in wanted))
        everything = tuple(dict.fromkeys(wording for one in asked for wording in one))
        if not everything:
            return []
        several = [one for one in asked if len(one) > 1]
        # Re-scoring moves passages, also some that would be just under the limit.
        found = self._scores(everything, header_weight, limit * 2 if several else limit)
        if not several:
            return list(found.items())
        single = tuple(one[0] for one in asked if len(one) == 1)
        scores = dict.fromkeys(found, 0.0)
        if single:
            scores |= self._scores(single, header_weight, among=found)
        for one in several:
            for id_, score in self._best_wording(one, header_weight, found).items():
                scores[id_] += score
        return sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:limit]

    def _best_wording(
        self, one: Wordings, header_weight: float, among: Iterable[int]
    ) -> dict[int, float]:
        (passages,) = self._db.execute("SELECT max(id) FROM passage").fetchone()
        rarity = _idf(passages, self.frequency(one))
        best: dict[int, float] = {}
        for wording in one:
            share = rarity / _idf(passages, self.frequency((wording,)))
            for id_, score in self._scores((wording,), header_weight, among=among).items():
                best[id_] = max(best.get(id_, 0.0), score * share)
        return best

    def _scores(
        self,
        asked: Wordings,
        header_weight: float,
        limit: int = -1,
        among: Iterable[int] | None = None,
    ) -> dict[int, float]:
        """Passage id -> BM25 summed over what is asked, best first; -1: without limit."""
        # "+": or FTS5 would look up every id by itself.
        only = "" if among is None else f"AND +rowid IN ({','.join(map(str, among))}) "
        rows = self._db.execute(
            "SELECT rowid, bm25(passage_terms, 1.0, ?) AS score FROM passage_terms "
            f"WHERE passage_terms MATCH ? {only}ORDER BY score, rowid LIMIT ?",
            (header_weight, _any(asked), limit),
        )
        return {int(id_): -float(score) for id_, score in rows}


def _any(one: Wordings) -> str:
    """The FTS5 query for passages that hold any of them."""
    return " OR ".join(f'"{wording}"' for wording in one)


def _idf(passages: int, held: int) -> float:
    """Inverse document frequency as FTS5's own `bm25` has it."""
    return max(math.log((passages - held + 0.5) / (held + 0.5)), 1e-6)


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
