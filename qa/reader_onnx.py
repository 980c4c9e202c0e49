"""A reader that ONNX Runtime runs: a folder with `model.onnx`, as `training.export` makes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pincite.index.model_files import ONNX
from pincite.index.runtime import Session
from pincite.qa.cutter import Cut, Cutter
from pincite.qa.reader import Logits
from pincite.settings import Settings


class OnnxModel:
    """Start and end logits, one text at a time on each core; see `qa.reader.Model`."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.cutter = Cutter.of_folder(folder, settings)
        self._session = Session(folder / ONNX, settings.threads)

    def logits(self, cuts: Sequence[Cut]) -> Iterator[tuple[int, Logits]]:
        """`(number of the cut, logits)`, in any order."""
        # Longest first, so that at the end no core waits long for the other.
        order = sorted(range(len(cuts)), key=lambda i: -len(cuts[i].ids))
        of_each = self._session.run(cuts[i].ids for i in order)
        for i, out in zip(order, of_each, strict=True):
            yield i, (out[:, 0], out[:, 1])
