"""Files that somebody made to do harm, each small and each by another weakness of its format.

`HOSTILE` maps a name to a function that makes its bytes, so that large ones are made when needed.
"""

from __future__ import annotations

import gzip
import io
import os
import struct
import zipfile
from collections.abc import Callable

from tests import documents
from tests.documents import zipped

Make = Callable[[], bytes]

_XHTML = b'<html xmlns="http://www.w3.org/1999/xhtml"><body>%s</body></html>'


def times(usual: int) -> int:
    """So many examples, as many times over as `make hostile` asks for."""
    return usual * int(os.environ.get("HOSTILE_TIMES", "1"))


def changed(made: bytes, parts: dict[str, bytes]) -> bytes:
    """A zip with other files, or files of other content, in it."""
    with zipfile.ZipFile(io.BytesIO(made)) as package:
        files = {name: package.read(name) for name in package.namelist()}
    return zipped(files | parts)


def pdf_of(*objects: bytes) -> bytes:
    """A PDF of these objects, numbered from 1; the first is its root. It has no table of them."""
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (n, of) for n, of in enumerate(objects, start=1))
    return b"%PDF-1.7\n" + body + b"trailer <</Root 1 0 R /Size 99>>\n%%EOF"


def pages_that_are_each_other() -> bytes:
    return pdf_of(
        b"<</Type /Catalog /Pages 2 0 R>>",
        b"<</Type /Pages /Kids [3 0 R 2 0 R] /Count 2>>",
        b"<</Type /Pages /Kids [2 0 R] /Count 1 /Parent 2 0 R>>",
    )


def a_form_that_draws_itself() -> bytes:
    form = b"<</Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources <</XObject <</A 4 0 R>>>>"
    return pdf_of(
        b"<</Type /Catalog /Pages 2 0 R>>",
        b"<</Type /Pages /Kids [3 0 R] /Count 1>>",
        b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] /Contents 5 0 R"
        b" /Resources <</XObject <</A 4 0 R>>>>>>",
        form + b" /Length 18>>\nstream\n/A Do /A Do /A Do \nendstream",
        b"<</Length 5>>\nstream\n/A Do\nendstream",
    )


def a_million_pages() -> bytes:
    """It says so; there is one page, named over and over."""
    return pdf_of(
        b"<</Type /Catalog /Pages 2 0 R>>",
        b"<</Type /Pages /Count 1000000 /Kids [" + b"3 0 R " * 100_000 + b"]>>",
        b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 1e30 1e30]>>",
    )


def a_chapter_a_thousand_times() -> bytes:
    """An e-book that reads one chapter of 100 kB again and again: 1 GB of text in 110 kB."""
    opf = (
        b'<package xmlns="http://www.idpf.org/2007/opf"><metadata/><manifest>'
        b'<item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest><spine>'
        + b'<itemref idref="a"/>' * 10_000
        + b"</spine></package>"
    )
    chapter = _XHTML % (b"<p>" + b"The words of a chapter. " * 4000 + b"</p>")
    return changed(documents.book(), {"OPS/book.opf": opf, "OPS/a.xhtml": chapter})


def parts_in_parts() -> bytes:
    """An e-mail of a thousand multipart bodies, each in the one before."""
    head = b"From: a@example.org\nSubject: deep\n"
    opened = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(1000)
    )
    return head + opened + b"Content-Type: text/plain\n\nThe words within.\n"


def mail_in(charset: str) -> Make:
    """An e-mail that names a codec of Python that is no encoding of text."""
    return lambda: (
        f"From: a@example.org\nSubject: s\nContent-Type: text/plain; charset={charset}\n\n"
        "The words of a letter.\n"
    ).encode()


def page_in(charset: str) -> Make:
    return lambda: f'<html><meta charset="{charset}"><p>The words of a page.</p></html>'.encode()


def quine_zip() -> bytes:
    """Ten archives in each of ten in each of ten."""
    made = zipped({"a.txt": b"The words within."})
    for _ in range(3):
        made = zipped({f"{n}.zip": made for n in range(10)})
    return made


def overlapping_zip() -> bytes:
    """A thousand names for the same compressed megabytes."""
    inner = zipped({"a.txt": b"a" * (20 << 20)})
    with zipfile.ZipFile(io.BytesIO(inner)) as one:
        info = one.infolist()[0]
    at = inner.index(b"PK\x01\x02")
    central = b""
    for n in range(1000):
        name = b"%05d" % n
        central += inner[at : at + 28] + struct.pack("<H", 5) + inner[at + 30 : at + 46] + name
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1000, 1000, len(central), at, 0)
    assert info.header_offset == 0
    return inner[:at] + central + end


