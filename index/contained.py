"""Read a file's bytes where they can do no harm.

What only has to be decoded is read here. What a library takes apart (PDF, Word, HTML, archives)
is read in a process of its own with limits (`pincite.index.sandbox`): a hostile file costs one
typed error.
"""

from __future__ import annotations

import functools
import io
import zlib

from pincite.errors import Unreadable
from pincite.index.formats.contents import Contents, Limits, Notice, Read
from pincite.index.formats.json_lines import STREAMED, streamed
from pincite.index.formats.reading import format_of, read
from pincite.index.sandbox import DocumentRefused, Sandbox
from pincite.index.sandbox import Limits as Bounds

_DECODED = frozenset({"plain text", "JSON lines"})
_BOUNDS = Bounds(memory_mib=2048, cpu_s=300, wall_s=600.0, result_bytes=256 << 20)


def read_contained(name: str, data: bytes, limits: Limits) -> Contents:
    """What a file holds.

    Raises:
        Unreadable: nothing of it can be read, or its reader broke on it.
    """
    if name.lower().endswith(STREAMED):
        return _streamed(name, data, limits)
    if format_of(name, data).name in _DECODED:
        return read(name, data, limits)
    try:
        return _sandbox().run(read_whole, name, data, limits)
    except DocumentRefused as error:
        raise Unreadable(error.message, error.hint) from error


def read_whole(name: str, data: bytes, limits: Limits) -> Contents:
    """`read`, with the arguments that go to another process."""
    return read(name, data, limits)


def _streamed(name: str, data: bytes, limits: Limits) -> Contents:
    try:
        found = list(streamed(name, io.BytesIO(data), limits))
    except (OSError, EOFError, zlib.error) as error:
        raise Unreadable(f"not gzip: {error}") from error
    reads = tuple(one for one in found if isinstance(one, Read))
    return Contents(reads, tuple(one for one in found if isinstance(one, Notice)))


@functools.cache
def _sandbox() -> Sandbox:
    # Never closed, which would wait for what is being read: its process ends with this one, and
    # what asked for it is left as by a kill, not told of a reader that died.
    return Sandbox(_BOUNDS, processes=1)
