"""Read a file of evaluation questions, and say of everything wrong in it where it stands.

`questions.jsonl` holds one object a line. A single question has `question`,
`status` and `accounts`; a conversation has `turns`, each with those and
`standalone`, the question written out so that it needs no history. Empty lines and
lines that begin with "#" are passed over.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pincite.eval.columns import At, columns
from pincite.eval.questions import (
    KINDS,
    SPLITS,
    Account,
    EvalError,
    Gold,
    Question,
    Split,
    occurrences,
)
from pincite.qa.answer import Status

FEWEST_ACCOUNTS = {
    Status.NO_ANSWER.value: 0,
    Status.ANSWERED.value: 1,
    Status.DISPUTED.value: 2,
}
NO_ARTICLE = "Name a file as `pincite articles --json` does, and its --collection or --corpus."


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the file: a question, or a conversation.

    Attributes:
        line: its number, from 1.
        columns: see `pincite.eval.columns`.
        questions: of a conversation, its turns.
    """

    line: int
    columns: Mapping[At, int]
    questions: tuple[Question, ...]

    def error(self, question: Question, path: At, message: str, hint: str) -> EvalError:
        """What is wrong with a question, at the value that a path leads to from it."""
        if question.conversation is not None:
            path = ("turns", question.turn - 1, *path)
        return EvalError(message, hint, self.line, _nearest(self.columns, path))


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
        articles: file -> stored text.
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
    entries, errors = read(path, articles)
    if errors:
        first = errors[0]
        if len(errors) > 1:
            first.hint += f" `pincite eval validate {path}` tells all {len(errors)} that are wrong."
        raise first
    kept = tuple(
        question
        for entry in entries
        for question in entry.questions
        if split in ("all", question.split) and (kinds is None or question.kind in kinds)
    )
    if not kept:
        raise EvalError("no questions are left to ask", "Widen the split or the kinds.")
    return kept


def read(path: Path, articles: Mapping[str, str]) -> tuple[list[Entry], list[EvalError]]:
    """The lines that are of the form, and all that is wrong with the others.

    Raises:
        EvalError: the file can't be read.
    """
    try:
        # Split at "\n" alone: a JSON string may hold U+2028, which splitlines() cuts at.
        lines = path.read_bytes().decode("utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise EvalError(
            f"can't read {path}: {error}", "Give the path of a UTF-8 JSON lines file."
        ) from error
    entries: list[Entry] = []
    errors: list[EvalError] = []
    seen: set[str] = set()
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        reader = _Line(number, articles)
        questions = reader.questions(line)
        for id_ in {question.id for question in questions if question.id in seen}:
            reader.wrong(("id",), f"the id {id_!r} is taken", "Ids are unique.")
        seen.update(question.id for question in questions)
        errors += reader.errors
        if not reader.errors:
            entries.append(Entry(number, reader.columns, tuple(questions)))
    return entries, errors


def _nearest(found: Mapping[At, int], path: At) -> int:
    """The column of a value, or of what should hold it."""
    while path and path not in found:
        path = path[:-1]
    return found.get(path, 1)


