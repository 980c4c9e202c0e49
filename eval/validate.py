"""Check that the question set keeps its own rules.

    python -m pincite.eval.validate eval/questions.jsonl CORPUS_FOLDER

Prints one line per violated rule and exits with 1 if there is any.
"""

import json
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
SPLITS = ("dev", "test")
SMALLEST_SPLIT_SHARE = 0.4
STATUS_OF_KIND = {
    "disputed": "disputed",
    "unanswerable_near": "no_answer",
    "unanswerable_far": "no_answer",
    "agreed": "answered",
}


@dataclass(frozen=True)
class Item:
    """One question, or one turn of a conversation, with the entry it belongs to."""

    entry_id: str
    kind: str
    group: str
    split: str
    question: str
    status: str
    accounts: list[dict[str, Any]]


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


def read_entries(questions: Path) -> list[dict[str, Any]]:
    """The entries of a question file, one JSON object a line."""
    lines = questions.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


def items_of(entry: dict[str, Any]) -> Iterator[Item]:
    """The question of an entry, or each turn of a conversation in order."""
    for part in entry.get("turns", [entry]):
        yield Item(
            entry_id=entry["id"],
            kind=entry["kind"],
            group=entry["group"],
            split=entry["split"],
            question=part["question"],
            status=part["status"],
            accounts=part["accounts"],
        )


def validate(questions: Path, corpus: Path) -> list[str]:
    """Every violated rule of a question file, one line each; empty if all are kept.

    `questions` is a JSON Lines file, `corpus` the folder with the articles' text files
    (UTF-8). Raises `OSError` if either can't be read, `KeyError` or `ValueError` if an
    entry lacks a field or isn't JSON.
    """
    entries = read_entries(questions)
    lines_of_file = {
        path.name: path.read_bytes().decode("utf-8").split("\n") for path in corpus.glob("*.txt")
    }
    problems = [
        problem
        for entry in entries
        for item in items_of(entry)
        for problem in [*_status_problems(item), *_gold_problems(item, lines_of_file)]
    ]
    return [
        *problems,
        *_repeated_ids(entries),
        *_split_problems(entries),
        *_repeated_questions(entries),
        *_count_problems(entries),
    ]


def _status_problems(item: Item) -> Iterator[str]:
    count = len(item.accounts)
    expected = "no_answer" if count == 0 else "answered" if count == 1 else "disputed"
    if item.status != expected:
        yield f"{item.entry_id}: status {item.status} with {count} accounts, expected {expected}"
    of_kind = STATUS_OF_KIND.get(item.kind, item.status)
    if item.status != of_kind:
        yield f"{item.entry_id}: status {item.status}, but its kind {item.kind} asks for {of_kind}"
    if item.kind == "agreed" and any(
        len({gold["file"] for gold in account["gold"]}) < 2 for account in item.accounts
    ):
        yield f"{item.entry_id}: an agreed question needs gold in two articles"


def _gold_problems(item: Item, lines_of_file: dict[str, list[str]]) -> Iterator[str]:
    for account in item.accounts:
        answers: list[str] = account["answers"]
        evidences: list[str] = [gold["evidence"] for gold in account["gold"]]
        if not answers or not evidences:
            yield f"{item.entry_id}: an account without answers or gold: {item.question}"
        for gold in account["gold"]:
            lines = lines_of_file.get(gold["file"], [])
            if not gold["evidence"] or not any(gold["evidence"] in line for line in lines):
                yield f"{item.entry_id}: not in one line of {gold['file']}: {gold['evidence']}"
            if not any(stands_in(answer, gold["evidence"]) for answer in answers):
                yield f"{item.entry_id}: no answer stands in the evidence: {gold['evidence']}"
        for answer in answers:
            if not any(stands_in(answer, evidence) for evidence in evidences):
                yield f"{item.entry_id}: answer stands in no evidence of its account: {answer}"


def _repeated_ids(entries: list[dict[str, Any]]) -> Iterator[str]:
    for entry_id, count in Counter(entry["id"] for entry in entries).items():
        if count > 1:
            yield f"{entry_id}: id used {count} times"


def _split_problems(entries: list[dict[str, Any]]) -> Iterator[str]:
    splits_of_group: dict[str, set[str]] = {}
    for entry in entries:
        splits_of_group.setdefault(entry["group"], set()).add(entry["split"])
        if entry["split"] not in SPLITS:
            yield f"{entry['id']}: unknown split {entry['split']}"
    for group, splits in splits_of_group.items():
        if len(splits) > 1:
            yield f"group {group}: in more than one split"


def _repeated_questions(entries: list[dict[str, Any]]) -> Iterator[str]:
    asked = Counter((entry["split"], entry["question"]) for entry in entries if "question" in entry)
    for (split, question), count in asked.items():
        if count > 1:
            yield f"{split}: question asked {count} times: {question}"


def _count_problems(entries: list[dict[str, Any]]) -> Iterator[str]:
    count_of = Counter(entry["kind"] for entry in entries)
    in_dev = Counter(entry["kind"] for entry in entries if entry["split"] == "dev")
    for kind, minimum in MINIMUM_BY_KIND.items():
        count = count_of[kind]
        if count < minimum:
            yield f"kind {kind}: {count} entries, at least {minimum} wanted"
        share = in_dev[kind] / count if count else 0.0
        if not SMALLEST_SPLIT_SHARE <= share <= 1 - SMALLEST_SPLIT_SHARE:
            yield f"kind {kind}: {share:.0%} of the entries in dev, wanted 40% to 60%"
    for kind in count_of.keys() - MINIMUM_BY_KIND.keys():
        yield f"kind {kind}: unknown"
    turns = sum(len(entry["turns"]) for entry in entries if "turns" in entry)
    if turns < MINIMUM_TURNS:
        yield f"conversations: {turns} turns, at least {MINIMUM_TURNS} wanted"


def main() -> int:
    """Print what `validate` finds in the two paths given; 1 if anything, else 0."""
    if len(sys.argv) != 3:
        print("usage: validate.py QUESTIONS.jsonl CORPUS_FOLDER", file=sys.stderr)
        return 2
    problems = validate(Path(sys.argv[1]), Path(sys.argv[2]))
    print("".join(f"{problem}\n" for problem in problems), end="")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
