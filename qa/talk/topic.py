"""What one turn of a conversation leaves to point at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pincite.qa.talk.clause import Clause
from pincite.qa.talk.phrases import phrases

_PLACED = r" (?:at|in|on|over|near|from) (?:the )?[A-Z][\w'’-]*(?: [A-Z][\w'’-]*)*"


@dataclass(frozen=True, slots=True)
class Topic:
    """What one turn leaves to point at.

    Attributes:
        question: written out.
        answer: its words alone; empty if there was none.
        clause: the question in parts, if it can be taken apart.
        centre: pronoun ("he") -> what it stood for in this turn or before.
    """

    question: str
    answer: str
    clause: Clause | None
    centre: Mapping[str, str]

    def named(self) -> Iterator[tuple[str, str]]:
        """Its noun phrases, each with the preposition before it or "": what is asked for first."""
        if self.clause is None:
            yield from phrases(self.question)
            return
        clause = self.clause
        if clause.noun:
            yield from phrases(clause.noun)
        yield from phrases(clause.subject)
        yield from phrases(clause.rest)
        yield from phrases(clause.lead)


def with_place(phrase: str, text: str) -> str:
    """ "the fire at the Riverside Mall" for "the fire": the name tells which fire it was.

    Args:
        phrase: a part of `text`.
    """
    placed = re.search(rf"{re.escape(phrase)}(?:{_PLACED})?", text)
    return placed[0] if placed else phrase
