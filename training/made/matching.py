"""Questions that one sentence asks, with the passages that seem to answer them.

Distant supervision over two articles (Fabbri et al., 2020: a question of a retrieved
sentence, not of the passage itself, so that it isn't answered by copying). Another sentence
of the same days that names the same thing amid the question's rarer terms is taken to
answer it. Only where no other article does, another passage of the same article may.
"""

from __future__ import annotations

import bisect
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pincite.index.terms import content_terms, terms
from pincite.qa.retrieve import shared
from pincite.training.made.asking import put
from pincite.training.made.corpus import Line, News
from pincite.training.made.entities import Taken, Type, key, worth_asking
from pincite.training.made.forms import Put

SHORTEST_WORDS, LONGEST_WORDS = 8, 35  # of a sentence that asks
DAYS_APART = {"date": 4, "number": 10, "age": 60}  # between asking and answering article
MOST_DAYS_APART = 90  # where the answer doesn't change with the days
NEAR_DAYS = 5
LEAST_RARE = 3  # rare terms of the sentence that the answering sentence holds
LEAST_ASKED = 4  # terms of the question that are in other sentences too
LEAST_ASKED_RARE = 2
LOOKED_AT = 4  # sentences, the nearest first, for one question
# `Match.share` at least, and the part of it that the sentence itself holds.
LEAST_SHARE = 0.55
LEAST_SHARE_FAR = 0.62  # where the articles are more than `NEAR_DAYS` apart
LEAST_SHARE_OWN = 0.65  # where the passage is of the same article
LEAST_SHARE_SECOND = 0.65  # for a second passage to a question
LEAST_NEAR = 0.45
LEAST_NEAR_OWN = 0.55
MOST_PASSAGES = 2  # of a question
AROUND = 2  # sentences each way
RUN_WORDS = 5
MOST_COPIED = 0.4  # of the sentence's runs of so many words in the passage
COUNTED_WITHIN = (60, 5)  # characters, terms: what is counted stands so near behind its number
NAMED_WITHIN = (40, 2)  # whose age it is stands so near before it


@dataclass(frozen=True, slots=True)
class Match:
    """A question with the passage that seems to answer it.

    Attributes:
        share: of the question's terms by rarity, the mean of those in the sentence and of
            those around it (`AROUND`, and the header), 0..1.
        cut: number of the passage.
        line: number of the answering sentence.
        asked_of: number of the asking sentence.
        answer: `[start, end)` in characters of the passage's text.
        own: whether the passage is of the asking article.
    """

    question: Put
    type: Type
    share: float
    cut: int
    line: int
    asked_of: int
    answer: tuple[int, int]
    own: bool


@dataclass(frozen=True, slots=True)
class _Query:
    """What a sentence asks.

    Attributes:
        line: its number.
        key: of what is taken.
        rarity: weight of each of the question's terms, the answer's left out.
        runs: the sentence's runs of words.
    """

    line: int
    taken: Taken
    key: str
    question: Put
    rarity: Mapping[str, float]
    runs: frozenset[str]


_NEGATED = re.compile(r"\b(?:not|no|never|neither|nor|without)\b|n['’]t\b", re.I)
_CAPTION = re.compile(r"Hide Caption|Getty Images|/(?:AP|Reuters|AFP|ZUMA|Redux)\b|\bPhotos?:|►|•")


def matches(news: News) -> Iterator[Match]:
    """For each sentence and what can be asked of it, the passages that seem to answer best."""
    for number, line in enumerate(news.lines):
        if not _may_ask(line.text):
            continue
        seen: set[str] = set()
        for taken in line.found:
            named = key(taken)
            if named not in seen and worth_asking(taken, line.text, news.lexicon):
                seen.add(named)
                yield from _answering(news, number, taken, named)


def _may_ask(text: str) -> bool:
    """Whether it is a whole sentence of fair length and no caption."""
    return (
        SHORTEST_WORDS <= text.count(" ") + 1 <= LONGEST_WORDS
        and text[-1:] in '."”'
        and text[0].isupper()
        and not _CAPTION.search(text)
    )


def _answering(news: News, number: int, taken: Taken, named: str) -> list[Match]:
    query: _Query | None = None
    for own in (False, True):
        candidates = _candidates(news, number, taken, named, own=own)
        if not candidates:
            continue
        query = query or _query(news, number, taken, named)
        if query is None:
            return []
        if found := _best(news, query, candidates, own=own):
            return found
    return []


def _candidates(news: News, number: int, taken: Taken, named: str, *, own: bool) -> list[int]:
    """Sentences that name the same thing and share rare terms, those that share most first."""
    line = news.lines[number]
    rare = (line.held & news.rare).difference(terms(taken.text))
    if len(rare) < LEAST_RARE:
        return []
    ranked: list[tuple[float, int]] = []
    for other in _same_days(news, line, named, 0 if own else _days_apart(taken, named)):
        there = news.lines[other]
        if (there.article == line.article) != own or other == number:
            continue
        common = rare & there.held
        if len(common) >= LEAST_RARE:
            # Summed exactly: the order of a set changes from run to run.
            ranked.append((math.fsum(news.rarity[term] for term in common), other))
    return [other for _, other in sorted(ranked, reverse=True)[:LOOKED_AT]]


