"""Widen a span to whole words, so that a quote never cuts a word or a number in two."""

from __future__ import annotations

import re

# What a person reads as one word: "10-12", "1,300", "3:04", "Ukraine's", "A.B".
_WORD = re.compile(r"\w+(?:[-–‑.,:/'’]\w+)*")
_OPENING = {")": "(", "]": "[", "”": "“", "’": "‘"}


def whole_words(text: str, start: int, end: int) -> tuple[int, int] | None:
    """`[start, end)` widened to whole words, without marks at its ends.

    A sign of money or percent stays with its number, and brackets stay in
    pairs or go. None if no word is left.
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
    if first > 0 and text[first - 1] in "$€£#+-−" and text[first].isdigit():
        first -= 1
    if last < len(text) and (text[last] == "%" or text[last] in _OPENING):
        opening = _OPENING.get(text[last])
        inside = text[first:last]
        if opening is None or inside.count(opening) > inside.count(text[last]):
            last += 1
    return first, last
