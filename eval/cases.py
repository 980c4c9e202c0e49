"""Questions over an index of many texts, with the places that answer them.

All texts of the data are indexed together as small articles, and each question goes through
`Pincite.ask`, a follow-up with its conversation. An unanswerable question is unanswerable by its
own text, and by the others as far as anybody knows.

    FOLDER/corpus/articles.jsonl   the texts as articles
    FOLDER/index/                  built from it
"""

from __future__ import annotations

import json
import re
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pincite.eval.data import SQUAD_LIKE, UNANSWERABLE, UNNAMED, Half, Paragraph, load, rows
from pincite.eval.questions import Question
from pincite.eval.reading import Item, Progress, choose
from pincite.eval.words import is_right
from pincite.index.build import build
from pincite.index.draft import slug
from pincite.index.encoder import open_encoder
from pincite.index.manifest import write_durably
from pincite.index.passages import Passage
from pincite.qa.answer import Answer, Status, Turn
from pincite.qa.ask import Pincite, Reading
from pincite.qa.question import Question as Asked
from pincite.qa.retrieve import Hit
from pincite.settings import Settings

BETWEEN = "\n\n"  # two texts of one article


@dataclass(frozen=True, slots=True)
class Place:
    """`[start, end)` in characters of an article's text; the article by its id.

    Attributes:
        account: which of the question's accounts is told there.
    """

    article: str
    start: int
    end: int
    account: int = 0

    def overlaps(self, article: str, start: int, end: int) -> bool:
        """Whether it shares characters with `[start, end)` of an article."""
        return article == self.article and self.start < end and start < self.end


@dataclass(frozen=True, slots=True)
class Case:
    """A question over an index.

    Attributes:
        set: what it is counted with.
        group: what is drawn as a whole for the intervals: its article, event or conversation.
        history: the conversation before it, oldest first.
        accounts: the acceptable answers of each account; none where nothing answers it.
        places: of the answers.
        disputed: the accounts can't all be true.
        standalone: a follow-up written out, or "".
    """

    set: str
    group: str
    question: str
    history: tuple[Turn, ...]
    accounts: tuple[tuple[str, ...], ...]
    places: tuple[Place, ...]
    disputed: bool = False
    standalone: str = ""

    @property
    def name(self) -> str:
        """What it is drawn by: a follow-up with the same written out."""
        return f"{self.group}\n{self.standalone or self.question}"

    @property
    def answers(self) -> tuple[str, ...]:
        """The acceptable answers of all accounts."""
        return tuple(answer for account in self.accounts for answer in account)

    def is_right(self, article: str, start: int, end: int, words: str) -> bool:
        """Whether words at `[start, end)` of an article answer the question.

        They overlap the place of an answer, or say what one says (`eval.words.is_right`).
        """
        return self.account_of(article, start, end, words) is not None

    def account_of(self, article: str, start: int, end: int, words: str) -> int | None:
        """Which account words at `[start, end)` of an article tell; None if they tell none."""
        for place in self.places:
            if place.overlaps(article, start, end):
                return place.account
        told = (n for n, of in enumerate(self.accounts) if any(is_right(words, a) for a in of))
        return next(told, None)

    def stands_in(self, passage: Passage) -> bool:
        """Whether something of an answer stands in a passage where it is said to."""
        at = (passage.article, passage.start, passage.end)
        return any(place.overlaps(*at) for place in self.places)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a question that was asked with a threshold of 0.

    Attributes:
        answer: the leading account's words, whatever its confidence; "" if nothing was read.
        confidence: in it, 0..1.
        right: it answers the question; never where nothing does.
        cited: the paragraph that it was taken from, or "".
        rank: of the first passage found that an answer stands in, from 1; None if not found.
        read: something of an answer stands in what was read.
        ms: wall-clock time of asking.
    """

    case: Case
    answer: str
    confidence: float
    right: bool
    cited: str
    rank: int | None
    read: bool
    ms: float


def write_corpus(
    paragraphs: Sequence[Paragraph], files: Sequence[Path], folder: Path
) -> dict[int, Place]:
    """Write the texts as articles; of Wikipedia's and the like, those of one title in order as one.

    Args:
        paragraphs: of the files.
        files: say who published a text, and when.

    Returns:
        `Paragraph.place` -> where it stands.
    """
    known = dict(entry for file in files for entry in _publishers(file))
    articles: defaultdict[tuple[str, int], list[Paragraph]] = defaultdict(list)
    for one in paragraphs:
        parts = set(one.sources) & {*SQUAD_LIKE, UNANSWERABLE} and one.title not in UNNAMED
        articles[one.title, -1 if parts else one.place].append(one)
    places: dict[int, Place] = {}
    lines: list[str] = []
    for (title, _), held in articles.items():
        id_ = slug(f"{len(lines) + 1:05}-{'' if title in UNNAMED else title[:60]}")
        at = 0
        for one in held:
            end = at + len(one.text)
            places[one.place] = Place(id_, at, end)
            at = end + len(BETWEEN)
        line = {
            "id": id_,
            "title": None if title in UNNAMED else title.replace("_", " "),
            "text": BETWEEN.join(one.text for one in held),
            **known.get(held[0].text, {}),
        }
        lines.append(json.dumps(line, ensure_ascii=False) + "\n")
    folder.mkdir(parents=True, exist_ok=True)
    write_durably(folder / "articles.jsonl", "".join(lines).encode())
    return places


def _publishers(file: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Each text with its publisher and date, where the file names them."""
    for _, row in rows(file):
        for one in row["reports"].values() if "reports" in row else [row]:
            named = {key: one[key] for key in ("publisher", "published") if one.get(key)}
            if named:
                yield str(one.get("context") or one["text"]), named


