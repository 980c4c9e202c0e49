"""What a question costs as the corpus grows: latency by stage, memory, disk and recall.

    python -m pincite.eval.growth QUESTIONS.jsonl ARTICLES.jsonl.gz FOLDER [--sizes 1000,10000,...]

QUESTIONS and ARTICLES are RealTime QA's (Kasai et al., 2023). For each size the first
articles with so many paragraphs are indexed below FOLDER; no text is encoded twice
(FOLDER/vectors-*.sqlite), so this does not tell what encoding costs. A size above what there is is
filled up with synthetic articles (`eval/synthetic.py`). Each size is measured in a
process of its own, so that its memory is its own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pincite.eval.data import rows
from pincite.eval.load import resident
from pincite.eval.rates import latency
from pincite.eval.recall import recall_at
from pincite.eval.remembered import Remembered
from pincite.eval.synthetic import varied
from pincite.eval.tables import Section, as_markdown
from pincite.index.build import build
from pincite.index.encoder import open_encoder
from pincite.qa.ask import Pincite
from pincite.settings import load_settings

SIZES = (1_300, 13_000, 130_000, 577_000)  # a fifth is no body text, and is not indexed
QUESTIONS = 100
RECALL_OF = 30  # questions whose search is repeated exactly
MIB = 2**20


def write_corpus(articles: Path, size: int, folder: Path) -> tuple[int, int]:
    """Write a corpus of about so many paragraphs; how many are real, and how many there are.

    Args:
        articles: RealTime QA's.
        size: paragraphs, as the articles part them; the last article is kept whole.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = real = 0
    with (folder / "articles.jsonl").open("w", encoding="utf-8") as file:
        for article, synthetic in _articles(articles):
            if written >= size:
                break
            file.write(json.dumps(article, ensure_ascii=False) + "\n")
            count = sum(bool(part.strip()) for part in article["text"].split("\n\n"))
            written += count
            real += 0 if synthetic else count
    return real, written


def _articles(path: Path) -> Iterator[tuple[dict[str, Any], bool]]:
    kept: list[dict[str, Any]] = []
    for _, row in rows(path):
        kept.append(row)
        yield row, False
    yield from ((copy, True) for copy in varied(kept))


def measure(index: Path, questions: Sequence[str]) -> dict[str, Any]:
    """What questions cost over one index, in this process."""
    settings = load_settings(index=index)
    began = time.perf_counter()
    opened = Pincite.open(settings)
    opened.ask(questions[0])
    started = time.perf_counter() - began
    for question in questions[: len(questions) // 10]:
        opened.ask(question)
    took = [opened.ask(question).took_ms for question in questions]
    stages = {"retrieve": [one.retrieve for one in took], "whole": [one.total for one in took]}
    held = resident(os.getpid())
    vectors = opened.encoder.encode(questions[:RECALL_OF])
    counts = opened.index.manifest.counts
    return {
        "paragraphs": counts.paragraphs,
        "passages": counts.passages,
        "vectors": opened.index.kind,
        "start_s": started,
        "resident": held,
        "disk": opened.index.bytes,
        "recall": recall_at(opened.index, vectors, 10),
        **{
            f"{name}_{p}": getattr(latency(times), p)
            for name, times in stages.items()
            for p in ("p50", "p95")
        },
    }


def section(measured: Sequence[dict[str, Any]]) -> Section:
    """The sizes as a table."""
    header = (
        *("paragraphs", "of them real", "passages", "vector index"),
        *("retrieve p50, p95 ms", "question p50, p95 ms"),
        *("resident MiB", "disk MiB", "first answer s", "recall@10"),
    )
    table = [
        (
            f"{one['paragraphs']:,}",
            f"{one['real']:.0%}",
            f"{one['passages']:,}",
            str(one["vectors"]),
            f"{one['retrieve_p50']:.1f}, {one['retrieve_p95']:.1f}",
            f"{one['whole_p50']:.0f}, {one['whole_p95']:.0f}",
            f"{one['resident'] / MIB:,.0f}",
            f"{one['disk'] / MIB:,.0f}",
            f"{one['start_s']:.1f}",
            f"{one['recall']:.3f}",
        )
        for one in measured
    ]
    return "As the corpus grows", header, table


def main() -> None:
    """Build and measure every size, print, write."""
    parser = argparse.ArgumentParser(description="Measure what questions cost at size.")
    parser.add_argument("questions", type=Path)
    parser.add_argument("articles", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--only", help="measure the index here and print it", type=Path)
    args = parser.parse_args()
    asked = [str(row["question"]) for _, row in rows(args.questions)]
    asked = asked[:: max(1, len(asked) // QUESTIONS)][:QUESTIONS]
    if args.only:
        print(json.dumps(measure(args.only, asked)))
        return
    measured = []
    for size in map(int, args.sizes.split(",")):
        corpus, index = args.folder / f"{size}/corpus", args.folder / f"{size}/index"
        real, written = write_corpus(args.articles, size, corpus)
        settings = load_settings(index=index)
        encoder = Remembered(open_encoder(settings), args.folder)
        built = build(settings, encoder, corpus)
        ours = [sys.executable, "-m", "pincite.eval.growth"]
        given = map(str, (args.questions, args.articles, args.folder))
        told = subprocess.check_output([*ours, *given, "--only", str(index)], text=True)
        measured.append(json.loads(told) | {"real": real / written, "built_s": built.seconds})
        print(json.dumps(measured[-1]), flush=True)
    about = {
        "command": "python -m pincite.eval.growth QUESTIONS ARTICLES FOLDER --sizes " + args.sizes
    }
    text = as_markdown(about, [section(measured)])
    if args.markdown:
        args.markdown.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
