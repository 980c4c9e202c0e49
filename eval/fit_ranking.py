"""Fit how spans are ranked and how sure we are of the first; see `qa/ranking.py`.

    pincite index                                         # the five articles
    python -m pincite.eval.open_sample DATA.jsonl.gz SQUAD
    pincite index SQUAD/corpus --index SQUAD/index
    python -m pincite.eval.news QUESTIONS.jsonl ARTICLES.jsonl.gz NEWS
    pincite index NEWS/corpus --index NEWS/index
    python -m pincite.eval.candidates CACHE --articles --corpus squad=SQUAD --corpus news=NEWS
    python -m pincite.eval.fit_ranking CACHE
    pincite eval confidence --candidates CACHE --markdown docs/confidence.md

With another reader only the last three are run again; where the product's code or
settings changed, `pincite.eval.candidates` begins anew by itself.

Fits on the candidates of "dev" questions (`eval/candidates.py`) and writes
`ranking.json` beside the reader that read them. What is printed was measured by
cross-validation, all questions of a group in one fold. The confidence is fitted
on leaders that were chosen by rankings which never saw them, as it will meet them
(stacking: Wolpert, 1992).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from itertools import chain
from pathlib import Path

import numpy as np

from pincite.errors import InvalidData
from pincite.eval.calibration import Mask, Vector, log_losses, refused_at
from pincite.eval.candidates import NAMES, STRANGER, Pool, read
from pincite.eval.fit_accounts import Beside, Heard, of_all, rates
from pincite.eval.fit_accounts import choose as choose_thresholds
from pincite.eval.fit_confidence import KINDS, Led, fit_answerable, weights_of
from pincite.index.manifest import write_durably
from pincite.index.model_files import fingerprint
from pincite.qa.confidence import Confidence, leading, signals, to_data
from pincite.qa.rank import Candidate
from pincite.qa.ranking import FILE, FORMAT, Ranking
from pincite.settings import load_settings

FOLDS = 5
PENALTY = 1.0  # on the squares of the standardised weights of the order, beside one a question
REFUSED = 0.05  # share of the answerable questions that the threshold may refuse


@dataclass(frozen=True, slots=True)
class Linear:
    """How candidates are ordered: weights by feature and a bias, in log odds."""

    weights: dict[str, float]
    bias: float

    def logits(self, features: Vector) -> Vector:
        """For features of shape `[candidates, len(NAMES)]`."""
        out: Vector = features @ np.array([self.weights[name] for name in NAMES]) + self.bias
        return out


@dataclass(frozen=True, slots=True)
class Judged:
    """A question's leading candidate by models that never saw it.

    Attributes:
        confidence: that it is right, 0..1.
        answers: how likely the corpus answers the question at all, 0..1.
    """

    led: Led
    confidence: float
    answers: float


def fit_order(pools: Sequence[Pool]) -> Linear:
    """Weights under which the right candidates of a question have the odds of all its others.

    The log-likelihood, by question, of the right candidates together among all of it (the
    marginal objective of Clark and Gardner, 2018, section 3.2, over a linear score), with an
    L2 penalty. Questions without an answer say nothing of the order. The bias is the
    intercept of a logistic regression with these weights: is this candidate right?
    """
    from scipy.optimize import brentq, minimize

    telling = [pool for pool in pools if pool.right.any() and not pool.right.all()]
    rows = np.concatenate([pool.features for pool in telling])
    mean, deviation = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    scaled = [(pool.features - mean) / deviation for pool in telling]
    shares = weights_of([pool.corpus for pool in telling])

    def loss(weights: Vector) -> tuple[float, Vector]:
        value, slope = PENALTY / 2 * float(weights @ weights), PENALTY * weights
        for features, pool, share in zip(scaled, telling, shares, strict=True):
            logits = features @ weights
            odds = np.exp(logits - logits.max())
            good = np.where(pool.right, odds, 0.0)
            of_right, of_all = float(good.sum()), float(odds.sum())
            value -= share * float(np.log(of_right / of_all + 1e-12))
            pull = good / max(of_right, 1e-12) - odds / of_all
            slope = slope - share * (features.T @ pull)
        return value, slope

    found = minimize(loss, np.zeros(len(NAMES)), jac=True, method="L-BFGS-B").x / deviation
    every = np.concatenate([pool.features for pool in pools]) @ found
    right = np.concatenate([pool.right for pool in pools])
    weights = weights_of([pool.corpus for pool in pools for _ in pool.voices])
    # Log odds whose mean, over all candidates, is the share that are right.
    bias = brentq(lambda b: float(weights @ (1 / (1 + np.exp(-every - b)) - right)), -60.0, 60.0)
    return Linear(dict(zip(NAMES, map(float, found), strict=True)), float(bias))


def lead(pool: Pool, order: Linear) -> Led:
    """The question's leading candidate by an order."""
    return leader(pool, order.logits(pool.features).tolist())


