"""From one question's measures to a rate over many, with its interval.

The interval is the 95% percentile bootstrap (Efron and Tibshirani 1993, "An
Introduction to the Bootstrap", chapter 13): questions are drawn with
replacement, the turns of a conversation always together. Where all are alike
there is nothing to draw: a share then has Wilson's score interval (1927).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec

from pincite.errors import MissingExtra

RESAMPLES = 2000
SEED = 20160616  # fixed, so that a report can be made again to the digit


def require(*packages: str) -> None:
    """Check that packages of the extra `eval` are installed.

    Raises:
        MissingExtra: one is not.
    """
    for package in packages:
        if find_spec(package) is None:
            raise MissingExtra(
                f"the evaluation needs {package}", "Install it: pip install 'pincite[eval]'."
            )


@dataclass(frozen=True, slots=True)
class Part:
    """What one question adds to a rate.

    Attributes:
        cluster: what is drawn as a whole: the question, or its conversation.
        amount: added above the line.
        count: added below the line; for a mean, 1.
    """

    cluster: str
    amount: float
    count: int = 1


@dataclass(frozen=True, slots=True)
class Rate:
    """A share or a mean, 0..1, or a difference of two, -1..1.

    Attributes:
        value: the sum of the amounts over the sum of the counts.
        low, high: 95% interval. None where resampling can't tell: with fewer
            than two clusters, or when all are alike (20 of 20 is not "100 to 100").
        count: the sum of the counts: how many questions, or quotes, it is over.
    """

    value: float
    low: float | None
    high: float | None
    count: int


def rate(parts: Iterable[Part]) -> Rate | None:
    """The rate over all parts, or None if their counts sum to nothing."""
    amounts: defaultdict[str, float] = defaultdict(float)
    counts: defaultdict[str, int] = defaultdict(int)
    for part in parts:
        if part.count:
            amounts[part.cluster] += part.amount
            counts[part.cluster] += part.count
    total = sum(counts.values())
    if not total:
        return None
    low, high = _interval(list(amounts.values()), list(counts.values()))
    return Rate(sum(amounts.values()) / total, low, high, total)


def share(parts: Iterable[Part]) -> Rate | None:
    """The rate of what is 0 or 1 for each, with an interval where all are alike, too.

    That is Wilson's for as many trials as there are clusters: of 9 of 9, 70 to 100 percent.
    """
    parts = [part for part in parts if part.count]
    found = rate(parts)
    if found is None or found.value not in (0.0, 1.0):
        return found
    clusters = len({part.cluster for part in parts})
    low, high = wilson(round(found.value * clusters), clusters)
    return replace(found, low=low, high=high)


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """Wilson's 95% score interval of a share, both ends 0..1, for one trial or more."""
    from scipy.stats import binomtest

    found = binomtest(hits, trials).proportion_ci(method="wilson")
    return float(found.low), float(found.high)


def _interval(
    amounts: Sequence[float], counts: Sequence[int]
) -> tuple[float, float] | tuple[None, None]:
    if len({amount / count for amount, count in zip(amounts, counts, strict=True)}) < 2:
        return None, None
    import numpy as np
    from scipy.stats import bootstrap

    result = bootstrap(
        (np.asarray(amounts), np.asarray(counts)),
        lambda amount, count, axis: amount.sum(axis) / count.sum(axis),
        paired=True,
        vectorized=True,
        n_resamples=RESAMPLES,
        method="percentile",
        rng=np.random.default_rng(SEED),
    )
    return float(result.confidence_interval.low), float(result.confidence_interval.high)


@dataclass(frozen=True, slots=True)
class Latency:
    """Time from asking to the answer as the client saw it, in milliseconds.

    Attributes:
        p50, p95: percentiles, linear between the two nearest.
    """

    p50: float
    p95: float


def latency(times_ms: Sequence[float]) -> Latency:
    """The percentiles of at least one time."""
    import numpy as np

    p50, p95 = np.percentile(times_ms, [50, 95])
    return Latency(float(p50), float(p95))
