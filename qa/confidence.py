"""From the spans that were read to one probability: that an answer is right.

Three logistic regressions, fitted together by `python -m pincite.eval.fit_confidence` on
development questions of several corpora and stored beside the reader they were fitted for.
The first says of every span how likely it answers the question; by it spans are ranked. The second
says it again of the other paragraphs' spans, knowing how they stand to the leading one: by it
they are heard or not. The third says it of the leading span, knowing how far it is ahead, who else
says the same and how large the corpus is: this is the one number that decides whether there is
an answer, and that is shown.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from pincite.errors import ModelError
from pincite.index.passages import Passage
from pincite.qa.agreement import Likely
from pincite.qa.measured import Statement

FILE = "confidence.json"
FORMAT = 4
LEAST_LIKELY = 1e-3  # that the comparison is taken to mean by "never"

SPAN = ("margin", "cosine", "bm25", "farther")
"""Of a span: see `Candidate`."""

VOICE = ("strength", "behind", "answers", "near", "own")
"""Of a span beside the leading one: its log odds by itself; how far they are behind the leading
span's; how likely it answers as it looks beside that (`qa.agreement`), as log odds; the cosine of
their passages: of one matter or of two; 1 where both stand in one article, which seldom answers a
question twice, else 0. Not whether it says the same: most questions have one answer, so that who
says something else would be taken for wrong."""

LEADER = ("strength", "lead", "agreeing", "answers", "passages")
"""Of the leading span: its log odds by itself; by how much they are above those of the best span
that says otherwise, or of none; ln of the articles that say the same by themselves; see
`qa.accounts.Group.answers`; log10 of the passages in the index."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A span that may be an answer, where it stands in its article.

    Attributes:
        passage: what it stands in.
        start, end: `[start, end)` in characters of the article's text.
        margin: by how much the reader prefers it to "not here" in what it read at once.
        cosine, bm25: of the best passage in what was read at once, as in `qa.retrieve.Hit`.
        strength: log odds that it answers the question, by itself.
        id: of the passage in the index.
        farther: of its article; see `qa.retrieve.farther`.
    """

    passage: Passage
    start: int
    end: int
    margin: float
    cosine: float
    bm25: float
    strength: float = 0.0
    id: int = 0
    farther: float = 0.0

    @property
    def words(self) -> str:
        """The span itself."""
        return self.passage.text[self.start - self.passage.start : self.end - self.passage.start]

    @property
    def features(self) -> dict[str, float]:
        """By the names of `SPAN`."""
        return {name: getattr(self, name) for name in SPAN}

    def statement(self) -> Statement:
        """What it says, in its passage."""
        passage, at = self.passage, self.passage.start
        return Statement(passage.text, self.start - at, self.end - at, passage.header)

    def overlaps(self, other: Candidate) -> bool:
        """Whether both share characters of one article."""
        return (
            self.passage.article == other.passage.article
            and self.start < other.end
            and other.start < self.end
        )


@dataclass(frozen=True, slots=True)
class Regression:
    """A logistic regression.

    Attributes:
        weights: by feature.
    """

    weights: Mapping[str, float]
    bias: float

    def logit(self, features: Mapping[str, float]) -> float:
        """The log odds."""
        return self.bias + sum(w * features[name] for name, w in self.weights.items())


@dataclass(frozen=True, slots=True)
class Confidence:
    """The fitted numbers. Those that nothing was fitted for rest on the reader's margin alone.

    Attributes:
        span, voice, leader: over `SPAN`, `VOICE` and `LEADER`.
        threshold: below it, 0..1, there is no answer.
        shown: how likely a span beside the leading one has to answer to be shown, 0..1.
        disputed: how likely another account has to answer and to exclude the leading one, for a
            dispute, 0..1.
    """

    span: Regression = field(
        default_factory=lambda: Regression(
            dict.fromkeys(SPAN, 0.0) | {"margin": 0.5, "cosine": 4.0}, -2.0
        )
    )
    voice: Regression = field(
        default_factory=lambda: Regression(
            dict.fromkeys(VOICE, 0.0) | {"strength": 1.0, "answers": 0.5}, 0.0
        )
    )
    leader: Regression = field(
        default_factory=lambda: Regression(dict.fromkeys(LEADER, 0.0) | {"strength": 1.0}, 0.0)
    )
    threshold: float = 0.5
    shown: float = 0.5
    disputed: float = 0.5

    def weighed(self, candidates: Iterable[Candidate]) -> list[Candidate]:
        """The same candidates with their strength, the strongest first."""
        weighed = [
            replace(candidate, strength=self.span.logit(candidate.features))
            for candidate in candidates
        ]
        return sorted(weighed, key=lambda c: -c.strength)

    def of_voice(self, features: Mapping[str, float]) -> float:
        """How likely a span beside the leading one answers the question, 0..1.

        Args:
            features: by the names of `VOICE`.
        """
        return logistic(self.voice.logit(features))

    def of_leader(self, features: Mapping[str, float]) -> float:
        """How likely the leading span is right, 0..1.

        Args:
            features: by the names of `LEADER`.
        """
        return logistic(self.leader.logit(features))

    def write(self, folder: Path, reader: str) -> None:
        """Store the numbers beside the reader that they were fitted for.

        Args:
            reader: its fingerprint.
        """
        body = {"format": FORMAT, "reader": reader, **asdict(self)}
        (folder / FILE).write_text(json.dumps(body, indent=1) + "\n", encoding="utf-8")


UNFITTED = Confidence()


def voice_features(
    candidate: Candidate, leader: Candidate, likely: Likely, near: float
) -> dict[str, float]:
    """What is known of a span beside the leading one, by `VOICE`.

    Args:
        likely: how it stands to the leading one.
        near: the cosine of their passages.
    """
    return {
        "strength": candidate.strength,
        "behind": leader.strength - candidate.strength,
        "answers": log_odds(likely.second_answers, LEAST_LIKELY),
        "near": near,
        "own": float(candidate.passage.article == leader.passage.article),
    }


def load_confidence(folder: Path, reader: str) -> Confidence:
    """What was fitted for a reader; `UNFITTED` where nothing was.

    Args:
        folder: the reader's.
        reader: its fingerprint.

    Raises:
        ModelError: the file is damaged, or was fitted for other weights.
    """
    path = folder / FILE
    if not path.exists():
        return UNFITTED
    hint = "Remove the file, then: python -m pincite.eval.fit_confidence."
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        if body["format"] != FORMAT or body["reader"] != reader:
            raise ModelError(f"{path} was fitted for another reader", hint)
        span, voice, leader = (
            Regression(body[name]["weights"], body[name]["bias"])
            for name in ("span", "voice", "leader")
        )
        thresholds = (float(body[name]) for name in ("threshold", "shown", "disputed"))
        return Confidence(span, voice, leader, *thresholds)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path} can't be read: {error!r}", hint) from error


def logistic(logit: float) -> float:
    """1 / (1 + exp(-logit)), for any logit."""
    if logit >= 0:
        return 1.0 / (1.0 + math.exp(-logit))
    return math.exp(logit) / (1.0 + math.exp(logit))


def log_odds(probability: float, least: float = 1e-9) -> float:
    """The inverse of `logistic`; of 0 and 1, those of what is `least` away from them."""
    held = min(max(probability, least), 1 - least)
    return math.log(held / (1 - held))
