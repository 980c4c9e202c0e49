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
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from pincite.eval.cases import Case
from pincite.eval.cli_confidence import opened_corpora
from pincite.eval.output import Progress
from pincite.index.encoder import Vectors
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
REFUSED = 0.055  # of the answerable questions that the threshold may refuse, by corpus on average
FALSE_DISPUTES = 0.045  # of any corpus's answerable undisputed questions, that may be called so
NEAR = 0.015  # F1 of accounts that may be lost for the sake of those that are shown
LIKELY = tuple(n / 40 for n in range(2, 32))


@dataclass(frozen=True, slots=True)
class Known:
    """What `pincite.qa.accounts.Corpus` asks for, kept without the index.

    Attributes:
        sources: article -> whose it is.
        vectors: passage id -> its vector.
    """

    sources: Mapping[str, str]
    vectors: Mapping[int, Vectors]

    def source(self, article: str) -> str:
        """Its publisher, or the article itself where none is known."""
        return self.sources.get(article, article)

    def closeness(self, one: Candidate, others: Sequence[Candidate]) -> list[float]:
        """The cosine of the passage of one with that of each of the others."""
        return [float(self.vectors[one.id] @ self.vectors[other.id]) for other in others]


@dataclass(frozen=True, slots=True)
class Judged:
    """A question of a corpus, everything that was read for it, and what of it is right.

    Attributes:
        passages: in the corpus's index.
        answerable: whether the corpus answers it.
        candidates: all that was read, weighed or not.
        tells: which account each candidate tells, None where it tells none.
        accounts: how many there are.
        disputed: whether they exclude each other.
        known: of the candidates' articles.
    """

    corpus: str
    question: str
    passages: int
    answerable: bool
    candidates: tuple[Candidate, ...]
    tells: tuple[int | None, ...]
    accounts: int
    disputed: bool
    known: Known


def judge(opened: Pincite, corpus: str, cases: Sequence[Case], progress: Progress) -> list[Judged]:
    """Read for every question, and say what of it is right."""
    judged = []
    for case in cases:
        question, hits = opened.look_up(case.question, case.history)
        candidates = tuple(opened.read(question, hits).candidates)
        tells = (case.account_of(c.passage.article, c.start, c.end, c.words) for c in candidates)
        articles = {c.passage.article for c in candidates}
        judged.append(
            Judged(
                *(corpus, question.asked, opened.index.manifest.counts.paragraphs),
                *(bool(case.answers), candidates, tuple(tells)),
                *(len(case.accounts), case.disputed),
                Known(
                    {article: opened.source(article) for article in articles},
                    opened.index.store.vectors_of({c.id for c in candidates}),
                ),
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
    # Elsewhere only one place of an answer is known, and who else says so counts as wrong.
    whole = _with_all_accounts(judged)
    confidence = replace(confidence, voice=_voice(whole, comparison, confidence))
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
        (c.features, told is not None, one.corpus)
        for one in judged
        for c, told in zip(one.candidates, one.tells, strict=True)
    ]
    features, right, corpora = zip(*rows, strict=True)
    return _regression(SPAN, features, right, _weights(corpora))


Stand = tuple[str, int, int]


def _accounts(one: Judged) -> dict[Stand, int]:
    """Where candidates stand that tell an account, and which."""
    told = zip(one.candidates, one.tells, strict=True)
    return {_stand(c): number for c, number in told if number is not None}


def _stand(candidate: Candidate) -> Stand:
    return candidate.passage.article, candidate.start, candidate.end


def _voice(judged: Sequence[Judged], comparison: Comparison, confidence: Confidence) -> Regression:
    rows = []
    for one in judged:
        tells, candidates = _accounts(one), confidence.weighed(one.candidates)
        known = (comparison, confidence, one.known)
        for voice, likely in voices(one.question, candidates, *known):
            if likely is not None:
                (near,) = one.known.closeness(candidates[0], [voice.candidate])
                known_of_it = voice_features(voice.candidate, candidates[0], likely, near)
                rows.append((known_of_it, _stand(voice.candidate) in tells, one.corpus))
    features, right, corpora = zip(*rows, strict=True)
    return _regression(VOICE, features, right, _weights(corpora))


def _leader(
    one: Judged, comparison: Comparison, confidence: Confidence
) -> tuple[dict[str, float], bool] | None:
    """The leading candidate's features, and whether it is right; None if nothing was read."""
    candidates = confidence.weighed(one.candidates)
    groups = group(one.question, candidates, comparison, confidence, one.known)
    if not groups:
        return None
    features = leader_features(groups, candidates, one.passages)
    return features, _stand(candidates[0]) in _accounts(one)


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
    named = {one.corpus for one in _with_all_accounts(judged)}
    whole = [each for each in told if each[0].corpus in named]
    scores = [_accounts_f1(whole, comparison, one) for one in tried]
    # An account that is not shown costs a reader more than one too many.
    near = [one for one, f1 in zip(tried, scores, strict=True) if f1 >= max(scores) - NEAR]
    best = min(near, key=lambda one: one.shown)
    undisputed = [(one, candidates) for one, candidates in whole if not one.disputed]
    corpora = np.array([one.corpus for one, _ in undisputed])
    for disputed in LIKELY if undisputed else ():
        best = replace(best, disputed=disputed)
        groups = (
            group(one.question, candidates, comparison, best, one.known)
            for one, candidates in undisputed
        )
        called = np.array([any(of.excludes for of in told_of_it) for told_of_it in groups])
        if all(called[corpora == corpus].mean() <= FALSE_DISPUTES for corpus in set(corpora)):
            break
    return best


def _with_all_accounts(judged: Sequence[Judged]) -> Sequence[Judged]:
    """Those of corpora that name every account of a question; all, where none does."""
    named = {one.corpus for one in judged if one.accounts > 1}
    return [one for one in judged if one.corpus in named] or judged


def _accounts_f1(
    told: Sequence[tuple[Judged, list[Candidate]]], comparison: Comparison, confidence: Confidence
) -> float:
    """F1 of accounts, the mean over corpora: one is found by the first voice of one shown."""
    counts: dict[str, list[int]] = {}
    for one, candidates in told:
        groups = group(one.question, candidates, comparison, confidence, one.known)
        tells = _accounts(one)
        shown = {tells.get(_stand(g.voices[0].candidate)) for g in groups} - {None}
        so_far = counts.setdefault(one.corpus, [0, 0])
        so_far[0] += 2 * len(shown)
        so_far[1] += len(groups) + one.accounts
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
    spread = rows.std(axis=0)
    spread[spread < 1e-6] = np.inf  # what never differs gets no weight
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
