"""A document by its address: fetched as it is, and from nowhere that it may not come from.

A real server on this machine is fetched from, which the settings have to allow.
"""

from __future__ import annotations

import asyncio
import gzip
import ipaddress
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pincite.__main__ import app as cli  # all commands, in whatever order tests are imported
from pincite.api.app import create_app
from pincite.api.fetching import AddressRefused, AddressUnreachable, Sources, fetch, is_public
from pincite.errors import PinciteError
from pincite.index.build import build
from pincite.index.intake import Given
from pincite.index.known import Metadata
from pincite.settings import Settings, SettingsError, load_settings
from tests.conftest import Serve, open_with_fakes, write_corpus
from tests.fakes import FakeEncoder
from tests.paged import report
from tests.test_documents_api import ASKED, LAMP, over

HERE = "127.0.0.0/8"
PAGE = f"<!doctype html><title>The lamp</title><body><h1>The lamp</h1><p>{LAMP}</p>"
REPORT = report()
MOST = 100_000  # bytes, of the uploads here

Answer = Callable[["Site"], None]


class Site(BaseHTTPRequestHandler):
    """A web site that notes what it is asked for."""

    asked: list[tuple[str, str | None]]
    answers: dict[str, Answer]

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers["Host"]))
        with suppress(BrokenPipeError, ConnectionResetError):  # whoever asked has had enough
            if answer := self.answers.get(self.path):
                answer(self)
            else:
                self.send_error(404)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: ANN401
        pass


def sent(body: bytes, kind: str = "text/html", **headers: str) -> Answer:
    def answer(site: Site) -> None:
        site.send_response(200)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            **named,
        }.items():
            site.send_header(name, value)
        site.end_headers()
        site.wfile.write(body)

    return answer


def moved(to: str) -> Answer:
    def answer(site: Site) -> None:
        site.send_response(302)
        site.send_header("Location", to)
        site.end_headers()

    return answer


def endless(pause_s: float, part: bytes) -> Answer:
    def answer(site: Site) -> None:
        site.send_response(200)
        site.end_headers()
        for _ in range(5000):
            site.wfile.write(part)
            time.sleep(pause_s)

    return answer


ANSWERS: dict[str, Answer] = {
    "/sea/lamp.html": sent(PAGE.encode()),
    "/lamp": sent(PAGE.encode(), "text/html; charset=utf-8"),
    "/lamp.txt": sent(LAMP.encode(), "text/plain"),
    "/lamp.txt.gz": sent(gzip.compress(LAMP.encode()), "application/gzip"),
    "/report.pdf": sent(REPORT, "application/octet-stream"),
    "/get?id=1": sent(REPORT, Content_Disposition='attachment; filename="../../a report.pdf"'),
    "/get?id=2": sent(
        LAMP.encode(),
        "text/plain",
        Content_Disposition="attachment; filename*=UTF-8''Lampe%20%C3%A9",
    ),
    "/": sent(PAGE.encode()),
    "/packed": sent(gzip.compress(PAGE.encode()), Content_Encoding="gzip"),
    "/bomb": sent(gzip.compress(b"0" * 50 * MOST), "text/plain", Content_Encoding="gzip"),
    "/broken": sent(b"short", "text/plain", Content_Length="1000"),
    "/large": sent(b"0" * (MOST + 1), "text/plain"),
    "/endless": endless(0, b"0" * 1000),
    "/slow": endless(0.05, b"0"),
    "/picture": sent(b"\x89PNG\r\n\x1a\n", "image/png"),
    "/once": moved("/sea/lamp.html"),
    "/round": moved("/round"),
    "/to-file": moved("file:///etc/passwd"),
    "/to-private": moved("http://10.0.0.1/"),
    "/to-metadata": moved("http://169.254.169.254/latest/"),
    "/to-password": moved("http://me:secret@127.0.0.1/"),
}  # fmt: skip


@contextmanager
def site_at(tls: ssl.SSLContext | None = None) -> Iterator[tuple[str, type[Site]]]:
    """Host and port of a site, and what it notes."""
    handler = type("One", (Site,), {"asked": [], "answers": dict(ANSWERS)})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"127.0.0.1:{server.server_address[1]}", handler
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with site_at() as (host, _):
        yield host


