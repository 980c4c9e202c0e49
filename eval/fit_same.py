"""Fit when two answers in free wording say the same; the model is `qa/said/same.py`'s.

    python -m pincite.eval.fit_same ramdocs_dev.jsonl

The pairs are those of the dev questions and of the dev part of RAMDocs (see
`eval/ramdocs.py`) that no rule decides: two answers of one account say the
same; answers of two accounts, or of two questions that begin with the same
word, don't. What is measured is cross-validated: all pairs with a question are
held out together.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pincite.eval.data import rows
from pincite.eval.fit_confidence import logistic_weights
from pincite.eval.ramdocs import load
from pincite.qa.said.same import FEATURES, Relation, Said, decided, features

QUESTIONS = Path(__file__).with_name("questions.jsonl")
WEIGHTS = Path(__file__).parents[1] / "qa" / "said" / "same.json"
MOST = 12  # pairs of one kind that a question gives at most
FOLDS = 5
SEED = 0

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two answers to a question, and whether they say the same.

    Attributes:
        group: pairs of one group are held out together.
        rival: they are of two accounts of one question rather than of two questions.
    """

    group: str
    question: str
    first: Said
    second: Said
    same: bool
    rival: bool

    @property
    def plain(self) -> bool:
        """Nothing is to be found out."""
        return self.first.words.casefold() == self.second.words.casefold()

    @property
    def apart(self) -> bool:
        """No one sentence is known to hold both, as with answers of two articles."""
        return self.first.sentence != self.second.sentence


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its accounts, each the answers that count as one."""

    group: str
    question: str
    accounts: tuple[tuple[Said, ...], ...]


def dev_questions(path: Path = QUESTIONS) -> list[Asked]:
    """The single dev questions with an answer; those of other splits are not read."""
    found = []
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        if row["split"] != "dev" or not row.get("accounts"):
            continue
        accounts = tuple(
            tuple(Said(words, _sentence(words, account["gold"])) for words in account["answers"])
            for account in row["accounts"]
        )
        found.append(Asked(row["group"], row["question"], accounts))
    return found


def ramdocs_questions(path: Path) -> list[Asked]:
    """The dev questions of RAMDocs; the documents with one answer are one account.

    Raises:
        InvalidData: the file can't be read, or a line is not of the form.
    """
    found = []
    for conflict, (_, row) in zip(load(path), rows(path), strict=True):
        if conflict.part != "dev":
            continue
        said: dict[str, dict[str, None]] = defaultdict(dict)
        for document in row["documents"]:
            if document["answer"] != "unknown":
                said[document["answer"]][document["text"]] = None
        accounts = tuple(
            tuple(Said(words, _around(words, text)) for text in texts)
            for words, texts in said.items()
        )
        found.append(Asked(conflict.id, conflict.question, accounts))
    return found


def pairs(asked: Sequence[Asked], seed: int = SEED) -> list[Pair]:
    """Pairs of all kinds, at most `MOST` of a kind a question, the same for the same seed."""
    rng = random.Random(seed)
    found: list[Pair] = []
    for one in asked:
        alike = [p for said in one.accounts for p in itertools.combinations(said, 2)]
        rivals = [
            p
            for left, right in itertools.combinations(one.accounts, 2)
            for p in itertools.product(left, right)
        ]
        word = one.question.lower().split()[0]
        others = [
            said
            for other in asked
            if other.group != one.group and other.question.lower().split()[0] == word
            for account in other.accounts
            for said in account[:1]
        ]
        own = [said for account in one.accounts for said in account]
        foreign = [(rng.choice(own), said) for said in others]
        for chosen, same, rival in ((alike, True, False), (rivals, False, True)):
            found.extend(
                Pair(one.group, one.question, *pair, same, rival) for pair in _some(chosen, rng)
            )
        found.extend(
            Pair(one.group, one.question, *pair, False, False) for pair in _some(foreign, rng)
        )
    return found


def out_of_fold(found: Sequence[Pair], matrix: Vector) -> Vector:
    """The probability of each pair by a model fitted without its group's, shape `[pairs]`."""
    same = np.array([pair.same for pair in found])
    groups = sorted({pair.group for pair in found})
    random.Random(SEED).shuffle(groups)
    fold = {group: number % FOLDS for number, group in enumerate(groups)}
    folds = np.array([fold[pair.group] for pair in found])
    result = np.zeros(len(found))
    for number in range(FOLDS):
        kept = folds != number
        weights, bias = logistic_weights(matrix[kept], same[kept], np.ones(int(kept.sum())))
        result[~kept] = 1 / (1 + np.exp(-(matrix[~kept] @ weights + bias)))
    return result