@dataclass(slots=True)
class _Line:
    """Reads one line; notes what is wrong with it, and reads on as far as it makes sense."""

    number: int
    articles: Mapping[str, str]
    columns: Mapping[At, int] = field(default_factory=dict)
    errors: list[EvalError] = field(default_factory=list)

    def questions(self, line: str) -> list[Question]:
        try:
            raw = json.loads(line)
            self.columns = columns(line)
        except json.JSONDecodeError as error:
            hint = "Write one JSON object a line."
            self.errors.append(EvalError(f"not JSON: {error.msg}", hint, self.number, error.colno))
            return []
        except RecursionError:
            self.wrong((), "lists in lists too deep to read", "Write one JSON object a line.")
            return []
        if not isinstance(raw, dict):
            self.wrong((), "not a JSON object", "Write one JSON object a line.")
            return []
        whole = {
            "id": self.text(raw, (), "id"),
            "kind": self.choice(raw, (), "kind", KINDS),
            "group": self.text(raw, (), "group"),
            "split": self.choice(raw, (), "split", SPLITS),
        }
        if whole["kind"] != "conversation":
            return [self.question(whole, raw, (), None)]
        turns = self.items(raw, (), "turns")
        if turns == []:
            self.wrong(("turns",), "a conversation without turns", "Give at least one turn.")
        return [
            self.question(whole, turn, ("turns", place), place + 1)
            for place, turn in enumerate(turns or ())
        ]

    def question(
        self, whole: Mapping[str, str], asked: dict[str, Any], path: At, turn: int | None
    ) -> Question:
        question = self.text(asked, path, "question")
        status = self.choice(asked, path, "status", FEWEST_ACCOUNTS)
        items = self.items(asked, path, "accounts")
        accounts = tuple(
            self.account(account, (*path, "accounts", i)) for i, account in enumerate(items or ())
        )
        if status and items is not None:
            few = len(accounts) < FEWEST_ACCOUNTS[status]
            if few or (status == Status.NO_ANSWER and accounts):
                self.wrong(
                    (*path, "accounts"),
                    f"{len(accounts)} accounts do not go with the status {status}",
                    "no_answer has none, answered one or more, disputed two or more.",
                )
        return Question(
            id=whole["id"] if turn is None else f"{whole['id']}/{turn}",
            kind=whole["kind"],
            group=whole["group"],
            split=whole["split"],
            question=question,
            standalone=question if turn is None else self.text(asked, path, "standalone"),
            status=Status(status or Status.NO_ANSWER),
            accounts=accounts,
            conversation=None if turn is None else whole["id"],
            turn=turn or 1,
        )

    def account(self, raw: dict[str, Any], path: At) -> Account:
        answers = raw.get("answers")
        if (
            not isinstance(answers, list)
            or not answers
            or not all(isinstance(answer, str) and answer.strip() for answer in answers)
        ):
            self.wrong(
                (*path, "answers"),
                "an account without answers, or with an empty one",
                'Give "answers", a list of texts, or delete the line.',
            )
            answers = []
        items = self.items(raw, path, "gold")
        if items == []:
            self.wrong(path, "an account without evidence", 'Give "gold", a list of objects.')
        gold = (self.gold(item, (*path, "gold", i)) for i, item in enumerate(items or ()))
        return Account(tuple(answers), tuple(gold))

    def gold(self, raw: dict[str, Any], path: At) -> Gold:
        file, evidence = self.text(raw, path, "file"), self.text(raw, path, "evidence")
        if not (file and evidence):
            return Gold(file, evidence, ())
        if file not in self.articles:
            self.wrong((*path, "file"), f"no article {file!r}", NO_ARTICLE)
            return Gold(file, evidence, ())
        spans = occurrences(self.articles[file], evidence)
        if not spans:
            self.wrong(
                (*path, "evidence"),
                f"evidence not in {file}: {evidence[:60]!r}",
                "Copy the evidence from the article, character by character.",
            )
        return Gold(file, evidence, spans)

    def text(self, raw: dict[str, Any], path: At, key: str) -> str:
        """The text of a key, or, where that is wrong, an empty one."""
        value = raw.get(key)
        if isinstance(value, str) and value.strip():
            return value
        if isinstance(value, str):
            self.wrong((*path, key), f"{key!r} is empty", "Fill it in, or delete the line.")
        else:
            hint = f'Give "{key}" as a string.'
            self.wrong((*path, key), f"{key!r} is missing or not a text", hint)
        return ""

    def choice(self, raw: dict[str, Any], path: At, key: str, allowed: Collection[str]) -> str:
        """One of the allowed texts, or, where that is wrong, an empty one."""
        value = self.text(raw, path, key)
        if not value or value in allowed:
            return value
        self.wrong((*path, key), f"{key!r} is {value!r}", f"It is one of {', '.join(allowed)}.")
        return ""

    def items(self, raw: dict[str, Any], path: At, key: str) -> list[dict[str, Any]] | None:
        """The objects of a list, or, where that is wrong, None."""
        value = raw.get(key)
        if isinstance(value, list) and all(isinstance(item, dict) for item in value):
            return value
        self.wrong(
            (*path, key),
            f"{key!r} is missing or not a list of objects",
            f'Give "{key}" as a list.',
        )
        return None

    def wrong(self, path: At, message: str, hint: str) -> None:
        column = _nearest(self.columns, path)
        self.errors.append(EvalError(message, hint, self.number, column))
