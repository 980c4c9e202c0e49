"""Which of the questions are kept, so that no passage, answer or kind outweighs the others."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pincite.index.terms import content_terms
from pincite.training.made.corpus import News
from pincite.training.made.matching import MOST_PASSAGES, Match

SOURCE = "cloze"
MOST_OF_PASSAGE = 4
MOST_OF_ANSWER = 80
MOST_OF_SENTENCE = 3  # asked of it, and answered by it
# Of all questions:
MOST_OWN = 0.2  # on another passage of the same article
MOST_INSIDE = 0.4  # with the question word inside
MOST_OF_TYPE = 0.3


def chosen(found: Sequence[Match], news: News, drawn: random.Random) -> list[Match]:
    """The surest first, each cap kept; among the about equally sure the order is drawn."""
    kept = _Kept(news)
    order = sorted(found, key=lambda match: (-round(match.share, 1), drawn.random()))
    out = [match for match in order if kept.takes(match)]
    out = _capped(out, [match.own for match in out], MOST_OWN)
    out = _capped(out, [match.question.form == "inside" for match in out], MOST_INSIDE)
    for kind in sorted({match.type for match in out}):
        out = _capped(out, [match.type == kind for match in out], MOST_OF_TYPE)
    return out


@dataclass(slots=True)
class _Kept:
    """What has been taken so far.

    Attributes:
        articles: that answer a question, by the question's terms.
        spans: passage, answer and type.
    """

    news: News
    articles: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    spans: set[tuple[int, tuple[int, int], str]] = field(default_factory=set)
    passages: Counter[int] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    answering: Counter[int] = field(default_factory=Counter)
    asking: Counter[int] = field(default_factory=Counter)

    def takes(self, match: Match) -> bool:
        """Whether there is room for it; if so, it is taken."""
        article = self.news.lines[match.line].article
        answer = _text(match, self.news).lower()
        articles = self.articles[" ".join(sorted(content_terms(match.question.question)))]
        span = (match.cut, match.answer, match.type)
        if (
            article in articles
            or span in self.spans
            or len(articles) >= MOST_PASSAGES
            or self.passages[match.cut] >= MOST_OF_PASSAGE
            or self.answers[answer] >= MOST_OF_ANSWER
            or self.answering[match.line] >= MOST_OF_SENTENCE
            or self.asking[match.asked_of] >= MOST_OF_SENTENCE
        ):
            return False
        articles.add(article)
        self.spans.add(span)
        self.passages[match.cut] += 1
        self.answers[answer] += 1
        self.answering[match.line] += 1
        self.asking[match.asked_of] += 1
        return True


def _capped(found: Sequence[Match], flags: Sequence[bool], most: float) -> list[Match]:
    """Without the last of those flagged, so that they are no larger a share than `most`."""
    room = int((len(flags) - sum(flags)) * most / (1 - most))
    out: list[Match] = []
    for match, flagged in zip(found, flags, strict=True):
        if flagged and room <= 0:
            continue
        room -= flagged
        out.append(match)
    return out


def paragraphs(found: Sequence[Match], news: News) -> list[dict[str, Any]]:
    """The lines for `eval/data.py`, a passage each, with all its questions."""
    asked: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for match in sorted(found, key=lambda match: (match.cut, match.answer)):
        asked[match.cut].append(
            {
                "question": match.question.question,
                "answers": [{"text": _text(match, news), "answer_start": match.answer[0]}],
                "is_impossible": False,
            }
        )
    return [
        {"source": SOURCE, "title": news.cuts[n].header, "context": news.cuts[n].text, "qas": qas}
        for n, qas in asked.items()
    ]


def _text(match: Match, news: News) -> str:
    start, end = match.answer
    return news.cuts[match.cut].text[start:end]
