"""One change of a collection's documents, and what it came to."""

from __future__ import annotations

import json
from collections.abc import Collection as Container
from dataclasses import astuple, dataclass, replace

from pincite.index import intake
from pincite.index.documents import Documents
from pincite.index.formats.contents import Limits, Notice
from pincite.index.intake import Taken
from pincite.index.known import Metadata
from pincite.index.succession import continued
from pincite.index.versions import Skipped, fingerprint


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change came to.

    Attributes:
        added, replaced, removed: ids of documents.
        unchanged: how many documents stand as they did.
        notices: what could not be taken, and how what is doubtful was.
    """

    added: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: int = 0
    notices: tuple[Notice, ...] = ()

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """What could not be taken."""
        return tuple(Skipped(one.name, one.reason) for one in self.notices if one.skipped)

    def __bool__(self) -> bool:
        return bool(self.added or self.replaced or self.removed)


class Change:
    """Takes files into the documents, and keeps count. To be used inside of `changing`.

    Args:
        limits: how much of a file is read.
        in_folder: whether the files are of the folder that is kept in step with.
    """

    def __init__(self, documents: Documents, limits: Limits, *, in_folder: bool) -> None:
        self._documents = documents
        self._limits = json.dumps(astuple(limits))
        self._in_folder = in_folder
        self._numbered: dict[str, int] = {}
        self._added: list[str] = []
        self._replaced: list[str] = []
        self._removed: list[str] = []
        self._notices: list[Notice] = []
        self._unchanged = 0
        self.readable = 0
        """How many files could be read."""

    @property
    def changed(self) -> Changed:
        """What it came to so far."""
        return Changed(
            tuple(self._added),
            tuple(self._replaced),
            tuple(self._removed),
            self._unchanged,
            tuple(self._notices),
        )

    def is_known(self, name: str, original: str, known: Metadata) -> bool:
        """Whether a file was read as it is; then what came of it stands.

        What was noted of it does so under the same limits alone: others may read more of it.
        """
        source = self._documents.source(name, in_folder=self._in_folder)
        if source is None:
            return False
        now = (original, known.model_dump_json(), intake.READING)
        return (source.original, source.known, source.reading) == now and (
            source.limits == self._limits
            or not self._documents.is_noted(name, in_folder=self._in_folder)
        )

    def leave(self, name: str) -> None:
        """The documents of a file stand as they did."""
        source = self._documents.source(name, in_folder=self._in_folder)
        if source is not None:
            self._unchanged += len(self._documents.of_source(source.id))

    def note(self, name: str, *notices: Notice) -> None:
        """Note what a person should know of a file, perhaps nothing."""
        self._notices += notices
        self._documents.note(name, notices, in_folder=self._in_folder)

    def miss(self, name: str, original: str, *notices: Notice) -> None:
        """Nothing can be read of a file; what was read earlier stays.

        Args:
            original: hex sha256 of its bytes; "" where not even these can be read.
        """
        self._documents.note_unread(name, original, intake.READING, in_folder=self._in_folder)
        self.leave(name)
        self.note(name, *notices)

    def take(self, name: str, original: str, known: Metadata, taken: Taken) -> None:
        """The documents of a file become what was read of it.

        Where nothing could be read of it, what was read earlier stays.
        """
        if not taken.articles:
            self.miss(name, original, *taken.notices)
            return
        self.readable += 1
        documents = self._documents
        source = documents.note_source(
            *(name, original, known.model_dump_json(), intake.READING, self._limits),
            in_folder=self._in_folder,
        )
        before = documents.of_source(source)
        earlier = continued(taken.articles, before, lambda id_: bool(documents.versions(id_)))
        for article, one in zip(taken.articles, earlier, strict=True):
            if one is None:
                article = replace(article, id=self._unused(article.id))
                documents.add(article, source, original)
                self._added.append(article.id)
                continue
            article = replace(article, id=one.id)
            if fingerprint(article) == one.sha256:
                documents.keep(one.number, original)
                self._unchanged += 1
            else:
                documents.end(one.number, "replaced")
                documents.add(article, source, original)
                self._replaced.append(one.id)
        stays = {one.number for one in earlier if one is not None}
        for one in before:
            if one.number not in stays:
                documents.end(one.number, "removed")
                self._removed.append(one.id)
        self.note(name, *taken.notices)

    def remove_file(self, name: str) -> None:
        """All documents of a file go."""
        source = self._documents.source(name, in_folder=self._in_folder)
        if source is not None:
            for one in self._documents.of_source(source.id):
                self.remove(one.id)

    def remove_but(self, names: Container[str], below: tuple[str, ...] = ()) -> None:
        """All documents go, and all that was skipped, but those of these files.

        Args:
            below: folders whose files stay as they are.
        """
        for name in self._documents.source_names(in_folder=self._in_folder):
            if name.startswith(below):
                self.leave(name)
            elif name not in names:
                self.remove_file(name)
        for name in self._documents.noted_sources(in_folder=self._in_folder):
            if name not in names and not name.startswith(below):
                self.note(name)

    def remove(self, id_: str) -> bool:
        """Whether there was one of that id to remove."""
        removed = self._documents.remove(id_)
        if removed:
            self._removed.append(id_)
        return removed

    def _unused(self, id_: str) -> str:
        # Two files can have one slug ("a b.txt", "a-b.txt"): the later one gets a number.
        n = self._numbered.get(id_, 1)
        unused = id_ if n == 1 else f"{id_}-{n}"
        while self._documents.present(unused) is not None:
            n += 1
            unused = f"{id_}-{n}"
        self._numbered[id_] = n
        return unused
