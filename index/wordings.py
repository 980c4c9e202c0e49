"""Other wordings of what a question asks about: the corpus's own.

While a segment is written, the abbreviations that its articles introduce and the
words in them are gathered, each with its articles, so that segments add up and what is
gone counts no more. A question is then read with them: "RDK" also means
its long form and what other articles abbreviate that to, and a name also means
its other spellings.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

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
    short TEXT NOT NULL, long TEXT NOT NULL, article INTEGER NOT NULL,
    PRIMARY KEY (short, long, article)
) STRICT, WITHOUT ROWID;
CREATE INDEX abbreviation_of_long ON abbreviation (long);
CREATE TABLE name (
    key TEXT NOT NULL, word TEXT NOT NULL, term TEXT NOT NULL, articles BLOB NOT NULL,
    PRIMARY KEY (key, word, term)
) STRICT, WITHOUT ROWID;
CREATE TABLE lower (word TEXT PRIMARY KEY, articles BLOB NOT NULL) STRICT, WITHOUT ROWID;
"""

_LONGEST = 10  # terms of a long form
_AT_ONCE = 500  # values looked up by one statement
# Articles named for a word in a segment; with more, it is taken to stand there whatever is gone.
_NAMED = 16
_NUMBER = np.dtype("<u4")
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
    """What the articles of a segment, added one by one, have to say about wordings.

    It grows with the vocabulary, not with the segment.
    """

    def __init__(self) -> None:
        self._abbreviations: list[tuple[str, str, int]] = []
        self._capitalised: dict[str, list[int]] = {}
        self._lower: dict[str, list[int]] = {}

    def add(self, number: int, article: Said) -> None:
        """Add what the article of that number says."""
        self._abbreviations += [(*pair, number) for pair in article.abbreviations]
        for words, into in (
            (article.capitalised, self._capitalised),
            (article.lower, self._lower),
        ):
            for word in words:
                numbers = into.setdefault(word, [])
                if len(numbers) <= _NAMED:
                    numbers.append(number)

    def write(self, db: sqlite3.Connection) -> None:
        """Write what was gathered into the tables of `SCHEMA`."""
        db.executemany("INSERT INTO abbreviation VALUES (?, ?, ?)", self._abbreviations)
        names: dict[tuple[str, str], set[int]] = {}
        lower: dict[str, set[int]] = {}
        for spelt, numbers in self._capitalised.items():
            for word, term in words_and_terms(spelt):
                if len(word) >= SHORTEST and word.isalpha():
                    names.setdefault((word, term), set()).update(numbers)
        for spelt, numbers in self._lower.items():
            for word, _ in words_and_terms(spelt):
                if len(word) >= SHORTEST and word.isalpha():
                    lower.setdefault(word, set()).update(numbers)
        db.executemany(
            "INSERT INTO name VALUES (?, ?, ?, ?)",
            [(key(word), word, term, _packed(of)) for (word, term), of in names.items()],
        )
        db.executemany(
            "INSERT INTO lower VALUES (?, ?)", [(word, _packed(of)) for word, of in lower.items()]
        )


def _packed(numbers: Collection[int]) -> bytes:
    """The numbers of a few articles; of many, nothing."""
    return np.array(sorted(numbers), _NUMBER).tobytes() if len(numbers) <= _NAMED else b""


Segment = tuple[sqlite3.Connection, Collection[int]]
"""A segment's tables, and the numbers of its articles that are gone."""


def abbreviations(segments: Sequence[Segment], runs: Sequence[str]) -> list[tuple[str, str]]:
    """`(short form, long form)`, as terms, of which one is among the runs.

    Those that most articles introduce come first.
    """
    rows: set[tuple[int, str, str, int]] = set()
    for n, (db, gone) in enumerate(segments):
        for at in range(0, len(runs), _AT_ONCE):
            some = runs[at : at + _AT_ONCE]
            marks = ",".join("?" * len(some))
            # In two statements: with OR, SQLite would not use both indexes.
            for column in ("short", "long"):
                rows.update(
                    (n, short, long, number)
                    for short, long, number in db.execute(
                        "SELECT short, long, article FROM abbreviation "
                        f"WHERE {column} IN ({marks})",
                        some,
                    )
                    if number not in gone
                )
    found = Counter((short, long) for _, short, long, _ in rows)
    return [pair for pair, _ in sorted(found.items(), key=lambda item: (-item[1], item[0]))]


def names(segments: Sequence[Segment], of_key: str) -> list[tuple[str, str]]:
    """`(folded word, its term)` of the names with that key.

    A name is a word that never stands in lower case.
    """
    found: set[tuple[str, str]] = set()
    for db, gone in segments:
        rows = db.execute("SELECT word, term, articles FROM name WHERE key = ?", (of_key,))
        found.update((word, term) for word, term, articles in rows if _stands(articles, gone))
    words = {word for word, _ in found}
    common = {word for word in words if any(_is_lower(word, *segment) for segment in segments)}
    return sorted((word, term) for word, term in found if word not in common)


def _is_lower(word: str, db: sqlite3.Connection, gone: Collection[int]) -> bool:
    row = db.execute("SELECT articles FROM lower WHERE word = ?", (word,)).fetchone()
    return row is not None and _stands(row[0], gone)


def _stands(articles: bytes, gone: Collection[int]) -> bool:
    """Whether one of the articles is still there."""
    return not articles or any(n not in gone for n in np.frombuffer(articles, _NUMBER).tolist())


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
    """What a question asks about, and in how many passages each stands; see `asked_about`."""
    return {one: lexicon.frequency(one) for one in asked_about(question, lexicon)}


def asked_about(question: str, lexicon: Lexicon) -> list[Wordings]:
    """What a question asks about, each once, in order.

    Each content term of the question with its other wordings: near spellings
    of a name, the long form of an abbreviation and its other abbreviations, the
    abbreviations of a long form that it is part of. A term that stands nowhere
    in the corpus is taken for another spelling or a misspelling of the nearest
    that do; it stays where there are none.
    """
    others = _abbreviated(question, lexicon)
    asked = (
        tuple(dict.fromkeys([*_spellings(term, word, lexicon), *others.get(term, [])]))
        for term, word in content_words(question).items()
    )
    return list(dict.fromkeys(asked))


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
