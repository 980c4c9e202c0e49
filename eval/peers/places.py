"""From Pincite's own passages to a peer's documents, and from a peer's span back to the article."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pincite.eval.peers.protocol import Document, Said
from pincite.index.article import Article, Tier
from pincite.index.opened import open_store
from pincite.index.passages import Passage
from pincite.index.store import Store
from pincite.qa.answer import Status


@dataclass(frozen=True, slots=True)
class Passages:
    """What a built index was cut into.

    Attributes:
        passages: by the id of the document that a peer gets.
        articles: by id.
    """

    passages: Mapping[str, Passage]
    articles: Mapping[str, Article]

    @classmethod
    def read(cls, index: Path) -> Passages:
        """Read them from an index folder.

        Raises:
            IndexMissing, IndexDamaged, IndexStale: it can't be read.
        """
        store = open_store(index)
        passages = {str(id_): store.passage(id_) for id_ in store.ids()}
        named = {passage.article for passage in passages.values()}
        return cls(passages, {id_: _article(store, id_) for id_ in named})

    @property
    def documents(self) -> list[Document]:
        """What a peer gets: the texts that Pincite encodes, each with the titles above it.

        Left out is what else stands on the page, such as buttons: Pincite ranks it behind.
        """
        return [
            Document(id_, passage.encoded, _begin(passage))
            for id_, passage in self.passages.items()
            if passage.tier != Tier.BESIDE
        ]

    @property
    def by_file(self) -> dict[str, Article]:
        """The articles by their file."""
        return {article.file: article for article in self.articles.values()}

    def body(self, said: Said) -> dict[str, Any]:
        """An answer in the form that `pincite.eval.metrics` measures, with its one citation.

        A document that is no passage is an article's file: Pincite says where
        in the article its quote stands. Words of the titles are no citation: Pincite quotes none.
        """
        if said.answer is None:
            return {"status": Status.NO_ANSWER, "answer": None, "accounts": [], "citations": []}
        citations = []
        if said.document is not None and (found := self._found(said, said.document)):
            article, start, end = found
            number, block = next(
                (number, block)
                for number, block in enumerate(article.citable, start=1)
                if block.start <= start < block.end
            )
            citations.append(
                {
                    "number": 1,
                    "article": {"file": article.file},
                    "paragraph": {"number": number, "text": article.slice(block)},
                    "start": start,
                    "end": end,
                }
            )
        return {
            "status": Status.ANSWERED,
            "answer": said.answer,
            "accounts": [{"answer": said.answer, "citations": [c["number"] for c in citations]}],
            "citations": citations,
        }

    def _found(self, said: Said, document: str) -> tuple[Article, int, int] | None:
        """The article and `[start, end)` in characters of its text; None inside the titles."""
        passage = self.passages.get(document)
        if passage is None:
            return self.by_file[document], said.start, said.end
        begin = _begin(passage)
        if said.end <= begin:
            return None
        at = passage.start - begin
        return self.articles[passage.article], at + max(said.start, begin), at + said.end


def _begin(passage: Passage) -> int:
    """Where a passage begins in what is encoded of it, behind the titles."""
    return len(passage.encoded) - len(passage.text)


def _article(store: Store, id_: str) -> Article:
    article = store.article(id_)
    if article is None:
        raise KeyError(id_)  # a passage's article is in the store, or the store is broken
    return article
