"""Spellings of one name: a key under which they meet, and how far apart two of them are.

Names come into Latin letters by many ways: Kharkiv, Kharkov and Harkiv;
Muhammad, Mohammed and Mohamed; Tchaikovsky and Chaikovsky. Mostly the vowels
differ, and the consonants within one class. The key keeps the classes of the
consonants (after Soundex; Russell, US patent 1,261,167, 1918), so that a few candidates can be
looked up; the distance is an alignment (Wagner and Fischer, 1974) in which what
romanisations confuse costs little.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

# Distances, set on a list of 87 pairs of spellings among 7,900 names of news articles.
SAME = 0.2  # at most between two words that sound alike
KNOWN = 0.045  # a letter, between two words that both stand in the corpus
UNKNOWN = 0.12  # a letter, where one of the two stands nowhere
UNKNOWN_FEW = 0.08  # the same where the key is short
FEW, MANY = 2, 4  # consonants of a key
SHORTEST = 4  # letters; shorter names are too near to one another

# Several letters for one sound, each made one sign. Longest first.
_SOUNDS = {
    **{"shch": "S", "szcz": "S", "tsch": "C", "dzh": "J", "tch": "C", "sch": "S", "dsh": "J"},
    **{"cz": "C", "ch": "C", "sh": "S", "sz": "S", "dj": "J", "zh": "Z", "kh": "X", "ts": "T"},
    **{"tz": "T", "ph": "f", "gh": "g", "dh": "d", "th": "t", "ck": "k", "rh": "r", "ks": "x"},
    **{"ou": "u", "oo": "u", "ee": "i", "q": "k", "w": "v", "y": "i"},
    **{"ce": "se", "ci": "si"},
}
_SOUND = re.compile("|".join(sorted(_SOUNDS, key=lambda letters: -len(letters))))
_TWICE = re.compile(r"(.)\1+")
_VOWELS = frozenset("aeiou")
_CHEAPEST = 0.15  # of the letters that may be left out
_CLASSES = str.maketrans(
    {letter: kind for kind, letters in
     {"k": "kgchX", "s": "szjxSZCJT", "v": "vf", "": "aeiou'"}.items() for letter in letters}
)  # fmt: skip
_NEAR = frozenset(
    frozenset(pair)
    for pair in "kX hX hg gk kc kC CX sS zZ zs ZJ Jj jZ jg cs cT cC CS Ts TC fv ji xk sx zT".split()
)
_NEAR_VOWELS = frozenset(frozenset(pair) for pair in ("ei", "ou", "ae", "ai", "ao", "io"))


def key(word: str) -> str:
    """The classes of a word's consonants in order; the spellings of one name share it.

    Args:
        word: folded (`pincite.index.terms.fold`).
    """
    return _TWICE.sub(r"\1", _sounds(word).translate(_CLASSES))


def distance(one: str, other: str, most: float = math.inf) -> float:
    """How far apart two spellings are, 0 or more; 1 is about one letter that changes the name.

    Args:
        one, other: folded words.
        most: what is farther apart than that may be given as infinitely far, which is quick.
    """
    a, b = _sounds(one), _sounds(other)
    if abs(len(a) - len(b)) * _CHEAPEST > most:
        return math.inf
    above = [0.0]
    for j in range(len(b)):
        above.append(above[-1] + _left_out(b, j))
    for i, letter in enumerate(a):
        row = [above[0] + _left_out(a, i)]
        for j, against in enumerate(b):
            row.append(
                min(
                    above[j] + _changed(letter, against),
                    above[j + 1] + _left_out(a, i),
                    row[j] + _left_out(b, j),
                )
            )
        if min(row) > most:  # and no later row is below it
            return math.inf
        above = row
    return above[-1]


def spelt_alike(word: str, names: Sequence[tuple[str, str]], *, known: bool) -> list[str]:
    """The terms of the names that may be other spellings of a word, nearest first, three at most.

    Args:
        word: folded.
        names: `(folded word, its term)` of the names with the word's key.
        known: whether the word stands in the corpus, too. Two names of one
            corpus are mostly two names (Bosch and Bush, Dale and Daly), so
            they have to be nearer, or to have more consonants in common.
    """
    near = []
    few, many = len(key(word)) <= FEW, len(key(word)) >= MANY
    for name, term in names:
        if name == word:
            continue
        letters = max(len(word), len(name))
        if known:
            most = max(SAME, KNOWN * letters) if many else SAME
        else:
            most = (UNKNOWN_FEW if few else UNKNOWN) * letters
        apart = distance(word, name, most)
        if apart <= most:
            near.append((apart, term))
    near.sort()
    return list(dict.fromkeys(term for apart, term in near if apart <= near[0][0] + SAME))[:3]


def _sounds(word: str) -> str:
    return _TWICE.sub(r"\1", _SOUND.sub(lambda letters: _SOUNDS[letters.group()], word))


def _changed(one: str, other: str) -> float:
    if one == other:
        return 0.0
    if one in _VOWELS and other in _VOWELS:
        return 0.3 if frozenset((one, other)) in _NEAR_VOWELS else 0.5
    return 0.3 if frozenset((one, other)) in _NEAR else 1.5


def _left_out(word: str, at: int) -> float:
    letter = word[at]
    if letter not in _VOWELS:
        return 0.4 if letter in "hj" else 1.2
    if at == len(word) - 1:
        return 1.0 if letter in "aou" else 0.6  # Martin and Martina are two people
    beside = word[max(0, at - 1) : at] + word[at + 1 : at + 2]
    if letter == "e" and "i" in beside:
        return _CHEAPEST
    return 0.3 if letter == "i" or "i" in beside else 0.6
