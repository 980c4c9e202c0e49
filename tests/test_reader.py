from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.errors import ModelError
from pincite.qa.reader import SPANS_A_TEXT, Span, SpanReader, Text, best_of_each, best_spans
from pincite.settings import Settings

TEXT = "two men\nthree"
OFFSETS = np.array([(0, 0), (0, 0), (0, 3), (4, 7), (8, 13), (0, 0)], dtype=np.int32)
PARAGRAPHS = np.array([-1, -1, 0, 0, 1, -1], dtype=np.int32)


def logits(*values: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.array(values, dtype=np.float32)


def test_the_best_span_has_the_highest_sum_and_the_first_token_is_the_null() -> None:
    starts = logits(1.0, 9.0, 5.0, 0.0, 1.0, 9.0)
    ends = logits(0.5, 9.0, 1.0, 4.0, 0.0, 9.0)
    best = best_spans(starts, ends, OFFSETS, PARAGRAPHS, TEXT, longest=30)[0]
    assert best == Span(0, 7, 9.0, 1.5)
    assert best.margin == 7.5


def test_a_span_never_crosses_two_paragraphs() -> None:
    starts = logits(0, 0, 9.0, 0, 0, 0)
    ends = logits(0, 0, 0, 0, 9.0, 0)
    found = best_spans(starts, ends, OFFSETS, PARAGRAPHS, TEXT, longest=30)
    assert all((span.start, span.end) != (0, 13) for span in found)
    assert found[0].score == 9.0


def test_a_span_is_no_longer_than_allowed() -> None:
    starts = logits(0, 0, 5.0, 0, -9, 0)
    ends = logits(0, 0, 0, 5.0, -9, 0)
    found = best_spans(starts, ends, OFFSETS, PARAGRAPHS, TEXT, longest=1)
    assert {(span.start, span.end) for span in found} == {(0, 3), (4, 7), (8, 13)}


def test_a_paragraph_far_behind_has_its_best_span_all_the_same() -> None:
    words = " ".join("abcdefgh")
    text = f"{words}\nlast"
    ends_of = [(2 * n, 2 * n + 1) for n in range(8)]
    offsets = np.array([(0, 0), *ends_of, (16, 20)], dtype=np.int32)
    paragraphs = np.array([-1, *[0] * 8, 1], dtype=np.int32)
    scores = logits(0, *[5.0] * 8, -20.0)
    found = best_spans(scores, scores, offsets, paragraphs, text, longest=1)
    assert len(found) == SPANS_A_TEXT + 1
    assert [span.score for span in found] == [10.0] * SPANS_A_TEXT + [-40.0]
    assert text[found[-1].start : found[-1].end] == "last"


def test_a_text_without_words_has_no_span() -> None:
    none = np.full(6, -1, dtype=np.int32)
    assert best_spans(logits(*range(6)), logits(*range(6)), OFFSETS, none, TEXT, 30) == []


LOGITS = st.lists(st.floats(-9, 9, width=32), min_size=6, max_size=6)


@given(LOGITS, LOGITS, st.integers(1, 6))
def test_spans_are_ordered_different_and_inside_a_paragraph(
    starts: list[float], ends: list[float], longest: int
) -> None:
    found = best_spans(logits(*starts), logits(*ends), OFFSETS, PARAGRAPHS, TEXT, longest)
    assert [span.score for span in found] == sorted((s.score for s in found), reverse=True)
    assert len({(span.start, span.end) for span in found}) == len(found)
    assert all("\n" not in TEXT[span.start : span.end] for span in found)
    assert any(span.start == 8 for span in found)
    assert any(span.end <= 7 for span in found)


def test_of_two_parts_the_one_that_beats_its_null_by_more_is_kept() -> None:
    sure, unsure = Span(0, 3, 4.0, -2.0), Span(0, 3, 6.0, 5.0)
    other = Span(4, 7, 3.0, 0.0)
    assert best_of_each([other, unsure, sure]) == [sure, other]


def test_a_reader_that_is_not_there_is_named(tmp_path: object) -> None:
    with pytest.raises(ModelError, match="nothing"):
        SpanReader(Settings(reader=f"{tmp_path}/nothing"))


def text_of(*paragraphs: str) -> Text:
    """Paragraphs as a window of `qa.retrieve` joins them."""
    bounds, at = [], 0
    for paragraph in paragraphs:
        bounds.append((at, at + len(paragraph)))
        at += len(paragraph) + 2
    return Text("\n\n".join(paragraphs), tuple(bounds))


@pytest.fixture(scope="module")
def reader() -> SpanReader:
    return SpanReader(Settings())


@pytest.mark.models
class TestTheShippedReader:
    def test_it_finds_the_words(self, reader: SpanReader) -> None:
        read = text_of("Five drones were shot down over the town of Dzhankoi in Crimea overnight.")
        ((best, *_),) = reader.read("Over which town were drones shot down?", [read])
        assert "Dzhankoi" in read.text[best.start : best.end]
        assert best.margin > 0

    def test_what_is_not_told_loses_to_not_here(self, reader: SpanReader) -> None:
        read = text_of("Five drones were shot down over the town of Dzhankoi in Crimea overnight.")
        ((best, *_),) = reader.read("Who won the 2022 world cup?", [read])
        assert best.margin < 0

    def test_a_long_text_is_read_to_its_end(self, reader: SpanReader) -> None:
        padding = "Nothing of note was said that day in the town hall. " * 80
        read = text_of(f"{padding}The mayor of Springfield is Quimby.")
        ((best, *_),) = reader.read("Who is the mayor of Springfield?", [read])
        assert read.text[best.start : best.end] == "Quimby"

    def test_what_is_read_beside_it_changes_nothing(self, reader: SpanReader) -> None:
        texts = [
            text_of("Gladkov is the governor of Belgorod."),
            text_of("The governor, Vyacheslav Gladkov, said that he would meet them. " * 3),
        ]
        together = reader.read("Who is the governor?", texts)
        alone = [reader.read("Who is the governor?", [text])[0] for text in texts]
        for both, single in zip(together, alone, strict=True):
            assert [(s.start, s.end) for s in both] == [(s.start, s.end) for s in single]
            assert both[0].score == pytest.approx(single[0].score, abs=1e-3)

    def test_an_answer_may_need_the_paragraph_before_and_lies_in_one(
        self, reader: SpanReader
    ) -> None:
        read = text_of("The mayor of Springfield is Joe Quimby.", "He was elected in 1986.")
        ((best, *others),) = reader.read("When was the mayor of Springfield elected?", [read])
        assert read.text[best.start : best.end] == "1986"
        for span in (best, *others):
            assert any(start <= span.start < span.end <= end for start, end in read.bounds)

    def test_a_question_longer_than_what_is_read_is_cut(self, reader: SpanReader) -> None:
        assert reader.read("who " * 900, [text_of("Gladkov is the governor of Belgorod.")])[0]

    def test_no_text_no_span(self, reader: SpanReader) -> None:
        assert reader.read("Who?", []) == []
