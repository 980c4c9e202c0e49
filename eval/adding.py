"""What it costs to add an article to a large collection, and to remove one.

    python -m pincite.eval.adding --articles 10000

The encoder is a bag of terms that costs next to nothing, so that what is measured is all the rest.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from pincite.eval.killed import BagOfTerms
from pincite.index.changes import add, remove
from pincite.index.collection import Collection, make_collection
from pincite.index.intake import Given
from pincite.index.known import Metadata
from pincite.index.opened import open_index
from pincite.index.update import merge, update
from pincite.settings import Settings

_WORDS = 8_000  # different ones
_PARAGRAPHS = 3
_LONG = 40  # words of a paragraph


def article(number: int, chance: random.Random) -> Given:
    """An article of made-up words, some much commoner than others."""
    paragraphs = []
    for _ in range(_PARAGRAPHS):
        words = [f"w{int(_WORDS * chance.random() ** 3)}" for _ in range(_LONG)]
        paragraphs.append(f"The {' '.join(words)} number {number}.")
    return Given(f"n{number}.txt", "\n\n".join(paragraphs).encode(), Metadata())


def measure(articles: int, times: int, folder: Path) -> dict[str, Any]:
    """Add articles at once, then some one by one, and remove some one by one."""
    chance = random.Random(0)
    settings = Settings(index=folder)
    encoder = BagOfTerms()
    collection = make_collection(folder)
    began = time.perf_counter()
    add(collection, (article(n, chance) for n in range(articles)), settings)
    update(collection, settings, encoder)
    first = time.perf_counter() - began
    index = open_index(settings, encoder)
    measured: dict[str, list[tuple[float, float]]] = {"add": [], "remove": [], "merge": []}
    for n in range(articles, articles + times):
        with _clock(measured["add"]):
            add(collection, [article(n, chance)], settings)
            update(collection, settings, encoder)
            index = open_index(settings, encoder, before=index)
        with _clock(measured["merge"]):
            merge(collection, settings, encoder)
    for id_ in chance.sample([f"n{n}" for n in range(articles)], times):
        with _clock(measured["remove"]):
            remove(collection, [id_], settings)
            update(collection, settings, encoder)
            index = open_index(settings, encoder, before=index)
    return {
        "articles": articles,
        "all_at_once_s": round(first, 1),
        "segments": len(index.segments),
        **{name: _told(each) for name, each in measured.items()},
        "collection": _size(collection),
    }


class _clock:  # noqa: N801  used as a function
    """Notes what is done inside: wall-clock and processor time, in seconds."""

    def __init__(self, into: list[tuple[float, float]]) -> None:
        self._into = into

    def __enter__(self) -> None:
        self._began = time.perf_counter(), time.process_time()

    def __exit__(self, *_: object) -> None:
        wall, processor = self._began
        self._into.append((time.perf_counter() - wall, time.process_time() - processor))


def _told(each: list[tuple[float, float]]) -> dict[str, float]:
    walls, processor = zip(*each, strict=True)
    return {
        "p50_s": round(median(walls), 3),
        "most_s": round(max(walls), 3),
        "processor_p50_s": round(median(processor), 3),
        "processor_most_s": round(max(processor), 3),
    }


def _size(collection: Collection) -> str:
    size = sum(path.stat().st_size for path in collection.folder.rglob("*") if path.is_file())
    return f"{size / 2**20:.0f} MiB"


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m pincite.eval.adding", description=__doc__)
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=20)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(given.articles, given.times, Path(folder)), indent=1))


if __name__ == "__main__":
    main()
