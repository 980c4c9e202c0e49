"""Plain text: the stored text is the file decoded, line breaks and all."""

from __future__ import annotations

from pincite.errors import Unreadable
from pincite.index.formats.contents import Contents, Notice, Read, Reading
from pincite.index.formats.decoding import Decoded, decode


def read_plain(name: str, data: bytes, reading: Reading) -> Contents:
    """One text."""
    decoded = decode(data)
    if not decoded.text.strip():
        raise Unreadable("empty")
    return Contents((Read(name, decoded.text),), guess(name, decoded))


def guess(name: str, decoded: Decoded) -> tuple[Notice, ...]:
    """A notice of the encoding, where it was guessed."""
    said = f"read as {decoded.encoding}, which is a guess"
    return (Notice(name, said, skipped=False),) if decoded.guessed else ()
