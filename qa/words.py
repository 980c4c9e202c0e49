"""Words of a text: a quote cuts no word or number."""

from __future__ import annotations

import re
from unicodedata import category

# Accents and vowels that are characters of their own, which `\w` leaves out.
_MARKS = "".join(c for c in map(chr, range(0x300, 0x1E900)) if category(c)[0] == "M")
# What a person reads as one word: "10-12", "1,300", "3:04", "Ukraine's", "A.B".
_WORD = re.compile(rf"\w[\w{_MARKS}]*(?:[-–‑.,:/'’]\w[\w{_MARKS}]*)*")
# What may close a bracket or a quotation opened inside the span, a comma or full stop before it.
_CLOSING = re.compile(r"[,.!?…]?([)\]”\"’])")
_OPENING = {")": "(", "]": "[", "”": "“", '"': "“", "’": "‘"}


def whole_words(text: str, start: int, end: int) -> tuple[int, int] | None:
    """`[start, end)` widened to whole words, without marks at its ends.

    A sign of money or percent stays with its number, and what a bracket or a
    quotation mark inside opens is closed where the next mark closes it. None
    if no word is left.
    """
    lower = text.rfind("\n", 0, start) + 1
    upper = text.find("\n", end)
    around = _WORD.finditer(text, lower, len(text) if upper < 0 else upper)
    first: int | None = None
    last = start
    for word in around:
        if word.start() >= end:
            break
        if word.end() > start:
            first = word.start() if first is None else first
            last = word.end()
    if first is None:
        return None
    if first > 0 and text[first - 1] in "$€£#+-−" and text[first].isdecimal():
        first -= 1
    if text[last : last + 1] == "%":
        last += 1
    closing = _CLOSING.match(text, last)
    if closing and _is_open(text[first:last], closing[1]):
        last = closing.end()
    return first, last


def _is_open(inside: str, mark: str) -> bool:
    """Whether a span opens what the mark would close. Curly and straight quotes are mixed."""
    if mark == '"' and inside.count('"') % 2 == 1:
        return True
    opened = inside.count(_OPENING[mark])
    return opened > inside.count(mark) and (mark != '"' or opened > inside.count("”"))
