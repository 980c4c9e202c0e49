"""Make articles ready for the store: parse, cut, tokenise. What a build's processors are busy with.

A corpus of more than a few articles is shared out to worker processes
(`index/workers.py`); the articles come back in the corpus's order, so that
every id is what it would be without them.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

from pincite.index.article import Article
from pincite.index.corpus import Corpus
from pincite.index.draft import Draft
from pincite.index.formats.contents import Notice
from pincite.index.passages import Passage, passages
from pincite.index.postings_writer import Coded, coded
from pincite.index.tokens import encoding
from pincite.index.wordings import Said, said
from pincite.index.workers import mapped
from pincite.settings import Settings

_ALONE = 2_000_000  # characters; a corpus of no more is cut here before a worker has started
_AT_ONCE = 200_000  # characters given to a worker together


@dataclass(frozen=True, slots=True)
class Cut:
    """An article as the store takes it.

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


def cut_all(
    corpus: Corpus, settings: Settings, notices: list[Notice] | None = None
) -> Iterator[Cut]:
    """The articles of a corpus, made ready, in its order.

    Args:
        notices: what was skipped is added to it; see `Corpus.drafts`.

    Raises:
        CorpusError: see `Corpus.articles`.
    """
    one = functools.partial(cut_one, tokenizer=settings.tokenizer, size=settings.passage_tokens)
    return mapped(
        one,
        corpus.drafts(notices),
        lambda draft: len(draft.read.text),
        alone=_ALONE,
        at_once=_AT_ONCE,
        workers=settings.threads,
    )


def cut_one(draft: Draft, tokenizer: str, size: int) -> Cut:
    """Parse an article and cut it."""
    count = functools.partial(_count, tokenizer)
    article = draft.parsed()
    return prepared(article, tuple(passages(article, count, size)))


def _count(tokenizer: str, text: str) -> int:
    return len(encoding(tokenizer).encode_ordinary(text))
