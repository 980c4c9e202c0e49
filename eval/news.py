"""News questions with a corpus of their own, to fit and to measure on beside the five articles.

    python -m pincite.eval.news QUESTIONS.jsonl ARTICLES.jsonl.gz FOLDER
    pincite index FOLDER/corpus --index FOLDER/index

QUESTIONS and ARTICLES are RealTime QA's (Kasai et al., 2023,
https://github.com/realtimeqa/realtimeqa_public), a JSON object a line:
`{"id", "week", "question", "answers", "supporting_articles": [URL]}` and `{"url",
"text", "title", "publisher", "published"}`.

The weeks are parted once and for all (`part`). Questions of "train" weeks are
for training readers and are not in the sample. Of the "dev" and "test" weeks,
one question in four is made unanswerable: its supporting articles, and every
other that looks as if it held the answer, are left out. The corpus holds the
supporting articles of the others, filled up with unrelated ones.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from pincite.eval.asked import Asked, write
from pincite.eval.data import rows
from pincite.eval.words import normalise
from pincite.index.terms import content_terms, terms

Part = Literal["train", "dev", "test"]

ARTICLES = 2000
LONGEST_CHARS = 9_000  # longer articles are left out: the sample is to be indexed in minutes
LONGEST_FILLER_CHARS = 2_500
SHORTEST_FILLER_CHARS = 200  # shorter ones are what a page says when it doesn't load
UNANSWERABLE = 4  # one question in so many
TELLING_SHARE = 2 / 3  # of a question's terms: an article with these and the answer may tell it
SEED = 7

Row = dict[str, Any]


def part(week: str) -> Part:
    """Where a week's questions belong: half train, a quarter dev, a quarter test.

    Decided by the hash of the week's name alone, so that it never changes.
    """
    parts: tuple[Part, ...] = ("train", "train", "dev", "test")
    return parts[_number(week) % len(parts)]


def sample(
    questions: Path, articles: Path, folder: Path, *, size: int = ARTICLES, limit: int | None = None
) -> tuple[int, int]:
    """Draw the sample and write `corpus/articles.jsonl` and `questions.jsonl`.

    Args:
        size: articles in the corpus; more if the questions' own are more.
        limit: questions at most, for a quick look; all if None.

    Returns:
        How many questions and how many articles.
    """
    drawn = random.Random(SEED)
    texts = {row["url"]: row for _, row in rows(articles) if 0 < len(row["text"]) <= LONGEST_CHARS}
    asked = [row for _, row in rows(questions) if part(row["week"]) != "train"]
    drawn.shuffle(asked)
    chosen, own, banned = choose(asked[:limit], texts)
    fillers = [
        url
        for url in sorted(texts.keys() - own - banned)
        if SHORTEST_FILLER_CHARS <= len(texts[url]["text"]) <= LONGEST_FILLER_CHARS
    ]
    drawn.shuffle(fillers)
    drawn.shuffle(chosen)
    kept = sorted(own) + fillers[: max(0, size - len(own))]
    (folder / "corpus").mkdir(parents=True, exist_ok=True)
    with (folder / "corpus" / "articles.jsonl").open("w", encoding="utf-8") as file:
        for url in kept:
            file.write(json.dumps(texts[url], ensure_ascii=False) + "\n")
    write(folder, chosen)
    return len(chosen), len(kept)


def choose(asked: Sequence[Row], texts: dict[str, Row]) -> tuple[list[Asked], set[str], set[str]]:
    """Which questions are asked, and which articles the corpus must and must not hold.

    Args:
        asked: RealTime QA's rows.
        texts: the articles to choose from, by URL.

    Returns:
        The questions, without answers where the corpus is to hold none; the
        URLs of the articles that answer the others; those to be left out. A
        question whose articles are all left out for another's sake is dropped.
    """
    unanswerable = [row for row in asked if _number(row["question"]) % UNANSWERABLE == 0]
    banned = {url for row in unanswerable for url in row["supporting_articles"]}
    banned |= _telling(unanswerable, texts)
    own: set[str] = set()
    chosen = [_asked(row, ()) for row in unanswerable]
    for row in asked:
        supporting = (set(row["supporting_articles"]) & texts.keys()) - banned
        if supporting and row not in unanswerable:
            own |= supporting
            chosen.append(_asked(row, row["answers"]))
    return chosen, own, banned


def _telling(questions: Sequence[Row], texts: dict[str, Row]) -> set[str]:
    """The URLs of articles that hold a question's answer and many of its terms."""
    wanted = [
        (f" {normalise(answer)} ", frozenset(content_terms(row["question"])))
        for row in questions
        for answer in row["answers"]
    ]
    telling = set()
    for url, article in texts.items():
        words = f" {normalise(article['title'] + ' ' + article['text'])} "
        near = [asked for answer, asked in wanted if answer in words]
        if near:
            held = set(terms(article["title"] + " " + article["text"]))
            if any(len(asked & held) >= TELLING_SHARE * len(asked) for asked in near):
                telling.add(url)
    return telling


def _asked(row: Row, answers: Iterable[str]) -> Asked:
    return Asked(row["id"], row["question"], tuple(answers), row["week"], part(row["week"]))


def _number(name: str) -> int:
    return int(sha256(name.encode()).hexdigest(), 16)


def main() -> None:
    """Read the three paths, draw, write."""
    parser = argparse.ArgumentParser(description="Draw a sample of news questions.")
    for name in ("questions", "articles", "folder"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--size", type=int, default=ARTICLES, help="articles in the corpus")
    parser.add_argument("--limit", type=int, help="questions at most")
    args = parser.parse_args()
    asked, kept = sample(
        args.questions, args.articles, args.folder, size=args.size, limit=args.limit
    )
    print(f"{asked} questions over {kept} articles")


if __name__ == "__main__":
    main()
