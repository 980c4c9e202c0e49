"""Group the candidates of all articles into accounts: who tells what, and whether they differ."""

from __future__ import annotations

import functools
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Protocol

from pincite.index.passages import sentences
from pincite.qa.agreement import Comparison, Likely
from pincite.qa.confidence import LEAST_LIKELY, Candidate, Confidence, log_odds, voice_features
from pincite.qa.measured import Statement

MOST = 6  # accounts of one question at most
HEARD = 10  # paragraphs that are compared, at most
LEAST = -4.0  # log odds of one's span to be compared: reports that answer hardly ever have less
SHINGLE = 4  # words in a row that are compared, to tell a copy
COPIED = 0.6  # share of the shorter text's shingles that the other holds, to call it a copy
STANDING = 4  # an account with this many times the sources of another is not disputed by it
MOST_LEAD = 10.0  # log odds that a lead counts for at most
QUOTED = 6  # words of a quotation that two texts share, to call them one statement

_WORDS = re.compile(r"[^\W_]+")
_QUOTATION = re.compile(r"[\"“„«]([^\"“”„«»]+)[\"”»]")


class Corpus(Protocol):
    """What is known of the articles that candidates stand in."""

    def source(self, article: str) -> str:
        """Whose an article is: its publisher, or the article itself where none is known."""

    def closeness(self, one: Candidate, others: Sequence[Candidate]) -> list[float]:
        """The cosine of the passage of one with that of each of the others, -1..1."""


@dataclass(frozen=True, slots=True)
class Voice:
    """What one paragraph says to the question.

    Attributes:
        probability: that it answers the question, knowing what the leading one says, 0..1.
    """

    candidate: Candidate
    statement: Statement
    probability: float


@dataclass(frozen=True, slots=True)
class Group:
    """The voices that tell one account.

    Attributes:
        voices: one of a paragraph, the likeliest first.
        sources: how many of their publishers tell it by themselves; see `by_themselves`.
        excludes: it has the standing to dispute the leading account, an article tells it that does
            not tell that one, and both can't be true.
        answers: of the leading account, log odds that its first voice answers, as it looks beside
            each of the others that were compared with it, on average; 0 where none was.
        compared: of the leading account, its first voice and these others, shown or not.
    """

    voices: tuple[Voice, ...]
    sources: int
    excludes: bool = False
    answers: float = 0.0
    compared: tuple[Voice, ...] = ()


def voices(
    question: str,
    candidates: Sequence[Candidate],
    comparison: Comparison,
    confidence: Confidence,
    corpus: Corpus,
) -> list[tuple[Voice, Likely | None]]:
    """The paragraphs that speak, each compared with the leading one; that one first, with None.

    A paragraph speaks once: its second-best words are mostly a slip of the reader.

    Args:
        candidates: the strongest first.
    """
    places: dict[tuple[str, int], Candidate] = {}
    for candidate in candidates:
        places.setdefault((candidate.passage.article, candidate.passage.paragraph), candidate)
    heard = [c for c in places.values() if c is candidates[0] or c.strength >= LEAST][:HEARD]
    statements = [c.statement() for c in heard]
    if not heard:
        return []
    compared = comparison.compare(question, [(statements[0], other) for other in statements[1:]])
    out: list[tuple[Voice, Likely | None]] = [(Voice(heard[0], statements[0], 1.0), None)]
    near = corpus.closeness(heard[0], heard[1:])
    others = zip(heard[1:], statements[1:], compared, near, strict=True)
    for candidate, statement, likely, close in others:
        features = voice_features(candidate, heard[0], likely, close)
        out.append((Voice(candidate, statement, confidence.of_voice(features)), likely))
    return out


