"""Comma- or tab-separated values, with the columns' names in the first row.

A table with a column "text" is a list of articles, as JSON lines are; columns of other names
stand under the text. Any other table is one article with a paragraph a row, "name: Ann; age: 41",
under the names. A table without names is read as it stands.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath

from pincite.errors import Unreadable
from pincite.index.article import Role
from pincite.index.formats.contents import Contents, Notice, Read, Reading, few
from pincite.index.formats.decoding import decode
from pincite.index.formats.plain import guess
from pincite.index.formats.writer import APART, Writer, tidy
from pincite.index.known import Metadata

_DELIMITERS = ",;\t|"
_SAMPLE = 8192  # characters that the separator is found in
_KNOWN = ("title", "publisher", "published", "url", "kind")
_FIELD_CHARS = 2**31 - 1  # of a field at most: no more than the file may have


def read_table(name: str, data: bytes, reading: Reading) -> Contents:
    """The rows, as one article or as many.

    Raises:
        Unreadable: it holds no rows of values.
    """
    decoded = decode(data)
    rows = list(_rows(decoded.text))
    if not rows:
        raise Unreadable("empty")
    names = [tidy(cell).casefold() for cell in rows[0]]
    notices = guess(name, decoded)
    if "text" in names and len(rows) > 1:
        found = list(few(name, "rows", _articles(name, names, rows[1:])))
        articles = tuple(one for one in found if isinstance(one, Read))
        if not articles:
            raise Unreadable("no row has a text")
        notices += tuple(one for one in found if isinstance(one, Notice))
        return Contents(articles, notices)
    writer = Writer()
    titled = len(rows) > 1 and len(names) > 1 and _are_names(rows[0])
    if titled:
        writer.add("; ".join(rows[0]), Role.CAPTION)
    for row in rows[1:] if titled else rows:
        writer.add(_sentence(rows[0] if titled else [], row))
    if not writer.blocks:
        raise Unreadable("empty")
    # A table rarely says what it is of: its file's name does.
    known = Metadata(title=PurePosixPath(name).stem)
    return Contents((Read(name, writer.text, writer.blocks, known=known),), notices)


def _rows(text: str) -> Iterator[list[str]]:
    csv.field_size_limit(_FIELD_CHARS)
    file = io.StringIO(text.replace("\0", ""), newline="")
    try:
        # Of the sniffer's guesses no more than this: from quoted prose it takes that a quote is
        # not doubled, and a text falls apart into rows.
        for row in csv.reader(file, delimiter=_delimiter(text[:_SAMPLE])):
            if any(cell.strip() for cell in row):
                yield row
    except csv.Error as error:
        raise Unreadable(f"no table: {error}") from error


def _delimiter(sample: str) -> str:
    """What stands between two values: the first row, which most often holds names, tells."""
    first = re.sub(r'"[^"]*"', "", sample.lstrip().partition("\n")[0])
    found = Counter(char for char in first if char in _DELIMITERS)
    if len(found) == 1:
        return next(iter(found))
    try:
        return csv.Sniffer().sniff(sample, _DELIMITERS).delimiter
    except csv.Error:
        return found.most_common(1)[0][0] if found else ","


def _are_names(row: list[str]) -> bool:
    """Whether a first row holds names and no values: all different, none a number, none missing."""
    cells = [cell.strip() for cell in row]
    return len(set(cells)) == len(cells) and not any(
        cell == "" or cell[0].isdigit() for cell in cells
    )


def _sentence(names: list[str], row: list[str]) -> str:
    """A row as it is read out; what has no column keeps its place at the end."""
    said = []
    for n, cell in enumerate(row):
        if cell.strip():
            said.append(f"{names[n].strip()}: {cell.strip()}" if n < len(names) else cell.strip())
    return "; ".join(said)


def _articles(name: str, names: list[str], rows: list[list[str]]) -> Iterator[Read | Notice]:
    others = [n for n, key in enumerate(names) if key not in {*_KNOWN, "id", "text"}]
    for number, row in enumerate(rows, start=2):
        cells = dict(zip(names, row, strict=False))
        text = cells.get("text", "").strip()
        if not text:
            yield Notice(f"{name}:{number}", "empty")
            continue
        known = Metadata.model_validate(
            {key: cells[key].strip() for key in _KNOWN if cells.get(key)}
        )
        beside = [row[n] for n in others if n < len(row)]
        beside += [""] * (len(others) - len(beside)) + row[len(names) :]
        rest = _sentence([names[n] for n in others], beside)
        whole = f"{text}{APART}{rest}" if rest else text
        yield Read(f"{name}:{number}", whole, known=known, id=cells.get("id") or None)
