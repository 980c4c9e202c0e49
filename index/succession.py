"""Which document each article is that a file holds now."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from pincite.index.article import Article
from pincite.index.intake import states_id
from pincite.index.versions import Present

_NUMBERED = re.compile(r"(.+)-[0-9]+")


def continued(
    articles: Sequence[Article], before: Sequence[Present], was_taken: Callable[[str], bool]
) -> list[Present | None]:
    """The document that each article is a version of, or None if it is new.

    One that states its id is the document of that id, wherever it stands in the file: lines move.
    Any other is the document that was read at its place.

    Args:
        before: the documents that were read of the file earlier, in order.
        was_taken: whether there ever was a document of an id, so that another that asked for it
            may have got it with a number.
    """
    by_id: dict[str, list[Present]] = {}
    by_number: dict[str, list[Present]] = {}
    by_file: dict[str, list[Present]] = {}
    for one in reversed(before):  # so that the first is at the end of each list
        by_id.setdefault(one.id, []).append(one)
        by_file.setdefault(one.file, []).append(one)
        if numbered := _NUMBERED.fullmatch(one.id):
            by_number.setdefault(numbered[1], []).append(one)
    found: list[Present | None] = [None] * len(articles)
    matched: set[int] = set()

    def match(n: int, among: list[Present]) -> None:
        while among and found[n] is None:
            one = among.pop()
            if one.number not in matched:
                matched.add(one.number)
                found[n] = one

    stated = [n for n, article in enumerate(articles) if states_id(article)]
    for n in stated:
        match(n, by_id.get(articles[n].id, []))
    for n in stated:
        id_ = articles[n].id
        if found[n] is None and id_ in by_number and was_taken(id_):
            match(n, by_number[id_])
    for n in sorted(set(range(len(articles))).difference(stated)):
        match(n, by_file.get(articles[n].file, []))
    return found
