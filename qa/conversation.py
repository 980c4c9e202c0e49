"""Understand a follow-up: write out what "that", "there" or a bare "when?" leaves unsaid.

Deterministic and without a language model. A question that points back is
looked up together with what the conversation was about: the content words of
the question before it, and the answer that was given. One that stands on its
own is left as it is, so that a change of topic does not drag the old one along.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.terms import FUNCTION_WORDS
from qa.answer import Turn

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")

_OPENERS = re.compile(r"^\W*(?:and|but|or|so|then|what about|how about|also)\b", re.IGNORECASE)
# These may point at a name in the question itself ("What did Russia say it had fired?").
_SINGULAR = frozenset("he she it him her his hers its himself herself itself".split())
_POINTERS = _SINGULAR | frozenset(
    "they them their theirs there this these those one ones same former latter".split()
)
# "that" points back unless a clause follows it ("said that ...", "the town that ...").
_THAT = re.compile(
    r"\bthat\b\W*(?:$|already\b|happen|take\b|occur|mean|say\b|claim|and\b|to\b)"
    r"|\b(?:did|does|do|was|is|were|said|says|say|claimed|claim|reported|about|of|at|in|from|for"
    r"|has|had|have)\s+that\b(?!\s+(?:the|a|an|he|she|it|they|there)\b)",
    re.IGNORECASE,
)
_FEW_WORDS = 4  # "At what time?", "In exchange for what?": too few to stand alone without a name
_TOPIC_WORDS = 16  # of the earlier question that are carried along at most
_ANSWER_WORDS = 30  # of the earlier answer: a client may send anything for it


def understand(question: str, history: Sequence[Turn]) -> str:
    """The question as it is looked up.

    Args:
        history: the earlier turns, oldest first; the answers may be empty.

    Returns:
        `question` itself where it stands on its own, else the question and,
        in brackets, what it points back to.
    """
    understood = ""
    said = ""
    for turn in [*history, Turn(question, "")]:
        asked = turn.question.strip()
        if understood and points_back(asked):
            asked = _written_out(asked, understood, said)
        understood, said = asked, turn.answer.strip()
    return understood


def points_back(question: str) -> bool:
    """Whether a question can't be understood without the one before it."""
    words = _WORD.findall(question)
    content = [word for word in map(str.casefold, words) if word not in FUNCTION_WORDS | _POINTERS]
    names = [at for at, word in enumerate(words) if at > 0 and word[0].isupper()]
    return (
        not content
        or (len(words) <= _FEW_WORDS and len(content) <= 1 and not names)
        or bool(_OPENERS.search(question))
        or bool(_THAT.search(question))
        or any(
            word in _POINTERS and not (word in _SINGULAR and names and names[0] < at)
            for at, word in enumerate(map(str.casefold, words))
        )
    )


def _written_out(question: str, before: str, said: str) -> str:
    present = {word.casefold() for word in _WORD.findall(question)}
    said = " ".join(said.split()[:_ANSWER_WORDS])
    answered = [] if said.casefold() in before.casefold() else [said]
    topic = [
        word
        for word in _WORD.findall(before)
        if word.casefold() not in present | FUNCTION_WORDS | _POINTERS
    ]
    # The latest words are the nearest: what was asked long ago goes first.
    kept = list(dict.fromkeys(topic))[-_TOPIC_WORDS:]
    about = ", ".join(part for part in (" ".join(kept), *answered) if part)
    return f"{question} ({about})" if about else question
