"""Passages: each is a paragraph, or sentences of one that is too long for one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pincite.index.article import CITABLE, Article, Block, Role, Section, Tier
from pincite.index.corpus import scan
from pincite.index.passages import Passage, header, passages, sentences
from pincite.index.tokens import encoding

SEEDS = Path(__file__).parents[1] / "seeds"


def tokens(text: str) -> int:
    return len(encoding("pincite").encode_ordinary(text))


def words(text: str) -> int:
    return len(text.split())


def made(*parts: tuple[Role, str]) -> Article:
    """An article of these blocks, two line breaks between them; a heading opens a section."""
    blocks: list[Block] = []
    sections: list[Section] = []
    at = number = 0
    for role, text in parts:
        if role is Role.HEADING:
            sections.append(Section(text, None, None))
        number += role in CITABLE
        section = len(sections) - 1 if sections else None
        numbered = number if role in CITABLE else None
        blocks.append(Block(role, at, at + len(text), numbered, section))
        at += len(text) + 2
    text = "\n\n".join(text for _, text in parts)
    return Article(
        "a", "a.txt", "Title", None, "2023-06-04", None, text, tuple(blocks), tuple(sections)
    )


def body(*texts: str) -> Article:
    return made(*((Role.BODY, text) for text in texts))


def check(article: Article, size: int) -> None:
    """Whole paragraphs, one after the other; only one that is too long is parted."""
    cut = list(passages(article, tokens, size))
    for place, block in enumerate(article.citable, start=1):
        parts = [passage for passage in cut if passage.paragraph == place]
        at = block.start
        for part in parts:
            assert (part.article, part.section) == (article.id, block.section)
            assert part.text == article.text[part.start : part.end] == part.text.strip()
            assert at <= part.start < part.end <= block.end
            assert article.text[at : part.start].strip() == ""
            at = part.end
            # Only what has no place to be cut at may be longer.
            assert tokens(part.text) <= size or len(part.text.split()) == 1
        assert article.text[at : block.end].strip() == ""
        assert len(parts) == 1 or tokens(article.slice(block)) > size
    assert [p.paragraph for p in cut] == sorted(p.paragraph for p in cut)


@pytest.mark.parametrize("size", [32, 64, 220, 400])
def test_passages_of_the_five_articles_hold_every_paragraph(size: int) -> None:
    for article in scan(SEEDS).articles():
        check(article, size)


_WORDS = st.one_of(
    st.text(alphabet="abcXYZ.,é字—0’", min_size=1, max_size=9),
    st.sampled_from(
        ["Mr.", "said.", "“Why?”", "end!", "9-year-old", "U.S.", "x" * 400, "字" * 300]
    ),
)
_GAPS = st.sampled_from([" ", " ", " ", "  ", "\n", "\u00a0", " \n   "])
_PARAGRAPHS = st.lists(st.tuples(_WORDS, _GAPS), min_size=1, max_size=60).map(
    lambda pairs: "".join(word + gap for word, gap in pairs).strip()
)
_ROLES = st.sampled_from([*[Role.BODY] * 4, Role.LIST_ITEM, Role.HEADING, Role.CAPTION])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(_ROLES, _PARAGRAPHS), max_size=8), st.integers(32, 400))
def test_passages_of_any_article_hold_every_paragraph_at_any_size(
    parts: list[tuple[Role, str]], size: int
) -> None:
    check(made(*parts), size)


@pytest.mark.parametrize(
    "paragraph", ["x" * 50_000, "word " * 9_999 + "word", "A word. " * 4_999 + "End."]
)
def test_long_paragraphs_come_to_an_end(paragraph: str) -> None:
    check(body(paragraph, "A last one."), 32)


def test_a_long_paragraph_is_cut_between_sentences_and_a_long_sentence_between_words() -> None:
    article = body("It rained. Then it snowed a lot there. It thawed.")

    def cut(size: int) -> list[str]:
        return [passage.text for passage in passages(article, words, size)]

    assert cut(10) == ["It rained. Then it snowed a lot there. It thawed."]
    assert cut(8) == ["It rained. Then it snowed a lot there.", "It thawed."]
    assert cut(6) == ["It rained.", "Then it snowed a lot there.", "It thawed."]
    # The middle of the six words, character 13, is in "snowed": the last blank before it
    # stands after "it".
    assert cut(4) == ["It rained. Then it", "snowed a lot there.", "It thawed."]


def test_a_passage_is_headed_by_its_article_and_section() -> None:
    article = made(
        (Role.BODY, "One."),
        (Role.HEADING, "Post"),
        (Role.BODY, "Two."),
        (Role.CAPTION, "A picture"),
        (Role.LIST_ITEM, "- Three"),
    )
    # "One." 0-4, "Post" 6-10, "Two." 12-16, "A picture" 18-27, "- Three" 29-36. The paragraphs
    # come first, then captions, then the rest.
    assert list(passages(article, words, 100)) == [
        Passage("a", None, "Title", 1, 0, 4, "One."),
        Passage("a", 0, "Title. Post", 2, 12, 16, "Two."),
        Passage("a", 0, "Title. Post", 3, 29, 36, "- Three"),
        Passage("a", 0, "Title. Post", 4, 18, 27, "A picture", Tier.CAPTION),
        Passage("a", 0, "Title. Post", 5, 6, 10, "Post", Tier.BESIDE),
    ]


def test_furniture_has_no_header_and_without_words_no_passage() -> None:
    article = made((Role.BODY, "One."), (Role.FURNITURE, "Share"), (Role.FURNITURE, "* * *"))
    # "One." 0-4, "Share" 6-11.
    assert list(passages(article, words, 100)) == [
        Passage("a", None, "Title", 1, 0, 4, "One."),
        Passage("a", None, "", 2, 6, 11, "Share", Tier.BESIDE),
    ]


def test_a_header_says_nothing_twice() -> None:
    assert header(made((Role.HEADING, "Title"), (Role.BODY, "One.")), 0) == "Title"


def test_the_encoder_sees_a_text_under_its_header() -> None:
    one = Passage("a", None, "Title. Post", 1, 0, 4, "One.")
    assert one.encoded == "Title. Post. One."
    assert Passage("a", None, "", 1, 0, 4, "One.").encoded == "One."
    # Equal inputs have one key, wherever they stand.
    assert one.key == Passage("b", 3, "Title", 7, 5, 15, "Post. One.").key
    assert one.key != Passage("a", None, "Title", 1, 0, 4, "One.").key


def test_sentences_of_any_characters_are_found() -> None:
    # sentencex panics at a character of several bytes near an initial.
    text = "Šárka K. Nováková came. “Why?” she said… Ärger! Ja."
    assert [text[a:b] for a, b in sentences(text, 0, len(text))][-2:] == ["Ärger!", "Ja."]


@given(st.text())
def test_sentences_hold_all_that_is_not_white_space(text: str) -> None:
    found = "".join(text[a:b] for a, b in sentences(text, 0, len(text)))
    assert "".join(found.split()) == "".join(text.split())


def test_an_article_without_words_has_no_passages() -> None:
    assert list(passages(made((Role.FURNITURE, "* * *")), words, 9)) == []


@settings(deadline=None)
@given(
    st.text(
        alphabet=st.one_of(st.sampled_from(' .!?\n"”…\u2028\x1c。A1'), st.characters(codec="utf-8"))
    )
)
def test_sentences_leave_out_white_space_only(text: str) -> None:
    left, position = "", 0
    for start, end in sentences(text, 0, len(text)):
        assert position <= start < end
        assert text[start:end] == text[start:end].strip()
        left, position = left + text[position:start], end
    assert (left + text[position:]).strip() == ""


def test_sentences_of_a_paragraph() -> None:
    text = "Before. Mr. Smith left.  “Why?” she asked. After."
    found = [text[start:end] for start, end in sentences(text, 8, len(text) - 7)]
    assert found == ["Mr. Smith left.", "“Why?” she asked."]
