"""Run an exported model on many texts: one text at a time on each core.

Two texts on two cores waste nothing; one text on two cores waits at every product for
both, and a batch is padded to its longest. Questions that are asked at once
share the cores' queue in the order in which they came.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pincite.errors import ModelError
from pincite.index.exported import Precision
from pincite.index.workers import cores
from pincite.settings import Settings

Tokens = tuple[Sequence[int], Sequence[int]]
"""The ids of a text's tokens, and of each whether it is of the first text (0) or the second (1)."""


class Session:
    """An exported model. Safe to use from several threads.

    Args:
        file: as `pincite.index.exported.exported` gives it.
        threads: texts computed at a time; 0: as many as cores.

    Raises:
        ModelError: the file can't be loaded.
    """

    def __init__(self, file: Path, threads: int) -> None:
        try:
            self._session: Any = opened(file)
        except Exception as error:  # its errors share no other base class
            raise ModelError(
                f"{file} can't be loaded: {error}", "Remove it: it is made again."
            ) from error
        self._pool = pool(threads)

    def run(self, texts: Iterable[Tokens]) -> Iterator[NDArray[np.float32]]:
        """What the model gives of each text, in their order, as soon as it is there.

        Whoever stops early leaves nothing running: what has not begun is dropped.
        """
        started: list[Future[NDArray[np.float32]]] = []
        try:
            started.extend(self._pool.submit(self._one, *text) for text in texts)
            for each in started:
                yield each.result()
        finally:
            for each in started:
                each.cancel()

    def _one(self, ids: Sequence[int], types: Sequence[int]) -> NDArray[np.float32]:
        out: NDArray[np.float32] = self._session.run(None, inputs(ids, types))[0]
        return out


def inputs(ids: Sequence[int], types: Sequence[int]) -> dict[str, NDArray[np.int64]]:
    """A text's tokens as an exported model takes them."""
    return {"ids": np.asarray(ids, dtype=np.int64), "types": np.asarray(types, dtype=np.int64)}


def opened(file: Path, profile: str = "") -> Any:  # noqa: ANN401 - ONNX Runtime has no types
    """ONNX Runtime's own session of a file, on one thread.

    Args:
        profile: where its profile is to be written, the name's beginning; none if empty.
    """
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    if profile:
        options.enable_profiling = True
        options.profile_file_prefix = profile
    return ort.InferenceSession(
        str(file),
        options,
        providers=["CPUExecutionProvider"],
        # Fused with the sum before it, the normalisation is three times slower.
        disabled_optimizers=["SkipLayerNormFusion"],
    )


_pools: dict[int, ThreadPoolExecutor] = {}
_pools_lock = threading.Lock()


def pool(threads: int) -> ThreadPoolExecutor:
    """The threads that all models of the process share; 0: as many as cores."""
    size = threads or cores()
    with _pools_lock:
        if size not in _pools:
            _pools[size] = ThreadPoolExecutor(size, thread_name_prefix="model")
        return _pools[size]


def precision_of(settings: Settings) -> Precision | None:
    """The precision that the settings ask for; None: models are to be left to torch."""
    runtime = settings.runtime
    if runtime == "auto":
        runtime = "torch" if has_gpu() else "onnx-int8"
    return None if runtime == "torch" else Precision(runtime.removeprefix("onnx-"))


def has_gpu() -> bool:
    """Whether there is a GPU that torch can use."""
    # Asking torch costs seconds: first see whether there is any device at all.
    if not any(Path("/dev").glob("nvidia[0-9]*")):
        return False
    import torch

    return torch.cuda.is_available()
