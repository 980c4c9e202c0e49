"""The pages in a browser: what a person does with them, and what an article must not do to them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Dialog,
    Page,
    Request,
    ViewportSize,
    expect,
    sync_playwright,
)

from pincite.api.app import create_app
from pincite.api.keys import KeyFile, Scope
from pincite.qa.ask import Pincite
from tests.conftest import Serve

pytestmark = pytest.mark.browser

FLAGS = """
--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
--disable-component-update --disable-sync
""".split()
SHUT = "How many days was the harbour shut?"
PHONE: ViewportSize = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, client: httpx.Client) -> Iterator[Page]:
    """A page of the service on which nothing may go wrong: no dialog, no error, no stranger."""
    context = browser.new_context(base_url=str(client.base_url))
    page = context.new_page()
    page.set_default_timeout(10_000)
    wrong: list[str] = []

    def on_dialog(dialog: Dialog) -> None:
        wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def on_console(said: ConsoleMessage) -> None:
        # A refusal that a test arranges is not the page's fault.
        if said.type == "error" and "status of 503" not in said.text:
            wrong.append(f"console: {said.text}")

    def on_request(sent: Request) -> None:
        if not sent.url.startswith(str(client.base_url)):
            wrong.append(f"outside: {sent.url}")

    page.on("dialog", on_dialog)
    page.on("console", on_console)
    page.on("request", on_request)
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    yield page
    context.close()
    assert wrong == []


def ask(page: Page, question: str) -> None:
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")
    expect(page.locator(".turn").last).to_have_attribute("aria-busy", "false")


def assert_no_sideways_scroll(page: Page) -> None:
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.evaluate("innerWidth")


def test_from_the_question_to_the_marked_words(page: Page) -> None:
    page.goto("/")
    ask(page, SHUT)
    expect(page.locator(".answer")).to_contain_text("41")
    marker = page.locator(".answer a.marker")
    expect(marker).to_have_text("1")
    expect(page.locator(".source mark")).to_have_text("41")
    marker.click()
    page.wait_for_url(re.compile(r"/articles/harbour\?start=\d+&end=\d+#p1"))
    mark = page.locator("mark")
    expect(mark).to_have_text("41")
    expect(mark).to_be_in_viewport()
    expect(page.locator("#p1")).to_contain_text("shut for 41 days after the storm")
    page.get_by_text("Back to the conversation").click()
    expect(page.locator(".answer")).to_contain_text("41")


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


def test_the_start_page_offers_articles_and_examples(page: Page) -> None:
    page.goto("/")
    expect(page.locator("#corpus-list a")).to_have_count(2)
    expect(page.locator("#corpus-list")).to_contain_text("The Courier")
    # Markup in an example is text too.
    expect(page.get_by_role("button", name="When was the <img> drawn?")).to_be_visible()
    page.get_by_role("button", name=SHUT).click()
    expect(page.locator(".answer")).to_contain_text("41")


def test_markup_in_an_article_is_shown_and_not_run(page: Page) -> None:
    page.goto("/articles/tricks")
    expect(page.locator("#p1")).to_contain_text("<script>alert(1)</script>")
    expect(page.locator("#p2")).to_contain_text("<img src=x onerror=alert(2)>")
    page.goto("/")
    ask(page, "What does the tricky page hold, what tricks?")
    source = page.locator(".source blockquote").first
    expect(source).to_contain_text("<script>alert(1)</script>")
    assert page.locator("main script, main img, .source script, .source img").count() == 0


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


@pytest.mark.parametrize("path", ["/", "/articles/tricks", "/articles/harbour"])
def test_nothing_scrolls_sideways_on_a_phone(page: Page, path: str) -> None:
    page.set_viewport_size(PHONE)
    page.goto(path)
    page.wait_for_load_state("networkidle")
    assert_no_sideways_scroll(page)
    if path == "/":
        ask(page, SHUT + " " + "really" * 20 + "?")
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
    with browser.new_context(base_url=url) as without:
        refused = without.new_page().goto("/")
        assert refused is not None
        assert refused.status == 401
    # What a browser's own dialog would send: any name, and the key as the password.
    with browser.new_context(
        base_url=url, http_credentials={"username": "me", "password": token}
    ) as context:
        page = context.new_page()
        page.goto("/")
        ask(page, SHUT)
        expect(page.locator(".answer")).to_contain_text("41")
        page.locator(".answer a.marker").click()
        expect(page.locator("mark")).to_have_text("41")


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