def fetched(address: str, **changed: Any) -> Given:  # noqa: ANN401
    given = {"fetch_from": HERE, "upload_bytes": MOST, "fetch_s": 30, **changed}
    return asyncio.run(fetch(address, load_settings(**given)))


@pytest.mark.parametrize(
    ("path", "name", "data"),
    [
        ("/sea/lamp.html", "/sea/lamp.html", PAGE.encode()),
        ("/sea/lamp.html#part", "/sea/lamp.html", PAGE.encode()),
        ("/lamp", "/lamp.html", PAGE.encode()),
        ("/report.pdf", "/report.pdf", REPORT),
        ("/", "/127.0.0.1.html", PAGE.encode()),
        ("", "/127.0.0.1.html", PAGE.encode()),
        ("/packed", "/packed.html", PAGE.encode()),
        ("/picture", "/picture", b"\x89PNG\r\n\x1a\n"),
        ("/once", "/once.html", PAGE.encode()),
    ],
)
def test_it_is_named_after_its_address(site: str, path: str, name: str, data: bytes) -> None:
    got = fetched(f"http://{site}{path}")
    assert (got.name, got.data) == (site + name, data)
    assert got.known == Metadata(url=f"http://{site}{path.partition('#')[0]}")


def test_it_is_named_as_it_was_sent_and_no_two_addresses_alike(site: str) -> None:
    one, two = fetched(f"http://{site}/get?id=1"), fetched(f"http://{site}/get?id=2")
    assert [len(given.name.split("/")) for given in (one, two)] == [3, 3]
    assert one.name.split("/")[2] == "a report.pdf"
    assert two.name.split("/")[2] == "Lampe é.txt"
    assert one.name.split("/")[1] != two.name.split("/")[1]
    assert one == fetched(f"http://{site}/get?id=1")


def test_plain_text_is_not_taken_for_a_copied_page(site: str) -> None:
    for address in (f"http://{site}/lamp.txt", f"http://{site}/lamp.txt.gz"):
        assert fetched(address).known == Metadata(url=address, kind="text")


@pytest.mark.parametrize(
    "address",
    ["file:///etc/passwd", "ftp://127.0.0.1/lamp", "gopher://127.0.0.1/", "lamp.html", "", "http://",
     "https:///lamp", "javascript:alert(1)", "http://[::1", "http://127.0.0.1:99999/", "data:,a",
     "http://a\nb/", "http://me:secret@127.0.0.1/", "http://me@127.0.0.1/",
     "ftp://me:secret@127.0.0.1/",
     "http://127.0.0.1/" + "a" * 2000],
)  # fmt: skip
def test_what_is_no_address_on_the_web_is_refused(address: str) -> None:
    with pytest.raises(AddressRefused) as refused:
        fetched(address)
    assert refused.value.hint
    assert "secret" not in refused.value.message


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "0.0.0.0", "127.1", "0x7f000001", "2130706433", "017700000001",
     "10.0.0.1", "172.16.3.4", "192.168.0.1", "100.64.0.1", "169.254.169.254", "224.0.0.1",
     "255.255.255.255", "192.0.2.1", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[fe80::1]",
     "[fc00::1]", "[ff02::1]", "[2002:7f00:1::]", "[64:ff9b::7f00:1]", "[::7f00:1]"],
)  # fmt: skip
def test_nothing_is_fetched_from_what_is_not_public(host: str, site: str) -> None:
    port = site.partition(":")[2]
    with pytest.raises(AddressRefused, match="leads to a network that documents are"):
        fetched(f"http://{host}:{port}/lamp", fetch_from="public")


@pytest.mark.parametrize(("ip", "public"), [
    ("93.184.216.34", True), ("2606:4700::1", True), ("8.8.8.8", True), ("127.0.0.1", False),
    ("::ffff:8.8.8.8", False), ("2002:808:808::1", False), ("64:ff9b::808:808", False),
])  # fmt: skip
def test_an_address_that_hides_another_is_not_public(ip: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(ip)) is public


