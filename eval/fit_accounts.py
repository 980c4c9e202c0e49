"""Fit which candidates beside the leading one are answers too, and when accounts differ.

Used by `python -m pincite.eval.fit_ranking`. The confidence of every candidate is a logistic
regression over `pincite.qa.confidence.OTHERS`, whether it tells what another with its words tells
one over `AGREEING`; the thresholds over both are chosen on the same questions, by models
that never saw them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from pincite.errors import InvalidData
from pincite.eval.candidates import ARTICLES, STRANGER, WRONG, Pool
from pincite.eval.fit_confidence import logistic_weights, weights_of
from pincite.qa.accounts import Told, tell
from pincite.qa.confidence import AGREEING, OTHERS, Logistic, Signals, agreeing, leading, others
from pincite.qa.rank import Candidate
from pincite.qa.ranking import Ranking

FALSE_DISPUTES = 0.03  # share of the questions with one account that may be called disputed
STEPS = tuple(round(0.05 * step, 2) for step in range(1, 20))


@dataclass(frozen=True, slots=True)
class Heard:
    """A question's candidates with what models gave to them.

    Attributes:
        logits: of each.
        sure: that the leader is right, 0..1.
        answers: that the corpus answers the question, 0..1.
    """

    pool: Pool
    logits: tuple[float, ...]
    sure: float
    answers: float

    def rows(self) -> list[list[float]]:
        """`OTHERS` of each candidate."""
        found = others(self.pool.voices, self.logits, self.sure, self.pool.among)
        return [[one[name] for name in OTHERS] for one in found]


def fit_others(heard: Sequence[Heard]) -> Logistic:
    """Is this candidate an answer, whatever the leading one is? Strangers are refused before."""
    heard = [one for one in heard if one.pool.corpus != STRANGER]
    rows = np.array([row for one in heard for row in one.rows()])
    right = np.concatenate([one.pool.right for one in heard])
    corpora = [one.pool.corpus for one in heard for _ in one.logits]
    weights, bias = logistic_weights(rows, right, weights_of(corpora))
    return Logistic(dict(zip(OTHERS, map(float, weights), strict=True)), bias)


def fit_agreeing(heard: Sequence[Heard]) -> Logistic:
    """Does this paragraph tell what the right leader with the same words tells?

    Fitted on the articles' questions: of the others it is not known which paragraphs tell it.

    Raises:
        InvalidData: there are none, or all of their paragraphs do, or none.
    """
    found = [echo for one in heard if one.pool.corpus == ARTICLES for echo in _echoes(one)]
    if len({tells for _, tells in found}) < 2:
        raise InvalidData(
            "the candidates hold too few articles' questions to learn agreement from",
            "Collect them with `python -m pincite.eval.candidates CACHE --articles`.",
        )
    rows = np.array([[signals[name] for name in AGREEING] for signals, _ in found])
    right = np.array([tells for _, tells in found])
    weights, bias = logistic_weights(rows, right, np.ones(len(found)))
    return Logistic(dict(zip(AGREEING, map(float, weights), strict=True)), bias)


def _echoes(heard: Heard) -> list[tuple[Signals, bool]]:
    """The best candidate of each other paragraph that says what the leader says, if it is right."""
    pool = heard.pool
    top = leading(pool.voices, heard.logits)
    place = (pool.voices[top].article, pool.voices[top].paragraph)
    best: dict[tuple[str, int], int] = {}
    for i in sorted(range(len(pool.voices)), key=lambda i: -heard.logits[i]):
        voice = pool.voices[i]
        if voice.said == pool.voices[top].said:
            best.setdefault((voice.article, voice.paragraph), i)
    if not pool.right[top]:
        return []
    signals = agreeing(pool.voices, heard.logits)
    told = pool.told[top]
    return [(signals[i], bool(pool.told[i] == told)) for at, i in best.items() if at != place]


@dataclass(frozen=True, slots=True)
class Beside:
    """The models of the candidates beside the leading one; see `Ranking`."""

    others: Logistic
    agreeing: Logistic

    @classmethod
    def fit(cls, heard: Sequence[Heard]) -> Beside:
        """Both, on the same questions."""
        return cls(fit_others(heard), fit_agreeing(heard))


def candidates(heard: Heard, beside: Beside) -> list[Candidate]:
    """The question's candidates in the product's order, see `pincite.qa.rank.rank`."""
    pool = heard.pool
    top = leading(pool.voices, heard.logits)
    found = others(pool.voices, heard.logits, heard.sure, pool.among)
    echoes = agreeing(pool.voices, heard.logits)
    order = [top, *sorted(set(range(len(found))) - {top}, key=lambda i: -heard.logits[i])]
    return [
        Candidate(
            *(pool.voices[i].article, pool.voices[i].paragraph, i, i + 1),
            *(pool.said[i], pool.voices[i].said),
            heard.sure if i == top else beside.others.probability(found[i]),
            beside.agreeing.probability(echoes[i]),
        )
        for i in order
    ]


@dataclass(frozen=True, slots=True)
class Rates:
    """How well accounts are told, each 0..1.

    Attributes:
        precision: of accounts shown, those that are an account of the question and the
            first of it.
        recall: of the question's accounts, those shown; both over questions with several.
        dispute: of disputed questions, those called so.
        false_dispute: of questions with one account, those called disputed.
        stray: of questions with one account, those given a wrong one besides.
        agreeing: of citations beyond a right account's first, those that tell it too.
        cited: of the paragraphs that tell a right first account in its words, those cited.
    """

    precision: float
    recall: float
    dispute: float
    false_dispute: float
    stray: float
    agreeing: float
    cited: float


def rates(asked: Sequence[tuple[Pool, Sequence[Candidate]]], ranking: Ranking) -> Rates:
    """What thresholds do; a question that is refused has no candidates."""
    shown = right = wanted = disputed = called = single = false = stray = 0
    extra = good = cited = telling_too = 0
    for pool, heard in asked:
        if not pool.answerable:
            continue
        telling = tell(pool.question, heard, ranking)
        is_disputed = any(told.excludes for told in telling)
        found: set[int] = set()
        for told in telling:
            accounts = [int(pool.told[voice.start]) for voice in told.voices]
            if pool.accounts > 1:
                shown += 1
                right += accounts[0] != WRONG and accounts[0] not in found
            found |= {accounts[0]} - {WRONG}
            if accounts[0] == WRONG:
                continue  # what agrees with it is wrong for its sake
            extra += len(accounts) - 1
            alike = sum(account == accounts[0] for account in accounts[1:])
            good += alike
            cited += alike if told is telling[0] else 0
        telling_too += _telling_too(pool, telling[0]) if telling else 0
        if pool.accounts > 1:
            wanted += pool.accounts
        else:
            single += 1
            false += is_disputed
            stray += any(pool.told[told.voices[0].start] == WRONG for told in telling[1:])
        if pool.disputed:
            disputed += 1
            called += is_disputed
    # `right` counts each account once, so it is what was found of those wanted as well.
    return Rates(
        *(_share(right, shown), _share(right, wanted), _share(called, disputed)),
        *(_share(false, single), _share(stray, single)),
        *(_share(good, extra), _share(cited, telling_too)),
    )


def choose(asked: Sequence[tuple[Pool, Sequence[Candidate]]], ranking: Ranking) -> Ranking:
    """The ranking with the thresholds that do best.

    `agrees` is the one of the best F1 of the citations added, on the articles. `differs` and
    `disputes` are those of the highest sum of the accounts' F1 and the share of disputes
    called so, less the share of questions with one account that are given a wrong one
    besides, with at most `FALSE_DISPUTES`; both as the mean over the corpora.
    """
    corpora = [
        [one for one in asked if one[0].corpus == name]
        for name in sorted({pool.corpus for pool, _ in asked if pool.accounts == 1})
    ]
    evident = [one for one in asked if one[0].corpus == ARTICLES]

    def citing(step: float) -> float:
        found = rates(evident, replace(ranking, agrees=step, differs=1.0))
        return _f1(found.agreeing, found.cited)

    agrees = max(STEPS, key=citing)
    best, chosen = -1.0, replace(ranking, agrees=agrees, differs=1.0, disputes=1.0)
    for differs, disputes in product(STEPS, STEPS):
        if disputes < differs:
            continue
        tried = replace(ranking, agrees=agrees, differs=differs, disputes=disputes)
        found = rates(asked, tried)
        each = [rates(of, tried) for of in corpora]
        value = _f1(found.precision, found.recall) + found.dispute - _mean(each, "stray")
        if value > best and _mean(each, "false_dispute") <= FALSE_DISPUTES:
            best, chosen = value, tried
    return chosen


def _telling_too(pool: Pool, first: Told) -> int:
    """How many other paragraphs tell a right account in the words of its first voice."""
    leader = first.voices[0]
    told = pool.told[leader.start]
    places = {
        (voice.article, voice.paragraph)
        for voice, account in zip(pool.voices, pool.told, strict=True)
        if account == told != WRONG and voice.said == leader.key
    }
    return len(places - {(leader.article, leader.paragraph)})


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _mean(each: Sequence[Rates], name: str) -> float:
    return float(sum(getattr(one, name) for one in each) / len(each))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def of_all(
    heard: Iterable[Heard], beside: Beside, threshold: float
) -> list[tuple[Pool, list[Candidate]]]:
    """Every question with its candidates, none where it is refused at that threshold."""
    return [
        (one.pool, candidates(one, beside) if one.answers >= threshold else []) for one in heard
    ]
