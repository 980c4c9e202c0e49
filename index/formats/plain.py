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
    """A notice of the encoding, where it was guessed or does not fit all of the text."""
    if decoded.damaged:
        places = "1 place" if decoded.damaged == 1 else f"{decoded.damaged:,} places"
        said = f"read as {decoded.encoding}, with {places} damaged"
    elif decoded.guessed:
        said = f"read as {decoded.encoding}, which is a guess"
    else:
        return ()
    return (Notice(name, said, skipped=False),)
