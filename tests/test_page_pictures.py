"""A citation on the picture of its page: over HTTP, from Python, in archives, and when damaged."""

from __future__ import annotations

import io
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image
from typer.testing import CliRunner

from pincite.api.app import create_app
from pincite.api.cli import app as cli
from pincite.api.client import Client, Opened
from pincite.errors import DocumentsDamaged, InvalidRequest, PageNotFound, PinciteError
from pincite.index.build import build
from pincite.index.changes import add, sync
from pincite.index.collection import make_collection, open_collection
from pincite.index.documents import FILE
from pincite.index.documents_schema import MIGRATIONS
from pincite.index.formats.contents import Limits
from pincite.index.intake import Given
from pincite.index.known import Metadata
from pincite.index.originals import Originals
from pincite.index.page_pictures import Original, page_picture
from pincite.index.sandbox import DocumentRefused, Sandbox
from pincite.index.sandbox import Limits as Bounds
from pincite.index.update import update
from pincite.qa.ask import Pincite
from pincite.settings import Settings, load_settings
from tests import documents as made
from tests.conftest import open_with_fakes, served, write_corpus
from tests.fakes import FakeEncoder
from tests.paged import report

KITTIWAKE = "How many crates did the Kittiwake bring to berth on the second day?"
OTHER = "other"


def write_paged(folder: Path) -> Path:
    """The small corpus with the report, by itself, in an archive and attached to a letter."""
    write_corpus(folder)
    (folder / "report.pdf").write_bytes(report())
    inner = {"a/report.pdf": report(), "a/other.txt": b"Some words."}
    (folder / "all.zip").write_bytes(made.zipped(inner))
    (folder / "letter.eml").write_bytes(made.mail({"report.pdf": report()}))
    return folder


@pytest.fixture(scope="module")
def paged(tmp_path_factory: pytest.TempPathFactory) -> Pincite:
    folder = tmp_path_factory.mktemp("paged")
    settings = load_settings(corpus=write_paged(folder / "corpus"), index=folder / "index")
    build(settings, FakeEncoder())
    collection = make_collection(settings.index, OTHER)
    add(collection, [Given("one.pdf", made.pdf("One page."), Metadata())], settings)
    update(collection, settings, FakeEncoder())
    return open_with_fakes(settings)


@pytest.fixture(scope="module")
def service(paged: Pincite) -> Iterator[httpx.Client]:
    with served(create_app(paged.settings, lambda _: paged)) as client:
        yield client


def id_of(paged: Pincite, file: str) -> str:
    return next(row.id for row in paged.index.store.articles() if row.file == file)


FILES = ["report.pdf", "all.zip/a/report.pdf", "letter.eml/report.pdf"]


@pytest.mark.parametrize("file", FILES)
def test_the_words_are_inked_where_their_box_is(
    service: httpx.Client, paged: Pincite, file: str
) -> None:
    id_ = id_of(paged, file)
    text = service.get(f"/v1/articles/{id_}").json()["text"]
    for number, quote in enumerate(("41 days", "480 crates to berth", "Zoë Müller"), start=1):
        start = text.index(quote)
        asked = {"start": start, "end": start + len(quote)}
        (page,) = service.get(f"/v1/articles/{id_}/pages", params=asked).json()["pages"]
        assert page["number"] == number
        (box,) = page["boxes"]
        drawn = service.get(page["picture"])
        assert drawn.headers["content-type"] == "image/png"
        shown = Image.open(io.BytesIO(drawn.content)).convert("L")
        assert shown.width == 1200
        assert shown.width / shown.height == pytest.approx(page["width"] / page["height"], rel=0.01)
        scale = shown.width / page["width"]
        sides = (box["left"], page["height"] - box["top"])
        ends = (box["right"], page["height"] - box["bottom"])
        inked = shown.crop(tuple(round(side * scale) for side in (*sides, *ends)))
        assert inked.getextrema()[0] < 64  # type: ignore[operator]
        # A line of type is some five times as wide as it is high for each eight characters.
        assert (box["right"] - box["left"]) / (box["top"] - box["bottom"]) > len(quote) / 4


