"""The documents in a browser: searched, and where the service takes changes, added and removed.

The routes that change documents are given by the test as the API describes them.
"""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, Route, ViewportSize, expect

from tests.test_browser import DESKTOP, PHONE, SHUT, ask, assert_no_sideways_scroll
from tests.test_browser_access import barriers

pytestmark = pytest.mark.browser

JOB: dict[str, Any] = {
    "id": "j1",
    "collection": "default",
    "state": "running",
    "stage": "reading",
    "done": 1,
    "total": 2,
    "added": [],
    "replaced": [],
    "removed": [],
    "unchanged": 0,
    "skipped": [],
    "error": None,
}
OVER = JOB | {
    "state": "done",
    "done": 2,
    "added": ["tricks"],
    "skipped": [{"name": "scan.pdf", "reason": "no text on its 3 pages"}],
}


@pytest.fixture
def library(page: Page) -> Page:
    page.set_viewport_size(DESKTOP)
    return page


def let_change(page: Page) -> list[str]:
    """Have the service take changes. Returns what it was asked, as it comes."""
    asked: list[str] = []

    def describe(route: Route) -> None:
        page = route.fetch()
        offers = 'data-offers="adds removes scopes"'
        route.fulfill(response=page, body=page.text().replace('data-offers=""', offers))

    def change(route: Route) -> None:
        if route.request.method == "GET":
            route.fallback()
            return
        asked.append(f"{route.request.method} {route.request.post_data or route.request.url}")
        route.fulfill(status=202, json=JOB)

    page.route("**/", describe)
    page.route("**/v1/articles", change)
    page.route("**/v1/articles/*", change)
    page.route("**/v1/jobs/j1", lambda route: route.fulfill(json=OVER))
    return asked


def test_titles_and_text_are_searched(library: Page) -> None:
    library.goto("/")
    library.get_by_label("Search the documents and their text").fill("herring")
    expect(library.locator("#documents h3")).to_have_text("0 titles found")
    found = library.locator("#text-found .source").first
    expect(found).to_contain_text("Fishermen sold 900 crates of herring")
    found.locator(".source-title").click()
    expect(library.locator("#reader .cited")).to_contain_text("crates of herring")
    library.get_by_role("button", name="Documents").last.click()
    library.get_by_label("Search the documents and their text").fill("tricks")
    expect(library.locator("#documents h3")).to_have_text("1 title found")


def test_while_somebody_searches_what_is_found_stands_at_the_top(library: Page) -> None:
    let_change(library)
    library.goto("/")
    expect(library.get_by_role("button", name="Add files")).to_be_visible()
    library.get_by_label("Search the documents and their text").fill("herring")
    expect(library.get_by_role("button", name="Add files")).not_to_be_visible()
    library.get_by_label("Search the documents and their text").fill("")
    expect(library.get_by_role("button", name="Add files")).to_be_visible()


def test_a_document_opens_from_its_beginning(library: Page) -> None:
    library.goto("/")
    library.locator("#documents a", has_text="Harbour reopens").click()
    expect(library.locator("#reader-title")).to_be_focused()
    expect(library.locator("#reader article")).to_contain_text("41 days after the storm")
    expect(library.locator("#reader mark")).to_have_count(0)


def test_files_are_added_and_what_is_refused_is_told(library: Page) -> None:
    asked = let_change(library)
    library.goto("/")
    files = [
        {"name": "tide.txt", "mimeType": "text/plain", "buffer": b"The tide rose 4 metres."},
        {"name": "scan.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4"},
    ]
    with library.expect_file_chooser() as chooser:
        library.get_by_role("button", name="Add files").click()
    chooser.value.set_files(files)  # type: ignore[arg-type]
    expect(library.locator("#jobs")).to_contain_text("Added 1 document from 2 files.")
    expect(library.locator(".skipped")).to_have_text("scan.pdf no text on its 3 pages")
    # What was added comes first.
    expect(library.locator("#documents a").first).to_have_text("A page of tricks")
    (sent,) = asked
    assert 'filename="tide.txt"' in sent and 'filename="scan.pdf"' in sent
    library.get_by_role("button", name="Dismiss").click()
    expect(library.locator("#jobs")).to_be_empty()


def test_a_change_is_followed_though_too_much_is_asked_for_a_while(library: Page) -> None:
    let_change(library)
    refused = {"error": {"type": "overloaded", "message": "too many", "hint": "Wait."}}
    looks: list[int] = []

    def look(route: Route) -> None:
        looks.append(503 if len(looks) < 2 else 200)
        route.fulfill(status=looks[-1], json=OVER if looks[-1] == 200 else refused)

    library.route("**/v1/jobs/j1", look)
    library.goto("/")
    paste(library, "The tide rose 4 metres.")
    library.get_by_label("Title", exact=True).fill("The tide " * 30)  # more than an id may have
    library.get_by_role("button", name="Add this text").click()
    expect(library.locator("#jobs")).to_contain_text("Added 1 document")
    assert looks == [503, 503, 200]