def leader(pool: Pool, logits: Sequence[float]) -> Led:
    """The question's leading candidate, given the log odds of all."""
    top = leading(pool.voices, logits)
    return Led(
        pool.corpus,
        pool.id,
        pool.part,
        pool.answerable,
        signals(pool.voices, logits, pool.among, pool.nowhere),
        bool(pool.right[top]),
    )


def silent(pool: Pool) -> Judged:
    """A question without a candidate: it is refused, and not right."""
    return Judged(Led(pool.corpus, pool.id, pool.part, pool.answerable, {}, False), 0.0, 0.0)


def fit_kind(kind: str, led: Sequence[Led]) -> Confidence:
    """How sure we are of a leader, once a stranger to the corpus is refused."""
    return KINDS[kind]([one for one in led if one.corpus != STRANGER])


class Crossed:
    """Rankings and confidences by cross-validation, nested so that nothing leaks.

    Args:
        pools: of questions that may be fitted on.
    """

    def __init__(self, pools: Sequence[Pool]) -> None:
        self.pools = [pool for pool in pools if pool.voices]
        self._silent = [silent(pool) for pool in pools if not pool.voices]
        self._folds = [[p for p in self.pools if _fold(p.group) == n] for n in range(FOLDS)]
        self._order = cache(self._fit_order)

    def led(self) -> list[Led]:
        """Every question's leader by a ranking that never saw its fold."""
        return self._led(range(FOLDS), frozenset())

    def judged(self, kind: str) -> list[Judged]:
        """Every question with the confidence of a model that never saw its fold."""
        out = [*self._silent]
        for held in range(FOLDS):
            rest = [fold for fold in range(FOLDS) if fold != held]
            known = self._led(rest, frozenset({held}))
            model, answerable = fit_kind(kind, known), fit_answerable(known)
            for one in self._led([held], frozenset()):
                sure, answers = model.probability(one.signals), answerable.probability(one.signals)
                out.append(Judged(one, sure, answers))
        return out

    def heard(self, kind: str, threshold: float) -> list[tuple[Pool, list[Candidate]]]:
        """Every question's candidates with confidences of models that never saw its fold.

        None where the corpus is less likely than that to answer the question.
        """
        out = []
        for held in range(FOLDS):
            rest = [fold for fold in range(FOLDS) if fold != held]
            inner: list[Heard] = []
            for fold in rest:
                others = [other for other in rest if other != fold]
                inner += self._heard(fold, others, frozenset({held, fold}), kind)
            models = Beside.fit(inner)
            out += of_all(self._heard(held, rest, frozenset({held}), kind), models, threshold)
        return out

    def beside(self, kind: str) -> Beside:
        """The models of the candidates beside the leading one, from all questions."""
        heard: list[Heard] = []
        for fold in range(FOLDS):
            rest = [other for other in range(FOLDS) if other != fold]
            heard += self._heard(fold, rest, frozenset({fold}), kind)
        return Beside.fit(heard)

    def _heard(
        self, fold: int, others: Sequence[int], without: frozenset[int], kind: str
    ) -> list[Heard]:
        """A fold's questions by a ranking and a confidence that saw none of `without`."""
        known = self._led(others, without)
        confidence, answerable = fit_kind(kind, known), fit_answerable(known)
        order = self._order(without)
        heard = []
        for pool in self._folds[fold]:
            logits = order.logits(pool.features).tolist()
            found = signals(pool.voices, logits, pool.among, pool.nowhere)
            sure, answers = confidence.probability(found), answerable.probability(found)
            heard.append(Heard(pool, tuple(logits), sure, answers))
        return heard

    def _led(self, folds: Iterable[int], besides: frozenset[int]) -> list[Led]:
        """Leaders of some folds, by rankings that saw neither that fold nor those besides."""
        return list(
            chain.from_iterable(
                (lead(pool, self._order(besides | {fold})) for pool in self._folds[fold])
                for fold in folds
            )
        )

    def _fit_order(self, without: frozenset[int]) -> Linear:
        kept = [p for n, fold in enumerate(self._folds) if n not in without for p in fold]
        return fit_order(kept)


def _fold(group: str) -> int:
    # By the hash of its name: all questions of a group fall into one fold.
    return int(sha256(group.encode()).hexdigest(), 16) % FOLDS


def arrays(judged: Sequence[Judged]) -> tuple[Vector, Mask, Mask]:
    """Confidence, rightness and answerability, each of shape `[questions]`."""
    return (
        np.array([one.confidence for one in judged]),
        np.array([one.led.right for one in judged]),
        np.array([one.led.answerable for one in judged]),
    )


def answers_of(judged: Sequence[Judged]) -> Vector:
    """How likely each question has an answer, of shape `[questions]`."""
    return np.array([one.answers for one in judged])


def by_corpus(judged: Sequence[Judged]) -> dict[str, list[Judged]]:
    """The same by the name of the corpus, in order."""
    names = sorted({one.led.corpus for one in judged})
    return {name: [one for one in judged if one.led.corpus == name] for name in names}


def losses(judged: Sequence[Judged]) -> Vector:
    """Log loss of each question, in nats."""
    confidences, right, _ = arrays(judged)
    return log_losses(confidences, right)


