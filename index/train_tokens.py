"""Train the byte-pair vocabulary that `index/tokens.py` loads.

    python -m pincite.index.train_tokens ARTICLES.jsonl.gz models/tokenizer/pincite.tiktoken

ARTICLES holds one JSON object a line with a "text". The shipped ranks were
trained on the articles that the RealTime QA project publishes with its
questions (Kasai et al., 2023, https://github.com/realtimeqa/realtimeqa_public);
none of their text is shipped, only the ranks of the byte strings. New ranks
have a new fingerprint, which `index/tokens.py` must be told.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import json
from collections.abc import Iterator
from pathlib import Path

from pincite.index.tokens import PATTERN

SIZE = 16_384


def texts(articles: Path) -> Iterator[str]:
    """The "text" of every line of a (gzipped) JSON-lines file."""
    opener = gzip.open if articles.suffix == ".gz" else open
    with opener(articles, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)["text"]


def train(corpus: Iterator[str], size: int) -> list[bytes]:
    """Byte-pair tokens in the order of their rank (Sennrich et al., 2016).

    The 256 single bytes come first, so that any text can be encoded, then the
    merged tokens in the order in which they were learnt: tiktoken merges the
    pair whose joint token has the lowest rank, which is that order.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PATTERN), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=alphabet, show_progress=True, min_frequency=2
    )
    tokenizer.train_from_iterator(corpus, trainer)
    to_byte = _byte_of_character()
    merged = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    learnt = [bytes(to_byte[c] for c in token) for token, _ in merged if len(token) > 1]
    return [bytes([byte]) for byte in range(256)] + learnt


def _byte_of_character() -> dict[str, int]:
    # The byte-level alphabet shows printable Latin-1 bytes as themselves and
    # the others, in order, as the characters from U+0100 on.
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    shown = {chr(byte): byte for byte in printable}
    return shown | {chr(0x100 + n): byte for n, byte in enumerate(others)}


def main() -> None:
    """Read the two paths, train, write the ranks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("articles", type=Path)
    parser.add_argument("ranks", type=Path)
    parser.add_argument("--size", type=int, default=SIZE)
    args = parser.parse_args()
    tokens = train(texts(args.articles), args.size)
    lines = [b"%s %d\n" % (base64.b64encode(token), rank) for rank, token in enumerate(tokens)]
    args.ranks.parent.mkdir(parents=True, exist_ok=True)
    args.ranks.write_bytes(b"".join(lines))


if __name__ == "__main__":
    main()
