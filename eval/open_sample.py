"""SQuAD-like development questions over all their paragraphs indexed together, to fit on.

    python -m pincite.eval.open_sample DATA.jsonl.gz FOLDER
    pincite index FOLDER/corpus --index FOLDER/index

The corpus is that of `eval/open_reading.py`, the folder as `eval/asked.py` says.
Questions that were written to have no answer in their own paragraph are taken to
have none in the corpus; now and then another paragraph holds one after all.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from pincite.eval.asked import Asked, write
from pincite.eval.data import UNANSWERABLE, Paragraph, load
from pincite.eval.open_reading import corpus_paragraphs, questions, write_corpus
from pincite.eval.reading import Item, sample

ANSWERABLE_QUESTIONS = 600
UNANSWERABLE_QUESTIONS = 200


def draw(paragraphs: Sequence[Paragraph], answerable: int, unanswerable: int) -> list[Asked]:
    """A fixed sample of so many questions with an answer and so many without, well mixed."""
    without = [
        Item(paragraph, asked)
        for paragraph in paragraphs
        for asked in paragraph.asked
        if asked.source == UNANSWERABLE and not asked.answers
    ]
    asked = [
        Asked(_id(item), item.asked.question, item.references, item.paragraph.group, "dev")
        for item in [*questions(paragraphs, answerable), *sample(without, unanswerable)]
    ]
    return sorted(asked, key=lambda one: one.id)


def _id(item: Item) -> str:
    named = f"{item.asked.source}\n{item.asked.question}\n{item.paragraph.text}"
    return sha256(named.encode()).hexdigest()[:16]


def main() -> None:
    """Read the data, draw, write."""
    parser = argparse.ArgumentParser(description="Draw a sample of SQuAD-like questions.")
    parser.add_argument("data", type=Path, nargs="+", help="see `eval/data.py`")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--answerable", type=int, default=ANSWERABLE_QUESTIONS)
    parser.add_argument("--unanswerable", type=int, default=UNANSWERABLE_QUESTIONS)
    args = parser.parse_args()
    paragraphs = corpus_paragraphs(load(args.data))
    asked = draw(paragraphs, args.answerable, args.unanswerable)
    write_corpus(paragraphs, args.folder / "corpus")
    write(args.folder, asked)
    print(f"{len(asked)} questions over {len(paragraphs)} paragraphs")


if __name__ == "__main__":
    main()
