"""Damage every file of a collection in every way, and see what is said and what is mended.

    python -m pincite.eval.damaged --times 5

Each file is cut, has a bit flipped, is emptied, removed, or swapped with another collection's, at
places drawn by chance. Then everything that the index and the documents give is read: it is what
it was, or the damage is told by a typed error. After that the collection is brought up to date:
it is whole again, or that is refused with what to do. The other collection stays as it was.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pincite.errors import PinciteError
from pincite.eval.killed import BagOfTerms
from pincite.index.about import check
from pincite.index.changes import add
from pincite.index.collection import Collection, make_collection, open_collection
from pincite.index.intake import Given
from pincite.index.known import Metadata
from pincite.index.opened import Index, open_index
from pincite.index.terms import terms
from pincite.index.update import update
from pincite.settings import Settings

DAMAGED, OTHER = "default", "other"
_ARTICLES = 6
_LOCK = "lock"  # holds nothing

Texts = dict[str, str]


@dataclass
class Result:
    """What came of the damages.

    Attributes:
        outcomes: by damage: how often bringing it up to date "mended" it; it took the files "added
            again", since nothing else has their bytes; it was "refused", to be restored from a
            backup; or was "harmless": nothing that is ever read differs.
        faults: what was wrong, a line each: something read was not what it had been, an error had
            no type, or a damage that was noticed could be neither mended nor told.
    """

    outcomes: dict[str, Counter[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    @property
    def tried(self) -> int:
        """Damages in all."""
        return sum(each.total() for each in self.outcomes.values()) + len(self.faults)


def _cut(raw: bytes, _: bytes, chance: random.Random) -> bytes:
    return raw[: chance.randrange(len(raw))]


def _flip(raw: bytes, _: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(raw))
    return raw[:at] + bytes([raw[at] ^ 1 << chance.randrange(8)]) + raw[at + 1 :]


DAMAGES: dict[str, Callable[[bytes, bytes, random.Random], bytes | None]] = {
    "cut": _cut,
    "flip": _flip,
    "empty": lambda raw, other, chance: b"",
    "remove": lambda raw, other, chance: None,
    "swap": lambda raw, other, chance: other,
}
"""What becomes of a file's bytes, given those of the other collection's; None: the file goes."""


def run(times: int, seed: int, folder: Path) -> Result:
    """Damage each file in each way so many times; what has no places to choose from, once.

    Args:
        folder: an empty one.
    """
    whole = Settings(index=folder / "whole", threads=1)
    for name in (DAMAGED, OTHER):
        collection = make_collection(whole.index, name)
        add(collection, [_given(name, n) for n in range(_ARTICLES)], whole)
        update(collection, whole, BagOfTerms())
    before = {name: _read(whole, name) for name in (DAMAGED, OTHER)}
    home = open_collection(whole.index, DAMAGED).folder.relative_to(whole.index)
    files = [
        path.relative_to(whole.index / home)
        for path in sorted((whole.index / home).rglob("*"))
        if path.is_file() and path.name != _LOCK
    ]
    chance, result = random.Random(seed), Result()
    for damage, change in DAMAGES.items():
        counts = result.outcomes.setdefault(damage, Counter())
        for file in files:
            for _ in range(times if change in (_cut, _flip) else 1):
                settings = Settings(index=folder / "damaged", threads=1)
                shutil.rmtree(settings.index, ignore_errors=True)
                shutil.copytree(whole.index, settings.index)
                path = settings.index / home / file
                raw = path.read_bytes()
                damaged = change(raw, _counterpart(whole.index, path), chance)
                if damaged == raw or (damaged == b"" and damage == "cut"):
                    continue
                path.unlink()
                if damaged is not None:
                    path.write_bytes(damaged)
                try:
                    counts[_outcome(settings, before)] += 1
                except Exception as error:  # noqa: BLE001  what has no type is what is looked for
                    result.faults.append(f"{damage} {file}: {error!r}")
    return result


def _outcome(settings: Settings, before: dict[str, Texts]) -> str:
    """What becomes of a damaged collection.

    Raises:
        AssertionError: something read was not what it had been.
        Exception: anything, where an error has no type.
    """
    try:
        assert _read(settings, DAMAGED) == before[DAMAGED], "the index gives other texts"
        named = False
    except PinciteError as error:
        assert error.hint
        named = True
    try:
        collection = open_collection(settings.index, DAMAGED)
        told = check(collection)
    except PinciteError as error:
        assert error.hint
        told = [error.message]
    if not told:
        assert not named, "it can't be opened, and its check finds nothing"
    try:
        mended = _mended(settings, told, before)
    except PinciteError as error:
        assert told, f"noticed late: {error.message}"
        assert error.hint
        mended = "refused"
    assert _read(settings, OTHER) == before[OTHER], "the other collection was harmed"
    return mended


def _mended(settings: Settings, told: list[str], before: dict[str, Texts]) -> str:
    """What makes the collection whole again."""
    collection, how = open_collection(settings.index, DAMAGED), "harmless"
    if told:
        how = "mended"
        update(collection, settings, BagOfTerms())
    if check(collection):
        # What was given and is no more has to be given again.
        how = "added again"
        add(collection, [_given(DAMAGED, n) for n in range(_ARTICLES)], settings)
        update(collection, settings, BagOfTerms())
    assert not check(collection), f"it is not whole: {check(collection)}"
    assert _stored(collection) == before[DAMAGED], "the documents are others"
    assert _read(settings, DAMAGED) == before[DAMAGED], "mended, the index gives other texts"
    return how


def _given(name: str, n: int) -> Given:
    said = f"Word uniq{name}{n}q stands here.\n\nThe harbour of {name} was shut for {n + 2} days."
    return Given(f"a{n}.txt", said.encode(), Metadata())


def _read(settings: Settings, name: str) -> Texts:
    """The articles as the index gives them, each found by a word that stands in it alone."""
    index: Index = open_index(settings, BagOfTerms(), name)
    found = {}
    for row in index.store.articles():
        article = index.store.article(row.id)
        assert article is not None, f"{row.id} is listed and not there"
        word = tuple(terms(article.text.split()[1]))
        passage = index.store.passages(dict(index.store.match([word], 3)))[0]
        assert passage.article == row.id, f"{row.id} is not found"
        assert article.text[passage.start : passage.end] == passage.text, "cited wrongly"
        found[row.id] = article.text
    return found


def _stored(collection: Collection) -> Texts:
    with collection.documents() as documents, documents.unchanging():
        articles = documents.articles(documents.numbers())
        return {article.id: article.text for _, article in articles}


def _counterpart(index: Path, path: Path) -> bytes:
    """The other collection's file of the same kind: of the same name, or in the same folder."""
    other = open_collection(index, OTHER).folder
    same = sorted(other.rglob(path.name))
    return (same or [p for p in sorted((other / "originals").rglob("*")) if p.is_file()])[
        0
    ].read_bytes()


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m pincite.eval.damaged", description=__doc__)
    parser.add_argument("--times", type=int, default=5, help="that a file is cut or a bit flipped")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = run(given.times, given.seed, Path(folder))
    outcomes = {damage: dict(counts) for damage, counts in result.outcomes.items()}
    print(json.dumps({"tried": result.tried, **outcomes, "faults": result.faults}, indent=1))
    sys.exit(1 if result.faults else 0)


if __name__ == "__main__":
    main()
