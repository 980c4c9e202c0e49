"""Read texts for a question: the reader's best spans and its null score."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pincite.index.model_files import ONNX, fingerprint, model_folder
from pincite.qa.cutter import Cut, Cutter
from pincite.qa.words import whole_words
from pincite.settings import Settings

SPANS_A_TEXT = 4
"""Spans kept of a text at most, and of each of its paragraphs at least one."""

Scores = NDArray[np.float32]
Logits = tuple[Scores, Scores]
"""Of each token of a text that the answer starts and that it ends there."""


@dataclass(frozen=True, slots=True)
class Text:
    """What the reader sees at once.

    Attributes:
        bounds: `[start, end)` of each paragraph in characters of the text, in order: an answer
            lies inside one of them.
    """

    text: str
    bounds: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Span:
    """A run of words in a text that may answer the question.

    Attributes:
        start, end: `[start, end)` in characters of the text, inside one paragraph.
        score: the reader's start logit plus its end logit.
        null: start plus end logit of "not here" in the same text.
    """

    start: int
    end: int
    score: float
    null: float

    @property
    def margin(self) -> float:
        """By how much the span beats "not here"."""
        return self.score - self.null


class Reader(Protocol):
    """Anything that finds spans in texts."""

    @property
    def fingerprint(self) -> str:
        """Changes when the spans or scores would."""

    def read(self, asked: str, texts: Sequence[Text]) -> list[list[Span]]:
        """For each text its best spans, best first; none where it holds no word."""


class Model(Protocol):
    """What computes a reader's logits: one small file per runtime."""

    @property
    def cutter(self) -> Cutter:
        """Cuts texts as the model wants them."""

    def logits(self, cuts: Sequence[Cut]) -> Iterator[tuple[int, Logits]]:
        """`(number of the cut, its start and end logits of shape [tokens])`, in any order."""


class SpanReader:
    """A reader of a model's folder. Loaded at the first question.

    A folder with `model.onnx` is run by ONNX Runtime; any other is an extractive
    question-answering model of transformers, run by torch. Safe to use from several threads.

    Args:
        settings: names the model, and the most tokens of a text and of an answer.

    Raises:
        ModelError: the model is missing or is of another kind.
    """

    def __init__(self, settings: Settings) -> None:
        self.folder = model_folder(settings.reader, "PINCITE_READER")
        self.fingerprint = fingerprint(self.folder)
        self._settings = settings
        self._lock = threading.Lock()
        self._model: Model | None = None

    def read(self, asked: str, texts: Sequence[Text]) -> list[list[Span]]:
        """For each text its best spans, best first; none where it holds no word."""
        return self.read_pairs([(asked, text) for text in texts])

    def read_pairs(self, pairs: Sequence[tuple[str, Text]]) -> list[list[Span]]:
        """The same for many questions, each on a text of its own."""
        model = self._load()
        cuts = model.cutter.cut(pairs)
        found: list[list[Span]] = [[] for _ in pairs]
        for number, (starts, ends) in model.logits(cuts):
            cut = cuts[number]
            found[cut.pair] += best_spans(
                *(starts, ends, cut.offsets, cut.paragraphs),
                pairs[cut.pair][1].text,
                self._settings.answer_tokens,
            )
        return [best_of_each(spans) for spans in found]

    def _load(self) -> Model:
        with self._lock:
            if self._model is None:
                if (self.folder / ONNX).is_file():
                    from pincite.qa.reader_onnx import OnnxModel

                    self._model = OnnxModel(self.folder, self._settings)
                else:
                    from pincite.qa.reader_torch import TorchModel

                    self._model = TorchModel(self.folder, self._settings)
            return self._model


def best_spans(
    starts: Scores,
    ends: Scores,
    offsets: NDArray[np.int32],
    paragraphs: NDArray[np.int32],
    text: str,
    longest: int,
) -> list[Span]:
    """The best spans of what the model saw at once (Devlin et al., 2019, section 4.2 and 4.3).

    A span's score is the sum of its start and end logits; the null score is that of the first
    token. A span lies inside one paragraph and is widened to whole words. The best of every
    paragraph is among those returned: one article may say several things.

    Args:
        starts, ends: logits, shape `[tokens]`.
        offsets: `[start, end)` of each token in characters of `text`, shape `[tokens, 2]`.
        paragraphs: number of each token's, -1 for tokens that can't be part of an answer.
        longest: tokens in a span at most.
    """
    null = float(starts[0] + ends[0])
    inside = np.flatnonzero(paragraphs >= 0)
    if inside.size == 0:
        return []
    first, last = int(inside[0]), int(inside[-1]) + 1
    scores = starts[first:last, None] + ends[None, first:last]
    place = np.arange(last - first)
    length = place[None, :] - place[:, None]
    paragraph = paragraphs[first:last]
    allowed = (length >= 0) & (length < longest) & (paragraph[:, None] == paragraph[None, :])
    scores = np.where(allowed & (paragraph >= 0)[:, None], scores, -np.inf)
    flat = scores.ravel()
    # More than are wanted, since several widen to the same words.
    wanted = min(SPANS_A_TEXT * 8, flat.size)
    order = np.argpartition(-flat, wanted - 1)[:wanted]
    order = order[np.argsort(-flat[order], kind="stable")]
    spans: dict[tuple[int, int], Span] = {}

    def take(at: int) -> None:
        i, j = divmod(at, len(place))
        words = whole_words(text, int(offsets[first + i, 0]), int(offsets[first + j, 1]))
        if words is not None and np.isfinite(flat[at]):
            spans.setdefault(words, Span(*words, float(flat[at]), null))

    for at in order:
        if len(spans) < SPANS_A_TEXT:
            take(int(at))
    for number in np.unique(paragraph[paragraph >= 0]):
        rows = np.flatnonzero(paragraph == number)
        take(int(rows[0]) * len(place) + int(np.argmax(scores[rows].ravel())))
    return sorted(spans.values(), key=lambda span: -span.score)


def best_of_each(spans: Iterable[Span]) -> list[Span]:
    """The best-scored of the spans that cover the same characters, best first.

    Spans of several cuts are compared by how far they beat their own null score.
    """
    best: dict[tuple[int, int], Span] = {}
    for span in sorted(spans, key=lambda s: -s.margin):
        best.setdefault((span.start, span.end), span)
    return list(best.values())
