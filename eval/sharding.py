"""Whether shards change an answer: the same questions over one index, and over it in shards.

    python -m pincite.eval.sharding QUESTIONS.jsonl ARTICLES.jsonl.gz FOLDER
        [--articles 1000] [--questions 300] [--shards 1,2,4,8] [--markdown FILE]

QUESTIONS and ARTICLES are RealTime QA's (Kasai et al., 2023): the first articles, and questions
that one of them supports. No text is encoded twice (FOLDER/vectors-*.sqlite), and none read twice
for one question: reading, which shards don't change, is in no time of the table but its own. The
shards are open in this process: what Ray Serve adds is measured by `pincite.eval.scale`.
"""

from __future__ import annotations

import argparse
import functools
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from pincite.cluster.alone import index_alone, open_alone
from pincite.cluster.index import over
from pincite.errors import InvalidData
from pincite.eval.data import rows
from pincite.eval.rates import latency
from pincite.eval.remembered import Remembered
from pincite.eval.tables import Section, as_markdown
from pincite.index.build import build
from pincite.index.encoder import open_encoder
from pincite.qa.answer import Answer
from pincite.qa.ask import Pincite
from pincite.qa.reader import Reader, Span, Text
from pincite.settings import load_settings

FILE = "articles.jsonl"


class OnceReader:
    """Another reader, which is not asked again what it was asked before.

    Attributes:
        took_s: what that reader took for all.
    """

    def __init__(self, reader: Reader) -> None:
        self.fingerprint = reader.fingerprint
        self.took_s = 0.0
        self._reader = reader
        self._known: dict[tuple[str, Text], list[Span]] = {}

    def read(self, asked: str, texts: Sequence[Text]) -> list[list[Span]]:
        """See `pincite.qa.reader.Reader`."""
        new = [text for text in texts if (asked, text) not in self._known]
        began = time.perf_counter()
        spans = self._reader.read(asked, new) if new else []
        self.took_s += time.perf_counter() - began
        self._known |= {(asked, text): of for text, of in zip(new, spans, strict=True)}
        return [self._known[asked, text] for text in texts]


@dataclass(frozen=True, slots=True)
class Asked:
    """One question's answer.

    Attributes:
        hits: `(id, score)` of the passages found, best first.
    """

    question: str
    answer: Answer
    hits: tuple[tuple[int, float], ...]

    def unlike(self, other: Asked) -> list[str]:
        """The fields in which the answers differ, but for the time that they took."""
        ours, theirs = self.answer, replace(other.answer, took_ms=self.answer.took_ms)
        names = (field.name for field in fields(ours))
        return [name for name in names if getattr(ours, name) != getattr(theirs, name)]


def corpus(questions: Path, articles: Path, folder: Path, size: int, most: int) -> list[str]:
    """Write the first articles into a folder. Returns questions that one of them supports.

    Raises:
        InvalidData: there are none.
    """
    folder.mkdir(parents=True, exist_ok=True)
    addresses = set()
    with (folder / FILE).open("w", encoding="utf-8") as file:
        for n, (_, row) in enumerate(rows(articles)):
            if n == size:
                break
            addresses.add(str(row["url"]))
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    asked = [
        str(row["question"])
        for _, row in rows(questions)
        if addresses & {str(url) for url in row["supporting_articles"]}
    ]
    asked = list(dict.fromkeys(asked))
    if not asked:
        raise InvalidData("no question is about these articles", "Take more articles.")
    return asked[:: max(1, len(asked) // most)][:most]


def ask_all(open_: Callable[[], Pincite], questions: Sequence[str]) -> list[Asked]:
    """Ask every question, of what is opened for it."""
    open_().ask(questions[0])  # loads the models
    asked = []
    for question in questions:
        answer = open_().ask(question)
        _, hits = open_().look_up(question)
        asked.append(Asked(question, answer, tuple((hit.id, hit.score) for hit in hits)))
    return asked


def row(name: str, whole: Sequence[Asked], asked: Sequence[Asked], built_s: float) -> list[str]:
    """A line of the table."""
    pairs = list(zip(whole, asked, strict=True))
    unlike = sum(bool(one.unlike(other)) for one, other in pairs)
    found = sum(one.hits == other.hits for one, other in pairs)
    recall = sum(
        len({id_ for id_, _ in one.hits} & {id_ for id_, _ in other.hits}) / len(one.hits)
        for one, other in pairs
    )
    stages = []
    for stage in ("retrieve", "total"):
        took = latency([getattr(one.answer.took_ms, stage) for one in asked])
        stages.append(f"{took.p50:.0f}, {took.p95:.0f}")
    return [
        *(name, f"{unlike} of {len(pairs)}", f"{found} of {len(pairs)}"),
        *(f"{recall / len(pairs):.4f}", *stages, f"{built_s:.0f}"),
    ]


def main() -> None:
    """Index, ask, compare, print, write; what differs of each answer is printed."""
    parser = argparse.ArgumentParser(description="Compare answers of shards with those of one.")
    parser.add_argument("questions", type=Path)
    parser.add_argument("articles", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--articles", dest="size", type=int, default=1000)
    parser.add_argument("--questions", dest="most", type=int, default=300)
    parser.add_argument("--shards", default="1,2,4,8")
    parser.add_argument("--markdown", type=Path)
    args = parser.parse_args()
    documents = args.folder / "corpus"
    asked = corpus(args.questions, args.articles, documents, args.size, args.most)
    settings = load_settings(index=args.folder / "one")
    encoder = Remembered(open_encoder(settings), args.folder)
    built = build(settings, encoder, documents)
    pincite = Pincite.open(settings)
    reader = OnceReader(pincite.reader)
    models = replace(pincite.models, reader=reader)
    pincite = Pincite(pincite.index, models, settings)
    ask_all(lambda: pincite, asked)  # reads for all that come
    whole = ask_all(lambda: pincite, asked)
    table = [row("one index", whole, whole, built.seconds)]
    print(*table[-1], sep=" | ", flush=True)
    paragraphs = built.manifest.counts.paragraphs
    for shards in map(int, args.shards.split(",")):
        began = time.perf_counter()
        folder = args.folder / f"shards-{shards}"
        index_alone([str(documents)], folder, settings, encoder, -(-paragraphs // shards))
        took = time.perf_counter() - began
        opened, _ = open_alone(folder, settings, pincite.encoder)
        parted = ask_all(functools.partial(over, opened, models, settings), asked)
        table.append(row(f"{len(opened.build.shards)} shards", whole, parted, took))
        print(*table[-1], sep=" | ", flush=True)
        for one, other in zip(whole, parted, strict=True):
            if unlike := one.unlike(other):
                ours, theirs = one.answer.to_dict(), other.answer.to_dict()
                said = {name: [ours[name], theirs[name]] for name in unlike}
                print(json.dumps({"question": one.question} | said))
    header = ("", "answers unlike", "same hits, same scores", "of the hits found")
    times = ("retrieve p50, p95 ms", "all but reading p50, p95 ms", "built s")
    sections: list[Section] = [("The same questions, in shards", (*header, *times), table)]
    about = {
        "command": "python -m pincite.eval.sharding QUESTIONS ARTICLES FOLDER "
        f"--articles {args.size} --questions {args.most} --shards {args.shards}",
        "articles": str(args.size),
        "paragraphs": f"{paragraphs:,}",
        "questions": str(len(asked)),
        "reading, ms a question": f"{1000 * reader.took_s / len(asked):.0f}",
    }
    text = as_markdown(about, sections)
    if args.markdown:
        args.markdown.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
