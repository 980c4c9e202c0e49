"""Read passages for a question: the reader's best spans and its null score."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pincite.index.exported import is_plain
from pincite.index.model_files import fingerprint, model_folder
from pincite.index.passages import Passage
from pincite.index.runtime import precision_of
from pincite.qa.windows import Cutter, Window
from pincite.qa.words import whole_words
from pincite.settings import Settings

SPANS_A_WINDOW = 3

Scores = NDArray[np.float32]
Logits = tuple[Scores, Scores]
"""Of each token of a window that the answer starts and that it ends there."""


@dataclass(frozen=True, slots=True)
class Span:
    """A run of words in one passage that may answer the question.

    Attributes:
        start, end: `[start, end)` in characters of the passage's text, inside one sentence.
        score: the reader's start logit plus its end logit.
        null: start plus end logit of "no answer here" in the same window.
    """

    start: int
    end: int
    score: float
    null: float

    def after(self, characters: int) -> Span:
        """The same span in a text that has so many characters before this one's."""
        return replace(self, start=self.start + characters, end=self.end + characters)


class Reader(Protocol):
    """Anything that finds spans in passages."""

    @property
    def fingerprint(self) -> str:
        """Changes when the spans or scores would."""

    def read(self, question: str, passages: Sequence[Passage]) -> list[list[Span]]:
        """For each passage its best spans, best first; none where it holds no word."""


class Model(Protocol):
    """What computes a reader's logits: one small file per runtime."""

    @property
    def cutter(self) -> Cutter:
        """Cuts the windows as the model wants them."""

    def logits(self, windows: Sequence[Window], batch_tokens: int) -> Iterator[tuple[int, Logits]]:
        """`(window's number, its start and end logits of shape [tokens])`, in any order."""


class WindowReader:
    """A reader of a transformers question-answering folder. Loaded at the first question.

    Safe to use from several threads.

    Args:
        settings: names the model, the runtime, the windows' and the answer's length.

    Raises:
        ModelError: the model is missing or is of another kind.
    """

    def __init__(self, settings: Settings) -> None:
        self.folder = model_folder(settings.reader, "PINCITE_READER")
        self.fingerprint = fingerprint(self.folder)
        self._settings = settings
        self._lock = threading.Lock()
        self._model: Model | None = None

    def read(self, question: str, passages: Sequence[Passage]) -> list[list[Span]]:
        """For each passage its best spans, best first; none where it holds no word."""
        return self.read_pairs(
            [(question, passage) for passage in passages], self._settings.read_batch_tokens
        )

    def read_pairs(
        self, pairs: Sequence[tuple[str, Passage]], batch_tokens: int
    ) -> list[list[Span]]:
        """The same for many questions, each on a passage of its own.

        Args:
            pairs: questions with their passages.
            batch_tokens: word pieces read at a time at most, padding included;
                a longer window is read alone.
        """
        model = self._load()
        windows = model.cutter.cut(pairs)
        found: list[list[Span]] = [[] for _ in pairs]
        for number, (starts, ends) in model.logits(windows, batch_tokens):
            window = windows[number]
            found[window.pair] += best_spans(
                *(starts, ends, window.offsets, window.sentences),
                pairs[window.pair][1].text,
                self._settings.answer_tokens,
            )
        return [best_of_each(spans) for spans in found]

    def _load(self) -> Model:
        with self._lock:
            if self._model is None:
                precision = precision_of(self._settings)
                if precision is not None and is_plain(self.folder, "spans"):
                    from pincite.qa.read_onnx import OnnxModel

                    self._model = OnnxModel(
                        self.folder, self.fingerprint, precision, self._settings
                    )
                else:
                    from pincite.qa.read_torch import TorchModel

                    self._model = TorchModel(self.folder, self._settings)
            return self._model


def best_spans(
    starts: Scores,
    ends: Scores,
    offsets: NDArray[np.int32],
    sentences: NDArray[np.int32],
    text: str,
    longest: int,
) -> list[Span]:
    """The best spans of one window (Devlin et al., 2019, section 4.2 and 4.3).

    A span's score is the sum of its start and end logits; the null score is
    that of the first token. A span lies inside one sentence, as 99.7 % of the answers
    do that people gave to SQuAD-like questions, and so in one paragraph; it is widened
    to whole words.

    Args:
        starts, ends: logits, shape `[tokens]`.
        offsets: `[start, end)` of each token in characters of `text`, shape `[tokens, 2]`.
        sentences: number of each token's, -1 for tokens that can't be part of an answer.
        longest: tokens in a span at most.
    """
    null = float(starts[0] + ends[0])
    inside = np.flatnonzero(sentences >= 0)
    if inside.size == 0:
        return []
    first, last = int(inside[0]), int(inside[-1]) + 1
    scores = starts[first:last, None] + ends[None, first:last]
    place = np.arange(last - first)
    length = place[None, :] - place[:, None]
    sentence = sentences[first:last]
    allowed = (length >= 0) & (length < longest) & (sentence[:, None] == sentence[None, :])
    scores = np.where(allowed & (sentence >= 0)[:, None], scores, -np.inf)
    # More than are wanted, since several widen to the same words.
    wanted = min(SPANS_A_WINDOW * 8, scores.size)
    flat = scores.ravel()
    order = np.argpartition(-flat, wanted - 1)[:wanted]
    spans: dict[tuple[int, int], Span] = {}
    for at in order[np.argsort(-flat[order], kind="stable")]:
        if not np.isfinite(flat[at]) or len(spans) == SPANS_A_WINDOW:
            break
        i, j = divmod(int(at), last - first)
        words = whole_words(text, int(offsets[first + i, 0]), int(offsets[first + j, 1]))
        if words is not None:
            spans.setdefault(words, Span(*words, float(flat[at]), null))
    return list(spans.values())


def best_of_each(spans: Iterable[Span]) -> list[Span]:
    """The best-scored of the spans that cover the same characters, best first.

    Spans of several windows are compared by how far they beat their own null score.
    """
    best: dict[tuple[int, int], Span] = {}
    for span in sorted(spans, key=lambda s: s.null - s.score):
        best.setdefault((span.start, span.end), span)
    return list(best.values())
