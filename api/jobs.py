"""Changes that were asked for over HTTP: kept on the disk, done one after the other.

    INDEX/jobs/ID/job.json      what is to be done and what came of it; replaced in one step
                  files/0, 1    what was sent, until it is done

What has been answered with 202 is on the disk. A job that was not done when the service ended is
done when it starts again: to add the same files once more changes nothing.
"""

from __future__ import annotations

import json
import queue
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pincite.api.errors import INTERNAL, error_body, log
from pincite.errors import PinciteError, StorageFailed
from pincite.index.changes import Changed
from pincite.index.intake import Given
from pincite.index.known import Metadata
from pincite.index.manifest import sync_folder, write_durably
from pincite.index.versions import Skipped

State = Literal["waiting", "running", "done", "failed"]

_FILE = "job.json"
_KEPT_S = 30 * 86_400  # for which a job that is over can be looked up


class JobNotFound(PinciteError):
    """No job of that id is known."""

    type = "job_not_found"
    http_status = 404


@dataclass(frozen=True, slots=True)
class Job:
    """A change that was asked for.

    Attributes:
        files: name and metadata of each file that is to be added.
        ids: of the articles that are to be removed.
        stage, done, total: how far it is, while it runs.
        error: type, message and hint, where it failed. What it says was added, replaced or removed
            is so nevertheless, and indexed as soon as that can be done.
    """

    id: str
    collection: str
    files: tuple[tuple[str, dict[str, Any]], ...] = ()
    ids: tuple[str, ...] = ()
    state: State = "waiting"
    made: str = field(default_factory=lambda: datetime.now(UTC).isoformat())
    ended: str | None = None
    stage: str | None = None
    done: int = 0
    total: int = 0
    added: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: int = 0
    skipped: tuple[Skipped, ...] = ()
    error: dict[str, str] | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more becomes of it."""
        return self.state in {"done", "failed"}

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON-ready values, for those who asked for it."""
        raw = asdict(self)
        raw["kind"] = "add" if self.files else "remove"
        del raw["files"]
        return raw


class NotIndexed(PinciteError):
    """A change is kept, and the index could not be brought up to date with it.

    Attributes:
        changed: what was kept.
    """

    def __init__(self, changed: Changed, why: PinciteError) -> None:
        super().__init__(f"the documents are kept, and not indexed yet: {why.message}", why.hint)
        self.changed = changed
        self.type = why.type


Do = Callable[[Job, Callable[[], list[Given]], Callable[[str, int, int], None]], Changed]
"""Does a job, given how its files are read and whom to tell how far it is."""


