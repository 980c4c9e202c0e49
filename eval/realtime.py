"""News questions over all news articles: what is found, answered and cited at size.

    python -m pincite.eval.realtime QUESTIONS.jsonl ARTICLES.jsonl.gz [--markdown FILE] [--limit N]

Questions and articles are RealTime QA's (Kasai et al., 2023); the index in use must be of
a corpus that holds just the file ARTICLES. An article supports a question
if RealTime QA names its address. Half of the weeks are "train", of which something may have
been learnt, a quarter "dev", to choose on, and a quarter "test", on which nothing was chosen.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from pincite.errors import InvalidData
from pincite.eval.cases import Watched
from pincite.eval.data import rows
from pincite.eval.rates import Part, Rate, latency, rate
from pincite.eval.tables import Section, as_markdown, percent
from pincite.eval.words import exact_match, f1, is_right
from pincite.qa.answer import Status
from pincite.qa.ask import Pincite
from pincite.settings import load_settings

CUTS = (1, 5, 10)  # the k of hit@k
FOUND = 50  # passages that are looked at
PARTS = ("train", "dev", "test")


class Cause(StrEnum):
    """Why a question's answer is not right and cited."""

    NOT_READ = "no supporting article among those read"
    REFUSED = "refused"
    WRONG_WORDS = "another answer, from a supporting article"
    ELSEWHERE = "another answer, from another article"
    RIGHT_ELSEWHERE = "right words, cited from an article that is not named as supporting"


@dataclass(frozen=True, slots=True)
class Asked:
    """One question with what came of it.

    Attributes:
        part: of its week.
        answer: "" where it was refused.
        rank: of the first supporting article among those found, from 1; None if not found.
        read: whether something of a supporting article was read.
        supported: whether the first citation is of a supporting article.
        ms: wall-clock time.
    """

    id: str
    part: str
    question: str
    answers: tuple[str, ...]
    answer: str
    rank: int | None
    read: bool
    supported: bool
    ms: float

    @property
    def right(self) -> bool:
        """Whether the words are those of an acceptable answer."""
        return any(is_right(self.answer, one) for one in self.answers)

    @property
    def cause(self) -> Cause | None:
        """Why it failed; None if it is right and cited."""
        if self.right and self.supported:
            return None
        if self.right:
            return Cause.RIGHT_ELSEWHERE
        if not self.read:
            return Cause.NOT_READ
        if not self.answer:
            return Cause.REFUSED
        return Cause.WRONG_WORDS if self.supported else Cause.ELSEWHERE


def part(week: str) -> str:
    """Where a week's questions belong, by the hash of its name alone, so that it never changes."""
    return ("train", "train", "dev", "test")[int(sha256(week.encode()).hexdigest(), 16) % 4]


def supporting(opened: Pincite, articles: Path) -> dict[str, set[str]]:
    """Address -> ids in the index of the articles at it.

    Raises:
        InvalidData: the index is not of these articles.
    """
    of_line = {where.rpartition(":")[2]: str(row["url"]) for where, row in rows(articles)}
    found: dict[str, set[str]] = {}
    for row in opened.index.store.articles():
        file, _, line = row.file.rpartition(":")
        if file != articles.name or line not in of_line:
            raise InvalidData(
                f"the index holds {row.file}, which is not of {articles.name}",
                "Index a folder that holds this file alone.",
            )
        found.setdefault(of_line[line], set()).add(row.id)
    return found