@pytest.mark.parametrize(
    ("host", "fetch_from", "ip", "admitted"),
    [
        ("127.0.0.1", "public", "8.8.8.8", True),
        ("127.0.0.1", "", "8.8.8.8", False),
        ("127.0.0.1", "10.0.0.0/8", "10.1.2.3", True),
        ("127.0.0.1", "10.0.0.0/8", "8.8.8.8", False),
        ("127.0.0.1", "public, 10.0.0.0/8", "8.8.8.8", True),
        ("127.0.0.1", "127.0.0.1/32", "127.0.0.1", True),
        ("127.0.0.1", "127.0.0.0/8", "::ffff:127.0.0.1", False),
        ("0.0.0.0", "10.0.0.0/8", "10.1.2.3", True),
        # Served to others, this machine's own addresses stay its own.
        ("0.0.0.0", "0.0.0.0/0", "127.0.0.1", False),
        ("0.0.0.0", "0.0.0.0/0", "0.0.0.0", False),
        ("0.0.0.0", "169.254.0.0/16", "169.254.169.254", False),
        ("0.0.0.0", "::/0", "::1", False),
    ],
)
def test_the_settings_say_from_where(host: str, fetch_from: str, ip: str, admitted: bool) -> None:
    sources = Sources.of(load_settings(host=host, fetch_from=fetch_from))
    assert sources.admit(ipaddress.ip_address(ip)) is admitted


def test_a_network_that_is_none_is_told() -> None:
    with pytest.raises(SettingsError, match="'lan' does not appear to be"):
        create_app(load_settings(fetch_from="public, lan"))
    with pytest.raises(SettingsError, match=r"10\.0\.0\.1/8 has host bits set"):
        fetched("http://127.0.0.1/", fetch_from="10.0.0.1/8")


@pytest.mark.parametrize(
    "path", ["/to-private", "/to-metadata", "/to-file", "/to-password", "/round"]
)
def test_a_redirect_leads_nowhere_that_an_address_may_not(site: str, path: str) -> None:
    with pytest.raises(AddressRefused):
        fetched(f"http://{site}{path}")


@pytest.mark.parametrize("path", ["/large", "/endless", "/bomb"])
def test_what_is_too_large_is_not_read_to_its_end(site: str, path: str) -> None:
    with pytest.raises(AddressRefused, match=r"larger than 97.66 KiB"):
        fetched(f"http://{site}{path}")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://SITE/nothing", "answered 404 Not Found"),
        ("http://SITE/nothing?token=secret", "/nothing answered 404"),
        ("http://SITE/broken", "broke off"),
        ("http://127.0.0.1:9/", "can't be reached"),
        ("https://SITE/lamp", "can't be reached"),
        ("http://nobody.invalid/", "no machine named 'nobody.invalid'"),
        (f"http://{'a' * 70}.invalid/", "no machine named"),
    ],
)
def test_what_is_not_to_be_had_says_why_and_what_to_do(site: str, address: str, said: str) -> None:
    with pytest.raises(AddressUnreachable, match=said) as failed:
        fetched(address.replace("SITE", site))
    assert failed.value.hint
    assert "secret" not in failed.value.message


def test_what_trickles_is_not_waited_for(site: str) -> None:
    began = time.monotonic()
    with pytest.raises(AddressUnreachable, match="was not there whole in 1 s"):
        fetched(f"http://{site}/slow", fetch_s=1)  # it would take minutes
    assert time.monotonic() - began < 20


def test_the_host_is_asked_by_its_name_at_the_address_that_was_checked() -> None:
    with site_at() as (host, noted):
        port = host.partition(":")[2]
        fetched(f"http://localhost:{port}/lamp", fetch_from=f"{HERE}, ::1/128")
        assert noted.asked == [("/lamp", f"localhost:{port}")]


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl to make a certificate with")
def test_the_certificate_is_that_of_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tmp_path / "made.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", made, "-out",
         tmp_path / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "cert.pem", made)
    with site_at(tls) as (host, _):
        port = host.partition(":")[2]
        of_name = f"https://localhost:{port}/lamp"
        with pytest.raises(AddressUnreachable, match="certificate"):  # nobody vouches for it
            fetched(of_name, fetch_from=f"{HERE}, ::1/128")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        assert fetched(of_name, fetch_from=f"{HERE}, ::1/128").data == PAGE.encode()
        with pytest.raises(AddressUnreachable, match="certificate"):  # it is another's
            fetched(f"https://{host}/lamp")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = load_settings(
        corpus=write_corpus(tmp_path / "corpus"), index=tmp_path / "index", fetch_from=HERE
    )
    build(made, FakeEncoder())
    return made


