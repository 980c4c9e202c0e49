"""What a file turns out to hold, and how much of it is read at most."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pincite.errors import Unreadable
from pincite.index.article import Block, Section
from pincite.index.known import Metadata
from pincite.settings import Settings

_NAMED = 10  # bad lines or rows of a file, each with its reason


@dataclass(frozen=True, slots=True)
class Read:
    """One document, read.

    Attributes:
        name: of the file; of one inside another, "outer.zip/inner.txt".
        text: the stored text, which all offsets count in.
        blocks: as in `Article`; None where the format has no structure, so that it
            is to be found in the text (`pincite.index.draft`).
        sections: as in `Article`.
        known: what the document says of itself.
        pages: of a PDF, `[start, end)` of each page in characters of `text`.
        id: what the document is called where it says so itself, or None.
    """

    name: str
    text: str
    blocks: tuple[Block, ...] | None = None
    sections: tuple[Section, ...] = ()
    known: Metadata = field(default_factory=Metadata)
    pages: tuple[tuple[int, int], ...] = ()
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """What a person should know of a file: that it was skipped, or how it was taken.

    Attributes:
        name: of the file, or of the part of it that is meant.
        reason: one line.
        skipped: whether something was not read.
    """

    name: str
    reason: str
    skipped: bool = True

    def __str__(self) -> str:
        return f"{showable(self.name)} ({showable(self.reason)})"


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file holds: one document, or several, or some and a notice of the others."""

    reads: tuple[Read, ...]
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a file is read at most; see the settings of these names.

    Attributes:
        nested: how deep files inside files are read; 1: a zip or an attachment in a zip.
    """

    file_bytes: int = 104_857_600
    file_pages: int = 5000
    unpacked_bytes: int = 1_073_741_824
    packed_files: int = 20_000
    nested: int = 1

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """As the settings say."""
        return cls(
            settings.file_bytes,
            settings.file_pages,
            settings.unpacked_bytes,
            settings.packed_files,
        )


@dataclass(slots=True)
class Reading:
    """One file being read, with all that is inside it.

    Attributes:
        unpacked: bytes that were unpacked so far.
        files: that were found inside it so far.
        depth: 0 for the file itself, 1 for a file in it.
        wanted: the name of the one file whose bytes alone are looked for; else None.
        found: its bytes, once they are found.
    """

    limits: Limits
    unpacked: int = 0
    files: int = 0
    depth: int = 0
    wanted: str | None = None
    found: bytes | None = None

    def unpack(self, size: int) -> None:
        """Count bytes before they are unpacked.

        Raises:
            Unreadable: they are too many.
        """
        self.unpacked += size
        if self.unpacked > self.limits.unpacked_bytes:
            raise Unreadable(
                f"unpacks to more than {in_bytes(self.limits.unpacked_bytes)}",
                "Unpack it yourself, or raise PINCITE_UNPACKED_BYTES.",
            )

    def add_file(self) -> None:
        """Count a file inside.

        Raises:
            Unreadable: they are too many.
        """
        self.files += 1
        if self.files > self.limits.packed_files:
            raise Unreadable(
                f"holds more than {self.limits.packed_files:,} files",
                "Unpack it yourself, or raise PINCITE_PACKED_FILES.",
            )


def in_bytes(size: int) -> str:
    """A size as a person reads it: "100 MiB"."""
    for unit, factor in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if size >= factor:
            return f"{size / factor:.4g} {unit}"
    return f"{size} bytes"


def showable(text: str) -> str:
    """A text in one line without characters that steer a terminal or turn the direction."""
    return "".join(
        "\ufffd" if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} else c for c in text
    )


def few(name: str, parts: str, found: Iterable[Read | Notice]) -> Iterator[Read | Notice]:
    """What is found in a file's parts, with the first notices alone and the number of the others.

    Args:
        parts: what they are called: "lines".
    """
    bad = 0
    for one in found:
        bad += isinstance(one, Notice)
        if isinstance(one, Read) or bad <= _NAMED:
            yield one
    if bad > _NAMED:
        yield Notice(name, f"{bad - _NAMED} more {parts} that are no articles")


def unmatched(name: str, known: Iterable[str], files: Iterable[str]) -> tuple[Notice, ...]:
    """A notice of the files that a metadata file names and that are not there, if there are any."""
    there = frozenset(files)
    missing = [file for file in known if file not in there]
    if not missing:
        return ()
    more = f" and {len(missing) - 1:,} more" if len(missing) > 1 else ""
    return (Notice(name, f"it names what is not there: {missing[0]}{more}", skipped=False),)


def unpacked_name(name: str) -> str:
    """The name of what is in a gzip file: without its suffix; that of any other file as it is."""
    return name[: -len(".gz")] if name.lower().endswith(".gz") else name


def inside(outer: str, inner: str) -> str:
    """The name of a file in another; it never leads out of it, nor turns the direction of text."""
    parts = [part for part in re.split(r"[/\\]+", showable(inner)) if part not in {"", ".", ".."}]
    return f"{outer}/{'/'.join(parts) or 'unnamed'}"
