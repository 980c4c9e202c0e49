"""The tables of a segment, and how its file is opened.

An article has the number of its document (`index/documents.py`), its passages have the
ids from `before` + 1 on. A vector belongs to a text as the encoder sees it, and a text has
the id of the first passage that has it. Vectors are float16: half the space, and a cosine
is 0.0001 off at most or so.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import numpy as np

from pincite.index import wordings
from pincite.index.encoder import Vectors

SCHEMA = f"""
CREATE TABLE article (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, file TEXT NOT NULL,
    title TEXT NOT NULL, publisher TEXT, published TEXT, kind TEXT, text TEXT NOT NULL,
    paragraphs INTEGER NOT NULL, sections TEXT NOT NULL,
    before INTEGER NOT NULL, passages INTEGER NOT NULL, pages TEXT NOT NULL, source_url TEXT
) STRICT;
CREATE TABLE block (
    article INTEGER NOT NULL REFERENCES article (number), ordinal INTEGER NOT NULL,
    role TEXT NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
    number INTEGER, section INTEGER, part INTEGER,
    PRIMARY KEY (article, ordinal)
) STRICT, WITHOUT ROWID;
CREATE TABLE passage (
    id INTEGER PRIMARY KEY, article TEXT NOT NULL REFERENCES article (id),
    section INTEGER, header TEXT NOT NULL, paragraph INTEGER NOT NULL,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, text TEXT NOT NULL, tier INTEGER NOT NULL,
    encoded INTEGER NOT NULL REFERENCES encoded (id)
) STRICT;
CREATE TABLE encoded (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE embedding (
    id INTEGER PRIMARY KEY REFERENCES encoded (id), vector BLOB NOT NULL
) STRICT;
{wordings.SCHEMA}
"""

VECTOR = np.dtype("<f2")
PASSAGE = 'article, section, header, paragraph, start, "end", text, tier'
"""The columns of a `pincite.index.passages.Passage`, in its order."""


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


_VECTORS = """
SELECT vector FROM passage JOIN embedding ON embedding.id = passage.encoded ORDER BY passage.id
"""


def vectors(db: sqlite3.Connection, batch: int) -> Iterator[Vectors]:
    """All passages' vectors in the order of their ids, float32, shape `[batch, dimension]`."""
    cursor = db.execute(_VECTORS)
    while rows := cursor.fetchmany(batch):
        stacked = np.frombuffer(b"".join(vector for (vector,) in rows), VECTOR)
        yield stacked.reshape(len(rows), -1).astype(np.float32)
