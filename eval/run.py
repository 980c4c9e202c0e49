"""Ask every question, measure every answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from typing import Any

from pincite.eval.metrics import RANKED, retrieval, score
from pincite.eval.questions import EvalError, Question
from pincite.eval.rates import require
from pincite.eval.record import Record, find_cause
from pincite.eval.report import Report, make_report
from pincite.eval.targets import Target
from pincite.qa.answer import Turn


def evaluate(
    target: Target,
    questions: Sequence[Question],
    articles: Mapping[str, str],
    *,
    limit: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Report:
    """Ask the target every question and measure what it answers.

    A follow-up is sent with the target's own earlier answers as its history,
    as a client would, and asked once more as `standalone`, without history.
    What is ranked is what the target looked up for it. The first
    question is asked once before, unmeasured: the first answer pays for
    loading the models.

    Args:
        target: what answers.
        questions: from `pincite.eval.questions.load`; the turns of a conversation in order.
        articles: file -> stored text.
        limit: citations at most, sent with every question; None leaves it to the target.
        progress: called with (questions done, questions in all) after each.
        metadata: goes into the report as it is; JSON-ready values.

    Raises:
        EvalError: there are no questions.
        MissingExtra: ir-measures or SciPy is not installed.
        PinciteError: whatever the target raises; the run ends there.
    """
    if not questions:
        raise EvalError("no questions are left to ask", "Widen the split or the kinds.")
    require("ir_measures", "scipy")
    target.ask(questions[0].question, (), limit)
    records: list[Record] = []
    written_out: list[Record] = []
    histories: defaultdict[str, list[Turn]] = defaultdict(list)
    for done, question in enumerate(questions, start=1):
        history: list[Turn] = []
        if question.conversation is not None:
            history = histories[question.conversation]
        record = _ask(target, question, question.question, history, articles, limit)
        records.append(record)
        if question.turn > 1:
            written_out.append(_ask(target, question, question.standalone, (), articles, limit))
        history.append(Turn(question.question, record.body["answer"] or ""))
        if progress is not None:
            progress(done, len(questions))
    return make_report(records, written_out, metadata or {})


def _ask(
    target: Target,
    question: Question,
    asked: str,
    history: Sequence[Turn],
    articles: Mapping[str, str],
    limit: int | None,
) -> Record:
    sent = tuple(history)
    start = perf_counter()
    body = target.ask(asked, sent, limit)
    wall_ms = (perf_counter() - start) * 1000
    ranked: Sequence[Mapping[str, Any]] = ()
    ranking = None
    if question.answerable:
        ranked = target.rank(body, sent, RANKED)
        ranking = retrieval(question, ranked, articles)
    measured = score(question, body, articles)
    return Record(
        question=question,
        asked=asked,
        history=sent,
        body=body,
        ranked=ranked,
        score=measured,
        retrieval=ranking,
        cause=find_cause(question, body, measured, ranking),
        wall_ms=wall_ms,
    )
