"""Questions on events that several reports tell, all reports indexed together.

What is known of each is which reports answer, with which words, and which of them tell the same:
so that every account shown can be judged, and whether a dispute is called one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pincite.eval.cases import Place
from pincite.eval.data import Half, Paragraph
from pincite.qa.answer import Answer, Status, Turn
from pincite.qa.ask import Pincite

Kind = Literal["same", "conflict", "compatible", "none"]
KINDS: tuple[Kind, ...] = ("same", "conflict", "compatible", "none")
NOT_AN_ACCOUNT = -1


@dataclass(frozen=True, slots=True)
class EventQuestion:
    """A question on an event.

    Attributes:
        event: the name of the event.
        kind: how its accounts stand to each other; "none" where no report answers.
        places: of the answers, each with the number of the account that its report tells.
        history: the conversation before it, oldest first.
    """

    event: str
    question: str
    kind: str
    places: tuple[Place, ...]
    history: tuple[Turn, ...] = ()

    def account_of(self, article: str, start: int, end: int) -> int:
        """Which account words at `[start, end)` of an article tell, or `NOT_AN_ACCOUNT`."""
        told = (one.account for one in self.places if one.overlaps(article, start, end))
        return next(told, NOT_AN_ACCOUNT)


@dataclass(frozen=True, slots=True)
class Judged:
    """What was said to a question on an event.

    Attributes:
        accounts: that its reports tell.
        shown: accounts shown, each by the number of the account that its first citation tells.
        voices, cited: reports that answer, and of them those cited under their own account.
    """

    question: EventQuestion
    status: Status
    accounts: int
    shown: tuple[int, ...]
    voices: int
    cited: int

    @property
    def found(self) -> int:
        """Accounts of the reports that were shown."""
        return len({number for number in self.shown if number != NOT_AN_ACCOUNT})


def event_questions(
    paragraphs: Sequence[Paragraph],
    places: Mapping[int, Place],
    split: Literal["train", "dev"] | None = None,
    half: Half | None = None,
    kinds: Collection[str] = KINDS,
) -> list[EventQuestion]:
    """The questions on events, of a split or of all.

    Args:
        kinds: of questions; those of other sets make an event of each text.
    """
    stand: defaultdict[tuple[str, str, str, tuple[Turn, ...]], list[Place]] = defaultdict(list)
    for paragraph in paragraphs:
        if split is not None and paragraph.split != split:
            continue
        if half is not None and paragraph.half != half:
            continue
        at = places[paragraph.place]
        for asked in paragraph.asked:
            if asked.kind in kinds:
                stand[paragraph.group, asked.question, asked.kind, asked.history] += [
                    Place(at.article, at.start + start, at.start + end, asked.account)
                    for start, end in asked.answers
                ]
    return [
        EventQuestion(event, question, kind, tuple(told), history)
        for (event, question, kind, history), told in stand.items()
    ]


def judge(question: EventQuestion, answer: Answer) -> Judged:
    """What of an answer is right."""
    by_number = {citation.number: citation for citation in answer.citations}
    shown: list[int] = []
    heard: set[str] = set()
    for account in answer.accounts:
        told = [
            (c.article.id, question.account_of(c.article.id, c.start, c.end))
            for c in map(by_number.__getitem__, account.citations)
        ]
        shown.append(told[0][1])
        heard |= {id_ for id_, number in told if number == told[0][1] != NOT_AN_ACCOUNT}
    return Judged(
        question,
        answer.status,
        len({place.account for place in question.places}),
        tuple(shown),
        len({place.article for place in question.places}),
        len(heard),
    )


def ask_events(opened: Pincite, questions: Sequence[EventQuestion]) -> Iterator[Judged]:
    """Ask every question and judge what is said."""
    for question in questions:
        yield judge(question, opened.ask(question.question, limit=MOST_CITED))


MOST_CITED = 12
"""Citations asked for: more than an event has reports."""
