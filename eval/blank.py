"""A set of evaluation questions to fill in: paragraphs of a collection, and no question yet."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pincite.index.article import Article, Block
from pincite.index.store import Store
from pincite.qa.answer import Status

T = TypeVar("T")

KINDS = ("who", "when", "where", "how_many", "what", "why")
"""What the slots are for in turn: whoever fills one in changes it to what they ask."""

CHARS = (80, 600)  # of a paragraph that one can ask about, and read at once

_ABOUT = """\
# Questions to write about the collection "{collection}".
# One JSON object a line; empty lines and lines that begin with # are passed over.
#
#   question  as somebody would ask it who has not read the paragraph
#   answers   every wording that is right, copied from the evidence
#   evidence  the sentence that answers, an exact part of the paragraph: cut it down to that
#   kind      {kinds},
#             or said (who said what), agreed (two articles tell it), paraphrase, misspelled
#             or keywords (the same question asked in another way)
#   group     one name for all questions about one fact
#   split     dev to work with; make every other group test, and look at those once, at the end
#
# Where articles differ, the kind and the status are "disputed", with an account for each version.
# Write a line's question and answers, or delete the line. Then: pincite eval validate {file}
"""
_NO_ANSWER = """\
# Questions that the articles do not answer: one close to them, one about something else.
"""
_CONVERSATION = """\
# A conversation: the second question needs the first ("and why?"); "standalone" is the same
# written out so that it needs nothing.
"""


@dataclass(frozen=True, slots=True)
class Slot:
    """A paragraph to ask about."""

    article: Article
    block: Block

    @property
    def account(self) -> dict[str, Any]:
        """An account with the paragraph for evidence, and no answer."""
        gold = {"file": self.article.file, "evidence": self.article.slice(self.block)}
        return {"answers": [""], "gold": [gold]}

    @property
    def citation(self) -> str:
        """Who says it, and where."""
        place = self.article.label(self.article.citable.index(self.block) + 1)
        named = (self.article.publisher, self.article.title, place)
        return ", ".join(" ".join(part.split()) for part in named if part)


def blank_set(store: Store, collection: str, file: str, count: int) -> str:
    """The text of a set with slots of the format of `pincite.eval.question_file`.

    Every line is of that form but for its question and answers, which are empty.

    Args:
        collection, file: the collection's name and the file's, as a command would take them.
        count: slots with a paragraph, 1 or more; fewer where there are fewer paragraphs.
    """
    slots = list(choose(store, count))
    parts = [_ABOUT.format(collection=collection, kinds=", ".join(KINDS), file=file)]
    for number, slot in enumerate(slots, start=1):
        one = {"question": "", "status": Status.ANSWERED.value, "accounts": [slot.account]}
        entry = _entry(f"own-{number:02}", KINDS[(number - 1) % len(KINDS)], one)
        parts.append(f"\n# {slot.citation}\n{entry}")
    none = {"question": "", "status": Status.NO_ANSWER.value, "accounts": []}
    names = ("unanswerable_near", "unanswerable_far")
    parts.append(f"\n{_NO_ANSWER}" + "".join(_entry(f"own-{name}", name, none) for name in names))
    if slots:
        turn = {
            "question": "",
            "standalone": "",
            "status": Status.ANSWERED.value,
            "accounts": [slots[0].account],
        }
        talk = _entry("own-conversation", "conversation", {"turns": [turn, turn]})
        parts.append(f"\n{_CONVERSATION}# {slots[0].citation}\n{talk}")
    return "".join(parts)


def choose(store: Store, count: int) -> Iterator[Slot]:
    """Paragraphs spread over the articles and through each, the same ones each time."""
    rows = [row for row in store.articles() if row.paragraphs]
    chosen = _spread(range(len(rows)), count)
    each, more = divmod(count, max(len(chosen), 1))
    for number, place in enumerate(chosen):
        article = store.article(rows[place].id)
        if article is not None:
            blocks = _spread(_askable(article), each + (number < more))
            yield from (Slot(article, block) for block in blocks)


def _askable(article: Article) -> Sequence[Block]:
    """Its paragraphs of a length to ask about; all of them where none is."""
    fewest, most = CHARS
    fitting = [b for b in article.paragraphs if fewest <= b.end - b.start <= most]
    return fitting or article.paragraphs


def _spread(values: Sequence[T], count: int) -> list[T]:
    """As many of the values, evenly spaced; all where there are not more."""
    count = min(count, len(values))
    return [values[(2 * i + 1) * len(values) // (2 * count)] for i in range(count)]


def _entry(name: str, kind: str, rest: dict[str, Any]) -> str:
    entry = {"id": name, "kind": kind, "group": name, "split": "dev", **rest}
    return json.dumps(entry, ensure_ascii=False) + "\n"
