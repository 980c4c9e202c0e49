"""What a service does beside answering: it does jobs, mends and merges, makes examples."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from pincite.api.errors import log
from pincite.api.examples import Examples
from pincite.api.jobs import Job, Jobs, NotIndexed
from pincite.api.service import Service
from pincite.errors import (
    ArticleNotFound,
    IndexBusy,
    IndexDamaged,
    IndexMissing,
    IndexStale,
    PinciteError,
)
from pincite.index.about import STALE, state_of
from pincite.index.changes import Changed, add, remove
from pincite.index.collection import collection_names, make_collection, open_collection
from pincite.index.intake import Given
from pincite.index.update import merge, update

REBUILDING = "rebuilding"
_MENDED = {STALE, IndexDamaged.type, IndexMissing.type, IndexStale.type}
_WAIT_S = 600.0  # for another process to be done with an index


class Upkeep:
    """The background work of a service.

    Attributes:
        jobs: the changes that were asked for.
        examples: questions to start from.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._settings = service.settings
        self.jobs = Jobs(self._settings.index / "jobs", self._do, self._merge)
        self.examples = Examples(service)
        self._ill: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._told: set[str] = set()  # of these it waits to be mended already
        self._mended: str | None = None  # whose index is being mended
        service.damaged = self._is_ill

    def start(self) -> None:
        """See that every index is up to date, take up what was left undone, go on."""
        for name in collection_names(self._settings.index):
            self._is_ill(name)
        threading.Thread(target=self._mend, daemon=True, name="mending").start()
        self.jobs.start()
        self.examples.start()
        for name in collection_names(self._settings.index):
            self.examples.want(name)

    def stop(self) -> None:
        """Begin nothing more."""
        self._ill.put(None)
        self.jobs.stop()
        self.examples.stop()

    def states(self) -> dict[str, str]:
        """How the index of each collection is, by name; what is not as it was to be is mended.

        Each is what `pincite.index.about.state_of` says, or `REBUILDING`.
        """
        found: dict[str, str] = {}
        for name in collection_names(self._settings.index):
            state = state_of(self._settings.index, name)
            if state in _MENDED and not self.jobs.is_at(name):
                self._is_ill(name)
            found[name] = REBUILDING if state in _MENDED and self.rebuilds(name) else state
        return found

    def rebuilds(self, name: str) -> bool:
        """Whether the index of that collection is being made anew, or is about to be."""
        return name in self._told or name == self._mended

    def _do(
        self,
        job: Job,
        files: Callable[[], list[Given]],
        tell: Callable[[str, int, int], None],
    ) -> Changed:
        settings = self._settings
        if job.files:
            collection = make_collection(settings.index, job.collection)
            changed = add(collection, files(), settings)
        else:
            collection = open_collection(settings.index, job.collection)
            try:
                changed = remove(collection, job.ids, settings)
            except ArticleNotFound:
                changed = Changed()  # removed meanwhile, perhaps by this job before it was killed
        try:
            encoder = self._service.encoder
            update(collection, settings, encoder, wait_s=_WAIT_S, progress=tell)
        except PinciteError as error:
            raise NotIndexed(changed, error) from error
        return changed

    def _merge(self, names: set[str]) -> None:
        for name in names:
            try:
                collection = open_collection(self._settings.index, name)
                merge(collection, self._settings, self._service.encoder)
            except IndexBusy:
                pass  # whoever is at it merges, too
            except Exception:  # noqa: BLE001  the thread goes on for the jobs that come
                log.exception("the segments of %s are not merged", name)
            self.examples.want(name)

    def _is_ill(self, name: str) -> None:
        if name not in self._told:
            self._told.add(name)
            self._ill.put(name)

    def _mend(self) -> None:
        """Make anew what is missing, stale or damaged, whenever somebody comes upon it."""
        while (name := self._ill.get()) is not None:
            self._mended = name
            self._told.discard(name)
            try:
                if name not in collection_names(self._settings.index):
                    continue
                collection = open_collection(self._settings.index, name)
                done = update(collection, self._settings, self._service.encoder)
                for line in done.damaged:
                    log.error("mended in %s: %s", name, line)
            except IndexBusy:
                pass  # whoever is at it brings it up to date
            except Exception:  # noqa: BLE001  the thread goes on for the others
                log.exception("the index of %s is not mended", name)
            finally:
                self._mended = None
