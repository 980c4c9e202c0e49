from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.index.article import Article
from pincite.index.corpus import Metadata, article
from pincite.qa.cite import MisquoteError, check, cite

TEXT = "A headline\n\nThe first paragraph says two.\n\nThe second says 10-12 men were held.\n"
ARTICLE: Article = article("a", "a.txt", TEXT, Metadata(title="A headline", publisher="P"))


def test_a_citation_names_article_paragraph_and_characters() -> None:
    start = TEXT.index("10-12")
    found = cite(ARTICLE, 1, 2, start, start + 5)
    assert found.quote == "10-12" == TEXT[found.start : found.end]
    assert found.paragraph.number == 2
    assert found.paragraph.text == "The second says 10-12 men were held."
    assert found.article.publisher == "P"
    assert found.section is None
    assert found.url == f"/articles/a?start={start}&end={start + 5}#p2"


@given(st.integers(-5, len(TEXT) + 5), st.integers(-5, len(TEXT) + 5), st.integers(1, 2))
def test_a_quote_that_is_not_inside_its_paragraph_raises(
    start: int, end: int, paragraph: int
) -> None:
    block = ARTICLE.paragraphs[paragraph - 1]
    if block.start <= start < end <= block.end:
        assert cite(ARTICLE, 1, paragraph, start, end).quote == TEXT[start:end]
    else:
        with pytest.raises(MisquoteError):
            cite(ARTICLE, 1, paragraph, start, end)


def test_a_changed_quote_raises() -> None:
    start = TEXT.index("two")
    found = cite(ARTICLE, 1, 1, start, start + 3)
    with pytest.raises(MisquoteError):
        check(replace(found, quote="ten"), ARTICLE)
