"""A document by its address: fetched from the web, and from nowhere that it may not come from.

Whoever may add documents could otherwise have this machine read what only it can reach
(server-side request forgery, https://cwe.mitre.org/data/definitions/918.html). So the host of an
address, and of each that it redirects to, is resolved, every IP address of it is checked, and the
connection is made to one of those that were checked: a name that leads elsewhere a moment later
(DNS rebinding) gains nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import zlib
from dataclasses import dataclass
from email.message import Message
from hashlib import sha256
from socket import SOCK_STREAM

import httpx

from pincite import __version__
from pincite.api.origin import is_loopback, listed
from pincite.errors import PinciteError
from pincite.index.formats.contents import in_bytes, inside, unpacked_name
from pincite.index.formats.reading import is_read, suffix_of
from pincite.index.intake import Given
from pincite.index.known import Metadata
from pincite.settings import Settings, SettingsError

IP = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

PUBLIC = "public"
# What `ipaddress` takes for public, in this version of Python or another, and leads within.
_INNER: tuple[Network, ...] = tuple(
    ipaddress.ip_network(one)
    for one in (
        "168.63.129.16/32",  # Azure's own service for its machines
        "192.0.0.0/24",  # protocol assignments (RFC 6890); Oracle's cloud tells its secrets there
        "192.88.99.0/24",  # 6to4 relays (RFC 7526)
        "3fff::/20",  # documentation (RFC 9637)
        "fec0::/10",  # site-local (RFC 3879)
    )
)
_SCHEMES = ("http", "https")
_ADDRESS_CHARS = 2000
_LAST_PORT = 65_535
_REDIRECTS = 5
_CONNECT_S = 5.0  # to one of a host's IP addresses, before the next is tried
_PATH_CHARS, _FILE_CHARS = 120, 80  # of an address that stand in a document's name
_DIGEST_CHARS = 8
_HEADERS = {
    "User-Agent": f"Pincite/{__version__}",
    "Accept": "text/html, application/pdf, text/*;q=0.9, */*;q=0.8",
    "Accept-Encoding": "gzip",
}
_PACKED = ("gzip", "x-gzip")  # RFC 9110, 8.4.1.3
_GZIP_ONLY = 16 + zlib.MAX_WBITS
_BY_FILE = "Save it by other means, and add the file."
_ALLOWED = f"{_BY_FILE} PINCITE_FETCH_FROM lists what is fetched from."


class AddressRefused(PinciteError):
    """Nothing is fetched from this address, or what is there can't be taken."""

    type = "address_refused"
    http_status = 422
    exit_code = 2


class AddressUnreachable(PinciteError):
    """There is nothing to be had from this address, at least now."""

    type = "address_unreachable"
    http_status = 502


@dataclass(frozen=True, slots=True)
class Sources:
    """Where documents may be fetched from.

    Attributes:
        public: whether from the public internet.
        networks: from which others beside it.
        own: whether these may hold this machine's own addresses (loopback, link-local): only
            where the service, too, is reached from this machine alone.
    """

    public: bool
    networks: tuple[Network, ...]
    own: bool

    @classmethod
    def of(cls, settings: Settings) -> Sources:
        """As the settings have them.

        Raises:
            SettingsError: one is no network.
        """
        named = listed(settings.fetch_from)
        try:
            networks = tuple(ipaddress.ip_network(one) for one in sorted(named - {PUBLIC}))
        except ValueError as error:
            raise SettingsError(
                f"setting fetch_from is not usable: {error}",
                "Set PINCITE_FETCH_FROM to 'public', networks such as 10.0.0.0/8, or nothing.",
            ) from error
        return cls(PUBLIC in named, networks, is_loopback(settings.host))

    @property
    def any(self) -> bool:
        """Whether documents are fetched at all."""
        return self.public or bool(self.networks)

    def admit(self, ip: IP) -> bool:
        """Whether something may be fetched from there."""
        if any(ip in network for network in self.networks):
            return self.own or not (ip.is_loopback or ip.is_link_local or ip.is_unspecified)
        return self.public and is_public(ip)


def is_public(ip: IP) -> bool:
    """Whether an address is a machine's on the public internet, and none that hides another.

    Of IPv6, those that carry an IPv4 address (mapped, 6to4, NAT64) are not: what they lead to
    is decided by whoever translates them.
    """
    if ip.is_multicast or ip.is_reserved or not ip.is_global:
        return False
    if any(ip in network for network in _INNER):
        return False
    return ip.version == 4 or (ip.ipv4_mapped is None and ip.sixtofour is None)