def ask(
    opened: Pincite, questions: Sequence[Mapping[str, object]], at: Mapping[str, set[str]]
) -> Iterable[Asked]:
    """Ask each question once, and look what is found and read for it."""
    watched = Watched(opened.index, opened.models, opened.settings)
    for row in questions:
        question = str(row["question"])
        addresses = row["supporting_articles"]
        answers = row["answers"]
        assert isinstance(addresses, list) and isinstance(answers, list)
        wanted = set().union(*(at.get(url, set()) for url in addresses))
        _, hits = opened.look_up(question)
        in_order = list(dict.fromkeys(hit.passage.article for hit in hits[:FOUND]))
        began = time.perf_counter()
        given = watched.ask(question)
        ms = 1000 * (time.perf_counter() - began)
        ranks = [rank for rank, id_ in enumerate(in_order, start=1) if id_ in wanted]
        yield Asked(
            id=str(row["id"]),
            part=part(str(row["week"])),
            question=question,
            answers=tuple(map(str, answers)),
            answer=given.answer or "" if given.status is not Status.NO_ANSWER else "",
            rank=ranks[0] if ranks else None,
            read=any(window.hit.passage.article in wanted for window in watched.reading.windows),
            supported=bool(given.citations) and given.citations[0].article.id in wanted,
            ms=ms,
        )


MEASURES: dict[str, Callable[[Asked], float]] = {
    **{
        f"hit@{k}": lambda one, k=k: float(one.rank is not None and one.rank <= k)  # type: ignore[misc]
        for k in CUTS
    },
    "exact match": lambda one: exact_match(one.answer, one.answers),
    "F1": lambda one: f1(one.answer, one.answers),
    "right": lambda one: float(one.right),
    "correct and cited": lambda one: float(one.right and one.supported),
    "refused": lambda one: float(not one.answer),
}


def sections(asked: Sequence[Asked]) -> list[Section]:
    """The measures by part of the weeks, the times and the causes."""
    parts = [p for p in PARTS if any(one.part == p for one in asked)]

    def of(measure: Callable[[Asked], float], among: str | None) -> Rate | None:
        return rate(
            Part(one.id, measure(one)) for one in asked if among is None or one.part == among
        )

    table = [
        (name, *(percent(of(measure, p)) for p in parts), percent(of(measure, None)))
        for name, measure in MEASURES.items()
    ]
    counts = [str(sum(one.part == p for one in asked)) for p in parts]
    table.insert(0, ("questions", *counts, str(len(asked))))
    causes = Counter(one.cause for one in asked if one.cause is not None)
    took = latency([one.ms for one in asked])
    return [
        (
            "By weeks, in percent (95% interval); hit@k: a supporting article is among the first k,"
            " by the order of their best paragraphs",
            ("measure", *parts, "all"),
            table,
        ),
        ("Time to answer", ("p50 ms", "p95 ms"), [(f"{took.p50:.0f}", f"{took.p95:.0f}")]),
        (
            "Why questions are not right and cited",
            ("cause", "questions"),
            [(cause.value, str(causes[cause])) for cause in Cause if causes[cause]],
        ),
    ]


def main() -> None:
    """Ask, print, write."""
    parser = argparse.ArgumentParser(description="News questions over all news articles.")
    parser.add_argument("questions", type=Path)
    parser.add_argument("articles", type=Path)
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--json", type=Path, help="write every question here")
    parser.add_argument("--limit", type=int, help="questions at most, the first ones")
    args = parser.parse_args()
    opened = Pincite.open(load_settings())
    questions = [row for _, row in rows(args.questions)][: args.limit]
    asked = list(ask(opened, questions, supporting(opened, args.articles)))
    counts = opened.index.manifest.counts
    about = {
        "command": "python -m pincite.eval.realtime QUESTIONS ARTICLES",
        "index": f"{counts.articles:,} articles, {counts.paragraphs:,} paragraphs",
    }
    text = as_markdown(about, sections(asked))
    if args.markdown:
        args.markdown.write_text(text, encoding="utf-8")
    if args.json:
        lines = [
            json.dumps(
                {
                    "id": one.id,
                    "part": one.part,
                    "question": one.question,
                    "answers": one.answers,
                    "answer": one.answer,
                    "rank": one.rank,
                    "cause": one.cause,
                }
            )
            for one in asked
        ]
        args.json.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