def rates(said: Iterable[bool], true: Iterable[bool]) -> tuple[float, float]:
    """Precision and recall, each 0..1; 1 where there is nothing to be wrong about."""
    both = list(zip(said, true, strict=True))
    hits = sum(s and t for s, t in both)
    called, there = sum(s for s, _ in both), sum(t for _, t in both)
    return (hits / called if called else 1.0), (hits / there if there else 1.0)


def main() -> None:
    """Fit, measure by cross-validation, and store the weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ramdocs", type=Path, help="the RAMDocs questions as JSON lines")
    options = parser.parse_args()
    asked = [*dev_questions(), *ramdocs_questions(options.ramdocs)]
    found = [pair for pair in pairs(asked) if not pair.plain]
    ruled = [decided(pair.question, pair.first, pair.second) for pair in found]
    grey = [pair for pair, relation in zip(found, ruled, strict=True) if relation is None]
    matrix = np.array([list(features(p.question, p.first, p.second).values()) for p in grey])
    same = np.array([pair.same for pair in grey])
    guessed = out_of_fold(grey, matrix) >= 0.5
    held = dict(zip(map(id, grey), guessed, strict=True))
    called = [
        bool(held[id(pair)]) if relation is None else relation is Relation.SAME
        for pair, relation in zip(found, ruled, strict=True)
    ]
    _print("free wording", grey, guessed)
    _print("free wording, two sentences", grey, guessed, lambda pair: pair.apart)
    _print("all", found, called)
    _print("all, two sentences", found, called, lambda pair: pair.apart)
    _print("one question's only", found, called, lambda pair: pair.same or pair.rival)
    _print_excludes(found, ruled)
    weights, bias = logistic_weights(matrix, same, np.ones(len(same)))
    stored = {
        "weights": {n: round(float(w), 4) for n, w in zip(FEATURES, weights, strict=True)},
        "bias": round(bias, 4),
    }
    WEIGHTS.write_text(json.dumps(stored, indent=2) + "\n", "utf-8")
    print(f"written: {WEIGHTS}")


def _print(
    name: str,
    found: Sequence[Pair],
    called: Iterable[bool],
    keep: Callable[[Pair], bool] = lambda pair: True,
) -> None:
    kept = [(bool(c), p.same) for p, c in zip(found, called, strict=True) if keep(p)]
    precision, recall = rates([c for c, _ in kept], [same for _, same in kept])
    count = sum(same for _, same in kept)
    print(f"{name}: {len(kept)} pairs, {count} same: P {precision:.3f} R {recall:.3f}")


def _print_excludes(found: Sequence[Pair], ruled: Sequence[Relation | None]) -> None:
    """Of one question's pairs; accounts of one question need not exclude each other."""
    kept = [
        (relation is Relation.EXCLUDES, pair.rival)
        for pair, relation in zip(found, ruled, strict=True)
        if pair.same or pair.rival
    ]
    precision, recall = rates([c for c, _ in kept], [rival for _, rival in kept])
    print(f"excludes: {sum(r for _, r in kept)} rivals: P {precision:.3f} R {recall:.3f}")


def _some(chosen: Sequence[tuple[Said, Said]], rng: random.Random) -> Iterator[tuple[Said, Said]]:
    yield from rng.sample(chosen, MOST) if len(chosen) > MOST else chosen


def _sentence(words: str, gold: Iterable[dict[str, str]]) -> str:
    """The evidence that holds the words, or the words alone."""
    return next((g["evidence"] for g in gold if words in g["evidence"]), words)


def _around(words: str, text: str) -> str:
    """The words with what stands near them in a document, or the words alone."""
    at = text.find(words)
    return text[max(0, at - 100) : at + len(words) + 100] if at >= 0 else words


if __name__ == "__main__":
    main()