class Jobs:
    """The jobs of a service, done one after the other by a thread of its own.

    Args:
        folder: where they are kept.
        do: does one.
        rest: called when nothing waits, with the collections that were changed.
    """

    def __init__(self, folder: Path, do: Do, rest: Callable[[set[str]], None]) -> None:
        self._folder = folder
        self._do = do
        self._rest = rest
        self._waiting: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._known: dict[str, Job] = {}
        self._thread: threading.Thread | None = None

    def load(self) -> None:
        """Take up what was left undone. To be called once, before anything is added."""
        for path in sorted(self._folder.glob("*")):
            # A folder with a dot before its name was never answered for.
            job = None if path.name.startswith(".") else self._read(path)
            if job is None or (job.is_over and _age_s(job) > _KEPT_S):
                shutil.rmtree(path, ignore_errors=True)
                continue
            self._known[job.id] = job
            if not job.is_over:
                self._waiting.put(job.id)

    def start(self) -> None:
        """Do what waits, and what comes."""
        self._thread = threading.Thread(target=self._work, daemon=True, name="jobs")
        self._thread.start()

    def stop(self, wait_s: float = 0) -> None:
        """Begin no further job; what waits is done at the next start."""
        self._waiting.put(None)
        if self._thread is not None and wait_s:
            self._thread.join(wait_s)

    def add(self, collection: str, files: Sequence[Given]) -> Job:
        """Keep a job that adds files; on the disk once this returns.

        Raises:
            StorageFailed: it can't be kept.
        """
        named = tuple((given.name, given.known.model_dump(exclude={"read_off"})) for given in files)
        return self._keep(Job(_new_id(), collection, files=named), [given.data for given in files])

    def remove(self, collection: str, ids: Sequence[str]) -> Job:
        """Keep a job that removes articles; on the disk once this returns.

        Raises:
            StorageFailed: it can't be kept.
        """
        return self._keep(Job(_new_id(), collection, ids=tuple(ids)), [])

    def job(self, id_: str) -> Job:
        """A job as it stands.

        Raises:
            JobNotFound: none of that id is known.
        """
        with self._lock:
            job = self._known.get(id_)
        if job is None:
            raise JobNotFound(f"no job {id_[:80]!r}", "POST /v1/articles makes one.")
        return job

    def is_at(self, collection: str) -> bool:
        """Whether a change of that collection waits or is being done."""
        with self._lock:
            return any(
                job.collection == collection and not job.is_over for job in self._known.values()
            )

    def _keep(self, job: Job, contents: Sequence[bytes]) -> Job:
        staged = self._folder / f".{job.id}"
        try:
            (staged / "files").mkdir(parents=True)
            for n, content in enumerate(contents):
                write_durably(staged / "files" / str(n), content)
            self._write(staged, job)
            staged.rename(self._folder / job.id)
            sync_folder(self._folder)
        except OSError as error:
            shutil.rmtree(staged, ignore_errors=True)
            raise StorageFailed(
                f"the request can't be kept: {error}", "See that the service's disk has room."
            ) from error
        with self._lock:
            self._known[job.id] = job
        self._waiting.put(job.id)
        return job

    def _work(self) -> None:
        changed: set[str] = set()
        while True:
            try:
                id_ = self._waiting.get(timeout=1 if changed else None)
            except queue.Empty:
                self._rest(changed)
                changed = set()
                continue
            if id_ is None:
                return
            job = self.job(id_)
            changed.add(job.collection)
            self._run(job)

    def _run(self, job: Job) -> None:
        job = self._now(replace(job, state="running"))

        def files() -> list[Given]:
            folder = self._folder / job.id / "files"
            return [
                Given(name, (folder / str(n)).read_bytes(), Metadata(**known))
                for n, (name, known) in enumerate(job.files)
            ]

        def tell(stage: str, done: int, total: int) -> None:
            self._now(replace(job, stage=stage, done=done, total=total))

        try:
            over = replace(_changed(job, self._do(job, files, tell)), state="done")
        except PinciteError as error:
            log.error("job %s failed: %s", job.id, error.message)
            told = error_body(error.type, error.message, error.hint)["error"]
            came = error.changed if isinstance(error, NotIndexed) else Changed()
            over = replace(_changed(job, came), state="failed", error=told)
        except Exception:  # noqa: BLE001  logged with its trace
            # The thread goes on for the other jobs; the caller learns nothing of our insides.
            log.exception("job %s failed", job.id)
            over = replace(job, state="failed", error=error_body(*INTERNAL)["error"])
        over = replace(over, ended=datetime.now(UTC).isoformat())
        try:
            self._write(self._folder / job.id, over)
            shutil.rmtree(self._folder / job.id / "files", ignore_errors=True)
        except OSError as error:  # then it is done again at the next start, to no harm
            log.error("job %s is over and can't be noted: %s", job.id, error)
        self._now(over)

    def _now(self, job: Job) -> Job:
        with self._lock:
            self._known[job.id] = job
        return job

    def _write(self, folder: Path, job: Job) -> None:
        write_durably(folder / _FILE, json.dumps(asdict(job)).encode())

    def _read(self, folder: Path) -> Job | None:
        """A job that was kept; None where it can't be read."""
        try:
            raw = json.loads((folder / _FILE).read_bytes())
            raw["files"] = tuple((name, known) for name, known in raw["files"])
            raw["skipped"] = tuple(Skipped(**one) for one in raw["skipped"])
            for name in ("ids", "added", "replaced", "removed"):
                raw[name] = tuple(raw[name])
            return Job(**raw)
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.error("the job in %s can't be read: %s", folder, error)
            return None


def _changed(job: Job, came: Changed) -> Job:
    """The job with what came of it."""
    return replace(
        job,
        added=came.added,
        replaced=came.replaced,
        removed=came.removed,
        unchanged=came.unchanged,
        skipped=came.skipped,
    )


def _new_id() -> str:
    return f"{time.time_ns():x}-{secrets.token_hex(4)}"


def _age_s(job: Job) -> float:
    made = datetime.fromisoformat(job.ended or job.made)
    return (datetime.now(UTC) - made).total_seconds()
