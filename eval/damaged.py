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
from pincite.eval.killed import BagOfTerms, not_found, stored
from pincite.index.about import check
from pincite.index.changes import add
from pincite.index.collection import make_collection, open_collection
from pincite.index.intake import Given
from pincite.index.known import Metadata
from pincite.index.opened import open_index
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
    whole, copy = (Settings(index=folder / name, threads=1) for name in ("whole", "damaged"))
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
            raw, other = (whole.index / home / file).read_bytes(), _counterpart(whole.index, file)
            for _ in range(times if change in (_cut, _flip) else 1):
                damaged = change(raw, other, chance)
                if damaged == raw or (damaged == b"" and damage == "cut"):
                    continue
                shutil.rmtree(copy.index, ignore_errors=True)
                shutil.copytree(whole.index, copy.index)
                (copy.index / home / file).unlink()
                if damaged is not None:
                    (copy.index / home / file).write_bytes(damaged)
                try:
                    counts[_outcome(copy, before)] += 1
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
        opens = True
    except PinciteError as error:
        assert error.hint
        opens = False
    try:
        noticed = bool(check(open_collection(settings.index, DAMAGED)))
    except PinciteError as error:
        assert error.hint
        noticed = True
    assert opens or noticed, "it can't be opened, and its check finds nothing"
    try:
        how = _mended(settings) if noticed else "harmless"
        _see_whole(settings, before[DAMAGED])
    except PinciteError as error:
        assert noticed, f"noticed late: {error.message}"
        assert error.hint
        how = "refused"
    assert _read(settings, OTHER) == before[OTHER], "the other collection was harmed"
    return how


def _mended(settings: Settings) -> str:
    """What makes the collection whole again."""
    collection = open_collection(settings.index, DAMAGED)
    update(collection, settings, BagOfTerms())
    if not check(collection):
        return "mended"
    # What was given and is no more has to be given again.
    add(collection, [_given(DAMAGED, n) for n in range(_ARTICLES)], settings)
    update(collection, settings, BagOfTerms())
    return "added again"


def _see_whole(settings: Settings, texts: Texts) -> None:
    collection = open_collection(settings.index, DAMAGED)
    wrong = check(collection)
    assert not wrong, f"it is not whole: {wrong}"
    assert stored(collection) == texts, "the documents are others"
    assert _read(settings, DAMAGED) == texts, "mended, the index gives other texts"


def _given(name: str, n: int) -> Given:
    said = f"Word uniq{name}{n}q stands here.\n\nThe harbour of {name} was shut for {n + 2} days."
    return Given(f"a{n}.txt", said.encode(), Metadata())


def _read(settings: Settings, name: str) -> Texts:
    """The articles as the index gives them, each found by a word that stands in it alone."""
    index = open_index(settings, BagOfTerms(), name)
    found = {}
    for row in index.store.articles():
        article = index.store.article(row.id)
        assert article is not None, f"{row.id} is listed and not there"
        wrong = not_found(index, row.id, article.text)
        assert wrong is None, wrong
        found[row.id] = article.text
    return found


def _counterpart(index: Path, file: Path) -> bytes:
    """The other collection's file of the same kind: of the same name, or an original of its own."""
    other = open_collection(index, OTHER).folder
    same = sorted(other.rglob(file.name)) or sorted(other.glob("originals/*/*"))
    return same[0].read_bytes()


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
