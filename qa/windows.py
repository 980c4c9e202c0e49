"""Cut a question with a passage into windows: what a reader sees at once."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pincite.index.passages import Passage, under
from pincite.qa.words import sentence_bounds
from pincite.settings import Settings

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

KEPT = 4096  # passages whose tokens are kept, the latest: some 40 MB


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a passage that the model sees at once, with the question before it.

    Attributes:
        pair: which question on which passage.
        ids, types: of each token.
        offsets: `[start, end)` of each token in the passage's text, shape `[tokens, 2]`;
            (0, 0) outside it.
        sentences: number of the sentence that a token stands in, shape `[tokens]`; -1 outside
            the passage.
    """

    pair: int
    ids: list[int]
    types: list[int]
    offsets: NDArray[np.int32]
    sentences: NDArray[np.int32]


class Cutter:
    """Cuts windows with one tokenizer. Safe to use from several threads.

    Args:
        tokenizer: of the reader; it is left as it is.
    """

    def __init__(self, tokenizer: Tokenizer, settings: Settings) -> None:
        from tokenizers import Tokenizer

        self._settings = settings
        self._plain = Tokenizer.from_str(tokenizer.to_str())
        self._plain.no_truncation()
        self._plain.no_padding()
        self._pairing = Tokenizer.from_str(self._plain.to_str())
        self._pairing.enable_truncation(
            settings.read_tokens, stride=settings.read_stride, strategy="only_second"
        )
        # A passage is asked about again and again, and its tokens don't depend on the question.
        self._tokens = functools.lru_cache(maxsize=KEPT)(self._of)

    @classmethod
    def of_folder(cls, folder: Path, settings: Settings) -> Cutter:
        """With the tokenizer of a model's folder."""
        from tokenizers import Tokenizer

        return cls(Tokenizer.from_file(str(folder / "tokenizer.json")), settings)

    def cut(self, pairs: Sequence[tuple[str, Passage]]) -> list[Window]:
        """The windows of each pair, `read_tokens` long at most; of long passages they overlap."""
        asked = {question: self._question(question) for question, _ in pairs}
        windows = []
        for pair, (question, passage) in enumerate(pairs):
            header = self._header(passage)
            first = self._pairing.post_process(
                asked[question], self._tokens(header + passage.text), True
            )
            windows.append(_window(pair, first, first.type_ids, len(header), passage))
            for encoding in first.overflowing:
                # Of what overflows, the tokenizer gives the passage the question's type.
                begins = encoding.sequence_ids.index(1)
                types = first.type_ids[:begins]
                types += [first.type_ids[begins]] * (len(encoding.ids) - begins)
                windows.append(_window(pair, encoding, types, len(header), passage))
        return windows

    def _question(self, question: str) -> Encoding:
        """The question, at most a third of the window, so that text is left to read."""
        encoding = self._of(question)
        encoding.truncate(self._settings.read_tokens // 3)
        return encoding

    def _header(self, passage: Passage) -> str:
        return under(passage.header, "") if self._settings.read_header and passage.header else ""

    def _of(self, text: str) -> Encoding:
        return self._plain.encode(text, add_special_tokens=False)


def _window(
    pair: int, encoding: Encoding, types: list[int], header: int, passage: Passage
) -> Window:
    offsets = np.array(encoding.offsets, dtype=np.int32).reshape(-1, 2) - header
    second = np.array([sequence == 1 for sequence in encoding.sequence_ids])
    # What stands in the header is seen, but never an answer.
    inside = second & (offsets[:, 0] >= 0)
    offsets[~inside] = 0
    begins = [
        first + start
        for first, last in passage.bounds
        for start, _ in sentence_bounds(passage.text[first:last])
    ]
    sentence = np.searchsorted(begins, offsets[:, 0], side="right") - 1
    return Window(
        pair,
        encoding.ids,
        types,
        offsets,
        np.where(inside, sentence, -1).astype(np.int32),
    )
