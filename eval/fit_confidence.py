"""Fit the confidence on development questions of several corpora.

    python -m pincite.eval.fit_confidence FOLDER FILE...

asks the development half of the hand-built set of the shipped articles, and of the questions of
each file, a corpus of its own, the half that is for tuning; indexes are kept under FOLDER. What
is fitted is written beside the reader: see `pincite.qa.confidence`. Every corpus counts alike,
however many questions it has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from pincite.eval.cases import Case
from pincite.eval.cli_confidence import opened_corpora
from pincite.eval.output import Progress
from pincite.eval.words import is_right
from pincite.index.model_files import model_folder
from pincite.qa.accounts import group, leader_features, voices
from pincite.qa.agreement import Comparison, Likely
from pincite.qa.ask import Pincite
from pincite.qa.confidence import (
    LEADER,
    SPAN,
    VOICE,
    Candidate,
    Confidence,
    Regression,
    voice_features,
)
from pincite.qa.measured import Statement
from pincite.settings import load_settings

ASKED = 300  # questions of a corpus at most, a fixed sample
PENALTY = 10.0  # C of scikit-learn's logistic regression: weak, there are few weights
REFUSED = 0.05  # of the answerable questions that the threshold may refuse, by corpus on average
FALSE_DISPUTES = 0.04  # of the answerable undisputed questions that may be called disputed
LIKELY = tuple(n / 20 for n in range(1, 20))
DISPUTES = frozenset({"conflict", "disputed"})  # sets whose accounts exclude each other


@dataclass(frozen=True, slots=True)
class Judged:
    """A question of a corpus, everything that was read for it, and what of it is right.

    Attributes:
        passages: in the corpus's index.
        answerable: whether the corpus answers it.
        candidates: all that was read, weighed or not.
        right: of each candidate, whether it answers the question.
        accounts: the accounts' acceptable answers; only where all of them are known.
        disputed: whether they exclude each other.
        published: article -> its day, of the candidates' articles.
    """

    corpus: str
    question: str
    passages: int
    answerable: bool
    candidates: tuple[Candidate, ...]
    right: tuple[bool, ...]
    accounts: tuple[tuple[str, ...], ...]
    disputed: bool
    published: Mapping[str, date | None]


def judge(opened: Pincite, corpus: str, cases: Sequence[Case], progress: Progress) -> list[Judged]:
    """Read for every question, and say what of it is right."""
    judged = []
    for case in cases:
        question, hits = opened.look_up(case.question, case.history)
        candidates = tuple(opened.read(question, hits))
        right = (
            case.is_right(c.passage.article, c.start, c.end, c.words)
            or any(is_right(c.words, answer) for answer in case.answers)
            for c in candidates
        )
        articles = {c.passage.article for c in candidates}
        judged.append(
            Judged(
                *(corpus, question.asked, opened.index.manifest.counts.passages),
                *(bool(case.answers), candidates, tuple(right)),
                *(case.accounts, case.set in DISPUTES),
                {article: opened.published(article) for article in articles},
            )
        )
        progress(len(judged), len(cases), len(judged) / len(cases))
    return judged


class Remembered:
    """A comparison that compares no two answers twice."""

    def __init__(self, comparison: Comparison) -> None:
        self._comparison = comparison
        self._known: dict[tuple[str, Statement, Statement], Likely] = {}

    def compare(self, question: str, pairs: Sequence[tuple[Statement, Statement]]) -> list[Likely]:
        """See `pincite.qa.agreement.Comparison`."""
        new = [pair for pair in pairs if (question, *pair) not in self._known]
        for pair, likely in zip(new, self._comparison.compare(question, new), strict=True):
            self._known[question, *pair] = likely
        return [self._known[question, *pair] for pair in pairs]


def fit(judged: Sequence[Judged], comparison: Comparison) -> Confidence:
    """The numbers that fit the questions best.

    Args:
        judged: of at least one corpus, answerable and unanswerable questions.
    """
    comparison = Remembered(comparison)
    confidence = replace(Confidence(), span=_span(judged))
    confidence = replace(confidence, voice=_voice(judged, comparison, confidence))
    confidence = _with_accounts(judged, comparison, confidence)
    leaders = [_leader(one, comparison, confidence) for one in judged]
    known = [(one, found) for one, found in zip(judged, leaders, strict=True) if found]
    leader = _regression(
        LEADER,
        [found[0] for _, found in known],
        [found[1] for _, found in known],
        _weights([one.corpus for one, _ in known]),
    )
    confidence = replace(confidence, leader=leader)
    return replace(confidence, threshold=_threshold(known, confidence))


def main(
    folder: Annotated[Path, typer.Argument(help="keeps the indexes")],
    data: Annotated[list[Path], typer.Argument(help="JSON lines of texts, each file a corpus")],
) -> None:
    """Fit the confidence of the reader that the settings name, and write it beside it."""
    settings = load_settings()
    judged: list[Judged] = []
    for name, opened, cases in opened_corpora(folder, data, settings, "tune", ASKED):
        judged += judge(opened, name, cases, Progress(f"questions of {name} read"))
    confidence = fit(judged, opened.models.comparison)
    beside = model_folder(settings.reader, "PINCITE_READER")
    confidence.write(beside, opened.reader.fingerprint)
    typer.echo(confidence)


def _span(judged: Sequence[Judged]) -> Regression:
    rows = [
        (c.features, right, one.corpus)
        for one in judged
        for c, right in zip(one.candidates, one.right, strict=True)
    ]
    features, right, corpora = zip(*rows, strict=True)
    return _regression(SPAN, features, right, _weights(corpora))


def _places(one: Judged) -> set[tuple[str, int, int]]:
    """Where right candidates stand."""
    return {
        (c.passage.article, c.start, c.end)
        for c, right in zip(one.candidates, one.right, strict=True)
        if right
    }


def _is_right(candidate: Candidate, places: set[tuple[str, int, int]]) -> bool:
    return (candidate.passage.article, candidate.start, candidate.end) in places


def _voice(judged: Sequence[Judged], comparison: Comparison, confidence: Confidence) -> Regression:
    rows = []
    for one in judged:
        places, candidates = _places(one), confidence.weighed(one.candidates)
        known = (comparison, confidence, one.published.get)
        for voice, likely in voices(one.question, candidates, *known):
            if likely is not None:
                known_of_it = voice_features(voice.candidate, candidates[0], likely)
                rows.append((known_of_it, _is_right(voice.candidate, places), one.corpus))
    features, right, corpora = zip(*rows, strict=True)
    return _regression(VOICE, features, right, _weights(corpora))


def _leader(
    one: Judged, comparison: Comparison, confidence: Confidence
) -> tuple[dict[str, float], bool] | None:
    """The leading candidate's features, and whether it is right; None if nothing was read."""
    candidates = confidence.weighed(one.candidates)
    groups = group(one.question, candidates, comparison, confidence, one.published.get)
    if not groups:
        return None
    features = leader_features(groups, candidates, one.passages)
    return features, _is_right(candidates[0], _places(one))


