"""A BibTeX entry whose fields hold any text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TextIO

from pybtex.database import BibliographyData, Entry
from pybtex.database.output.bibtex import Writer

# BibTeX counts braces, escaped ones too: in a text they are written by their names.
_BRACES = {"{": r"\textbraceleft{}", "}": r"\textbraceright{}"}


def entry(key: str, fields: Mapping[str, str]) -> str:
    """An entry of the type "misc".

    Args:
        fields: their texts as they are to be shown; of "author" one name, of "url" the address.
    """
    data = BibliographyData({key: Entry("misc", fields=fields)})
    return str(_Writer().to_string(data)).strip()


class _Writer(Writer):  # type: ignore[misc]  # of a library without types
    def _encode(self, text: str) -> str:
        parts = re.split("([{}])", text)
        return "".join([_BRACES.get(part) or super(_Writer, self)._encode(part) for part in parts])

    def _write_field(self, stream: TextIO, type: str, value: str) -> None:
        if type == "url":
            written = f"{{{value}}}"  # biblatex and the url package take it as it stands
        elif type == "author":
            written = f"{{{{{self._encode(value)}}}}}"  # or its words are a person's names
        else:
            written = self.quote(self._encode(value))
        stream.write(f",\n    {type} = {written}")