def group(
    question: str,
    candidates: Sequence[Candidate],
    comparison: Comparison,
    confidence: Confidence,
    corpus: Corpus,
) -> list[Group]:
    """The accounts of a question, the leading one first, the others by how likely they are.

    Voices join by average linkage (Sokal and Michener, 1958): the two accounts whose voices are on
    average likeliest to say the same become one, as long as that is likelier than not.

    Args:
        candidates: the strongest first; none tell nothing.
    """
    compared = voices(question, candidates, comparison, confidence, corpus)
    kept = [(voice, likely) for voice, likely in compared if voice.probability >= confidence.shown]
    kept.sort(key=lambda one: -one[0].probability)
    heard = [voice for voice, _ in kept]
    pairs = [(i, j) for j in range(len(heard)) for i in range(1, j)]
    statements = [(heard[i].statement, heard[j].statement) for i, j in pairs]
    likely = dict(zip(pairs, comparison.compare(question, statements), strict=True))
    likely |= {(0, j): found for j, (_, found) in enumerate(kept) if found is not None}
    groups = []
    for members in linked(len(heard), likely):
        told = _by_article([heard[i] for i in members])
        by = (corpus.source(voice.candidate.passage.article) for voice in told)
        said = (v.statement.text[slice(*sentence_of(v.statement))] for v in told)
        groups.append((members, Group(tuple(told), by_themselves(zip(by, said, strict=True)))))
    if not groups:
        return []
    (leaders, leading), *others = groups
    beside = [log_odds(found.first_answers, LEAST_LIKELY) for _, found in compared if found]
    answers = sum(beside) / len(beside) if beside else 0.0
    shown = [replace(leading, answers=answers, compared=tuple(voice for voice, _ in compared))]
    telling = {voice.candidate.passage.article for voice in leading.voices}
    for members, other in others[: MOST - 1]:
        apart = [_conflict(likely[min(i, j), max(i, j)]) for i in leaders for j in members]
        dispute = sum(apart) / len(apart) * other.voices[0].probability
        comparable = leading.sources < STANDING * other.sources
        # Who tells the leading account too, tells both sides of a matter, or of two matters.
        elsewhere = any(v.candidate.passage.article not in telling for v in other.voices)
        excludes = comparable and elsewhere and dispute >= confidence.disputed
        shown.append(Group(other.voices, other.sources, excludes))
    return shown


def linked(count: int, likely: Mapping[tuple[int, int], Likely]) -> list[list[int]]:
    """Numbers of voices that say the same, each list in order, the lists by their first.

    Args:
        count: of the voices.
        likely: for each pair of them, the lower number first.
    """
    lists = [[i] for i in range(count)]

    def alike(one: list[int], other: list[int]) -> float:
        pairs = [_same(likely[min(i, j), max(i, j)]) for i in one for j in other]
        return sum(pairs) / len(pairs)

    while len(lists) > 1:
        one, other = max(combinations(lists, 2), key=lambda both: alike(*both))
        if alike(one, other) < 0.5:
            break
        lists = sorted([sorted(one + other), *(of for of in lists if of not in (one, other))])
    return lists


def _same(likely: Likely) -> float:
    """How likely both say the same, given that both answer."""
    return likely.same / (likely.both_answer + 1e-6)


def _conflict(likely: Likely) -> float:
    """How likely both can't be true, given that both answer."""
    return likely.conflict / (likely.both_answer + 1e-6)


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
        "answers": groups[0].answers,
        "passages": math.log10(passages),
    }


def sentence_of(statement: Statement) -> tuple[int, int]:
    """`[start, end)` in its text of the sentence that an answer begins in."""
    holding = ((s, e) for s, e in _sentences(statement.text) if s <= statement.start < e)
    return next(holding, (0, len(statement.text)))


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


def by_themselves(told: Iterable[tuple[str, str]]) -> int:
    """How many sources tell it by themselves.

    A source counts once however often it says so, and one whose sentence is a copy of
    another's, or hands on the same quotation, counts with that other (near-duplicates by
    shingles: Broder, 1997).

    Args:
        told: source and sentence of each who tells it, in order.
    """
    alone: list[tuple[str, str]] = []
    for source, sentence in told:
        if not any(source == other or copied(sentence, text) for other, text in alone):
            alone.append((source, sentence))
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
