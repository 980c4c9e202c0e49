"""How two answers to one question stand to each other, as a small model has learnt it.

A cross-encoder (the reader's lower layers and what `pincite train agreement` adds to them) reads
the question and both answers where they stand. How they compare as amounts
(`qa/measured.py`) is told to it by a word.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from pincite.index.model_files import bare, load_tokenizer, model_folder
from pincite.index.runtime import Session
from pincite.qa import measured
from pincite.qa.amounts import Fit
from pincite.qa.measured import Statement
from pincite.settings import Settings

if TYPE_CHECKING:
    from tokenizers import Tokenizer

SETTING = "PINCITE_AGREEMENT"
MODEL = "agreement.onnx"
QUESTION_TOKENS = 64  # of a question at most; the last are kept
ANSWER_TOKENS = 32  # of an answer at most; the first are kept
HEADER_TOKENS = 16  # of the titles that an answer stands under at most; the first are kept
CONTEXT = 24
"""Tokens of an answer's paragraph on each side of it that are read, at most."""

# The tokenizer writes words in lower case and MPNet has met these signs; texts go without MARK.
FIRST, APART = "<s>", "</s>"
MARK = "*"  # before and after an answer
TITLED = ":"  # after titles
HINTS = {Fit.SAME: "equal", Fit.OPEN: "open", Fit.APART: "different"}


class Relation(StrEnum):
    """How one answer stands to another."""

    SAME = "same"
    COMPATIBLE = "compatible"
    CONFLICT = "conflict"
    FIRST = "first"  # only the first is an answer to the question
    SECOND = "second"  # only the second is
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class Likely:
    """How likely each relation is, 0..1, in all 1."""

    same: float
    compatible: float
    conflict: float
    first: float
    second: float = 0.0
    neither: float = 0.0

    @property
    def both_answer(self) -> float:
        """How likely both are answers to the question."""
        return self.same + self.compatible + self.conflict

    @property
    def first_answers(self) -> float:
        """How likely the first is one."""
        return self.both_answer + self.first

    @property
    def second_answers(self) -> float:
        """How likely the second is one."""
        return self.both_answer + self.second


class Comparison(Protocol):
    """Anything that compares answers."""

    def compare(self, question: str, pairs: Sequence[tuple[Statement, Statement]]) -> list[Likely]:
        """How the two of each pair stand to each other as answers to the question."""


class Agreement:
    """The learnt comparison, loaded when it is first needed. Safe to use from several threads.

    Args:
        settings: names the model's folder, which holds `agreement.onnx` and `tokenizer.json`.

    Raises:
        ModelError: there is no such model.
    """

    def __init__(self, settings: Settings) -> None:
        self._folder = model_folder(settings.agreement, SETTING)
        self._threads = settings.threads
        self._lock = threading.Lock()
        self._loaded: tuple[Session, Writer] | None = None

    def compare(self, question: str, pairs: Sequence[tuple[Statement, Statement]]) -> list[Likely]:
        """How the two of each pair stand to each other as answers to the question."""
        if not pairs:
            return []
        session, writer = self._load()
        written = [writer.ids(question, *pair) for pair in pairs]
        return [_likely(logits) for logits in session.run(written)]

    def _load(self) -> tuple[Session, Writer]:
        with self._lock:
            if self._loaded is None:
                session = Session(self._folder / MODEL, self._threads)
                self._loaded = session, Writer(load_tokenizer(self._folder, SETTING))
            return self._loaded


class Writer:
    """Writes a question and two answers as the tokens that the model reads.

    `<s> question </s> hint titles : before * answer * after </s> titles : before * answer * ...`

    Args:
        context: tokens on each side of an answer at most.
    """

    def __init__(self, tokenizer: Tokenizer, context: int = CONTEXT) -> None:
        self._tokenizer = bare(tokenizer)
        self._context = context
        signs = map(self._id, (FIRST, APART, MARK, TITLED))
        self._first, self._apart, self._mark, self._titled = signs
        self._hints = {fit: [self._id(word)] for fit, word in HINTS.items()}
        self._side = lru_cache(maxsize=512)(self._read_side)

    def ids(self, question: str, first: Statement, second: Statement) -> list[int]:
        """Token ids of the two statements beside the question."""
        fit = measured.fit(first, second)
        asked = self._read(question)[0]
        return [
            *(self._first, *asked[-QUESTION_TOKENS:], self._apart),
            *(self._hints[fit] if fit else ()),
            *(*self._side(first), self._apart),
            *(*self._side(second), self._apart),
        ]

    def _read_side(self, statement: Statement) -> tuple[int, ...]:
        ids, bounds = self._read(statement.text)
        at = sum(end <= statement.start for _, end in bounds)
        end = sum(start < statement.end for start, _ in bounds)
        header, _ = self._read(statement.header)
        return (
            *([*header[:HEADER_TOKENS], self._titled] if header else ()),
            *(*ids[max(0, at - self._context) : at], self._mark),
            *(*ids[at:end][:ANSWER_TOKENS], self._mark),
            *ids[end : end + self._context],
        )

    def _read(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """The text's tokens but `MARK`, and `[start, end)` of each in characters."""
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        pairs = zip(encoding.ids, encoding.offsets, strict=True)
        kept = [(id_, bounds) for id_, bounds in pairs if id_ != self._mark]
        return [id_ for id_, _ in kept], [bounds for _, bounds in kept]

    def _id(self, token: str) -> int:
        id_: int | None = self._tokenizer.token_to_id(token)
        if id_ is None:
            raise ValueError(f"the tokenizer has no {token!r}")
        return id_


def _likely(logits: NDArray[np.float32]) -> Likely:
    powers = np.exp(logits - logits.max())
    return Likely(*(powers / powers.sum()).tolist())