def open_data(
    files: Sequence[Path],
    folder: Path,
    settings: Settings,
    half: Half | None = None,
    progress: Progress | None = None,
) -> tuple[Pincite, list[Case]]:
    """Index all texts of the files, and the questions of their development split.

    Args:
        folder: keeps the corpus and its index; what is built is not built again.
        settings: but for the corpus, the index and the threshold, which is 0.
        half: of the development split; both if None.
        progress: called while texts are encoded.

    Raises:
        InvalidData: a file is not of its form, or holds no such question.
    """
    paragraphs = load(files)
    settings = settings.model_copy(update={"threshold": 0.0})
    opened, places = open_texts(paragraphs, files, folder, settings, progress)
    return opened, cases_of(choose(paragraphs, "dev", half), places)


def open_texts(
    paragraphs: Sequence[Paragraph],
    files: Sequence[Path],
    folder: Path,
    settings: Settings,
    progress: Progress | None = None,
) -> tuple[Pincite, dict[int, Place]]:
    """Index texts under a folder; `Paragraph.place` of each -> where it stands.

    Args:
        paragraphs, files: as in `write_corpus`.
        settings: but for the corpus and the index.
        progress: called while texts are encoded.
    """
    places = write_corpus(paragraphs, files, folder / "corpus")
    settings = settings.model_copy(update={"corpus": folder / "corpus", "index": folder / "index"})

    def encoded(stage: str, done: int, total: int) -> None:
        if progress is not None and stage == "encoding":
            progress(done, total, done / total)

    build(settings, open_encoder(settings), progress=encoded)
    return Pincite.open(settings), places


def cases_of(items: Sequence[Item], places: Mapping[int, Place]) -> list[Case]:
    """Each question once, with every text of its article or event that answers it.

    Args:
        places: `Paragraph.place` -> where it stands.
    """
    same: defaultdict[tuple[str, ...], list[Item]] = defaultdict(list)
    for item in items:
        said = (part for turn in item.asked.history for part in (turn.question, turn.answer))
        same[item.paragraph.group, item.set, item.asked.question, *said].append(item)
    made = []
    for held in same.values():
        told: defaultdict[int, dict[str, None]] = defaultdict(dict)
        for item in held:
            told[item.asked.account] |= dict.fromkeys(item.references)
        named = [number for number, words in told.items() if words]
        stand = [
            (places[item.paragraph.place], span, named.index(item.asked.account))
            for item in held
            for span in item.asked.answers
        ]
        first = held[0]
        made.append(
            Case(
                *(first.set, first.paragraph.group, first.asked.question, first.asked.history),
                tuple(tuple(words) for words in told.values() if words),
                tuple(Place(at.article, at.start + a, at.start + b, n) for at, (a, b), n in stand),
                first.asked.kind == "conflict",
                first.asked.standalone,
            )
        )
    return made


