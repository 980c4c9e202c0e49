"""Pincite as a LangChain retriever: `pip install langchain-core`."""

from __future__ import annotations

from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from pincite.api.client import Library, provenance


class PinciteRetriever(BaseRetriever):  # type: ignore[misc]  # where it is not installed
    """The paragraphs nearest to a question, best first, as LangChain's documents.

    A document's text is the paragraph, word for word; its metadata say where it stands.

    Args:
        library: a `pincite.Client`, or what `pincite.open` gives.
        limit: paragraphs at most, 1..50.
    """

    library: Any  # a Library: pydantic can't check a protocol
    limit: int = 10

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        library: Library = self.library
        return [
            Document(id=cited.url, page_content=cited.quote, metadata=provenance(cited))
            for cited in (found.citation for found in library.search(query, self.limit))
        ]
