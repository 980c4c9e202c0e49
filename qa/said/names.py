"""Whether two answers name one person, place or body: "Zelensky" and "President Zelenskiy".

Two spellings of a name agree if they have the same consonants, letters that
romanisations interchange counted as one (g and h, v and w, ts and c), and
nearly the same vowels. A short form agrees with a long one that ends in it;
initials agree with what they stand for.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pincite.index.terms import FUNCTION_WORDS, fold, terms
from pincite.qa.said.amounts import Fit

_TITLES = frozenset(
    """
    mr mrs ms miss dr prof sir dame lord lady president vice prime minister premier chancellor
    governor mayor senator congressman congresswoman representative secretary ambassador king
    queen prince princess pope bishop archbishop judge justice sheriff chief general colonel
    lieutenant major captain commander sergeant admiral marshal director chairman chairwoman
    professor doctor rev reverend saint defense defence foreign
    """.split()
)
# What kind of thing a name stands for says nothing about which one it is.
_KINDS = frozenset(
    """
    region city town village province county district state country republic oblast suburb area
    river island side platform app outlet newspaper agency channel company group website
    """.split()
)
_WORD = re.compile(r"(?:[A-Z]\.){2,}|[^\W_]+(?:[-'’][^\W_]+)*\.?|[,(;]|&")
_ARTICLE = re.compile(r"^(?:al|el|ad|an|ar|as|ash|at|az)-(?=[^\W\d_])")
_POSSESSIVE = re.compile(r"['’]s?$")
_VOWELS = "aeiouy"
_PEOPLE = re.compile(r"(?:ian|ean|an|ese)s?$")
_PLACE = re.compile(r"(?:ia|ea|a|e|y)$")
# Romanisations that are interchanged, one sound each.
_LETTERS = str.maketrans("gwqz", "hvks")
_CLUSTERS = tuple(
    tuple(pair.split("="))
    for pair in "dzh=j kh=h gh=h ph=f tz=c ts=c tch=ch zh=j ck=k x=ks th=t".split()
)


@dataclass(frozen=True, slots=True)
class Name:
    """A name as it is written.

    Attributes:
        tokens: its capitalised words in order, folded, without titles.
        head: how many of them come before a comma, bracket or preposition; 1 or more.
        initials: the first letters of its capitalised words, titles included.
        short: it is one word of capitals, as "UN" and "U.S." are.
    """

    tokens: tuple[str, ...]
    head: int
    initials: str
    short: bool


def fit(first: str, second: str, place: bool = False) -> Fit | None:
    """How two answers' names stand to each other; None if they aren't both names, or unclear.

    Args:
        place: they answer where something is: then a part and the whole agree.
    """
    ones, others = names(first), names(second)
    if not ones or not others:
        return None
    if len(ones) == len(others) == 1:
        return _fit_two(ones[0], others[0], place)
    # Lists agree if each holds what the other holds; otherwise both may be true.
    pairs = [[_fit_two(one, other, place) is Fit.SAME for other in others] for one in ones]
    complete = all(map(any, pairs)) and all(map(any, zip(*pairs, strict=True)))
    return Fit.SAME if complete else Fit.OPEN


@functools.lru_cache(maxsize=4096)
def names(words: str) -> tuple[Name, ...]:
    """The names that `words` list, in order; none if they are no names but a description."""
    parts = re.split(r" and | & |, (?=[A-Z])", words) if " and " in words else [words]
    found = [_name(part) for part in parts]
    if all(found):
        return tuple(name for name in found if name)
    # "Bosnia and the coast" is no list of names; "Marks and Spencer" stands above.
    return ()


def _name(words: str) -> Name | None:
    tokens: list[str] = []
    initials: list[str] = []
    head = 0
    last_is_name = False
    for raw in _WORD.findall(words):
        if raw in ",(;":
            head = head or len(tokens)
            if last_is_name and tokens:
                break
            continue
        word = _POSSESSIVE.sub("", _ARTICLE.sub("", raw))
        plain = fold(word).replace(".", "")
        if not plain:
            continue
        if not (word[0].isupper() or word[0].isdecimal()):
            if plain in ("in", "at", "from", "who", "with") and tokens:
                head = head or len(tokens)
                break
            if plain not in FUNCTION_WORDS and plain not in _KINDS:
                last_is_name = plain in ("al", "bin", "de", "van", "von", "der", "el", "ibn")
            continue
        if plain in FUNCTION_WORDS and not word.isupper():
            continue
        initials.append(plain[0])
        last_is_name = True
        if plain not in _TITLES:
            parts = re.split(r"[-'’]", plain)
            tokens.extend(part for part in parts if part not in ("", "al", "el"))
    if not tokens or not last_is_name or not any(c.isalpha() for t in tokens for c in t):
        return None
    bare = re.sub(r"^(?:[a-z]+ )*", "", words.strip(" .,'\"“”‘’()")).replace(".", "")
    short = len(tokens) == 1 and bare.isupper() and 2 <= len(bare) <= 6
    return Name(tuple(tokens), head or len(tokens), "".join(initials), short)


def _fit_two(one: Name, other: Name, place: bool) -> Fit | None:
    one, other = sorted((one, other), key=lambda name: (len(name.tokens), name.tokens, name.head))
    for short, full in ((one, other), (other, one)):
        if short.short and len(full.initials) > 1 and short.tokens[0] == full.initials:
            return Fit.SAME
    held = [any(same_word(token, word) for word in other.tokens) for token in one.tokens]
    if all(held):
        ends = other.tokens[other.head - 1], other.tokens[-1]
        whole = len(one.tokens) == len(other.tokens) or place
        ended = any(same_word(one.tokens[one.head - 1], end) for end in ends)
        return Fit.SAME if whole or ended else Fit.OPEN
    if not any(held):
        return Fit.APART
    # One given name against another, with the family name or the kind of place shared.
    return Fit.APART if max(len(one.tokens), len(other.tokens)) <= 2 else None


@functools.lru_cache(maxsize=131_072)
def same_word(one: str, other: str) -> bool:
    """Whether two words of names, folded, are spellings of one."""
    if one == other or terms(one) == terms(other):
        return True
    if len(one) == 1 or len(other) == 1:
        return one[0] == other[0] and one[0].isalpha()
    if one.isdecimal() or other.isdecimal():
        return False
    if _people(one, other) or _people(other, one):
        return True
    short = min(len(one), len(other))
    if short < 4 or _consonants(one) != _consonants(other):
        return False
    from rapidfuzz.distance import OSA

    allowed = 1 if short < 7 else 2
    return OSA.distance(_sounds(one), _sounds(other), score_cutoff=allowed) <= allowed


def _people(word: str, place: str) -> bool:
    """Whether a word is of the people of a place: "russians" of "russia"."""
    root, ending = _PEOPLE.sub("", word), _PLACE.sub("", place)
    return len(word.removesuffix("s")) > 6 and root != word and root == ending


@functools.lru_cache(maxsize=16384)
def _sounds(word: str) -> str:
    for written, sound in _CLUSTERS:
        word = word.replace(written, sound)
    word = re.sub(r"g(?=[ei])|j", "h", word).translate(_LETTERS)
    word = re.sub(r"[iy]+", "i", word)
    return re.sub(r"(.)\1", r"\1", word)


@functools.lru_cache(maxsize=16384)
def _consonants(word: str) -> str:
    return "".join(c for c in _sounds(word) if c not in _VOWELS)


def shared(first: Sequence[str], second: Sequence[str]) -> float:
    """The share of the shorter list's words that the other spells too, 0..1; 0 if one is empty."""
    if not first or not second:
        return 0.0
    short, long = sorted((first, second), key=lambda words: (len(words), list(words)))
    whole = set(long)
    spelt = sum(word in whole or any(same_word(word, o) for o in long) for word in short)
    return spelt / len(short)
