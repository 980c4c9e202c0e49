"""Answers in a browser where documents differ, and while they are still being read."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

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
PIANO = "Which painter bought the piano?"
PARTLY = "Only 3 of 4 parts of the articles could be searched."
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


def answer_of(client: httpx.Client, question: str) -> dict[str, Any]:
    answer: dict[str, Any] = client.get("/v1/ask", params={"q": question}).json()
    return answer


def ask_and_tell(page: Page, answer: dict[str, Any]) -> None:
    """Ask what the answer's question is; the service gives that answer."""
    page.route("**/v1/ask", lambda route: route.fulfill(json=answer))
    ask(page, answer["question"])


def copied(page: Page) -> str:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy with sources").click()
    expect(page.locator(".particulars .copy")).to_have_text("Copied")
    return str(page.evaluate("navigator.clipboard.readText()"))


def test_accounts_that_differ_stand_side_by_side(burning: Page) -> None:
    ask(burning, BURNED)
    expect(burning.get_by_role("heading", name="Accounts differ")).to_be_visible()
    expect(burning.locator(".differ p")).to_have_text("2 accounts")
    expect(burning.locator(".sources h3")).to_have_text("2 quotations")
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
    ask(burning, PIANO)
    expect(burning.locator(".no-answer")).to_have_text("The articles don't say.")
    expect(burning.locator(".nothing-next")).to_have_text("These paragraphs come nearest.")
    expect(burning.locator(".sources h3")).to_have_text("Nearest paragraphs")


@pytest.mark.parametrize("question", [BURNED, PIANO])
def test_what_could_not_be_searched_is_said_once(
    burning: Page, fire: httpx.Client, question: str
) -> None:
    answer = answer_of(fire, question) | {"searched": {"shards": 3, "of": 4}}
    ask_and_tell(burning, answer | {"text": f"{answer['text']} {PARTLY}"})
    assert burning.locator(".turn").inner_text().count(PARTLY) == 1


def test_none_of_those_that_exclude_each_other_is_called_likely(
    burning: Page, fire: httpx.Client
) -> None:
    answer = answer_of(fire, BURNED)
    first, second = answer["accounts"]
    ask_and_tell(burning, answer | {"confidence": 0.95})
    burning.get_by_text("Details").click()
    words = burning.locator(".turn").inner_text()
    assert "Finding paragraphs" in words
    assert "%" not in words and "ikely" not in words
    head = f"{BURNED}\n\nAccounts differ:\n{first['answer']} [1]\n{second['answer']} [2]\n\n[1] "
    assert copied(burning).startswith(head)


def test_of_several_answers_each_has_its_own_likelihood(burning: Page, fire: httpx.Client) -> None:
    answer = answer_of(fire, BURNED) | {"status": "answered", "confidence": 0.9}
    first, second = answer["accounts"]
    first |= {"confidence": 0.9}
    second |= {"confidence": 0.3, "disputes": False}
    ask_and_tell(burning, answer)
    weights = ["One source · Very likely right", "One source · Possibly right"]
    expect(burning.locator(".account-weight")).to_have_text(weights)
    expect(burning.locator(".particulars > .confidence")).to_have_count(0)
    burning.get_by_text("Details").click()
    for account, likely in ((first, "90 %"), (second, "30 %")):
        row = f"Likely to be right: {account['answer']}{likely}"
        expect(burning.locator(".numbers dl")).to_contain_text(row)
    head = f"several answers:\n{first['answer']} [1]\nPossibly: {second['answer']} [2]\n\n"
    assert head in copied(burning)


def test_what_is_said_beside_a_dispute_is_no_part_of_it(burning: Page, fire: httpx.Client) -> None:
    answer = answer_of(fire, BURNED)
    beside = answer["accounts"][1] | {"answer": "burned", "disputes": False}
    ask_and_tell(burning, answer | {"accounts": [*answer["accounts"], beside]})
    expect(burning.locator(".account")).to_have_count(2)
    expect(burning.locator(".also-said h4")).to_have_text("Also said")
    expect(burning.locator(".also-said li")).to_contain_text("burned")
    assert "\n\nAlso said:\nburned [2]\n\n" in copied(burning)


def test_who_does_not_say_is_named_by_title(burning: Page, fire: httpx.Client) -> None:
    answer = answer_of(fire, BURNED)
    silent = answer["citations"][0]["article"] | {"publisher": "CNN"}
    ask_and_tell(burning, answer | {"silent": [silent]})
    link = burning.locator(".silent a")
    expect(link).to_have_text(f"CNN, “{silent['title']}”")
    link.click()
    expect(burning.locator("#reader-title")).to_have_text(silent["title"])


def test_words_that_stand_twice_are_marked_in_their_sentence(
    burning: Page, fire: httpx.Client
) -> None:
    first, second = "On Monday 12 drones were shot down. ", "By evening \U0001f525 12 were dead."
    answer = answer_of(fire, BURNED)
    answer["accounts"] = answer["accounts"][:1]
    (cited,) = answer["citations"] = answer["citations"][:1]
    cited["paragraph"]["text"] = first + second
    cited["sentence"] = {"text": second, "start": 100, "end": 100 + len(second)}
    start = 100 + second.index("12")
    cited |= {"quote": "12", "start": start, "end": start + 2}
    ask_and_tell(burning, answer | {"status": "answered"})
    burning.get_by_role("button", name="Paragraph of source 1").click()
    mark = burning.locator(".source-body mark")
    expect(mark).to_have_text("12")
    assert mark.evaluate("(mark) => mark.nextSibling.textContent") == " were dead."
