"""The tables of a collection's documents, and the steps that lead from one version to the next."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from pincite.errors import DocumentsNewer


@dataclass(frozen=True, slots=True)
class Migration:
    """A step from one version of the tables to the next, done whole or not at all."""

    name: str
    statements: tuple[str, ...]


# Never changed once released; a change is another step at the end.
MIGRATIONS = (
    Migration(
        "documents with their sources and earlier versions",
        (
            """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID
""",
            # A file as it was given. `folder` is 1 for one of the folder that is kept in step with.
            """
CREATE TABLE source (
    id INTEGER PRIMARY KEY, folder INTEGER NOT NULL, name TEXT NOT NULL,
    original TEXT NOT NULL, known TEXT NOT NULL, reading INTEGER NOT NULL,
    UNIQUE (folder, name)
) STRICT
""",
            # A version of a document. Numbers rise, and none is used twice.
            """
CREATE TABLE document (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL,
    source INTEGER NOT NULL REFERENCES source (id), original TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('present', 'replaced', 'removed')),
    added TEXT NOT NULL, ended TEXT, file TEXT NOT NULL, title TEXT NOT NULL,
    publisher TEXT, published TEXT, kind TEXT, sha256 TEXT NOT NULL
) STRICT
""",
            "CREATE UNIQUE INDEX present_id ON document (id) WHERE state = 'present'",
            "CREATE INDEX document_of_source ON document (source) WHERE state = 'present'",
            "CREATE INDEX document_of_id ON document (id, number)",
            # Apart from the document, so that its row can be changed and listed without it.
            """
CREATE TABLE content (
    number INTEGER PRIMARY KEY REFERENCES document (number) ON DELETE CASCADE,
    text TEXT NOT NULL, blocks TEXT NOT NULL, sections TEXT NOT NULL
) STRICT
""",
            """
CREATE TABLE notice (
    folder INTEGER NOT NULL, source TEXT NOT NULL, name TEXT NOT NULL, reason TEXT NOT NULL,
    skipped INTEGER NOT NULL CHECK (skipped IN (0, 1)),
    PRIMARY KEY (folder, source, name)
) STRICT, WITHOUT ROWID
""",
        ),
    ),
    # JSON of `Article.pages`. What an earlier version read has none until it is read again.
    Migration("pages", ("ALTER TABLE content ADD COLUMN pages TEXT NOT NULL DEFAULT '[]'",)),
    # `Article.source_url`. What an earlier version read has none until it is read again.
    Migration("addresses", ("ALTER TABLE content ADD COLUMN source_url TEXT",)),
    # `Source.limits`. What an earlier version noted of a file is looked into again.
    Migration("limits", ("ALTER TABLE source ADD COLUMN limits TEXT NOT NULL DEFAULT ''",)),
)


def migrate(db: sqlite3.Connection) -> None:
    """Bring the tables to this version, step by step.

    Args:
        db: in autocommit mode.

    Raises:
        DocumentsNewer: they have a version that this one does not know.
    """
    while (version := _version(db)) < len(MIGRATIONS):
        db.execute("BEGIN IMMEDIATE")
        try:
            if _version(db) == version:  # and no other process has made the step meanwhile
                for statement in MIGRATIONS[version].statements:
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {version + 1}")
            db.execute("COMMIT")
        finally:
            if db.in_transaction:
                db.execute("ROLLBACK")
    if version > len(MIGRATIONS):
        raise DocumentsNewer(
            f"the documents have version {version}, this Pincite knows up to {len(MIGRATIONS)}",
            "Install the version of Pincite that wrote them, or a later one.",
        )


def _version(db: sqlite3.Connection) -> int:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    return int(version)
