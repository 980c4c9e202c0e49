"""Reading-comprehension data: read, merged by paragraph, split by article.

One line a paragraph (JSON, plain or gzipped), in the shape of SQuAD's
paragraphs (Rajpurkar et al., 2016 and 2018):
`{"source", "title", "context", "qas": [{"question", "answers": [{"text",
"answer_start"}], "is_impossible"}]}`.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any, Literal

from pincite.errors import InvalidData

Split = Literal["train", "dev"]
FORM = "Give JSON lines, plain or gzipped."
DEV_SHARE = 8  # one group of articles in so many is kept for development

# Sources whose paragraphs are the questions of SQuAD's kind, each on one paragraph.
SQUAD_LIKE = (
    "squad_du_test",
    "squad_flan",
    "squaddev",
    "squadshifts_amazon",
    "squadshifts_reddit",
)
WIKIPEDIA = ("squad_du_test", "squad_flan", "squaddev")
UNANSWERABLE = "squad2dev_imp"  # its paragraphs don't answer its questions
UNNAMED = ("", "Filtered_Reddit_Comments")  # titles that name no article


@dataclass(frozen=True, slots=True)
class Asked:
    """A question on one paragraph.

    Attributes:
        source: the set that it comes from.
        answers: `[start, end)` in characters of the paragraph's text; none
            where the paragraph does not answer it.
    """

    question: str
    source: str
    answers: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A text with its questions.

    Attributes:
        sources: the sets that have it.
        title: its article's, or "".
        group: what may not be parted by a split: equal for paragraphs of one
            article, and for articles that share a paragraph.
        place: its number in the order of the files, so that neighbours are known.
    """

    text: str
    title: str
    group: str
    sources: tuple[str, ...]
    asked: tuple[Asked, ...]
    place: int

    @property
    def split(self) -> Split:
        """Where it belongs, by the hash of its group's name.

        It changes only where new data joins its article to another.
        """
        number = int(sha256(self.group.encode()).hexdigest(), 16)
        return "dev" if number % DEV_SHARE == 0 else "train"


def load(files: Sequence[Path]) -> list[Paragraph]:
    """All paragraphs, equal texts merged into one, in the files' order.

    Raises:
        InvalidData: a line is not of the shape above, or an answer does not
            stand where it is said to.
    """
    first: dict[str, Paragraph] = {}
    groups = _Groups()
    for place, (where, row) in enumerate(chain.from_iterable(map(rows, files))):
        paragraph = _paragraph(where, row, place)
        key = _plain(paragraph.text)
        groups.join(f"text {key}", paragraph.group or f"text {key}")
        known = first.get(key)
        if known is None:
            first[key] = paragraph
        elif known.text == paragraph.text:
            first[key] = replace(
                known,
                title=known.title or paragraph.title,
                sources=tuple(dict.fromkeys(known.sources + paragraph.sources)),
                asked=tuple(dict.fromkeys(known.asked + paragraph.asked)),
            )
        # Else the same words with other white space: its answers' places differ; the first stays.
    named = [replace(p, group=groups.name(f"text {key}")) for key, p in first.items()]
    return list(_without_strays(named))


def hash_of(files: Sequence[Path]) -> dict[str, str]:
    """sha256 of each file by its name.

    Raises:
        InvalidData: a file can't be read, or two have one name.
    """
    out: dict[str, str] = {}
    for path in files:
        if path.name in out:
            raise InvalidData(f"two files are called {path.name}", "Rename one, or name it once.")
        try:
            out[path.name] = sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise InvalidData(f"{path} can't be read: {error.strerror}", FORM) from error
    return out


def rows(path: Path) -> Iterator[tuple[str, Any]]:
    """What each line of a file of JSON lines, plain or gzipped, holds, after "FILE:LINE".

    Raises:
        InvalidData: the file can't be read, or a line is not JSON.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield f"{path}:{number}", _json(f"{path}:{number}", line)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise InvalidData(f"{path} can't be read: {error}", FORM) from error


def _json(where: str, line: str) -> Any:  # noqa: ANN401
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        raise InvalidData(f"{where} is not JSON: {error.msg}", FORM) from error


def _paragraph(where: str, row: Any, place: int) -> Paragraph:  # noqa: ANN401
    try:
        source, text, title = str(row["source"]), str(row["context"]), str(row["title"] or "")
        asked = []
        for qa in row["qas"]:
            spans = []
            for answer in qa["answers"]:
                start = int(answer["answer_start"])
                end = start + len(answer["text"])
                if start < 0 or start == end or text[start:end] != answer["text"]:
                    raise InvalidData(
                        f"{where}: the answer {answer['text']!r} does not stand at {start}",
                        "Mend answer_start: characters of context, from 0.",
                    )
                spans.append((start, end))
            asked.append(Asked(str(qa["question"]).strip(), source, tuple(dict.fromkeys(spans))))
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidData(
            f"{where} lacks what a paragraph needs: {error!r}",
            "Each line needs source, title, context, and qas with question and answers.",
        ) from error
    group = _article(source, title)
    return Paragraph(text, title, group, (source,), tuple(asked), place)


def _article(source: str, title: str) -> str:
    """The article that a title names; "" where the titles name none."""
    if title.startswith("Wiki1k:"):  # Wiki1k:corpus:article:paragraph:sentence
        return ":".join(title.split(":")[:3])
    if title in UNNAMED:
        return ""
    return f"title {title}"


def _plain(text: str) -> str:
    return sha256(" ".join(text.lower().split()).encode()).hexdigest()


def _without_strays(paragraphs: Iterable[Paragraph]) -> Iterator[Paragraph]:
    """All but the paragraphs without a title that are about a development article.

    A set without titles may hold other paragraphs of a development article;
    what names one must not be trained on.
    """
    kept = list(paragraphs)
    titles = {
        p.title.replace("_", " ").lower()
        for p in kept
        if p.split == "dev" and set(p.sources) & set(WIKIPEDIA) and p.title
    }
    for p in kept:
        text = p.text.lower()
        if p.split == "train" and not p.title and any(title in text for title in titles):
            continue
        yield p


class _Groups:
    """Names that are joined stand for one another (union-find); the least is the group's name."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def name(self, of: str) -> str:
        root = of
        while (above := self._parent.setdefault(root, root)) != root:
            root = above
        while self._parent[of] != root:
            self._parent[of], of = root, self._parent[of]
        return root

    def join(self, one: str, other: str) -> None:
        least, most = sorted((self.name(one), self.name(other)))
        self._parent[most] = least
