"""Other wordings of what a question asks about: the corpus's own.

While an index is built, the abbreviations that its articles introduce and the
names in them are gathered. A question is then read with them: "RDK" also means
its long form and what other articles abbreviate that to, and a name also means
its other spellings.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from pincite.index.abbreviations import abbreviations as introduced
from pincite.index.spelling import SHORTEST, key, spelt_alike
from pincite.index.terms import (
    Wordings,
    content_words,
    nearest_terms,
    spelt_words,
    terms,
    words_and_terms,
)

SCHEMA = """
CREATE TABLE abbreviation (
    short TEXT NOT NULL, long TEXT NOT NULL, articles INTEGER NOT NULL, PRIMARY KEY (short, long)
) STRICT, WITHOUT ROWID;
CREATE INDEX abbreviation_of_long ON abbreviation (long);
CREATE TABLE name (
    key TEXT NOT NULL, word TEXT NOT NULL, term TEXT NOT NULL, PRIMARY KEY (key, word)
) STRICT, WITHOUT ROWID;
"""

_LONGEST = 10  # terms of a long form
_AT_ONCE = 500  # values looked up by one statement
_MOST = 4  # other wordings of one thing by abbreviation


@dataclass(frozen=True, slots=True)
class Said:
    """What one article has to say about wordings.

    Attributes:
        abbreviations: short form and long form, as terms, of those that it introduces.
        capitalised, lower: its words as they are spelt, by their first letter's case.
    """

    abbreviations: frozenset[tuple[str, str]]
    capitalised: frozenset[str]
    lower: frozenset[str]


def said(text: str) -> Said:
    """What an article's paragraphs, a line each, have to say."""
    pairs = {(" ".join(terms(pair.short)), " ".join(terms(pair.long))) for pair in introduced(text)}
    words = frozenset(spelt_words(text))
    capitalised = frozenset(word for word in words if word[0].isupper())
    return Said(frozenset(pairs), capitalised, words - capitalised)


class Gathered:
    """What the articles of a corpus, added one by one, have to say about wordings.

    It grows with the vocabulary, not with the corpus.
    """

    def __init__(self) -> None:
        self._abbreviations: Counter[tuple[str, str]] = Counter()
        self._capitalised: set[str] = set()
        self._lower: set[str] = set()

    def add(self, article: Said) -> None:
        """Add what an article says."""
        self._abbreviations.update(article.abbreviations)
        self._capitalised |= article.capitalised
        self._lower |= article.lower

    def write(self, db: sqlite3.Connection) -> None:
        """Write what was gathered into the tables of `SCHEMA`."""
        db.executemany(
            "INSERT INTO abbreviation VALUES (?, ?, ?)",
            [(*pair, articles) for pair, articles in self._abbreviations.items()],
        )
        db.executemany("INSERT OR IGNORE INTO name VALUES (?, ?, ?)", self._names())

    def _names(self) -> Iterator[tuple[str, str, str]]:
        """Key, folded word and term of the words that never stand in lower case."""
        lower = {word for word, _ in words_and_terms(" ".join(self._lower))}
        for word, term in sorted(set(words_and_terms(" ".join(self._capitalised)))):
            if len(word) >= SHORTEST and word.isalpha() and word not in lower:
                yield key(word), word, term


def abbreviations(db: sqlite3.Connection, runs: Sequence[str]) -> list[tuple[str, str]]:
    """`(short form, long form)`, as terms, of which one is among the runs, commonest first."""
    found: Counter[tuple[str, str]] = Counter()
    for at in range(0, len(runs), _AT_ONCE):
        some = runs[at : at + _AT_ONCE]
        marks = ",".join("?" * len(some))
        for short, long, articles in db.execute(
            "SELECT short, long, articles FROM abbreviation "
            f"WHERE short IN ({marks}) OR long IN ({marks})",
            [*some, *some],
        ):
            found[short, long] = articles
    return [pair for pair, _ in sorted(found.items(), key=lambda item: (-item[1], item[0]))]


