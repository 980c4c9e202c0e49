"""The recipes: every number that shapes the weights, in one place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from types import MappingProxyType
from typing import Annotated, ClassVar

from pydantic import AfterValidator, ConfigDict, NonNegativeFloat, PositiveInt

from pincite.eval.data import Asked
from pincite.qa.agreement import CONTEXT

# How often a question of each source is seen; a fraction draws a sample, what is not named
# counts as 1. QAMR and QA-SRL ask for every verb, and cut answers otherwise than people do.
SOURCES: Mapping[str, float] = MappingProxyType(
    {
        "qamr": 0.0,
        "qasrl_wikinews": 0.0,
        "qasrl_wikipedia": 0.0,
        "bipar": 0.0,
        "fairytaleqa": 0.0,
        "squadshifts_amazon": 0.5,
        "squadshifts_reddit": 0.5,
    }
)

# The same by kind, times that of the source. "none": any question that a report of its event
# does not answer.
KINDS: Mapping[str, float] = MappingProxyType(
    {"far": 1.5, "keywords": 1.5, "follow-up": 1.5, "unanswerable": 1.5, "none": 0.5}
)

# The encoder's, which has no use for questions without an answer. "": those of the public sets.
ENCODER_KINDS: Mapping[str, float] = MappingProxyType(
    {"": 0.25, "plain": 0.4, "same": 0.6, "conflict": 0.6, "compatible": 0.6, "follow-up": 1.5}
)

# The comparison's: what share of the questions of a kind the shipped models are asked, half a
# second each. Events first, then texts.
ASKED: Mapping[str, float] = MappingProxyType(
    dict.fromkeys(("same", "conflict", "compatible", "none"), 0.25)
    | {"plain": 0.015, "far": 0.03, "keywords": 0.03, "follow-up": 0.06, "unanswerable": 0.04}
)

Shares = Mapping[str, NonNegativeFloat]


def _in_order(numbers: tuple[int, int]) -> tuple[int, int]:
    if numbers[0] > numbers[1]:
        raise ValueError("the least comes first")
    return numbers


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a run does. Equal recipes on equal data and machine make equal weights.

    Attributes:
        share: how often a question is seen, times what `sources` and `kinds` say
            of it, see `SOURCES` and `KINDS`.
        learning_rate: AdamW's peak; it rises over `warmup` (share of all steps)
            and falls linearly to 0.
        clip: most that the gradient's norm may be.
        question_tokens: of a question with its history at most; the last are kept.
        standalone: share of follow-ups that come written out, without history.
        typed: share of questions as people type them: lower case, no question mark.
        typo: share of the words of these, from four letters on, in which one goes wrong.
        titled: share of texts under their article's title.
    """

    __pydantic_config__: ClassVar = ConfigDict(strict=True, allow_inf_nan=False)

    seed: int = 1
    share: float = 1.0
    sources: Shares = field(default_factory=lambda: dict(SOURCES))
    kinds: Shares = field(default_factory=lambda: dict(KINDS))
    learning_rate: float = 3e-5
    warmup: float = 0.04
    weight_decay: float = 0.01
    clip: float = 1.0
    question_tokens: int = 96
    standalone: float = 0.2
    typed: float = 0.2
    typo: float = 0.2
    titled: float = 0.0

    @property
    def name(self) -> str:
        """Short, of its content."""
        return sha256(self.json.encode()).hexdigest()[:12]

    @property
    def json(self) -> str:
        """All numbers, for the run's record."""
        return json.dumps({"kind": type(self).__name__} | asdict(self), sort_keys=True)

    def weight(self, asked: Asked) -> float:
        """How often a question is seen."""
        kind = asked.kind
        if kind not in ("", "unanswerable") and not asked.answers:
            kind = "none"
        return self.share * self.sources.get(asked.source, 1.0) * self.kinds.get(kind, 1.0)


@dataclass(frozen=True, slots=True)
class ReaderRecipe(Recipe):
    """The reader's.

    Attributes:
        frozen: lowest layers that stay as they are; the embeddings always do.
        batch_tokens: padded tokens of a batch at most.
        window_tokens: least and most tokens of a text, a window around the answer.
        away: share of answered questions whose window misses the answer.
        negatives: how often a question comes again, each time with a paragraph of
            another article that the encoder finds and that does not answer.
        mistakes: of an event's question, words at most that the shipped models take for its answer;
            0: they aren't asked.
    """

    frozen: int = 4
    batch_tokens: int = 4096
    window_tokens: Annotated[tuple[PositiveInt, PositiveInt], AfterValidator(_in_order)] = (60, 150)
    away: float = 0.1
    negatives: float = 0.25
    mistakes: int = 0


@dataclass(frozen=True, slots=True)
class EncoderRecipe(Recipe):
    """The encoder's.

    Attributes:
        epochs: times that all pairs are seen; wrong paragraphs are mined before each.
        batch: pairs of a step, each with one mined paragraph beside it.
        text_tokens: of a paragraph with its title at most.
        temperature: that the cosines are divided by.
        backward: weight of the loss from paragraphs to questions.
        margin: a paragraph with a score above p + margin * (1 - p), p that of
            the right one, may also be right, and is not mined.
        mined: paragraphs to draw from, for each question.
    """

    kinds: Shares = field(default_factory=lambda: dict(ENCODER_KINDS))
    learning_rate: float = 6e-5
    titled: float = 0.8
    epochs: int = 1
    batch: int = 64
    text_tokens: int = 144
    temperature: float = 0.05
    backward: float = 0.5
    margin: float = 0.1
    mined: int = 12


@dataclass(frozen=True, slots=True)
class AgreementRecipe(Recipe):
    """The comparison's.

    Attributes:
        share: of the pairs that an epoch has, times what `kinds` says of their question and
            the numbers below of the pair.
        epochs: times that all pairs are seen, each time in an order drawn anew.
        batch_tokens: padded tokens of a batch at most.
        context: tokens on each side of an answer at most.
        asked: share of the questions of a kind that the shipped models are asked, see `ASKED`.
        found: share of the pairs of two answers, one of them found so, that an epoch has.
        mined: the same of the pairs of an answer and what is none.
        named: share of the pairs of an answer and tempting words that the data names.
        neither: share of the pairs without an answer.
        smoothing: of the labels, 0..1 (Szegedy et al., 2016, section 7): some are wrong.
    """

    kinds: Shares = field(default_factory=dict)
    learning_rate: float = 2e-4
    epochs: int = 1
    batch_tokens: int = 2048
    context: int = CONTEXT
    asked: Shares = field(default_factory=lambda: dict(ASKED))
    found: float = 0.8
    mined: float = 0.25
    named: float = 0.1
    neither: float = 0.1
    smoothing: float = 0.05
