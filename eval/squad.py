"""SQuAD's own measures of a reader, on questions whose text is given.

Exact match and F1 of SQuAD 1.1 (Rajpurkar et al., 2016, section 6.1), and those
of SQuAD 2.0 (Rajpurkar, Jia and Liang, 2018), as their official scripts
`evaluate-v1.1.py` and `evaluate-v2.0.py` compute them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from pincite.eval.rates import Part, Rate, rate
from pincite.eval.words import exact_match, f1


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader made of one question on its text.

    Attributes:
        question: its words.
        source: the set that it comes from.
        set: what it is counted with; see `pincite.eval.reading.Item.set`.
        group: its article's; articles are drawn as wholes for the intervals.
        references: the acceptable answers; none where the text gives none.
        text: the words of the best span, the forced answer; "" if the reader found no span.
        score, null: of that span and of no answer in what was read at once; 0 if there is no span.
    """

    question: str
    source: str
    set: str
    group: str
    references: tuple[str, ...]
    text: str
    score: float
    null: float

    @property
    def margin(self) -> float:
        """By how much the span beats no answer; under the threshold, the reader refuses."""
        return self.score - self.null

    @property
    def exact(self) -> float:
        """Exact match of the forced answer, 0 or 1."""
        return exact_match(self.text, self.references or ("",))

    @property
    def f1(self) -> float:
        """Token F1 of the forced answer with the best reference, 0..1."""
        return f1(self.text, self.references or ("",))

    def refused(self, threshold: float) -> bool:
        """Whether the reader says nothing at that threshold."""
        return self.margin < threshold or not self.text


Measure = Callable[[Reading], float]


@dataclass(frozen=True, slots=True)
class Squad2:
    """The measures of SQuAD 2.0 at one threshold.

    Attributes:
        threshold: the margin under which the reader refuses.
        exact, f1: over all questions; for one without an answer, that it was refused.
        has_exact, has_f1: the same over the questions with an answer (HasAns);
            0 for a refusal.
        refused: share of the questions with an answer that were refused.
        no_answer: share of the questions without one that were refused (NoAns).
    """

    threshold: float
    exact: Rate | None
    f1: Rate | None
    has_exact: Rate | None
    has_f1: Rate | None
    refused: Rate | None
    no_answer: Rate | None


def mean(readings: Iterable[Reading], measure: Measure) -> Rate | None:
    """A measure's mean, with its interval by article; None of no readings."""
    return rate(Part(reading.group, measure(reading)) for reading in readings)


def squad2(readings: Sequence[Reading], threshold: float) -> Squad2:
    """The measures of SQuAD 2.0 at a threshold, over questions with and without an answer."""

    def refusing(measure: Measure) -> Measure:
        def measured(reading: Reading) -> float:
            if reading.refused(threshold):
                return float(not reading.references)
            return measure(reading)

        return measured

    def refused(reading: Reading) -> float:
        return float(reading.refused(threshold))

    exact, overlap = refusing(lambda reading: reading.exact), refusing(lambda reading: reading.f1)
    answerable = [reading for reading in readings if reading.references]
    others = [reading for reading in readings if not reading.references]
    return Squad2(
        threshold=threshold,
        exact=mean(readings, exact),
        f1=mean(readings, overlap),
        has_exact=mean(answerable, exact),
        has_f1=mean(answerable, overlap),
        refused=mean(answerable, refused),
        no_answer=mean(others, refused),
    )


def best_threshold(readings: Sequence[Reading], measure: Measure) -> float:
    """The threshold with the highest mean of a measure, as `find_best_thresh` looks for it.

    Every threshold tried is the margin of a question, the last one answered;
    or one above all margins, where all is refused. Of equals, the highest.
    Questions of one margin are answered together, or not at all.

    Args:
        readings: at least one.
        measure: of a forced answer; refused questions count 1 if they have no answer, else 0.
    """
    ordered = sorted(readings, key=lambda reading: -reading.margin)
    at = ordered[0].margin + 1.0
    total = best = float(sum(not reading.references for reading in ordered))
    for margin, tied in groupby(ordered, key=lambda reading: reading.margin):
        total += sum(measure(reading) - (not reading.references) for reading in tied)
        if total > best:
            best, at = total, margin
    return at


def threshold_refusing(readings: Iterable[Reading], percent: int) -> float | None:
    """The highest threshold that refuses at most so many percent of the answerable questions.

    With n of them, at most `floor(n * percent / 100)` have a margin below it.

    Args:
        percent: 0..99.

    Returns:
        None where no question has an answer.
    """
    margins = sorted(r.margin for r in readings if r.references)
    return margins[len(margins) * percent // 100] if margins else None
