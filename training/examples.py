"""What the reader is shown: questions with token windows of texts, and where the answers stand."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from pincite.eval.data import Asked, Paragraph
from pincite.training.mined import Key, Mined, key
from pincite.training.recipe import ReaderRecipe
from pincite.training.tokens import NOTHING, Encode, Ids, Tokens
from pincite.training.wording import times, title_of, worded

TITLE_TOKENS = 40
LEAST_AWAY = 24  # tokens of a text that misses the answer

TEMPTING = 8  # mistakes of a question that some are drawn from

# For questions, each with the number of its paragraph: paragraphs that are found and do not answer.
Negatives = Callable[[Sequence[tuple[int, Asked]]], "list[list[int]]"]

Cut = tuple[Ids, tuple[tuple[int, int], ...]]
"""A window of a text, and the answers in it."""

Cutting = Callable[[Tokens, Asked, ReaderRecipe, random.Random], "Cut | None"]

Shown = tuple[int, Asked, Cutting]
"""The number of a paragraph, a question, and how a window is cut for it."""


@dataclass(frozen=True, slots=True)
class Example:
    """A question beside a text.

    Attributes:
        question: tokens, history included.
        title: tokens that the model sees before the text but may not answer with.
        text: tokens that it may answer with.
        golds: `[first, last]` of each right answer in `text`; none: "not here".
    """

    question: Ids
    title: Ids
    text: Ids
    golds: tuple[tuple[int, int], ...]

    @property
    def length(self) -> int:
        """Tokens of all three."""
        return len(self.question) + len(self.title) + len(self.text)


def make_examples(
    paragraphs: Sequence[Paragraph],
    encode: Encode,
    negatives: Negatives,
    mined: Mapping[Key, Sequence[Mined]],
    recipe: ReaderRecipe,
    drawn: random.Random,
) -> list[Example]:
    """Each question of the paragraphs, as often as the recipe says, on a window of its text.

    Args:
        encode: tokens of texts, without special ones.
        mined: of questions of events, the strongest first; those that answer are left out.
    """
    chosen = [
        (i, asked)
        for i, paragraph in enumerate(paragraphs)
        for asked in paragraph.asked
        for _ in range(times(recipe.weight(asked), drawn))
    ]
    again = [one for one in chosen for _ in range(times(recipe.negatives, drawn))]
    found = negatives(again) if again else []
    shown: list[Shown] = [(i, asked, _own_window) for i, asked in chosen]
    shown += [
        (drawn.choice(others), asked, _any_window)
        for (_, asked), others in zip(again, found, strict=True)
        if others
    ]
    shown += _mistaken(paragraphs, mined, recipe, drawn)
    numbers = sorted({i for i, _, _ in shown})
    texts = dict(zip(numbers, encode([paragraphs[i].text for i in numbers]), strict=True))
    titles = dict(zip(numbers, encode([title_of(paragraphs[i]) for i in numbers]), strict=True))
    questions = encode([worded(asked, recipe, drawn) for _, asked, _ in shown])
    out = []
    for (i, asked, cut), question in zip(shown, questions, strict=True):
        held = cut(texts[i], asked, recipe, drawn)
        if held is not None:
            title = titles[i].ids[:TITLE_TOKENS] if drawn.random() < recipe.titled else NOTHING
            out.append(Example(question.ids[-recipe.question_tokens :], title, *held))
    return out


def _mistaken(
    paragraphs: Sequence[Paragraph],
    mined: Mapping[Key, Sequence[Mined]],
    recipe: ReaderRecipe,
    drawn: random.Random,
) -> Iterator[Shown]:
    """Questions of events on what is taken for their answers: the most tempting and some others."""
    numbers = {paragraph.place: i for i, paragraph in enumerate(paragraphs)}
    asked_of: defaultdict[Key, dict[int, Asked]] = defaultdict(dict)
    for i, paragraph in enumerate(paragraphs):
        for asked in paragraph.asked:
            asked_of[key(paragraph, asked)][i] = asked
    for of, ones in mined.items():
        known = asked_of.get(of)
        able = [one for one in ones if one.wrong and one.clear and one.place in numbers]
        if known and able and recipe.mistakes:
            others = able[1:TEMPTING]
            for one in [able[0], *drawn.sample(others, min(recipe.mistakes - 1, len(others)))]:
                i = numbers[one.place]
                elsewhere = replace(next(iter(known.values())), answers=(), plausible=())
                cut = partial(_window_around, (one.start, one.end))
                yield i, known.get(i, elsewhere), cut


def _own_window(
    tokens: Tokens, asked: Asked, recipe: ReaderRecipe, drawn: random.Random
) -> Cut | None:
    """A window of the question's own text, and the answers in it."""
    golds = tokens.spans(asked.answers)
    if asked.answers and not golds:
        return None
    size = drawn.randint(*recipe.window_tokens)
    if golds and drawn.random() < recipe.away:
        rest = away(tokens.ids, golds, size, drawn)
        return None if rest is None else (rest, ())
    return around(tokens.ids, golds, tokens.spans(asked.plausible), size, drawn)


