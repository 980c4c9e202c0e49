"""Markdown, by CommonMark with tables: headings are sections, a table's rows are paragraphs.

HTML in it is read as HTML, except where a writer only speaks of a tag or marks a place to fill in:
"put the <script> tag first", "run it on <folder>". A tag that nothing closes is such a word.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING

from pincite.errors import Unreadable
from pincite.index.article import Role
from pincite.index.formats import html
from pincite.index.formats.contents import Contents, Read, Reading
from pincite.index.formats.decoding import decode
from pincite.index.formats.plain import guess, read_plain
from pincite.index.formats.writer import Writer
from pincite.index.known import Metadata

if TYPE_CHECKING:
    from markdown_it.token import Token

_DEEPEST = 50  # quotes in quotes, lists in lists

# The lines that many tools put over a text: "---", "title: ...", "---".
_FRONT = re.compile(r"---[ \t]*\r?\n(.*?)(?:^|\n)(?:---|\.\.\.)[ \t]*(?:\r?\n|$)", re.DOTALL)
_ENTRY = re.compile(r"^([A-Za-z_]+)[ \t]*:[ \t]*(\S.*?)[ \t\r]*$", re.MULTILINE)

_TAG = re.compile(r"<(/?)([a-z][a-z0-9-]*)(.*)>", re.IGNORECASE | re.DOTALL)
# What is never closed, or need not be.
_ALONE = frozenset(
    "br hr wbr p li dt dd tr td th tbody thead tfoot option optgroup col colgroup".split()
)
# What HTML shows nothing of, or takes for plain characters, until it is closed.
_SWALLOWING = html.SILENT | {"textarea", "xmp", "plaintext", "noframes", "noembed"}
_OPENED = re.compile(
    rf"<(!--|\?|!\[cdata\[|!(?=[a-z])|(?:{'|'.join(sorted(_SWALLOWING))})(?=[\s/>]))"
)
_CLOSED_BY = {"!--": "-->", "?": "?>", "![cdata[": "]]>", "!": ">"}


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
    if _is_open("\n".join(token.content for token in tokens if token.type == "html_block")):
        tokens = markdown.disable("html_block").parse(text)
    if any(token.level >= _DEEPEST - 1 for token in tokens):
        return read_plain(name, data, reading)  # what is deeper would be lost
    for token in tokens:
        _show_lone_tags(token.children or ())
    rendered = markdown.renderer.render(tokens, markdown.options, {})
    if rendered.strip():
        html.write(writer, list(html.runs_of(html.parsed(rendered))))
    if not writer.blocks:
        raise Unreadable("empty")
    read = Read(name, writer.text, writer.blocks, writer.sections, known)
    return Contents((read,), guess(name, decoded))


def _is_open(source: str) -> bool:
    """Whether something in HTML that swallows what follows is never closed."""
    source = source.lower()
    at = 0
    while opened := _OPENED.search(source, at):
        at = source.find(_CLOSED_BY.get(opened[1], f"</{opened[1]}"), opened.end())
        if at < 0:
            return True
    return False


def _show_lone_tags(tokens: Sequence[Token]) -> None:
    """Make text of the tags in a paragraph that are words of it."""
    waiting: defaultdict[str, list[Token]] = defaultdict(list)  # until they are closed
    lone: list[Token] = []
    for token in tokens:
        tag = _TAG.fullmatch(token.content) if token.type == "html_inline" else None
        if tag is None:
            continue
        name = tag[2].lower()
        if tag[1] and waiting[name]:
            waiting[name].pop()
        elif tag[1]:
            lone.append(token)
        else:
            waiting[name].append(token)
    for token in chain(lone, *waiting.values()):
        if _is_word(token.content):
            token.type = "text"


def _is_word(tag: str) -> bool:
    """Whether a tag that nothing closes, or that closes nothing, is a word of the text."""
    from lxml.html.defs import tags

    found = _TAG.fullmatch(tag)
    assert found is not None
    closing, name, attributes = found[1], found[2].lower(), found[3]
    known = name in tags and name not in _SWALLOWING
    if name in _ALONE or (closing and known):
        return False
    whole = known or attributes.endswith((" /", '"/', "'/"))  # it may be meant as it stands
    return bool(closing) or not (whole and attributes.strip(" \n/"))


def _known(front: str) -> Metadata:
    said = {key.lower(): value.strip("\"'") for key, value in _ENTRY.findall(front)}
    date = re.match(r"\d{4}(-\d{2}){0,2}", said.get("date") or said.get("published") or "")
    return Metadata(
        title=said.get("title") or None,
        publisher=said.get("publisher") or said.get("author") or None,
        published=date.group() if date else None,
        url=said.get("url") or None,
    )