def test_words_on_two_pages_have_both(service: httpx.Client, paged: Pincite) -> None:
    id_ = id_of(paged, "report.pdf")
    article = service.get(f"/v1/articles/{id_}").json()
    (first, end), (start, _), _ = article["pages"]
    assert article["text"][first:end].endswith("since 1987.")
    asked = {"start": end - 5, "end": start + 8}
    pages = service.get(f"/v1/articles/{id_}/pages", params=asked).json()["pages"]
    assert [(page["number"], len(page["boxes"])) for page in pages] == [(1, 1), (2, 1)]
    between = {"start": end, "end": start}
    assert service.get(f"/v1/articles/{id_}/pages", params=between).json() == {"pages": []}


def test_what_has_no_pages_has_none(service: httpx.Client) -> None:
    asked = {"start": 0, "end": 5}
    assert service.get("/v1/articles/harbour/pages", params=asked).json() == {"pages": []}
    refused = service.get("/v1/articles/harbour/pages/1.png")
    assert refused.status_code == 404
    assert refused.json()["error"]["type"] == "page_not_found"


def test_another_collection_has_its_own(service: httpx.Client) -> None:
    asked: dict[str, str | int] = {"start": 0, "end": 3, "collection": OTHER}
    (page,) = service.get("/v1/articles/one-pdf/pages", params=asked).json()["pages"]
    assert page["picture"].endswith(f"&collection={OTHER}")
    assert service.get(page["picture"]).status_code == 200
    elsewhere = service.get("/v1/articles/one-pdf/pages", params={"start": 0, "end": 3})
    assert elsewhere.json()["error"]["type"] == "article_not_found"


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("pages?start=5&end=5", 422, "invalid_request"),
        ("pages?start=0&end=99999", 422, "invalid_request"),
        ("pages?start=0", 422, "invalid_request"),
        ("pages/0.png", 404, "page_not_found"),
        ("pages/4.png", 404, "page_not_found"),
        ("pages/first.png", 422, "invalid_request"),
        ("pages/1.png?width=99", 422, "invalid_request"),
        ("pages/1.png?width=2401", 422, "invalid_request"),
    ],
)
def test_what_there_is_not_is_said(
    service: httpx.Client, paged: Pincite, path: str, status: int, kind: str
) -> None:
    refused = service.get(f"/v1/articles/{id_of(paged, 'report.pdf')}/{path}")
    assert (refused.status_code, refused.json()["error"]["type"]) == (status, kind)
    assert refused.json()["error"]["hint"]


def test_a_picture_is_kept_as_long_as_its_address_says_what_it_is_of(
    service: httpx.Client, paged: Pincite
) -> None:
    id_ = id_of(paged, "report.pdf")
    (page,) = service.get(f"/v1/articles/{id_}/pages?start=0&end=3").json()["pages"]
    named = service.get(page["picture"])
    assert named.headers["cache-control"] == "private, max-age=604800, immutable"
    plain = service.get(f"/v1/articles/{id_}/pages/1.png")
    assert plain.headers["cache-control"] == "private, no-cache"
    assert plain.content == named.content
    tag = {"If-None-Match": plain.headers["etag"]}
    held = service.get(f"/v1/articles/{id_}/pages/1.png", headers=tag)
    assert (held.status_code, held.content) == (304, b"")
    other = service.get(f"/v1/articles/{id_}/pages/2.png", headers=tag)
    assert other.status_code == 200


def test_from_python_it_is_the_same_over_http(service: httpx.Client, paged: Pincite) -> None:
    id_, here = id_of(paged, "report.pdf"), Opened(paged)
    with Client(str(service.base_url)) as there:
        assert there.pages(id_, 40, 60) == here.pages(id_, 40, 60) != []
        assert there.pages("harbour", 0, 5) == here.pages("harbour", 0, 5) == []
        assert there.picture(id_, 2, 300) == here.picture(id_, 2, 300)
        for library in (there, here):
            with pytest.raises(PageNotFound, match="has no page 9"):
                library.picture(id_, 9)
            with pytest.raises(InvalidRequest):
                library.picture(id_, 1, 9)
            with pytest.raises(InvalidRequest):
                library.pages(id_, 9, 3)


