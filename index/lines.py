"""The lines of a page: a text cut at its line breaks, put together again where
it was only wrapped at a column, and cut once more where a link's text was glued
to the sentence after it.

Offsets are `[start, end)` in characters of the text as given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

_LINE = re.compile(r"[^\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
_BREAK = re.compile(r"\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_WORD = re.compile(r"[^\W\d_][\w'’.-]*")
_SENTENCE_END = re.compile(r"[.!?…。！？][\"”’'»)\]*]*$")

MARKER = re.compile(  # of a list item: a bullet, a dash, a number or a letter
    r"(?:[•●▪◦‣⁃∙·►▶▸■□➤✔✓*+](?![*+])\s*|[-–—]{1,2}\s+|\(?\d{1,3}[.)]\s+|\(?[a-z]\)\s+)(?=\S)"
)

# Narrower than any column text is wrapped at, and wider: outside, lines are paragraphs.
_NARROWEST, _WIDEST = 40, 120


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the page; several lines of the file where those were only wrapped.

    Attributes:
        start, end: `[start, end)` in characters of the text; begins and ends
            on characters that are not white space.
        text: the characters themselves.
        gap: line breaks between it and the line before, 0 for the first line
            and for the second half of a glued one.
        words: its words, numbers left out.
        is_sentence: whether it ends like a sentence.
    """

    start: int
    end: int
    text: str
    gap: int
    words: tuple[str, ...]
    is_sentence: bool

    @property
    def capitals(self) -> float:
        """The share, 0..1, of its words of four letters or more that begin with a capital."""
        long = [word for word in self.words if len(word) > 3]
        return sum(word[0].isupper() for word in long) / len(long) if long else 0.0


def split_lines(text: str) -> list[Line]:
    """The page's lines in order; together they hold all that is not white space."""
    lines = []
    for start, end, gap in _unwrap(text, _file_lines(text)):
        cuts = [0, *_glue(text[start:end]), end - start]
        for first, last in pairwise(cuts):
            piece = text[start + first : start + last]
            left = start + first + len(piece) - len(piece.lstrip())
            lines.append(_line(left, piece.strip(), gap if first == 0 else 0))
    return lines


def _line(start: int, text: str, gap: int) -> Line:
    # Nobody asks for the words of a long paragraph, so only its beginning is taken apart.
    words = tuple(_WORD.findall(text, 0, 400))
    is_sentence = _SENTENCE_END.search(text, max(0, len(text) - 12)) is not None
    return Line(start, start + len(text), text, gap, words, is_sentence)


@dataclass(frozen=True, slots=True)
class _FileLine:
    """A line of the file, its indent counted from the line break before it."""

    start: int
    end: int
    gap: int
    indent: int


def _file_lines(text: str) -> list[_FileLine]:
    lines: list[_FileLine] = []
    for match in _LINE.finditer(text):
        body = match.group()
        bare = body.strip()
        if bare:
            indent = len(body) - len(body.lstrip())
            start = match.start() + indent
            gap = len(_BREAK.findall(text, lines[-1].end, start)) if lines else 0
            lines.append(_FileLine(start, start + len(bare), gap, indent))
    return lines


def _unwrap(text: str, lines: list[_FileLine]) -> Iterator[tuple[int, int, int]]:
    """`(start, end, gap)` of each line, wrapped ones joined."""
    width = _column(text, lines)
    start = end = gap = 0
    for index, line in enumerate(lines):
        if width and index and _continues(text, lines[index - 1], line, width):
            end = line.end
            continue
        if index:
            yield start, end, gap
        start, end, gap = line.start, line.end, line.gap
    if lines:
        yield start, end, gap


def _column(text: str, lines: list[_FileLine]) -> int:
    """The column the text is wrapped at, or 0 where each line is a paragraph of its own.

    A text was wrapped if hardly any line has room for the first word of the
    next, and if many break off in the middle of a sentence.
    """
    pairs = [(a, b) for a, b in pairwise(lines) if b.gap == 1]
    if len(pairs) < 2:
        return 0
    lengths = sorted(a.end - a.start + a.indent for a, _ in pairs)
    width = lengths[int((len(lengths) - 1) * 0.98)]
    if not _NARROWEST <= width <= _WIDEST:
        return 0
    full = sum(_is_full(text, a, b, width) for a, b in pairs)
    broken = sum(_breaks_off(text, a, b) for a, b in pairs)
    return width if full >= 0.75 * len(pairs) and broken >= 0.34 * len(pairs) else 0


