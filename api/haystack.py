"""Pincite as a Haystack component: `pip install haystack-ai`."""

from __future__ import annotations

from haystack import Document, component

from pincite.api.client import Library, provenance


@component
class PinciteRetriever:
    """The paragraphs nearest to a question, best first, as Haystack's documents.

    A document's content is the paragraph, word for word; its meta say where it stands.

    Args:
        library: a `pincite.Client`, or what `pincite.open` gives.
        limit: paragraphs at most, 1..50.
    """

    def __init__(self, library: Library, limit: int = 10) -> None:
        self._library = library
        self._limit = limit

    @component.output_types(documents=list[Document])  # type: ignore[untyped-decorator]
    def run(self, query: str, limit: int | None = None) -> dict[str, list[Document]]:
        """The documents for a query, at most `limit` where it is given."""
        found = self._library.search(query, limit or self._limit)
        cited = [one.citation for one in found]
        return {
            "documents": [
                Document(id=one.url, content=one.quote, meta=provenance(one)) for one in cited
            ]
        }
