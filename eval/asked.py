"""Questions over a folder of articles: the one shape in which every corpus but the seeds is asked.

FOLDER/corpus/          the articles
FOLDER/index/           built from it (`pincite index FOLDER/corpus --index FOLDER/index`)
FOLDER/questions.jsonl  a JSON object a line: the fields of `Asked`
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from pincite.errors import InvalidData

FILE = "questions.jsonl"
PARTS = ("dev", "test")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question over the folder's corpus.

    Attributes:
        id: unique in the folder.
        answers: the acceptable ones; none where the corpus holds none.
        group: questions of one group are never in different folds.
        part: "dev" may be fitted on, "test" is reported only.
    """

    id: str
    question: str
    answers: tuple[str, ...]
    group: str
    part: str


def write(folder: Path, questions: Iterable[Asked]) -> None:
    """Write the folder's questions."""
    with (folder / FILE).open("w", encoding="utf-8") as file:
        for question in questions:
            file.write(json.dumps(asdict(question), ensure_ascii=False) + "\n")


def load(folder: Path) -> list[Asked]:
    """The folder's questions.

    Raises:
        InvalidData: the file can't be read or a line is not of the shape.
    """
    path = folder / FILE
    try:
        rows = [json.loads(line) for line in path.read_bytes().splitlines()]
        asked = [
            Asked(
                str(row["id"]),
                str(row["question"]),
                tuple(map(str, row["answers"])),
                str(row["group"]),
                str(row["part"]),
            )
            for row in rows
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidData(
            f"{path} can't be read: {error!r}",
            "Draw the sample again, such as by `python -m pincite.eval.news`.",
        ) from error
    if any(question.part not in PARTS for question in asked):
        raise InvalidData(f"{path} has a part that is neither of {PARTS}", "Draw it again.")
    return asked
