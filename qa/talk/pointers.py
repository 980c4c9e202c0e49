"""Which words of a question point out of it: "he", "there", "that bridge", but not "it rains"."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from pincite.index.terms import FUNCTION_WORDS
from pincite.qa.closed import AUXILIARIES, PREPOSITIONS
from pincite.qa.talk.forms import is_plural
from pincite.qa.talk.phrases import PLACE_PREPOSITIONS, is_content, is_person, is_said, phrases
from pincite.qa.talk.verbs import SAYING, split_tense

# A pronoun's set, and its case: subject, object, before a noun.
PRONOUNS = {
    "he": ("he", "subject"), "him": ("he", "object"), "his": ("he", "owner"),
    "she": ("she", "subject"), "her": ("she", "owner"), "hers": ("she", "owner"),
    "it": ("it", "subject"), "its": ("it", "owner"),
    "they": ("they", "subject"), "them": ("they", "object"),
    "their": ("they", "owner"), "theirs": ("they", "owner"),
}  # fmt: skip
_CLAUSE_WORDS = frozenset("that which who whose whom when where because if while as".split())
_DUMMY = re.compile(
    r"\bwhat (?:time|day|date|year) (?:is|was) it\b"
    r"|\b(?:is|was) it (?:\w+ (?:that|to|for|if)\b|that\b|worth\b)"
    r"|\bit (?:is|was) \w+ (?:that|to|for)\b"
    r"|\b(?:does|did|will) it (?:take(?! (?:place|part)\b)|rain|snow)\b"
    r"|\bhow far is it (?:from|to)\b|\bis it (?:raining|snowing)\b",
    re.IGNORECASE,
)
ARTICLES = frozenset({"a", "an", "the"})
_NOW = frozenset(
    "year month week weekend morning afternoon evening spring summer autumn winter season".split()
)
WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*|\S")


def pointing(question: str, words: Sequence[re.Match[str]]) -> list[int]:
    """Which words of the question, by their number from 0, point at what was said before it.

    Args:
        words: of the question, as `WORD` finds them.
    """
    dummies = [found.span() for found in _DUMMY.finditer(question)]
    return [
        i
        for i, word in enumerate(words)
        if _points(words, i) and not any(a <= word.start() < b for a, b in dummies)
    ]


def _points(words: Sequence[re.Match[str]], i: int) -> bool:
    """Whether the word points out of the question, not at a name or noun inside it."""
    word = words[i][0].casefold()
    before = [match[0] for match in words[:i]]
    after = words[i + 1][0].casefold() if i + 1 < len(words) else "?"
    last = before[-1].casefold() if before else ""
    if word == "there":
        return last not in AUXILIARIES | {"been", "be"} and after not in AUXILIARIES
    if word in {"that", "this", "these", "those"}:
        if last in SAYING or (word == "that" and is_content(last) and not split_tense(last)):
            return False
        if i + 1 < len(words) and words[i + 1][0][0].isupper():
            return False
        if word == "this" and after in _NOW:
            return False  # "talks this year": the asker's own, not the conversation's
        if last in {"is", "was", "are", "were"} and i == 1 and after in ARTICLES:
            return True  # "Is that a town?"
        at_end = after in {"?", ","} and word in {"this", "that"} and is_content(last)
        return at_end or (is_content(after) and not split_tense(after))
    if word not in PRONOUNS:
        return False
    kind, case = PRONOUNS[word]
    inside = _antecedent_inside(before, kind)
    if not inside:
        return True
    # An object can't mean its own clause's subject ("When did Russia capture it?").
    embedded = any(b.casefold() in SAYING | _CLAUSE_WORDS or is_said(b) for b in before[1:])
    if case == "owner" and (word != "her" or is_content(after)):
        return False
    return not (embedded and after not in PREPOSITIONS | {"?", ",", "."})


def _antecedent_inside(before: Sequence[str], kind: str) -> bool:
    # A name, or "the governor": the first word's capital says nothing.
    for last, word in itertools.pairwise(before):
        placed = kind != "it" and last.casefold() in PLACE_PREPOSITIONS
        if word[:1].isupper() and word.casefold() not in FUNCTION_WORDS and not placed:
            return True
    found = [
        phrase for phrase, _ in phrases(" ".join(before[1:])) if phrase[:4].casefold() == "the "
    ]
    plural = kind == "they"
    return any(
        is_plural(phrase) == plural and (kind == "it") != is_person(phrase) for phrase in found
    )
