"""A question as the models are given it: with its history, or as people type."""

from __future__ import annotations

import random

from pincite.eval.data import UNNAMED, Asked, Paragraph
from pincite.qa.question import TURNS, Question
from pincite.training.recipe import Recipe


def plain(asked: Asked) -> str:
    """The question after its last turns, as the models are given it."""
    return Question(asked.question, asked.history[-TURNS:]).asked


def worded(asked: Asked, recipe: Recipe, drawn: random.Random) -> str:
    """The question as one example has it; a follow-up's last turns stand before it."""
    text, turns = asked.question, asked.history[-TURNS:]
    if asked.standalone and drawn.random() < recipe.standalone:
        text, turns = asked.standalone, ()
    if drawn.random() < recipe.typed:
        text = as_typed(text, recipe.typo, drawn)
    return Question(text, turns).asked


def as_typed(question: str, typo: float, drawn: random.Random) -> str:
    """In lower case without question mark; of a share `typo`, a letter of one word goes wrong."""
    words = question.lower().rstrip("? ").split(" ")
    at = drawn.randrange(len(words))
    word = words[at]
    if drawn.random() < typo and len(word) > 3 and word.isalpha():
        i = drawn.randrange(1, len(word) - 1)  # the first letter is seldom the wrong one
        swapped = word[:i] + word[i + 1] + word[i] + word[i + 2 :]
        dropped, doubled = word[:i] + word[i + 1 :], word[:i] + word[i] + word[i:]
        words[at] = drawn.choice((swapped, dropped, doubled))
    return " ".join(words)


def title_of(paragraph: Paragraph) -> str:
    """The article's title as people write it, or ""."""
    if paragraph.title in UNNAMED or paragraph.title.startswith("Wiki1k:"):
        return ""
    return paragraph.title.replace("_", " ")


def times(weight: float, drawn: random.Random) -> int:
    """How often something of that weight is seen: its whole part, and once more by chance."""
    whole = int(weight)
    return whole + (drawn.random() < weight - whole)
