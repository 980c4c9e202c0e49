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

    def follow(self) -> None:
        """Look from time to time whether another build is in use, for good."""
        while True:
            time.sleep(POLL_S)
            self.refresh()

    def refresh(self) -> None:
        """Answer from the build in use, once its shards are served. What is wrong is logged."""
        name = ""
        try:
            name, build = read_build(self._folder)
            served = self._build.name if self._build else ""
            if name not in {served, self._wrong} and are_running(build.searched_apart):
                self._use(name, build)
        except PinciteError as error:
            if self._wrong != (name or error.message):
                log.error("a build can't be served: %s %s", error.message, error.hint)
            self._wrong = name or error.message

    def _use(self, name: str, build: Build) -> None:
        # A question that runs goes on with the build before.
        if build.recipe.encoder != self._models.encoder.fingerprint:
            raise IndexStale("the index was built with another encoder", MEND)
        statistics = Statistics(self._folder / build.statistics)
        shards: Shards
        if build.searched_apart:
            shards = RemoteShards(self._deadline_s)
        else:
            (only,) = build.shards
            opened = OpenShard(self._folder, only.name, self.settings, self._models.encoder)
            shards = OpenShards({only.name: opened})
        self._build = OpenBuild(self._folder, name, build, statistics, shards)
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
