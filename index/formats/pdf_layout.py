"""The characters of a PDF's page -> lines, columns, paragraphs.

A page says where each character stands, and little else. Sizes and places are in points
from the page's lower left corner.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from pincite.index.article import Role
from pincite.index.formats.hyphens import is_own_hyphen, is_torn
from pincite.index.lines import MARKER

HYPHEN = "\x02"  # pdfium's, for a word that is parted at a line's end
_HYPHENS = (HYPHEN, "\xad", "-", "‐")
_LEADING = 2.0  # times the type size: lines of one paragraph are no farther apart
_APART = 2.0  # times the type size: so far apart, two words are not of one text
_MARGIN = 0.1  # of the page's height, above and below, where running heads stand
_SPREAD = 4  # words of a line whose gaps say whether it was drawn apart
_PROSE = 25  # characters of a column's line; a table's cells are shorter
_HEADING_CHARS = 150
_FOLIO = re.compile(
    r"(?:page\s*)?[-–—]?\s*(?:\d{1,4}|[ivxlc]{1,7})\s*[-–—]?(?:\s*(?:/|of)\s*\d+)?", re.I
)
_ADDRESS = re.compile(r"^(\w+)[\w-]*[./@][\w/]")  # what a line goes on with
_LINK = re.compile(r"://\S|^www\.\S|\w\.\w+\S*/")  # courier.example/2024 is one, too
_LINK_GOES_ON = re.compile(r"(?!https?://|www\.)(?:\S*/|\d{5,})")
_LONGEST_LINK = 500  # characters
_NOT_OF_A_WORD = re.compile(r"[^\w-]|_")
_NO_LETTER = re.compile(r"[\W\d_]")
_SENTENCE_END = re.compile(r"[.!?:;…][\"”’')\]]*$")


@dataclass(frozen=True, slots=True)
class Char:
    """A character on a page.

    Attributes:
        index: pdfium's, on this page.
        size: of its type.
    """

    index: int
    text: str
    left: float
    bottom: float
    right: float
    top: float
    size: float


@dataclass(frozen=True, slots=True)
class Line:
    """Characters in a row, from left to right as they are read.

    Attributes:
        row: equal for the cells of one row, which stand side by side.
    """

    chars: tuple[Char, ...]
    row: int
    left: float
    bottom: float
    right: float
    top: float
    size: float

    @property
    def text(self) -> str:
        """Its characters, white space around them left out."""
        return "".join(char.text for char in self.chars).strip()


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Characters that are read as one, a blank between two lines.

    Attributes:
        chars: `(character, index on the page)`; -1 for a blank that stands for a line's end.
        at_margin: whether it is one line at the upper or lower end of the page.
    """

    chars: tuple[tuple[str, int], ...]
    size: float
    lines: int
    at_margin: bool

    @property
    def text(self) -> str:
        """Its characters."""
        return "".join(char for char, _ in self.chars)


def paragraphs(chars: Iterable[Char], height: float) -> list[Paragraph]:
    """The paragraphs of a page in the order in which they are read.

    Args:
        chars: as pdfium has them, those that it made up itself included.
        height: of the page.
    """
    lines = list(_lines(chars))
    known = set(re.findall(r"\w+(?:-\w+)*", " ".join(line.text for line in lines)))
    return [_joined(group, known, height) for group in _groups(_in_columns(lines))]


def _lines(chars: Iterable[Char]) -> Iterator[Line]:
    row: list[Char] = []
    number = 0
    for char in chars:
        if char.text in "\r\n":
            continue
        last = next((c for c in reversed(row) if not c.text.isspace()), None)
        if last is not None and not char.text.isspace() and not _is_beside(last, char):
            yield from _cells(row, number)
            row, number = [], number + 1
        row.append(char)
    yield from _cells(row, number)


def _is_beside(last: Char, char: Char) -> bool:
    """Whether a character stands in the row of the one before."""
    shared = min(last.top, char.top) - max(last.bottom, char.bottom)
    low = min(last.top - last.bottom, char.top - char.bottom)
    # Loose boxes of two lines may overlap a little; a raised figure overlaps its line by half.
    back = char.left < last.left - _APART * last.size
    return shared > 0.4 * low and not back


