"""Pincite: answers in the sources' own words, each with a citation to check.

The pipeline is the folders: `index` is everything before a question arrives,
`qa` everything after, `api` is how people reach it, `eval` is how we know.
They are installed inside this package (`pincite.index`, `pincite.qa`, ...), which
holds what all of them share: the settings and the errors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from pincite.api.client import Client
    from pincite.api.client import open_library as open
    from pincite.qa.answer import Turn

__all__ = ["Client", "Turn", "__version__", "open"]

_DOORS = {
    "Client": ("pincite.api.client", "Client"),
    "open": ("pincite.api.client", "open_library"),
    "Turn": ("pincite.qa.answer", "Turn"),
}


def __getattr__(name: str) -> object:
    # Only who comes in by one of these doors pays for what stands behind it.
    if name not in _DOORS:
        raise AttributeError(f"module 'pincite' has no attribute {name!r}")
    from importlib import import_module

    module, attribute = _DOORS[name]
    return getattr(import_module(module), attribute)
