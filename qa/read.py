"""Read passages for a question: the reader's best spans and its null score."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from index.model_files import fingerprint, model_folder
from index.passages import Passage, under
from pincite.errors import ModelError
from pincite.settings import Settings
from qa.words import whole_words

SPANS_A_WINDOW = 3

Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Span:
    """A run of words in one passage that may answer the question.

    Attributes:
        start, end: `[start, end)` in characters of the passage's text, inside one piece.
        score: the reader's start logit plus its end logit.
        null: start plus end logit of "no answer here" in the same window.
    """

    start: int
    end: int
    score: float
    null: float


class Reader(Protocol):
    """Anything that finds spans in passages."""

    @property
    def fingerprint(self) -> str:
        """Changes when the spans or scores would."""

    def read(self, question: str, passages: Sequence[Passage]) -> list[list[Span]]:
        """For each passage its best spans, best first; none where it holds no word."""


@dataclass(frozen=True, slots=True)
class _Window:
    """The part of a passage that the model sees at once, with the question before it."""

    pair: int  # which question on which passage
    ids: list[int]
    types: list[int]
    offsets: list[tuple[int, int]]  # [start, end) in the passage's text; (0, 0) outside it
    pieces: NDArray[np.int32]  # index of the piece that a token stands in; -1 outside the passage


class TransformersReader:
    """An extractive question-answering model from transformers. Loaded at the first question.

    Args:
        settings: names the model, the windows' and the answer's length.

    Raises:
        ModelError: the model is missing or is of another kind.
    """

    def __init__(self, settings: Settings) -> None:
        self.folder = model_folder(settings.reader, "PINCITE_READER")
        self.fingerprint = fingerprint(self.folder)
        self._settings = settings
        self._lock = threading.Lock()  # a fast tokenizer can't be used by two threads at once
        self._loaded: tuple[Any, Any] | None = None

    def read(self, question: str, passages: Sequence[Passage]) -> list[list[Span]]:
        """For each passage its best spans, best first; none where it holds no word."""
        pairs = [(question, passage) for passage in passages]
        return self._read(pairs, lambda windows: _by_count(windows, self._settings.read_batch))

    def read_pairs(
        self, pairs: Sequence[tuple[str, Passage]], batch_tokens: int
    ) -> list[list[Span]]:
        """The same for many questions, each on a passage of its own, as fast as the model allows.

        Args:
            pairs: questions with their passages.
            batch_tokens: word pieces read at a time at most, padding included;
                a longer window is read alone.
        """
        return self._read(pairs, lambda windows: _by_tokens(windows, batch_tokens))

    def _read(
        self,
        pairs: Sequence[tuple[str, Passage]],
        batches: Callable[[list[_Window]], Iterator[list[_Window]]],
    ) -> list[list[Span]]:
        with self._lock:
            tokenizer, model = self._load()
            windows = self._windows(tokenizer, pairs)
            found: list[list[Span]] = [[] for _ in pairs]
            # Windows of like length share a batch, so little is padding.
            windows.sort(key=lambda window: len(window.ids))
            for batch in batches(windows):
                starts, ends = _logits(model, batch, tokenizer.pad_token_id)
                for row, window in enumerate(batch):
                    length = len(window.ids)
                    found[window.pair].extend(
                        best_spans(
                            starts[row, :length],
                            ends[row, :length],
                            window.offsets,
                            window.pieces,
                            pairs[window.pair][1].text,
                            self._settings.answer_tokens,
                        )
                    )
        return [best_of_each(spans) for spans in found]

    def _load(self) -> tuple[Any, Any]:
        if self._loaded is None:
            import torch
            from transformers import AutoModelForQuestionAnswering, AutoTokenizer

            if self._settings.threads:
                torch.set_num_threads(self._settings.threads)
            try:
                tokenizer = AutoTokenizer.from_pretrained(self.folder, local_files_only=True)
                # Half-precision weights are widened: CPUs are slow in fp16.
                model = AutoModelForQuestionAnswering.from_pretrained(
                    self.folder, local_files_only=True, dtype=torch.float32
                )
            except (OSError, ValueError, KeyError) as error:
                raise ModelError(
                    f"{self.folder} is not a question-answering model: {error}",
                    "Set PINCITE_READER to a transformers question-answering folder or hub name.",
                ) from error
            if not tokenizer.is_fast:
                raise ModelError(
                    f"{self.folder} has no fast tokenizer, so characters can't be traced",
                    "Set PINCITE_READER to a model with a tokenizer.json.",
                )
            self._loaded = tokenizer, model.eval()
        return self._loaded

    def _windows(
        self,
        tokenizer: Any,  # noqa: ANN401
        pairs: Sequence[tuple[str, Passage]],
    ) -> list[_Window]:
        if not pairs:
            return []
        asked = {question: self._cut(tokenizer, question) for question, _ in pairs}
        headers = [self._header(passage) for _, passage in pairs]
        encoded = tokenizer(
            [asked[question] for question, _ in pairs],
            [header + passage.text for header, (_, passage) in zip(headers, pairs, strict=True)],
            truncation="only_second",
            max_length=self._settings.read_tokens,
            stride=self._settings.read_stride,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
        )
        windows = []
        for row, pair in enumerate(encoded["overflow_to_sample_mapping"]):
            before = len(headers[pair])  # what stands there is seen, but never an answer
            inside = [
                sequence == 1 and start >= before
                for sequence, (start, _) in zip(
                    encoded.sequence_ids(row), encoded["offset_mapping"][row], strict=True
                )
            ]
            offsets = [
                (start - before, end - before) if within else (0, 0)
                for (start, end), within in zip(encoded["offset_mapping"][row], inside, strict=True)
            ]
            windows.append(
                _Window(
                    pair=pair,
                    ids=encoded["input_ids"][row],
                    types=(encoded["token_type_ids"][row] if "token_type_ids" in encoded else []),
                    offsets=offsets,
                    pieces=_piece_of_each(offsets, inside, pairs[pair][1]),
                )
            )
        return windows

    def _header(self, passage: Passage) -> str:
        return under(passage.header, "") if self._settings.read_header and passage.header else ""

    def _cut(self, tokenizer: Any, question: str) -> str:  # noqa: ANN401
        """The question, at most a third of the window, so that text is left to read."""
        most = self._settings.read_tokens // 3
        asked = tokenizer(question, truncation=True, max_length=most, add_special_tokens=False)
        return tokenizer.decode(asked["input_ids"]) if len(asked["input_ids"]) >= most else question


def _by_count(windows: Sequence[_Window], most: int) -> Iterator[list[_Window]]:
    for at in range(0, len(windows), most):
        yield list(windows[at : at + most])


def _by_tokens(windows: Iterable[_Window], most: int) -> Iterator[list[_Window]]:
    """Batches of windows that come shortest first; each is padded to its last one's length."""
    batch: list[_Window] = []
    for window in windows:
        if batch and (len(batch) + 1) * len(window.ids) > most:
            yield batch
            batch = []
        batch.append(window)
    if batch:
        yield batch


