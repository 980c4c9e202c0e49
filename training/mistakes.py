"""What the shipped models take for an answer to a question of an event, and is none.

All reports are indexed together and asked, as `pincite eval events` does: the mistakes that are to
be unlearnt are those that are made.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pincite.eval.cases import open_texts
from pincite.eval.data import Asked, Paragraph
from pincite.eval.events import KINDS, NOT_AN_ACCOUNT, event_questions
from pincite.qa.measured import Statement

Key = tuple[str, str, str]
"""Event, question and kind."""
SPANS = 3  # of an article at most

_NAME = re.compile(r"\s[A-Z0-9]")  # in a question, after its first word


@dataclass(frozen=True, slots=True)
class Mistake:
    """Words that the event's reports do not answer with.

    Attributes:
        place: `Paragraph.place` of the report that they stand in, of whichever event.
        start, end: `[start, end)` in characters of its text.
        statement: the words in their paragraph.
        clear: the question could not mean them: they are of its own event, or it names
            something. "How many were hurt?" is answered by other events, too.
    """

    place: int
    start: int
    end: int
    statement: Statement
    clear: bool


def key(paragraph: Paragraph, asked: Asked) -> Key:
    """What names a question of an event."""
    return paragraph.group, asked.question, asked.kind


def mistakes(
    paragraphs: Sequence[Paragraph], folder: Path, say: Callable[[str], None]
) -> dict[Key, list[Mistake]]:
    """What is found for each question of an event and none of its reports tells, strongest first.

    Not asked are the questions of events that name such words themselves.

    Args:
        paragraphs: those that are no reports of an event are left out.
        folder: keeps the reports and their index.
    """
    from pincite.settings import load_settings

    named = {p.group for p in paragraphs if any(asked.plausible for asked in p.asked)}
    told = {p.group for p in paragraphs if any(asked.kind in KINDS for asked in p.asked)}
    reports = [p for p in paragraphs if p.group in told - named]
    opened, places = open_texts(reports, (), folder, load_settings())
    stands = {places[report.place].article: report for report in reports}
    questions = event_questions(reports, places)
    say(f"asks {len(questions):,} questions")
    made: defaultdict[Key, list[Mistake]] = defaultdict(list)
    for question in questions:
        shown: Counter[str] = Counter()
        asked, hits = opened.look_up(question.question)
        for found in opened.read(asked, hits):
            article = found.passage.article
            account = question.account_of(article, found.start, found.end)
            if account == NOT_AN_ACCOUNT and shown[article] < SPANS:
                shown[article] += 1
                report = stands[article]
                at = places[report.place].start
                clear = report.group == question.event or _NAME.search(question.question)
                of = (question.event, question.question, question.kind)
                made[of].append(
                    Mistake(
                        *(report.place, found.start - at, found.end - at),
                        *(found.statement(), bool(clear)),
                    )
                )
    return dict(made)
