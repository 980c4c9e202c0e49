"""The tables of a store, and how its file is opened.

A vector belongs to a text, and a text has the id of the first view that has it.
Vectors are float16: half the space, and a cosine is 0.0001 off at most or so.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import numpy as np

from pincite.index import wordings
from pincite.index.encoder import Vectors

SCHEMA = f"""
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
CREATE TABLE text (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE view (
    id INTEGER PRIMARY KEY, passage INTEGER NOT NULL REFERENCES passage (id),
    start INTEGER, "end" INTEGER, text INTEGER NOT NULL REFERENCES text (id)
) STRICT;
CREATE INDEX view_of_passage ON view (passage);
CREATE TABLE example (ordinal INTEGER PRIMARY KEY, question TEXT NOT NULL) STRICT;
CREATE TABLE embedding (id INTEGER PRIMARY KEY REFERENCES text (id), vector BLOB NOT NULL) STRICT;
{wordings.SCHEMA}
"""

VECTOR = np.dtype("<f2")

# Of a view: whether its passage has several paragraphs, and so other views.
SEVERAL = "(SELECT count(*) FROM view AS other WHERE other.passage = view.passage) > 1"


def terms_path(store: Path) -> Path:
    """Where a store's terms are: beside it."""
    return store.with_suffix(".terms")


def read_only_uri(path: Path) -> str:
    """The URI to open a finished store by."""
    # Immutable: a finished store is never written again, so no lock and no
    # shared-memory file is needed, and a read-only disk will do.
    return f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1"


def writable_uri(path: Path) -> str:
    """The URI to open a store by that is being written."""
    return f"file:{quote(str(path.resolve()))}"


def recovered(path: Path) -> int:
    """How many vectors there are in a store whose writer was killed, once it is brought to order.

    What was committed is brought into the one file, and checked by SQLite's
    own quick check. 0 where there is none or it is not whole.
    """
    if not path.exists():
        return 0
    try:
        with closing(sqlite3.connect(writable_uri(path), uri=True)) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            (vectors,) = db.execute("SELECT count(*) FROM embedding").fetchone()
            (said,) = db.execute("PRAGMA quick_check(1)").fetchone()
            return int(vectors) if said == "ok" else 0
    except sqlite3.Error:
        return 0


_VIEWS = """
SELECT view.passage, view.start ISNULL, coalesce(view."end" - view.start, length(header)), vector
FROM view JOIN passage ON passage.id = view.passage JOIN embedding ON embedding.id = view.text
ORDER BY view.id
"""


def view_vectors(db: sqlite3.Connection, batch: int) -> Iterator[Vectors]:
    """All views' vectors in the order of their ids, float32, shape `[about batch, dimension]`.

    The vector of a whole passage of several paragraphs is the mean of theirs and its header's,
    each counting for its characters, made as long as they are: 1.
    """
    cursor = db.execute(_VIEWS)
    rows: list[tuple[int, int, int, bytes]] = []
    while len(more := cursor.fetchmany(batch)) == batch:
        rows += more
        # The last passage may go on in the next batch.
        ended = next((n for n in range(len(rows), 0, -1) if rows[n - 1][0] != rows[-1][0]), 0)
        if ended:
            yield _with_means(rows[:ended])
            del rows[:ended]
    if rows := rows + more:
        yield _with_means(rows)


def _with_means(rows: Sequence[tuple[int, int, int, bytes]]) -> Vectors:
    """The vectors of the views of some passages: `(passage, it is the whole, characters, vector)`.

    The view of a whole passage comes before those of its paragraphs.
    """
    stacked = np.frombuffer(b"".join(vector for *_, vector in rows), VECTOR)
    vectors = stacked.reshape(len(rows), -1).astype(np.float32)
    firsts = np.flatnonzero([whole for _, whole, _, _ in rows])
    characters = np.array([count for _, _, count, _ in rows], dtype=np.float32)
    sums = np.add.reduceat(vectors * characters[:, None], firsts, axis=0)
    several = np.diff(np.append(firsts, len(rows))) > 1
    lengths = np.linalg.norm(sums[several], axis=1, keepdims=True)
    vectors[firsts[several]] = sums[several] / np.maximum(lengths, 1e-9)
    return vectors
