"""A reader on ONNX Runtime, for a model that `pincite.index.exported.is_plain`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pincite.index.exported import Precision, exported
from pincite.index.runtime import Session
from pincite.qa.read import Logits
from pincite.qa.windows import Cutter, Window
from pincite.settings import Settings


class OnnxModel:
    """Start and end logits, window by window on every core; see `pincite.qa.read.Model`."""

    def __init__(
        self, folder: Path, fingerprint: str, precision: Precision, settings: Settings
    ) -> None:
        self.cutter = Cutter.of_folder(folder, settings)
        file = exported(folder, fingerprint, "spans", precision, settings)
        self._session = Session(file, settings.threads)

    def logits(self, windows: Sequence[Window], batch_tokens: int) -> Iterator[tuple[int, Logits]]:
        """`(window's number, logits)`; `batch_tokens` is nothing to it: there are no batches."""
        # Longest first, so that at the end no core waits long for the other.
        order = sorted(range(len(windows)), key=lambda i: -len(windows[i].ids))
        of_each = self._session.run((windows[i].ids, windows[i].types) for i in order)
        for i, out in zip(order, of_each, strict=True):
            yield i, (out[:, 0], out[:, 1])