def best_spans(
    starts: Scores,
    ends: Scores,
    offsets: Sequence[tuple[int, int]],
    pieces: NDArray[np.int32],
    text: str,
    longest: int,
) -> list[Span]:
    """The best spans of one window (Devlin et al., 2019, section 4.2 and 4.3).

    A span's score is the sum of its start and end logits; the null score is
    that of the first token. A span lies inside one piece, so that it is one
    slice of one paragraph, and is widened to whole words.

    Args:
        starts, ends: logits, shape `[tokens]`.
        offsets: `[start, end)` of each token in characters of `text`.
        pieces: of each token, -1 for tokens that can't be part of an answer.
        longest: tokens in a span at most.
    """
    null = float(starts[0] + ends[0])
    inside = np.flatnonzero(pieces >= 0)
    if inside.size == 0:
        return []
    first, last = int(inside[0]), int(inside[-1]) + 1
    scores = starts[first:last, None] + ends[None, first:last]
    place = np.arange(last - first)
    length = place[None, :] - place[:, None]
    piece = pieces[first:last]
    allowed = (length >= 0) & (length < longest) & (piece[:, None] == piece[None, :])
    scores = np.where(allowed & (piece >= 0)[:, None], scores, -np.inf)
    # More than are wanted, since several widen to the same words.
    wanted = min(SPANS_A_WINDOW * 8, scores.size)
    flat = scores.ravel()
    order = np.argpartition(-flat, wanted - 1)[:wanted]
    spans = []
    for at in order[np.argsort(-flat[order], kind="stable")]:
        if not np.isfinite(flat[at]):
            break
        i, j = divmod(int(at), last - first)
        words = whole_words(text, offsets[first + i][0], offsets[first + j][1])
        if words is not None:
            spans.append(Span(*words, float(flat[at]), null))
    return best_of_each(spans)[:SPANS_A_WINDOW]


def best_of_each(spans: Iterable[Span]) -> list[Span]:
    """The best-scored of the spans that cover the same characters, best first.

    Spans of several windows are compared by how far they beat their own null score.
    """
    best: dict[tuple[int, int], Span] = {}
    for span in sorted(spans, key=lambda s: s.null - s.score):
        best.setdefault((span.start, span.end), span)
    return list(best.values())


def _piece_of_each(
    offsets: Sequence[tuple[int, int]], inside: Sequence[bool], passage: Passage
) -> NDArray[np.int32]:
    begins = [start for start, _ in passage.bounds]
    found = np.searchsorted(begins, [start for start, _ in offsets], side="right") - 1
    return np.where(inside, found, -1).astype(np.int32)


def _logits(model: Any, batch: Sequence[_Window], pad: int) -> tuple[Scores, Scores]:  # noqa: ANN401
    """Start and end logits, each of shape `[windows, longest window]`."""
    import torch

    longest = max(len(window.ids) for window in batch)

    def padded(rows: Sequence[Sequence[int]], fill: int) -> torch.Tensor:
        return torch.tensor([[*row, *[fill] * (longest - len(row))] for row in rows])

    inputs = {
        "input_ids": padded([window.ids for window in batch], pad),
        "attention_mask": padded([[1] * len(window.ids) for window in batch], 0),
    }
    if batch[0].types:
        inputs["token_type_ids"] = padded([window.types for window in batch], 0)
    with torch.inference_mode():
        output = model(**inputs)
    return output.start_logits.float().numpy(), output.end_logits.float().numpy()
