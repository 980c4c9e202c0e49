"""How two answers to one question stand to each other, as a small model has learnt it.

A cross-encoder (the encoder's MiniLM, taught by `pincite train agreement`) reads the question and
both answers where they stand. How they compare as dates or amounts (`qa/measured.py`) is told to it
by a word.
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

from pincite.index.model_files import ONNX, bare, load_tokenizer, model_folder
from pincite.index.runtime import Session
from pincite.qa import measured
from pincite.qa.amounts import Fit
from pincite.qa.measured import Statement
from pincite.settings import Settings

if TYPE_CHECKING:
    from tokenizers import Tokenizer

SETTING = "PINCITE_AGREEMENT"
QUESTION_TOKENS = 40  # of a question at most; the last are kept
ANSWER_TOKENS = 32  # of an answer at most; the first are kept
HEADER_TOKENS = 16  # of the titles that an answer stands under at most; the first are kept
CONTEXT = 48
"""Tokens of an answer's paragraph on each side of it that are read, at most."""

MARK = "[unused0]"  # before and after an answer
TITLED = "[unused1]"  # after titles
HINTS = {Fit.SAME: "equal", Fit.OPEN: "open", Fit.APART: "different"}


class Relation(StrEnum):
    """How one answer stands to another."""

    SAME = "same"
    COMPATIBLE = "compatible"
    CONFLICT = "conflict"
    UNRELATED = "unrelated"
    """They are not both answers to the question."""


@dataclass(frozen=True, slots=True)
class Likely:
    """How likely each relation is, 0..1, in all 1."""

    same: float
    compatible: float
    conflict: float
    unrelated: float


class Comparison(Protocol):
    """Anything that compares answers."""

    def compare(self, question: str, pairs: Sequence[tuple[Statement, Statement]]) -> list[Likely]:
        """How the two of each pair stand to each other as answers to the question."""


class Agreement:
    """The learnt comparison, loaded when it is first needed. Safe to use from several threads.

    Args:
        settings: names the model's folder, which holds `model.onnx` and `tokenizer.json`.

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
                session = Session(self._folder / ONNX, self._threads)
                self._loaded = session, Writer(load_tokenizer(self._folder, SETTING))
            return self._loaded


class Writer:
    """Writes a question and two answers as the tokens that the model reads.

    `[CLS] question [SEP] hint titles before | answer | after [SEP] titles before | answer | ...`

    Args:
        context: tokens on each side of an answer at most.
    """

    def __init__(self, tokenizer: Tokenizer, context: int = CONTEXT) -> None:
        self._tokenizer = bare(tokenizer)
        self._context = context
        marks = map(self._id, ("[CLS]", "[SEP]", MARK, TITLED))
        self._first, self._apart, self._mark, self._titled = marks
        self._hints = {fit: [self._id(word)] for fit, word in HINTS.items()}
        self._side = lru_cache(maxsize=512)(self._read_side)

    def ids(self, question: str, first: Statement, second: Statement) -> list[int]:
        """Token ids of the two statements beside the question."""
        fit = measured.fit(first, second)
        asked = self._tokenizer.encode(question, add_special_tokens=False).ids
        return [
            *(self._first, *asked[-QUESTION_TOKENS:], self._apart),
            *(self._hints[fit] if fit else ()),
            *(*self._side(first), self._apart),
            *(*self._side(second), self._apart),
        ]

    def _read_side(self, statement: Statement) -> tuple[int, ...]:
        encoding = self._tokenizer.encode(statement.text, add_special_tokens=False)
        ends = [end for _, end in encoding.offsets]
        starts = [start for start, _ in encoding.offsets]
        at = int(np.searchsorted(ends, statement.start, side="right"))
        end = int(np.searchsorted(starts, statement.end, side="left"))
        ids = encoding.ids
        header = self._tokenizer.encode(statement.header, add_special_tokens=False).ids
        return (
            *([*header[:HEADER_TOKENS], self._titled] if header else ()),
            *(*ids[max(0, at - self._context) : at], self._mark),
            *(*ids[at:end][:ANSWER_TOKENS], self._mark),
            *ids[end : end + self._context],
        )

    def _id(self, token: str) -> int:
        id_: int | None = self._tokenizer.token_to_id(token)
        if id_ is None:
            raise ValueError(f"the tokenizer has no {token!r}")
        return id_


def _likely(logits: NDArray[np.float32]) -> Likely:
    powers = np.exp(logits - logits.max())
    return Likely(*(powers / powers.sum()).tolist())
