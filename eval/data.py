"""Reading-comprehension data: read, merged by paragraph, split by article.

One line a paragraph (JSON, plain or gzipped), in the shape of SQuAD's
paragraphs (Rajpurkar et al., 2016 and 2018):
`{"source", "title", "context", "qas": [{"question", "answers": [{"text",
"answer_start"}], "is_impossible"}]}`. The written sets add an `id` to the line
and `kind`, `history`, `standalone` and `plausible` to its questions. A line
with `reports` is an event told by several; each report becomes a paragraph. Its
`plausible` words are by report, one run of them or a list.
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
from pincite.qa.answer import Turn

Split = Literal["train", "dev"]
Half = Literal["tune", "report"]
Spans = tuple[tuple[int, int], ...]
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
EVENTS = "written_events"  # source of the paragraphs that are reports of an event
HELD = "held-"  # how the ids of texts and events begin that are never trained on


@dataclass(frozen=True, slots=True)
class Asked:
    """A question on one paragraph.

    Attributes:
        source: the set that it comes from.
        answers: `[start, end)` in characters of the paragraph's text; none
            where the paragraph does not answer it.
        kind: of the written sets, such as "far" or "follow-up"; of an event's
            question, how its reports' answers agree; "" where unknown.
        history: the turns before a follow-up, oldest first.
        standalone: a follow-up written out, or "".
        plausible: as `answers`, what a careless reader would take for an answer.
        account: of an event's question, the number of the account that this report tells; reports
            with one number tell the same.
    """

    question: str
    source: str
    answers: Spans
    kind: str = ""
    history: tuple[Turn, ...] = ()
    standalone: str = ""
    plausible: Spans = ()
    account: int = 0


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A text with its questions.

    Attributes:
        sources: the sets that have it.
        title: its article's, or "".
        group: what may not be parted by a split: equal for paragraphs of one
            article or event, and for articles that share a paragraph.
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
        """Where it belongs, by the hash of its group's name, unless it is `HELD`.

        New data may move an article: by joining it to another, or by a further paragraph whose
        hash is less than the group's name until then.
        """
        held = self.group.startswith(HELD) or self._number % DEV_SHARE == 0
        return "dev" if held else "train"

    @property
    def half(self) -> Half:
        """Which half of the development data: to choose numbers on, or to report them on."""
        return "report" if self._number // DEV_SHARE % 2 == 0 else "tune"

    def words(self, spans: Spans) -> tuple[str, ...]:
        """What stands at each `[start, end)` in characters of the text, such as `Asked.answers`."""
        return tuple(self.text[start:end] for start, end in spans)

    @property
    def _number(self) -> int:
        return int(sha256(self.group.encode()).hexdigest(), 16)


def load(files: Sequence[Path]) -> list[Paragraph]:
    """All paragraphs, equal texts merged into one, in the files' order.

    Raises:
        InvalidData: a line is not of the shape above, or an answer does not
            stand where it is said to.
    """
    first: dict[str, Paragraph] = {}
    groups = _Groups()
    lines = chain.from_iterable(map(rows, files))
    whole = chain.from_iterable(_paragraph_rows(where, row) for where, row in lines)
    for place, (where, row) in enumerate(whole):
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


def _paragraph_rows(where: str, row: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401
    """The line itself, or a line of the same shape for each report of an event."""
    if not (isinstance(row, dict) and "reports" in row):
        yield where, row
        return
    try:
        for number, report in row["reports"].items():
            qas = [
                {
                    "question": asked["question"],
                    "kind": asked["kind"],
                    "answers": [
                        told for of, told in asked.get("answers", {}).items() if of == number
                    ],
                    "plausible": _listed(asked.get("plausible", {}).get(number, [])),
                    "account": next(
                        (n for n, told in enumerate(asked["accounts"]) if int(number) in told), 0
                    ),
                }
                for asked in row["questions"]
            ]
            named = {"id": row["id"], "source": EVENTS, "title": report["title"]}
            yield f"{where}, report {number}", {**named, "context": report["text"], "qas": qas}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidData(
            f"{where} lacks what an event needs: {error!r}",
            "Each line needs id, reports with title and text, and questions with answers.",
        ) from error


def _listed(spans: Any) -> list[Any]:  # noqa: ANN401
    """Spans of a report that are no answer: one by itself, or several in a list."""
    return spans if isinstance(spans, list) else [spans]


def _paragraph(where: str, row: Any, place: int) -> Paragraph:  # noqa: ANN401
    try:
        source, text, title = str(row["source"]), str(row["context"]), str(row["title"] or "")
        asked = tuple(_asked(where, qa, source, text) for qa in row["qas"])
        group = str(row["id"]) if "id" in row else _article(source, title)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidData(
            f"{where} lacks what a paragraph needs: {error!r}",
            "Each line needs source, title, context, and qas with question and answers.",
        ) from error
    return Paragraph(text, title, group, (source,), asked, place)


def _asked(where: str, qa: Any, source: str, text: str) -> Asked:  # noqa: ANN401
    return Asked(
        str(qa["question"]).strip(),
        source,
        _spans(where, qa["answers"], text),
        str(qa.get("kind", "")),
        tuple(Turn(str(t["question"]), str(t["answer"])) for t in qa.get("history", ())),
        str(qa.get("standalone", "")),
        _spans(where, qa.get("plausible", ()), text),
        int(qa.get("account", 0)),
    )


def _spans(where: str, answers: Any, text: str) -> Spans:  # noqa: ANN401
    spans = []
    for answer in answers:
        start = int(answer["answer_start"])
        end = start + len(answer["text"])
        if start < 0 or start == end or text[start:end] != answer["text"]:
            raise InvalidData(
                f"{where}: the answer {answer['text']!r} does not stand at {start}",
                "Mend answer_start: characters of context, from 0.",
            )
        spans.append((start, end))
    return tuple(dict.fromkeys(spans))


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
    """Names that are joined stand for one another (union-find).

    The group's name is one that is `HELD` if there is one, else the least.
    """

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
        names = (self.name(one), self.name(other))
        first, second = sorted(names, key=lambda name: (not name.startswith(HELD), name))
        self._parent[second] = first
