"""Group the candidates of all articles into accounts: who tells what, and whether they differ."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pincite.index.terms import terms
from pincite.qa.rank import Candidate
from pincite.qa.ranking import Ranking
from pincite.qa.said.same import Relation, compare
from pincite.qa.talk.phrases import asked_who

MOST = 6  # accounts of one question at most
SHINGLE = 4  # words in a row that are compared, to tell a copy
COPIED = 0.6  # share of the shorter text's shingles that the other holds, to call it a copy
STANDING = 3  # an account with this many times the sources of another is not disputed by it
QUOTED = 6  # words of a quotation that two texts share, to call them one statement

_WORDS = re.compile(r"[^\W_]+")
_QUOTATION = re.compile(r"[\"“„«]([^\"“”„«»]+)[\"”»]")


@dataclass(frozen=True, slots=True)
class Told:
    """One account.

    Attributes:
        voices: the candidates that tell it, one of a paragraph, the best first.
        confidence: that it is an answer to the question, 0..1.
        sources: how many of its articles tell it by themselves; see `independent`.
        excludes: it has the standing to dispute the leading one, and both can't be true.
    """

    voices: tuple[Candidate, ...]
    confidence: float
    sources: int
    excludes: bool


def tell(question: str, candidates: Sequence[Candidate], ranking: Ranking) -> list[Told]:
    """The accounts of a question, the leading one first, the others by their confidence.

    Args:
        candidates: as `pincite.qa.rank.rank` orders them; none tell nothing.
    """
    if not candidates:
        return []
    groups: dict[str, list[Candidate]] = {}
    heard: set[tuple[str, int]] = set()
    for candidate in candidates:
        place = (candidate.article, candidate.paragraph)
        # A paragraph speaks once: its second-best words are mostly a slip of the reader.
        if place in heard:
            continue
        if candidate.key in groups:
            tells = candidate.agrees >= ranking.agrees
        elif groups:
            tells = candidate.confidence >= ranking.differs and len(groups) < MOST
        else:
            tells = True
        if tells:
            heard.add(place)
            groups.setdefault(candidate.key, []).append(candidate)
    first, *others = map(_by_article, groups.values())
    shown = _fullest_first(first) if asked_who(question) else first
    leader = Told(tuple(shown), first[0].confidence, independent(first), False)
    told = []
    for voices in others:
        confidence, sources = voices[0].confidence, independent(voices)
        relation = compare(question, first[0].said, voices[0].said)
        comparable = confidence >= ranking.disputes and leader.sources < STANDING * sources
        excludes = comparable and relation is Relation.EXCLUDES
        told.append(Told(tuple(voices), confidence, sources, excludes))
    told.sort(key=lambda one: (-one.confidence, -one.sources))
    return [leader, *told]


def _by_article(voices: Sequence[Candidate]) -> list[Candidate]:
    """The same voices, the first of every article before any second, else in order."""
    seen: Counter[str] = Counter()
    turns = []
    for voice in voices:
        turns.append(seen[voice.article])
        seen[voice.article] += 1
    return [voices[i] for i in sorted(range(len(voices)), key=lambda i: turns[i])]


def _fullest_first(voices: Sequence[Candidate]) -> list[Candidate]:
    """The same, led by one that says more than the first: "the governor of Belgorod"."""
    least = set(terms(voices[0].said.words))
    fuller = [voice for voice in voices if set(terms(voice.said.words)) > least]
    return [*fuller[:1], *(voice for voice in voices if voice not in fuller[:1])]


def tells_too(telling: Sequence[Told], account: Told) -> bool:
    """Whether one of the accounts rests on the words that another telling's account rests on."""
    first = account.voices[0]
    place = (first.article, first.start)
    return any((voice.article, voice.start) == place for told in telling for voice in told.voices)


def capped(telling: Sequence[Told], confidence: float) -> list[Told]:
    """The same accounts, none surer than that, 0..1."""
    return [replace(told, confidence=min(told.confidence, confidence)) for told in telling]


def independent(voices: Sequence[Candidate]) -> int:
    """How many of the voices' articles tell it by themselves, see `by_themselves`."""
    return by_themselves((voice.article, voice.said.sentence) for voice in voices)


def by_themselves(told: Iterable[tuple[str, str]]) -> int:
    """How many articles tell it by themselves.

    An article counts once however often it says so, and one whose sentence is a copy of
    another's, or hands on the same quotation, counts with that other (near-duplicates by
    shingles: Broder, 1997).

    Args:
        told: article and sentence of each who tells it, in order.
    """
    alone: list[tuple[str, str]] = []
    for article, sentence in told:
        if not any(article == other or copied(sentence, text) for other, text in alone):
            alone.append((article, sentence))
    return len(alone)


def copied(text: str, other: str) -> bool:
    """Whether one text is a copy of the other, or both hand on the same words of somebody."""
    if _quotations(text) & _quotations(other):
        return True
    ones, others = _shingles(text), _shingles(other)
    fewest = min(len(ones), len(others))
    return fewest > 0 and len(ones & others) >= COPIED * fewest


def _quotations(text: str) -> set[tuple[str, ...]]:
    """Every run of `QUOTED` words that stands in quotation marks."""
    return {
        run for quotation in _QUOTATION.findall(text) for run in _runs(_words(quotation), QUOTED)
    }


def _shingles(text: str) -> set[tuple[str, ...]]:
    return set(_runs(_words(text), SHINGLE))


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORDS.findall(text)]


def _runs(words: Sequence[str], length: int) -> list[tuple[str, ...]]:
    return [tuple(words[i : i + length]) for i in range(len(words) - length + 1)]
