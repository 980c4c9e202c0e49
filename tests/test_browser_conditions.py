"""The page where things are hard: on paper, enlarged, over a slow network, without its server."""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pypdfium2
import pytest
from playwright.sync_api import Browser, Page, expect
from pybtex.database import parse_string

from pincite.api.app import create_app
from pincite.index.build import build
from pincite.qa.ask import Pincite
from pincite.settings import load_settings
from tests.conftest import HARBOUR, Visit, open_with_fakes, served, write_corpus
from tests.fakes import FakeEncoder
from tests.test_browser import DESKTOP, SHUT, ask, assert_no_sideways_scroll

pytestmark = pytest.mark.browser

ORIGINAL = "http://127.0.0.1:9/harbour.html"
SLOW = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 20_000}


@pytest.fixture(scope="module")
def sea(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Of a service whose harbour was taken from a page, and another collection beside it."""
    folder = tmp_path_factory.mktemp("sea")
    corpus = write_corpus(folder / "corpus")
    metadata = json.loads((corpus / "metadata.json").read_text(encoding="utf-8"))
    metadata["articles"]["harbour.txt"]["url"] = ORIGINAL
    (corpus / "metadata.json").write_text(json.dumps(metadata), encoding="utf-8")
    settings = load_settings(corpus=corpus, index=folder / "index")
    build(settings, FakeEncoder())
    with served(create_app(settings, open_with_fakes)) as client:
        body = {"id": "lamp", "title": "The lamp", "text": "The lamp turned 360 times an hour."}
        job = client.post("/v1/articles", json=body, params={"collection": "lights"}).json()
        while client.get(job["url"]).json()["state"] not in {"done", "failed"}:
            time.sleep(0.05)
        yield client


def test_a_conversation_on_paper_is_what_was_asked_and_said(page: Page) -> None:
    page.goto("/")
    ask(page, SHUT)
    page.locator(".answer a.marker").click()
    expect(page.locator("#reader mark.current")).to_be_visible()
    with pypdfium2.PdfDocument(io.BytesIO(page.pdf(format="A4"))) as paper:
        assert len(paper) == 1
        words = " ".join(paper[0].get_textpage().get_text_range().split())
    assert SHUT in words
    assert "The harbour was shut for 41 days after the storm." in words
    assert "The Courier" in words
    for button in ("Share", "Documents", "Copy", "Edit", "Fishermen"):
        assert button not in words


def test_at_twice_the_size_everything_is_there(page: Page) -> None:
    # What a window of 1280 by 800 has left at 200 %.
    page.set_viewport_size({"width": 640, "height": 400})
    page.goto("/")
    ask(page, SHUT)
    assert_no_sideways_scroll(page)
    page.locator(".answer a.marker").click()
    expect(page.locator("#reader mark.current")).to_be_in_viewport()
    page.get_by_role("button", name="Close the source").click()
    page.get_by_label("Your question").fill("Who says so?")
    expect(page.get_by_label("Your question")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator(".turn")).to_have_count(2)


def test_in_the_narrowest_window_nothing_is_cut(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto("/")
    ask(page, "What does the tricky page hold, what tricks?")
    page.locator(".turn a.marker, .turn .source-title").first.click()
    expect(page.locator("#reader article")).to_be_visible()
    for name in ("Close the source", "Documents"):
        box = page.locator("#reader").get_by_role("button", name=name).bounding_box()
        assert box is not None
        assert box["x"] >= 0 and box["x"] + box["width"] <= 320
        assert box["height"] < 60  # one line


def test_over_a_slow_network_nothing_jumps(page: Page) -> None:
    page.set_viewport_size(DESKTOP)
    page.goto("/")
    page.wait_for_load_state("networkidle")
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", SLOW)
    page.evaluate(
        """() => {
          window.jumped = 0;
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) {
              if (!entry.hadRecentInput) window.jumped += entry.value;
            }
          }).observe({ type: "layout-shift", buffered: false });
        }"""
    )
    ask(page, SHUT)
    page.locator(".answer a.marker").click()
    expect(page.locator("#reader mark.current")).to_be_visible()
    # Cumulative layout shift; up to 0.1 is called good: https://web.dev/articles/cls
    assert page.evaluate("window.jumped") < 0.1


def test_without_its_server_the_page_keeps_what_there_is(small: Pincite, browser: Browser) -> None:
    with served(create_app(small.settings, lambda _: small)) as client:
        page = browser.new_context(base_url=str(client.base_url)).new_page()
        page.goto("/")
        ask(page, SHUT)
    ask(page, "How many ships did the mayor count?")
    expect(page.locator(".failure")).to_contain_text("The server can’t be reached.")
    expect(page.get_by_role("button", name="Retry")).to_be_visible()
    expect(page.locator(".answer")).to_contain_text("41")
    page.locator(".answer a.marker").first.click()
    expect(page.locator("#reader")).to_contain_text("41 days after the storm")
    page.context.close()


def test_a_quotation_is_copied_in_the_forms_that_programs_read(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/")
    ask(page, SHUT)
    page.locator(".answer a.marker").click()
    copied = {}
    for form in ("Quotation", "Markdown", "BibTeX", "CSL-JSON", "Link"):
        button = page.locator("#reader .copy-row").get_by_role("button", name=form)
        button.click()
        expect(page.locator("#reader .copy-row")).to_contain_text("Copied")
        copied[form] = page.evaluate("navigator.clipboard.readText()")
        expect(button).to_be_visible()  # its name is back
    sentence = "The harbour was shut for 41 days after the storm."
    origin = "The Courier, “Harbour reopens”, 6 May 2024"
    assert copied["Quotation"].startswith(f"“{sentence}” {origin}")
    assert copied["Markdown"].startswith(f"> {sentence}\n")
    (entry,) = parse_string(copied["BibTeX"], "bibtex").entries.values()
    assert (entry.fields["title"], entry.fields["year"]) == ("Harbour reopens", "2024")
    (item,) = json.loads(copied["CSL-JSON"])
    assert (item["publisher"], item["issued"]) == ("The Courier", {"date-parts": [[2024, 5, 6]]})
    page.goto(copied["Link"])
    expect(page.locator("mark")).to_have_text("41")


def test_the_original_opens_at_the_words(sea: httpx.Client, visit: Visit) -> None:
    page = visit(sea, viewport=DESKTOP)
    page.goto("/")
    ask(page, SHUT)
    page.locator(".answer a.marker").click()
    link = page.locator("#reader").get_by_role("link", name="The original at 127.0.0.1:9")
    fragment = ":~:text=harbour%20was%20shut%20for-,41,-days%20after%20the%20storm."
    expect(link).to_have_attribute("href", f"{ORIGINAL}#{fragment}")
    page.locator("#reader").get_by_role("link", name="Open as a page").click()
    page.wait_for_url("**/articles/harbour**")
    link = page.get_by_role("link", name="The original")
    expect(link).to_have_attribute("href", f"{ORIGINAL}#{fragment}")


def test_a_text_fragment_scrolls_the_original_to_the_words(
    sea: httpx.Client, page: Page, tmp_path: Path
) -> None:
    (cited,) = sea.get("/v1/ask", params={"q": SHUT}).json()["citations"]
    place = {"start": cited["start"], "end": cited["end"]}
    made = sea.get("/v1/articles/harbour/annotation", params=place).json()
    fragment = made["target"][1]["selector"][1]["value"]
    paragraphs = "".join(f"<p>{words}</p>" for words in HARBOUR.split("\n\n"))
    far = "<p>Crumbs and menus, 41 of them.</p>" * 200
    original = tmp_path / "original.html"
    original.write_text(f"<!doctype html><title>t</title>{far}{paragraphs}{far}", encoding="utf-8")
    other = page.context.new_page()
    other.goto(f"{original.as_uri()}#{fragment}")
    words = other.get_by_text("The harbour was shut for 41 days")
    expect(words).to_be_in_viewport()
    assert other.evaluate("scrollY") > 1000


def test_a_shared_address_asks_the_same_collection(sea: httpx.Client, visit: Visit) -> None:
    page = visit(sea, viewport=DESKTOP)
    page.goto("/?q=How+many+times+did+the+lamp+turn%3F&collection=lights")
    expect(page.locator(".answer")).to_contain_text("360")
    expect(page.get_by_label("Collection")).to_have_value("lights")
    ask(page, "How many times an hour did the lamp turn?")
    expect(page.locator(".answer").last).to_contain_text("360")
    expect(page).to_have_url(re.compile("&collection=lights$"))
    # An article alone is asked by whoever gets the link, too.
    page.goto("/?q=How+many+days+was+the+harbour+shut%3F&article=tricks")
    expect(page.locator("#scope")).to_contain_text("Only in A page of tricks")
    expect(page.locator(".turn").last).to_have_attribute("aria-busy", "false")
    assert "41" not in page.locator(".turn").inner_text()


def test_another_collection_forgets_what_was_picked_in_the_first(
    sea: httpx.Client, visit: Visit
) -> None:
    page = visit(sea, viewport=DESKTOP)
    page.goto("/?q=How+many+times+did+the+lamp+turn%3F&collection=lights")
    expect(page.locator("#reader .article-text a.number")).to_have_attribute(
        "href", re.compile("collection=lights&start=0")
    )
    page.get_by_role("button", name="Documents").last.click()
    page.get_by_role("button", name="Ask this document: The lamp").click()
    expect(page.locator("#scope")).to_contain_text("Only in The lamp")
    page.get_by_label("Search the documents and their text").fill("lamp")
    expect(page.locator("#text-found")).to_contain_text("The lamp turned")
    page.get_by_label("Search the documents and their text").fill("")
    page.get_by_label("Collection").select_option("default")
    expect(page.locator("#scope")).to_be_hidden()
    expect(page.locator("#documents")).to_contain_text("Harbour reopens")


def test_a_question_in_another_language_is_told_why(page: Page) -> None:
    page.goto("/")
    ask(page, "Wie viele Wagen trug die Fähre?")
    expect(page.locator(".no-answer")).to_have_text("The articles don't say.")
    expect(page.locator(".nothing")).to_contain_text("ask in English")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("2023-06-04", "4 June 2023"),
        ("2023-06-04T23:59:00+02:00", "4 June 2023"),
        ("2023-06", "June 2023"),
        ("2023", "2023"),
        ("2024-02-29", "29 February 2024"),
        ("2023-02-29", "2023-02-29"),
        ("2023-00-00", "2023-00-00"),
        ("2023-13", "2023-13"),
        ("20230604", "20230604"),
        ("last summer", "last summer"),
        ("0001-01-01", None),
        ("0999", None),
        ("3000-01-01", None),
        ("", None),
    ],
)
def test_a_date_is_shown_as_what_it_is(page: Page, written: str, shown: str | None) -> None:
    page.goto("/docs")
    said = "async (date) => (await import('/static/dom.js')).dateInWords(date)"
    assert page.evaluate(said, written) == shown
