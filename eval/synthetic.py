"""Articles that nobody wrote, copies with other words in them: how a large corpus behaves."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

MARK = "syntheticcopy"
"""Stands at the end of every synthetic paragraph."""

EXCHANGED = 1 / 3  # of the words
_RESERVOIR = 200_000  # words that are drawn from, as often as they stand there
_SEED = 11


def varied(articles: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Copies of articles without end, each paragraph with other words of the same articles in it.

    Terms stand in them about as often as in the originals, and together in other ways.
    """
    drawn = random.Random(_SEED)
    words: list[str] = []
    for article in articles:
        words += article["text"].split()
        if len(words) > _RESERVOIR:
            break
    copy = 0
    while articles and words:
        copy += 1
        for article in articles:
            paragraphs = [
                " ".join(
                    drawn.choice(words) if drawn.random() < EXCHANGED else word
                    for word in paragraph.split()
                )
                for paragraph in article["text"].split("\n\n")
                if paragraph.strip()
            ]
            yield dict(article) | {
                "id": f"{MARK}-{copy}-{article.get('id', '')}",
                "title": f"{article.get('title') or ''} {MARK}".strip(),
                "text": "\n\n".join(f"{paragraph} {MARK}" for paragraph in paragraphs),
            }
