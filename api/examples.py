"""The questions to start from: those that a collection names, or those made of its documents.

COLLECTION/examples.json    made for one build of its index; derived, and made anew when missing
"""

from __future__ import annotations

import json
import queue
import threading
import time
from pathlib import Path

from pincite.api.errors import log
from pincite.api.service import Service
from pincite.errors import PinciteError
from pincite.index.manifest import write_durably
from pincite.index.opened import Index
from pincite.qa.examples import examples

_FILE = "examples.json"
_FORMAT = 1  # to be raised when other questions would be made of the same documents
_REST_S = 0.2  # between two looks whether somebody is asking


class _Ended(Exception):
    """The service ends."""


class Examples:
    """Makes them in a thread of its own, while nobody asks anything."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._wanted: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._waiting: set[str] = set()
        self._ended = threading.Event()

    def start(self) -> None:
        """Make those that are wanted."""
        threading.Thread(target=self._work, daemon=True, name="examples").start()

    def stop(self) -> None:
        """Make no more."""
        self._ended.set()

    def of(self, name: str) -> list[str]:
        """Those of a collection as it is now; none while they are being made."""
        index = self._service.of(name).index
        if named := index.store.examples():
            return named
        made = _read(index)
        if made is None:
            self.want(name)
        return made or []

    def want(self, name: str) -> None:
        """Have those of a collection made, unless they are."""
        if name not in self._waiting:
            self._waiting.add(name)
            self._wanted.put(name)

    def _work(self) -> None:
        while not self._ended.is_set():
            try:
                name = self._wanted.get(timeout=1)
            except queue.Empty:
                continue
            self._waiting.discard(name)
            try:
                self._make(name)
            except (_Ended, FileNotFoundError):
                continue  # the service ends, or the collection is gone
            except (PinciteError, OSError) as error:
                log.error("no questions to start from are made for %s: %s", name, error)

    def _make(self, name: str) -> None:
        opened = self._service.of(name)
        index = opened.index
        if index.store.examples() or _read(index) is not None:
            return
        made = {"format": _FORMAT, "build": index.build, "questions": examples(opened, self._pause)}
        write_durably(_path(index), json.dumps(made, ensure_ascii=False).encode())

    def _pause(self) -> None:
        while self._service.line.inside and not self._ended.is_set():
            time.sleep(_REST_S)
        if self._ended.is_set():
            raise _Ended


def _path(index: Index) -> Path:
    return index.collection.folder / _FILE


def _read(index: Index) -> list[str] | None:
    """Those made for this build of the index; None where there are none yet."""
    try:
        held = json.loads(_path(index).read_bytes())
        if (held["format"], held["build"]) != (_FORMAT, index.build):
            return None
        return [str(question) for question in held["questions"]]
    except (OSError, ValueError, TypeError, KeyError):
        return None