def names(db: sqlite3.Connection, of_key: str) -> list[tuple[str, str]]:
    """`(folded word, its term)` of the names with that key."""
    return db.execute(
        "SELECT word, term FROM name WHERE key = ? ORDER BY word", (of_key,)
    ).fetchall()


class Lexicon(Protocol):
    """What a store knows of words; see `pincite.index.store.Store`."""

    def frequency(self, one: Wordings) -> int:
        """In how many passages any of the wordings stands."""

    def like(self, term: str) -> list[str]:
        """All terms that `pincite.index.terms.nearest_terms` may find near to one, and others."""

    def abbreviations(self, runs: Sequence[str]) -> list[tuple[str, str]]:
        """`(short form, long form)` of which one is among the runs, commonest first."""

    def names(self, key: str) -> list[tuple[str, str]]:
        """`(folded word, its term)` of the names with that key."""


def meant(question: str, lexicon: Lexicon) -> dict[Wordings, int]:
    """What a question asks about, and in how many passages each stands.

    Each content term of the question with its other wordings: near spellings
    of a name, the long form of an abbreviation and its other abbreviations, the
    abbreviations of a long form that it is part of. A term that stands nowhere
    in the corpus is taken for another spelling or a misspelling of the nearest
    that do; it stays, with 0, where there are none.
    """
    others = _abbreviated(question, lexicon)
    asked: dict[Wordings, int] = {}
    for term, word in content_words(question).items():
        spelt = _spellings(term, word, lexicon)
        one = tuple(dict.fromkeys([*spelt, *others.get(term, [])]))
        asked[one] = lexicon.frequency(one)
    return asked


def _spellings(term: str, word: str, lexicon: Lexicon) -> list[str]:
    """The term and what else it may be spelt; without it, if it stands nowhere and others do."""
    known = lexicon.frequency((term,)) > 0
    fits = len(word) >= SHORTEST and word.isalpha() and word.isascii()
    alike = lexicon.names(key(word)) if fits else []
    if not known:
        near = spelt_alike(word, alike, known=False)
        if not near:
            return nearest_terms(term, lexicon.like(term)) or [term]
        heard = [name for name, of in alike if of in near]
        return near + [other for name in heard for other in spelt_alike(name, alike, known=True)]
    # A common word is no name, however it is capitalised in the question.
    is_name = any(name == word for name, _ in alike)
    return [term, *spelt_alike(word, alike, known=True)] if is_name else [term]


def _abbreviated(question: str, lexicon: Lexicon) -> dict[str, list[str]]:
    """For terms of the question, the wordings that an abbreviation adds, commonest first."""
    said = terms(question)
    spelt = _spelt_short(question)
    runs = {
        " ".join(said[first:last])
        for first in range(len(said))
        for last in range(first + 1, min(first + _LONGEST, len(said)) + 1)
    }
    known = lexicon.abbreviations(sorted(runs))
    shorts = {
        short: long for short, long in known if short in runs and spelt.issuperset(short.split())
    }
    longs = [long for _, long in known if long in runs]
    siblings = lexicon.abbreviations(sorted(set(shorts.values()))) if shorts else []
    others: dict[str, list[str]] = {}
    for short, long in known:
        if short in shorts:
            also = [other for other, of in siblings if of == long]
            for term in short.split():
                _extend(others.setdefault(term, []), [long, *also])
        if long in longs:
            for term in long.split():
                _extend(others.setdefault(term, []), [short])
    return others


def _extend(wordings: list[str], more: Iterable[str]) -> None:
    wordings.extend(wording for wording in more if wording not in wordings)
    del wordings[_MOST:]


def _spelt_short(question: str) -> set[str]:
    """The terms of the question that are spelt as an abbreviation may be.

    In capitals; anything where the question has no capital but perhaps its
    first. "Did aid arrive in Kyiv?" is not about AIDS.
    """
    words = spelt_words(question)
    careless = not any(any(c.isupper() for c in word) for word in words[1:])
    return {
        term
        for word in words
        if careless or word.isupper() or sum(c.isupper() for c in word) > 1
        for _, term in words_and_terms(word)
    }