def _any_window(tokens: Tokens, asked: Asked, recipe: ReaderRecipe, drawn: random.Random) -> Cut:
    """A window of a text that does not answer."""
    return window(tokens.ids, (), drawn.randint(*recipe.window_tokens), drawn), ()


def _window_around(
    words: tuple[int, int],
    tokens: Tokens,
    asked: Asked,
    recipe: ReaderRecipe,
    drawn: random.Random,
) -> Cut:
    """A window around words at `[start, end)`, and the answers that happen to be in it."""
    size = drawn.randint(*recipe.window_tokens)
    at, end = _place(len(tokens.ids), tokens.spans((words,)), size, drawn)
    return tokens.ids[at:end], _within(at, end, tokens.spans(asked.answers))


def around(
    ids: Ids,
    golds: tuple[tuple[int, int], ...],
    plausible: tuple[tuple[int, int], ...],
    size: int,
    drawn: random.Random,
) -> Cut:
    """A window around an answer, or what might be taken for one, and the answers in it."""
    at, end = _place(len(ids), golds or plausible, size, drawn)
    return ids[at:end], _within(at, end, golds)


def _within(at: int, end: int, golds: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """The answers that lie in `[at, end)`, counted from there."""
    return tuple((first - at, last - at) for first, last in golds if at <= first and last < end)


def window(ids: Ids, spans: Sequence[tuple[int, int]], size: int, drawn: random.Random) -> Ids:
    """A run of `size` tokens around one of the spans, or anywhere where there is none."""
    at, end = _place(len(ids), spans, size, drawn)
    return ids[at:end]


def _place(
    length: int, spans: Sequence[tuple[int, int]], size: int, drawn: random.Random
) -> tuple[int, int]:
    """`[start, end)` of a run of `size` tokens that holds one of the spans, whole."""
    if length <= size:
        return 0, length
    low, high = 0, length - size
    if spans:
        first, last = drawn.choice(list(spans))
        size = max(size, last - first + 1)
        low, high = max(0, last + 1 - size), min(first, length - size)
    at = drawn.randint(low, high)
    return at, at + size


def away(ids: Ids, golds: Sequence[tuple[int, int]], size: int, drawn: random.Random) -> Ids | None:
    """The longer side of the answers, if it is long enough and does not repeat one of them."""
    first, last = min(f for f, _ in golds), max(e for _, e in golds)
    rest = max(ids[:first], ids[last + 1 :], key=len)
    if len(rest) < LEAST_AWAY:
        return None
    cut = window(rest, (), size, drawn)
    held = cut.tolist()
    for answer in {tuple(ids[f : e + 1].tolist()) for f, e in golds}:
        n = len(answer)
        if any(tuple(held[k : k + n]) == answer for k in range(len(held) - n + 1)):
            return None
    return cut