def test_a_pasted_text_is_looked_at_before_it_is_added(library: Page) -> None:
    asked = let_change(library)
    library.goto("/")
    expect(library.get_by_role("button", name="Add files")).to_be_visible()
    paste(library, "The tide rose 4 metres.")
    expect(library.get_by_label("Title", exact=True)).to_be_focused()
    assert asked == []
    library.get_by_label("Title", exact=True).fill("Tide")
    library.get_by_role("button", name="Add this text").click()
    expect(library.locator("#jobs")).to_contain_text("Added 1 document from Tide.")
    assert '"title":"Tide","text":"The tide rose 4 metres."' in asked[0]
    expect(library.get_by_label("Text", exact=True)).not_to_be_visible()


def paste(page: Page, text: str) -> None:
    """Paste a text anywhere on the page."""
    page.evaluate(
        """(text) => {
          const data = new DataTransfer();
          data.setData("text/plain", text);
          document.activeElement.blur();
          document.body.dispatchEvent(
            new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }""",
        text,
    )


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_what_is_at_an_address_is_added(page: Page, size: ViewportSize) -> None:
    page.set_viewport_size(size)
    asked = let_change(page)
    page.goto("/")
    paste(page, " https://tide.example/4-metres ")
    address = page.get_by_label("Address of a document on the web")
    expect(address).to_be_focused()
    expect(address).to_have_value("https://tide.example/4-metres")
    assert asked == []  # looked at before it is fetched
    assert_no_sideways_scroll(page)
    assert barriers(page) == []
    page.get_by_role("button", name="Add it").click()
    expect(page.locator("#jobs")).to_contain_text(
        "Added 1 document from https://tide.example/4-metres."
    )
    assert asked == ['POST {"url":"https://tide.example/4-metres"}']
    expect(address).to_have_value("")
    for wrong in ("tide.example", "ftp://tide.example/", "file:///tide"):
        address.fill(wrong)
        page.keyboard.press("Enter")
    assert len(asked) == 1


def test_why_nothing_was_fetched_is_told_and_the_address_stays(library: Page) -> None:
    let_change(library)
    error = {"type": "address_unreachable", "message": "it leads nowhere", "hint": "Save it."}
    library.route(
        "**/v1/articles", lambda route: route.fulfill(status=503, json={"error": error})
        if route.request.method == "POST"
        else route.fallback(),
    )  # fmt: skip
    library.goto("/")
    address = library.get_by_label("Address of a document on the web")
    address.fill("http://10.0.0.1/")
    library.get_by_role("button", name="Add it").click()
    said = "http://10.0.0.1/: it leads nowhere Save it."
    expect(library.locator("#jobs .wrong")).to_have_text(said)
    expect(address).to_have_value("http://10.0.0.1/")


def test_dropped_files_are_added(library: Page) -> None:
    asked = let_change(library)
    library.goto("/")
    expect(library.get_by_role("button", name="Add files")).to_be_visible()
    library.evaluate(
        """() => {
          const data = new DataTransfer();
          data.items.add(new File(["The tide."], "tide.txt", { type: "text/plain" }));
          for (const name of ["dragover", "drop"])
            document.body.dispatchEvent(
              new DragEvent(name, { dataTransfer: data, bubbles: true, cancelable: true }));
        }"""
    )
    expect(library.locator("#jobs")).to_contain_text("from tide.txt")
    assert len(asked) == 1


def test_a_document_is_removed_once_that_is_confirmed(library: Page) -> None:
    asked = let_change(library)
    library.goto("/")
    remove = library.get_by_role("button", name="Remove: Harbour reopens")
    remove.click()
    expect(library.get_by_role("button", name="Keep it")).to_be_focused()
    library.keyboard.press("Enter")
    assert asked == []
    remove.click()
    library.get_by_role("button", name="Remove it").click()
    expect(library.locator("#library-status")).to_have_text("Removed: Harbour reopens")
    assert [line.split("/v1")[1] for line in asked] == ["/articles/harbour"]


def test_one_document_is_asked_alone(library: Page) -> None:
    let_change(library)
    sent: list[Any] = []

    def answer(route: Route) -> None:
        body = dict(route.request.post_data_json or {})
        # This service does not know the field yet.
        sent.append(body.pop("articles"))
        route.continue_(post_data=body)

    library.route("**/v1/ask", answer)
    library.goto("/")
    library.get_by_role("button", name="Ask this document: Harbour reopens").click()
    expect(library.locator("#scope")).to_contain_text("Only in Harbour reopens")
    expect(library.get_by_label("Your question")).to_be_focused()
    ask(library, SHUT)
    assert sent == [["harbour"]]
    library.get_by_role("button", name="Ask all of them").click()
    expect(library.locator("#scope")).not_to_be_visible()