async def fetch(address: str, settings: Settings, known: Metadata | None = None) -> Given:
    """Fetch a document, to be added under a name made of its address.

    Args:
        known: what is known of it; its `url` becomes the address.

    Raises:
        AddressRefused: it is no address on the web, leads to where nothing is fetched from,
            or to something too large.
        AddressUnreachable: no such machine, no connection, no success, or not in time.
    """
    sources = Sources.of(settings)
    asked = _checked(address)
    if not sources.any:  # no name is looked up either
        raise AddressRefused("nothing is fetched by its address here", _ALLOWED)
    try:
        async with asyncio.timeout(settings.fetch_s):
            data, headers = await _followed(asked, sources, settings)
    except TimeoutError as error:
        raise AddressUnreachable(
            f"{_shown(asked)} was not there whole in {settings.fetch_s:g} s",
            f"{_BY_FILE} PINCITE_FETCH_S sets how long is waited.",
        ) from error
    name = _name(asked, headers)
    found = (known or Metadata()).model_copy(update={"url": str(asked)})
    if unpacked_name(name).lower().endswith((".txt", ".text")) and not found.kind:
        # Or plain text with an address would be taken for a page that was copied, frame and all.
        found = found.model_copy(update={"kind": "text"})
    return Given(name, data, found)


async def _followed(
    asked: httpx.URL, sources: Sources, settings: Settings
) -> tuple[bytes, httpx.Headers]:
    """What is behind an address, and the headers that it came with."""
    trusted = httpx.create_ssl_context()
    url = asked
    for _ in range(_REDIRECTS + 1):
        ips = await _resolved(url, sources)
        # A client for each: no cookie and no connection made to one host serves another.
        async with httpx.AsyncClient(
            verify=trusted,
            trust_env=False,  # a proxy would resolve the name once more, to what it likes
            timeout=httpx.Timeout(settings.fetch_s, connect=_CONNECT_S),
        ) as client:
            response = await _sent(client, url, ips)
            if response.has_redirect_location:
                url = _checked(response.headers["Location"], url)
                continue
            if not response.is_success:
                said = f"{response.status_code} {response.reason_phrase}".rstrip()
                raise AddressUnreachable(
                    f"{_shown(url)} answered {said}",
                    "Open it in a browser: if it needs a login there, save it and add the file.",
                )
            return await _body(response, url, settings.upload_bytes), response.headers
    raise AddressRefused(f"{_shown(asked)} redirects more than {_REDIRECTS} times", _BY_FILE)


def _checked(address: str, base: httpx.URL | None = None) -> httpx.URL:
    """An address without its fragment, once it is one that may be asked.

    Args:
        base: which redirects to it.
    """
    try:
        url = httpx.URL(address) if base is None else base.join(address)
    except (httpx.InvalidURL, ValueError) as error:
        raise AddressRefused(
            f"{address[:80]!r} is no address: {error}", "It begins with https:// or http://."
        ) from error
    if url.userinfo:
        raise AddressRefused(
            "the address holds a name or a password", f"Documents keep it. {_BY_FILE}"
        )
    if url.scheme not in _SCHEMES or not url.host or (url.port or 0) > _LAST_PORT:
        raise AddressRefused(
            f"nothing is fetched from {_shown(url)[:80]!r}", "Only from https:// and http://."
        )
    if len(str(url)) > _ADDRESS_CHARS:
        raise AddressRefused(f"the address is longer than {_ADDRESS_CHARS} characters", _BY_FILE)
    return url.copy_with(fragment=None)


def _shown(url: httpx.URL) -> str:
    """An address as errors and logs have it: what is asked for may be nobody else's business."""
    return str(url.copy_with(query=None))


async def _resolved(url: httpx.URL, sources: Sources) -> list[IP]:
    """The IP addresses of an address's host, all of which may be connected to."""
    host = url.raw_host.decode("ascii")
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, url.port, type=SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise AddressUnreachable(
            f"no machine named {url.host!r} is known here",
            "Check the address, and that this machine is connected to the network.",
        ) from error
    ips = list(dict.fromkeys(ipaddress.ip_address(entry[4][0]) for entry in found))
    if not all(sources.admit(ip) for ip in ips):
        raise AddressRefused(
            f"{url.host!r} leads to a network that documents are not fetched from", _ALLOWED
        )
    return ips