def test_a_citation_says_its_page(service: httpx.Client, paged: Pincite) -> None:
    answer = service.get("/v1/ask", params={"q": KITTIWAKE}).json()
    cited = next(c for c in answer["citations"] if c["quote"] == "480")
    assert cited["page"] == 2
    pages = {}
    for article in ("harbour", id_of(paged, "report.pdf")):
        asked: dict[str, str | int] = {
            "q": "The harbour was shut for 41 days",
            "article": article,
            "limit": 1,
        }
        (found,) = service.get("/v1/search", params=asked).json()["results"]
        pages[found["article"]["file"]] = found["page"]
    assert pages == {"harbour.txt": None, "report.pdf": 1}
    where = {"start": cited["start"], "end": cited["end"], "style": "plain"}
    path = f"/v1/articles/{cited['article']['id']}/reference"
    plain = service.get(path, params=where).text
    assert f", p. 2, {cited['paragraph']['label']}." in plain
    assert "p. 2, paragraph" in service.get(path, params=where | {"style": "bibtex"}).text


def test_the_command_line_shows_the_page(paged: Pincite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pincite.qa.ask.Pincite.open", lambda *_, **__: paged)
    said = CliRunner().invoke(cli, ["ask", KITTIWAKE])
    assert said.exit_code == 0, said.output
    assert ", p. 2, paragraph " in said.output


# -- damage --------------------------------------------------------------------------------


@pytest.fixture
def home(paged: Pincite, tmp_path: Path) -> Pincite:
    """The same in a folder of its own, to be damaged."""
    shutil.copytree(paged.settings.index, tmp_path / "index")
    return open_with_fakes(paged.settings.model_copy(update={"index": tmp_path / "index"}))


def originals_of(home: Pincite, file: str) -> Path:
    article = home.index.store.article(id_of(home, file))
    assert article
    with home.index.collection.documents() as documents:
        found = documents.read_from(article)
    assert found
    return Originals(home.index.collection.folder).path(found[1])


@pytest.mark.parametrize("damage", ["gone", "changed", "another"])
def test_an_original_that_is_not_what_was_given_is_named(home: Pincite, damage: str) -> None:
    path = originals_of(home, "report.pdf")
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1] + b"x" if damage == "changed" else made.pdf("No."))
    library = Opened(home)
    id_ = id_of(home, "report.pdf")
    for ask in (lambda: library.pages(id_, 0, 9), lambda: library.picture(id_, 1)):
        with pytest.raises(DocumentsDamaged) as caught:
            ask()
        assert caught.value.hint == "Restore it from a backup."
    with served(create_app(home.settings, lambda _: home)) as client:
        refused = client.get(f"/v1/articles/{id_}/pages/1.png")
        assert (refused.status_code, refused.json()["error"]["type"]) == (503, "documents_damaged")
        assert client.get(f"/v1/articles/{id_}").status_code == 200


def test_an_article_that_was_replaced_meanwhile_shows_its_own_version(home: Pincite) -> None:
    """The index is behind the documents: its offsets are shown on the file they were read from."""
    id_ = id_of(home, "report.pdf")
    settings, collection = home.settings, home.index.collection
    before = Opened(home).pages(id_, 0, 9)
    with collection.documents() as documents:
        assert documents.read_from(Opened(home).article(id_)) is not None
    newer = collection.folder.parent / "newer"
    shutil.copytree(settings.corpus, newer)
    (newer / "report.pdf").write_bytes(made.pdf("Nothing of the kind."))
    assert "report-pdf" in sync(collection, newer, settings, replace_folder=True).removed
    assert Opened(home).pages(id_, 0, 9) == before


def test_an_original_that_reads_otherwise_now_is_not_marked_by_guess(home: Pincite) -> None:
    store = home.index.collection.folder / FILE
    article = Opened(home).article(id_of(home, "report.pdf"))
    other = open_collection(home.settings.index, OTHER)
    with other.documents() as documents:
        one = next(iter(documents.articles(documents.numbers())))[1]
        given = documents.read_from(one)
    assert given
    shutil.copy(Originals(other.folder).path(given[1]), originals_of(home, "report.pdf").parent)
    target = Originals(home.index.collection.folder).path(given[1])
    target.parent.mkdir(exist_ok=True)
    shutil.copy(Originals(other.folder).path(given[1]), target)
    with sqlite3.connect(store) as db:
        db.execute("UPDATE document SET original = ? WHERE id = ?", (given[1], article.id))
    db.close()
    with pytest.raises(PinciteError, match="reads otherwise now") as caught:
        Opened(home).pages(article.id, 0, 9)
    assert caught.value.type == "unreadable"


