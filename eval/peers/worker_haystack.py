"""Haystack in its own environment: the hybrid retrieval and extractive reader of its guides."""

# The peer is installed in its own environment only.
# mypy: disable-error-code="import-not-found"

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pincite.eval.peers.protocol import Document, Said, Task, serve
else:  # run as a script, in an environment without our packages
    from protocol import Document, Said, Task, serve

STORE = "store.json"
TOP = 10  # documents read for a question, as for every system


class Haystack:
    """BM25 and embedding retrieval, joined by reciprocal rank fusion, and the reader."""

    packages = (
        "haystack-ai",
        "transformers-haystack",
        "sentence-transformers-haystack",
        "sentence-transformers",
        "transformers",
        "torch",
    )

    def __init__(self) -> None:
        self._pipeline: Any = None

    def index(self, task: Task, documents: Sequence[Document]) -> float:
        """Embed in batches of the default size and write, by the documented pipeline."""
        from haystack import Document as HaystackDocument
        from haystack import Pipeline
        from haystack.components.writers import DocumentWriter
        from haystack.document_stores.in_memory import InMemoryDocumentStore
        from haystack_integrations.components.embedders.sentence_transformers import (
            SentenceTransformersDocumentEmbedder,
        )

        store = InMemoryDocumentStore(embedding_similarity_function="cosine")
        embedder = SentenceTransformersDocumentEmbedder(model=task.encoder, progress_bar=False)
        pipeline = Pipeline()
        pipeline.add_component("embedder", embedder)
        pipeline.add_component("writer", DocumentWriter(store))
        pipeline.connect("embedder", "writer")
        embedder.warm_up()
        embedder.run([HaystackDocument(content="The first one pays for what is loaded late.")])
        start = perf_counter()
        given = [HaystackDocument(id=d.id, content=d.text) for d in documents]
        pipeline.run({"embedder": {"documents": given}})
        seconds = perf_counter() - start
        Path(task.folder).mkdir(parents=True, exist_ok=True)
        store.save_to_disk(str(Path(task.folder) / STORE))
        return seconds

    def load(self, task: Task) -> None:
        """Load the written store and connect the pipeline that answers."""
        import torch
        from haystack import Pipeline
        from haystack.components.joiners import DocumentJoiner
        from haystack.components.retrievers.in_memory import (
            InMemoryBM25Retriever,
            InMemoryEmbeddingRetriever,
        )
        from haystack.document_stores.in_memory import InMemoryDocumentStore
        from haystack_integrations.components.embedders.sentence_transformers import (
            SentenceTransformersTextEmbedder,
        )
        from haystack_integrations.components.readers.transformers import (
            TransformersExtractiveReader,
        )

        store = InMemoryDocumentStore.load_from_disk(str(Path(task.folder) / STORE))
        # Half-precision weights are widened, as Pincite does: CPUs are slow in fp16.
        reader = TransformersExtractiveReader(
            model=task.reader, model_kwargs={"dtype": torch.float32}
        )
        pipeline = Pipeline()
        pipeline.add_component(
            "embedder", SentenceTransformersTextEmbedder(model=task.encoder, progress_bar=False)
        )
        pipeline.add_component("bm25", InMemoryBM25Retriever(store, top_k=TOP))
        pipeline.add_component("dense", InMemoryEmbeddingRetriever(store, top_k=TOP))
        pipeline.add_component(
            "joiner", DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=TOP)
        )
        pipeline.add_component("reader", reader)
        pipeline.connect("embedder", "dense")
        pipeline.connect("bm25", "joiner")
        pipeline.connect("dense", "joiner")
        pipeline.connect("joiner", "reader")
        pipeline.warm_up()
        self._pipeline = pipeline

    def ask(self, question: str) -> Said:
        """The reader's best answer; its own "no answer" may come first."""
        found = self._pipeline.run(
            {
                "embedder": {"text": question},
                "bm25": {"query": question},
                "reader": {"query": question},
            }
        )["reader"]["answers"]
        if not found or found[0].data is None:
            return Said()
        best = found[0]
        place = best.document_offset
        return Said(best.data, best.document.id, place.start, place.end)


if __name__ == "__main__":
    serve(Haystack())