def _days_apart(taken: Taken, named: str) -> int:
    if taken.type == "date" and re.search(r"\d", named):
        return MOST_DAYS_APART  # only a weekday means another day in another week
    return DAYS_APART.get(taken.type, MOST_DAYS_APART)


def _same_days(news: News, line: Line, named: str, apart: int) -> Iterator[int]:
    entries = news.postings.get(named, [])
    first = bisect.bisect_left(entries, (line.day - apart, -1))
    last = bisect.bisect_left(entries, (line.day + apart + 1, -1))
    return (other for _, other in entries[first:last])


def _query(news: News, number: int, taken: Taken, named: str) -> _Query | None:
    """What is asked; None where nothing safe is, or its terms are too few or too common."""
    text = news.lines[number].text
    made = put(text, taken, news.lexicon)
    if made is None or _NEGATED.search(made.question):
        return None
    given = set(terms(taken.text))
    rarity = {
        term: news.rarity[term]
        for term in content_terms(made.question)
        if term not in given and term in news.rarity
    }
    if len(rarity) < LEAST_ASKED or len(rarity.keys() & news.rare) < LEAST_ASKED_RARE:
        return None
    return _Query(number, taken, named, made, rarity, _runs(text))


def _best(news: News, query: _Query, candidates: Sequence[int], *, own: bool) -> list[Match]:
    """The best passage, and a second one of another article where it is sure enough."""
    found = [
        match for other in candidates if (match := _match(news, query, other, own=own)) is not None
    ]
    found.sort(key=lambda match: -match.share)
    best = found[:1]
    for match in found[1:]:
        others = {news.lines[one.line].article for one in best}
        if (
            match.share >= LEAST_SHARE_SECOND
            and len(best) < MOST_PASSAGES
            and news.lines[match.line].article not in others
        ):
            best.append(match)
    return best


def _match(news: News, query: _Query, other: int, *, own: bool) -> Match | None:
    """The passage around the other sentence that holds most of the question."""
    there = news.lines[other]
    answer = None if _CAPTION.search(there.text) else _answer(news, query, there)
    near = shared(query.rarity, set(there.held))
    if answer is None or near < (LEAST_NEAR_OWN if own else LEAST_NEAR):
        return None
    least = _least_share(news.lines[query.line], there, own=own)
    best: Match | None = None
    for number, place in there.places:
        if _copies(news, query, number):
            continue
        share = (near + shared(query.rarity, _around(news, number, other))) / 2
        if share >= least and (best is None or share > best.share):
            span = (place + answer.start, place + answer.end)
            best = Match(
                query.question, query.taken.type, share, number, other, query.line, span, own
            )
    return best


def _least_share(line: Line, there: Line, *, own: bool) -> float:
    if own:
        return LEAST_SHARE_OWN
    return LEAST_SHARE_FAR if abs(there.day - line.day) > NEAR_DAYS else LEAST_SHARE


def _copies(news: News, query: _Query, number: int) -> bool:
    """Whether the passage holds the asking sentence, or much of it word for word."""
    cut = news.cuts[number]
    copied = len(query.runs & _runs(cut.text))
    return query.line in cut.lines or copied > MOST_COPIED * len(query.runs)


def _around(news: News, number: int, line: int) -> set[str]:
    """The terms of a passage's header and of the sentences around one."""
    cut = news.cuts[number]
    at = cut.lines.index(line)
    near = cut.lines[max(0, at - AROUND) : at + AROUND + 1]
    return set(cut.title.union(*(news.lines[one].held for one in near)))


def _answer(news: News, query: _Query, there: Line) -> Taken | None:
    """What in the other sentence is the same thing; None where it may be another."""
    taken = query.taken
    same = [one for one in there.found if key(one) == query.key and one.type == taken.type]
    if len({one.text for one in same}) != 1:
        return None
    one = same[0]
    if taken.type == "person":
        mine = _first_name(news, news.lines[query.line], query.key, taken)
        return one if _first_name(news, there, query.key, one) == mine else None
    if taken.type == "number" and query.question.noun:
        chars, most = COUNTED_WITHIN
        beside = terms(there.text[one.end : one.end + chars])[:most]
    elif taken.type == "age":
        chars, most = NAMED_WITHIN
        beside = terms(there.text[max(0, one.start - chars) : one.start])[-most:]
    else:
        return one
    return one if terms(query.question.noun)[0] in beside else None


def _first_name(news: News, line: Line, named: str, one: Taken) -> str:
    """Of a person, as the sentence's article knows the last name."""
    return news.people[line.article].get(named.removeprefix("~"), one.text).split()[0]


def _runs(text: str) -> frozenset[str]:
    words = re.findall(r"\w+", text.lower())
    return frozenset(
        " ".join(words[at : at + RUN_WORDS]) for at in range(len(words) - RUN_WORDS + 1)
    )
