from __future__ import annotations

import numpy as np
import pytest

from pincite.index.passages import Passage, Piece
from pincite.qa.read import Span, WindowReader, best_of_each, best_spans
from pincite.settings import Settings

TEXT = "two men\nthree"
OFFSETS = np.array([(0, 0), (0, 0), (0, 3), (4, 7), (8, 13), (0, 0)], dtype=np.int32)
SENTENCES = np.array([-1, -1, 0, 0, 1, -1], dtype=np.int32)


def logits(*values: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.array(values, dtype=np.float32)


def test_the_best_span_has_the_highest_sum_and_the_first_token_is_the_null() -> None:
    starts = logits(1.0, 9.0, 5.0, 0.0, 1.0, 9.0)
    ends = logits(0.5, 9.0, 1.0, 4.0, 0.0, 9.0)
    best = best_spans(starts, ends, OFFSETS, SENTENCES, TEXT, longest=30)[0]
    assert best == Span(0, 7, 9.0, 1.5)


def test_a_span_never_crosses_two_sentences() -> None:
    starts = logits(0, 0, 9.0, 0, 0, 0)
    ends = logits(0, 0, 0, 0, 9.0, 0)
    found = best_spans(starts, ends, OFFSETS, SENTENCES, TEXT, longest=30)
    assert all((span.start, span.end) != (0, 13) for span in found)
    assert found[0].score == 9.0


def test_a_span_is_no_longer_than_allowed() -> None:
    starts = logits(0, 0, 5.0, 0, -9, 0)
    ends = logits(0, 0, 0, 5.0, -9, 0)
    found = best_spans(starts, ends, OFFSETS, SENTENCES, TEXT, longest=1)
    assert {(span.start, span.end) for span in found} == {(0, 3), (4, 7), (8, 13)}


def test_a_window_without_words_has_no_span() -> None:
    none = np.full(6, -1, dtype=np.int32)
    assert best_spans(logits(*range(6)), logits(*range(6)), OFFSETS, none, TEXT, 30) == []


def test_of_two_windows_the_one_that_beats_its_null_by_more_is_kept() -> None:
    sure, unsure = Span(0, 3, 4.0, -2.0), Span(0, 3, 6.0, 5.0)
    assert best_of_each([unsure, sure]) == [sure]


@pytest.mark.models
class TestTheShippedReader:
    reader = WindowReader(Settings())

    def test_it_finds_the_words(self) -> None:
        text = "Five drones were shot down over the town of Dzhankoi in Crimea overnight."
        passage = Passage("a", None, "", (Piece(1, 0, len(text)),), text)
        ((best, *_),) = self.reader.read("Over which town were drones shot down?", [passage])
        assert "Dzhankoi" in text[best.start : best.end]
        assert best.score > best.null

    def test_a_long_passage_is_read_to_its_end(self) -> None:
        text = "Nothing of note was said that day in the town hall. " * 80
        text += "The mayor of Springfield is Quimby."
        passage = Passage("a", None, "", (Piece(1, 0, len(text)),), text)
        ((best, *_),) = self.reader.read("Who is the mayor of Springfield?", [passage])
        assert text[best.start : best.end] == "Quimby"

    def test_batching_does_not_change_what_is_read(self) -> None:
        texts = [
            "Gladkov is the governor of Belgorod.",
            "The governor, Vyacheslav Gladkov, said on Telegram that he would meet them. " * 3,
        ]
        passages = [Passage("a", None, "", (Piece(1, 0, len(t)),), t) for t in texts]
        together = self.reader.read("Who is the governor?", passages)
        alone = [self.reader.read("Who is the governor?", [p])[0] for p in passages]
        for both, single in zip(together, alone, strict=True):
            assert [(s.start, s.end) for s in both] == [(s.start, s.end) for s in single]
            assert both[0].score == pytest.approx(single[0].score, abs=1e-3)

    def test_a_question_longer_than_the_window_is_cut(self) -> None:
        text = "Gladkov is the governor of Belgorod."
        passage = Passage("a", None, "", (Piece(1, 0, len(text)),), text)
        assert self.reader.read("who " * 900, [passage])[0]

    def test_no_passage_no_span(self) -> None:
        assert self.reader.read("Who?", []) == []

    def test_a_header_is_seen_but_never_an_answer(self) -> None:
        text = "Two of them were taken near Tavolzhanka. Nobody else was."
        passage = Passage("a", None, "Prisoners of Shebekino", (Piece(1, 0, len(text)),), text)
        reader = WindowReader(Settings(read_header=True))
        question = "How many prisoners of Shebekino were taken?"
        ((best, *others),) = reader.read(question, [passage])
        assert text[best.start : best.end].startswith("Two")
        # The scores change, so the header was seen; every span is a slice of the text alone.
        ((without, *_),) = self.reader.read(question, [passage])
        assert (without.score, without.null) != (best.score, best.null)
        assert all(0 <= s.start < s.end <= len(text) for s in [best, *others])
