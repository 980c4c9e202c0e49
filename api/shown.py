"""Answers and lists as the terminal shows them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pincite.api.dates import date_in_words
from pincite.index.segment import ArticleRow
from pincite.qa.answer import Answer, Citation, Status


def answer(console: Console, given: Answer) -> None:
    """Print an answer with its sources, or the nearest paragraphs where there is none."""
    if given.understood_as != given.question:
        console.print(f"Looked up as: {given.understood_as}", style="dim", markup=False)
    colour = "bold green" if given.accounts else "yellow"
    console.print(given.text, style=colour, markup=False, soft_wrap=True)
    if given.status is Status.NO_ANSWER and given.nearest:
        console.print("Nearest paragraphs:", style="dim")
    for cited in given.citations or given.nearest:
        console.print(source_line(cited), soft_wrap=True)
        console.print(Padding(quoted(cited), (0, 0, 0, 4)))


def source_line(cited: Citation) -> Text:
    """ "[1] CNN, 5 June 2023, paragraph 3 (000_8db2cb3b751ebc1b.txt)"."""
    article = cited.article
    parts = [
        article.publisher or "Publisher not named",
        date_in_words(article.published),
        f"paragraph {cited.paragraph.number}",
    ]
    line = Text(f"[{cited.number}] ", style="cyan")
    line.append(", ".join(parts), style="default")
    line.append(f" ({article.file})", style="dim")
    return line


def quoted(cited: Citation) -> Text:
    """The paragraph with the quote underlined: as whole words, so no "13" inside "2013"."""
    text, quote = cited.paragraph.text, re.escape(cited.quote)
    shown = Text(text)
    found = re.search(rf"(?<!\w){quote}(?!\w)", text) or re.search(quote, text)
    if found and cited.quote != text:
        shown.stylize("bold underline", *found.span())
    return shown


def articles(rows: Sequence[ArticleRow]) -> Table:
    """A table of articles."""
    table = Table(box=None)
    for heading in ("id", "publisher", "published", "paragraphs", "title"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(
            row.id,
            escape(row.publisher or ""),
            row.published or "",
            str(row.paragraphs),
            escape(row.title),
        )
    return table
