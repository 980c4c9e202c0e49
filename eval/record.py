"""What became of one question: the answer, its measures and, if it failed, why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from pincite.eval.metrics import RANKED, Body, Retrieval, Score
from pincite.eval.questions import REFUSED, Question
from pincite.eval.rates import Part
from pincite.qa.answer import Turn

MEASURES: Mapping[str, str] = {
    "as_expected": "correct and cited, or refused where the sources hold no answer",
    "right": "the words are those of an acceptable answer, nearly nothing around them",
    "correct_and_cited": "right, and the first citation leads to the evidence",
    "exact_match": "SQuAD 1.1 exact match with the best acceptable answer",
    "f1": "SQuAD 1.1 token F1 with the best acceptable answer",
    "citation_precision": "share of the leading account's citations that lead to evidence",
    "citation_recall": "share of the evidence's articles cited, where there are two or more",
    "counted": "the number of articles that tell it is right, where two or more do",
    "verbatim": "answers of which every quote is to the letter",
    "verbatim_quotes": "quotes that are to the letter",
    "status": "the status is the expected one",
    "abstention_precision": "refusals that were due",
    "abstention_recall": "questions without an answer that were refused",
    "false_refusal": "answerable questions that were refused (lower is better)",
    "account_recall": "accounts of a disputed question that were found",
    "account_precision": "returned accounts of a disputed question that are expected ones",
    "dispute_recall": "disputed questions said to be disputed",
    "false_dispute": "undisputed questions said to be disputed (lower is better)",
    "hit@1": "a gold paragraph is ranked first",
    "hit@5": "a gold paragraph is among the first 5",
    "hit@10": "a gold paragraph is among the first 10",
    "recall@1": "share of the gold paragraphs ranked first",
    "recall@5": "share of the gold paragraphs among the first 5",
    "recall@10": "share of the gold paragraphs among the first 10",
    "mrr@10": "mean of 1 over the rank of the first gold paragraph, 0 if not among the first 10",
}
"""Every measure and what it is a share or mean of. "@" stands for "_" in a field's name."""

MEANS = frozenset({"f1", "citation_precision", "citation_recall", "account_recall"}) | {
    "account_precision", "recall@1", "recall@5", "recall@10", "mrr@10"
}  # fmt: skip
"""The measures that can lie between 0 and 1 for one question; the others are shares."""


class Cause(StrEnum):
    """The first thing that went wrong with a question, in this order."""

    ANSWERED_UNANSWERABLE = "answered the unanswerable"
    WRONG_PLACE = "right words, wrong place"  # not cited, or not to the evidence
    NOT_RETRIEVED = "not retrieved"  # among the first 10 paragraphs
    REFUSED = "refused"  # though it was retrieved
    WRONG_SPAN = "wrong span"  # likewise, but the answer has other words


@dataclass(frozen=True, slots=True)
class Record:
    """One question, asked and measured.

    Attributes:
        asked: the question's words as they were sent.
        history: the turns that were sent along: what the system itself answered.
        body: the answer as JSON.
        ranked: the paragraphs ranked for `understood_as`; empty for a
            question without an answer.
        retrieval: None for a question without an answer.
        cause: None if the answer is as expected.
        wall_ms: from asking to the answer, as the client saw it, in milliseconds.
    """

    question: Question
    asked: str
    history: tuple[Turn, ...]
    body: Body
    ranked: Sequence[Body]
    score: Score
    retrieval: Retrieval | None
    cause: Cause | None
    wall_ms: float

    def part(self, measure: str) -> Part | None:
        """What this question adds to a measure's rate, or None if it doesn't apply."""
        cluster = self.question.conversation or self.question.id
        if measure == "verbatim_quotes":
            return Part(cluster, self.score.quotes_verbatim, self.score.quotes)
        field = measure.replace("@", "_")
        value = getattr(self.retrieval if "@" in measure else self.score, field, None)
        return None if value is None else Part(cluster, value)

    def to_dict(self) -> dict[str, Any]:
        """Question, expected, got, measures and times as plain JSON-ready values."""
        question, body = self.question, self.body
        return {
            "id": question.id,
            "kind": question.kind,
            "group": question.group,
            "split": question.split,
            "question": self.asked,
            "history": [asdict(turn) for turn in self.history],
            "expected": {
                "status": question.status.value,
                "accounts": [
                    {
                        "answers": list(account.answers),
                        "files": sorted({gold.file for gold in account.gold}),
                    }
                    for account in question.accounts
                ],
            },
            "got": {
                key: body[key]
                for key in ("status", "answer", "confidence", "understood_as", "accounts")
            }
            | {key: [_place(item) for item in body[key]] for key in ("citations", "nearest")},
            "ranked": [_place(item) for item in self.ranked[:RANKED]],
            "measures": asdict(self.score),
            "retrieval": None if self.retrieval is None else asdict(self.retrieval),
            "cause": None if self.cause is None else self.cause.value,
            "took_ms": {"wall": self.wall_ms, **body["took_ms"]},
        }


def _place(item: Body) -> dict[str, Any]:
    place = {
        "file": item["article"]["file"],
        "paragraph": item["paragraph"]["number"],
        "start": item["start"],
        "end": item["end"],
    }
    return place | {key: item[key] for key in ("number", "quote") if key in item}


def find_cause(
    question: Question, body: Body, score: Score, retrieval: Retrieval | None
) -> Cause | None:
    """Why a question failed, or None if it didn't: the first `Cause` that holds."""
    if score.as_expected:
        return None
    if not question.answerable:
        return Cause.ANSWERED_UNANSWERABLE
    if score.right:
        return Cause.WRONG_PLACE
    if retrieval is None or not retrieval.hit_10:
        return Cause.NOT_RETRIEVED
    if body["status"] in REFUSED:
        return Cause.REFUSED
    return Cause.WRONG_SPAN
