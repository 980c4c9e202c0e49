"""Write down a document block by block: the stored text, and what each run of it is."""

from __future__ import annotations

import re

from pincite.index.article import Block, Role, Section, has_words

APART = "\n\n"  # between two blocks of the stored text
UNNUMBERED = frozenset({Role.FURNITURE, Role.CAPTION})

# White space in a row, and what no database or parser should have to hold.
_SPACE = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" ?\n[ \n]*")
UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_NOTHING = {0: None, 0xFEFF: None}


class Writer:
    """Blocks in the order of the document; a heading opens a section."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._blocks: list[Block] = []
        self._sections: list[Section] = []
        self._length = 0
        self._number = 0

    @property
    def length(self) -> int:
        """Characters of the text so far."""
        return self._length

    def add(self, text: str, role: Role = Role.BODY, *, kept: bool = False) -> Block | None:
        """Add a block. None where there is nothing in it but white space.

        Args:
            kept: leave the white space inside it, as code wants it.
        """
        text = tidy(text, kept=kept)
        if not text:
            return None
        if self._pieces:
            self._pieces.append(APART)
            self._length += len(APART)
        start = self._length
        self._pieces.append(text)
        self._length += len(text)
        if role is Role.HEADING:
            self._sections.append(Section(" ".join(text.split()), None, None))
        return self._place(start, self._length, role)

    def _place(self, start: int, end: int, role: Role) -> Block:
        text = self._pieces[-1]
        numbered = role not in UNNUMBERED and has_words(text)
        self._number += numbered
        section = len(self._sections) - 1 if self._sections else None
        block = Block(role, start, end, self._number if numbered else None, section)
        self._blocks.append(block)
        return block

    @property
    def text(self) -> str:
        """The stored text so far."""
        return "".join(self._pieces)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks so far."""
        return tuple(self._blocks)

    @property
    def sections(self) -> tuple[Section, ...]:
        """The sections so far."""
        return tuple(self._sections)


def tidy(text: str, *, kept: bool = False) -> str:
    """A text with its white space made single and without control characters."""
    text = UNFIT.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n").translate(_NOTHING))
    return text.strip() if kept else _LINES.sub("\n", _SPACE.sub(" ", text)).strip()
