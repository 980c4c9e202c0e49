"""The pages in a browser: what a person does with them, and what an article must not do to them."""

from __future__ import annotations

import re
import statistics
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, Request, Route, ViewportSize, expect

from pincite.api.app import create_app
from pincite.api.keys import KeyFile, Scope
from pincite.qa.ask import Pincite
from tests.conftest import Serve, Visit

pytestmark = pytest.mark.browser

SHUT = "How many days was the harbour shut?"
DESKTOP: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
WIDTHS = [320, 390, 720, 1024, 1440, 1920]


def ask(page: Page, question: str) -> None:
    asked = page.locator(".turn").count()
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")
    expect(page.locator(".turn")).to_have_count(asked + 1)
    expect(page.locator(".turn").last).to_have_attribute("aria-busy", "false")


def assert_no_sideways_scroll(page: Page) -> None:
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.evaluate("innerWidth")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_from_the_question_to_the_marked_words(page: Page, size: ViewportSize) -> None:
    page.set_viewport_size(size)
    page.goto("/")
    ask(page, SHUT)
    answer = page.locator(".answer")
    expect(answer).to_contain_text("The harbour was shut for 41 days after the storm.")
    expect(answer.locator("mark")).to_have_text("41")
    expect(page.locator(".turn")).to_contain_text("The Courier")
    marker = answer.locator("a.marker")
    expect(marker).to_have_text("1")
    marker.click()
    words = page.locator("#reader mark.current")
    expect(words).to_have_text("41")
    expect(words).to_be_in_viewport()
    expect(page.locator("#reader .cited")).to_contain_text("shut for 41 days after the storm")
    # The conversation is still there, and the address is its own.
    expect(page).to_have_url(re.compile(r"/\?q=How\+many\+days"))
    page.get_by_role("button", name="Close the source").click()
    expect(page.locator("#reader")).not_to_be_visible()
    expect(answer).to_be_visible()


def test_a_marker_begins_no_line_and_is_not_parted(page: Page) -> None:
    page.goto("/")
    ask(page, SHUT)
    begun = page.locator(".answer").evaluate(
        """(answer) => {
          const begun = [];
          for (let width = 200; width < 600; width += 2) {
            answer.style.width = `${width}px`;
            const [mark, ...parts] = answer.querySelector(".marker").getClientRects();
            const before = mark.left - answer.getBoundingClientRect().left;
            if (parts.length > 0 || before < 2 * mark.width) begun.push(width);
          }
          return begun;
        }"""
    )
    assert begun == []


def test_the_permanent_link_opens_the_same_words(page: Page) -> None:
    page.goto("/")
    ask(page, SHUT)
    page.locator(".answer a.marker").click()
    page.locator("#reader").get_by_role("link", name="Open as a page").click()
    page.wait_for_url(re.compile(r"/articles/harbour\?start=\d+&end=\d+#p1"))
    mark = page.locator("mark")
    expect(mark).to_have_text("41")
    expect(mark).to_be_in_viewport()
    page.get_by_text("Back to the conversation").click()
    expect(page.locator(".answer")).to_contain_text("41")


def test_words_that_no_longer_stand_there_are_not_marked(page: Page) -> None:
    page.set_viewport_size(DESKTOP)
    page.goto("/")

    def replaced(route: Route) -> None:
        article = route.fetch().json()
        text = article["text"].replace("41 days", "six weeks")
        route.fulfill(json=article | {"text": text})

    page.route("**/v1/articles/harbour", replaced)
    ask(page, SHUT)
    page.locator(".answer a.marker").click()
    expect(page.locator("#reader")).to_contain_text("The document has changed since: “41”")
    expect(page.locator("#reader .article-text")).to_contain_text("six weeks")
    expect(page.locator("#reader mark")).to_have_count(0)
    # Once it is as it was, its words are marked again.
    page.unroute("**/v1/articles/harbour")
    page.locator(".answer a.marker").click()
    expect(page.locator("#reader mark.current")).to_have_text("41")


