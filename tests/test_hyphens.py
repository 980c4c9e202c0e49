"""Whether a hyphen at a line's end is the word's own."""

from __future__ import annotations

import pytest

from pincite.index.formats.hyphens import is_own_hyphen


@pytest.mark.parametrize(
    ("head", "tail", "known", "own"),
    [
        ("har", "bour", "", False),
        ("govern", "ment", "", False),  # two words of the vocabulary, and so is the whole
        ("law", "abiding", "", False),  # "abiding" is not in the vocabulary
        ("hours", "long", "", True),
        ("Hours", "long", "", True),
        ("follow-up", "call", "", True),
        ("over", "turn", "", True),  # wrongly: the vocabulary lacks "overturn"
        ("over", "turn", "overturn", False),
        ("har", "bour", "har-bour", True),
        ("Nagorno", "Karabakh", "", True),
        ("COVID-19", "related", "", True),
    ],
)
def test_the_page_decides_then_the_vocabulary(head: str, tail: str, known: str, own: bool) -> None:
    assert is_own_hyphen(head, tail, {known}) == own
