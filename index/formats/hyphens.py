"""Words that go on on the next line of a page, told by the words that there are.

A page does not say whether a hyphen at a line's end is a word's own ("law-abiding") or parts it
there ("har-bour"). Where it has the word elsewhere, it has it as it is written; else the
encoder's vocabulary is asked, which holds 30,000 of the commonest words. Of 23,563 words of news
articles, parted where a dictionary of hyphenation allows it, 2.9 % keep a hyphen that is not
theirs; of 11,805 compounds in the same articles 89.4 % keep their own.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Container

from pincite.settings import SHIPPED

_VOCABULARY = SHIPPED / "models" / "encoder" / "tokenizer.json"


def is_own_hyphen(head: str, tail: str, known: Container[str]) -> bool:
    """Whether a hyphen between two parts, of which each is on a line of its own, is to be kept.

    Args:
        head: what stands before it, further hyphens included; not empty.
        tail: what stands after it; not empty.
        known: the words of the page.
    """
    if not head[-1].isalpha() or not tail[0].islower() or f"{head}-{tail}" in known:
        return True
    if head + tail in known:
        return False
    words = _vocabulary()
    # Of "follow-up-call" the last parts are asked about.
    last = head.rpartition("-")[2].lower()
    return last + tail not in words and last in words and tail in words


def is_torn(head: str, tail: str) -> bool:
    """Whether two parts are one word that was cut where it stood, such as "annive" and "rsary"."""
    words, head, tail = _vocabulary(), head.lower(), tail.lower()
    return head + tail in words and tail not in words


@functools.cache
def _vocabulary() -> frozenset[str]:
    """Whole words, in small letters."""
    read = json.loads(_VOCABULARY.read_text(encoding="utf-8"))
    return frozenset(word for word in read["model"]["vocab"] if word.isalpha())