def _cells(row: list[Char], number: int) -> Iterator[Line]:
    """A row, cut where there is a wide gap in it."""
    cell: list[Char] = []
    whole = _is_spread(row)
    for char in row:
        last = next((c for c in reversed(cell) if not c.text.isspace()), None)
        apart = last and not char.text.isspace() and char.left - last.right > _APART * last.size
        if apart and not whole:
            yield from _cell(cell, number)
            cell = []
        cell.append(char)
    yield from _cell(cell, number)


def _is_spread(row: list[Char]) -> bool:
    """Whether a row is a line of few words, drawn apart to be as long as the others.

    Then all gaps are alike, whatever the words' lengths: a table's columns stand at their places.
    """
    words: list[tuple[float, float]] = []
    before: Char | None = None
    for char in row:
        if not char.text.isspace():
            begins = before is None or char.left - before.right > 0.1 * char.size
            left = char.left if begins else words.pop()[0]
            words.append((left, char.right))
            before = char
    if len(words) < _SPREAD:
        return False
    gaps = [b[0] - a[1] for a, b in pairwise(words)]
    lengths = [right - left for left, right in words]
    alike = max(gaps) - min(gaps) < 0.1 * row[0].size
    return alike and max(lengths) - min(lengths) > row[0].size


def _cell(chars: list[Char], number: int) -> Iterator[Line]:
    inked = [char for char in chars if not char.text.isspace()]
    if inked:
        yield Line(
            tuple(chars),
            number,
            min(char.left for char in inked),
            min(char.bottom for char in inked),
            max(char.right for char in inked),
            max(char.top for char in inked),
            median(char.size for char in inked),
        )


# -- columns -------------------------------------------------------------------------------


def _in_columns(lines: list[Line]) -> list[Line]:
    """Lines of two columns that stand in the file row by row, one column after the other."""
    rows = Counter(line.row for line in lines)
    beside = [line for line in lines if rows[line.row] == 2 and len(line.text) >= _PROSE]
    pairs = [(a, b) for a, b in pairwise(beside) if a.row == b.row]
    if len(pairs) < 5:
        return lines  # no columns, or the file has them one after the other already
    gutter = (median(a.right for a, _ in pairs) + median(b.left for _, b in pairs)) / 2
    if sum(a.right <= gutter <= b.left for a, b in pairs) < 0.8 * len(pairs):
        return lines
    ordered: list[Line] = []
    right: list[Line] = []
    for line in lines:
        if line.left >= gutter:
            right.append(line)
            continue
        if line.right > gutter:  # a headline across both: what is above it comes first
            ordered += right
            right = []
        ordered.append(line)
    # Side by side no more: each column's lines are rows of their own.
    single = [*ordered, *right]
    return [
        Line(line.chars, n, line.left, line.bottom, line.right, line.top, line.size)
        for n, line in enumerate(single)
    ]


# -- paragraphs ----------------------------------------------------------------------------


