"""Reading-comprehension data out of unlabelled news: one article asks, another answers.

    python -m pincite.training.made QUESTIONS.jsonl ARTICLES.jsonl.gz OUT.jsonl.gz

QUESTIONS and ARTICLES are RealTime QA's, as in `eval/news.py`; the supporting articles of
its dev and test weeks, and what repeats their paragraphs, are left out (`sources.py`). A
sentence with a name, number or date becomes a question for it (`asking.py`); what answers
it is a passage of another article of the same days (`matching.py`). Equal input gives an
equal file.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from pathlib import Path

from pincite.settings import Settings
from pincite.training.made.choosing import chosen, paragraphs
from pincite.training.made.corpus import gather
from pincite.training.made.matching import matches
from pincite.training.made.sources import cut, kept
from pincite.training.news import counter, write

SEED = 7


def main() -> None:
    """Read the three paths, cut, ask, match, choose, write, count."""
    parser = argparse.ArgumentParser(
        prog="python -m pincite.training.made", description="Make reading data of unlabelled news."
    )
    for name in ("questions", "articles", "out"):
        parser.add_argument(name, type=Path)
    args = parser.parse_args()
    settings = Settings()
    count = counter(settings)
    articles = kept(args.questions, args.articles)
    news = gather((row["published"] or "", cut(row, count, settings)) for row in articles)
    found = chosen(list(matches(news)), news, random.Random(SEED))
    write(args.out, paragraphs(found, news))
    print(f"{len(found)} questions: {dict(Counter(match.type for match in found))}")
    forms = dict(Counter(match.question.form for match in found))
    print(f"{forms}, {sum(match.own for match in found)} on their own article")


if __name__ == "__main__":
    main()
