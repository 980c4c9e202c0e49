"""Who is quoted as saying something, where its sentence says so: the reader is asked."""

from __future__ import annotations

from collections.abc import Sequence

from pincite.qa.reader import Reader, Text

ASKED = "Who says this?"
"""Of eleven sentences it tells all apart that name a speaker; "According to whom?" only six."""

LEAST = 2.0
"""Margin of the speaker over "not here", in the reader's logits. Of 260 sentences of
`eval/documents.jsonl`, read by hand, 40 have as much, five of which nobody says; of the 22 between
0 and 2 it is more than half."""


def speakers(
    reader: Reader, sentences: Sequence[tuple[str, int, int]]
) -> list[tuple[int, int] | None]:
    """`[start, end)` of the speaker in each sentence, or None where it names none, or several.

    Args:
        sentences: a sentence, and `[start, end)` of what is said in it: that names nobody.
    """
    texts = [Text(sentence, ((0, len(sentence)),)) for sentence, _, _ in sentences]
    found: list[tuple[int, int] | None] = []
    for spans, (_, start, end) in zip(reader.read(ASKED, texts), sentences, strict=True):
        sure = [(span.start, span.end) for span in spans if span.margin >= LEAST]
        # Of two who say something in one sentence it is not known which says this.
        told = [one for one in sure[1:] if _apart(one, sure[0])]
        known = bool(sure) and not told and _apart(sure[0], (start, end))
        found.append(sure[0] if known else None)
    return found


def _apart(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[1] <= other[0] or other[1] <= one[0]