def cases_of_set(questions: Sequence[Question], ids: Mapping[str, str]) -> list[Case]:
    """The hand-built questions; a follow-up comes after right answers to those before it.

    Args:
        questions: the turns of a conversation in order.
        ids: file -> id of its article.
    """
    made = []
    said: defaultdict[str, list[Turn]] = defaultdict(list)
    for question in questions:
        history = said[question.conversation or question.id]
        made.append(
            Case(
                *(question.kind, question.group, question.question, tuple(history)),
                tuple(account.answers for account in question.accounts),
                tuple(_places(question, ids)),
                question.status is Status.DISPUTED,
            )
        )
        answer = question.accounts[0].answers[0] if question.accounts else ""
        history.append(Turn(question.question, answer))
    return made


def _places(question: Question, ids: Mapping[str, str]) -> Iterator[Place]:
    """Wherever an acceptable answer stands in the evidence for it."""
    for number, account in enumerate(question.accounts):
        words = "|".join(rf"(?<!\w){re.escape(answer)}(?!\w)" for answer in account.answers)
        for gold in account.gold:
            for found in re.finditer(words, gold.evidence, re.IGNORECASE):
                for start, _ in gold.spans:
                    at = start + found.start()
                    yield Place(ids[gold.file], at, start + found.end(), number)


def ask_all(
    opened: Pincite, cases: Sequence[Case], progress: Progress | None = None
) -> list[Outcome]:
    """Ask every question.

    Args:
        opened: with a threshold of 0, so that it always answers if it can.
    """
    if cases:
        opened.ask(cases[0].question)  # the first pays for loading the models
    watched = Watched(opened.index, opened.models, opened.settings)
    asked = []
    for case in cases:
        asked.append(_ask(watched, case))
        if progress is not None:
            progress(len(asked), len(cases), len(asked) / len(cases))
    return asked


def shown_from(opened: Pincite, settings: Settings) -> float:
    """How sure an answer has to be to be shown.

    Args:
        opened: as `open_data` opens it: asked at a threshold of 0.
        settings: that it was opened with.
    """
    return Pincite(opened.index, opened.models, settings).threshold


class Watched(Pincite):
    """Keeps what was read for the question that was asked last; its answer names citations only."""

    reading = Reading()

    def ask(self, *args: Any, **named: Any) -> Answer:  # noqa: ANN401  as of `Pincite`
        """Answer a question; small talk reads nothing."""
        self.reading = Reading()
        return super().ask(*args, **named)

    def read(self, question: Asked, hits: Sequence[Hit]) -> Reading:
        """The windows around the hits and their spans."""
        self.reading = super().read(question, hits)
        return self.reading


def _ask(opened: Watched, case: Case) -> Outcome:
    began = time.perf_counter()
    answer = opened.ask(case.question, case.history)
    ms = 1000 * (time.perf_counter() - began)
    read = opened.reading.windows
    _, hits = opened.look_up(case.question, case.history)  # again: the answer does not name them
    ranks = (rank for rank, hit in enumerate(hits, start=1) if case.stands_in(hit.passage))
    first = answer.citations[0] if answer.citations else None
    return Outcome(
        case,
        answer.answer or "",
        answer.confidence,
        bool(first and case.is_right(first.article.id, first.start, first.end, first.quote)),
        first.paragraph.text if first else "",
        next(ranks, None),
        any(case.stands_in(passage) for window in read for passage in window.passages),
        ms,
    )
