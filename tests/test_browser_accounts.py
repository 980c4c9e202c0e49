"""Answers in a browser where documents differ, and while they are still being read."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from pincite.api.app import create_app
from pincite.index.build import build
from pincite.index.opened import open_index
from pincite.qa.ask import Models, Pincite
from pincite.qa.reader import Span, Text
from pincite.settings import load_settings
from tests.conftest import Visit, served
from tests.fakes import CONFIDENCE, FakeComparison, FakeEncoder, FakeReader
from tests.test_browser import DESKTOP, PHONE, ask

pytestmark = pytest.mark.browser

BURNED = "How many houses burned in the fire?"
SLOW = "Who rang the slow bell, and when did the slow bell ring?"
FIRE = {
    "arden.txt": "Fire in the town\n\nThe fire burned 12 houses in the night.\n",
    "brook.txt": "After the fire\n\nIn the fire there burned 30 houses before dawn.\n",
    "cole.txt": "The bell\n\nThe slow bell rang at 11 when the slow bell ringer woke.\n",
}


class SlowReader(FakeReader):
    """Takes a second over a question about something slow."""

    def read(self, asked: str, texts: Sequence[Text]) -> list[list[Span]]:
        if "slow" in asked:
            time.sleep(1.0)
        return super().read(asked, texts)


@pytest.fixture(scope="module")
def fire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("fire")
    corpus = folder / "corpus"
    corpus.mkdir()
    for name, text in FIRE.items():
        Path(corpus / name).write_text(text, encoding="utf-8")
    settings = load_settings(corpus=corpus, index=folder / "index")
    encoder = FakeEncoder()
    build(settings, encoder)
    models = Models(encoder, SlowReader(), FakeComparison(), CONFIDENCE)
    opened = Pincite(open_index(settings, encoder), models, settings)
    with served(create_app(settings, lambda _: opened)) as client:
        yield client


@pytest.fixture
def burning(visit: Visit, fire: httpx.Client) -> Page:
    page = visit(fire, viewport=DESKTOP)
    page.goto("/")
    return page


def test_accounts_that_differ_stand_side_by_side(burning: Page) -> None:
    ask(burning, BURNED)
    expect(burning.get_by_role("heading", name="Accounts differ")).to_be_visible()
    columns = burning.locator(".account")
    expect(columns).to_have_count(2)
    words = " ".join(columns.locator(".account-words").all_inner_texts())
    assert sorted(re.findall(r"12|30", words)) == ["12", "30"]
    sentences = sorted(columns.locator(".account-sentence").all_inner_texts())
    assert sentences == [
        "In the fire there burned 30 houses before dawn.",
        "The fire burned 12 houses in the night.",
    ]
    assert sorted(columns.locator(".account-sentence mark").all_inner_texts()) == ["12", "30"]
    boxes = [column.bounding_box() for column in columns.all()]
    assert boxes[0] is not None and boxes[1] is not None
    assert boxes[0]["y"] == boxes[1]["y"]
    assert boxes[0]["x"] < boxes[1]["x"]


def test_on_a_phone_they_are_cards_one_below_the_other(burning: Page) -> None:
    burning.set_viewport_size(PHONE)
    ask(burning, BURNED)
    boxes = [column.bounding_box() for column in burning.locator(".account").all()]
    assert boxes[0] is not None and boxes[1] is not None
    assert boxes[0]["x"] == boxes[1]["x"]
    assert boxes[0]["y"] < boxes[1]["y"]


def test_the_keys_go_from_source_to_source(burning: Page) -> None:
    ask(burning, BURNED)
    burning.locator(".account .chip").first.click()
    marked = burning.locator("#reader mark.current")
    first = marked.inner_text()
    expect(burning.locator(".steps")).to_contain_text("1 of 2")
    burning.keyboard.press("j")
    expect(burning.locator(".steps")).to_contain_text("2 of 2")
    expect(marked).to_be_in_viewport()
    assert {first, marked.inner_text()} == {"12", "30"}
    burning.keyboard.press("j")  # there is no third
    expect(burning.locator(".steps")).to_contain_text("2 of 2")
    burning.keyboard.press("k")
    expect(marked).to_have_text(first)


def test_what_is_found_is_shown_while_it_is_read(burning: Page) -> None:
    burning.get_by_label("Your question").fill(SLOW)
    burning.keyboard.press("Enter")
    expect(burning.locator(".looking")).to_contain_text("nearest paragraph")
    expect(burning.locator(".looking .chip").first).to_be_visible()
    expect(burning.locator(".answer")).to_contain_text("The slow bell rang at 11")
    expect(burning.locator(".looking")).to_have_count(0)


def test_what_is_asked_can_be_stopped(burning: Page) -> None:
    burning.get_by_label("Your question").fill(SLOW)
    burning.keyboard.press("Enter")
    expect(burning.locator(".looking")).to_be_visible()
    burning.keyboard.press("Escape")
    expect(burning.locator(".notice")).to_contain_text("Stopped")
    burning.get_by_role("button", name="Ask again").click()
    expect(burning.locator(".answer")).to_contain_text("11")


def test_what_is_in_no_document_is_said(burning: Page) -> None:
    ask(burning, "Which painter bought the piano?")
    expect(burning.locator(".no-answer")).to_have_text("Not in these documents.")
    expect(burning.locator(".sources")).to_contain_text("Nearest paragraphs")
