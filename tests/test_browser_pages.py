"""A PDF's citation on the picture of its page, in a browser."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page, ViewportSize, expect

from pincite.api.app import create_app
from pincite.index.build import build
from pincite.qa.ask import Pincite
from pincite.settings import load_settings
from tests.conftest import Visit, open_with_fakes, served
from tests.fakes import FakeEncoder
from tests.paged import report
from tests.test_browser import DESKTOP, PHONE, ask, assert_no_sideways_scroll
from tests.test_browser_access import barriers

pytestmark = pytest.mark.browser

QUESTIONS = {
    "How many days was the harbour of Olm shut after the storm?": "p. 1",
    "How many crates did the Kittiwake bring to berth on the second day?": "p. 2",
    "Who keeps the café at the old mole and served bouillabaisse?": "p. 3",
}


@pytest.fixture(scope="module")
def paged(tmp_path_factory: pytest.TempPathFactory) -> Pincite:
    folder = tmp_path_factory.mktemp("paged")
    (folder / "corpus").mkdir()
    (folder / "corpus" / "report.pdf").write_bytes(report())
    settings = load_settings(corpus=folder / "corpus", index=folder / "index")
    build(settings, FakeEncoder())
    return open_with_fakes(settings)


@pytest.fixture(scope="module")
def service(paged: Pincite) -> Iterator[httpx.Client]:
    with served(create_app(paged.settings, lambda _: paged)) as client:
        yield client


def opened(page: Page, question: str) -> None:
    page.goto("/")
    ask(page, question)
    page.locator(".turn").last.locator("a.marker").first.click()
    expect(page.locator(".page-sheet img")).to_be_visible()
    page.evaluate("document.querySelector('.page-sheet img').decode()")


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_words_are_marked_on_the_page_and_in_view(
    visit: Visit, service: httpx.Client, size: ViewportSize, question: str
) -> None:
    page = visit(service, size)
    opened(page, question)
    expect(page.locator(".page-marks rect").first).to_be_in_viewport(ratio=1)
    expect(page.locator(".reader-origin")).to_contain_text(QUESTIONS[question])
    number = QUESTIONS[question].removeprefix("p. ")
    expect(page.locator(".page-picture figcaption")).to_have_text(f"Page {number} of 3")
    assert page.evaluate("document.querySelector('.page-sheet img').naturalWidth") == 1200
    assert_no_sideways_scroll(page)
    # The marks lie over the picture, not beside it.
    picture, marks = (page.locator(f".page-sheet {of}").bounding_box() for of in ("img", "svg"))
    assert picture == marks
    # To the words in the text, back, and larger.
    page.get_by_role("button", name="In the text").click()
    expect(page.locator("#reader mark.current").first).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="On the page").click()
    expect(page.locator(".page-marks rect").first).to_be_in_viewport(ratio=1)
    before = page.locator(".page-sheet").bounding_box()
    page.get_by_role("button", name="Larger").click()
    expect(page.locator(".page-marks rect").first).to_be_in_viewport(ratio=1)
    after = page.locator(".page-sheet").bounding_box()
    assert before and after and after["width"] > 1.4 * before["width"]
    assert_no_sideways_scroll(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_used_by_everybody(visit: Visit, service: httpx.Client, scheme: str) -> None:
    page = visit(service, DESKTOP)
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    opened(page, next(iter(QUESTIONS)))
    assert barriers(page) == []
    image = page.locator(".page-sheet img")
    alt = "Page 1 of The harbour of Olm after the storm, the quoted words marked"
    expect(image).to_have_attribute("alt", alt)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_permanent_page_shows_the_picture_too(
    visit: Visit, service: httpx.Client, size: ViewportSize
) -> None:
    question = "How many crates did the Kittiwake bring to berth on the second day?"
    (cited, *_) = service.get("/v1/ask", params={"q": question}).json()["citations"]
    page = visit(service, size)
    page.goto(cited["url"])
    expect(page.locator("#pages figcaption")).to_have_text("Page 2 of 3", timeout=20_000)
    expect(page.locator(".page-marks rect").first).to_be_in_viewport(ratio=1)
    page.evaluate("document.querySelector('.page-sheet img').decode()")
    picture, marks = (page.locator(f".page-sheet {of}").bounding_box() for of in ("img", "svg"))
    assert picture == marks
    expect(page.locator(".page-marks rect").first).to_be_in_viewport(ratio=1)
    assert_no_sideways_scroll(page)
    page.get_by_role("link", name="In the text").click()
    expect(page.locator("#quote")).to_be_in_viewport(ratio=1)
    if size == DESKTOP:  # a phone's bar has no room for the way back
        page.get_by_role("link", name="On the page").click()
        expect(page.locator("#pages figcaption")).to_be_in_viewport()
    assert barriers(page) == []


def test_the_permanent_page_of_a_text_loads_nothing_for_pictures(
    visit: Visit, service: httpx.Client, paged: Pincite
) -> None:
    (row,) = paged.index.store.articles()
    page = visit(service, DESKTOP)
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url))
    page.goto(f"/articles/{row.id}")  # no words asked
    page.wait_for_load_state("networkidle")
    assert not [url for url in asked if "page_picture" in url or "/pages" in url]
    expect(page.locator("#pages")).to_have_count(0)


def test_the_permanent_page_says_why_there_is_no_picture(
    visit: Visit, service: httpx.Client, paged: Pincite
) -> None:
    (row,) = paged.index.store.articles()
    page = visit(service, DESKTOP)
    error = {"type": "documents_damaged", "message": "the original is gone", "hint": "Restore."}
    page.route("**/pages?*", lambda route: route.fulfill(status=503, json={"error": error}))
    page.goto(f"/articles/{row.id}?start=100&end=120")
    expect(page.locator(".no-page")).to_contain_text("the original is gone")
    expect(page.locator("#quote")).to_be_in_viewport()


def test_without_the_picture_the_text_is_there_and_why_is_said(
    visit: Visit, service: httpx.Client
) -> None:
    page = visit(service, DESKTOP)
    error = {"type": "documents_damaged", "message": "the original is gone", "hint": "Restore."}
    page.route("**/pages?*", lambda route: route.fulfill(status=503, json={"error": error}))
    page.goto("/")
    ask(page, next(iter(QUESTIONS)))
    page.locator(".turn").last.locator("a.marker").first.click()
    expect(page.locator(".no-page")).to_contain_text("the original is gone")
    expect(page.locator("#reader mark.current").first).to_be_in_viewport()
