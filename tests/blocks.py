"""What the tests of `index/blocks.py` share."""

from __future__ import annotations

from pincite.index.article import CITABLE, Article, Block, Role, Section
from pincite.index.blocks import parse


def roles(text: str, title: str | None = None) -> list[tuple[Role, str]]:
    blocks, _ = parse(text, title)
    return [(block.role, text[block.start : block.end]) for block in blocks]


def role_of(text: str, beginning: str, title: str | None = None) -> list[Role]:
    return [role for role, block in roles(text, title) if block.startswith(beginning)]


def check_invariants(
    text: str, blocks: tuple[Block, ...], sections: tuple[Section, ...] = ()
) -> None:
    position, number = 0, 0
    for block in blocks:
        assert position <= block.start < block.end <= len(text)
        assert text[position : block.start].strip() == ""
        assert not text[block.start].isspace()
        assert not text[block.end - 1].isspace()
        position = block.end
        if block.role in CITABLE:
            number += 1
            assert block.number == number
        else:
            assert block.number is None
        assert block.section is None or 0 <= block.section < len(sections)
    assert text[position:].strip() == ""


def check_places(article: Article) -> None:
    """What holds of the blocks of any document: all words are in them, in order and apart.

    Paragraphs count from 1, the parts of a long one from 1 too.
    """
    position = 0
    last: tuple[int, int | None] = (0, None)
    for block in article.blocks:
        assert position <= block.start < block.end <= len(article.text)
        assert article.text[position : block.start].strip() == ""
        assert article.slice(block) == article.slice(block).strip()
        position = block.end
        if block.number is not None:
            following = {(last[0] + 1, None), (last[0] + 1, 1)}
            following |= {(last[0], last[1] + 1)} if last[1] else set()
            last = (block.number, block.part)
            assert last in following
        assert block.section is None or 0 <= block.section < len(article.sections)
    assert article.text[position:].strip() == ""
