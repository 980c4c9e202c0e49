"""The articles that questions are about, by their files: of a folder, or of a collection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from pincite.errors import IndexDamaged
from pincite.index.article import Article
from pincite.index.corpus import scan
from pincite.index.store import Store

KEPT = 256  # articles of a collection held in memory; the citations of a question share them


def in_folder(folder: Path) -> dict[str, Article]:
    """The articles of a folder of documents, in memory; raises as `index.corpus.scan` does."""
    return {article.file: article for article in scan(folder).articles()}


class InCollection(Mapping[str, Article]):
    """The articles of a collection's index, each read when it is looked at."""

    def __init__(self, store: Store) -> None:
        self._ids = {row.file: row.id for row in store.articles()}
        self._store = store
        self._read = lru_cache(KEPT)(self._stored)

    def __getitem__(self, file: str) -> Article:
        return self._read(self._ids[file])

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, file: object) -> bool:
        return file in self._ids

    def _stored(self, id_: str) -> Article:
        article = self._store.article(id_)
        if article is None:
            raise IndexDamaged(
                f"the index names the article {id_!r} and does not hold it",
                "Run `pincite index`: it mends what is damaged.",
            )
        return article


class Texts(Mapping[str, str]):
    """File -> stored text of articles."""

    def __init__(self, articles: Mapping[str, Article]) -> None:
        self._articles = articles

    def __getitem__(self, file: str) -> str:
        return self._articles[file].text

    def __iter__(self) -> Iterator[str]:
        return iter(self._articles)

    def __len__(self) -> int:
        return len(self._articles)

    def __contains__(self, file: object) -> bool:
        return file in self._articles
