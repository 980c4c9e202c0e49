"""Markdown, by CommonMark with tables: headings are sections, a table's rows are paragraphs."""

from __future__ import annotations

import re

from pincite.errors import Unreadable
from pincite.index.article import Role
from pincite.index.formats import html
from pincite.index.formats.contents import Contents, Read, Reading
from pincite.index.formats.decoding import decode
from pincite.index.formats.plain import guess, read_plain
from pincite.index.formats.writer import Writer
from pincite.index.known import Metadata

_DEEPEST = 50  # quotes in quotes, lists in lists

# The lines that many tools put over a text: "---", "title: ...", "---".
_FRONT = re.compile(r"---[ \t]*\r?\n(.*?)(?:^|\n)(?:---|\.\.\.)[ \t]*(?:\r?\n|$)", re.DOTALL)
_ENTRY = re.compile(r"^([A-Za-z_]+)[ \t]*:[ \t]*(\S.*?)[ \t\r]*$", re.MULTILINE)


def read_markdown(name: str, data: bytes, reading: Reading) -> Contents:
    """One text. Its stored text is the words without their marks."""
    from markdown_it import MarkdownIt

    decoded = decode(data)
    text, writer = decoded.text, Writer()
    known = Metadata()
    if front := _FRONT.match(text):
        known = _known(front[1])
        for line in front[1].splitlines():
            writer.add(line, Role.FURNITURE)
        text = text[front.end() :]
    markdown = MarkdownIt("commonmark", {"maxNesting": _DEEPEST}).enable("table")
    tokens = markdown.parse(text)
    if any(token.level >= _DEEPEST - 1 for token in tokens):
        return read_plain(name, data, reading)  # what is deeper would be lost
    rendered = markdown.renderer.render(tokens, markdown.options, {})
    if rendered.strip():
        html.write(writer, list(html.runs_of(html.parsed(rendered))))
    if not writer.blocks:
        raise Unreadable("empty")
    read = Read(name, writer.text, writer.blocks, writer.sections, known)
    return Contents((read,), guess(name, decoded))


def _known(front: str) -> Metadata:
    said = {key.lower(): value.strip("\"'") for key, value in _ENTRY.findall(front)}
    date = re.match(r"\d{4}(-\d{2}){0,2}", said.get("date") or said.get("published") or "")
    return Metadata(
        title=said.get("title") or None,
        publisher=said.get("publisher") or said.get("author") or None,
        published=date.group() if date else None,
        url=said.get("url") or None,
    )
