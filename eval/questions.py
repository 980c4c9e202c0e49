"""The evaluation questions: what is asked, what is acceptable, where the evidence stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pincite.errors import PinciteError
from pincite.qa.answer import Status

KINDS = (
    "who",
    "when",
    "where",
    "how_many",
    "what",
    "why",
    "said",
    "agreed",
    "disputed",
    "paraphrase",
    "misspelled",
    "keywords",
    "unanswerable_near",
    "unanswerable_far",
    "conversation",
)
SPLITS = ("dev", "test")

Split = Literal["dev", "test", "all"]

REFUSED = frozenset({Status.NO_ANSWER, Status.NO_QUESTION})
"""The statuses under which no answer is shown."""


class EvalError(PinciteError):
    """The evaluation questions can't be used as they are.

    Attributes:
        line: line number in the file, from 1, or None where no line is to blame.
        column: in characters of the line, from 1, of the value that is to blame.
    """

    type = "eval_error"
    exit_code = 2

    def __init__(
        self, message: str, hint: str = "", line: int | None = None, column: int = 1
    ) -> None:
        where = "" if line is None else f"line {line}, column {column}: "
        super().__init__(f"{where}{message}", hint)
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True)
class Gold:
    """A piece of evidence.

    Attributes:
        file: the article's path in the corpus folder.
        evidence: an exact substring of the article's text, inside one paragraph.
        spans: every `[start, end)` in characters of the article's text where
            the evidence stands, in order; at least one.
    """

    file: str
    evidence: str
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Account:
    """One version of the facts: its acceptable answers and its evidence, at least one each."""

    answers: tuple[str, ...]
    gold: tuple[Gold, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """One question to ask: a single one, or one turn of a conversation.

    Attributes:
        id: unique; a turn's is the conversation's id, "/" and the turn's number.
        group: questions of one group are never in different splits.
        question: as a person would put it at this point.
        standalone: the same, written out; equals `question` for a single one.
        status: what the sources are to that question.
        accounts: none on `no_answer`, one or more on `answered`, two or more on `disputed`.
        conversation: the conversation's id, or None for a single question.
        turn: number in the conversation, from 1; 1 for a single question.
    """

    id: str
    kind: str
    group: str
    split: str
    question: str
    standalone: str
    status: Status
    accounts: tuple[Account, ...]
    conversation: str | None
    turn: int

    @property
    def answerable(self) -> bool:
        """Whether the sources hold an answer, or several."""
        return self.status is not Status.NO_ANSWER


def occurrences(text: str, part: str) -> tuple[tuple[int, int], ...]:
    """Every `[start, end)` of a non-empty `part` in `text`, in order; they may overlap."""
    spans = []
    start = text.find(part)
    while start >= 0:
        spans.append((start, start + len(part)))
        start = text.find(part, start + 1)
    return tuple(spans)
