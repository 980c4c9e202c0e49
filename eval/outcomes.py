"""What became of each question, as a run's JSON keeps it; and two runs compared.

A question counts as right where it was answered as expected: correct and cited, or refused where
the articles hold no answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pincite.eval.calibration import Bin, bins_of_mass, calibration_error, risk_area, risk_coverage
from pincite.eval.questions import REFUSED, EvalError, Question

FORMAT = 4
"""The version of the JSON that `pincite.eval.report.Report.to_dict` gives."""

READABLE = (3, FORMAT)
"""Those that can be compared with: 3 lacks only what is worked out from its questions."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one question.

    Attributes:
        answer: the leading account's words; None for a refusal.
        confidence: in it, 0..1; of a refusal, in what was turned down.
        right: it was answered as expected.
        expected: what is right, as the report has it; None if it doesn't say.
    """

    id: str
    kind: str
    question: str
    answer: str | None
    confidence: float
    right: bool
    expected: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A run as its JSON tells it.

    Attributes:
        metadata: what was said of it.
        outcomes: of its questions by their ids, at least one.
    """

    metadata: Mapping[str, Any]
    outcomes: Mapping[str, Outcome]


@dataclass(frozen=True, slots=True)
class Trust:
    """Whether the confidence of what was shown is what it says.

    Attributes:
        bins: ten of as many answers each, or fewer.
        error: the expected calibration error over those bins, 0..1.
        curve: the surest answered first: the share of all questions that were, and the share of
            wrong ones among them; it ends where the rest is refused.
        area: under that curve, over the answered ones alone, 0..1, less is better.
    """

    bins: tuple[Bin, ...]
    error: float
    curve: tuple[tuple[float, float], ...]
    area: float

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON-ready values."""
        return {
            "bins": [asdict(one) for one in self.bins],
            "error": self.error,
            "curve": [list(point) for point in self.curve],
            "area": self.area,
        }


@dataclass(frozen=True, slots=True)
class Pair:
    """A question that one of two runs answered as expected."""

    earlier: Outcome
    now: Outcome


@dataclass(frozen=True, slots=True)
class Comparison:
    """A run against an earlier one, over questions of the same words and the same expected answers.

    Attributes:
        earlier: what was said of the earlier one.
        better, worse: right only now; right only then.
        both, neither: how many were right twice; how many wrong twice.
        left_out: how many questions only one of them was asked.
        rekeyed: how many both were asked, but with other answers expected; left out, too.
        p_value: of McNemar's exact test, two-sided: how likely so uneven a split of `better`
            and `worse` is, or a more uneven one, if neither run answers better (McNemar 1947).
            It takes the questions for independent, which the turns of a conversation are not.
    """

    earlier: Mapping[str, Any]
    better: tuple[Pair, ...]
    worse: tuple[Pair, ...]
    both: int
    neither: int
    left_out: int
    rekeyed: int
    p_value: float

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON-ready values, the questions by their ids."""
        return {
            "earlier": dict(self.earlier),
            "better": [pair.now.id for pair in self.better],
            "worse": [pair.now.id for pair in self.worse],
            "right_twice": self.both,
            "wrong_twice": self.neither,
            "left_out": self.left_out,
            "rekeyed": self.rekeyed,
            "p_value": self.p_value,
        }


def run_of(report: Mapping[str, Any]) -> Run:
    """The run in the JSON of a report.

    Raises:
        KeyError, TypeError, ValueError: it is not of that form.
    """
    outcomes = {}
    for row in report["questions"]:
        got = row["got"]
        outcomes[str(row["id"])] = Outcome(
            id=str(row["id"]),
            kind=str(row["kind"]),
            question=str(row["question"]),
            answer=None if got["status"] in REFUSED else str(got["answer"]),
            confidence=float(got["confidence"]),
            right=bool(row["measures"]["as_expected"]),
            expected=row.get("expected"),
        )
    return Run(dict(report["metadata"]), outcomes)


def load_run(path: Path) -> Run:
    """The run in a file that `pincite eval --report` or `--json` wrote.

    Raises:
        EvalError: the file can't be read or holds something else.
    """
    hint = "Give the report.json of a `pincite eval --report`, or what `--json` wrote."
    try:
        report = json.loads(path.read_bytes().decode("utf-8"))
        if report["format"] not in READABLE:
            raise EvalError(
                f"{path} has the format {report['format']!r}, which this version does not compare",
                "Make that run again with this version.",
            )
        run = run_of(report)
    except OSError as error:
        raise EvalError(f"can't read {path}: {error.strerror}", hint) from error
    except (KeyError, TypeError, ValueError) as error:
        raise EvalError(f"{path} is no report of an evaluation", hint) from error
    if not run.outcomes:
        raise EvalError(f"{path} holds no questions", hint)
    return run


def check_comparable(earlier: Run, questions: Iterable[Question]) -> None:
    """That some of the questions were asked in an earlier run: better said before asking them.

    Raises:
        EvalError: none was.
    """
    asked = {(one.id, one.question) for one in earlier.outcomes.values()}
    if not any((question.id, question.question) in asked for question in questions):
        raise EvalError(
            "the earlier run was asked none of these questions",
            "Compare runs of one evaluation set, of the same split and kinds.",
        )


def compare(now: Run, earlier: Run) -> Comparison:
    """What is better and what is worse than in an earlier run.

    Where a report doesn't say what was expected, it counts as what the other one says.
    """
    asked = [
        Pair(before, outcome)
        for id_, outcome in now.outcomes.items()
        if (before := earlier.outcomes.get(id_)) and before.question == outcome.question
    ]
    pairs = [
        pair
        for pair in asked
        if None in (pair.earlier.expected, pair.now.expected)
        or pair.earlier.expected == pair.now.expected
    ]
    better = tuple(pair for pair in pairs if pair.now.right and not pair.earlier.right)
    worse = tuple(pair for pair in pairs if pair.earlier.right and not pair.now.right)
    return Comparison(
        earlier=earlier.metadata,
        better=better,
        worse=worse,
        both=sum(pair.now.right and pair.earlier.right for pair in pairs),
        neither=sum(not pair.now.right and not pair.earlier.right for pair in pairs),
        left_out=len(now.outcomes) + len(earlier.outcomes) - 2 * len(asked),
        rekeyed=len(asked) - len(pairs),
        p_value=mcnemar(len(better), len(worse)),
    )


def mcnemar(better: int, worse: int) -> float:
    """The two-sided p-value of McNemar's exact test; 1 where nothing changed."""
    from scipy.stats import binomtest

    changed = better + worse
    return float(binomtest(better, changed).pvalue) if changed else 1.0


def trust(outcomes: Sequence[Outcome]) -> Trust | None:
    """Of the answered ones among all questions; None if every one was refused."""
    import numpy as np

    shown = [one for one in outcomes if one.answer is not None]
    if not shown:
        return None
    confidences = np.array([one.confidence for one in shown])
    right = np.array([one.right for one in shown])
    bins = bins_of_mass(confidences, right)
    coverage, risks = risk_coverage(confidences, right)
    of_all = coverage * len(shown) / len(outcomes)
    return Trust(
        bins=tuple(bins),
        error=calibration_error(bins),
        curve=tuple(zip(of_all.tolist(), risks.tolist(), strict=True)),
        area=risk_area(confidences, right),
    )
