"""Where the values of a line of JSON stand in it."""

from __future__ import annotations

import json
import re

At = tuple[str | int, ...]
"""The keys and the places, from 0, that lead to a value."""

_decode = json.JSONDecoder().raw_decode
_space = re.compile(r"[ \t\n\r]*")


def columns(text: str) -> dict[At, int]:
    """The column, in characters from 1, at which each value begins, by its path.

    Args:
        text: one JSON value, which `json.loads` takes.
    """
    found: dict[At, int] = {}
    _walk(text, 0, (), found)
    return found


def _walk(text: str, at: int, path: At, found: dict[At, int]) -> int:
    """Note a value and those in it; where it ends."""
    at = _skip(text, at)
    found[path] = at + 1
    opened = text[at]
    if opened not in "{[":
        return _decode(text, at)[1]
    at, place = _skip(text, at + 1), 0
    while text[at] not in "}]":
        key: str | int = place
        if opened == "{":
            key, at = _decode(text, at)
            at = _skip(text, at) + 1  # the colon
        at, place = _skip(text, _walk(text, at, (*path, key), found)), place + 1
        if text[at] == ",":
            at = _skip(text, at + 1)
    return at + 1


def _skip(text: str, at: int) -> int:
    found = _space.match(text, at)
    return found.end() if found else at
