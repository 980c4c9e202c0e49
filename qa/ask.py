"""Answer a question: the one function behind the command line, the API, the page and `eval`.

understand -> retrieve -> read -> rank -> cite -> answer
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from index.article import Article
from index.encoder import Encoder, SentenceEncoder
from index.opened import Index, open_index
from pincite.errors import InvalidRequest
from pincite.settings import Settings
from qa.answer import Account, Answer, Citation, Found, Status, Took, Turn
from qa.cite import cite
from qa.conversation import understand
from qa.rank import UNFITTED, Candidate, Ranking, load_ranking, plain, rank
from qa.read import Reader, TransformersReader
from qa.retrieve import Hit, Paragraph, Rarity, best_paragraphs, rarity_of, retrieve

NO_ANSWER = "The articles don't say."


class Pincite:
    """An opened index with its models. Safe to use from several threads.

    Args:
        ranking: how spans become confidences; see `qa.rank`.
    """

    def __init__(
        self, index: Index, encoder: Encoder, reader: Reader, ranking: Ranking, settings: Settings
    ) -> None:
        self.index = index
        self.encoder = encoder
        self.reader = reader
        self.ranking = ranking
        self.settings = settings

    @classmethod
    def open(cls, settings: Settings, *, ranked: bool = True) -> Pincite:
        """Open the built index with the models that the settings name.

        Args:
            ranked: False leaves the ranking fitted for the reader aside.

        Raises:
            IndexMissing, IndexStale, IndexDamaged: see `index.opened.open_index`.
            ModelError: a model is missing or is not what it should be.
        """
        encoder = SentenceEncoder(settings)
        reader = TransformersReader(settings)
        ranking = load_ranking(reader.folder, reader.fingerprint) if ranked else UNFITTED
        return cls(open_index(settings, encoder), encoder, reader, ranking, settings)

    def ask(self, question: str, history: Sequence[Turn] = (), limit: int | None = None) -> Answer:
        """Answer a question with words that stand in the articles.

        Args:
            history: the conversation so far, oldest first.
            limit: citations at most; the setting if None.

        Raises:
            InvalidRequest: the question or the history can't be taken.
        """
        began = time.perf_counter()
        question = self._checked(question, history)
        understood = understand(question, history)
        rarity = rarity_of(understood, self.index)
        hits = retrieve(understood, rarity, self.index, self.encoder, self.settings)
        retrieved = time.perf_counter()
        spans = self.reader.read(understood, [hit.passage for hit in hits])
        candidates = rank(
            understood, hits, spans, rarity, self.ranking, self.index.manifest.counts.passages
        )
        read = time.perf_counter()

        limit = limit or self.settings.citations
        confidence = candidates[0].confidence if candidates else 0.0
        if not candidates or confidence < self.threshold:
            given = _Given(nearest=self._nearest(hits, rarity))
        else:
            given = _given(self._cite(_same_words(candidates)[:limit]), confidence)
        ended = time.perf_counter()
        took = Took(
            *(round(1000 * s, 2) for s in (retrieved - began, read - retrieved, ended - began))
        )
        return Answer(
            question,
            understood,
            given.status,
            given.answer,
            given.text,
            round(confidence, 4),
            given.accounts,
            given.citations,
            given.nearest,
            took,
        )

    def search(self, question: str, limit: int) -> list[Found]:
        """The paragraphs nearest to a question, best first, each cited whole.

        Raises:
            InvalidRequest: the question can't be taken.
        """
        question = self._checked(question, ())
        # Whoever wants many paragraphs wants them from more passages than are read.
        settings = self.settings.model_copy(
            update={"retrieve_passages": max(limit, self.settings.retrieve_passages)}
        )
        rarity = rarity_of(question, self.index)
        hits = retrieve(question, rarity, self.index, self.encoder, settings)
        paragraphs = best_paragraphs(hits, rarity, settings.fusion_k)
        return [
            Found(self._whole(number, paragraph), paragraph.passage)
            for number, paragraph in enumerate(paragraphs[:limit], start=1)
        ]

    @property
    def threshold(self) -> float:
        """Confidence under which the answer is `no_answer`: the setting, else the fitted one."""
        if self.settings.threshold is not None:
            return self.settings.threshold
        return self.ranking.threshold

    def _checked(self, question: str, history: Sequence[Turn]) -> str:
        question = " ".join(question.split())
        longest = self.settings.question_chars
        if not any(c.isalnum() for c in question):
            raise InvalidRequest("the question has no words", "Ask in words, such as: who said so?")
        if any(len(turn.question) > longest for turn in [*history, Turn(question, "")]):
            raise InvalidRequest(
                f"the question is longer than {longest} characters", "Ask more briefly."
            )
        if len(history) > self.settings.history_turns:
            raise InvalidRequest(
                f"the history has more than {self.settings.history_turns} turns",
                "Send the latest turns only.",
            )
        return question

    def _article(self, id_: str) -> Article:
        article = self.index.store.article(id_)
        if article is None:
            raise KeyError(id_)  # a passage's article is in the store, or the store is broken
        return article

    def _cite(self, candidates: Sequence[Candidate]) -> tuple[Citation, ...]:
        return tuple(
            cite(self._article(c.hit.passage.article), number, c.paragraph, c.start, c.end)
            for number, c in enumerate(candidates, start=1)
        )

    def _nearest(self, hits: Sequence[Hit], rarity: Rarity) -> tuple[Citation, ...]:
        """The paragraphs to look at where there is no answer."""
        paragraphs = best_paragraphs(hits, rarity, self.settings.fusion_k)
        return tuple(
            self._whole(number, paragraph)
            for number, paragraph in enumerate(paragraphs[: self.settings.nearest], start=1)
        )

    def _whole(self, number: int, paragraph: Paragraph) -> Citation:
        """The citation of a whole paragraph."""
        article = self._article(paragraph.article)
        block = article.paragraphs[paragraph.number - 1]
        return cite(article, number, paragraph.number, block.start, block.end)


@dataclass(frozen=True, slots=True)
class _Given:
    """What of an answer depends on whether there is one."""

    status: Status = Status.NO_ANSWER
    answer: str | None = None
    text: str = NO_ANSWER
    accounts: tuple[Account, ...] = ()
    citations: tuple[Citation, ...] = ()
    nearest: tuple[Citation, ...] = ()


def _given(citations: tuple[Citation, ...], confidence: float) -> _Given:
    """One account, in the words of its first citation."""
    answer = citations[0].quote
    numbers = tuple(citation.number for citation in citations)
    return _Given(
        status=Status.ANSWERED,
        answer=answer,
        text=f"{answer} " + "".join(f"[{number}]" for number in numbers),
        accounts=(Account(answer, round(confidence, 4), numbers),),
        citations=citations,
    )


def _same_words(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The leading candidate and, of each other paragraph, one that says the same words."""

    def words(candidate: Candidate) -> str:
        return plain(candidate.hit.passage.text[candidate.span.start : candidate.span.end])

    said = words(candidates[0])
    voices: dict[tuple[str, int], Candidate] = {}
    for candidate in candidates:
        if words(candidate) == said:
            place = (candidate.hit.passage.article, candidate.paragraph)
            voices.setdefault(place, candidate)
    return list(voices.values())
