"""Mend misspelled ordinary words of a question: "abuot the nigth" -> "about the night".

The reader hardly reads past typos. A word is taken for one if it stands neither in the
articles nor in an English dictionary (pyspellchecker's), and mended only to a word that the
articles have, or to one without content. Names are left: the index knows their spellings.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Protocol

from pincite.index.terms import is_function_word, terms

SHORTEST = 4  # letters of a word that is looked at
LONG = 6  # letters from which two may be wrong
MOST = 12  # unknown words of a question: with more it is in no English, and left
RARE = 50  # a dictionary's word is one if it stands in its texts so often

_WORD = re.compile(rf"(?<![\w'’-])[a-z]{{{SHORTEST},}}(?![\w'’-])")
# What tells British from American spelling; both are right.
_EITHER = tuple(
    (re.compile(british), american)
    for british, american in (
        *((r"ise", "ize"), (r"isation", "ization"), (r"our", "or"), (r"ence", "ense")),
        *((r"tre\b", "ter"), (r"lled", "led"), (r"lling", "ling"), (r"yse", "yze")),
    )
)


class Lexicon(Protocol):
    """What an index knows of words: `pincite.index.store.Store`."""

    def frequencies(self, wanted: list[str]) -> Mapping[str, int]:
        """In how many passages each term stands."""
        ...


def mended(question: str, lexicon: Lexicon) -> str:
    """The question with its misspelled words mended; as it is where none is known better."""
    words = set(_WORD.findall(question))
    unknown = {word for word in words if not _stands(word, lexicon) and not _is_english(word)}
    if not 0 < len(unknown) <= MOST:
        return question
    meant = {word: _mended(word, lexicon) for word in unknown}
    return _WORD.sub(lambda found: meant.get(found[0], found[0]), question)


def _is_english(word: str) -> bool:
    known = _dictionary()
    return word in known or word.removesuffix("s") in known


def _mended(word: str, lexicon: Lexicon) -> str:
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    known = _dictionary()
    most = 2 if len(word) >= LONG else 1
    near = process.extract(word, known.keys(), scorer=OSA.distance, score_cutoff=most, limit=None)
    if any(_american(other) == _american(word) for other, _, _ in near):
        return word
    chosen = sorted(near, key=lambda found: (found[1] - _slip(word, found[0]), -known[found[0]]))
    return next(
        (other for other, _, _ in chosen if is_function_word(other) or _stands(other, lexicon)),
        word,
    )


def _stands(word: str, lexicon: Lexicon) -> bool:
    return any(lexicon.frequencies(terms(word)).values())


def _slip(typed: str, meant: str) -> float:
    """How much more often than other slips this one is made, in letters.

    Two letters swapped, a letter doubled or not, one left out, the first one right
    (Damerau, 1964, counts the kinds).
    """
    swapped = 0.3 * (sorted(typed) == sorted(meant))
    doubled = 0.3 * (re.sub(r"(.)\1", r"\1", typed) == re.sub(r"(.)\1", r"\1", meant))
    letters = iter(meant)
    left_out = 0.2 * all(letter in letters for letter in typed)
    return max(swapped, doubled, left_out) + 0.5 * (typed[0] == meant[0])


def _american(word: str) -> str:
    for british, american in _EITHER:
        word = british.sub(american, word)
    return word


@functools.lru_cache(maxsize=1)
def _dictionary() -> Mapping[str, int]:
    """English words with how often they stand in the dictionary's texts."""
    from spellchecker import SpellChecker

    words = SpellChecker().word_frequency.dictionary
    return {word: count for word, count in words.items() if count >= RARE and word.isalpha()}
