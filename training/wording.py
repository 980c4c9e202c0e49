"""A question as the models are given it: with its history, or as people type."""

from __future__ import annotations

import random

from pincite.eval.data import UNNAMED, Asked, Paragraph
from pincite.eval.events import EventQuestion
from pincite.qa.question import TURNS, Question
from pincite.training.recipe import Recipe

_VOWELS = "aeiouy"


def plain(asked: Asked | EventQuestion) -> str:
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
    """In lower case without question mark; of a share `typo` of its words, a letter goes wrong."""
    words = question.lower().rstrip("? ").split(" ")
    return " ".join(_mistyped(w, drawn) if drawn.random() < typo else w for w in words)


def _mistyped(word: str, drawn: random.Random) -> str:
    """A letter swapped with the next, dropped, doubled, or a vowel taken for another."""
    if len(word) < 4 or not word.isalpha():
        return word
    i = drawn.randrange(1, len(word) - 1)  # the first letter is seldom the wrong one
    before, letter, after = word[:i], word[i], word[i + 1 :]
    swapped, doubled = before + after[0] + letter + after[1:], before + letter + letter + after
    wrong = [swapped, before + after, doubled]
    if letter in _VOWELS:
        wrong.append(before + drawn.choice(_VOWELS.replace(letter, "")) + after)
    return drawn.choice(wrong)


def title_of(paragraph: Paragraph) -> str:
    """The article's title as people write it, or ""."""
    if paragraph.title in UNNAMED or paragraph.title.startswith("Wiki1k:"):
        return ""
    return paragraph.title.replace("_", " ")


def times(weight: float, drawn: random.Random) -> int:
    """How often something of that weight is seen: its whole part, and once more by chance."""
    whole = int(weight)
    return whole + (drawn.random() < weight - whole)
