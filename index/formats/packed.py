"""Archives, opened with care: what they hold is counted before it is unpacked, and stays in memory.

Nothing is ever written under a name that stands in an archive.
"""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Container
from typing import TYPE_CHECKING

from pincite.errors import Unreadable
from pincite.index.formats.contents import Reading

if TYPE_CHECKING:
    from lxml.etree import _Element

_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError)


class Package:
    """A zip archive whose files are read one by one."""

    def __init__(self, data: bytes, reading: Reading) -> None:
        """Raises Unreadable where it is damaged or holds too much."""
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (*_BROKEN, ValueError, UnicodeDecodeError) as error:
            raise Unreadable("damaged archive") from error
        self._infos: dict[str, zipfile.ZipInfo] = {}
        self._reading = reading
        for number, info in enumerate(self._zip.infolist(), start=1):
            if not info.is_dir():
                reading.add_file()
                self._infos[own(info.filename, number, self._infos)] = info

    @property
    def names(self) -> list[str]:
        """Of its files, as the archive has them; the second of a name as "2-name"."""
        return list(self._infos)

    def read(self, name: str) -> bytes:
        """One file.

        Raises:
            Unreadable: it is not there, locked, damaged or too large.
        """
        info = self._infos.get(name)
        if info is None:
            raise Unreadable(f"damaged: there is no {name} in it")
        if info.flag_bits & 1:
            raise Unreadable("locked with a password")
        self._reading.unpack(info.file_size)  # zipfile never gives more than is declared here
        try:
            return self._zip.read(info)
        except (*_BROKEN, ValueError) as error:
            raise Unreadable("damaged in the archive") from error

    def xml(self, name: str) -> _Element:
        """The root of an XML file; entities are left alone and nothing is loaded.

        Raises:
            Unreadable: as `read`, or it is not XML.
        """
        from lxml import etree

        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True
        )
        try:
            return etree.fromstring(self.read(name), parser)
        except etree.XMLSyntaxError as error:
            raise Unreadable(f"damaged: {name} is no XML") from error


def own(name: str, number: int, taken: Container[str]) -> str:
    """A file's name, with its number before it where another file of the archive has the name."""
    while name in taken:
        folder, slash, last = name.rpartition("/")
        name = f"{folder}{slash}{number}-{last}"
    return name


def unzipped(data: bytes, reading: Reading) -> bytes:
    """The file in a gzip file.

    Raises:
        Unreadable: it is damaged or too large.
    """
    left = reading.limits.unpacked_bytes - reading.unpacked
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            content = file.read(left + 1)
    except _BROKEN as error:
        raise Unreadable("damaged gzip file") from error
    reading.unpack(len(content))
    return content
