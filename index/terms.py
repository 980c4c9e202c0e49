"""The terms of a text: what BM25 matches on, the same for passages and questions.

A term is lower-cased, its diacritics folded, stemmed (Snowball English), and
every run of i and y made one i. The last step lets the romanisations of one
Slavic name meet: Zelensky, Zelenskiy and Zelenskyy; Kropyvnytskyi and
Kropyvnytskiy; Syrskyi and Syrskiy; Serhii and Serhiy.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from Stemmer import Stemmer

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_POSSESSIVE = re.compile(r"['’](?:s|S)?$|['’]")
_IY = re.compile(r"[iy]+")


def terms(text: str) -> list[str]:
    """The terms of a text in order, repeated as they are repeated."""
    stemmer = _stemmer()
    folded = fold(text)
    words = [_POSSESSIVE.sub("", word) for word in _WORD.findall(folded)]
    return [_IY.sub("i", stem) for stem in stemmer.stemWords([w for w in words if w])]


def fold(text: str) -> str:
    """Lower case without diacritics ("Kupiansʹk", "Zürich" -> "kupians'k", "zurich")."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()


@functools.lru_cache(maxsize=1)
def _stemmer() -> Stemmer:
    from Stemmer import Stemmer

    return Stemmer("english")
