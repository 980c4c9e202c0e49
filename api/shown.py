"""Answers and lists as the terminal shows them."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from pincite.api.excerpt import excerpt, origin
from pincite.index.formats.contents import Notice
from pincite.index.segment import ArticleRow
from pincite.qa.answer import Account, Answer, Citation, Status

INDENT = "    "
SURE, HALF_SURE = 0.8, 0.5  # confidence from which it is called high, and medium

_NOTICES = 50  # files that are named in one line
# What a terminal would obey, such as "write this to the clipboard", and shows nothing of.
_CONTROLS = {code: None for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\t"}


def answer(console: Console, given: Answer) -> None:
    """Print an answer, who says so and its sources, or the nearest paragraphs without an answer.

    On a terminal, lines are folded at its width; what is piped is one line a source, one an
    excerpt, without folding or colours.
    """
    for line in looked_up(given):
        console.print(_seen(line), style="dim", markup=False)
    colour = "bold green" if given.accounts else "yellow"
    console.print(_seen(given.text), style=colour, markup=False)
    for line in say_so(given):
        _print_indented(console, Text(_seen(line), style="dim"), "  ")
    if given.status is Status.NO_ANSWER and given.nearest:
        console.print("Nearest paragraphs:", style="dim")
    for cited in given.citations or given.nearest:
        _print_indented(console, source_line(cited), INDENT, first="")
        _print_indented(console, quoted(cited), INDENT)


def looked_up(given: Answer) -> list[str]:
    """What a follow-up was looked up as, in a line; none where that is the question itself."""
    known = given.understood_as
    return [] if known == given.question else [f"Looked up as: {known}"]


def say_so(given: Answer) -> list[str]:
    """Who says so, a line an account, which it begins with where there are several."""
    several = len(given.accounts) > 1
    return [
        (f"{account.answer}: " if several else "") + _who_says_so(account, given)
        for account in given.accounts
    ]


def _who_says_so(account: Account, given: Answer) -> str:
    """ "CNN, Reuters and others say so, 3 independent sources; high confidence"."""
    behind = [cited for cited in given.citations if cited.number in account.citations]
    names = [*dict.fromkeys(c.article.publisher or c.article.title for c in behind)]
    if account.sources > len({c.article.publisher or c.article.id for c in behind}):
        names.append("others")
    who = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    says = "say" if len(names) > 1 else "says"
    voices = f"{account.sources} independent source" + ("s" if account.sources != 1 else "")
    # Of accounts that exclude each other none is called likely; that all are unlikely is said.
    is_open = given.status is Status.DISPUTED and given.confidence >= HALF_SURE
    sure = "" if is_open else f"; {confidence_in_words(account.confidence)}"
    return f"{who} {says} so, {voices}{sure}"


def confidence_in_words(confidence: float) -> str:
    """ "high confidence".

    Args:
        confidence: 0..1.
    """
    word = "high" if confidence >= SURE else "medium" if confidence >= HALF_SURE else "low"
    return f"{word} confidence"


def notices(console: Console, given: Sequence[Notice]) -> int:
    """Print what was skipped and what is doubtful, a line each. Returns how many were skipped."""
    skipped = [str(notice) for notice in given if notice.skipped]
    doubtful = [str(notice) for notice in given if not notice.skipped]
    for what, said in (("skipped", skipped), ("note", doubtful)):
        if said:
            more = f" and {len(said) - _NOTICES} more" if len(said) > _NOTICES else ""
            line = f"{what} {len(said)}: {', '.join(said[:_NOTICES])}{more}"
            console.print(_seen(line), style="yellow", markup=False, soft_wrap=True)
    return len(skipped)


def source_line(cited: Citation) -> Text:
    """ "[1] CNN, 5 June 2023, paragraph 3 (000_8db2cb3b751ebc1b.txt)"."""
    line = Text(f"[{cited.number}] ", style="cyan")
    line.append(_seen(origin(cited)), style="default")
    line.append(_seen(f" ({cited.article.file})"), style="dim")
    return line


def quoted(cited: Citation) -> Text:
    """The words around the quote, which is underlined."""
    shown = excerpt(cited)
    before, quote, after = map(_seen, (shown.before, shown.quote, shown.after))
    return Text.assemble(before, (quote, "bold underline"), after)


def articles(rows: Sequence[ArticleRow]) -> Table:
    """A table of articles."""
    table = Table(box=None)
    for heading in ("id", "publisher", "published", "paragraphs", "title"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(
            row.id,
            escape(_seen(row.publisher or "")),
            row.published or "",
            str(row.paragraphs),
            escape(_seen(row.title)),
        )
    return table


def print_table(console: Console, table: Table) -> None:
    """Print a table; what is piped has no blanks at the ends of its lines."""
    if console.is_terminal:
        console.print(table)
        return
    with console.capture() as padded:
        console.print(table)
    for line in padded.get().splitlines():
        console.out(line.rstrip(), highlight=False)


def _seen(text: str) -> str:
    """What a terminal is to show of a text."""
    return text.translate(_CONTROLS)


def _print_indented(console: Console, text: Text, indent: str, first: str | None = None) -> None:
    """Print a text, its lines indented where they are folded, without blanks at their ends.

    Args:
        first: the indent of the first line, if it is another.
    """
    lines = (
        text.wrap(console, max(20, console.width - len(indent))) if console.is_terminal else [text]
    )
    for n, line in enumerate(lines):
        line.rstrip()
        lead = indent if n or first is None else first
        console.print(Text(lead).append_text(line), soft_wrap=True)
