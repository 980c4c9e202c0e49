"""Pincite itself, in a process of its own like the others, with the models of its settings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from pincite.eval.peers.protocol import Document, Said, Task, serve
from pincite.qa.ask import Pincite
from pincite.settings import Settings, load_settings


class InProcess:
    """`Pincite.ask`, of an index built for the comparison."""

    packages = ("onnxruntime", "faiss-cpu")

    def __init__(self) -> None:
        self._pincite: Pincite | None = None

    def index(self, task: Task, documents: Sequence[Document]) -> float:
        """Build the index from the articles; the documents are not used, it cuts its own."""
        from pincite.index.build import build
        from pincite.index.encoder import open_encoder

        settings = _settings(task)
        encoder = open_encoder(settings)
        encoder.encode(["The first one pays for what is loaded late."])
        start = perf_counter()
        build(settings, encoder, force=True)
        return perf_counter() - start

    def load(self, task: Task) -> None:
        """Open the built index."""
        self._pincite = Pincite.open(_settings(task))

    def ask(self, question: str) -> Said:
        """The leading account with its first citation; the document is the article's file."""
        assert self._pincite is not None, "ask comes after load"
        answer = self._pincite.ask(question)
        if not answer.citations:
            return Said()
        first = answer.citations[0]
        return Said(answer.answer, first.article.file, first.start, first.end)


def _settings(task: Task) -> Settings:
    return load_settings(corpus=Path(task.corpus), index=Path(task.folder))


if __name__ == "__main__":
    from pincite.api.cli import quiet_libraries

    quiet_libraries()
    serve(InProcess())
