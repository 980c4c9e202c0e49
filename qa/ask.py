"""Answer a question: the one function behind the command line, the API, the page and `eval`.

retrieve -> read -> weigh -> group into accounts -> cite -> answer
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pincite.index.article import Article
from pincite.index.collection import DEFAULT
from pincite.index.encoder import Encoder, Vectors, open_encoder
from pincite.index.only import Only
from pincite.index.opened import Index, open_index
from pincite.qa.accounts import LEAST, Group, group, leader_features, sentence_of
from pincite.qa.agreement import Agreement, Comparison
from pincite.qa.answer import (
    IN_ENGLISH,
    NO_ANSWER,
    NO_QUESTION,
    PARTLY,
    Accounts,
    Answer,
    ArticleRef,
    Citation,
    Found,
    Passages,
    Status,
    Took,
    Turn,
)
from pincite.qa.cite import cite_accounts, cite_whole, reference
from pincite.qa.confidence import Candidate, Confidence, load_confidence
from pincite.qa.language import is_english
from pincite.qa.question import Question
from pincite.qa.reader import Reader, Span, SpanReader
from pincite.qa.retrieve import Hit, Window, beside, farther, retrieve, together, windows
from pincite.qa.text_kind import TextKinds, load_text_kinds
from pincite.settings import Settings

SILENT = 0.05  # likelihood below which an article does not answer: of these, one in 15 does
NEARLY = 0.1  # cosine by which a paragraph may be farther than the leading one's, to be as near

OnStage = Callable[[Callable[[], Passages | Accounts]], None]
"""Called in the asking thread, stage by stage, with a function that returns what is known so far.

A caller that does not want to know does not call that function, and it costs nothing.
"""


@dataclass(frozen=True, slots=True)
class Models:
    """Everything learnt that a question meets.

    Attributes:
        comparison: tells how two answers stand to each other.
        confidence: how spans become probabilities.
        kinds: tells small talk and follow-ups from other questions, if anything does.
    """

    encoder: Encoder
    reader: Reader
    comparison: Comparison
    confidence: Confidence
    kinds: TextKinds | None = None

    @classmethod
    def open(cls, settings: Settings) -> Models:
        """The models that the settings name; their weights are loaded when first needed.

        Raises:
            ModelError: a model is missing or is not what it should be.
        """
        encoder = open_encoder(settings)
        reader = SpanReader(settings)
        confidence = load_confidence(reader.folder, reader.fingerprint)
        kinds = load_text_kinds(Path(settings.encoder), encoder.fingerprint)
        return cls(encoder, reader, Agreement(settings), confidence, kinds)


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read for a question, and the spans in it, the strongest first."""

    windows: Sequence[Window] = ()
    candidates: Sequence[Candidate] = ()


