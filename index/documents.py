"""The documents of a collection: the truth that everything else is rebuilt from.

One SQLite file holds every document as it was read, its earlier versions, and what was
skipped; the originals stand beside it (`index/originals.py`). What has been committed here
is on the disk, and survives the process whenever that ends.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any

from pincite.errors import DocumentsDamaged
from pincite.index.article import Article
from pincite.index.documents_errors import RESTORE, told
from pincite.index.documents_schema import migrate
from pincite.index.formats.contents import Notice
from pincite.index.originals import Originals
from pincite.index.versions import (
    Present,
    Skipped,
    Source,
    Version,
    article_of,
    fields_of,
    fingerprint,
    sha256_of,
)

FILE = "documents.sqlite"
WAIT_S = 60  # for another process's change to be done
_ARTICLE = """
SELECT id, file, title, publisher, published, kind, text, blocks, sections, pages,
    source_url, sha256
FROM document JOIN content USING (number) WHERE number = ?
"""


class Documents:
    """One connection to a collection's documents. Use as a context manager, in one thread.

    Args:
        folder: the collection's.
        key: the collection's; see `pincite.index.collection.Collection`.

    Raises:
        DocumentsDamaged: the file is missing or is another collection's; also by any method.
        DocumentsNewer: a newer version of Pincite wrote it.
        StorageFailed: it can't be written; also by `changing`.
    """

    def __init__(self, folder: Path, key: str, *, create: bool = False) -> None:
        self._path = path = folder / FILE
        if not create and not path.is_file():
            raise DocumentsDamaged(f"{path} is missing", RESTORE)
        self.originals = Originals(folder)
        with told(path):
            self._db = sqlite3.connect(path, timeout=WAIT_S, isolation_level=None)
            try:
                self._db.execute("PRAGMA foreign_keys = ON")
                self._db.execute("PRAGMA synchronous = FULL")
                if not create and not self._one("PRAGMA user_version")[0]:
                    raise DocumentsDamaged(f"{path} is empty", RESTORE)
                self._db.execute("PRAGMA journal_mode = WAL")
                migrate(self._db)
                if create:
                    self._set("key", key)
                if self._get("key") != key:
                    raise DocumentsDamaged(
                        f"{path} holds the documents of another collection", RESTORE
                    )
            except BaseException:
                self._db.close()
                raise

    def __enter__(self) -> Documents:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._db.close()

    @contextmanager
    def changing(self) -> Iterator[None]:
        """What is done inside is done whole, and on the disk once this is left; or not at all.

        Raises:
            IndexBusy: another process has been changing the documents for `WAIT_S` seconds.
        """
        with told(self._path):
            self._db.execute("BEGIN IMMEDIATE")
            self._touched = False
            try:
                yield
                if self._touched:
                    self._set("revision", str(self.revision + 1))
                self.originals.settle()
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")

    @contextmanager
    def unchanging(self) -> Iterator[None]:
        """What is read inside is of one moment."""
        self._db.execute("BEGIN")
        try:
            yield
        finally:
            self._db.execute("ROLLBACK")

    # -- the collection ----------------------------------------------------------------------

    @property
    def revision(self) -> int:
        """Grows with every change of what is present."""
        return int(self._get("revision") or 0)

    @property
    def folder(self) -> str | None:
        """The folder that the collection is kept in step with, if there is one."""
        return self._get("folder")

    @property
    def examples(self) -> tuple[str, ...]:
        """Questions to start from."""
        return tuple(json.loads(self._get("examples") or "[]"))

    def set_folder(self, folder: str, examples: Sequence[str]) -> None:
        """Note the folder that the collection is kept in step with, and its examples."""
        if (folder, tuple(examples)) != (self.folder, self.examples):
            self._touched = True
        self._set("folder", folder)
        self._set("examples", json.dumps(list(examples)))

    # -- reading -----------------------------------------------------------------------------

    def numbers(self) -> list[int]:
        """The numbers of the documents that are present, rising."""
        rows = self._rows("SELECT number FROM document WHERE state = 'present' ORDER BY number")
        return [number for (number,) in rows]

    def articles(self, numbers: Iterable[int]) -> Iterator[tuple[int, Article]]:
        """Number and article of each of those documents, in their order.

        Raises:
            DocumentsDamaged: one is missing, or not what was read.
        """
        for number in numbers:
            row = self._one(_ARTICLE, (number,))
            if row is None:
                raise DocumentsDamaged(f"document {number} is missing in {self._path}", RESTORE)
            *fields, digest = row
            if sha256_of(fields) != digest:
                raise DocumentsDamaged(
                    f"document {number}, {fields[0]}, is not what was read", RESTORE
                )
            yield number, article_of(fields)

    def versions(self, id_: str) -> list[Version]:
        """Every version of a document that is kept, the latest first."""
        rows = self._rows(
            "SELECT number, id, state, added, ended, original, file FROM document "
            "WHERE id = ? ORDER BY number DESC",
            (id_,),
        )
        return [Version(*row) for row in rows]

    def present(self, id_: str) -> int | None:
        """The number of the present document of that id."""
        row = self._one("SELECT number FROM document WHERE id = ? AND state = 'present'", (id_,))
        return None if row is None else int(row[0])

    def read_from(self, article: Article) -> tuple[str, str] | None:
        """The name of the file that an article was read from, and the hash of its original.

        Of the very version that this is; None where that is not kept.
        """
        row = self._one(
            "SELECT source.name, document.original FROM document JOIN source "
            "ON source.id = document.source WHERE document.id = ? AND sha256 = ? "
            "ORDER BY number DESC",
            (article.id, fingerprint(article)),
        )
        return None if row is None else (str(row[0]), str(row[1]))

    def of_source(self, source: int) -> list[Present]:
        """The documents that are present of a source, by number."""
        rows = self._rows(
            "SELECT number, id, file, sha256 FROM document "
            "WHERE source = ? AND state = 'present' ORDER BY number",
            (source,),
        )
        return [Present(*row) for row in rows]

    def source(self, name: str, *, in_folder: bool) -> Source | None:
        """What is known of a file that was given under that name."""
        row = self._one(
            "SELECT id, original, known, reading, limits FROM source WHERE folder = ? AND name = ?",
            (in_folder, name),
        )
        return None if row is None else Source(*row)

    def source_names(self, *, in_folder: bool) -> list[str]:
        """The names of the files of which a document is present."""
        rows = self._rows(
            "SELECT name FROM source WHERE folder = ? AND EXISTS (SELECT 1 FROM document "
            "WHERE document.source = source.id AND state = 'present') ORDER BY id",
            (in_folder,),
        )
        return [name for (name,) in rows]

    def sources_read_otherwise(self, reading: int, *, in_folder: bool) -> list[tuple[str, Source]]:
        """Name and source of the files that another version of the reading has read."""
        rows = self._rows(
            "SELECT name, id, original, known, reading, limits FROM source "
            "WHERE reading <> ? AND folder = ? AND original <> '' ORDER BY id",
            (reading, in_folder),
        )
        return [(name, Source(*row)) for name, *row in rows]

    def skipped(self, *, in_folder: bool | None = None) -> list[Skipped]:
        """What could not be taken when it was last tried."""
        noted = self.notices(in_folder=in_folder)
        return [Skipped(one.name, one.reason) for one in noted if one.skipped]

    def notices(self, *, in_folder: bool | None = None) -> list[Notice]:
        """What could not be taken when it was last tried, and how what is doubtful was."""
        rows = self._rows(
            "SELECT name, reason, skipped FROM notice WHERE folder = ?1 OR ?1 IS NULL",
            (in_folder,),
        )
        return [Notice(name, reason, bool(skipped)) for name, reason, skipped in rows]

    # -- changing: inside of `changing` -------------------------------------------------------

    def note_source(
        self, name: str, original: str, known: str, reading: int, limits: str, *, in_folder: bool
    ) -> int:
        """Note a file as it is now. Returns its number."""
        row = self._one(
            "INSERT INTO source (folder, name, original, known, reading, limits) "
            "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (folder, name) DO UPDATE SET "
            "original = excluded.original, known = excluded.known, reading = excluded.reading, "
            "limits = excluded.limits RETURNING id",
            (in_folder, name, original, known, reading, limits),
        )
        return int(row[0])

    def note_unread(self, name: str, original: str, reading: int, *, in_folder: bool) -> None:
        """Note that nothing can be read of a file any more: neither what was, once it is back, is
        taken for known, nor an update tries to read those very bytes again."""
        self._db.execute(
            "UPDATE source SET limits = '', reading = iif(original = ?, ?, reading) "
            "WHERE folder = ? AND name = ?",
            (original, reading, in_folder, name),
        )

    def add(self, article: Article, source: int, original: str) -> int:
        """Add a document. Returns its number."""
        self._touched = True
        fields = fields_of(article)
        cursor = self._db.execute(
            "INSERT INTO document (id, source, original, state, added, file, title, publisher, "
            "published, kind, sha256) VALUES (?, ?, ?, 'present', ?, ?, ?, ?, ?, ?, ?)",
            (
                *(article.id, source, original, _now(), *fields[1:6]),
                sha256_of(fields),
            ),
        )
        number = cursor.lastrowid
        assert number is not None
        self._db.execute("INSERT INTO content VALUES (?, ?, ?, ?, ?, ?)", (number, *fields[6:]))
        return number

    def keep(self, number: int, original: str) -> None:
        """Note that a document stands unchanged in another original now."""
        self._db.execute("UPDATE document SET original = ? WHERE number = ?", (original, number))

    def end(self, number: int, state: str) -> None:
        """A present document is not to be found any more: "replaced" or "removed"."""
        self._touched = True
        self._db.execute(
            "UPDATE document SET state = ?, ended = ? WHERE number = ? AND state = 'present'",
            (state, _now(), number),
        )

    def remove(self, id_: str) -> bool:
        """Remove the present document of an id; its file is read again when it is given again."""
        number = self.present(id_)
        if number is None:
            return False
        self._db.execute(
            "UPDATE source SET original = '' WHERE id = "
            "(SELECT source FROM document WHERE number = ?)",
            (number,),
        )
        self.end(number, "removed")
        return True

    def note(self, source: str, notices: Sequence[Notice], *, in_folder: bool) -> None:
        """Note what a person should know of a file; what was noted of it earlier goes."""
        self._db.execute("DELETE FROM notice WHERE folder = ? AND source = ?", (in_folder, source))
        self._db.executemany(
            "INSERT OR REPLACE INTO notice VALUES (?, ?, ?, ?, ?)",
            [(in_folder, source, one.name, one.reason, one.skipped) for one in notices],
        )

    def is_noted(self, source: str, *, in_folder: bool) -> bool:
        """Whether something was noted of a file."""
        where = "WHERE folder = ? AND source = ? LIMIT 1"
        return self._one(f"SELECT 1 FROM notice {where}", (in_folder, source)) is not None

    def noted_sources(self, *, in_folder: bool) -> list[str]:
        """The names of the files of which something was noted."""
        rows = self._rows("SELECT DISTINCT source FROM notice WHERE folder = ?", (in_folder,))
        return [name for (name,) in rows]

    def forget(self, days: float, ids: Sequence[str] = ()) -> int:
        """Forget the versions that ended longer ago, and of some documents every earlier one.

        Returns:
            How many. The originals that nothing needs any more go with `clear_originals`.
        """
        before = (datetime.now(UTC) - timedelta(days=days)).isoformat()
        cursor = self._db.execute(
            "DELETE FROM document WHERE state <> 'present' AND ended <= ?", (before,)
        )
        forgotten = cursor.rowcount
        for id_ in ids:
            forgotten += self._db.execute(
                "DELETE FROM document WHERE state <> 'present' AND id = ?", (id_,)
            ).rowcount
        return forgotten

    def clear_originals(self) -> int:
        """Remove the originals that no document was read from. Returns how many."""
        return self.originals.clear(self.all_originals())

    # -- the whole ---------------------------------------------------------------------------

    def all_numbers(self) -> list[int]:
        """The numbers of all versions that are kept, rising."""
        return [number for (number,) in self._rows("SELECT number FROM document ORDER BY number")]

    def faults(self) -> list[str]:
        """What SQLite itself finds wrong with the file, a line each."""
        rows = self._rows("PRAGMA integrity_check(9)") + self._rows("PRAGMA foreign_key_check")
        return [f"{self._path}: {row[0]}" for row in rows if row[0] != "ok"]

    def all_originals(self) -> set[str]:
        """The hashes of the originals that a version was read from."""
        return {digest for (digest,) in self._rows("SELECT DISTINCT original FROM document")}

    def set_key(self, key: str) -> None:
        """Make these the documents of another collection. To be used inside of `changing`."""
        self._set("key", key)

    def copy_to(self, path: Path) -> None:
        """Copy the file as it is at one moment, while others go on changing it."""
        with told(path):
            copy = sqlite3.connect(path, isolation_level=None)
            try:
                self._db.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")  # in the one file
            finally:
                copy.close()

    def _get(self, name: str) -> str | None:
        row = self._one("SELECT value FROM about WHERE name = ?", (name,))
        return None if row is None else str(row[0])

    def _set(self, name: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", (name, value))

    def _rows(self, statement: str, values: Sequence[object] = ()) -> list[Any]:
        with told(self._path):
            return self._db.execute(statement, values).fetchall()

    def _one(self, statement: str, values: Sequence[object] = ()) -> Any:  # noqa: ANN401  a row
        with told(self._path):
            return self._db.execute(statement, values).fetchone()


def _now() -> str:
    return datetime.now(UTC).isoformat()
