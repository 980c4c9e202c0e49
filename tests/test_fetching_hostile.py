"""What a web site sends to do harm: packed to burst, packed otherwise, broken; inner addresses."""

from __future__ import annotations

import gzip
import ipaddress
import tracemalloc
from collections.abc import Iterator

import pytest

from pincite.api.fetching import AddressRefused, AddressUnreachable, is_public
from tests.test_documents_api import LAMP
from tests.test_fetching import MOST, Answer, fetched, sent, site_at

WORDS = LAMP.encode()
PACKED = gzip.compress(WORDS)
MIB = 1 << 20
TWICE = gzip.compress(gzip.compress(b"0" * 64 * MIB))
THRICE = gzip.compress(TWICE)


def packed(body: bytes, how: str) -> Answer:
    return sent(body, "text/plain", Content_Encoding=how)


ANSWERS: dict[str, Answer] = {
    "/twice": packed(TWICE, "gzip, gzip"),
    "/thrice": packed(THRICE, "gzip, gzip, gzip"),
    "/deflate": packed(b"", "deflate"),
    "/mixed": packed(PACKED, "identity, gzip"),
    "/burst": packed(gzip.compress(b"0" * 64 * MIB), "gzip"),
    "/members-burst": packed(gzip.compress(b"0" * MOST) + gzip.compress(b"0"), "gzip"),
    "/identity": packed(WORDS, "identity"),
    "/named-otherwise": packed(PACKED, "X-Gzip"),
    "/members": packed(gzip.compress(WORDS[:9]) + gzip.compress(b"") + gzip.compress(WORDS[9:]),
                       "gzip"),
    "/just": packed(gzip.compress(b"0" * MOST), "gzip"),
    "/nothing": packed(b"", "gzip"),
    "/cut": packed(PACKED[:-9], "gzip"),
    "/cut-later": packed(PACKED + PACKED[:12], "gzip"),
    "/changed": packed(PACKED[:20] + b"\0\0\0\0" + PACKED[24:], "gzip"),
    "/unpacked": packed(WORDS, "gzip"),
}  # fmt: skip


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with site_at() as (host, noted):
        noted.answers.update(ANSWERS)
        yield host


@pytest.mark.parametrize("path", ["/twice", "/thrice", "/deflate", "/mixed"])
def test_what_is_packed_as_was_not_asked_for_is_not_unpacked(site: str, path: str) -> None:
    with pytest.raises(AddressRefused, match="packed as") as refused:
        fetched(f"http://{site}{path}")
    assert refused.value.hint


@pytest.mark.parametrize("path", ["/burst", "/twice", "/thrice"])
def test_what_bursts_is_not_unpacked_beyond_the_limit(site: str, path: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(AddressRefused):
            fetched(f"http://{site}{path}")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 * MIB


def test_the_limit_is_of_all_members_together(site: str) -> None:
    with pytest.raises(AddressRefused, match="is larger than"):
        fetched(f"http://{site}/members-burst")
    assert fetched(f"http://{site}/just").data == b"0" * MOST


@pytest.mark.parametrize("path", ["/identity", "/named-otherwise", "/members"])
def test_what_is_packed_once_or_not_at_all_is_read(site: str, path: str) -> None:
    assert fetched(f"http://{site}{path}").data == WORDS


def test_nothing_packed_is_nothing(site: str) -> None:
    assert fetched(f"http://{site}/nothing").data == b""


@pytest.mark.parametrize("path", ["/cut", "/cut-later", "/changed", "/unpacked"])
def test_what_does_not_unpack_broke_off(site: str, path: str) -> None:
    with pytest.raises(AddressUnreachable, match="broke off: ") as failed:
        fetched(f"http://{site}{path}")
    assert failed.value.hint


@pytest.mark.parametrize(
    "ip",
    ["fec0::1", "feff::1", "192.0.0.1", "192.0.0.192", "168.63.129.16", "192.88.99.1", "3fff::1",
     "3fff:fff::1"],
)  # fmt: skip
def test_inner_addresses_that_look_public_are_not(ip: str) -> None:
    assert not is_public(ipaddress.ip_address(ip))


@pytest.mark.parametrize("ip", ["168.63.129.15", "192.0.1.1", "192.88.98.1", "2a00:1450::1"])
def test_their_neighbours_are_public(ip: str) -> None:
    assert is_public(ipaddress.ip_address(ip))
