"""The door: the one service of `api/`, over shards that are searched elsewhere, or a single one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from pincite.api.errors import log
from pincite.api.service import Service
from pincite.cluster.asking import RemoteShards, are_running
from pincite.cluster.build import POLL_S, Build, read_build
from pincite.cluster.index import OpenBuild, Shards, over
from pincite.cluster.shard import OpenShard, OpenShards
from pincite.cluster.statistics import Statistics
from pincite.errors import CollectionNotFound, IndexMissing, IndexStale, PinciteError, ShardMissing
from pincite.index.collection import DEFAULT
from pincite.index.encoder import Encoder
from pincite.index.manifest import MEND, Counts
from pincite.index.only import Only
from pincite.qa.answer import Answer, Turn
from pincite.qa.ask import Models, OnStage, Pincite
from pincite.settings import Settings


class Door(Service):
    """Answers from a sharded index, which it only reads.

    Args:
        folder: of the sharded index.
        deadline_s: for a shard's reply.
    """

    def __init__(self, folder: Path, settings: Settings, deadline_s: float, models: Models) -> None:
        # The keys stand beside the index.
        super().__init__(settings.model_copy(update={"index": folder}), lambda _: self.pincite)
        self._folder = folder
        self._deadline_s = deadline_s
        self._models = models
        self._build: OpenBuild | None = None
        self._wrong = ""

    @property
    def build(self) -> str:
        """The name of the build in use; "" before there is one."""
        return self._build.name if self._build else ""

    def follow(self) -> None:
        """Look from time to time whether another build is in use, for good."""
        while True:
            time.sleep(POLL_S)
            self.refresh()

    def refresh(self) -> None:
        """Answer from the build in use, once its shards are served.

        A first build is answered from at once, without the shards that are not. What is wrong is
        logged once, and tried again at the next look.
        """
        name = ""
        try:
            name, build = read_build(self._folder)
            if name != self.build and (not self.build or are_running(build.searched_apart)):
                self._use(name, build)
            self._wrong = ""
        except Exception as error:  # noqa: BLE001  logged; the next look may go better
            wrong = f"{name} {type(error).__name__}"
            if wrong != self._wrong:
                if isinstance(error, PinciteError):
                    log.error("a build can't be served: %s %s", error.message, error.hint)
                else:  # Ray's, say
                    log.exception("a build can't be served")
            self._wrong = wrong

    def _use(self, name: str, build: Build) -> None:
        # A question that runs goes on with the build before.
        self._build = open_build(
            self._folder,
            name,
            build,
            self.settings,
            self._models.encoder,
            self._deadline_s,
        )
        try:
            self.pincite.ask("What happened?")  # so that the first question need not load all
        except PinciteError as error:
            log.error("not ready: %s %s", error.message, error.hint)

    def of(self, name: str) -> Pincite:
        """The collection, seen anew by each question.

        Raises:
            CollectionNotFound: a sharded index holds the default one only.
            IndexMissing: no build is served yet.
        """
        if name != DEFAULT:
            raise CollectionNotFound(f"there is no collection {name!r}", "Leave it out.")
        if self._build is None:
            raise IndexMissing("no shards are served yet", "Try again in some seconds.")
        return over(self._build, self._models, self.settings)

    @property
    def encoder(self) -> Encoder:
        """Of questions."""
        return self._models.encoder

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
        """The answer; asked anew once without a shard that was lost between two of its steps."""
        try:
            return super().ask(question, history, limit, on_stage, only, collection=collection)
        except ShardMissing:
            return super().ask(question, history, limit, on_stage, only, collection=collection)

    def _counts(self) -> Counts | None:
        return None if self._build is None else self._build.build.counts


def open_build(
    folder: Path, name: str, build: Build, settings: Settings, encoder: Encoder, deadline_s: float
) -> OpenBuild:
    """A build as a door asks it: its shards where they are served, a single one opened here.

    Args:
        deadline_s: for a shard's reply.

    Raises:
        IndexMissing, IndexStale, IndexDamaged: it can't be opened.
    """
    if build.recipe.encoder != encoder.fingerprint:
        raise IndexStale("the index was built with another encoder", MEND)
    statistics = Statistics(folder / build.statistics)
    shards: Shards
    if build.searched_apart:
        shards = RemoteShards(deadline_s)
    else:
        (only,) = build.shards
        shards = OpenShards({only.name: OpenShard(folder, only.name, settings, encoder)})
    return OpenBuild(folder, name, build, statistics, shards)
