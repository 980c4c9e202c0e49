"""Plain text -> blocks with roles: what on the page is the article, and what is the page.

First each line is judged by its own form (`index/marks.py`, `index/furniture.py`),
then by its neighbours: a teaser under a box's label, a headline between a
timestamp and a byline, a subheading over its paragraph, the items under a colon.
What nothing speaks against is body: a sentence lost to furniture can never be
found again, a button taken for a sentence does little harm.
"""

from __future__ import annotations

import re

from pincite.index.article import CITABLE, Block, Role, Section
from pincite.index.furniture import box_label, is_furniture, is_teaser
from pincite.index.lines import MARKER, Line, split_lines
from pincite.index.marks import (
    is_address,
    is_bare_date,
    is_byline,
    is_caption,
    is_names,
    is_outlet,
    is_signature,
    is_timestamp,
    may_be_byline,
)
from pincite.index.shapes import (
    TITLE_CHARS,
    is_capitalised,
    is_datum,
    is_heading_like,
    is_item,
    is_kicker,
    is_rubric,
    is_title_like,
    normal_title,
    shares_words,
    title_spellings,
)

_CREDIT_CHARS = 90  # of the credit by which a caption's second line is longer than its first
_HEAD_LINES = 12  # how deep the lines over an article's first paragraph may go
_NUMBERED = re.compile(r"\(?\d{1,3}[.)]\s")
_DATED = re.compile(r"[^:]*\d")


def parse(text: str, title: str | None) -> tuple[tuple[Block, ...], tuple[Section, ...]]:
    """Divides an article into blocks.

    Args:
        text: the article as stored; line breaks of any kind.
        title: its title where the metadata knows one.

    Returns:
        The blocks in order, `[start, end)` in characters of `text`, and the
        sections they belong to. Blocks never overlap, begin and end on
        characters that are not white space and together hold all such
        characters. Body paragraphs and list items are numbered from 1. The
        same text and title always give the same blocks.
    """
    page = _Page(split_lines(text), title)
    return page.blocks()


