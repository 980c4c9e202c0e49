"""What axe-core finds of barriers on the pages: nothing serious."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.test_browser import DESKTOP, PHONE, SHUT, ask

pytestmark = pytest.mark.browser

SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
THEMES = pytest.mark.parametrize("theme", ["light", "dark"])


def barriers(page: Page) -> list[str]:
    """The serious and critical findings, each with the first place it is found at."""
    from axe_playwright_python.sync_playwright import Axe

    # Evaluated by the debugger, which the page's own policy does not stop.
    found = Axe().run(page).response["violations"]
    return [
        f"{finding['id']}: {finding['nodes'][0]['html'][:200]}"
        for finding in found
        if finding["impact"] in {"serious", "critical"}
    ]


@SIZES
@THEMES
def test_the_conversation(page: Page, size: ViewportSize, theme: str) -> None:
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.goto("/")
    page.wait_for_load_state("networkidle")
    assert barriers(page) == []
    ask(page, SHUT)
    assert barriers(page) == []
    page.locator(".answer a.marker").click()
    expect(page.locator("#reader mark.current")).to_be_visible()
    assert barriers(page) == []


@SIZES
def test_documents_conversations_and_keys(page: Page, size: ViewportSize) -> None:
    page.set_viewport_size(size)
    page.emulate_media(reduced_motion="reduce")
    page.goto("/")
    ask(page, "Which painter bought the piano?")
    finder = page.get_by_label("Search the documents and their text")
    if not finder.is_visible():
        page.locator("#show-library").click()
    finder.fill("herring")
    expect(page.locator("#text-found .source").first).to_be_visible()
    assert barriers(page) == []
    page.get_by_role("button", name="Close the documents").click()
    if size == PHONE:
        page.locator("#show-rail").click()
        expect(page.locator(".conversation-name")).to_have_count(1)
        assert barriers(page) == []


@THEMES
def test_the_article_and_what_goes_wrong(page: Page, theme: str) -> None:
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    for path in ("/articles/harbour?start=20&end=30", "/articles/none"):
        page.goto(path)
        assert barriers(page) == []
