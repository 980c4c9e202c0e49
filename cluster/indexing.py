"""Index documents into shards with Ray Data: read them, plan the shards, make those not there.

Both steps are `map_batches` over a pool of actors. What an actor has done stands in the folder,
whole, under a name that says what it is: an actor that dies is started anew by Ray and does its
batch again; whoever starts the command again goes on from what is there.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from pydantic import TypeAdapter

from pincite.cluster.build import (
    SHARDS,
    Build,
    clear,
    read_build,
    shard_folder,
)
from pincite.cluster.making import make_shard, stores
from pincite.cluster.planning import Planned, plan
from pincite.cluster.reading import Reading, read
from pincite.cluster.runtime import connect
from pincite.cluster.sources import Piece, Source, find, pieces
from pincite.cluster.statistics import publish
from pincite.errors import CorpusError, IndexBusy, PinciteError, StorageFailed
from pincite.index.encoder import open_encoder
from pincite.index.formats.contents import Limits, Notice
from pincite.index.update import recipe_of
from pincite.settings import Settings

PARAGRAPHS = 1_000_000
"""Of a shard: about a gibibyte of memory and 26 ms of a core a question, as measured."""

Row = dict[str, Any]
Progress = Callable[[str, int, int], None]

# Fractions, so that what streams into a pool of actors has a processor left to run on.
_PIECES_CPUS, _READING_CPUS, _MAKING_CPUS = 0.1, 0.25, 0.7
_BLOCK_BYTES = 8 << 20  # of rows on their way from one step to the next
_AT_ONCE = 8  # pieces given to a reading actor together
_READING = TypeAdapter(Reading)
_PLANNED = TypeAdapter(Planned)


@dataclass(frozen=True, slots=True)
class Workers:
    """What indexing may take of a cluster.

    Attributes:
        count: actors of each pool.
        gpus: of each that encodes; a fraction shares one.
    """

    count: int = 1
    gpus: float = 0.0


@dataclass(frozen=True, slots=True)
class Indexed:
    """What indexing did.

    Attributes:
        build: the name of the list in use.
        made: shards that were made; the others were there.
        encoded: texts that were encoded.
        notices: what could not be taken, and how what is doubtful was.
        seconds: wall-clock time.
    """

    build: str
    contents: Build
    made: int
    encoded: int
    notices: tuple[Notice, ...]
    seconds: float


def index(
    sources: Sequence[str],
    folder: Path,
    settings: Settings,
    *,
    paragraphs: int = PARAGRAPHS,
    workers: Workers | None = None,
    address: str | None = None,
    progress: Progress | None = None,
) -> Indexed:
    """Bring a sharded index in step with its sources. Killed at any moment, the list in use stays.

    Args:
        sources: folders and files, local or such as `s3://bucket/folder`.
        folder: of the sharded index; every worker must reach it under this path.
        paragraphs: of a shard, about.
        address: of the Ray cluster; see `pincite.cluster.runtime.connect`.

    Raises:
        CorpusError: there is nothing to index.
        IndexBusy: another process is indexing into this folder.
        StorageFailed: it can't be written.
        MissingExtra: Ray is not installed.
    """
    began = time.perf_counter()
    folder = folder.absolute()
    workers = workers or Workers()
    report = progress or (lambda *_: None)
    files, examples = find(sources)
    recipe = recipe_of(settings, open_encoder(settings))
    try:
        (folder / SHARDS).mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "lock").acquire(timeout=0):
            _connected(address, workers)
            readings = _read(folder, files, settings, workers, report)
            planned = plan(readings, recipe, paragraphs)
            notices = tuple(notice for reading in readings for notice in reading.notices)
            if not planned:
                why = f": {notices[0]}" if notices else ""
                raise CorpusError(f"no document has a paragraph to index{why}", "See that they do.")
            missing = [one for one in planned if not shard_folder(folder, one.name).is_dir()]
            encoded = _make(folder, missing, settings, workers, report)
            names = [one.name for one in planned]
            earlier = _earlier(folder)
            build, contents = publish(folder, names, recipe, examples)
            # The shards of the list before stay until the next time: they may be served still.
            clear(folder, [contents, *([earlier] if earlier else [])])
    except Timeout as error:
        raise IndexBusy(f"another process is indexing into {folder}", "Wait for it.") from error
    except OSError as error:
        raise StorageFailed(
            f"{folder} can't be written: {error}", "See that it has room and may be written."
        ) from error
    seconds = time.perf_counter() - began
    return Indexed(build, contents, len(missing), encoded, notices, seconds)


def _earlier(folder: Path) -> Build | None:
    try:
        return read_build(folder)[1]
    except PinciteError:  # none yet, or none that this version reads
        return None


def _connected(address: str | None, workers: Workers) -> None:
    connect(address)
    from ray.data import DataContext

    context = DataContext.get_current()
    context.target_max_block_size = _BLOCK_BYTES
    context.enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.WARNING)


def _read(
    folder: Path, files: Sequence[Source], settings: Settings, workers: Workers, report: Progress
) -> list[Reading]:
    import ray
    from ray.data import ActorPoolStrategy

    rows = [{"file": n, **asdict(file)} for n, file in enumerate(files)]
    done = (
        ray.data.from_items(rows, override_num_blocks=min(len(rows), 4 * workers.count))
        .flat_map(_pieces_of, fn_kwargs={"limits": Limits.of(settings)}, num_cpus=_PIECES_CPUS)
        .map_batches(
            _Reader,
            fn_constructor_kwargs={"folder": folder, "limits": Limits.of(settings)},
            batch_size=_AT_ONCE,
            batch_format="numpy",
            compute=ActorPoolStrategy(size=workers.count),
            num_cpus=_READING_CPUS,
        )
    )
    readings = []
    for row in done.iter_rows():
        readings.append(_READING.validate_json(row["reading"]))
        report("reading pieces", len(readings), 0)
    return readings


def _make(
    folder: Path,
    missing: Sequence[Planned],
    settings: Settings,
    workers: Workers,
    report: Progress,
) -> int:
    if not missing:
        return 0
    import ray
    from ray.data import ActorPoolStrategy

    rows = [{"planned": json.dumps(asdict(one))} for one in missing]
    # A worker computes with one thread: the workers are what is shared out.
    alone = settings.model_copy(update={"threads": settings.threads or 1})
    done = ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(
        _Maker,
        fn_constructor_kwargs={"folder": folder, "settings": alone},
        batch_size=1,
        batch_format="numpy",
        # One at a time: what waits at an actor no other can take.
        compute=ActorPoolStrategy(
            size=min(workers.count, len(rows)), max_tasks_in_flight_per_actor=1
        ),
        num_cpus=_MAKING_CPUS,
        num_gpus=workers.gpus or None,
    )
    encoded = 0
    for n, row in enumerate(done.iter_rows(), start=1):
        encoded += int(row["encoded"])
        report("making shards", n, len(missing))
    return encoded


def _pieces_of(row: Row, limits: Limits) -> Iterator[Row]:
    source = Source(**{name: of for name, of in row.items() if name != "file"})
    for piece in pieces(source, limits):
        yield {"file": row["file"], "known": row["known"], **asdict(piece)}


class _Reader:
    """Reads pieces: an actor of the first pool."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self._folder = folder
        self._limits = limits

    def __call__(self, batch: Row) -> Row:
        said = []
        columns = ("name", "number", "before", "data", "problem")
        for file, known, *of in zip(
            batch["file"], batch["known"], *(batch[name] for name in columns), strict=True
        ):
            name, number, before, data, problem = of
            piece = Piece(str(name), int(number), int(before), bytes(data), str(problem))
            reading = read(self._folder, int(file), str(known), piece, self._limits)
            said.append(json.dumps(asdict(reading)))
        return {"reading": said}


class _Maker:
    """Makes shards: an actor of the second pool."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self._folder = folder
        self._settings = settings
        self._encoder = open_encoder(settings)

    def __call__(self, batch: Row) -> Row:
        encoded = []
        for row in batch["planned"]:
            planned = _PLANNED.validate_json(str(row))
            others = stores(self._folder)
            encoded.append(make_shard(self._folder, planned, self._settings, self._encoder, others))
        return {"encoded": encoded}