async def _sent(client: httpx.AsyncClient, url: httpx.URL, ips: list[IP]) -> httpx.Response:
    """The head of the answer of the first IP address that can be connected to."""
    failed = ""
    for ip in ips:
        request = client.build_request(
            "GET",
            url.copy_with(host=str(ip)),
            headers={**_HEADERS, "Host": url.netloc.decode("ascii")},
            # Whose certificate it must be.
            extensions={"sni_hostname": url.raw_host.decode("ascii")},
        )
        try:
            return await client.send(request, stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            failed = str(error) or "no connection in time"
        except httpx.HTTPError as error:
            raise _broken(url, str(error) or type(error).__name__) from error
    raise AddressUnreachable(
        f"{url.host!r} can't be reached: {failed}",
        "Check the address, and that this machine is connected to the network.",
    )


async def _body(response: httpx.Response, url: httpx.URL, most: int) -> bytes:
    """What an answer carries, unpacked by ourselves: httpx unpacks each part whole.

    A few hundred bytes packed several times over would be gigabytes before anybody counted them.
    """
    too_large = AddressRefused(
        f"what is at {_shown(url)} is larger than {in_bytes(most)}",
        "Divide it and add the files, or raise PINCITE_UPLOAD_BYTES.",
    )
    stated = response.headers.get("Content-Length", "")
    if stated.isdigit() and int(stated) > most:
        raise too_large
    packing = response.headers.get("Content-Encoding", "").strip().lower()
    if packing not in ("", "identity", *_PACKED):
        raise AddressRefused(
            f"what is at {_shown(url)} is packed as {packing[:80]!r}, which was not asked for",
            _BY_FILE,
        )
    members = _Members() if packing in _PACKED else None
    body = bytearray()
    try:
        async for part in response.aiter_raw():
            body += members.unpack(part, most + 1 - len(body)) if members else part
            if max(len(body), response.num_bytes_downloaded) > most:
                raise too_large
    except (httpx.HTTPError, zlib.error) as error:
        raise _broken(url, str(error) or type(error).__name__) from error
    if members and not members.whole:
        raise _broken(url, "what is packed has no end")
    return bytes(body)


class _Members:
    """Unpacks gzip as it comes: one member after another, as RFC 1952 has it.

    Attributes:
        whole: whether the last member that was begun has come to its end.
    """

    def __init__(self) -> None:
        self._member = zlib.decompressobj(_GZIP_ONLY)
        self.whole = True

    def unpack(self, part: bytes, most: int) -> bytes:
        """What a part holds, but no more than `most` bytes, at least one; the rest is dropped.

        Raises:
            zlib.error: it is no gzip.
        """
        unpacked = bytearray()
        while part and len(unpacked) < most:
            if self._member.eof:
                self._member = zlib.decompressobj(_GZIP_ONLY)
            unpacked += self._member.decompress(part, most - len(unpacked))
            part = self._member.unconsumed_tail or self._member.unused_data
            self.whole = self._member.eof
        return bytes(unpacked)


def _broken(url: httpx.URL, said: str) -> AddressUnreachable:
    return AddressUnreachable(
        f"the answer of {_shown(url)} broke off: {said}", f"Try again. {_BY_FILE}"
    )


def _name(address: httpx.URL, headers: httpx.Headers) -> str:
    """A name for what is at an address, the same each time and no other address's.

    It reads as the address does, with the name that the document was sent under, if any, and a
    suffix that says what it is.
    """
    folder, _, last = address.path.rpartition("/")
    sent = Message()
    sent["Content-Disposition"] = headers.get("Content-Disposition", "")
    told = (sent.get_filename() or "").replace("\\", "/").rpartition("/")[2]
    file = (told or last or address.host)[-_FILE_CHARS:]
    if not is_read(file):
        file += suffix_of(headers.get("Content-Type", ""))
    if told or address.query or len(address.path) > _PATH_CHARS:
        folder = sha256(str(address).encode()).hexdigest()[:_DIGEST_CHARS]
    return inside(address.netloc.decode("ascii"), f"{folder}/{file}")
