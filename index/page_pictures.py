"""The pages that an article's words stand on, as pictures, with the places of the words.

They are made of the original, which stands beside the text (`index/originals.py`), in a process
with limits (`index/sandbox.py`): nobody vouches for it.
"""

from __future__ import annotations

import atexit
import functools
from dataclasses import dataclass

from pincite.errors import InvalidRequest, PageNotFound
from pincite.index.article import Article
from pincite.index.collection import Collection
from pincite.index.formats.contents import Limits
from pincite.index.formats.pdf import Asked, MarkedPage, marked, picture
from pincite.index.formats.reading import bytes_of
from pincite.index.sandbox import Limits as Bounds
from pincite.index.sandbox import Sandbox

AT_ONCE = 20  # pages that are marked in one call at most
WIDTH, NARROWEST, WIDEST = 1200, 100, 2400  # of a picture, in pixels
_BOUNDS = Bounds(memory_mib=1024, cpu_s=20, wall_s=40.0, result_bytes=64 << 20)
_PROCESSES = 2


@dataclass(frozen=True, slots=True)
class Original:
    """The file that an article was read from.

    Attributes:
        name: of the file as it was given.
        inner: of the document in it, where it is an archive or an e-mail; else the same.
        sha256: of its bytes, hex.
    """

    name: str
    inner: str
    sha256: str


def find_original(collection: Collection, article: Article, page: int) -> Original:
    """The file that a page of an article, from 1, was read from.

    Raises:
        PageNotFound: the article has no such page, or its version is not kept any more.
        DocumentsDamaged: the documents can't be read.
    """
    if not 1 <= page <= len(article.pages):
        count = len(article.pages)
        raise PageNotFound(
            f"the article {article.id!r} has no page {page}",
            f"It has {count}." if count else "A PDF has pages; this is none.",
        )
    with collection.documents() as documents:
        found = documents.read_from(article)
    if found is None:
        raise PageNotFound(
            f"this version of the article {article.id!r} is not kept any more", "Ask again."
        )
    return Original(found[0], article.file, found[1])


def marked_pages(
    collection: Collection, article: Article, start: int, end: int, limits: Limits
) -> tuple[MarkedPage, ...]:
    """The pages that hold `article.text[start:end]`, and where on them it stands.

    None for an article without pages.

    Raises:
        InvalidRequest: there are no such characters, or they stand on more than `AT_ONCE` pages.
        PageNotFound: see `find_original`.
        DocumentsDamaged: the original is missing, or not what was given.
        Unreadable, DocumentRefused: it can't be read any more, or not within the limits.
    """
    if not 0 <= start < end <= len(article.text):
        raise InvalidRequest(
            f"the article has no characters [{start}, {end})",
            f"Give start and end with 0 <= start < end <= {len(article.text)}.",
        )
    asked = [
        Asked(n, article.text[first:last], max(start - first, 0), min(end, last) - first)
        for n, (first, last) in enumerate(article.pages, start=1)
        if max(start, first) < min(end, last)
    ]
    if len(asked) > AT_ONCE:
        raise InvalidRequest(
            f"the characters [{start}, {end}) stand on {len(asked)} pages",
            f"Ask for those of {AT_ONCE} pages at most.",
        )
    if not asked:
        return ()
    original = find_original(collection, article, asked[0].page)
    data = _read(collection, original)
    return tuple(_sandbox().run(mark, original, data, asked, limits))


def page_picture(
    collection: Collection, original: Original, number: int, width: int, limits: Limits
) -> bytes:
    """A page as a PNG.

    Args:
        original: of the page; see `find_original`.
        number: of the page, from 1.
        width: in pixels, from `NARROWEST` to `WIDEST`.

    Raises:
        InvalidRequest: no picture is so wide.
        DocumentsDamaged: the original is missing, or not what was given.
        Unreadable, DocumentRefused: it can't be read any more, or not within the limits.
    """
    if not NARROWEST <= width <= WIDEST:
        raise InvalidRequest(
            f"a picture can't be {width} pixels wide", f"Give {NARROWEST} to {WIDEST}."
        )
    data = _read(collection, original)
    return _sandbox().run(draw, original, data, number, width, limits)


def mark(original: Original, data: bytes, asked: list[Asked], limits: Limits) -> list[MarkedPage]:
    """`marked`, with the arguments that go to another process."""
    return marked(bytes_of(original.name, data, original.inner, limits), asked)


def draw(original: Original, data: bytes, number: int, width: int, limits: Limits) -> bytes:
    """`picture`, with the arguments that go to another process."""
    return picture(bytes_of(original.name, data, original.inner, limits), number, width)


def _read(collection: Collection, original: Original) -> bytes:
    with collection.documents() as documents:
        return documents.originals.read(original.sha256)


@functools.cache
def _sandbox() -> Sandbox:
    sandbox = Sandbox(_BOUNDS, processes=_PROCESSES)
    atexit.register(sandbox.close)
    return sandbox