def _continues(text: str, line: _FileLine, after: _FileLine, width: int) -> bool:
    if after.gap != 1 or MARKER.match(text, after.start, after.end):
        return False
    if after.indent > line.indent + 1 and not MARKER.match(text, line.start, line.end):
        return False
    return _is_full(text, line, after, width) or _breaks_off(text, line, after)


def _is_full(text: str, line: _FileLine, after: _FileLine, width: int) -> bool:
    end = after.start
    while end < after.end and not text[end].isspace():
        end += 1
    return line.indent + line.end - line.start + 1 + end - after.start > width


def _breaks_off(text: str, line: _FileLine, after: _FileLine) -> bool:
    return text[after.start].islower() and text[line.end - 1] not in ".!?:;…"


# -- text glued together -------------------------------------------------------------------

_TEASER = (
    r"(?:SEE ALSO|READ ALSO|ALSO READ|READ MORE|READ NEXT|RELATED|RECOMMENDED|DON['’]T MISS|MORE"
    r"|WATCH|See also|See Also|Read also|Also read|Read more|Related)\s?:"
)
_TEASER_START = re.compile(_TEASER)
_TEASER_GLUED = re.compile(r"(?<=[.!?”\"’])(?:SEE ALSO|READ ALSO|ALSO READ|READ MORE|RELATED):")
_BUTTON_START = re.compile(
    r"(?:Story continues below )?(?:Advertisement|ADVERTISEMENT|Read More|READ MORE)(?=[A-Z“\"])"
)
_BUTTON_END = re.compile(r"(?<=[.!?”\"’])\s*(?:Advertisement|ADVERTISEMENT|Read More|___)$")
_SEAM = re.compile(r"(?<=[a-z0-9.?!)’”\"'])(?=[“\"]?[A-Z])")
_NAME_PREFIX = re.compile(r"\b(?:Mc|Mac|De|Di|La|Le|Du|Van|Fitz|O['’]|[a-z])$")


def _glue(text: str) -> list[int]:
    """Where to cut a line whose pieces were glued together, offsets into it, ascending."""
    cuts = set()
    if button := _BUTTON_START.match(text):
        cuts.add(button.end())
    if text[-1] in "_teT" and (button := _BUTTON_END.search(text, max(1, len(text) - 20))):
        cuts.add(button.start())
    starts: list[int] = []
    if "ALSO:" in text or "MORE:" in text or "READ:" in text or "RELATED:" in text:
        starts += [teaser.start() for teaser in _TEASER_GLUED.finditer(text)]
        cuts.update(starts)
    if _TEASER_START.match(text):
        starts.insert(0, 0)
    for start in starts:
        if seam := _seam(text, start):
            cuts.add(seam)
    return sorted(cuts)


def _seam(text: str, start: int) -> int:
    """Where the teaser that begins at `start` ends and a sentence is glued to it, or 0."""
    best, best_score = 0, 0.0
    marker = _TEASER_START.match(text, start)
    begin = marker.end() if marker else start
    for match in _SEAM.finditer(text, begin + 12, begin + 220):
        cut = match.start()
        before, after = text[begin:cut].rstrip("\"'”’"), text[cut : cut + 80]
        if _is_closing(text, begin, cut) or _NAME_PREFIX.search(before) or text[cut - 1] == " ":
            continue
        if len(text) - cut < 20 or not _SENTENCE_END.search(text, max(cut, len(text) - 12)):
            continue
        # A teaser is set in capitals, the sentence after it is not; a name with
        # a capital inside it (or a quote) has the same case on both of its sides.
        score = 1.0 + _share(before) - _share(after[1:])
        if score > best_score + 0.15:
            best, best_score = cut, score
    return best


def _is_closing(text: str, begin: int, cut: int) -> bool:
    """Whether a straight quotation mark at `cut` closes a quote rather than opens one."""
    return text[cut] == '"' and text.count('"', begin, cut) % 2 == 1


def _share(text: str) -> float:
    words = [word for word in _WORD.findall(text) if len(word) > 3][-10:]
    return sum(word[0].isupper() for word in words) / len(words) if words else 0.0
