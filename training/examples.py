"""What the reader is shown: questions with token windows of texts, and where the answers stand."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from pincite.eval.data import EVENTS, Asked, Paragraph
from pincite.qa.accounts import sentence_of
from pincite.qa.answer import Turn
from pincite.qa.measured import Statement
from pincite.training.recipe import ReaderRecipe
from pincite.training.tokens import NOTHING, Encode, Ids, Tokens
from pincite.training.wording import times, title_of, worded

TITLE_TOKENS = 40
LEAST_AWAY = 24  # tokens of a text that misses the answer

# For questions, each with the number of its paragraph: paragraphs that are found and do not answer.
Negatives = Callable[[Sequence[tuple[int, Asked]]], "list[list[int]]"]


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
    recipe: ReaderRecipe,
    drawn: random.Random,
) -> list[Example]:
    """Each question of the paragraphs, as often as the recipe says, on a window of its text.

    Args:
        encode: tokens of texts, without special ones.
    """
    told = _told(paragraphs)
    chosen = [
        (i, _beside(i, asked, told, paragraph.group, recipe, drawn))
        for i, paragraph in enumerate(paragraphs)
        for asked in paragraph.asked
        for _ in range(times(recipe.weight(asked), drawn))
    ]
    again = [one for one in chosen for _ in range(times(recipe.negatives, drawn))]
    found = negatives(again) if again else []
    wrong = [
        (drawn.choice(others), asked)
        for (_, asked), others in zip(again, found, strict=True)
        if others
    ]
    shown = sorted({i for i, _ in chosen} | {i for i, _ in wrong})
    texts = dict(zip(shown, encode([paragraphs[i].text for i in shown]), strict=True))
    titles = dict(zip(shown, encode([title_of(paragraphs[i]) for i in shown]), strict=True))
    questions = encode([worded(asked, recipe, drawn) for _, asked in chosen + wrong])
    out = []
    for n, ((i, asked), question) in enumerate(zip(chosen + wrong, questions, strict=True)):
        if n < len(chosen):
            cut = _own_window(texts[i], asked, recipe, drawn)
        else:
            cut = window(texts[i].ids, (), drawn.randint(*recipe.window_tokens), drawn), ()
        if cut is not None:
            title = titles[i].ids[:TITLE_TOKENS] if drawn.random() < recipe.titled else NOTHING
            out.append(Example(question.ids[-recipe.question_tokens :], title, *cut))
    return out


Said = tuple[list[tuple[int, str]], list[tuple[int, str]]]
"""Sentences that answer a question, and those that seem to, each with its paragraph's number."""

Told = Mapping[tuple[str, str], Said]


def _told(paragraphs: Sequence[Paragraph]) -> Told:
    """What the reports of each event say to each question of it."""
    told: defaultdict[tuple[str, str], Said] = defaultdict(lambda: ([], []))
    for i, paragraph in enumerate(paragraphs):
        for asked in paragraph.asked:
            if asked.source == EVENTS:
                said = told[paragraph.group, asked.question]
                for of, spans in zip(said, (asked.answers, asked.plausible), strict=True):
                    of += [(i, _sentence(paragraph.text, *span)) for span in spans[:1]]
    return told


def _sentence(text: str, start: int, end: int) -> str:
    """The one that an answer at `[start, end)` begins in."""
    return text[slice(*sentence_of(Statement(text, start, end)))]


def _beside(
    i: int, asked: Asked, told: Told, of: str, recipe: ReaderRecipe, drawn: random.Random
) -> Asked:
    """The question, perhaps after what another report says to it, or seems to say."""
    if asked.source != EVENTS or drawn.random() >= recipe.beside:
        return asked
    said, seeming = told[of, asked.question]
    among = seeming if drawn.random() < recipe.stray else said
    others = [text for j, text in among if j != i]
    return replace(asked, history=(Turn(drawn.choice(others), ""),)) if others else asked


Cut = tuple[Ids, tuple[tuple[int, int], ...]]


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


def around(
    ids: Ids,
    golds: tuple[tuple[int, int], ...],
    plausible: tuple[tuple[int, int], ...],
    size: int,
    drawn: random.Random,
) -> Cut:
    """A window around an answer, or what might be taken for one, and the answers in it."""
    at, end = _place(len(ids), golds or plausible, size, drawn)
    kept = tuple((first - at, last - at) for first, last in golds if at <= first and last < end)
    return ids[at:end], kept


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
