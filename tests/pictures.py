"""The README's two pictures, of the service with the shipped models: `python -m tests.pictures`."""

from __future__ import annotations

import shutil
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Browser, ViewportSize, expect, sync_playwright

from pincite.api.app import create_app
from pincite.index.build import build
from pincite.index.encoder import open_encoder
from pincite.qa.ask import Pincite
from pincite.settings import SHIPPED, load_settings
from tests.conftest import BROWSER_FLAGS, served

ASKED = "On which day did Prigozhin make his offer about the captured soldiers on Telegram?"
WIDE: ViewportSize = {"width": 1360, "height": 860}
PHONE: ViewportSize = {"width": 390, "height": 844}


def picture(browser: Browser, url: str, file: str, size: ViewportSize, *, dark: bool) -> None:
    """Ask, and on a wide page open the first source, as far as the first view shows it."""
    page = browser.new_page(
        base_url=url,
        viewport=size,
        color_scheme="dark" if dark else "light",
        device_scale_factor=1.5 if size == PHONE else 1,
    )
    page.goto("/")
    page.get_by_label("Your question").fill(ASKED)
    page.keyboard.press("Enter")
    expect(page.locator(".account").first).to_be_visible(timeout=60_000)
    expect(page.locator(".turn")).to_have_attribute("aria-busy", "false", timeout=60_000)
    if size == WIDE:
        expect(page.locator("#reader mark.current").first).to_be_in_viewport()
    page.mouse.move(0, size["height"] / 2)
    page.wait_for_timeout(500)  # nothing is fading any more
    shot = Image.open(BytesIO(page.screenshot())).convert("RGB")
    shot.quantize(dither=Image.Dither.NONE).save(SHIPPED / "docs" / file, optimize=True)


def main() -> None:
    """Take both."""
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        settings = load_settings(corpus=SHIPPED / "seeds", index=Path(folder) / "index")
        build(settings, open_encoder(settings))
        opened = Pincite.open(settings)
        chromium = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=BROWSER_FLAGS)
        with served(create_app(settings, lambda _: opened)) as client:
            url = str(client.base_url)
            picture(browser, url, "page-light.png", WIDE, dark=False)
            picture(browser, url, "page-phone.png", PHONE, dark=True)
        browser.close()


if __name__ == "__main__":
    main()
