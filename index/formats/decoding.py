"""Bytes -> text: by the byte order mark, as UTF-8, by what is declared, else by a guess.

A few bytes that don't fit make no other encoding of UTF-8: they are damage, and said to be.

A detector needs some hundred characters of a language to know its code page: of a short text in
Windows-1252 it makes Chinese. So a text that is mostly ASCII is first taken for one of the code
pages of Europe, and any other is left to the detector.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from pincite.errors import Unreadable

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Encodings whose bytes are all of ASCII, and pass for UTF-8.
_IN_ASCII = re.compile(r"iso-?2022|csiso2022|hz|utf-?7", re.IGNORECASE)
_LOOKED_AT = 65_536  # bytes that a guess rests on
_DAMAGED = 0.01  # share of the bytes over 127 that may be no UTF-8 in a text of UTF-8
_HIGH = re.compile(rb"[\x80-\xff]")
_LETTERS = 0x30  # the first byte that may be half of a character
_FOREIGN = 0.3  # share of letters over 127 that stand in a row, from which it is another alphabet
_MANY = 0.6  # share of bytes over 127 that no longer text of the Latin alphabet has
_RUN = re.compile(rb"[\xc0-\xff]{3,}")
# Letters that stand in texts of western Europe; other code pages make rarer ones of their bytes.
_WESTERN = frozenset(
    "äöüßÄÖÜéèêëàâáåãæçñóòôõøœíìîïúùûýÿÉÈÀÂÁÅÃÆÇÑÓÒÔÕØŒÍÎÏÚÙÛ‘’“”„‚–—…«»€£§°·•¿¡½¼´®©™±²³µ\xa0"
)
_CENTRAL = frozenset(
    "ąćęłńśźżĄĆĘŁŃŚŹŻčďěňřšťůžČĎĚŇŘŠŤŮŽőűŐŰăşţĂŞŢđĐľĽáéíóúýäëöüßôâîÁÉÍÓÚÝÄÖÜ‘’“”„–—…«»€§°\xa0"
)
_EUROPEAN = (("cp1252", _WESTERN), ("cp1250", _CENTRAL), ("mac_roman", _WESTERN))
# A capital letter after a small one, or a mark within a word: of another code page.
_MISPLACED = re.compile(
    r"(?<=[a-z])[À-ÖØ-ÞŒŸĄĆĘŁŃŚŹŻČĎĚŇŘŠŤŮŽŐŰĂŞŢĐĽ]|(?<=[A-Za-z])[…•¡¿«»“„°£€©](?=[a-z])"
)
_STRAY = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f\x80-\x9f]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text and the encoding it was read in.

    Attributes:
        guessed: whether nothing but a guess says so.
        damaged: places that can't be read in it; in the text they are U+FFFD.
    """

    text: str
    encoding: str
    guessed: bool = False
    damaged: int = 0


def decode(data: bytes, declared: str | None = None) -> Decoded:
    """Decode a file. A byte order mark does not reach the text; nothing else is left out.

    UTF-8 that is cut off, or damaged in a few places, is UTF-8.

    Args:
        declared: the encoding that the file says it is in; it loses against a mark and UTF-8,
            unless it is one that writes all in ASCII, as the letters of Japan do.

    Raises:
        Unreadable: it is not text.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            unmarked = data[len(mark) :]
            try:
                return Decoded(unmarked.decode(encoding), encoding)
            except UnicodeDecodeError as error:
                if encoding == "utf-8" and (damaged := _damaged(unmarked, error)):
                    return damaged
                raise Unreadable(f"damaged {encoding.upper()} text (byte {error.start})") from error
    if wide := _wide(data):
        return wide
    if declared and _IN_ASCII.match(declared) and (shifted := _as(data, declared)) is not None:
        return Decoded(shifted, declared)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        if damaged := _damaged(data, error):
            return damaged
    else:
        if not _is_binary(text):
            return Decoded(text, "utf-8")
        raise Unreadable("binary, no text")
    as_declared = _as(data, declared) if declared else None
    if declared and as_declared is not None and not _is_binary(as_declared):
        return Decoded(as_declared, declared)
    sample = _sample(data)
    encoding = _latin(sample) or _detected(sample) or "ascii"
    text = data.decode(encoding, "replace")
    if _is_binary(text) or text.count("\ufffd") > 0.02 * len(text):
        raise Unreadable("binary, or text in an unknown encoding", "Convert it to UTF-8.")
    return Decoded(text, encoding, guessed=True)


def _wide(data: bytes) -> Decoded | None:
    """UTF-16 without a mark: every other byte of a Latin text is 0."""
    sample = data[:4096]
    if len(data) % 2 or len(sample) < 4 or b"\0" not in sample:
        return None
    for encoding, zeros in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[::2])):
        others = sample[::2] if encoding == "utf-16-le" else sample[1::2]
        if zeros.count(0) > 0.6 * len(zeros) and others.count(0) == 0:
            text = _as(data, encoding)
            if text is not None and not _is_binary(text):
                return Decoded(text, encoding, guessed=True)
    return None


def _damaged(data: bytes, error: UnicodeDecodeError) -> Decoded | None:
    """UTF-8 with a character cut off at its end, or with few bytes that are none."""
    text = data.decode("utf-8", "replace")
    places = text.count("\ufffd") - data.count("\ufffd".encode())
    high = len(data.translate(None, bytes(range(128))))
    # A short text of another encoding can end like one that is cut off: something has to fit.
    is_cut = error.reason == "unexpected end of data" and _HIGH.search(data, 0, error.start)
    if (is_cut or places <= _DAMAGED * high) and not _is_binary(text):
        return Decoded(text, "utf-8", damaged=places)
    return None


def _as(data: bytes, encoding: str) -> str | None:
    try:
        text = data.decode(encoding)
    except (LookupError, ValueError):
        return None
    # Such codecs as "base64" and "rot13" are no encodings of text.
    return text if isinstance(text, str) else None


def _is_binary(text: str) -> bool:
    """Whether one character in fifty is of no use in a text."""
    sample = text[:_LOOKED_AT]
    return len(_STRAY.findall(sample)) > max(1, len(sample) // 50)


def _sample(data: bytes) -> bytes:
    """The part of a text that a guess rests on: with bytes over 127, and no half characters."""
    if len(data) <= _LOOKED_AT:
        return data
    first = _HIGH.search(data)
    assert first is not None  # or it would be UTF-8
    start = max(0, first.start() - _LOOKED_AT // 2)
    end = start + _LOOKED_AT
    if end >= len(data):
        return data[start:]
    whole = next((n for n in range(end, first.end(), -1) if data[n - 1] < _LETTERS), end)
    return data[start:whole]


def _latin(sample: bytes) -> str | None:
    """The code page of a text that is ASCII with a few letters more."""
    high = bytes(byte for byte in sample if byte > 127)
    if sum(map(len, _RUN.findall(sample))) > _FOREIGN * len(high):
        return None
    if len(high) > 8 and len(high) > _MANY * sum(byte > 32 for byte in sample):
        return None
    best, fit = None, 0.7
    for encoding, letters in _EUROPEAN:
        fitting = sum(letter in letters for letter in high.decode(encoding, "replace"))
        odd = len(_MISPLACED.findall(sample.decode(encoding, "replace")))
        share = (fitting - odd) / len(high)
        if share > fit:
            best, fit = encoding, share
    return best


def _detected(sample: bytes) -> str | None:
    from charset_normalizer import from_bytes

    found = from_bytes(sample).best()
    return None if found is None else found.encoding
