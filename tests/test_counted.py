from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from pincite.index.encoder import Progress, SentenceEncoder, Vectors
from pincite.qa.accounts import Told
from pincite.qa.counted import counted, in_their_words
from pincite.qa.rank import Candidate
from pincite.qa.said.same import Said
from pincite.settings import load_settings


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return SentenceEncoder(load_settings())


def best(words: str, sentence: str) -> Told:
    assert words in sentence
    voice = Candidate("a", 1, 0, len(words), Said(words, sentence), words, 0.5, 1.0)
    return Told((voice,), 0.5, 1, excludes=False)


@pytest.mark.parametrize(
    ("words", "sentence", "expected"),
    [
        ("10-12", "It showed about 10-12 dock workers who sat there.", "dock workers"),
        ("two", "They held two\xa0Irish sailors. One was hurt.", "Irish sailors"),
        ("4,000 residents", "Some 4,000 residents were moved.", "residents"),
        ("twenty-two", "Up to twenty-two cows and a bull drowned.", "cows"),
        ("5 km", "It is 5 km from here.", ""),  # a measure counts nothing
        ("seven", "Of these, seven.", ""),
        ("Moss", "Moss said 5 men were there.", ""),  # the number is not the answer's
        ("9", "From 9 to noon.", ""),
    ],
)
def test_what_a_number_counts(words: str, sentence: str, expected: str) -> None:
    assert counted(Said(words, sentence)) == expected


def test_the_articles_word_is_put_for_one_of_like_meaning(encoder: SentenceEncoder) -> None:
    found = best("two", "The union says that two workers, both of Leeds, lost their jobs.")
    reworded = in_their_words("how many employees were dismissed?", found, encoder)
    assert reworded == "how many workers were dismissed?"


def test_what_counts_something_else_is_left(encoder: SentenceEncoder) -> None:
    found = best("two", "Two submarines, of a new kind, were seen.".replace("Two", "two"))
    assert in_their_words("How many bakers were hired?", found, encoder) is None


class Refusing:
    """An encoder that must not be asked."""

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        raise AssertionError(texts)

    fingerprint = "none"


@pytest.mark.parametrize(
    ("question", "words", "sentence"),
    [
        ("How many soldiers were held?", "two", "They held two Irish soldiers."),
        ("Who was held?", "two", "They held two Irish sailors."),
        ("How many miles is it?", "5", "It is 5 leagues away."),
        ("How many people died?", "5", "5 sailors died."),  # where the name ends is not clear
    ],
)
def test_there_is_nothing_to_reword(question: str, words: str, sentence: str) -> None:
    assert in_their_words(question, best(words, sentence), Refusing()) is None


def test_the_vectors_are_those_of_a_cosine(encoder: SentenceEncoder) -> None:
    assert np.linalg.norm(encoder.encode(["sailors"])[0]) == pytest.approx(1.0, abs=1e-5)
