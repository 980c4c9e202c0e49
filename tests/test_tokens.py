"""The shipped vocabulary: whole, offline, and the work of `index/train_tokens.py`."""

from __future__ import annotations

import base64
import gzip
import json
import socket
from pathlib import Path

import pytest
import tiktoken
from hypothesis import given
from hypothesis import strategies as st

from pincite.errors import ModelError
from pincite.index import tokens
from pincite.index.tokens import PATTERN, RANKS_FILE, encoding, fingerprint, load_ranks
from pincite.index.train_tokens import texts, train


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> socket.socket:
        raise OSError("no network here")

    monkeypatch.setattr(socket, "socket", refuse)


@given(st.text())
def test_any_text_comes_back_whole(text: str) -> None:
    encoded = encoding("pincite").encode_ordinary(text)
    assert encoding("pincite").decode(encoded) == text
    assert len(encoded) <= len(text.encode())


@pytest.mark.usefixtures("offline")
def test_the_shipped_vocabulary_needs_no_network() -> None:
    encoding.cache_clear()
    assert encoding("pincite").decode(encoding("pincite").encode_ordinary("Kyiv")) == "Kyiv"


def test_ranks_count_from_0_to_16383_and_begin_with_the_single_bytes() -> None:
    ranks = load_ranks(RANKS_FILE)
    assert sorted(ranks.values()) == list(range(16_384))
    assert [ranks[bytes([byte])] for byte in range(256)] == list(range(256))


def test_no_token_spans_two_words() -> None:
    text = "It's 12345 o'clock,\nsaid Zelenskyy."
    cut = encoding("pincite").decode_tokens_bytes(encoding("pincite").encode_ordinary(text))
    assert all(b" " not in token[1:] and b"\n" not in token[1:] for token in cut)
    assert b" 123" not in cut and b"'s" in cut


@pytest.mark.usefixtures("offline")
def test_an_encoding_that_can_not_be_had_names_the_setting() -> None:
    with pytest.raises(ModelError, match="no-such") as caught:
        encoding("no-such")
    assert "PINCITE_TOKENIZER" in caught.value.hint


def damaged(kind: str) -> bytes:
    raw = RANKS_FILE.read_bytes()
    lines = raw.splitlines(keepends=True)
    return {
        "cut in a line": raw[: len(raw) // 2 + 1],
        "cut between lines": b"".join(lines[:9000]),
        "a token changed": b"".join([*lines[:-1], base64.b64encode(b"zzz"), b" 16383\n"]),
        "a rank twice": b"".join([*lines[:-1], lines[-1].replace(b"16383", b"16382")]),
        "no base64": b"!" + raw[1:],
        "empty": b"",
    }[kind]


@pytest.mark.parametrize(
    "kind",
    ["cut in a line", "cut between lines", "a token changed", "a rank twice", "no base64", "empty"],
)
def test_a_damaged_vocabulary_is_not_used(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "pincite.tiktoken"
    path.write_bytes(damaged(kind))
    monkeypatch.setattr(tokens, "RANKS_FILE", path)
    encoding.cache_clear()
    with pytest.raises(ModelError) as caught:
        encoding("pincite")
    assert caught.value.hint == "Install Pincite again."
    encoding.cache_clear()


def test_a_missing_vocabulary_is_a_model_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "RANKS_FILE", tmp_path / "none")
    encoding.cache_clear()
    for read in (encoding, fingerprint):
        with pytest.raises(ModelError, match="can't be read"):
            read("pincite")
    encoding.cache_clear()


def test_fingerprint_of_a_stock_encoding_is_its_name() -> None:
    assert fingerprint("cl100k_base") == "cl100k_base"
    assert fingerprint("pincite") != "pincite"


def test_ranks_without_every_byte_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "ranks"
    lines = [b"%s %d\n" % (base64.b64encode(bytes([b])), b) for b in range(256)]
    path.write_bytes(b"".join(lines))
    assert len(load_ranks(path)) == 256
    path.write_bytes(b"".join(lines[1:]))
    with pytest.raises(ValueError, match="single bytes"):
        load_ranks(path)


def test_train_merges_the_most_frequent_pair_first() -> None:
    # hug x 2, hugs, pug: u-g stands 4 times, then h-ug 3 times; no other pair twice.
    learnt = train(iter(["hug", "hug", "hugs", "pug"]), 300)
    assert learnt == [*(bytes([byte]) for byte in range(256)), b"ug", b"hug"]
    ranks = {token: rank for rank, token in enumerate(learnt)}
    made = tiktoken.Encoding("tiny", pat_str=PATTERN, mergeable_ranks=ranks, special_tokens={})
    assert made.encode_ordinary("hugs pug") == [257, ord("s"), ord(" "), ord("p"), 256]


def test_train_stops_at_the_size() -> None:
    learnt = train(iter(["hug", "hug", "hugs", "pug"]), 257)
    assert learnt[256:] == [b"ug"]


def test_train_reads_lines_of_articles(tmp_path: Path) -> None:
    lines = "".join(json.dumps({"text": text}) + "\n" for text in ("Пес", "a\nb"))
    (tmp_path / "a.jsonl").write_text(lines, encoding="utf-8")
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    for path in tmp_path.iterdir():
        assert list(texts(path)) == ["Пес", "a\nb"]
