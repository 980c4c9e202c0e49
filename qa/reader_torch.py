"""A reader in torch: any extractive question-answering model of transformers, on a GPU if any."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pincite.errors import ModelError
from pincite.index.runtime import has_gpu
from pincite.qa.cutter import Cut, Cutter
from pincite.qa.reader import Logits
from pincite.settings import Settings


class TorchModel:
    """Start and end logits, batch by batch; see `qa.reader.Model`.

    Raises:
        ModelError: the folder holds no question-answering model, or no fast tokenizer.
    """

    def __init__(self, folder: Path, settings: Settings) -> None:
        import torch
        from transformers import AutoModelForQuestionAnswering, AutoTokenizer

        if settings.threads:
            torch.set_num_threads(settings.threads)
        try:
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            # Half-precision weights are widened: CPUs are slow in fp16.
            model = AutoModelForQuestionAnswering.from_pretrained(
                folder, local_files_only=True, dtype=torch.float32
            )
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(
                f"{folder} is not a question-answering model: {error}",
                "Set PINCITE_READER to a transformers question-answering folder or hub name.",
            ) from error
        if not tokenizer.is_fast:
            raise ModelError(
                f"{folder} has no fast tokenizer, so characters can't be traced",
                "Set PINCITE_READER to a model with a tokenizer.json.",
            )
        self.cutter = Cutter(tokenizer.backend_tokenizer, settings)
        self._device = "cuda" if has_gpu() else "cpu"
        self._model: Any = model.eval().to(self._device)
        self._pad = int(tokenizer.pad_token_id or 0)
        self._typed = "token_type_ids" in tokenizer.model_input_names
        self._batch_tokens = settings.read_batch_tokens
        self._lock = threading.Lock()  # two batches at once are slower than one after the other

    def logits(self, cuts: Sequence[Cut]) -> Iterator[tuple[int, Logits]]:
        """`(number of the cut, logits)`, in any order."""
        # Cuts of like length share a batch, so little is padding.
        order = sorted(range(len(cuts)), key=lambda i: len(cuts[i].ids))
        for batch in by_tokens(order, [len(cut.ids) for cut in cuts], self._batch_tokens):
            starts, ends = self._of([cuts[i] for i in batch])
            for row, i in enumerate(batch):
                tokens = len(cuts[i].ids)
                yield i, (starts[row, :tokens], ends[row, :tokens])

    def _of(self, batch: Sequence[Cut]) -> tuple[Any, Any]:
        import torch

        longest = max(len(cut.ids) for cut in batch)

        def padded(rows: Iterable[Sequence[int]], fill: int) -> torch.Tensor:
            whole = [[*row, *[fill] * (longest - len(row))] for row in rows]
            return torch.tensor(whole, device=self._device)

        inputs = {
            "input_ids": padded((cut.ids for cut in batch), self._pad),
            "attention_mask": padded(([1] * len(cut.ids) for cut in batch), 0),
        }
        if self._typed:
            inputs["token_type_ids"] = padded(map(_types, batch), 0)
        with self._lock, torch.inference_mode():
            output = self._model(**inputs)
        return output.start_logits.float().cpu().numpy(), output.end_logits.float().cpu().numpy()


def _types(cut: Cut) -> list[int]:
    """0 for the question's tokens, 1 from the text's first one on."""
    begins = int(np.argmax(cut.paragraphs >= 0))
    return [int(i >= begins) for i in range(len(cut.ids))]


def by_tokens(order: Sequence[int], lengths: Sequence[int], most: int) -> Iterator[list[int]]:
    """Batches of what comes shortest first, each padded to its last one's length.

    Args:
        lengths: by the numbers that are in `order`.
        most: tokens of a batch, padding included; what is longer is alone.
    """
    batch: list[int] = []
    for i in order:
        if batch and (len(batch) + 1) * lengths[i] > most:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch
