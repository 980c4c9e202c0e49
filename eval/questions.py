"""The evaluation questions: what is asked, what is acceptable, where the evidence stands.

`questions.jsonl` holds one object a line. A single question has `question`,
`status` and `accounts`; a conversation has `turns`, each with those and
`standalone`, the question written out so that it needs no history.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

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


class EvalError(PinciteError):
    """The evaluation questions can't be used as they are.

    Attributes:
        line: line number in the file, from 1, or None where no line is to blame.
    """

    type = "eval_error"
    exit_code = 2

    def __init__(self, message: str, hint: str = "", line: int | None = None) -> None:
        super().__init__(message if line is None else f"line {line}: {message}", hint)
        self.line = line


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


def load(
    path: Path,
    articles: Mapping[str, str],
    *,
    split: Split = "all",
    kinds: Collection[str] | None = None,
) -> tuple[Question, ...]:
    """Read the questions and find their evidence in the articles.

    Every line is checked, those of other splits and kinds too.

    Args:
        path: the JSON lines file.
        articles: file -> stored text, the file decoded as UTF-8 with nothing
            else done to it (line ends included).
        split: which part to keep.
        kinds: which kinds to keep; None keeps all.

    Returns:
        The questions in the file's order, the turns of a conversation next to
        each other and in order.

    Raises:
        EvalError: the file can't be read, a line is not of the form, evidence
            is not in its article, or nothing is left after the filters.
    """
    unknown = sorted(set(kinds or ()) - set(KINDS))
    if unknown:
        raise EvalError(f"no such kind: {', '.join(unknown)}", f"Kinds are {', '.join(KINDS)}.")
    try:
        # Split at "\n" alone: a JSON string may hold U+2028, which splitlines() cuts at.
        lines = path.read_bytes().decode("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise EvalError(
            f"can't read {path}: {error}", "Give the path of a UTF-8 JSON lines file."
        ) from error
    questions: list[Question] = []
    seen: set[str] = set()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        reader = _Line(number, articles)
        for question in reader.questions(line):
            if question.id in seen:
                raise EvalError(f"the id {question.id!r} is taken", "Ids are unique.", number)
            seen.add(question.id)
            questions.append(question)
    kept = tuple(
        question
        for question in questions
        if split in ("all", question.split) and (kinds is None or question.kind in kinds)
    )
    if not kept:
        raise EvalError("no questions are left to ask", "Widen the split or the kinds.")
    return kept


@dataclass(frozen=True, slots=True)
class _Line:
    """Reads one line; keeps its number for the errors."""

    number: int
    articles: Mapping[str, str]

    def questions(self, line: str) -> list[Question]:
        try:
            raw = json.loads(line)
        except json.JSONDecodeError as error:
            raise self.error(f"not JSON: {error.msg}", "Write one JSON object a line.") from error
        if not isinstance(raw, dict):
            raise self.error("not a JSON object", "Write one JSON object a line.")
        if self.choice(raw, "kind", KINDS) != "conversation":
            return [self.question(raw, raw, None, 1)]
        name = self.text(raw, "id")
        turns = self.items(raw, "turns")
        if not turns:
            raise self.error("a conversation without turns", "Give at least one turn.")
        return [self.question(raw, turn, name, i) for i, turn in enumerate(turns, start=1)]

    def question(
        self, whole: dict[str, Any], asked: dict[str, Any], conversation: str | None, turn: int
    ) -> Question:
        question = self.text(asked, "question")
        status = Status(self.choice(asked, "status", [status.value for status in Status]))
        accounts = tuple(self.account(account) for account in self.items(asked, "accounts"))
        fewest = {Status.NO_ANSWER: 0, Status.ANSWERED: 1, Status.DISPUTED: 2}[status]
        if len(accounts) < fewest or (status is Status.NO_ANSWER and accounts):
            raise self.error(
                f"{len(accounts)} accounts do not go with the status {status}",
                "no_answer has none, answered one or more, disputed two or more.",
            )
        name = self.text(whole, "id")
        return Question(
            id=name if conversation is None else f"{name}/{turn}",
            kind=self.text(whole, "kind"),
            group=self.text(whole, "group"),
            split=self.choice(whole, "split", SPLITS),
            question=question,
            standalone=question if conversation is None else self.text(asked, "standalone"),
            status=status,
            accounts=accounts,
            conversation=conversation,
            turn=turn,
        )

    def account(self, raw: dict[str, Any]) -> Account:
        answers = raw.get("answers")
        if (
            not isinstance(answers, list)
            or not answers
            or not all(isinstance(answer, str) and answer.strip() for answer in answers)
        ):
            raise self.error("an account without answers", 'Give "answers", a list of texts.')
        gold = tuple(self.gold(item) for item in self.items(raw, "gold"))
        if not gold:
            raise self.error("an account without evidence", 'Give "gold", a list of objects.')
        return Account(tuple(answers), gold)

    def gold(self, raw: dict[str, Any]) -> Gold:
        file, evidence = self.text(raw, "file"), self.text(raw, "evidence")
        if file not in self.articles:
            raise self.error(f"no article {file!r}", "Name a file of the corpus folder.")
        spans = occurrences(self.articles[file], evidence)
        if not spans:
            raise self.error(
                f"evidence not in {file}: {evidence[:60]!r}",
                "Copy the evidence from the file, character by character.",
            )
        return Gold(file, evidence, spans)

    def text(self, raw: dict[str, Any], key: str) -> str:
        value = raw.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.error(f"{key!r} is missing or not a text", f'Give "{key}" as a string.')
        return value

    def choice(self, raw: dict[str, Any], key: str, allowed: Collection[str]) -> str:
        value = self.text(raw, key)
        if value not in allowed:
            raise self.error(f"{key!r} is {value!r}", f"It is one of {', '.join(allowed)}.")
        return value

    def items(self, raw: dict[str, Any], key: str) -> list[dict[str, Any]]:
        value = raw.get(key)
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.error(f"{key!r} is missing or not a list", f'Give "{key}" as a list.')
        return value

    def error(self, message: str, hint: str) -> EvalError:
        return EvalError(message, hint, self.number)