class Pincite:
    """An opened index with its models. Safe to use from several threads."""

    def __init__(self, index: Index, models: Models, settings: Settings) -> None:
        self.index = index
        self.models = models
        self.settings = settings

    @classmethod
    def open(cls, settings: Settings, collection: str = DEFAULT) -> Pincite:
        """Open a collection's index with the models that the settings name.

        Raises:
            IndexMissing, CollectionNotFound, IndexStale, IndexDamaged: see
                `index.opened.open_index`.
            ModelError: a model is missing or is not what it should be.
        """
        models = Models.open(settings)
        return cls(open_index(settings, models.encoder, collection), models, settings)

    def over(self, index: Index) -> Pincite:
        """The same models over another index."""
        return Pincite(index, self.models, self.settings)

    @property
    def encoder(self) -> Encoder:
        """Of questions and passages."""
        return self.models.encoder

    @property
    def reader(self) -> Reader:
        """Of passages."""
        return self.models.reader

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        limit: int | None = None,
        on_stage: OnStage | None = None,
        only: Only | None = None,
    ) -> Answer:
        """Answer a question with words that stand in the articles.

        Args:
            history: the conversation so far, oldest first.
            limit: citations at most; the setting if None.
            on_stage: called as each stage is done; what it raises ends the asking.
            only: the articles that may answer; any if None.

        Raises:
            InvalidRequest: the question or the history can't be taken.
            ArticleNotFound: `only` names an article that there is not.
        """
        if only:
            return self.over(self.index.only(only)).ask(question, history, limit, on_stage)
        began = time.perf_counter()
        asked, vector = self._asked(question, history)
        if self.models.kinds is not None and self.models.kinds.is_small_talk(vector):
            return self._no_question(asked.text, began)
        asked, hits = self._retrieve(asked, vector)
        retrieved = time.perf_counter()
        if on_stage is not None:
            on_stage(lambda: Passages(asked.understood_as, self._nearest(hits)))
        reading = self.read(asked, hits)
        groups, sure = self.tell(asked, reading.candidates)
        told = None
        if groups and sure >= self.threshold:
            most, home = limit or self.settings.citations, self.index.collection.name
            told = cite_accounts(groups, sure, most, self._article, self.reader, home)
            told = replace(told, text=self._partly(told.text))
            if on_stage is not None:
                on_stage(lambda: told)
        text = NO_ANSWER if told or is_english(asked.text) else f"{NO_ANSWER} {IN_ENGLISH}"
        return Answer(
            asked.text,
            asked.understood_as,
            told.status if told else Status.NO_ANSWER,
            told.accounts[0].answer if told else None,
            told.text if told else self._partly(text),
            round(sure, 4),
            told.accounts if told else (),
            told.citations if told else (),
            () if told else self._nearest(hits),
            _took(began, retrieved, time.perf_counter()),
            self._silent(hits, groups, reading) if told else (),
            self.index.searched,
        )

    def look_up(self, question: str, history: Sequence[Turn] = ()) -> tuple[Question, list[Hit]]:
        """The question as it is read, and the passages for it, best first.

        Raises:
            InvalidRequest: the question or the history can't be taken.
        """
        return self._retrieve(*self._asked(question, history))

    def read(self, question: Question, hits: Sequence[Hit]) -> Reading:
        """The windows around the hits and their spans.

        Read are as many windows again near the sentence of the strongest: what others say to it.

        Args:
            hits: best first.
        """
        laid = windows(question, together(hits), self.index, self.settings)
        off = farther(hits, self.index.counts.paragraphs)
        found = self._spans(question, laid, off)
        if not found:
            return Reading(laid)
        statement = found[0].statement()
        start, end = sentence_of(statement)
        least = self.settings.read_near
        near = beside(statement.text[start:end], hits, self.index, self.encoder, least)
        more = windows(question, near, self.index, self.settings, laid)
        spans = sorted([*found, *self._spans(question, more, off)], key=lambda c: -c.strength)
        return Reading([*laid, *more], spans)

    def tell(
        self, question: Question, candidates: Sequence[Candidate]
    ) -> tuple[list[Group], float]:
        """The accounts that candidates tell, and how likely the leading one is right, 0..1.

        Args:
            question: as it was read.
            candidates: the strongest first; none tell nothing.
        """
        asked, known = question.asked, (self.models.comparison, self.models.confidence, self)
        groups = group(asked, candidates, *known)
        if not groups:
            return [], 0.0
        # The page's own words, which are passages too, make no corpus larger.
        passages = max(1, self.index.counts.paragraphs)
        sure = self.models.confidence.of_leader(leader_features(groups, candidates, passages))
        return groups, sure

    def search(
        self,
        question: str,
        limit: int,
        only: Only | None = None,
        history: Sequence[Turn] = (),
    ) -> list[Found]:
        """The paragraphs nearest to a question, best first, each cited whole.

        Args:
            only: the articles that may be found; any if None.
            history: the conversation so far, oldest first.

        Raises:
            InvalidRequest: the question or the history can't be taken.
            ArticleNotFound: `only` names an article that there is not.
        """
        if only:
            return self.over(self.index.only(only)).search(question, limit, history=history)
        _, hits = self.look_up(question, history)
        return [Found(citation, citation.number) for citation in self.whole(hits, limit)]

    @property
    def threshold(self) -> float:
        """How sure an answer has to be: the setting, else what was fitted for the reader."""
        if self.settings.threshold is not None:
            return self.settings.threshold
        return self.models.confidence.threshold

    def source(self, article: str) -> str:
        """Whose an article is: its publisher, or the article itself where none is known."""
        row = self.index.store.rows_of([article]).get(article)
        return (row.publisher if row else None) or article

    def _spans(
        self, question: Question, laid: Sequence[Window], off: Mapping[str, float]
    ) -> list[Candidate]:
        """The spans of windows, the strongest first.

        Args:
            off: how far off each article is found; see `farther`.
        """
        spans = self.reader.read(question.asked, [window.text for window in laid])
        pairs = zip(laid, spans, strict=True)
        found = [_candidate(window, span, off) for window, of in pairs for span in of]
        return self.models.confidence.weighed(found)

    def closeness(self, one: Candidate, others: Sequence[Candidate]) -> list[float]:
        """The cosine of the passage of one with that of each of the others, -1..1."""
        vectors = self.index.store.vectors_of([one.id, *(other.id for other in others)])
        return [float(vectors[one.id] @ vectors[other.id]) for other in others]

    def _asked(self, question: str, history: Sequence[Turn]) -> tuple[Question, Vectors]:
        """The question, checked, and its own vector, without the turns before it."""
        asked = Question.of(question, history, self.settings, self._is_small_talk)
        (vector,) = self.encoder.encode([asked.text])
        return asked, vector

    def _is_small_talk(self, turn: Turn) -> bool:
        """Whether a turn is one like "thanks", which nothing follows on."""
        if self.models.kinds is None or (turn.answer and not turn.answer.startswith(NO_QUESTION)):
            return False
        (vector,) = self.encoder.encode([turn.question])
        return self.models.kinds.is_small_talk(vector)

    def _retrieve(self, asked: Question, vector: Vectors) -> tuple[Question, list[Hit]]:
        return retrieve(asked, vector, self.index, self.encoder, self.settings, self.models.kinds)

    def _no_question(self, text: str, began: float) -> Answer:
        """What one can ask instead."""
        example = "".join(f", such as: {question}" for question in self.index.store.examples()[:1])
        took = _took(began, began, time.perf_counter())
        said = f"{NO_QUESTION}{example or '.'}"
        return Answer(text, text, Status.NO_QUESTION, None, said, 0.0, (), (), (), took)

    def _partly(self, text: str) -> str:
        """The text, and whether it is the answer of a part of the articles only."""
        searched = self.index.searched
        return text if searched is None else f"{text} {PARTLY.format(searched)}"

    def _article(self, id_: str) -> Article:
        return self.index.store.articles_of([id_])[id_]

    def _nearest(self, hits: Sequence[Hit]) -> tuple[Citation, ...]:
        """The paragraphs to look at where there is no answer."""
        return tuple(self.whole(hits, self.settings.nearest))

    def _silent(
        self, hits: Sequence[Hit], groups: Sequence[Group], reading: Reading
    ) -> tuple[ArticleRef, ...]:
        """Articles that don't answer, though a paragraph as near as the leading one's was read."""
        # Who may answer is not silent, nor who might and was not compared.
        by = sorted(groups[0].compared, key=lambda voice: voice.probability)
        likely = {voice.candidate.passage.article: voice.probability for voice in by}
        strong = {c.passage.article for c in reading.candidates if c.strength >= LEAST}
        heard = {id_ for id_ in likely.keys() | strong if likely.get(id_, 1.0) >= SILENT}
        least = groups[0].voices[0].candidate.cosine - NEARLY
        read = {id_ for window in reading.windows for id_ in window.ids}
        near = dict.fromkeys(h.passage.article for h in hits if h.cosine >= least and h.id in read)
        rows = self.index.store.rows_of([id_ for id_ in near if id_ not in heard])
        return tuple(map(reference, rows.values()))

    def whole(self, hits: Sequence[Hit], limit: int) -> list[Citation]:
        """The paragraphs of the hits, each cited whole and once."""
        places = dict.fromkeys((hit.passage.article, hit.passage.paragraph) for hit in hits)
        shown = [*places][:limit]
        articles = self.index.store.articles_of([id_ for id_, _ in shown])
        return [
            cite_whole(articles[id_], number, place, self.index.collection.name)
            for number, (id_, place) in enumerate(shown, start=1)
        ]


def _took(began: float, retrieved: float, ended: float) -> Took:
    spent = (retrieved - began, ended - retrieved, ended - began)
    return Took(*(round(1000 * seconds, 2) for seconds in spent))


def _candidate(window: Window, span: Span, off: Mapping[str, float]) -> Candidate:
    """A span of a window's text where it stands in its article."""
    bounds = window.text.bounds
    at = next(n for n, (start, end) in enumerate(bounds) if start <= span.start and span.end <= end)
    passage = window.passages[at]
    hit, moved = window.hit, passage.start - bounds[at][0]
    place = span.start + moved, span.end + moved
    return Candidate(
        *(passage, *place, span.margin, hit.cosine, hit.bm25),
        id=window.ids[at],
        farther=off[passage.article],
    )
