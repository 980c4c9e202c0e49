"""Who is quoted, over the fake reader: the first number or capitalised word of a sentence.

A sentence with a "says" shares one term with what is asked, whose weight makes the least margin.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings

from pincite.qa.measured import Statement
from pincite.qa.reader import Reader, Span, Text
from pincite.qa.speaker import LEAST, speakers
from tests.fakes import FakeReader
from tests.test_measured import statement, statements


def speaker(said: Statement, reader: Reader | None = None) -> str | None:
    """The words found to be the speaker's, of one sentence."""
    (found,) = speakers(
        reader or FakeReader(weight=LEAST + 1.0), [(said.text, said.start, said.end)]
    )
    return None if found is None else said.text[slice(*found)]


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("Ann says that [12] died.", "Ann"),
        ("the dead, Ann says, are [12] or more.", "Ann"),
        ("[nobody died], says Ann.", "Ann"),
        # Nothing in the sentence has to do with speaking: a margin of -1.
        ("Ann counted [12] dead.", None),
        # What is said names nobody who says it.
        ("[Ann] says nothing.", None),
        ("it says that [12] died.", None),
        ("it says that [about 12 of 30] died.", None),
        ("it says so.[ ]", None),
    ],
)
def test_the_speaker_is_who_is_found_beside_what_is_said(marked: str, expected: str | None) -> None:
    assert speaker(statement(marked)) == expected


def test_who_stands_next_to_what_is_said_shares_no_character_with_it() -> None:
    text = "Ann says"
    assert speakers(FakeReader(weight=LEAST + 1.0), [(text, 3, 8), (text, 2, 8), (text, 0, 1)]) == [
        *((0, 3), None, None)
    ]


def test_each_sentence_has_its_own_speaker() -> None:
    told = [
        statement(said) for said in ("Ann says [12].", "[12] died.", "Bo says [12]; Cy doubts.")
    ]
    found = speakers(FakeReader(weight=LEAST + 1.0), [(of.text, of.start, of.end) for of in told])
    assert found == [(0, 3), None, (0, 2)]
    assert speakers(FakeReader(weight=LEAST + 1.0), []) == []


class Two:
    """A reader that finds two who speak, the second with a margin."""

    fingerprint = "two"

    def __init__(self, margin: float) -> None:
        self._told = ("Bo", LEAST + 2.0), ("Cy", margin)

    def read(self, asked: str, texts: Sequence[Text]) -> list[list[Span]]:
        assert asked
        (text,) = texts
        places = [(text.text.index(name), margin) for name, margin in self._told]
        return [[Span(at, at + 2, margin, 0.0) for at, margin in places]]


def test_of_two_who_speak_in_a_sentence_neither_is_taken_for_the_one() -> None:
    said = statement("Bo says that [12] fell, and Cy that 40 did.")
    assert speaker(said, Two(LEAST - 0.1)) == "Bo"
    assert speaker(said, Two(LEAST)) is None


def test_a_text_without_words_has_no_speaker() -> None:
    assert speaker(statement("says [so]")) is None  # nothing for the reader to take


@settings(deadline=None)
@given(statements())
def test_a_speaker_stands_in_the_sentence_and_outside_what_is_said(said: Statement) -> None:
    text = f"Ann says: {said.text}"
    start, end = said.start + 10, said.end + 10
    (found,) = speakers(FakeReader(weight=LEAST + 1.0), [(text, start, end)])
    assert found == (0, 3)
    (found,) = speakers(FakeReader(weight=LEAST + 1.0), [(said.text, said.start, said.end)])
    if found is not None:
        assert 0 <= found[0] < found[1] <= len(said.text)
        assert found[1] <= said.start or said.end <= found[0]
