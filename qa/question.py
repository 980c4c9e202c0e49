"""A question with the conversation before it, worked out once and handed on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

from pincite.errors import InvalidRequest
from pincite.qa.answer import NO_ANSWER, NO_QUESTION, Turn
from pincite.settings import Settings

APART, SHOWN = " . ", " → "  # between turns: for the models, for a person
TURNS = 2
"""Turns before a follow-up that are looked up and read with it, as the models were taught."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it is looked up and read.

    Attributes:
        text: as it was asked, white space folded.
        turns: the last turns of the conversation before it, oldest first, at most `TURNS`.
    """

    text: str
    turns: tuple[Turn, ...] = ()

    @classmethod
    def of(
        cls,
        text: str,
        history: Sequence[Turn],
        settings: Settings,
        skipped: Callable[[Turn], bool] = lambda _: False,
    ) -> Question:
        """A question that somebody asked, checked.

        Args:
            history: the conversation so far, oldest first.
            skipped: whether a turn is none to follow on; asked of the latest ones, until there
                are enough.

        Raises:
            InvalidRequest: there is nothing to look up, or too much.
        """
        text = " ".join(text.split())
        longest = settings.question_chars
        said = [text, *(words for turn in history for words in (turn.question, turn.answer))]
        if any("\ud800" <= c <= "\udfff" for words in said for c in words):
            raise InvalidRequest("the question is not UTF-8", "Set the terminal's locale to UTF-8.")
        if not any(c.isalnum() for c in text):
            raise InvalidRequest("the question has no words", "Ask in words, such as: who said so?")
        if any(len(turn.question) > longest for turn in [*history, Turn(text, "")]):
            raise InvalidRequest(
                f"the question is longer than {longest} characters", "Ask more briefly."
            )
        if len(history) > settings.history_turns:
            raise InvalidRequest(
                f"the history has more than {settings.history_turns} turns",
                "Send the latest turns only.",
            )
        latest = islice((turn for turn in reversed(history) if not skipped(turn)), TURNS)
        return cls(text, tuple(_plain(turn, longest) for turn in reversed([*latest])))

    @property
    def alone(self) -> Question:
        """The same without the conversation before it."""
        return Question(self.text)

    @property
    def asked(self) -> str:
        """What the models are given: "question answer . question answer . follow-up"."""
        return APART.join([*(f"{t.question} {t.answer}".strip() for t in self.turns), self.text])

    @property
    def understood_as(self) -> str:
        """The same for a person: "Who won? Ann Lee → and when?"."""
        return SHOWN.join([*(f"{t.question} {t.answer}".strip() for t in self.turns), self.text])


def _plain(turn: Turn, longest: int) -> Turn:
    """A turn without line breaks or our own words for no answer, its answer cut at `longest`."""
    answer = "" if turn.answer.startswith((NO_ANSWER, NO_QUESTION)) else turn.answer
    return Turn(" ".join(turn.question.split()), " ".join(answer.split())[:longest])
