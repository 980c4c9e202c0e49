"""What the encoder is shown: questions, each with the paragraph that answers it."""

from __future__ import annotations

import random
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace

from pincite.eval.data import EVENTS, Paragraph
from pincite.eval.reading import text_of
from pincite.training.recipe import EncoderRecipe
from pincite.training.wording import plain, times, title_of, worded


@dataclass(frozen=True, slots=True)
class Held:
    """A paragraph that can be found, without blank line inside.

    Attributes:
        title: its article's, or "".
        group: see `Paragraph.group`.
        trained: whether it may be trained on.
    """

    title: str
    text: str
    group: str
    trained: bool

    @property
    def encoded(self) -> str:
        """As the index has it encoded, under its title."""
        return f"{self.title}. {self.text}" if self.title else self.text


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and the paragraph that answers it.

    Attributes:
        right: number of the paragraph.
        kind: of the question, or its source.
        answers: their words, in lower case.
        answering: numbers of all paragraphs that are known to answer it, `right` among them.
        event: the group of the event whose reports were all asked; "" if one text alone was.
    """

    question: str
    right: int
    kind: str
    answers: tuple[str, ...]
    answering: Set[int]
    event: str = ""


@dataclass(frozen=True, slots=True)
class Pairs:
    """All paragraphs, the pairs to train on, and those of development to choose by."""

    held: list[Held]
    train: list[Pair]
    dev: list[Pair]


def make_pairs(
    paragraphs: Sequence[Paragraph], recipe: EncoderRecipe, drawn: random.Random
) -> Pairs:
    """Pairs of the training articles, as often as the recipe says, and of the "tune" half."""
    numbers: dict[tuple[str, str], int] = {}
    out = Pairs([], [], [])
    # Of an event's question one set for all its pairs, which later reports add to.
    answering: dict[tuple[str, str], set[int]] = {}
    for paragraph in paragraphs:
        if not any(map(recipe.weight, paragraph.asked)):
            continue
        places = text_of(paragraph.text).bounds
        title, trained = title_of(paragraph), paragraph.split == "train"
        ids = []
        for start, end in places:
            text = paragraph.text[start:end]
            number = numbers.setdefault((title, text), len(out.held))
            if number == len(out.held):
                out.held.append(Held(title, text, paragraph.group, trained))
            ids.append(number)
        for asked in paragraph.asked:
            right = [
                number
                for number, (start, end) in zip(ids, places, strict=True)
                if any(start <= first < end for first, _ in asked.answers)
            ]
            if not right:
                continue
            event = paragraph.group if asked.source == EVENTS else ""
            known = {right[0]}
            if event:
                known = answering.setdefault((event, asked.question), known)
                known.update(right)
            answers = {words.lower() for words in paragraph.words(asked.answers)}
            pair = Pair(
                *(plain(asked), right[0], asked.kind or asked.source),
                *(tuple(sorted(answers)), known, event),
            )
            if trained:
                for _ in range(times(recipe.weight(asked), drawn)):
                    out.train.append(replace(pair, question=worded(asked, recipe, drawn)))
            elif paragraph.half == "tune" and recipe.weight(asked):
                out.dev.append(pair)
    return out


def allowed(
    pair: Pair, number: int, other: Held, score: float, right: float, margin: float
) -> bool:
    """Whether a paragraph can be taken for a wrong one.

    Of the pair's event, whose reports were all asked, whatever is not known to answer is taken,
    the same report's other paragraphs too. Anything else is not if it holds the answer's words,
    or scores so high that it may well be right too.

    Args:
        number: the other paragraph's.
        score, right: cosines of this paragraph and of the right one.
    """
    if not other.trained or number in pair.answering:
        return False
    if pair.event and other.group == pair.event:
        return True
    if score > right + margin * (1 - right):
        return False
    text = other.text.lower()
    return not any(answer in text for answer in pair.answers)


def hits(ranks: Sequence[tuple[str, int]]) -> dict[str, float]:
    """Per cent of each kind's questions whose paragraph is among the first 1, 5 and 10.

    Args:
        ranks: a question's kind and its paragraph's rank, from 0.
    """
    out = {}
    for kind in sorted({kind for kind, _ in ranks}):
        of = [rank for name, rank in ranks if name == kind]
        for most in (1, 5, 10):
            share = sum(rank < most for rank in of) / len(of)
            out[f"hit@{most} {kind}"] = round(100 * share, 1)
    return out
