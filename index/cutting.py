"""Make articles ready for a segment: cut, tokenise. What its making keeps the processors busy with.

More than a few articles are shared out to worker processes (`index/workers.py`); they
come back in order, so that every id is what it would be without them.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pincite.index.article import Article
from pincite.index.passages import Passage, passages
from pincite.index.postings_writer import Coded, coded
from pincite.index.tokens import encoding
from pincite.index.wordings import Said, said
from pincite.index.workers import mapped
from pincite.settings import Settings

_ALONE = 2_000_000  # characters; no more is cut here before a worker has started
_AT_ONCE = 200_000  # characters given to a worker together


@dataclass(frozen=True, slots=True)
class Cut:
    """An article as a segment takes it.

    Attributes:
        passages: in order.
        terms: of the passages.
        said: what the article has to say about wordings.
    """

    article: Article
    passages: tuple[Passage, ...]
    terms: Coded
    said: Said


def prepared(article: Article, cut: tuple[Passage, ...]) -> Cut:
    """An article and its passages, with what follows from them worked out."""
    return Cut(
        article,
        cut,
        coded((passage.text, passage.header) for passage in cut),
        said("\n".join(article.slice(block) for block in article.paragraphs)),
    )


def cut_all(articles: Iterable[Article], settings: Settings) -> Iterator[Cut]:
    """Articles made ready, in their order."""
    one = functools.partial(cut_one, tokenizer=settings.tokenizer, size=settings.passage_tokens)
    return mapped(
        one,
        articles,
        lambda article: len(article.text),
        alone=_ALONE,
        at_once=_AT_ONCE,
        workers=settings.threads,
    )


def cut_one(article: Article, tokenizer: str, size: int) -> Cut:
    """Cut an article."""
    count = functools.partial(_count, tokenizer)
    return prepared(article, tuple(passages(article, count, size)))


def _count(tokenizer: str, text: str) -> int:
    return len(encoding(tokenizer).encode_ordinary(text))