class _Page:
    """The lines of one page and, line by line, the role found so far."""

    def __init__(self, lines: list[Line], title: str | None) -> None:
        self.lines = lines
        self.roles: list[Role | None] = [_by_form(line) for line in lines]
        self.titles: frozenset[str] = title_spellings(title) if title else frozenset()
        self._pair_captions()
        self._empty_boxes()
        self.body_from = self._first_paragraph()
        self._read_head()
        self._open_posts()
        self._sign_off()
        self._list_items()
        self._headings()
        self.roles = [role or Role.BODY for role in self.roles]

    # -- neighbours that belong together ---------------------------------------------------

    def _pair_captions(self) -> None:
        """A line that stands twice, the second time with a credit, is a caption both times."""
        for index in range(1, len(self.lines)):
            first, second = self.lines[index - 1].text, self.lines[index].text
            extra = len(second) - len(first)
            if len(first) >= 15 and 0 < extra <= _CREDIT_CHARS and second.startswith(first):
                if self.roles[index] is Role.FURNITURE or second[len(first)].isalnum():
                    continue
                self.roles[index - 1] = self.roles[index] = Role.CAPTION

    def _empty_boxes(self) -> None:
        """Marks the teasers in and around boxes that promote other pages."""
        for index, line in enumerate(self.lines):
            if self.roles[index] is not Role.FURNITURE:
                continue
            if room := box_label(line):
                self._empty_box(index, room)
            elif line.is_sentence and index and self._is_headline(index - 1):
                # The name of a box over its own advert: they share their words.
                above = self.lines[index - 1]
                named = {word for word in above.words if word[0].isupper() and len(word) > 3}
                if len(named & set(line.words)) >= 2 and len(line.text) > len(above.text):
                    self.roles[index - 1] = Role.FURNITURE

    def _empty_box(self, label: int, room: int) -> None:
        before = self.lines[label - 1].text if label else ""
        for index in range(label + 1, min(label + 1 + room, len(self.lines))):
            if not self._is_headline(index):
                return
            if room > 1 and self._opens_text(index) and index > label + 1:
                return
            self.roles[index] = Role.FURNITURE
            if self.lines[index].text == before:
                # The teaser's picture text stands over the label: a whole box, deck and all.
                self.roles[label - 1] = Role.FURNITURE
                if index + 1 < len(self.lines) and self.roles[index + 1] is None:
                    self.roles[index + 1] = Role.FURNITURE
                return

    # -- the head of the page --------------------------------------------------------------

    def _first_paragraph(self) -> int:
        for index, line in enumerate(self.lines):
            if self.roles[index] is Role.LIST_ITEM or (
                self.roles[index] is None
                and (len(line.text) > TITLE_CHARS or (line.is_sentence and len(line.text) > 60))
                and normal_title(line.text) not in self.titles
            ):
                return index
        return len(self.lines)

    def _read_head(self) -> None:
        """Finds title, kicker and bylines over the first paragraph."""
        head = range(min(self.body_from, _HEAD_LINES))
        title = next((i for i in head if normal_title(self.lines[i].text) in self.titles), None)
        if title is None:
            title = self._title_by_shape()
        if title is not None:
            self.roles[title] = Role.TITLE
        for index in head:
            line = self.lines[index]
            if self.roles[index] is not None:
                continue
            if is_rubric(line) and index < self.body_from - 1:
                self.roles[index] = Role.KICKER
            elif self._is_credit(index):
                self.roles[index] = Role.BYLINE
            elif is_kicker(line) and title is not None and abs(index - title) == 1:
                self.roles[index] = Role.KICKER

    def _title_by_shape(self) -> int | None:
        """The first line, rubrics left aside, if it is short, no sentence, and text follows."""
        for index in range(min(self.body_from, _HEAD_LINES)):
            line = self.lines[index]
            if self.roles[index] in (Role.FURNITURE, Role.TIMESTAMP):
                continue
            if self.roles[index] is None and is_rubric(line) and self._undecided(index + 1):
                continue
            after = self._next(index)
            fits = (
                self.roles[index] is None
                and is_title_like(line)
                and self.body_from < len(self.lines)
                and not is_outlet(line.text)
                and not is_address(line.text)
                and (not self.titles or shares_words(line, self.titles))
                and not (is_names(line.text) and self._names_authors(index, after))
            )
            return index if fits else None
        return None

    def _undecided(self, index: int) -> bool:
        return index < len(self.lines) and self.roles[index] is None

    def _names_authors(self, index: int, after: int | None) -> bool:
        """Whether names at the head of a page are its authors' and not its title."""
        if self.titles or "," in self.lines[index].text or " and " in self.lines[index].text:
            return True
        if after is None or after >= self.body_from:
            return False
        line = self.lines[after]
        return is_outlet(line.text) or is_address(line.text) or is_capitalised(line)

    def _is_credit(self, index: int) -> bool:
        """Whether a line at the head of a page says who wrote it or for whom."""
        text = self.lines[index].text
        if is_outlet(text) or is_address(text) or may_be_byline(text):
            return True
        return (is_names(text) and index <= 4) or self._is_publisher(index)

    def _is_publisher(self, index: int) -> bool:
        """Whether a line names, under the author's name, who he writes for."""
        over = self.lines[index - 1].text if index else ""
        if not is_names(over) or self.roles[index - 1] is not Role.BYLINE:
            return False
        return is_capitalised(self.lines[index])

    # -- posts, lists, headings ------------------------------------------------------------

    def _open_posts(self) -> None:
        """The line under a timestamp that stands over a byline or a text is a post's headline."""
        stamps = [i for i, role in enumerate(self.roles) if role is Role.TIMESTAMP]
        for stamp in stamps:
            index = self._after(stamp, Role.FURNITURE)
            if index is None or self.roles[index] is not None:
                continue
            line = self.lines[index]
            below = self._next(index)
            if below is None or len(line.text) > TITLE_CHARS:
                continue
            if self.roles[below] in (Role.BYLINE, None) and may_be_byline(self.lines[below].text):
                self.roles[index], self.roles[below] = Role.HEADING, Role.BYLINE
            elif len(stamps) > 1 and is_title_like(line) and stamp >= self.body_from - 2:
                self.roles[index] = Role.HEADING
        for index in stamps:
            after = self._next(index)
            if after is None or not self._mid_text(index):
                continue
            # A day in a chronicle heads what happened on it.
            text_follows = self.roles[after] in (None, Role.LIST_ITEM)
            if text_follows and is_bare_date(self.lines[index].text):
                self.roles[index] = Role.HEADING

    def _mid_text(self, index: int) -> bool:
        return index > self.body_from

    def _sign_off(self) -> None:
        """A dash and a name under a paragraph is who wrote it, not an item of a list."""
        for index, line in enumerate(self.lines):
            if self.roles[index] in (None, Role.LIST_ITEM) and is_signature(line.text):
                around = (self.lines[i].text for i in self._around(index))
                listed = any(MARKER.match(text) and text[0] == line.text[0] for text in around)
                if index and not listed:
                    self.roles[index] = Role.BYLINE

    def _list_items(self) -> None:
        """Unmarked items: two or more short lines under a colon, or three anywhere."""
        index = 0
        while index < len(self.lines):
            end = index
            while end < len(self.lines) and self.roles[end] is None and is_item(self.lines[end]):
                end += 1
            under_colon = index > 0 and self.lines[index - 1].text.endswith(":")
            count = end - index
            last = end - 1
            if count >= 2 and self._opens_text(last) and self._is_headline(last):
                count -= 1  # the last stands over a paragraph of its own: a heading
            if count >= (2 if under_colon else 3):
                for item in range(index, index + count):
                    self.roles[item] = Role.LIST_ITEM
            index = max(end, index + 1)

    def _headings(self) -> None:
        for index, line in enumerate(self.lines):
            if self.roles[index] is Role.LIST_ITEM and self._is_numbered_heading(index):
                self.roles[index] = Role.HEADING
            if self.roles[index] is None and self._mid_text(index) and is_datum(line):
                self.roles[index] = Role.BODY if line.is_sentence else Role.LIST_ITEM
            if self.roles[index] is not None or not is_heading_like(line):
                continue
            after = self._next(index)
            if after is None:
                self.roles[index] = self._left_over(index)
            elif self._is_bare_teaser(index):
                self.roles[index] = Role.FURNITURE
            else:
                self.roles[index] = Role.HEADING

    def _is_bare_teaser(self, index: int) -> bool:
        """A link in bold, a colon and another page's headline, beside a surer teaser."""
        text = self.lines[index].text
        lead, colon, rest = text.partition(": ")
        if not colon or len(text) < 60 or _DATED.match(lead) or lead.endswith("?"):
            return False
        if rest[0].islower():
            return False
        around = self._around(index)
        return any(self.roles[i] is Role.FURNITURE and is_teaser(self.lines[i]) for i in around)

    def _around(self, index: int) -> list[int]:
        return [i for i in (index - 1, index + 1) if 0 <= i < len(self.lines)]

    def _left_over(self, index: int) -> Role | None:
        """A headline with no text under it, at the foot of a page, leads to another page."""
        line = self.lines[index]
        if index <= self.body_from:
            return None
        if is_names(line.text) or is_outlet(line.text):
            return Role.BYLINE
        return Role.FURNITURE if len(line.words) >= 5 and line.capitals >= 0.6 else None

    def _is_numbered_heading(self, index: int) -> bool:
        """A number and a few words over a paragraph of its own: "3. Coronavirus"."""
        line = self.lines[index]
        if not _NUMBERED.match(line.text) or line.is_sentence:
            return False
        listed = index > 0 and self.roles[index - 1] is Role.LIST_ITEM
        if listed and _NUMBERED.match(self.lines[index - 1].text):
            return False  # the last item of a list
        short = len(line.text) <= 80 and 0 < len(line.words) <= 12
        return short and self._opens_text(index)

    def _is_headline(self, index: int) -> bool:
        line = self.lines[index]
        return self.roles[index] is None and is_title_like(line) and len(line.text) <= 160

    def _opens_text(self, index: int) -> bool:
        """Whether a real paragraph stands under the line."""
        after = self._next(index)
        if after is None:
            return False
        line = self.lines[after]
        return self.roles[after] is None and line.is_sentence and len(line.text) >= 80

    def _next(self, index: int) -> int | None:
        """The next line that is neither furniture nor caption."""
        return self._after(index, Role.FURNITURE, Role.CAPTION)

    def _after(self, index: int, *passed: Role) -> int | None:
        for later in range(index + 1, min(index + 9, len(self.lines))):
            if self.roles[later] not in passed:
                return later
        return None

    # -- what comes out --------------------------------------------------------------------

    def blocks(self) -> tuple[tuple[Block, ...], tuple[Section, ...]]:
        """Numbers the paragraphs and puts every block into its section."""
        blocks: list[Block] = []
        sections: list[Section] = []
        number = 0
        opening = self._openings()
        for index, (line, role) in enumerate(zip(self.lines, self.roles, strict=True)):
            if index in opening:
                sections.append(opening[index])
            assert role is not None
            if role in CITABLE:
                number += 1
            blocks.append(
                Block(
                    role=role,
                    start=line.start,
                    end=line.end,
                    number=number if role in CITABLE else None,
                    section=len(sections) - 1 if sections else None,
                )
            )
        return tuple(blocks), tuple(sections)

    def _openings(self) -> dict[int, Section]:
        """By the index of its first line, a post's timestamp or a heading: each section."""
        openings = {}
        for index, role in enumerate(self.roles):
            if role is not Role.HEADING:
                continue
            first, published, byline = index, None, None
            above = index - 1
            while above >= 0 and self.roles[above] is Role.FURNITURE:
                above -= 1
            if above >= 0 and self.roles[above] is Role.TIMESTAMP:
                first, published = above, self.lines[above].text
            for below in range(index + 1, min(index + 4, len(self.lines))):
                if self.roles[below] is Role.TIMESTAMP and published is None:
                    if self._heads_a_post(below):
                        break
                    published = self.lines[below].text
                elif self.roles[below] is Role.BYLINE and byline is None:
                    byline = self.lines[below].text
                elif self.roles[below] not in (Role.CAPTION, Role.FURNITURE):
                    break
            openings[first] = Section(self.lines[index].text, published, byline)
        return openings

    def _heads_a_post(self, stamp: int) -> bool:
        after = self._after(stamp, Role.FURNITURE)
        return after is not None and self.roles[after] is Role.HEADING


def _by_form(line: Line) -> Role | None:
    """The role a line has whatever stands around it, or None."""
    text = line.text
    if len(text) > 700:
        return Role.LIST_ITEM if MARKER.match(text) else None
    if is_timestamp(text) and text[0].isalnum():
        return Role.TIMESTAMP
    if is_teaser(line) and not line.text.startswith(("PHOTO", "Photo")):
        return Role.FURNITURE
    if is_byline(text):
        return Role.BYLINE
    if is_caption(text):
        return Role.CAPTION
    if is_furniture(line):
        return Role.FURNITURE
    return Role.LIST_ITEM if MARKER.match(text) else None
