"""HTML -> blocks: what the tags say of each run of text.

Word, Markdown and e-books come through here too, once they are HTML. Of a web page, what
trafilatura takes for the page's main text is the article; all else is kept as furniture.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pincite.errors import Unreadable
from pincite.index.article import Role
from pincite.index.formats.contents import Contents, Read, Reading
from pincite.index.formats.decoding import decode
from pincite.index.formats.plain import guess
from pincite.index.formats.web_page import MainText, known_of, main_text
from pincite.index.formats.writer import Writer, tidy

if TYPE_CHECKING:
    from lxml.html import HtmlElement

# What is not shown, or not in words. Tags that hold nothing are not among them: what the parser
# puts into a <source> is the page's.
SILENT = frozenset(
    "script style template title iframe object applet canvas audio video map datalist".split()
)
_BLOCKS = frozenset(
    "address article aside blockquote body button caption center dd details dialog dir div dl dt"
    " fieldset figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html"
    " label legend li listing main menu nav noscript ol optgroup option p plaintext pre search"
    " section select summary table tbody td textarea tfoot th thead tr ul xmp svg math".split()
)
_FRAME = frozenset("nav footer aside form button select noscript menu dialog".split())
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{2,40})""", re.I)
_XML_ENCODING = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9_:.-]{2,40})""")
_CELLS = " | "  # between two cells of a row


@dataclass(frozen=True, slots=True)
class Run:
    """A run of text as the tags have it.

    Attributes:
        framed: whether it stands in what frames a page: navigation, footer, form.
        kept: whether its white space counts.
    """

    text: str
    role: Role
    framed: bool = False
    kept: bool = False


def read_html(name: str, data: bytes, reading: Reading) -> Contents:
    """A web page, or a document that was saved as one."""
    declared = _XML_ENCODING.search(data[:1024]) or _CHARSET.search(data[:4096])
    decoded = decode(data, declared.group(1).decode("ascii") if declared else None)
    tree = parsed(decoded.text)
    runs = list(runs_of(tree))
    writer = Writer()
    write(writer, runs, main_text(tree, sum(len(run.text) for run in runs)))
    if not writer.blocks:
        raise Unreadable("no text on the page")
    read = Read(name, writer.text, writer.blocks, writer.sections, known_of(tree))
    return Contents((read,), guess(name, decoded))


def parsed(text: str) -> HtmlElement:
    """The tree of an HTML text; whatever is wrong with it is mended as browsers do.

    Raises:
        Unreadable: nothing is in it.
    """
    from lxml import etree, html

    # Nothing is loaded, and HTML knows no entities of its own making.
    parser = html.HTMLParser(
        encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=True
    )
    source = tidy(text, kept=True).encode()
    try:
        tree = html.document_fromstring(source, parser=parser) if source else None
    except (etree.ParserError, etree.XMLSyntaxError) as error:
        raise Unreadable("empty") from error
    if tree is None:
        raise Unreadable("empty")
    if any(error.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for error in parser.error_log):
        raise Unreadable("its tags are nested more than 2,000 deep")  # what is deeper is lost
    return tree


def write(writer: Writer, runs: list[Run], main: MainText | None = None) -> None:
    """Write runs down; of a web page, what is not its main text as furniture."""
    titled = False
    for run in runs:
        role = run.role
        if main is not None and not main.holds(run.text, framed=run.framed):
            role = Role.FURNITURE
        elif role is Role.TITLE and titled:
            role = Role.HEADING
        titled |= role is Role.TITLE
        writer.add(run.text, role, kept=run.kept)


def runs_of(tree: HtmlElement) -> Iterator[Run]:
    """The runs of text in a tree, in order: all that a reader of the page would see."""
    from lxml import etree

    pieces: list[str] = []
    open_: list[str] = []  # the tags around
    silent = 0  # how many of them are not shown
    rows = 0  # of a table of data; its cells are one run

    def run() -> Iterator[Run]:
        text = "".join(pieces)
        pieces.clear()
        if text.strip(" \n\t\r\f|"):
            text = text if "pre" in open_ else text.strip(" \n\t\r\f|")
            role = _role(open_)
            yield Run(text, role, not _FRAME.isdisjoint(open_), "pre" in open_)

    for event, element in etree.iterwalk(tree, events=("start", "end")):
        tag = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            ends_run = tag in _BLOCKS and not (rows and tag != "tr")
            if ends_run and not silent:
                yield from run()
            open_.append(tag)
            silent += tag in SILENT
            rows += tag == "tr" and _is_data(element)
            if silent:
                continue
            if rows and tag in {"td", "th"} and any(piece.strip() for piece in pieces):
                pieces.append(_CELLS)
            if tag == "img" and (alt := " ".join(str(element.get("alt") or "").split())):
                yield from run()
                yield Run(alt, Role.CAPTION, not _FRAME.isdisjoint(open_))
            pieces.append(_white(element.text, open_))
        else:
            if not silent:
                if tag == "br":
                    pieces.append("\n")
                elif tag in _BLOCKS and rows and tag != "tr":
                    pieces.append(" ")
                elif tag in _BLOCKS:
                    yield from run()
            rows -= tag == "tr" and _is_data(element)
            silent -= tag in SILENT
            open_.pop()
            if not silent:
                pieces.append(_white(element.tail, open_))
    yield from run()


def _white(text: str | None, open_: list[str]) -> str:
    """A piece of text; a line break in the source is a blank on the page."""
    if text is None:
        return ""
    return text if "pre" in open_ else re.sub(r"[ \t\r\n\f]+", " ", text)


def _role(open_: list[str]) -> Role:
    for tag in reversed(open_):
        if tag == "h1":
            return Role.TITLE
        if tag in _HEADINGS:
            return Role.HEADING
        if tag in {"li", "dd"}:
            return Role.LIST_ITEM
        if tag in {"figcaption", "caption"}:
            return Role.CAPTION
        if tag in {"td", "th", "p", "div"}:
            # A paragraph in a list item or a caption is that; in anything else, a paragraph.
            continue
    return Role.BODY


def _is_data(row: HtmlElement) -> bool:
    """Whether a row holds data; the tables that pages are laid out with hold paragraphs."""
    cells = [cell for cell in row if cell.tag in {"td", "th"}]
    if len(cells) < 2 or any(
        next(cell.iter("table", "ul", "ol"), None) is not None for cell in cells
    ):
        return False
    return not any(sum(1 for _ in cell.iter("p", "h1", "h2", "h3", "pre")) > 2 for cell in cells)
