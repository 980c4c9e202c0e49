"""A sample of news questions with a corpus of their own, to tune on beside the five articles.

    python -m eval.news QUESTIONS.jsonl ARTICLES.jsonl.gz FOLDER
    pincite index FOLDER/corpus --index FOLDER/index

QUESTIONS and ARTICLES are RealTime QA's (Kasai et al., 2023,
https://github.com/realtimeqa/realtimeqa_public), a JSON object a line:
`{"question", "answers", "supporting_articles": [URL]}` and `{"url", "text",
"title", "publisher", "published"}`. The corpus holds the supporting articles of
some questions and unrelated ones; other questions have none of theirs in it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ANSWERABLE = 120
UNANSWERABLE = 60
UNRELATED = 60
LONGEST_CHARS = 9_000  # longer articles are left out: the sample is to be indexed in minutes
SEED = 7


@dataclass(frozen=True, slots=True)
class NewsQuestion:
    """A question over the sample's corpus; no answers where the corpus holds none."""

    question: str
    answers: tuple[str, ...]


def sample(questions: Path, articles: Path, folder: Path) -> tuple[int, int]:
    """Draw the sample and write `corpus/articles.jsonl` and `questions.jsonl`.

    Returns:
        How many questions and how many articles.
    """
    drawn = random.Random(SEED)
    texts = {row["url"]: row for row in _rows(articles) if 0 < len(row["text"]) <= LONGEST_CHARS}
    asked = [row for row in _rows(questions) if set(row["supporting_articles"]) & texts.keys()]
    drawn.shuffle(asked)
    kept: dict[str, dict[str, Any]] = {}
    chosen: list[NewsQuestion] = []
    for row in asked[:ANSWERABLE]:
        for url in [u for u in row["supporting_articles"] if u in texts][:2]:
            kept[url] = texts[url]
        chosen.append(NewsQuestion(row["question"], tuple(row["answers"])))
    for row in asked[ANSWERABLE : ANSWERABLE + UNANSWERABLE]:
        chosen.append(NewsQuestion(row["question"], ()))
    theirs = {
        url
        for row in asked[ANSWERABLE : ANSWERABLE + UNANSWERABLE]
        for url in row["supporting_articles"]
    }
    for url in drawn.sample(sorted(texts.keys() - theirs), UNRELATED):
        kept[url] = texts[url]
    (folder / "corpus").mkdir(parents=True, exist_ok=True)
    _write(folder / "corpus" / "articles.jsonl", kept.values())
    _write(folder / "questions.jsonl", map(asdict, chosen))
    return len(chosen), len(kept)


def load(folder: Path) -> list[NewsQuestion]:
    """The sample's questions."""
    return [
        NewsQuestion(row["question"], tuple(row["answers"]))
        for row in _rows(folder / "questions.jsonl")
    ]


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _write(path: Path, rows: Any) -> None:  # noqa: ANN401
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def main() -> None:
    """Read the three paths, draw, write."""
    parser = argparse.ArgumentParser(description="Draw a sample of news questions.")
    for name in ("questions", "articles", "folder"):
        parser.add_argument(name, type=Path)
    args = parser.parse_args()
    asked, kept = sample(args.questions, args.articles, args.folder)
    print(f"{asked} questions over {kept} articles")


if __name__ == "__main__":
    main()
