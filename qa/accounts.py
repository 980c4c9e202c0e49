"""Group the candidates of all articles into accounts: who tells what, and whether they differ."""

from __future__ import annotations

import functools
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from pincite.index.passages import sentences
from pincite.qa.agreement import Relation, Statement, compare
from pincite.qa.confidence import Candidate, Confidence

MOST = 6  # accounts of one question at most
COMPARED = 40  # candidates that are looked at, at most: each costs a comparison with each account
SHINGLE = 4  # words in a row that are compared, to tell a copy
COPIED = 0.6  # share of the shorter text's shingles that the other holds, to call it a copy
STANDING = 4  # an account with this many times the sources of another is not disputed by it
MOST_LEAD = 10.0  # log odds that a lead counts for at most
QUOTED = 6  # words of a quotation that two texts share, to call them one statement

_WORDS = re.compile(r"[^\W_]+")
_QUOTATION = re.compile(r"[\"“„«]([^\"“”„«»]+)[\"”»]")

Published = Callable[[str], date | None]
"""The day an article, by its id, was published."""


@dataclass(frozen=True, slots=True)
class Voice:
    """A candidate with its statement: who says it and what is said."""

    candidate: Candidate
    statement: Statement


@dataclass(frozen=True, slots=True)
class Group:
    """The voices that tell one account.

    Attributes:
        voices: one of a paragraph, the strongest first.
        sources: how many of their articles tell it by themselves; see `by_themselves`.
        excludes: it has the standing to dispute the leading account, and both can't be true.
    """

    voices: tuple[Voice, ...]
    sources: int
    excludes: bool = False


def group(
    candidates: Sequence[Candidate], confidence: Confidence, published: Published
) -> list[Group]:
    """The accounts of a question, the leading one first, the others by how likely they are.

    The strongest candidate begins an account; another joins the first account whose beginning
    says the same, or begins one of its own (leader clustering: Hartigan, 1975). Comparing with
    the beginning alone keeps "10-12" between "10" and "12" from joining them.

    Args:
        candidates: the strongest first; none tell nothing.
    """
    told: list[list[Voice]] = []
    heard: set[tuple[str, int]] = set()
    for candidate in candidates[:COMPARED]:
        place = (candidate.passage.article, candidate.passage.paragraph)
        # A paragraph speaks once: its second-best words are mostly a slip of the reader.
        if place in heard:
            continue
        behind = candidates[0].strength - candidate.strength
        voice = Voice(candidate, _statement(candidate, published))
        relations = [_says(others[0], voice) for others in told]
        if Relation.SAME in relations:
            if behind > confidence.agrees:
                continue
            told[relations.index(Relation.SAME)].append(voice)
        else:
            apart = relations and relations[0] is Relation.CONFLICT
            if (
                behind > (confidence.conflicts if apart else confidence.differs)
                or len(told) == MOST
            ):
                continue
            told.append([voice])
        heard.add(place)
    groups = [Group(tuple(_by_article(voices)), _independent(voices)) for voices in told]
    return [*groups[:1], *(_beside(groups[0], other) for other in groups[1:])]


def _beside(leader: Group, other: Group) -> Group:
    conflict = _says(leader.voices[0], other.voices[0]) is Relation.CONFLICT
    comparable = leader.sources < STANDING * other.sources
    return Group(other.voices, other.sources, comparable and conflict)


def leader_features(
    groups: Sequence[Group], candidates: Sequence[Candidate], passages: int
) -> dict[str, float]:
    """What is known of the leading candidate, by `qa.confidence.LEADER`.

    Args:
        groups: that the candidates were put into, at least one.
        candidates: the strongest first.
        passages: in the index.
    """
    leader = candidates[0]
    same = {(v.candidate.passage.article, v.candidate.start) for v in groups[0].voices}
    rivals = [
        c.strength
        for c in candidates
        if (c.passage.article, c.start) not in same and not c.overlaps(leader)
    ]
    return {
        "strength": leader.strength,
        "lead": min(leader.strength - max(rivals, default=-math.inf), MOST_LEAD),
        "agreeing": math.log(groups[0].sources),
        "passages": math.log10(passages),
    }


def _says(first: Voice, second: Voice) -> Relation:
    return compare(first.statement, second.statement)


def _statement(candidate: Candidate, published: Published) -> Statement:
    text, at = candidate.passage.text, candidate.start - candidate.passage.start
    holding = (text[s:e] for s, e in _sentences(text) if s <= at < e)
    return Statement(candidate.words, next(holding, text), published(candidate.passage.article))


@functools.lru_cache(maxsize=4096)
def _sentences(text: str) -> tuple[tuple[int, int], ...]:
    return tuple(sentences(text, 0, len(text)))


def _by_article(voices: Sequence[Voice]) -> list[Voice]:
    """The same voices, the first of every article before any second, else in order."""
    seen: Counter[str] = Counter()
    turns = []
    for voice in voices:
        turns.append(seen[voice.candidate.passage.article])
        seen[voice.candidate.passage.article] += 1
    return [voices[i] for i in sorted(range(len(voices)), key=lambda i: turns[i])]


def _independent(voices: Sequence[Voice]) -> int:
    return by_themselves((v.candidate.passage.article, v.statement.sentence) for v in voices)


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
