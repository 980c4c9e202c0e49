"""What the tests of `index/blocks.py` share."""

from __future__ import annotations

from pincite.index.article import CITABLE, Block, Role, Section
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
