"""RAMDocs: questions whose few documents agree, differ, mislead or say nothing.

    python -m pincite.eval.ramdocs ramdocs_dev.jsonl [--json FILE]

Wang et al., "Retrieval-Augmented Generation with Conflicting Evidence" (2025),
https://github.com/HanNight/RAMDocs: a JSON object a line, `{"question", "documents":
[{"text", "type", "answer"}], "gold_answers", "wrong_answers"}`. Each question is asked over
an index of its own documents alone. Exact match is the paper's: every gold answer is in
what is given, and no wrong one. Questions are parted by the hash of their words: "dev" ones may be
chosen on.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from pincite.errors import InvalidData
from pincite.eval.data import rows
from pincite.eval.words import is_right, normalise
from pincite.index.build import build
from pincite.index.opened import open_index
from pincite.qa.answer import Status
from pincite.qa.ask import Models, Pincite
from pincite.settings import load_settings

NAME = "ramdocs"


@dataclass(frozen=True, slots=True)
class Conflict:
    """A question with its documents.

    Attributes:
        gold: the answers that are to be given, each once.
        wrong: those that a misleading document gives.
    """

    id: str
    question: str
    documents: tuple[str, ...]
    gold: tuple[str, ...]
    wrong: tuple[str, ...]

    @property
    def part(self) -> str:
        """ "dev" or "test", by the hash of the question."""
        return ("dev", "test")[sha256(self.question.encode()).digest()[0] % 2]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was given to a question.

    Attributes:
        answers: of the accounts, in order; none if it was refused.
        exact: every gold answer is in them, and no wrong one.
        found: how many gold answers are.
        right: how many accounts give a gold answer.
        misled: how many wrong answers are in what was given.
        disputed: the answers were said to exclude each other.
    """

    conflict: Conflict
    answers: tuple[str, ...]
    exact: bool
    found: int
    right: int
    misled: int
    disputed: bool


def load(path: Path) -> list[Conflict]:
    """The questions of a file.

    Raises:
        InvalidData: it can't be read, or a line is not of the form.
    """
    return [_conflict(number, *row) for number, row in enumerate(rows(path), start=1)]


def _conflict(number: int, where: str, row: Any) -> Conflict:  # noqa: ANN401
    try:
        return Conflict(
            f"{NAME}-{number}",
            str(row["question"]),
            tuple(str(document["text"]) for document in row["documents"]),
            tuple(dict.fromkeys(map(str, row["gold_answers"]))),
            tuple(dict.fromkeys(map(str, row["wrong_answers"]))),
        )
    except (KeyError, TypeError) as error:
        raise InvalidData(
            f"{where} lacks what a question needs: {error!r}",
            "Each line needs question, documents, gold_answers and wrong_answers.",
        ) from error


class Opened:
    """Opens the product over one question's documents after another, the models loaded once.

    Args:
        reader: its folder; the setting if None.
    """

    def __init__(self, folder: Path, reader: str | None = None) -> None:
        self._folder = folder
        self._settings = load_settings(reader=reader)
        self._models = Models.open(self._settings)

    def __call__(self, conflict: Conflict) -> Pincite:
        """The product over the question's documents."""
        folder = self._folder / conflict.id
        corpus = folder / "corpus"
        corpus.mkdir(parents=True, exist_ok=True)
        for number, text in enumerate(conflict.documents, start=1):
            (corpus / f"{number:02}.txt").write_text(text, "utf-8")
        changed = {"corpus": corpus, "index": folder / "index"}
        settings = self._settings.model_copy(update=changed)
        build(settings, self._models.encoder)
        return Pincite(open_index(settings, self._models.encoder), self._models, settings)


def outcome(conflict: Conflict, answers: Sequence[str], disputed: bool) -> Outcome:
    """Judge what was given."""
    given = f" {' | '.join(map(normalise, answers))} "
    gold = [_within(answer, given) for answer in conflict.gold]
    wrong = [_within(answer, given) for answer in conflict.wrong]
    return Outcome(
        conflict,
        tuple(answers),
        exact=all(gold) and not any(wrong),
        found=sum(gold),
        right=sum(any(is_right(a, g) for g in conflict.gold) for a in answers),
        misled=sum(wrong),
        disputed=disputed,
    )


def _within(answer: str, given: str) -> bool:
    return f" {normalise(answer)} " in given


def report(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """The measures over some questions."""
    gold = sum(len(one.conflict.gold) for one in outcomes)
    shown = sum(len(one.answers) for one in outcomes)
    single = [one for one in outcomes if len(one.conflict.gold) + len(one.conflict.wrong) == 1]
    misleading = [one for one in outcomes if one.conflict.wrong]
    return {
        "questions": len(outcomes),
        "exact match": sum(one.exact for one in outcomes) / len(outcomes),
        "account recall": sum(one.found for one in outcomes) / gold,
        "account precision": sum(one.right for one in outcomes) / max(1, shown),
        "refused": sum(not one.answers for one in outcomes) / len(outcomes),
        "exact match, nothing misleads": _exact([o for o in outcomes if not o.conflict.wrong]),
        "exact match, something misleads": _exact(misleading),
        "disputed though one answer": sum(one.disputed for one in single) / max(1, len(single)),
    }


def _exact(outcomes: Sequence[Outcome]) -> float:
    return sum(one.exact for one in outcomes) / max(1, len(outcomes))


def main() -> None:
    """Ask every question, print the measures."""
    parser = argparse.ArgumentParser(description="Measure on RAMDocs.")
    parser.add_argument("data", type=Path)
    parser.add_argument("--reader", help="the reader's folder (default: the setting)")
    parser.add_argument("--json", type=Path, help="write every answer here")
    parser.add_argument("--limit", type=int, help="questions at most, the first ones")
    args = parser.parse_args()
    conflicts = load(args.data)[: args.limit]
    with tempfile.TemporaryDirectory() as folder:
        open_ = Opened(Path(folder), args.reader)
        outcomes = []
        for conflict in conflicts:
            given = open_(conflict).ask(conflict.question)
            answers = [account.answer for account in given.accounts]
            outcomes.append(outcome(conflict, answers, given.status is Status.DISPUTED))
    for part in ("dev", "test"):
        if of_part := [o for o in outcomes if o.conflict.part == part]:
            print(part, json.dumps(report(of_part)))
    if args.json:
        lines = [
            json.dumps(
                {
                    "question": o.conflict.question,
                    "gold": o.conflict.gold,
                    "wrong": o.conflict.wrong,
                    "answers": o.answers,
                    "exact": o.exact,
                }
            )
            for o in outcomes
        ]
        args.json.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
