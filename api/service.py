"""What the routes answer from: the opened collections, one state of each at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from pincite.api.errors import log
from pincite.api.line import Line
from pincite.api.metrics import Metrics
from pincite.errors import (
    ArticleNotFound,
    IndexDamaged,
    IndexMissing,
    IndexStale,
    PinciteError,
)
from pincite.index.article import Article
from pincite.index.collection import DEFAULT
from pincite.index.encoder import Encoder, open_encoder
from pincite.index.manifest import Counts
from pincite.index.only import Only
from pincite.index.opened import latest, open_index
from pincite.qa.answer import Answer, Turn
from pincite.qa.ask import OnStage, Pincite
from pincite.settings import Settings

Open = Callable[[Settings], Pincite]


class Service:
    """Holds the opened collections and the one set of models; opened at the first need.

    Args:
        opener: opens the default collection with the models.
        encoder: opens the encoder alone, where no collection can be opened.

    Attributes:
        line: where questions wait for their turn.
        metrics: what is counted and measured.
        damaged: called with the name of a collection whose index could not be opened.
    """

    def __init__(
        self,
        settings: Settings,
        opener: Open,
        encoder: Callable[[Settings], Encoder] = open_encoder,
    ) -> None:
        self.settings = settings
        self._opener = opener
        self._encoder = encoder
        self.line = Line(settings.ask_at_once, settings.ask_waiting)
        self.damaged: Callable[[str], None] = lambda _: None
        self._lock = threading.Lock()
        self._opened: dict[str, Pincite] = {}
        self._refused: dict[str, str] = {}  # lists that could not be opened, told of once
        self.metrics = Metrics(lambda: self.line.inside, settings.ask_at_once, self._counts)

    @property
    def pincite(self) -> Pincite:
        """The default collection; see `of`."""
        return self.of(DEFAULT)

    def of(self, name: str) -> Pincite:
        """A collection as it is now.

        Its first opening raises what it meets, anew at each request. After
        that there is always an index to serve: see `_renewed`.
        """
        with self._lock:
            opened = self._opened.get(name)
            if opened is not None:
                opened = self._renewed(name, opened)
            else:
                try:
                    opened = self._open(name)
                except (IndexMissing, IndexStale, IndexDamaged):
                    self.damaged(name)
                    raise
            self._opened[name] = opened
            return opened

    @property
    def encoder(self) -> Encoder:
        """The encoder of whatever is opened."""
        for opened in list(self._opened.values()):
            return opened.encoder
        return self._encoder(self.settings)

    def _open(self, name: str) -> Pincite:
        if name == DEFAULT:
            return self._opener(self.settings)
        first = self._opened.get(DEFAULT) or self._opener(self.settings)
        self._opened[DEFAULT] = first
        return first.over(open_index(first.settings, first.encoder, name))

    def _renewed(self, name: str, opened: Pincite) -> Pincite:
        """The same models over the list now in use; what is open where that can't be opened."""
        build = ""
        try:
            build = latest(opened.settings, name)
            if build in {opened.index.build, self._refused.get(name)}:
                return opened
            index = open_index(opened.settings, opened.encoder, name, opened.index)
        except PinciteError as error:
            if build != self._refused.get(name):
                log.error("build %s stays in use: %s", opened.index.build, error.message)
                self.damaged(name)
            self._refused[name] = build
            return opened
        return opened.over(index)

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        limit: int | None = None,
        on_stage: OnStage | None = None,
        only: Only | None = None,
        *,
        collection: str = DEFAULT,
    ) -> Answer:
        """The answer of a collection to a question; what it took is noted."""
        opened = self.of(collection)
        return self.metrics.note(opened.ask(question, history, limit, on_stage, only))

    def _counts(self) -> Counts | None:
        opened = self._opened.get(DEFAULT)
        return opened.index.counts if opened else None

    def article(self, id_: str, collection: str = DEFAULT) -> Article:
        """The article of that id.

        Raises:
            ArticleNotFound: there is none.
        """
        article = self.of(collection).index.store.article(id_)
        if article is None:
            raise ArticleNotFound(f"no article {id_!r}", "GET /v1/articles lists them.")
        return article
