"""What all shards hold together: in how many passages a term stands, abbreviations, names.

One SQLite file beside the shards, of the terms and of the tables of `index/wordings.py`. With it
a question is understood, and a passage scored, as if the shards were one index, and also while
a shard can't be reached. What one file can't know, in how many passages any of several wordings
stands, or a phrase, the shards are asked for (`cluster/index.py`).
"""

from __future__ import annotations

import functools
import hashlib
import os
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path

from pincite.cluster.build import FORMAT, Build, write_build
from pincite.cluster.making import describe, stores
from pincite.errors import IndexDamaged
from pincite.index import wordings
from pincite.index.manifest import MEND, Recipe, sync_folder
from pincite.index.postings import Postings, Shapes, split
from pincite.index.schema import read_only_uri, terms_path
from pincite.index.terms import Wordings

_SCHEMA = f"""
{wordings.SCHEMA}
CREATE TABLE term (term TEXT PRIMARY KEY, passages INTEGER NOT NULL) STRICT, WITHOUT ROWID;
"""
# A name, and a word in lower case, stands for good: nothing goes from a shard.
_ADD_WORDINGS = (
    "INSERT INTO abbreviation SELECT short, long, article + :before FROM shard.abbreviation",
    "INSERT OR IGNORE INTO name SELECT key, word, term, x'' FROM shard.name",
    "INSERT OR IGNORE INTO lower SELECT word, x'' FROM shard.lower",
)
_ADD_TERM = """
INSERT INTO term VALUES (?, ?)
ON CONFLICT (term) DO UPDATE SET passages = passages + excluded.passages
"""


def gather(folder: Path, shards: Sequence[str]) -> str:
    """Write the statistics of some shards, unless they are there.

    One shard is read after the other, so that memory does not grow with their number.

    Returns:
        The name of the file.
    """
    digest = hashlib.sha256("\n".join(shards).encode()).hexdigest()
    path = folder / f"statistics-{digest[:16]}"
    if path.exists():
        return path.name
    staged = folder / f".{path.name}.{os.getpid()}"
    staged.unlink(missing_ok=True)
    db = sqlite3.connect(f"{staged.absolute().as_uri()}?mode=rwc", uri=True, isolation_level=None)
    try:
        db.execute("PRAGMA journal_mode = OFF")
        db.executescript(_SCHEMA)
        before = 0
        for store in stores(folder, shards):
            before += _add(db, store, before)
    finally:
        db.close()
    with staged.open("rb") as file:
        os.fsync(file.fileno())
    staged.rename(path)
    sync_folder(folder)
    return path.name


def publish(
    folder: Path, shards: Sequence[str], recipe: Recipe, examples: tuple[str, ...]
) -> tuple[str, Build]:
    """Make these shards, which are there, the list in use. Returns its name and it.

    Raises:
        IndexDamaged: a shard is not whole.
    """
    described = tuple(describe(folder, name) for name in shards)
    build = Build(FORMAT, recipe, described, gather(folder, shards), examples)
    return write_build(folder, build), build


def _add(db: sqlite3.Connection, store: Path, before: int) -> int:
    """Add a shard's. Returns the greatest number of an article in it."""
    db.execute("ATTACH ? AS shard", (read_only_uri(store),))
    try:
        db.execute("BEGIN")
        for statement in _ADD_WORDINGS:
            db.execute(statement, {"before": before} if ":before" in statement else {})
        postings = Postings(terms_path(store))
        held = postings.frequencies().tolist()
        db.executemany(_ADD_TERM, sorted(zip(postings.vocabulary, held, strict=True)))
        (last,) = db.execute("SELECT coalesce(max(number), 0) FROM shard.article").fetchone()
        db.execute("COMMIT")
    finally:
        db.execute("DETACH shard")
    return int(last)


class Statistics:
    """Reads what `gather` wrote; safe to use from several threads.

    Raises:
        IndexDamaged: it can't be read; also by any method.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self.frequency("")  # that it can't be read is better said here

    @property
    def _db(self) -> sqlite3.Connection:
        db: sqlite3.Connection | None = getattr(self._local, "db", None)
        if db is None:
            db = self._local.db = sqlite3.connect(read_only_uri(self._path), uri=True)
        return db

    def frequency(self, token: str) -> int:
        """In how many passages a token stands."""
        try:
            row = self._db.execute("SELECT passages FROM term WHERE term = ?", (token,)).fetchone()
        except sqlite3.Error as error:
            raise IndexDamaged(f"{self._path} can't be read: {error}", MEND) from error
        return 0 if row is None else int(row[0])

    def known(self, one: Wordings) -> int | None:
        """In how many passages any of the wordings stands; None where that is not known here."""
        tokens = split(one[0])
        if len(one) > 1 or len(tokens) > 1:
            return None
        return self.frequency(tokens[0]) if tokens else 0

    def like(self, term: str) -> list[str]:
        """See `pincite.index.wordings.Lexicon`."""
        return self._shapes.like(term)

    def abbreviations(self, runs: Sequence[str]) -> list[tuple[str, str]]:
        """See `pincite.index.wordings.Lexicon`."""
        return wordings.abbreviations([(self._db, ())], runs)

    def names(self, key: str) -> list[tuple[str, str]]:
        """See `pincite.index.wordings.Lexicon`."""
        return wordings.names([(self._db, ())], key)

    @functools.cached_property
    def _shapes(self) -> Shapes:
        return Shapes([term for (term,) in self._db.execute("SELECT term FROM term")])