HOSTILE: dict[str, Make] = {
    "loop.pdf": pages_that_are_each_other,
    "form.pdf": a_form_that_draws_itself,
    "pages.pdf": a_million_pages,
    "again.epub": a_chapter_a_thousand_times,
    "deep.eml": parts_in_parts,
    "many.eml": lambda: b"Subject: s\n" + b"X-A: b\n" * 200_000 + b"\nThe words of a letter.",
    **{
        f"{charset}.eml": mail_in(charset)
        for charset in ("zlib", "rot13", "idna", "unicode_escape", "undefined", "utf-7", "\x01")
    },
    **{f"{charset}.html": page_in(charset) for charset in ("base64", "punycode", "x" * 10_000)},
    "quine.zip": quine_zip,
    "overlapping.zip": overlapping_zip,
    "twice.gz": lambda: gzip.compress(gzip.compress(gzip.compress(b"The words within."))),
    "bomb.jsonl.gz": lambda: gzip.compress(b" " * (80 << 20)),
    "span.html": lambda: (
        b"<table>" + b'<tr><td colspan="99999999" rowspan="99999999">x</td></tr>' * 99 + b"</table>"
    ),
    "attributes.html": lambda: b"<p " + b"a=b " * 500_000 + b">The words of a page.</p>",
    "open.html": lambda: b"<b><i>x" * 100_000,
    "comment.html": lambda: b"<!--" * 200_000 + b"<p>x",
    "entities.html": lambda: b"<p>" + b"&amp" * 500_000 + b"&#x110000;&#0;&#xd800;</p>",
    "brackets.md": lambda: b"[" * 100_000 + b"a" + b"](" * 100_000,
    "stars.md": lambda: b"*a _b " * 50_000,
    "ticks.md": lambda: b"".join(b"`" * n + b" " for n in range(1, 2000)),
    "quotes.md": lambda: b"> - " * 20_000 + b"a",
    "table.md": lambda: (
        b"|" + b"a|" * 10_000 + b"\n|" + b"-|" * 10_000 + (b"\n|" + b"b|" * 9) * 900
    ),
    "lone.md": lambda: b"<script> " * 20_000 + b"\n\n" + b"a <object> </video> " * 20_000,
    "columns.csv": lambda: (b"a," * 200_000 + b"\n") * 3,
    "quoted.csv": lambda: b'"' + b"a\n" * 1_000_000,
    "deep.jsonl": lambda: b'{"text":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "number.jsonl": lambda: b'{"id": ' + b"9" * 200_000 + b', "text": "Words."}',
    "surrogate.jsonl": lambda: b'{"id": "a", "text": "Words \\ud800 and more."}',
    "long.txt": lambda: b"The endless paragraph goes on and " * 300_000,
    "word.txt": lambda: b"a" * 10_000_000,
    "breaks.txt": lambda: b"\n" * 10_000_000 + b"The words at the end.",
    "spaces.txt": lambda: b"a" + b" " * 5_000_000 + b"b",
    "marks.txt": lambda: "e\u0301".encode() + "\u0301".encode() * 1_000_000,
    "dots.txt": lambda: b"Mr. Dr. e.g. U.S. 3. " * 100_000,
    "digits.txt": lambda: b"1,234,567.89 " * 200_000 + b"9" * 100_000,
    "turned.txt": lambda: "The words \u202eare turned\u202c and \u2066kept\u2069 so.\0".encode(),
    "entities.docx": lambda: changed(
        documents.word(),
        {
            "word/document.xml": b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
            + b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a;" * 10) for n in range(20))
            + b"]><x>&a19;</x>"
        },
    ),
    "deep.docx": lambda: changed(
        documents.word(),
        {
            "word/document.xml": b'<w:document xmlns:w="http://schemas.openxmlformats.org/'
            b'wordprocessingml/2006/main"><w:body>'
            + b"<w:tbl><w:tr><w:tc>" * 3000
            + b"<w:p/>"
            + b"</w:tc></w:tr></w:tbl>" * 3000
            + b"</w:body></w:document>"
        },
    ),
}