def choose(by_kind: Mapping[str, Sequence[Judged]]) -> str:
    """The simplest kind that can't be told from the best by log loss, every corpus alike.

    That is: its mean loss is at most one standard error of their difference
    above the least (Breiman et al., 1984, section 3.4.3).

    Args:
        by_kind: the same questions in the same order, the simplest kind first.
    """
    weights = weights_of([one.led.corpus for one in next(iter(by_kind.values()))])
    weighed = {kind: losses(judged) * weights for kind, judged in by_kind.items()}
    best = min(weighed, key=lambda kind: float(weighed[kind].mean()))
    for kind, loss in weighed.items():
        more = loss - weighed[best]
        if more.mean() <= more.std() / np.sqrt(len(more)):
            return kind
    return best


def threshold_for(judged: Sequence[Judged], refused: float) -> float:
    """The highest threshold at which the corpora lose at most that share of the answerable.

    It is the mean share, every corpus alike: held to the hardest corpus alone, it would
    hardly refuse anything in the others.
    """
    answerable = sorted((one for one in judged if one.led.answerable), key=lambda one: one.answers)
    weights = weights_of([one.led.corpus for one in answerable])
    below = (weights.cumsum() - weights) / weights.sum()
    last = int(np.flatnonzero(below <= refused + 1e-9)[-1])
    return answerable[last].answers


def measured(judged: Sequence[Judged], threshold: float) -> dict[str, float]:
    """What the fit prints of one corpus; more in `pincite eval confidence`."""
    confidences, right, answerable = arrays(judged)
    answers = answers_of(judged)
    return {
        "questions": len(judged),
        "right when forced": round(float(right[answerable].mean()), 3) if answerable.any() else 0.0,
        "mean confidence": round(float(confidences.mean()), 3),
        "share right": round(float(right.mean()), 3),
        "answerable refused": round(refused_at(answers[answerable], threshold), 3),
        "unanswerable refused": round(refused_at(answers[~answerable], threshold), 3),
    }


def as_data(reader: str, ranking: Ranking, kind: str, refused: float) -> bytes:
    """What `pincite.qa.ranking.load_ranking` reads; the ranking has all its models."""
    assert ranking.confidence is not None
    assert ranking.answerable is not None
    assert ranking.others is not None
    assert ranking.agreeing is not None
    data = {
        "format": FORMAT,
        "reader": reader,
        "weights": dict(ranking.weights),
        "bias": ranking.bias,
        "threshold": round(ranking.threshold, 4),
        "refused": refused,
        "confidence": {"fit": kind, **to_data(ranking.confidence)},
        "answerable": to_data(ranking.answerable),
        "others": to_data(ranking.others),
        "agreeing": to_data(ranking.agreeing),
        "agrees": ranking.agrees,
        "differs": ranking.differs,
        "disputes": ranking.disputes,
    }
    return (json.dumps(data, indent=1) + "\n").encode()


def main() -> None:
    """Fit, print what cross-validation says, write the file."""
    parser = argparse.ArgumentParser(description="Fit the ranking of spans and its confidence.")
    parser.add_argument(
        "candidates", type=Path, help="folder of `python -m pincite.eval.candidates`"
    )
    parser.add_argument("--kind", choices=KINDS, help="of confidence (default: see `choose`)")
    parser.add_argument(
        "--refused", type=float, default=REFUSED, help="share of answerable questions to refuse"
    )
    parser.add_argument("--reader", type=Path, help="the reader's folder (default: the setting)")
    parser.add_argument("--out", type=Path, help=f"file to write (default: READER/{FILE})")
    args = parser.parse_args()
    folder = args.reader or Path(load_settings().reader)
    reader, pools = read(args.candidates)
    if reader != fingerprint(folder):
        raise InvalidData(
            f"another reader than {folder} read the candidates", "Collect them with this one."
        )
    crossed = Crossed([pool for pool in pools if pool.part == "dev"])
    by_kind = {kind: crossed.judged(kind) for kind in ([args.kind] if args.kind else KINDS)}
    kind = choose(by_kind)
    threshold = threshold_for(by_kind[kind], args.refused)
    for corpus, judged in by_corpus(by_kind[kind]).items():
        print(corpus, measured(judged, threshold))
    order, led, beside = fit_order(crossed.pools), crossed.led(), crossed.beside(kind)
    ranking = Ranking(
        *(order.weights, order.bias, threshold, fit_kind(kind, led), fit_answerable(led)),
        *(beside.others, beside.agreeing),
    )
    heard = crossed.heard(kind, threshold)
    ranking = choose_thresholds(heard, ranking)
    for corpus in sorted({pool.corpus for pool, _ in heard}):
        print(corpus, rates([one for one in heard if one[0].corpus == corpus], ranking))
    out = args.out or folder / FILE
    write_durably(out, as_data(reader, ranking, kind, args.refused))
    print(f"written: {out}, of the kind {kind}, threshold {threshold:.4f}")


if __name__ == "__main__":
    main()