def test_a_hostile_page_costs_an_error_and_no_more(
    home: Pincite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forms that hold each other twice, 40 deep: 2^40 rectangles to draw."""
    collection, limits = home.index.collection, Limits.of(home.settings)
    digest = Originals(collection.folder).put(bomb())
    with Sandbox(Bounds(memory_mib=512, cpu_s=2, wall_s=20), processes=1) as sandbox:
        monkeypatch.setattr("pincite.index.page_pictures._sandbox", lambda: sandbox)
        with pytest.raises(DocumentRefused) as caught:
            page_picture(collection, Original("a.pdf", "a.pdf", digest), 1, 600, limits)
        assert caught.value.hint
        assert Opened(home).picture(id_of(home, "report.pdf"), 1)


def bomb() -> bytes:
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R"
        b"/Resources<</Font<</F 5 0 R>>/XObject<</X 6 0 R>>>>>>",
        b"BT /F 12 Tf 50 700 Td (Some words.) Tj ET /X Do",
        b"<</Type/Font/Subtype/Type1/BaseFont/Times-Roman>>",
    ]
    for n in range(6, 46):
        inner = f"<</XObject<</X {n + 1} 0 R>>>>" if n < 45 else "<<>>"
        body = "/X Do /X Do" if n < 45 else "0 0 600 800 re f"
        head = f"<</Type/XObject/Subtype/Form/BBox[0 0 600 800]/Resources{inner}"
        objects.append(f"{head}|{body}".encode())
    out = io.BytesIO(b"%PDF-1.4\n")
    out.seek(0, io.SEEK_END)
    places = []
    for n, body_ in enumerate(objects, start=1):
        places.append(out.tell())
        if n == 4:
            body_ = b"<</Length %d>>stream\n%s\nendstream" % (len(body_), body_)
        elif b"|" in body_:
            head_, _, stream = body_.partition(b"|")
            body_ = head_ + b"/Length %d>>stream\n%s\nendstream" % (len(stream), stream)
        out.write(b"%d 0 obj\n%s\nendobj\n" % (n, body_))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    for place in places:
        out.write(b"%010d 00000 n \n" % place)
    out.write(b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n" % (len(objects) + 1))
    out.write(b"%d\n%%%%EOF" % start)
    return out.getvalue()


# -- an earlier version's documents ----------------------------------------------------------


def test_documents_of_the_version_before_are_read_again_for_their_pages(tmp_path: Path) -> None:
    settings = Settings(corpus=write_paged(tmp_path / "corpus"), index=tmp_path / "index")
    build(settings, FakeEncoder())
    collection = open_collection(settings.index)
    with collection.documents() as documents:
        before = {a.id: a for _, a in documents.articles(documents.numbers())}
    _as_it_was(collection.folder / FILE)
    with collection.documents() as documents:  # brought up to this version's tables
        old = {a.id: a for _, a in documents.articles(documents.numbers())}
    assert not any(article.pages for article in old.values())
    assert {a.id: a.text for a in old.values()} == {a.id: a.text for a in before.values()}
    made_ = update(collection, settings, FakeEncoder())
    assert made_.changed
    with collection.documents() as documents:
        assert {a.id: a for _, a in documents.articles(documents.numbers())} == before
        states = [version.state for version in documents.versions("report-pdf")]
        # Of a PDF there is a new version, and the old one stays for the answers that cite it.
        assert states == ["present", "replaced"]
        assert [version.state for version in documents.versions("harbour")] == ["present"]
    assert Opened(open_with_fakes(settings)).pages("report-pdf", 0, 9)


def _as_it_was(path: Path) -> None:
    """Bring the documents back to the version that knew no pages."""
    import hashlib
    import json

    db = sqlite3.connect(path)
    rows = db.execute(
        "SELECT number, id, file, title, publisher, published, kind, text, blocks, sections "
        "FROM document JOIN content USING (number)"
    ).fetchall()
    for number, *fields in rows:
        digest = hashlib.sha256(json.dumps(fields).encode()).hexdigest()
        db.execute("UPDATE document SET sha256 = ? WHERE number = ?", (digest, number))
    db.execute("ALTER TABLE content DROP COLUMN pages")
    db.execute("ALTER TABLE content DROP COLUMN source_url")
    db.execute("ALTER TABLE source DROP COLUMN limits")
    db.execute("UPDATE source SET reading = 1")
    db.execute("PRAGMA user_version = 1")
    db.commit()
    db.close()
    assert len(MIGRATIONS) >= 2
