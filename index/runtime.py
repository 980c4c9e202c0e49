"""Run an ONNX model on many texts: one text at a time on each core.

Two texts on two cores waste nothing; one text on two cores waits at every product for
both, and a batch is padded to its longest. Questions that are asked at once
share the cores' queue in the order in which they came.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pincite.errors import ModelError
from pincite.index.workers import cores


class Session:
    """A model with the input `ids` (int64, `[tokens]`) and one output. Safe to use from threads.

    Args:
        file: its ONNX file, what it refers to beside it.
        threads: texts computed at a time; 0: as many as cores.

    Raises:
        ModelError: the file can't be loaded.
    """

    def __init__(self, file: Path, threads: int) -> None:
        try:
            self._session: Any = opened(file)
        except Exception as error:  # its errors share no other base class
            raise ModelError(f"{file} can't be loaded: {error}", "Install it again.") from error
        self._pool = pool(threads)

    @property
    def width(self) -> int:
        """The last dimension of what the model gives."""
        return int(self._session.get_outputs()[0].shape[-1])

    def run(self, texts: Iterable[Sequence[int]]) -> Iterator[NDArray[np.float32]]:
        """What the model gives of each text's token ids, in their order, as soon as it is there.

        Whoever stops early leaves nothing running: what has not begun is dropped.
        """
        started: list[Future[NDArray[np.float32]]] = []
        try:
            started.extend(self._pool.submit(self._one, text) for text in texts)
            for each in started:
                yield each.result()
        finally:
            for each in started:
                each.cancel()

    def _one(self, ids: Sequence[int]) -> NDArray[np.float32]:
        given = {"ids": np.asarray(ids, dtype=np.int64)}
        out: NDArray[np.float32] = self._session.run(None, given)[0]
        return out


def opened(file: Path) -> Any:  # noqa: ANN401 - ONNX Runtime has no types
    """ONNX Runtime's own session of a file, on one thread."""
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    if not adds_in_32_bits():
        # Exactly, a fifth slower: every machine gives an answer the same scores. Where it is
        # exact anyway this must not be asked for: ONNX Runtime gives up the fast products then.
        options.add_session_config_entry("session.x64quantprecision", "1")
    return ort.InferenceSession(
        str(file),
        options,
        providers=["CPUExecutionProvider"],
        # Fused with the sum before it, the normalisation is three times slower.
        disabled_optimizers=["SkipLayerNormFusion"],
    )


@functools.cache
def adds_in_32_bits(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether the processor is known to add products of 8 bits without overflow (VNNI).

    x86 processors without it add pairs of them in 16 bits.
    """
    try:
        told = cpuinfo.read_text(encoding="utf-8", errors="replace")
    except OSError:  # other systems have no such file
        return False
    flags = next((line for line in told.splitlines() if line.startswith("flags")), "")
    return not {"avx512_vnni", "avx_vnni"}.isdisjoint(flags.split())


_pools: dict[int, ThreadPoolExecutor] = {}
_pools_lock = threading.Lock()


def pool(threads: int) -> ThreadPoolExecutor:
    """The threads that all models of the process share; 0: as many as cores."""
    size = threads or cores()
    with _pools_lock:
        if size not in _pools:
            _pools[size] = ThreadPoolExecutor(size, thread_name_prefix="model")
        return _pools[size]


def has_gpu() -> bool:
    """Whether there is a GPU that torch can use."""
    # Asking torch costs seconds: first see whether there is any device at all.
    if not any(Path("/dev").glob("nvidia[0-9]*")):
        return False
    import torch

    return torch.cuda.is_available()
