from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.qa.words import whole_words


@pytest.mark.parametrize(
    ("text", "cut", "whole"),
    [
        ("appeared to be 10-12 Russian soldiers", "10", "10-12"),
        ("an advance of (1,300 feet) toward", "300", "1,300"),
        ("in Tavolzhanka, scene of", "zhanka,", "Tavolzhanka"),
        ("said “6 rockets were shot down” by", "“6 rockets", "6 rockets"),
        ("said “6 rockets were shot down” by", "“6 rockets were shot down”", None),
        ("cost $3.5 million", "3.5 million", "$3.5 million"),
        ("some 99% of his fighters", "99", "99%"),
        ("400 meters (1,300 feet) closer", "400 meters (1,300 feet", "400 meters (1,300 feet)"),
        ("the Russian Volunteer Corps (RDK) showed", "RDK", "RDK"),
        ('back “significant territory," he', "back “significant", "back “significant"),
        ('back “significant territory," he', "“significant territory", "significant territory"),
        (
            'taking back “significant territory," he',
            "back “significant territory",
            'back “significant territory,"',
        ),
        ('is "around the clock," he', 'is "around the clock', 'is "around the clock,"'),
        ("the ‘guys’ we", "the ‘guys", "the ‘guys’"),
        ("at 3:04 p.m. on", "04", "3:04"),
        ("Russia’s western Belgorod", "Russia", "Russia’s"),
        # Accents and vowels that are characters of their own.
        ("with Jose\u0301 on", "Jose", "Jose\u0301"),
        ("यह राम है", "र", "राम"),
    ],
)
def test_a_span_is_widened_to_whole_words(text: str, cut: str, whole: str | None) -> None:
    start = text.index(cut)
    found = whole_words(text, start, start + len(cut))
    assert found is not None
    expected = whole if whole is not None else "6 rockets were shot down"
    assert text[found[0] : found[1]] == expected


def test_marks_alone_are_no_answer() -> None:
    assert whole_words("one — two", 4, 5) is None


def test_a_span_stays_in_its_line() -> None:
    text = "ends with ten\n11 begins"
    start, end = whole_words(text, 10, 13) or (0, 0)
    assert text[start:end] == "ten"


@given(st.text(max_size=80), st.data())
def test_the_widened_span_holds_words_and_only_grows_inside_the_text(
    text: str, data: st.DataObject
) -> None:
    line = text.replace("\n", " ")
    start = data.draw(st.integers(0, len(line)))
    end = data.draw(st.integers(start, len(line)))
    found = whole_words(line, start, end)
    if found is not None:
        first, last = found
        assert 0 <= first < last <= len(line)
        assert any(c.isalnum() or c == "_" for c in line[first:last])
        assert whole_words(line, first, last) == found
