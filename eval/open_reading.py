"""What is lost when the paragraph must be found: the same questions open and with it given.

All paragraphs are indexed together as articles, cut, encoded and stored as any
corpus is, and each question goes through `Pincite.ask`. Many of SQuAD's
questions can't be told apart without their paragraph ("What was the name of the
ship?"), so not all that is lost could be found.

    FOLDER/corpus/articles.jsonl   the paragraphs as articles
    FOLDER/index/                  built from it
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pincite.errors import InvalidData
from pincite.eval.data import SQUAD_LIKE, UNANSWERABLE, UNNAMED, Paragraph
from pincite.eval.reading import Item, Progress, sample
from pincite.eval.squad import Reading
from pincite.eval.words import exact_match, f1
from pincite.index.corpus import slug
from pincite.index.manifest import write_durably
from pincite.qa.ask import Pincite
from pincite.qa.retrieve import Hit, rarity_of, retrieve

BETWEEN = "\n\n"  # two paragraphs of one article


class Cause(StrEnum):
    """Why an open answer is not an exact match: the first of these that holds."""

    NOT_RETRIEVED = "not retrieved"  # no passage read holds an acceptable answer where it stands
    WRONG_PARAGRAPH = "wrong paragraph chosen"
    WRONG_SPAN = "wrong span in the right paragraph"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a paragraph stands in the corpus.

    Attributes:
        article: its article's id.
        start, end: `[start, end)` in characters of the article's text.
    """

    article: str
    start: int
    end: int

    def holds(self, article: str, start: int, end: int) -> bool:
        """Whether `[start, end)` of an article lies inside."""
        return article == self.article and self.start <= start and end <= self.end


@dataclass(frozen=True, slots=True)
class Opened:
    """One question asked of the whole corpus, beside its reading with the paragraph given.

    Attributes:
        given: the reading with the paragraph given.
        text: the leading candidate's words, whatever its confidence; "" if there was none.
        confidence: 0..1.
        cited: the paragraph that the answer was taken from; "" if there was none.
        right_paragraph: that is the question's own.
        paragraph_read: a passage that was read holds of the question's paragraph something.
        answer_read: a passage that was read holds an acceptable answer where it stands.
    """

    given: Reading
    text: str
    confidence: float
    cited: str
    right_paragraph: bool
    paragraph_read: bool
    answer_read: bool

    @property
    def exact(self) -> float:
        """Exact match, 0 or 1."""
        return exact_match(self.text, self.given.references)

    @property
    def f1(self) -> float:
        """Token F1 with the best reference, 0..1."""
        return f1(self.text, self.given.references)

    @property
    def cause(self) -> Cause | None:
        """Why it failed; None if it is an exact match, from wherever."""
        if self.exact:
            return None
        if not self.answer_read:
            return Cause.NOT_RETRIEVED
        return Cause.WRONG_SPAN if self.right_paragraph else Cause.WRONG_PARAGRAPH


def corpus_paragraphs(paragraphs: Iterable[Paragraph]) -> list[Paragraph]:
    """The development paragraphs of the SQuAD-like sets and of the unanswerable questions.

    Raises:
        InvalidData: there is none.
    """
    wanted = {*SQUAD_LIKE, UNANSWERABLE}
    kept = [p for p in paragraphs if p.split == "dev" and wanted.intersection(p.sources)]
    if not kept:
        raise InvalidData(
            "the data holds no development paragraph of a SQuAD-like set",
            f"Give a file with one of the sources {', '.join(sorted(wanted))}.",
        )
    return kept


def questions(paragraphs: Iterable[Paragraph], limit: int | None, skip: int = 0) -> list[Item]:
    """The SQuAD-like questions with an answer; a fixed sample, spread over the sources.

    Args:
        limit: so many at most; all if None.
        skip: leaves out the sample of so many; see `pincite.eval.reading.sample`.

    Raises:
        InvalidData: there is none.
    """
    items = [
        Item(paragraph, asked)
        for paragraph in paragraphs
        for asked in paragraph.asked
        if asked.answers and asked.source in SQUAD_LIKE
    ]
    taken = sample(items, len(items) if limit is None else limit, skip)
    if not taken:
        raise InvalidData(
            f"the data holds no development question with an answer beyond the first {skip}",
            f"Skip fewer, or give a file with one of the sources {', '.join(SQUAD_LIKE)}.",
        )
    return taken


def write_corpus(paragraphs: Sequence[Paragraph], folder: Path) -> dict[int, Place]:
    """Write the paragraphs as articles, those of one title in order in one article.

    Returns:
        `Paragraph.place` -> where it stands.
    """
    articles: defaultdict[tuple[str, str], list[Paragraph]] = defaultdict(list)
    for paragraph in sorted(paragraphs, key=lambda p: p.place):
        title = "" if paragraph.title in UNNAMED else paragraph.title
        articles[(title, "" if title else str(paragraph.place))].append(paragraph)
    places: dict[int, Place] = {}
    lines = []
    for number, ((title, _), held) in enumerate(articles.items(), start=1):
        id_ = slug(f"{number:04}-{title}")
        at = 0
        for paragraph in held:
            places[paragraph.place] = Place(id_, at, at + len(paragraph.text))
            at += len(paragraph.text) + len(BETWEEN)
        text = BETWEEN.join(paragraph.text for paragraph in held)
        line = {"id": id_, "title": title.replace("_", " ") or None, "text": text}
        lines.append(json.dumps(line, ensure_ascii=False) + "\n")
    folder.mkdir(parents=True, exist_ok=True)
    write_durably(folder / "articles.jsonl", "".join(lines).encode())
    return places


def ask_all(
    opened: Pincite,
    items: Sequence[Item],
    places: Mapping[int, Place],
    given: Sequence[Reading],
    progress: Progress | None = None,
) -> list[Opened]:
    """Ask every question of the whole corpus.

    Args:
        opened: with a threshold of 0, so that it always answers if it can.
        places: from `write_corpus`.
        given: the same questions read with the paragraph given.
    """
    asked = []
    for item, reading in zip(items, given, strict=True):
        asked.append(_ask(opened, item, places[item.paragraph.place], reading))
        if progress is not None:
            progress(len(asked), len(items), len(asked) / len(items))
    return asked


def _ask(opened: Pincite, item: Item, place: Place, given: Reading) -> Opened:
    answer = opened.ask(item.asked.question, limit=1)
    # The answer names its citations, not what was read: that is retrieved again.
    understood = answer.understood_as
    rarity = rarity_of(understood, opened.index)
    hits = retrieve(understood, rarity, opened.index, opened.encoder, opened.settings)
    stands = [(place.start + a, place.start + b) for a, b in item.asked.answers]
    first = answer.citations[0] if answer.citations else None
    return Opened(
        given=given,
        text=answer.answer or "",
        confidence=answer.confidence,
        cited=first.paragraph.text if first else "",
        right_paragraph=bool(first and place.holds(first.article.id, first.start, first.end)),
        paragraph_read=any(_overlaps(hit, place) for hit in hits),
        answer_read=any(_contains(hit, place.article, *span) for hit in hits for span in stands),
    )


def _overlaps(hit: Hit, place: Place) -> bool:
    return hit.passage.article == place.article and any(
        piece.start < place.end and place.start < piece.end for piece in hit.passage.pieces
    )


def _contains(hit: Hit, article: str, start: int, end: int) -> bool:
    return hit.passage.article == article and any(
        piece.start <= start and end <= piece.end for piece in hit.passage.pieces
    )
