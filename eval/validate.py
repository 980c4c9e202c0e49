"""The rules that a set of evaluation questions has to keep, beside being of the form.

The form itself is `pincite.eval.question_file`'s.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pincite.eval.articles import Texts
from pincite.eval.question_file import Entry, read
from pincite.eval.questions import EvalError, Gold, Question
from pincite.index.article import Article
from pincite.qa.answer import Status

STATUS_OF_KIND = {
    "disputed": Status.DISPUTED,
    "unanswerable_near": Status.NO_ANSWER,
    "unanswerable_far": Status.NO_ANSWER,
    "agreed": Status.ANSWERED,
}

# How much of what the shipped set holds at least.
MINIMUM_BY_KIND = {
    "who": 13,
    "when": 11,
    "where": 13,
    "how_many": 15,
    "what": 13,
    "why": 11,
    "said": 13,
    "agreed": 30,
    "disputed": 21,
    "paraphrase": 15,
    "misspelled": 28,
    "keywords": 15,
    "unanswerable_near": 20,
    "unanswerable_far": 18,
    "conversation": 38,
}
MINIMUM_TURNS = 120
SMALLEST_SPLIT_SHARE = 0.4


def normalise(text: str) -> str:
    """Lower case, without punctuation, articles (a, an, the) or extra white space.

    The normalisation of the SQuAD evaluation script (Rajpurkar et al., 2016), with
    the punctuation of Unicode (curly quotes, long dashes) added to that of ASCII.
    """
    letters = "".join(c for c in text.lower() if unicodedata.category(c)[0] not in "PS")
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", letters).split())


def stands_in(answer: str, evidence: str) -> bool:
    """Whether the normalised answer is a run of whole words of the normalised evidence."""
    wanted = normalise(answer)
    return bool(wanted) and f" {wanted} " in f" {normalise(evidence)} "


def validate(path: Path, articles: Mapping[str, Article]) -> tuple[list[Entry], list[EvalError]]:
    """The lines that are of the form, and everything wrong in the file, in the order of its lines.

    Args:
        path: a JSON lines file; see `pincite.eval.question_file`.
        articles: file -> article.

    Raises:
        EvalError: the file can't be read.
    """
    entries, errors = read(path, Texts(articles))
    for entry in entries:
        for question in entry.questions:
            errors += _status_errors(entry, question)
            errors += _gold_errors(entry, question, articles)
    errors += [*_split_errors(entries), *_repeated_questions(entries)]
    return entries, sorted(errors, key=lambda error: (error.line or 0, error.column))


def shortages(entries: Sequence[Entry]) -> Iterator[str]:
    """What the shipped set has too little of, a line each."""
    kinds = [(entry.questions[0].kind, entry.questions[0].split) for entry in entries]
    count_of = Counter(kind for kind, _ in kinds)
    in_dev = Counter(kind for kind, split in kinds if split == "dev")
    for kind, minimum in MINIMUM_BY_KIND.items():
        count = count_of[kind]
        if count < minimum:
            yield f"kind {kind}: {count} entries, at least {minimum} wanted"
        share = in_dev[kind] / count if count else 0.0
        if not SMALLEST_SPLIT_SHARE <= share <= 1 - SMALLEST_SPLIT_SHARE:
            yield f"kind {kind}: {share:.0%} of the entries in dev, wanted 40% to 60%"
    turns = sum(question.conversation is not None for one in entries for question in one.questions)
    if turns < MINIMUM_TURNS:
        yield f"conversations: {turns} turns, at least {MINIMUM_TURNS} wanted"


def _status_errors(entry: Entry, question: Question) -> Iterator[EvalError]:
    of_kind = STATUS_OF_KIND.get(question.kind, question.status)
    if question.status is not of_kind:
        yield entry.error(
            question,
            ("status",),
            f"the kind {question.kind} goes with {of_kind}, not with {question.status}",
            "Change the kind or the status.",
        )
    if question.status is Status.ANSWERED and len(question.accounts) > 1:
        yield entry.error(
            question,
            ("accounts",),
            f"answered, but with {len(question.accounts)} accounts",
            "Put wordings of one answer into one account's answers, or say disputed.",
        )
    for place, account in enumerate(question.accounts):
        if question.kind == "agreed" and len({gold.file for gold in account.gold}) < 2:
            yield entry.error(
                question,
                ("accounts", place, "gold"),
                "an agreed question needs evidence in two articles",
                "Add the other article's, or give it the kind of what it asks for.",
            )


def _gold_errors(
    entry: Entry, question: Question, articles: Mapping[str, Article]
) -> Iterator[EvalError]:
    for number, account in enumerate(question.accounts):
        at = ("accounts", number)
        for place, gold in enumerate(account.gold):
            here = (*at, "gold", place, "evidence")
            if not _in_one_paragraph(gold, articles[gold.file]):
                yield entry.error(
                    question,
                    here,
                    f"evidence that is not in one paragraph: {gold.evidence[:60]!r}",
                    "Copy it from one paragraph; give what stands in another a gold of its own.",
                )
            if not any(stands_in(answer, gold.evidence) for answer in account.answers):
                yield entry.error(
                    question,
                    here,
                    f"no answer stands in the evidence: {gold.evidence[:60]!r}",
                    "Copy an answer from it: Pincite answers in the articles' own words.",
                )
        for place, answer in enumerate(account.answers):
            if not any(stands_in(answer, gold.evidence) for gold in account.gold):
                yield entry.error(
                    question,
                    (*at, "answers", place),
                    f"the answer stands in no evidence of its account: {answer[:60]!r}",
                    "Copy it from the evidence, or add the evidence that holds it.",
                )


def _in_one_paragraph(gold: Gold, article: Article) -> bool:
    return any(
        block.start <= start and end <= block.end
        for start, end in gold.spans
        for block in article.citable
    )


def _split_errors(entries: Sequence[Entry]) -> Iterator[EvalError]:
    splits: dict[str, str] = {}
    for entry in entries:
        first = entry.questions[0]
        if splits.setdefault(first.group, first.split) != first.split:
            yield EvalError(
                f"the group {first.group!r} is in more than one split",
                "Give it one: what was worked with must not be in the test.",
                entry.line,
                entry.columns[("split",)],
            )


def _repeated_questions(entries: Sequence[Entry]) -> Iterator[EvalError]:
    lines: dict[tuple[str, str], int] = {}
    for entry in entries:
        question = entry.questions[0]
        if question.conversation is not None:
            continue
        line = lines.setdefault((question.split, question.question), entry.line)
        if line != entry.line:
            yield entry.error(
                question, ("question",), f"asked in line {line}, too", "Delete one of them."
            )
