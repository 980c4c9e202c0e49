"""Whether reading keeps every word and every place, in each format.

    python -m pincite.eval.kept ARTICLES.jsonl --articles 1000

Each article is written in every format (`eval/written.py`) and read as any file is. Then, for
random quotes: the words of the text -> their place in the stored text -> a citation, which checks
itself -> the words around it in the original, as another library reads it; of a PDF, the words
under the boxes that are marked on its pages. And all words of the text are looked for in the
passages that search finds.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pincite.errors import InvalidData
from pincite.eval.written import FORMATS, Text, Written, under
from pincite.index.article import Article
from pincite.index.cutting import cut_one
from pincite.index.formats.contents import Limits
from pincite.index.formats.pdf import Asked, marked
from pincite.index.intake import Given, take
from pincite.index.known import Metadata
from pincite.qa.cite import MisquoteError, cite
from pincite.settings import Settings

_LONGEST = 12  # words of a quote
_AROUND = 30  # characters on each side of it that the original must have too
_SHOWN = 20  # disagreements that are printed of each format
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ufeff\ufffe\uffff\ud800-\udfff]")


@dataclass
class Kept:
    """What came of one format.

    Attributes:
        articles, quotes, words: that were looked at.
        unread: articles that were not read as one document.
        lost: quotes that are not found in the stored text as often as in the text.
        uncited: quotes in one paragraph that no citation can be made of.
        astray: quotes whose place in the stored text is not that of the original.
        unmarked: quotes in a PDF whose boxes hold other words.
        unfound: words that no passage holds.
        seconds: for reading and cutting.
        said: of each disagreement, a line.
    """

    articles: int = 0
    quotes: int = 0
    words: int = 0
    unread: int = 0
    lost: int = 0
    uncited: int = 0
    astray: int = 0
    unmarked: int = 0
    unfound: int = 0
    seconds: float = 0.0
    said: list[str] = field(default_factory=list)

    @property
    def disagreements(self) -> int:
        """All of them."""
        return self.unread + self.lost + self.uncited + self.astray + self.unmarked + self.unfound


def texts(path: Path, count: int) -> Iterator[Text]:
    """The first articles of a file of JSON lines, their white space made single.

    Raises:
        InvalidData: a line is no article.
    """
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if number > count:
                return
            try:
                held = json.loads(line)
                title, text = held.get("title") or "Untitled", held["text"]
                paragraphs = [_line(part) for part in re.split(r"\n\s*\n", text)]
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise InvalidData(
                    f"{path}:{number} is no article: {error!r}", 'Give lines of {"title", "text"}.'
                ) from error
            yield Text(_line(title), tuple(part for part in paragraphs if part))


def check(text: Text, format_: Written, quotes: int, chance: random.Random, kept: Kept) -> None:
    """Write a text in a format, read it, and count what does not agree."""
    text = format_.as_taken(text)
    data = format_.write(text)
    kept.articles += 1
    began = time.perf_counter()
    taken = take(Given(f"a{format_.suffix}", data, Metadata()), Limits())
    if len(taken.articles) != 1:
        kept.unread += 1
        kept.said.append(f"read as {len(taken.articles)}: {'; '.join(map(str, taken.notices))}")
        return
    (article,) = taken.articles
    passages = cut_one(article, Settings().tokenizer, Settings().passage_tokens).passages
    kept.seconds += time.perf_counter() - began
    told = text.lines if format_.titled else text.paragraphs
    found = Counter(w for p in passages for w in _words(p.text))
    found += Counter(_words(article.title))  # it heads every passage
    wanted = Counter(word for line in told for word in _words(line))
    kept.words += wanted.total()
    if missing := wanted - found:
        kept.unfound += missing.total()
        kept.said.append(f"not found by search: {dict(missing)}")
    original = " ".join(_words(format_.read(data)))
    whole = "\n\n".join(told)
    for _ in range(quotes):
        kept.quotes += 1
        _check_quote(_quote(text, chance), whole, article, original, data, kept)


def _check_quote(
    quote: str, whole: str, article: Article, original: str, data: bytes, kept: Kept
) -> None:
    pattern = re.compile(r"(?<!\S)" + r"\s+".join(map(re.escape, quote.split())) + r"(?!\S)")
    places = list(pattern.finditer(article.text))
    if not places or len(places) != len(pattern.findall(whole)):
        kept.lost += 1
        kept.said.append(f"found {len(places)} times: {quote!r}")
        return
    for place in places:
        start, end = place.span()
        block = next(
            ((n, b) for n, b in enumerate(article.citable, 1) if b.start <= start and end <= b.end),
            None,
        )
        around = (max(start - _AROUND, 0), end + _AROUND)
        if block is not None:
            around = (max(around[0], block[1].start), min(around[1], block[1].end))
            try:
                cite(article, 1, block[0], start, end)
            except MisquoteError as error:
                kept.uncited += 1
                kept.said.append(f"not cited: {error}")
        # Cut at blanks, that no half of a word is looked for.
        words = _words(re.sub(r"^\S*|\S*$", "", article.text[slice(*around)]) + " " + quote)
        inside = " ".join(words[: len(words) - len(_words(quote))])
        if inside not in original:
            kept.astray += 1
            kept.said.append(f"not so in the original: {inside!r}")
            break
    if article.pages:
        start, end = places[0].span()
        asked = [
            Asked(n, article.text[a:b], max(start - a, 0), min(end, b) - a)
            for n, (a, b) in enumerate(article.pages, start=1)
            if max(start, a) < min(end, b)
        ]
        boxes = (
            (page.number, box.left, box.bottom, box.right, box.top)
            for page in marked(data, asked)
            for box in page.boxes
        )
        read = under(data, boxes)
        if "".join(read.split()) != "".join(quote.split()):
            kept.unmarked += 1
            kept.said.append(f"marked {read!r} for {quote!r}")


def table(kept: dict[str, Kept]) -> str:
    """The outcome as a table in Markdown."""
    heads = ("format", "articles", "quotes", "words", "unread", "lost", "uncited", "astray",
             "boxes wrong", "words not found", "articles a second")  # fmt: skip
    lines = ["| " + " | ".join(heads) + " |", "| --- |" + " ---: |" * (len(heads) - 1)]
    for suffix, one in kept.items():
        boxes = f"{one.unmarked:,}" if suffix == ".pdf" else ""
        counts = (one.articles, one.quotes, one.words, one.unread, one.lost, one.uncited)
        cells = [f"{count:,}" for count in (*counts, one.astray)]
        rate = f"{one.articles / max(one.seconds, 1e-9):.0f}"
        lines.append(f"| {suffix} | {' | '.join(cells)} | {boxes} | {one.unfound:,} | {rate} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line. Returns 1 where something does not agree."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("path", type=Path, help="JSON lines with title and text, perhaps .gz")
    parser.add_argument("--articles", type=int, default=50)
    parser.add_argument("--quotes", type=int, default=5, help="of each article")
    parser.add_argument("--format", action="append", help="such as .pdf; may be repeated")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args(arguments)
    formats = [one for one in FORMATS if not asked.format or one.suffix in asked.format]
    kept = {one.suffix: Kept() for one in formats}
    for number, text in enumerate(texts(asked.path, asked.articles)):
        if not text.paragraphs:
            continue
        for format_ in formats:
            chance = random.Random(f"{asked.seed} {number}")  # the same quotes in each format
            check(text, format_, asked.quotes, chance, kept[format_.suffix])
    for suffix, one in kept.items():
        for said in one.said[:_SHOWN]:
            sys.stderr.write(f"{suffix}: {said[:600]}\n")
    sys.stdout.write(table(kept) + "\n")
    return int(any(one.disagreements for one in kept.values()))


def _quote(text: Text, chance: random.Random) -> str:
    words = chance.choice(text.paragraphs).split()
    start = chance.randrange(len(words))
    return " ".join(words[start : start + chance.randint(1, _LONGEST)])


def _line(text: Any) -> str:  # noqa: ANN401  what stands in the file
    return " ".join(_UNPRINTABLE.sub(" ", str(text)).split())


def _words(text: str) -> list[str]:
    # A line to write on ("____") is no word that anybody looks for.
    return re.findall(r"\w*[^\W_]\w*", text)


if __name__ == "__main__":
    sys.exit(main())
