"""txtai in its own environment: hybrid embeddings and `RAG` with an extractive reader.

As its documentation shows, the passages found are joined into one context,
which the question-answering model reads window by window.
"""

# The peer is installed in its own environment only.
# mypy: disable-error-code="import-not-found"

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pincite.eval.peers.protocol import Document, Said, Task, serve
else:  # run as a script, in an environment without our packages
    from protocol import Document, Said, Task, serve

BEGINS = "begins.json"
TOP = 10  # passages found for a question, as for every system


class Txtai:
    """BM25 and dense vectors in one embeddings database, and the reader."""

    packages = ("txtai", "transformers", "torch", "faiss-cpu")

    def __init__(self) -> None:
        self._embeddings: Any = None
        self._rag: Any = None
        self._found = threading.local()
        self._begins: Mapping[str, int] = {}
        # Two searches at once end the process: they share one SQLite connection.
        self._lock = threading.Lock()

    def index(self, task: Task, documents: Sequence[Document]) -> float:
        """Index in batches of the default size."""
        from txtai import Embeddings

        embeddings = Embeddings(path=task.encoder, hybrid=True, content=True)
        embeddings.batchtransform(["The first one pays for what is loaded late."])
        start = perf_counter()
        embeddings.index((document.id, document.text) for document in documents)
        seconds = perf_counter() - start
        embeddings.save(task.folder)
        begins = json.dumps({document.id: document.start for document in documents})
        (Path(task.folder) / BEGINS).write_text(begins, encoding="utf-8")
        embeddings.close()
        return seconds

    def load(self, task: Task) -> None:
        """Load the saved embeddings and the reader."""
        import torch
        from txtai import Embeddings
        from txtai.pipeline import RAG, Questions

        self._embeddings = Embeddings()
        self._embeddings.load(task.folder)
        begins = (Path(task.folder) / BEGINS).read_text(encoding="utf-8")
        self._begins = json.loads(begins)
        # Half-precision weights are widened, as Pincite does: CPUs are slow in fp16.
        questions = Questions(task.reader, dtype=torch.float32)
        self._rag = RAG(self._search, questions, context=TOP, output="flatten")

    def ask(self, question: str) -> Said:
        """The answer, placed where it first stands in the passages, best passage first.

        Not in the titles above them: which of the places was read is not told.
        """
        answer = self._rag(question)
        if not answer:
            return Said()
        for passage in self._found.passages:
            id_ = str(passage["id"])
            start = passage["text"].find(answer, self._begins[id_])
            if start >= 0:
                return Said(answer, id_, start, start + len(answer))
        return Said(answer)  # it runs from one passage into the next

    def _search(self, queries: list[str], limit: int) -> list[list[dict[str, Any]]]:
        # RAG keeps what it found to itself, and a citation needs it.
        with self._lock:
            found: list[list[dict[str, Any]]] = self._embeddings.batchsearch(queries, limit)
        self._found.passages = found[0]
        return found


if __name__ == "__main__":
    serve(Txtai())
