"""Answer a question: the one function behind the command line, the API, the page and `eval`.

understand -> retrieve -> read -> rank (-> once more, in the articles' words) -> tell the accounts
-> cite -> answer
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from pincite.errors import InvalidRequest
from pincite.index.article import Article
from pincite.index.encoder import Encoder, open_encoder
from pincite.index.opened import Index, open_index
from pincite.qa.accounts import Told, capped, tell, tells_too
from pincite.qa.answer import (
    DIFFER,
    NO_ANSWER,
    SEVERAL,
    Account,
    Accounts,
    Answer,
    Citation,
    Found,
    Passages,
    Status,
    Took,
    Turn,
)
from pincite.qa.cite import cite
from pincite.qa.counted import in_their_words
from pincite.qa.promising import promising
from pincite.qa.rank import Candidate, Ranked, rank
from pincite.qa.ranking import UNFITTED, Ranking, load_ranking
from pincite.qa.read import Reader, Span, WindowReader
from pincite.qa.retrieve import Hit, Paragraph, Rarity, best_paragraphs, rarity_of, retrieve
from pincite.qa.spelled import mended
from pincite.qa.talk.conversation import understand
from pincite.settings import Settings

OnStage = Callable[[Callable[[], Passages | Accounts]], None]
"""Is called, in the thread that asks, with what tells what is known so far.

Who doesn't want to know doesn't call that, and it costs nothing.
"""


class Pincite:
    """An opened index with its models. Safe to use from several threads.

    Args:
        ranking: how spans become confidences; see `pincite.qa.ranking`.
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
            IndexMissing, IndexStale, IndexDamaged: see `pincite.index.opened.open_index`.
            ModelError: a model is missing or is not what it should be.
        """
        encoder = open_encoder(settings)
        reader = WindowReader(settings)
        ranking = load_ranking(reader.folder, reader.fingerprint) if ranked else UNFITTED
        return cls(open_index(settings, encoder), encoder, reader, ranking, settings)

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        limit: int | None = None,
        on_stage: OnStage | None = None,
    ) -> Answer:
        """Answer a question with words that stand in the articles.

        Args:
            history: the conversation so far, oldest first.
            limit: citations at most; the setting if None.
            on_stage: is called as each stage is done; what it raises ends the asking.

        Raises:
            InvalidRequest: the question or the history can't be taken.
        """
        began = time.perf_counter()
        question = self._checked(question, history)
        understood = mended(understand(question, history), self.index.store)
        looked_up = self._look_up(understood, on_stage)
        answered = looked_up.ranked.answers >= self.threshold
        telling = tell(understood, looked_up.ranked.candidates, self.ranking) if answered else []
        if telling and on_stage is not None:
            now = telling
            on_stage(lambda: self._accounts(now, limit))
        if telling and (reworded := in_their_words(understood, telling[0], self.encoder)):
            again = tell(reworded, self._look_up(reworded).ranked.candidates, self.ranking)
            if tells_too(again, telling[0]):
                understood, telling = reworded, capped(again, looked_up.confidence)
        found = time.perf_counter()

        if telling:
            given = self._given(telling, limit)
        else:
            given = _Given(nearest=self._nearest(looked_up.hits, looked_up.rarity))
        retrieve_s = looked_up.retrieve_s
        seconds = (retrieve_s, found - began - retrieve_s, time.perf_counter() - began)
        took = Took(*(round(1000 * second, 2) for second in seconds))
        return Answer(
            question,
            understood,
            given.status,
            given.answer,
            given.text,
            given.accounts[0].confidence if telling else round(looked_up.confidence, 4),
            given.accounts,
            given.citations,
            given.nearest,
            took,
        )

    def _look_up(self, question: str, on_stage: OnStage | None = None) -> _LookedUp:
        began = time.perf_counter()
        rarity = rarity_of(question, self.index)
        hits = retrieve(question, rarity, self.index, self.encoder, self.settings)
        retrieve_s = time.perf_counter() - began
        if on_stage is not None:
            on_stage(lambda: Passages(question, self._nearest(hits, rarity)))
        spans = self.read(question, hits, rarity)
        ranked = rank(
            *(question, hits, spans, rarity, self.ranking),
            self.index.manifest.counts.passages,
            self.published,
        )
        return _LookedUp(hits, rarity, ranked, retrieve_s)

    def read(self, question: str, hits: Sequence[Hit], rarity: Rarity) -> list[list[Span]]:
        """The spans of each hit in its passage, of those parts that are worth reading.

        Args:
            rarity: weight of each of the question's terms.
        """
        if self.settings.read_all:
            return self.reader.read(question, [hit.passage for hit in hits])
        runs = promising(hits, rarity)
        parts = [hit.passage.part(*run) for hit, run in zip(hits, runs, strict=True) if run]
        of_parts = iter(self.reader.read(question, parts))
        return [
            [span.after(hit.passage.bounds[run[0]][0]) for span in next(of_parts)] if run else []
            for hit, run in zip(hits, runs, strict=True)
        ]

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
        """How likely the articles have to answer a question: the setting, else the fitted one."""
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

    def _accounts(self, telling: Sequence[Told], limit: int | None) -> Accounts:
        given = self._given(telling, limit)
        return Accounts(given.status, given.text, given.accounts, given.citations)

    def _given(self, telling: Sequence[Told], limit: int | None) -> _Given:
        """Cite the accounts: the first voice of each, then the others, `limit` in all at most."""
        limit = limit or self.settings.citations
        # Every account has a voice before any has its second.
        in_turn = sorted(
            (place, n) for n, told in enumerate(telling) for place in range(len(told.voices))
        )
        kept = Counter(n for _, n in in_turn[:limit])
        accounts: list[Account] = []
        citations: list[Citation] = []
        for n, told in enumerate(telling):
            if voices := told.voices[: kept[n]]:
                cited = self._cite(voices, 1 + len(citations))
                citations += cited
                numbers = tuple(citation.number for citation in cited)
                confidence = round(told.confidence, 4)
                accounts.append(Account(cited[0].quote, confidence, numbers, told.sources))
        disputed = any(told.excludes for told in telling[: len(accounts)])
        return _Given(
            status=Status.DISPUTED if disputed else Status.ANSWERED,
            answer=accounts[0].answer,
            text=in_words(accounts, disputed),
            accounts=tuple(accounts),
            citations=tuple(citations),
        )

    def _cite(self, candidates: Sequence[Candidate], first: int) -> list[Citation]:
        return [
            cite(self._article(c.article), number, c.paragraph, c.start, c.end)
            for number, c in enumerate(candidates, start=first)
        ]

    def published(self, article: str) -> date | None:
        """The day an article was published; None where it is not known to the day."""
        published = self.index.store.published(article)
        try:
            return None if published is None else date.fromisoformat(published[:10])
        except ValueError:
            return None

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
class _LookedUp:
    """What was found for a question, before it is told.

    Attributes:
        retrieve_s: seconds until the passages were found.
    """

    hits: Sequence[Hit]
    rarity: Rarity
    ranked: Ranked
    retrieve_s: float

    @property
    def confidence(self) -> float:
        """Of the leading candidate; 0 if there is none."""
        return self.ranked.candidates[0].confidence if self.ranked.candidates else 0.0


@dataclass(frozen=True, slots=True)
class _Given:
    """What of an answer depends on whether there is one."""

    status: Status = Status.NO_ANSWER
    answer: str | None = None
    text: str = NO_ANSWER
    accounts: tuple[Account, ...] = ()
    citations: tuple[Citation, ...] = ()
    nearest: tuple[Citation, ...] = ()


def in_words(accounts: Sequence[Account], disputed: bool) -> str:
    """What the chat shows: the accounts' own words, their markers and fixed words between them."""
    told = [
        f"{account.answer} " + "".join(f"[{number}]" for number in account.citations)
        for account in accounts
    ]
    if len(told) == 1:
        return told[0]
    return f"{DIFFER if disputed else SEVERAL} " + "; ".join(told) + "."