def _with_accounts(
    judged: Sequence[Judged], comparison: Comparison, confidence: Confidence
) -> Confidence:
    """The thresholds with the best F1 of the accounts shown, and the most disputes called so."""
    told = [
        (one, confidence.weighed(one.candidates))
        for one in judged
        if one.accounts and one.candidates
    ]
    tried = [replace(confidence, shown=shown) for shown in LIKELY]
    best = max(tried, key=lambda one: _accounts_f1(told, comparison, one))
    for disputed in LIKELY:
        best = replace(best, disputed=disputed)
        called = [
            (
                one,
                any(
                    of.excludes
                    for of in group(one.question, candidates, comparison, best, one.published.get)
                ),
            )
            for one, candidates in told
            if len(one.accounts) > 1 or one.corpus in with_accounts(judged)
        ]
        undisputed = [(one, so) for one, so in called if not one.disputed]
        weights = _weights([one.corpus for one, _ in undisputed])
        if np.average([so for _, so in undisputed], weights=weights) <= FALSE_DISPUTES:
            break
    return best


def with_accounts(judged: Sequence[Judged]) -> frozenset[str]:
    """The corpora whose questions name every account, not only one."""
    return frozenset(one.corpus for one in judged if len(one.accounts) > 1)


def _accounts_f1(
    told: Sequence[tuple[Judged, list[Candidate]]], comparison: Comparison, confidence: Confidence
) -> float:
    """F1 of accounts, the mean over corpora: one is found by the first voice of one shown."""
    counts: dict[str, list[int]] = {}
    for one, candidates in told:
        groups = group(one.question, candidates, comparison, confidence, one.published.get)
        words = [g.voices[0].candidate.words for g in groups]
        found = sum(any(is_right(w, a) for w in words for a in told) for told in one.accounts)
        so_far = counts.setdefault(one.corpus, [0, 0])
        so_far[0] += 2 * found
        so_far[1] += len(words) + len(one.accounts)
    return sum(found / both for found, both in counts.values()) / len(counts)


def _threshold(
    known: Sequence[tuple[Judged, tuple[dict[str, float], bool]]], confidence: Confidence
) -> float:
    """What refuses `REFUSED` of the answerable questions, each corpus counting alike."""
    sure = [confidence.of_leader(features) for _, (features, _) in known]
    rows = [(s, one.corpus) for s, (one, _) in zip(sure, known, strict=True) if one.answerable]
    weights = _weights([corpus for _, corpus in rows])
    order = np.argsort([s for s, _ in rows])
    refused = np.cumsum(weights[order]) / weights.sum()
    return round(float(rows[order[int(np.searchsorted(refused, REFUSED))]][0]), 4)


def _weights(corpora: Sequence[str]) -> Any:  # noqa: ANN401 - float array, shape [rows]
    counts = {corpus: corpora.count(corpus) for corpus in set(corpora)}
    return np.array([1.0 / counts[corpus] for corpus in corpora])


def _regression(
    names: Sequence[str],
    features: Sequence[Mapping[str, float]],
    right: Sequence[bool],
    weights: Any,  # noqa: ANN401
) -> Regression:
    from sklearn.linear_model import LogisticRegression

    rows = np.array([[row[name] for name in names] for row in features])
    spread = np.maximum(rows.std(axis=0), 1e-6)
    model = LogisticRegression(C=PENALTY, max_iter=2000)
    model.fit(
        rows / spread, np.array(right, dtype=int), sample_weight=weights * len(rows) / weights.sum()
    )
    return Regression(
        {n: round(float(w), 5) for n, w in zip(names, model.coef_[0] / spread, strict=True)},
        round(float(model.intercept_[0]), 5),
    )


if __name__ == "__main__":
    typer.run(main)