def test_a_follow_up_takes_the_conversation_along(page: Page) -> None:
    sent: list[Any] = []

    def note(request: Request) -> None:
        if request.method == "POST":
            sent.append(request.post_data_json)

    page.on("request", note)
    page.goto("/")
    ask(page, SHUT)
    ask(page, "who says so?")
    assert sent == [
        {"question": SHUT, "history": []},
        {"question": "who says so?", "history": [{"question": SHUT, "answer": "41"}]},
    ]
    expect(page.locator(".understood")).to_contain_text("harbour")
    expect(page.locator(".turn")).to_have_count(2)


def test_the_start_page_offers_documents_and_examples(page: Page) -> None:
    page.set_viewport_size(DESKTOP)
    page.goto("/")
    expect(page.locator("#documents a")).to_have_count(2)
    expect(page.locator("#documents")).to_contain_text("The Courier")
    # Markup in an example is text too.
    expect(page.get_by_role("button", name="When was the <img> drawn?")).to_be_visible()
    page.get_by_role("button", name=SHUT).click()
    expect(page.locator(".answer")).to_contain_text("41")


def test_on_a_phone_the_documents_are_a_sheet(page: Page) -> None:
    page.set_viewport_size(PHONE)
    page.goto("/")
    expect(page.locator("#documents")).not_to_be_visible()
    page.get_by_role("button", name="2 documents to ask").click()
    expect(page.locator("#documents a")).to_have_count(2)
    page.keyboard.press("Escape")
    expect(page.locator("#documents")).not_to_be_visible()


def test_markup_in_an_article_is_shown_and_not_run(page: Page) -> None:
    page.set_viewport_size(DESKTOP)
    page.goto("/articles/tricks")
    expect(page.locator("#p1")).to_contain_text("<script>alert(1)</script>")
    expect(page.locator("#p2")).to_contain_text("<img src=x onerror=alert(2)>")
    page.goto("/")
    ask(page, "What does the tricky page hold, what tricks?")
    expect(page.locator(".turn")).to_contain_text("<script>alert(1)</script>")
    page.locator(".turn a.marker, .turn .source-title").first.click()
    expect(page.locator("#reader article")).to_contain_text("<script>alert(1)</script>")
    assert page.locator("main script, main img, #pane script, #pane img").count() == 0


def test_markup_in_a_question_is_shown_and_not_run(page: Page) -> None:
    page.goto("/?q=harbour+%3Cimg+src%3Dx+onerror%3Dalert(3)%3E")
    expect(page.locator(".question")).to_contain_text("<img src=x onerror=alert(3)>")
    expect(page.locator(".turn").last).to_have_attribute("aria-busy", "false")


