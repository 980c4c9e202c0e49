"""The terms of a text: what BM25 matches on, the same for passages and questions.

A term is lower-cased, its diacritics folded, stemmed (Snowball English), and
every run of i and y made one i. The last step lets the romanisations of one
Slavic name meet: Zelensky, Zelenskiy and Zelenskyy; Kropyvnytskyi and
Kropyvnytskiy; Syrskyi and Syrskiy; Serhii and Serhiy.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

Wordings = tuple[str, ...]
"""One thing asked about, in one or more wordings that stand for each other.

Each wording is a term, or the terms of a phrase with a blank between.
"""

if TYPE_CHECKING:
    from Stemmer import Stemmer

# What a question is asked with, not what it is about.
FUNCTION_WORDS = frozenset(
    """
    a an the and or but so of to in on at by for from with about as is are was were be been
    being am do does did done has have had having can could may might will would shall should
    must who whom whose what which when where why how many much long far old often not no yes
    i you we me us my our your that than if else other others more exactly any some all only
    just also too very really please tell say said says he she it they them him her his hers
    its their theirs there this these those
    """.split()
)

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_POSSESSIVE = re.compile(r"['’](?:s|S)?$|['’]")
# Letters that Unicode doesn't decompose, and the marks that romanise a soft sign.
_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "ʹ": "'", "ʼ": "'"}
)
_NAMES = frozenset({"US", "IT", "WHO", "IS"})  # in capitals these are abbreviations
_CONTRACTED = re.compile(r"(?:n['’]t|['’]\w+)$")
_IY = re.compile(r"[iy]+")


def terms(text: str) -> list[str]:
    """The terms of a text in order, repeated as they are repeated."""
    return [term for _, term in _words_and_terms(text)]


def words_and_terms(text: str) -> list[tuple[str, str]]:
    """Each word of a text, folded and without its possessive, and its term."""
    return list(_words_and_terms(text))


# One question takes the same sentences and headers apart again and again.
@functools.lru_cache(maxsize=8192)
def _words_and_terms(text: str) -> tuple[tuple[str, str], ...]:
    words = [_POSSESSIVE.sub("", word) for word in _WORD.findall(fold(text))]
    words = [word for word in words if word]
    stems = _stemmer().stemWords(words)
    return tuple((word, _IY.sub("i", stem)) for word, stem in zip(words, stems, strict=True))


def spelt_words(text: str) -> list[str]:
    """The words of a text as they are spelt, with their case and possessive."""
    return _WORD.findall(text)


def is_function_word(word: str) -> bool:
    """Whether a question is asked with such a word rather than about it."""
    return word not in _NAMES and _CONTRACTED.sub("", fold(word)) in FUNCTION_WORDS


def content_terms(question: str) -> list[str]:
    """The different terms of a question without its function words, in order.

    "How many prisoners were claimed?" is about prisoners and claims: a
    paragraph that says "how many" is no nearer to it. A question of function
    words alone keeps them.
    """
    return list(content_words(question))


def content_words(question: str) -> dict[str, str]:
    """Each of the `content_terms` with the word that it was made of, folded."""
    content = " ".join(word for word in spelt_words(question) if not is_function_word(word))
    pairs = words_and_terms(content) or words_and_terms(question)
    first: dict[str, str] = {}
    for word, term in pairs:
        first.setdefault(term, word)
    return first


def edits(term: str) -> int:
    """How many edits a misspelt term may be away from what it stands for."""
    return 1 if len(term) < 8 else 2


def nearest_terms(term: str, vocabulary: Sequence[str]) -> list[str]:
    """The terms that a term may be a misspelling of: the nearest, three at most, all equally near.

    One edit away for a term of 4 to 7 letters, which leaves the first letter
    what it is or swaps it with the second (people seldom mistype it: Pollock and
    Zamora, CACM 27(4), 1984); two for a longer one, by optimal string alignment
    (an edit: a letter added, left out, changed, or two neighbours swapped).
    Nothing for shorter terms and for numbers. Of more than three, those that
    begin alike (Jaro-Winkler similarity).
    """
    from rapidfuzz import process
    from rapidfuzz.distance import OSA, JaroWinkler

    if len(term) < 4 or any(c.isdecimal() for c in term):
        return []
    cutoff = edits(term)
    found = process.extract(term, vocabulary, scorer=OSA.distance, score_cutoff=cutoff, limit=None)
    if cutoff == 1:
        found = [one for one in found if one[0][0] == term[0] or one[0][:2] == term[1::-1]]
    nearest = [match for match, distance, _ in found if distance == found[0][1]]
    return sorted(nearest, key=lambda match: (-JaroWinkler.similarity(term, match), match))[:3]


def fold(text: str) -> str:
    """Lower case without diacritics ("Kupiansʹk", "Zürich" -> "kupians'k", "zurich")."""
    if text.isascii():  # nothing to decompose
        return text.casefold()
    decomposed = unicodedata.normalize("NFKD", text)
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return bare.casefold().translate(_LETTERS)


@functools.lru_cache(maxsize=1)
def _stemmer() -> Stemmer:
    from Stemmer import Stemmer

    return Stemmer("english")
