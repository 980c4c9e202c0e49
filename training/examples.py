"""What the model is shown: questions with token windows of texts, and where the answers stand.

Two stages. In the first each question comes with one window of its paragraph,
cut short around the answer, so that many more are seen for the same tokens. In
the second it comes as the product will ask it: with passages of several
paragraphs under a header, one that answers it and one that was retrieved for it
and does not.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pincite.eval.data import Asked, Paragraph
from pincite.eval.words import normalise
from pincite.training.recipe import Recipe
from pincite.training.typed import as_typed, entities, unanswerable_twin

Ids = NDArray[np.int32]
Encode = Callable[[Sequence[str]], "list[Tokens]"]
Near = Callable[[Sequence[str]], "list[list[int]]"]

JOINED = 400  # characters of an answer at most that is looked for in other texts


@dataclass(frozen=True, slots=True)
class Tokens:
    """A text's tokens.

    Attributes:
        ids: shape `[tokens]`.
        bounds: `[start, end)` of each in characters of the text, shape `[tokens, 2]`.
    """

    ids: Ids
    bounds: Ids


@dataclass(frozen=True, slots=True)
class Row:
    """One text beside a question.

    Attributes:
        before: tokens that the model sees but may not answer with (a header).
        text: tokens that it may answer with.
        golds: `[first, last]` of each right answer in `text`; none: it holds no answer.
        weight: of its loss.
    """

    before: Ids
    text: Ids
    golds: tuple[tuple[int, int], ...]
    weight: float = 1.0

    @property
    def length(self) -> int:
        """Tokens of both."""
        return len(self.before) + len(self.text)


@dataclass(frozen=True, slots=True)
class Example:
    """A question with the rows that are normalised together."""

    question: Ids
    rows: tuple[Row, ...]

    @property
    def longest(self) -> int:
        """Tokens of its longest sequence, [CLS] and both [SEP] counted."""
        return len(self.question) + 3 + max(row.length for row in self.rows)


NOTHING: Ids = np.zeros(0, dtype=np.int32)


class Texts:
    """The paragraphs with their tokens and neighbours.

    Args:
        encode: tokens of texts, without special ones.
    """

    def __init__(self, paragraphs: Sequence[Paragraph], encode: Encode) -> None:
        self.paragraphs = paragraphs
        self.encode = encode
        self.tokens = encode([p.text for p in paragraphs])
        self.titles = encode([p.title.replace("_", " ") for p in paragraphs])
        self.plain = [f" {normalise(p.text)} " for p in paragraphs]
        titled: dict[str, list[int]] = {}
        for i, paragraph in sorted(enumerate(paragraphs), key=lambda pair: pair[1].place):
            if paragraph.title and " | " not in paragraph.title:
                titled.setdefault(paragraph.title, []).append(i)
        self._next: dict[int, int] = {}
        self._previous: dict[int, int] = {}
        for run in titled.values():
            for one, other in itertools.pairwise(run):
                self._next[one], self._previous[other] = other, one

    def golds(self, i: int, asked: Asked) -> tuple[tuple[int, int], ...]:
        """`[first, last]` token of each answer of a question on paragraph `i`."""
        bounds = self.tokens[i].bounds
        out = []
        for start, end in asked.answers:
            first = int(np.searchsorted(bounds[:, 1], start, side="right"))
            last = int(np.searchsorted(bounds[:, 0], end, side="left")) - 1
            if first <= last < len(bounds):
                out.append((first, last))
        return tuple(out)

    def holds(self, i: int, answers: Sequence[str]) -> bool:
        """Whether one of the answers, in normal form, stands in paragraph `i`."""
        return any(f" {answer} " in self.plain[i] for answer in answers)

    def neighbours(self, i: int) -> tuple[int | None, int | None]:
        """The paragraphs before and after in the same article, where they are known."""
        return self._previous.get(i), self._next.get(i)


def first_stage(
    texts: Texts, recipe: Recipe, drawn: random.Random, *, drafts: bool = False
) -> list[Example]:
    """Each question of the training articles, as often as the recipe says, on a window.

    Args:
        drafts: of the sources of made-up questions, or of all others.
    """
    chosen: list[tuple[int, Asked]] = []
    for i, paragraph in enumerate(texts.paragraphs):
        for asked in paragraph.asked:
            if (asked.source in recipe.drafts) != drafts:
                continue
            times = _times(recipe.epochs.get(asked.source, 1.0), drawn)
            chosen.extend([(i, asked)] * times)
    questions = texts.encode([_wording(asked.question, recipe, drawn) for _, asked in chosen])
    out = []
    for (i, asked), question in zip(chosen, questions, strict=True):
        size = drawn.randint(*recipe.crop_tokens)
        ids, golds = texts.tokens[i].ids, texts.golds(i, asked)
        if asked.answers and not golds:
            continue
        if golds and drawn.random() < recipe.crop_away:
            row = _away(texts, i, golds, size, drawn)
        else:
            row = _window(ids, golds, size, drawn)
        if row is not None:
            out.append(Example(question.ids[: recipe.question_tokens], (row,)))
    return out


def second_stage(texts: Texts, near: Near, recipe: Recipe, drawn: random.Random) -> list[Example]:
    """Questions on passages: one that answers, one retrieved that does not.

    Args:
        near: for questions, the paragraphs that the retriever finds, best first.
    """
    chosen = [
        (i, asked)
        for i, paragraph in enumerate(texts.paragraphs)
        for asked in paragraph.asked
        if drawn.random() < recipe.in_passages.get(asked.source, 0.0)
    ]
    questions = texts.encode([_wording(asked.question, recipe, drawn) for _, asked in chosen])
    found = near([asked.question for _, asked in chosen])
    pools = [entities(p.text) for p in drawn.sample(texts.paragraphs, min(2000, len(texts.plain)))]
    pool = [name for names in pools for name in names]
    out = []
    twins: list[tuple[str, Row]] = []
    for (i, asked), question, others in zip(chosen, questions, found, strict=True):
        golds = texts.golds(i, asked)
        if asked.answers and not golds:
            continue
        row = _passage(texts, i, golds, recipe, drawn)
        rows = [row]
        if golds:
            spoken = [normalise(texts.paragraphs[i].text[s:e])[:JOINED] for s, e in asked.answers]
            negatives = [j for j in others if j != i and not texts.holds(j, spoken)][:4]
            if negatives:
                j = drawn.choice(negatives)
                rows.append(_passage(texts, j, (), recipe, drawn, recipe.null_weight, spoken))
            if drawn.random() < recipe.twins:
                twin = unanswerable_twin(asked.question, texts.paragraphs[i].text, pool, drawn)
                if twin is not None:
                    twins.append((twin, Row(row.before, row.text, ())))
        out.append(Example(question.ids[: recipe.question_tokens], tuple(rows)))
    worded = texts.encode([_wording(twin, recipe, drawn) for twin, _ in twins])
    for question, (_, row) in zip(worded, twins, strict=True):
        out.append(Example(question.ids[: recipe.question_tokens], (row,)))
    return out


def _times(epochs: float, drawn: random.Random) -> int:
    whole = int(epochs)
    return whole + (drawn.random() < epochs - whole)


def _wording(question: str, recipe: Recipe, drawn: random.Random) -> str:
    return as_typed(question, drawn) if drawn.random() < recipe.typed else question


def _window(
    ids: Ids,
    golds: Sequence[tuple[int, int]],
    size: int,
    drawn: random.Random,
    before: Ids = NOTHING,
) -> Row:
    """A run of `size` tokens around one of the answers, or anywhere where there is none."""
    if len(ids) <= size:
        return Row(before, ids, tuple(golds))
    if golds:
        first, last = drawn.choice(list(golds))
        size = max(size, last - first + 1)
        low, high = max(0, last + 1 - size), min(first, len(ids) - size)
    else:
        low, high = 0, len(ids) - size
    at = drawn.randint(low, max(low, high))
    kept = tuple((f - at, e - at) for f, e in golds if at <= f and e < at + size)
    return Row(before, ids[at : at + size], kept)


def _away(
    texts: Texts, i: int, golds: Sequence[tuple[int, int]], size: int, drawn: random.Random
) -> Row | None:
    """The longer side of the answers, if it is long enough and does not repeat one of them."""
    ids = texts.tokens[i].ids
    first, last = min(f for f, _ in golds), max(e for _, e in golds)
    left, right = ids[:first], ids[last + 1 :]
    rest = max(left, right, key=len)
    said = {tuple(ids[f : e + 1].tolist()) for f, e in golds}
    if len(rest) < 24:
        return None
    row = _window(rest, (), size, drawn)
    held = row.text.tolist()
    for answer in said:
        n = len(answer)
        if any(tuple(held[k : k + n]) == answer for k in range(len(held) - n + 1)):
            return None
    return row


def _passage(
    texts: Texts,
    i: int,
    golds: Sequence[tuple[int, int]],
    recipe: Recipe,
    drawn: random.Random,
    weight: float = 1.0,
    without: Sequence[str] = (),
) -> Row:
    """Paragraph `i` with its neighbours as far as they fit, perhaps under its title.

    Args:
        without: what no neighbour may hold, in normal form: the answer to the
            question may not slip into a passage that counts as one without it.
    """
    size = drawn.randint(*recipe.passage_tokens)
    title = texts.titles[i].ids[:40]
    header = title if len(title) and drawn.random() < recipe.header else NOTHING
    parts = [texts.tokens[i].ids]
    shift = 0
    room = size - len(parts[0])
    previous, following = texts.neighbours(i)
    sides = [("before", previous), ("after", following)]
    drawn.shuffle(sides)
    for side, j in sides:
        if j is None or len(texts.tokens[j].ids) > room or texts.holds(j, without):
            continue
        room -= len(texts.tokens[j].ids)
        if side == "before":
            parts.insert(0, texts.tokens[j].ids)
            shift = len(texts.tokens[j].ids)
        else:
            parts.append(texts.tokens[j].ids)
    moved = [(first + shift, last + shift) for first, last in golds]
    row = _window(np.concatenate(parts), moved, size, drawn, header)
    return Row(row.before, row.text, row.golds, weight)