def test_an_error_is_told_and_can_be_retried(page: Page) -> None:
    error = {"type": "index_busy", "message": "<b>No</b> index.", "hint": "Wait a little."}
    page.route("**/v1/ask", lambda route: route.fulfill(status=503, json={"error": error}))
    page.goto("/")
    ask(page, SHUT)
    expect(page.locator(".failure")).to_contain_text("<b>No</b> index.")
    expect(page.locator(".failure")).to_contain_text("Wait a little.")
    page.unroute("**/v1/ask")
    page.get_by_role("button", name="Retry").click()
    expect(page.locator(".answer")).to_contain_text("41")


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_scrolls_sideways_at_any_width(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    for path in ("/articles/tricks", "/articles/harbour", "/articles/none", "/"):
        page.goto(path)
        page.wait_for_load_state("networkidle")
        assert_no_sideways_scroll(page)
    ask(page, SHUT + " " + "really" * 20 + "?")
    assert_no_sideways_scroll(page)
    page.locator(".source-title").first.click()
    expect(page.locator("#reader article")).to_be_visible()
    assert_no_sideways_scroll(page)


@pytest.mark.parametrize("path", ["/", "/articles/harbour"])
def test_dark_is_dark_and_light_is_light(page: Page, path: str) -> None:
    page.goto(path)

    def brightness(property_: str) -> float:
        colour = page.evaluate(f"getComputedStyle(document.body).{property_}")
        ground = colour if colour != "rgba(0, 0, 0, 0)" else page.evaluate(
            f"getComputedStyle(document.documentElement).{property_}"
        )  # fmt: skip
        red, green, blue = [float(n) for n in re.findall(r"[\d.]+", ground)[:3]]
        return (red + green + blue) / 3

    page.emulate_media(color_scheme="dark")
    assert brightness("backgroundColor") < 60 < 180 < brightness("color")
    page.emulate_media(color_scheme="light")
    assert brightness("backgroundColor") > 220 > 90 > brightness("color")


def test_the_documentation_shows_under_its_own_policy(page: Page) -> None:
    page.goto("/docs")
    expect(page.get_by_text("/v1/ask").first).to_be_visible()


def test_with_a_key_made_the_browser_asks_for_it_and_the_pages_work(
    browser: Browser, small: Pincite, serve: Serve, tmp_path: Path
) -> None:
    file = KeyFile(tmp_path / "keys.json")
    token = file.add("person", Scope.READ)
    settings = small.settings.model_copy(update={"keys_file": file.path})
    url = str(serve(create_app(settings, lambda _: small)).base_url)
    # Chromium without a key shows a dialog, or under this driver none and no page either.
    refused = httpx.get(url, headers={"Accept": "text/html"})
    assert refused.status_code == 401
    assert "A key is needed" in refused.text
    # What a browser's own dialog would send: any name, and the key as the password.
    with browser.new_context(
        base_url=url, http_credentials={"username": "me", "password": token}
    ) as context:
        page = context.new_page()
        page.goto("/")
        ask(page, SHUT)
        expect(page.locator(".answer")).to_contain_text("41")
        page.locator(".answer a.marker").click()
        expect(page.locator("#reader mark.current")).to_have_text("41")


def test_html_made_from_a_string_is_refused_in_every_page_of_ours(
    browser: Browser, client: httpx.Client
) -> None:
    with browser.new_context(base_url=str(client.base_url)) as context:
        page = context.new_page()
        for path in ("/", "/articles/harbour"):
            page.goto(path)
            refused = page.evaluate(
                """() => {
                  try { document.createElement("div").innerHTML = "<img src=x onerror=alert(1)>"; }
                  catch (error) { return error.name; }
                  return "taken";
                }"""
            )
            assert refused == "TypeError"


def test_the_first_view_is_small(visit: Visit, lone_client: httpx.Client) -> None:
    page = visit(lone_client, viewport=DESKTOP)
    sizes: dict[str, int] = {}
    page.on("response", lambda got: sizes.update({got.url: len(got.body())}))
    page.goto("/")
    page.wait_for_load_state("networkidle")
    expect(page.locator("#documents a")).to_have_count(2)
    assert len(sizes) > 20
    print(f"{sum(sizes.values()):,} bytes in {len(sizes)} requests")
    assert sum(sizes.values()) < 180_000


def test_the_page_says_when_it_can_be_used(visit: Visit, lone_client: httpx.Client) -> None:
    usable = []
    for _ in range(10):  # each in a browser context of its own, so with nothing kept
        page = visit(lone_client, viewport=DESKTOP)
        page.goto("/")
        expect(page.get_by_label("Your question")).to_be_focused()
        marks = "performance.getEntriesByName('usable').map((mark) => mark.startTime)"
        usable += page.evaluate(marks)
        page.context.close()
    assert len(usable) == 10
    low, middle, high = min(usable), statistics.median(usable), max(usable)
    print(f"usable after {middle:.0f} ms ({low:.0f} to {high:.0f})")
