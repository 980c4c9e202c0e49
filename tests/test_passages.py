"""Passages: they hold every paragraph and nothing else, within their limits."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pincite.index.article import CITABLE, Article, Block, Role, Section
from pincite.index.corpus import scan
from pincite.index.passages import JOINT, Passage, header, passages, sentences
from pincite.index.tokens import encoding

SEEDS = Path(__file__).parents[1] / "seeds"
SIZES = [(220, 60), (32, 0), (32, 200), (64, 20), (400, 200)]


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


def places(passage: Passage) -> list[int]:
    """The characters of the article that a passage holds."""
    return [i for piece in passage.pieces for i in range(piece.start, piece.end)]


def check(article: Article, cut: list[Passage], size: int, overlap: int) -> None:
    citable = {i for block in article.paragraphs for i in range(block.start, block.end)}
    held = {i for passage in cut for i in places(passage)}
    assert held <= citable
    assert "".join(article.text[i] for i in sorted(citable - held)).strip() == ""
    for passage in cut:
        assert passage.article == article.id
        assert passage.pieces
        assert passage.text == JOINT.join(article.text[p.start : p.end] for p in passage.pieces)
        for piece, (start, end) in zip(passage.pieces, passage.bounds, strict=True):
            block = article.paragraphs[piece.paragraph - 1]
            assert block.start <= piece.start < piece.end <= block.end
            assert block.section == passage.section
            assert passage.text[start:end] == article.text[piece.start : piece.end]
        # Only what has no place to be cut at may be longer.
        assert tokens(passage.text) <= size or len(passage.text.split()) == 1
    for before, after in pairwise(cut):
        assert after.pieces[0].start > before.pieces[0].start
        assert after.pieces[-1].end > before.pieces[-1].end  # each brings something new
        shared = sorted(set(places(before)) & set(places(after)))
        runs = "".join(
            (JOINT if i and shared[i - 1] + 1 < place else "") + article.text[place]
            for i, place in enumerate(shared)
        )
        assert tokens(runs) <= overlap
        assert before.section == after.section or not shared


@pytest.mark.parametrize(("size", "overlap"), SIZES)
def test_passages_of_the_five_articles_hold_every_paragraph(size: int, overlap: int) -> None:
    for article in scan(SEEDS).articles():
        check(article, list(passages(article, tokens, size, overlap)), size, overlap)


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
@given(
    st.lists(st.tuples(_ROLES, _PARAGRAPHS), max_size=8),
    st.integers(32, 400),
    st.integers(0, 200),
)
def test_passages_of_any_article_hold_every_paragraph_at_any_size(
    parts: list[tuple[Role, str]], size: int, overlap: int
) -> None:
    article = made(*parts)
    check(article, list(passages(article, tokens, size, overlap)), size, overlap)


@pytest.mark.parametrize(
    "paragraph", ["x" * 50_000, "word " * 9_999 + "word", "A word. " * 4_999 + "End."]
)
def test_long_paragraphs_come_to_an_end(paragraph: str) -> None:
    article = body(paragraph, "A last one.")
    check(article, list(passages(article, tokens, 32, 200)), 32, 200)


def spans(article: Article, size: int, overlap: int) -> list[list[str]]:
    return [
        [article.text[p.start : p.end] for p in passage.pieces]
        for passage in passages(article, words, size, overlap)
    ]


def test_whole_paragraphs_are_repeated_up_to_the_overlap() -> None:
    article = body("a b c d", "e f", "g h", "i j k l", "m")
    # Size 8: 4 + 2 + 2 fill it; of the end, 2 + 2 words fit an overlap of 4, and
    # with the 4 that come next they fill 8 again; then 4 + 1.
    assert spans(article, 8, 4) == [
        ["a b c d", "e f", "g h"],
        ["e f", "g h", "i j k l"],
        ["i j k l", "m"],
    ]
    assert spans(article, 8, 3) == [["a b c d", "e f", "g h"], ["g h", "i j k l", "m"]]
    assert spans(article, 8, 0) == [["a b c d", "e f", "g h"], ["i j k l", "m"]]


def test_nothing_is_repeated_where_the_next_paragraph_needs_the_room() -> None:
    assert spans(body("a b", "c d", "e f g h"), 4, 2) == [["a b", "c d"], ["e f g h"]]


def test_a_long_paragraph_is_cut_between_sentences_and_a_long_sentence_between_words() -> None:
    article = body("It rained. Then it snowed a lot there. It thawed.")
    assert spans(article, 6, 0) == [["It rained."], ["Then it snowed a lot there."], ["It thawed."]]
    assert spans(article, 8, 5) == [["It rained. Then it snowed a lot there."], ["It thawed."]]
    # Its middle, character 13, is in "snowed": the last blank before stands after "it".
    assert spans(article, 4, 0) == [["It rained. Then it"], ["snowed a lot there."], ["It thawed."]]


def test_a_passage_stays_in_its_section_and_is_headed_by_it() -> None:
    article = made(
        (Role.BODY, "One."),
        (Role.HEADING, "Post"),
        (Role.BODY, "Two."),
        (Role.CAPTION, "A picture"),
        (Role.LIST_ITEM, "- Three"),
    )
    cut = list(passages(article, words, 100, 50))
    assert [(p.section, p.text) for p in cut] == [(None, "One."), (0, "Two.\n- Three")]
    assert [p.header for p in cut] == ["Title | 2023-06-04", "Title | Post | 2023-06-04"]
    assert [[piece.paragraph for piece in p.pieces] for p in cut] == [[1], [2, 3]]


def test_a_header_says_nothing_twice() -> None:
    article = made((Role.HEADING, "Title"), (Role.BODY, "One."))
    assert header(article, 0) == "Title | 2023-06-04"


def test_views_are_a_paragraph_under_its_header_or_each_of_several_and_the_header() -> None:
    one, two = body("One."), body("One.", "And two.")
    (passage,) = passages(one, words, 9, 0)
    assert [(v.start, v.end, v.text) for v in passage.views] == [
        (None, None, "Title | 2023-06-04\nOne.")
    ]
    (passage,) = passages(two, words, 9, 0)
    assert [(v.start, v.end, v.text) for v in passage.views] == [
        (None, None, "Title | 2023-06-04"),
        (0, 4, "One."),
        (5, 13, "And two."),
    ]
    assert len({view.key for view in passage.views}) == 3


def test_a_part_of_a_passage_is_its_pieces_and_their_characters() -> None:
    article = made((Role.BODY, "One."), (Role.BODY, "Two."), (Role.BODY, "Three."))
    (whole,) = passages(article, words, 100, 0)
    part = whole.part(1, 3)
    assert part.pieces == whole.pieces[1:]
    assert part.text == JOINT.join(["Two.", "Three."]) == whole.text[whole.bounds[1][0] :]
    assert [part.text[a:b] for a, b in part.bounds] == ["Two.", "Three."]
    assert whole.part(0, 3) == whole


def test_an_article_without_paragraphs_has_no_passages() -> None:
    assert list(passages(made((Role.CAPTION, "A picture")), words, 9, 0)) == []


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
