"""The tokens that size a passage: a tiktoken encoding that needs no network.

tiktoken fetches its stock vocabularies from the net at first use, so Pincite
ships a byte-pair vocabulary of its own, `models/tokenizer/pincite.tiktoken`,
trained on news text by `index/train_tokens.py`. Any stock encoding
("cl100k_base") stays selectable where there is a network or a filled cache.
"""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from pincite.errors import ModelError
from pincite.settings import SHIPPED

if TYPE_CHECKING:
    import tiktoken

RANKS_FILE = SHIPPED / "models" / "tokenizer" / "pincite.tiktoken"

# What `fingerprint` says of the shipped ranks: any other file is damaged.
RANKS_FINGERPRINT = "d4ec4a502fe6d449"

# Splits text before merging, so that no token spans two words: a contraction's
# tail, a word with its leading blank, up to three digits, a run of marks, white
# space. Letters and digits by Unicode property.
PATTERN = r"""'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+|\s+"""


@functools.lru_cache(maxsize=4)
def encoding(name: str) -> tiktoken.Encoding:
    """The tiktoken encoding of that name; "pincite" is the shipped one.

    Raises:
        ModelError: the ranks file is missing or damaged, or tiktoken doesn't
            know the name or can't fetch it.
    """
    import tiktoken

    if name != "pincite":
        try:
            return tiktoken.get_encoding(name)
        except (ValueError, OSError) as error:
            raise ModelError(
                f"the tiktoken encoding {name!r} can't be had: {error}",
                "Set PINCITE_TOKENIZER=pincite for the one that is shipped.",
            ) from error
    if fingerprint(name) != RANKS_FINGERPRINT:
        raise ModelError("the token vocabulary is not the shipped one", "Install Pincite again.")
    ranks = load_ranks(RANKS_FILE)
    return tiktoken.Encoding("pincite", pat_str=PATTERN, mergeable_ranks=ranks, special_tokens={})


def load_ranks(path: Path) -> dict[bytes, int]:
    """Read a ranks file: a line a token, its bytes in base64, a blank, its rank.

    Raises:
        ValueError: a line is not of that form, or the 256 single bytes are not all there.
    """
    import base64

    ranks: dict[bytes, int] = {}
    for line in path.read_bytes().splitlines():
        token, rank = line.split()
        ranks[base64.b64decode(token, validate=True)] = int(rank)
    if any(bytes([byte]) not in ranks for byte in range(256)):
        raise ValueError(f"{path.name} lacks single bytes")
    return ranks


def fingerprint(name: str) -> str:
    """What changes when the tokens change: the ranks file's hash, or a stock encoding's name.

    Raises:
        ModelError: the ranks file can't be read.
    """
    if name != "pincite":
        return name
    try:
        return hashlib.sha256(RANKS_FILE.read_bytes()).hexdigest()[:16]
    except OSError as error:
        raise ModelError(
            f"the token vocabulary can't be read: {error}", "Install Pincite again."
        ) from error