def test_it_is_added_over_http_and_again_when_it_changed(settings: Settings, serve: Serve) -> None:
    client = serve(create_app(settings, open_with_fakes))
    with site_at() as (host, noted):
        body = {"url": f"http://{host}/lamp", "publisher": "The Lamp"}
        job = over(client, client.post("/v1/articles", json=body))
        assert (job["state"], job["kind"], len(job["added"])) == ("done", "add", 1)
        answer = client.get("/v1/ask", params={"q": ASKED}).json()
        (cited,) = answer["citations"]
        assert (answer["answer"], cited["article"]["publisher"]) == ("360", "The Lamp")
        article = client.get(f"/v1/articles/{job['added'][0]}").json()
        assert (article["source_url"], article["title"]) == (body["url"], "The lamp")
        assert article["file"] == f"{host}/lamp.html"
        noted.answers["/lamp"] = sent(PAGE.replace("360", "240").encode())
        job = over(client, client.post("/v1/articles", json=body))
        assert job["replaced"] == [article["id"]]
        assert client.get("/v1/ask", params={"q": ASKED}).json()["answer"] == "240"
        job = over(client, client.post("/v1/articles", json={"url": f"http://{host}/picture"}))
        assert [one["reason"] for one in job["skipped"]] == ["a picture, format not read"]


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ({"url": "http://10.0.0.1/"}, 422, "address_refused"),
        ({"url": "file:///etc/passwd"}, 422, "address_refused"),
        ({"url": "http://SITE/nothing"}, 502, "address_unreachable"),
        ({"url": ""}, 422, "invalid_request"),
        ({"url": None}, 422, "invalid_request"),
        ({"url": "http://SITE/lamp", "id": "lamp"}, 422, "invalid_request"),
        ({"url": "http://SITE/lamp", "text": ""}, 422, "invalid_request"),
    ],
)
def test_what_is_not_fetched_is_an_error_of_its_own(
    settings: Settings, serve: Serve, site: str, body: dict[str, Any], status: int, kind: str
) -> None:
    client = serve(create_app(settings, open_with_fakes))
    if body["url"]:
        body = {**body, "url": body["url"].replace("SITE", site)}
    refused = client.post("/v1/articles", json=body)
    assert (refused.status_code, refused.json()["error"]["type"]) == (status, kind)
    assert not list((settings.index / "jobs").glob("*"))


def test_the_page_offers_it_only_where_something_is_fetched(
    settings: Settings, serve: Serve
) -> None:
    assert " fetches" in serve(create_app(settings, open_with_fakes)).get("/").text
    nothing = settings.model_copy(update={"fetch_from": ""})
    client = serve(create_app(nothing, open_with_fakes))
    assert " fetches" not in client.get("/").text
    refused = client.post("/v1/articles", json={"url": "http://127.0.0.1/"})
    assert "nothing is fetched" in refused.json()["error"]["message"]


@pytest.mark.models
def test_it_is_added_by_command(site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINCITE_INDEX", str(tmp_path / "index"))
    monkeypatch.setenv("PINCITE_FETCH_FROM", HERE)
    (tmp_path / "tent.txt").write_text("The tent is red.")
    added = CliRunner().invoke(cli, ["add", f"http://{site}/lamp", str(tmp_path / "tent.txt")])
    assert added.exit_code == 0, added.output
    assert "added 2" in added.output
    refused = CliRunner().invoke(cli, ["add", "file:///etc/passwd"])
    assert isinstance(refused.exception, PinciteError)
    assert refused.exception.type == "address_refused"