def _groups(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Lines that make a paragraph; a row of several cells is one of its own."""
    # The narrower ones: where paragraphs are short, most steps lead to the next paragraph.
    steps = sorted(s for a, b in pairwise(lines) if 0.8 * a.size < (s := a.bottom - b.bottom))
    pitch = steps[len(steps) // 5] if steps else 0.0
    rows = Counter(line.row for line in lines)
    group: list[Line] = []
    for line in lines:
        if group and not _continues(group, line, pitch, rows):
            yield group
            group = []
        group.append(line)
    if group:
        yield group


def _continues(group: list[Line], line: Line, pitch: float, rows: Counter[int]) -> bool:
    last = group[-1]
    if rows[line.row] > 1 or rows[last.row] > 1:
        return line.row == last.row
    step = last.bottom - line.bottom
    if step <= 0:  # the next column, or the next page's
        return _breaks_off(last) and line.text[0].islower()
    if abs(line.size - last.size) > 0.1 * last.size or step > 1.35 * min(
        max(pitch, last.size), _LEADING * last.size
    ):
        return False
    if MARKER.match(line.text):
        return False
    indented = line.left > last.left + 0.8 * line.size and len(group) > 1
    right = max(other.right for other in group)
    short = last.right < right - 0.15 * (right - last.left) if len(group) > 1 else False
    ends = _SENTENCE_END.search(last.text) is not None
    return not ((indented or short) and ends)


def _breaks_off(line: Line) -> bool:
    return _SENTENCE_END.search(line.text) is None


def _joined(lines: list[Line], known: set[str], height: float) -> Paragraph:
    chars: list[tuple[str, int]] = []
    for n, line in enumerate(lines):
        if n:
            while chars[-1][0].isspace():
                del chars[-1]
            last = _last_word(chars)
            if line.row == lines[n - 1].row:
                chars += [(" ", -1), ("|", -1), (" ", -1)]
            elif not _join_parted(chars, last, line, known) and not _goes_on(last, line):
                chars.append((" ", -1))
        chars += ((char.text, char.index) for char in line.chars)
    alone = len({line.row for line in lines}) == 1
    edge = min(line.bottom for line in lines) > (1 - _MARGIN) * height
    foot = max(line.top for line in lines) < _MARGIN * height
    size = median(line.size for line in lines)
    return Paragraph(tuple(_tidied(chars)), size, len(lines), alone and (edge or foot))


def _join_parted(chars: list[tuple[str, int]], last: str, line: Line, known: set[str]) -> bool:
    """Join a word that is parted at the end of a line; whether there was one.

    Args:
        last: the last word of `chars`.
    """
    if not last.endswith(_HYPHENS):
        return False
    head, tail = _NOT_OF_A_WORD.split(last[:-1])[-1], re.match(r"\w+", line.text)
    if not head.strip("-") or tail is None:  # a dash between two words parts none
        return False
    # The hyphens of an address are its own: courier-journal.com.
    in_address = _ADDRESS.match(line.text) or _LINK.search(last)
    if in_address or is_own_hyphen(head, tail.group(), known):
        chars[-1] = ("-", chars[-1][1])
    else:
        del chars[-1]
    return True


def _goes_on(last: str, line: Line) -> bool:
    """Whether a line begins with the rest of an address, the last word, that did not fit."""
    if not _LINK.search(last):
        return False
    head, tail = _NO_LETTER.split(last)[-1], _NO_LETTER.split(line.text, maxsplit=1)[0]
    return _LINK_GOES_ON.match(line.text) is not None or is_torn(head, tail)


def _last_word(chars: Sequence[tuple[str, int]]) -> str:
    words = "".join(char for char, _ in chars[-_LONGEST_LINK:]).split()
    return words[-1] if words else ""


def _tidied(chars: list[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    """White space single and none around; a hyphen in a line's middle is one."""
    blank: tuple[str, int] | None = None
    begun = False
    for char, index in chars:
        if char.isspace():
            blank = (" ", index)
            continue
        if blank and begun:
            yield blank
        blank, begun = None, True
        yield ("-" if char in _HYPHENS[:2] else char), index


# -- running heads, headings ---------------------------------------------------------------


def roles(pages: Sequence[Sequence[Paragraph]]) -> list[list[Role]]:
    """What each paragraph of each page is.

    What stands at the margin of three pages or more, its figures aside, and page numbers are
    furniture; what is set larger than the body of the text is a heading.
    """
    heads = Counter(
        key for page in pages for key in {_figureless(p.text) for p in page if p.at_margin}
    )
    sizes: Counter[float] = Counter()
    for page in pages:
        for p in page:
            sizes[round(p.size, 1)] += len(p.chars)
    body = sizes.most_common(1)[0][0] if sizes else 0.0
    largest = max((p.size for page in pages[:1] for p in page if _may_head(p, body)), default=0.0)

    def role(p: Paragraph, first: bool) -> Role:
        if p.at_margin and (heads[_figureless(p.text)] >= 3 or _FOLIO.fullmatch(p.text)):
            return Role.FURNITURE
        if _may_head(p, body):
            return Role.TITLE if first and p.size == largest else Role.HEADING
        return Role.LIST_ITEM if MARKER.match(p.text) else Role.BODY

    return [[role(p, n == 0) for p in page] for n, page in enumerate(pages)]


def _may_head(p: Paragraph, body: float) -> bool:
    return (
        p.size > 1.12 * body and len(p.chars) <= _HEADING_CHARS and any(c.isalpha() for c in p.text)
    )


def _figureless(text: str) -> str:
    return re.sub(r"\d+", "#", text.casefold())
