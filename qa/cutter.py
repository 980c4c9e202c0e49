"""Cut a question with a text into what the reader takes at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pincite.index.model_files import bare, load_tokenizer
from pincite.settings import Settings

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

    from pincite.qa.reader import Text


@dataclass(frozen=True, slots=True)
class Cut:
    """The question with as much of a text as the model takes at once.

    Attributes:
        pair: which question on which text.
        ids: of each token.
        offsets: `[start, end)` of each token in the text, shape `[tokens, 2]`; (0, 0) outside it.
        paragraphs: number of the paragraph that a token stands in, shape `[tokens]`; -1 outside
            the text and between two paragraphs.
    """

    pair: int
    ids: list[int]
    offsets: NDArray[np.int32]
    paragraphs: NDArray[np.int32]


class Cutter:
    """Cuts with one tokenizer. Safe to use from several threads.

    Args:
        tokenizer: of the reader; it is left as it is. Its pair template puts what the model
            wants around the question and the text.
        settings: `read_tokens` at once at most; of a longer text, parts that overlap by
            `read_stride`.
    """

    def __init__(self, tokenizer: Tokenizer, settings: Settings) -> None:
        self._plain, self._pairing = bare(tokenizer), bare(tokenizer)
        self._most = settings.read_tokens // 3
        self._pairing.enable_truncation(
            settings.read_tokens,
            # With a third of it, and a question of another, each part has text that is new.
            stride=min(settings.read_stride, self._most),
            strategy="only_second",
        )

    @classmethod
    def of_folder(cls, folder: Path, settings: Settings) -> Cutter:
        """With the tokenizer of a model's folder."""
        return cls(load_tokenizer(folder, "PINCITE_READER"), settings)

    def cut(self, pairs: Sequence[tuple[str, Text]]) -> list[Cut]:
        """What the model takes of each pair, in order."""
        asked = {question: self._shortened(question) for question, _ in pairs}
        return [
            cut
            for pair, (question, text) in enumerate(pairs)
            for cut in self._of(pair, asked[question], text)
        ]

    def _of(self, pair: int, asked: str, text: Text) -> Iterator[Cut]:
        whole = self._pairing.encode(asked, text.text)
        for encoding in [whole, *whole.overflowing]:
            yield _cut(pair, encoding, text)

    def _shortened(self, asked: str) -> str:
        """The end of the question, at most a third of what is read: text must be left to read."""
        offsets = self._plain.encode(asked, add_special_tokens=False).offsets
        return asked if len(offsets) <= self._most else asked[offsets[-self._most][0] :]


def _cut(pair: int, encoding: Encoding, text: Text) -> Cut:
    offsets = np.array(encoding.offsets, dtype=np.int32).reshape(-1, 2)
    inside = np.array([sequence == 1 for sequence in encoding.sequence_ids])
    offsets[~inside] = 0
    starts, ends = np.array(text.bounds, dtype=np.int32).reshape(-1, 2).T
    paragraph = np.searchsorted(starts, offsets[:, 0], side="right") - 1
    inside &= (paragraph >= 0) & (offsets[:, 1] <= ends[paragraph])
    return Cut(pair, encoding.ids, offsets, np.where(inside, paragraph, -1).astype(np.int32))
