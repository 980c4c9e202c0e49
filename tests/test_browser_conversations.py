"""Conversations in a browser: kept, found again, changed, shared and taken along."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.conftest import Visit
from tests.test_browser import DESKTOP, SHUT, ask

pytestmark = pytest.mark.browser

COUNTED = "How many ships did the mayor count?"


@pytest.fixture
def wide(visit: Visit, lone_client: httpx.Client) -> Page:
    page = visit(lone_client, viewport=DESKTOP)
    page.goto("/")
    return page


def expect_names(page: Page, names: list[str]) -> None:
    """A name is stored, and so listed, a moment after its answer is shown."""
    expect(page.locator(".conversation-name")).to_have_text(names)


def test_conversations_are_kept_named_and_found_again(wide: Page) -> None:
    ask(wide, SHUT)
    wide.get_by_role("button", name="New conversation").click()
    ask(wide, COUNTED)
    expect(wide.locator(".conversation-name")).to_have_count(2)
    wide.reload()
    expect(wide.locator(".answer")).to_contain_text("17")
    expect_names(wide, [COUNTED, SHUT])
    wide.get_by_label("Find a conversation").fill("41 harbour")  # the answer is looked at too
    expect(wide.locator(".conversation-name")).to_have_count(1)
    wide.locator(".conversation-name").click()
    expect(wide.locator(".answer")).to_contain_text("41")
    wide.get_by_label("Find a conversation").fill("")
    wide.get_by_role("button", name=f"Remove the conversation: {SHUT}").click()
    expect(wide.locator(".conversation-name")).to_have_count(1)
    expect_names(wide, [COUNTED])
    expect(wide.locator("#start")).to_be_visible()


def test_two_tabs_lose_no_turn(wide: Page) -> None:
    ask(wide, SHUT)
    expect_names(wide, [SHUT])
    other = wide.context.new_page()
    other.set_viewport_size(DESKTOP)
    other.goto("/")
    expect_names(other, [SHUT])
    ask(wide, COUNTED)
    # What the list of the other tab holds is older than what is kept.
    other.locator(".conversation-name").click()
    expect(other.locator(".turn")).to_have_count(2)
    ask(other, "How many crates of herring did the fishermen sell?")
    expect(other.locator(".answer")).to_have_count(3)
    # And the first tab goes on beside it, not over it.
    ask(wide, "who says so?")
    expect(wide.locator(".conversation-name")).to_have_count(2)
    wide.locator(".conversation-name").last.click()
    expect(wide.locator(".answer").last).to_contain_text("900")
    expect(wide.locator(".turn")).to_have_count(3)


def test_the_address_asks_the_same_elsewhere(
    wide: Page, visit: Visit, lone_client: httpx.Client
) -> None:
    ask(wide, SHUT)
    ask(wide, COUNTED)
    address = wide.url
    other = visit(lone_client)  # another person's browser
    other.goto(address)
    expect(other.locator(".turn")).to_have_count(2)
    expect(other.locator(".answer").first).to_contain_text("41")
    expect(other.locator(".answer").last).to_contain_text("17")
    expect(other).to_have_url(address)


def test_a_question_is_changed_and_asked_again(wide: Page) -> None:
    ask(wide, SHUT)
    edit = wide.get_by_role("button", name=f"Edit the question: {SHUT}")
    edit.focus()
    wide.keyboard.press("Enter")
    box = wide.get_by_label("The question, to be asked otherwise")
    expect(box).to_be_focused()
    wide.keyboard.press("Escape")
    expect(edit).to_be_focused()  # nothing changed, and the way on is kept
    wide.keyboard.press("Enter")
    box.fill(COUNTED)
    wide.keyboard.press("Enter")
    expect(wide.locator(".answer")).to_contain_text("17")
    expect(wide.locator(".turn")).to_have_count(1)
    expect_names(wide, [COUNTED])


def test_changing_an_earlier_question_loses_nothing(wide: Page) -> None:
    ask(wide, SHUT)
    ask(wide, "who says so?")
    wide.get_by_role("button", name=f"Edit the question: {SHUT}").press("Enter")
    wide.get_by_label("The question, to be asked otherwise").fill(COUNTED)
    wide.keyboard.press("Enter")
    expect(wide.locator(".answer")).to_contain_text("17")
    expect(wide.locator(".conversation-name")).to_have_count(2)
    wide.locator(".conversation-name", has_text=SHUT).click()
    expect(wide.locator(".turn")).to_have_count(2)


def test_a_conversation_is_exported(wide: Page, tmp_path: Path) -> None:
    ask(wide, SHUT)
    wide.get_by_role("button", name="Share").click()
    with wide.expect_download() as started:
        wide.get_by_role("button", name="Export as Markdown").click()
    assert started.value.suggested_filename == "How-many-days-was-the-harbour-shut.md"
    started.value.save_as(tmp_path / "told.md")
    told = (tmp_path / "told.md").read_text(encoding="utf-8")
    assert told.startswith(f"# {SHUT}\n\n## {SHUT}\n\n- **41** [1]\n")
    assert "The harbour was shut for 41 days after the storm." in told
    with wide.expect_download() as started:
        wide.get_by_role("button", name="Export as JSON").click()
    started.value.save_as(tmp_path / "told.json")
    body = json.loads((tmp_path / "told.json").read_text(encoding="utf-8"))
    assert body["name"] == SHUT
    (turn,) = body["turns"]
    assert turn["answer"]["answer"] == "41"
    assert turn["answer"]["citations"][0]["quote"] == "41"


def exported(page: Page, folder: Path) -> str:
    page.get_by_role("button", name="Share").click()
    with page.expect_download() as started:
        page.get_by_role("button", name="Export as Markdown").click()
    started.value.save_as(folder / "told.md")
    return (folder / "told.md").read_text(encoding="utf-8")


def test_the_export_says_what_the_page_says(
    wide: Page, lone_client: httpx.Client, tmp_path: Path
) -> None:
    answer = lone_client.get("/v1/ask", params={"q": SHUT}).json()
    (account,) = answer["accounts"]
    account |= {"disputes": False}
    answer |= {"understood_as": "", "confidence": 0.9}
    unsure = {"confidence": 0.4}
    nothing = {"status": "no_answer", "accounts": [], "citations": [], "text": "None. Ask again."}
    differ = [account, account | {"answer": "42", "disputes": True}, account | {"answer": "43"}]
    answers = [
        answer | unsure | {"question": "first", "accounts": [account | unsure]},
        answer | {"question": "second", "status": "disputed", "accounts": differ},
        answer | {"question": "third", "understood_as": "third harbour"} | nothing,
    ]
    asked = iter(answers)
    wide.route("**/v1/ask", lambda route: route.fulfill(json=next(asked)))
    for answer in answers:
        ask(wide, answer["question"])
    told = exported(wide, tmp_path)
    assert "## first\n\n- Possibly: **41** [1]\n" in told
    assert "## second\n\nAccounts differ:\n\n- **41** [1]\n" in told
    assert "\n\nAlso said:\n\n- **43** [1]\n" in told
    assert told.endswith("## third\n\nLooked up as: third harbour\n\nNone. Ask again.\n")


def test_what_alone_was_asked_stays_with_the_question(wide: Page, tmp_path: Path) -> None:
    wide.goto("/?q=How+many+days+was+the+harbour+shut%3F&article=harbour")
    expect(wide.locator(".answer")).to_contain_text("41")
    wide.get_by_role("button", name="Ask all of them").click()
    ask(wide, COUNTED)
    expect_names(wide, [SHUT])
    only = wide.locator(".turn").first.locator(".understood")
    expect(only).to_have_text("Only in Harbour reopens")
    expect(wide.get_by_text("Only in Harbour reopens")).to_have_count(1)
    # Whoever opens the address asks all of them: the first question was asked of one.
    expect(wide).to_have_url("/?q=How+many+ships+did+the+mayor+count%3F")
    assert f"## {SHUT}\n\nOnly in Harbour reopens\n\n- **41** [1]\n" in exported(wide, tmp_path)
    wide.reload()
    expect(wide.locator(".answer")).to_have_count(2)
    expect(only).to_have_text("Only in Harbour reopens")


def test_a_long_question_is_counted_and_cut(wide: Page) -> None:
    box = wide.get_by_label("Your question")
    box.fill("word " * 170)
    expect(wide.locator("#question-length")).to_have_text("849 of 1,000 characters")
    box.fill("word " * 220)
    expect(wide.locator("#question-length")).to_contain_text("99 characters too many.")
    wide.keyboard.press("Enter")
    expect(wide.locator(".turn")).to_have_count(0)  # it stays where it can be cut
    wide.get_by_role("button", name="Cut the end off").click()
    expect(wide.locator("#question-length")).to_have_text("999 of 1,000 characters")
    wide.keyboard.press("Enter")
    expect(wide.locator(".turn").last).to_have_attribute("aria-busy", "false")
    expect(wide.locator(".failure")).to_have_count(0)


def test_everything_is_reached_by_keys(wide: Page) -> None:
    ask(wide, SHUT)
    marker = wide.locator(".answer a.marker")
    marker.focus()
    wide.keyboard.press("Enter")
    expect(wide.locator("#reader-title")).to_be_focused()
    expect(wide.locator("#reader mark.current")).to_be_in_viewport()
    wide.keyboard.press("Escape")
    expect(marker).to_be_focused()
    expect(wide.locator("#pane")).not_to_be_visible()
    wide.keyboard.press("d")
    expect(wide.get_by_label("Search the documents and their text")).to_be_focused()
    wide.keyboard.press("Escape")
    wide.keyboard.press("?")
    expect(wide.get_by_role("dialog", name="Keys")).to_be_visible()
    wide.get_by_label("Keys of a single letter").uncheck()
    wide.keyboard.press("Escape")
    wide.locator(".brand").click()
    wide.keyboard.press("d")
    expect(wide.locator("#pane")).not_to_be_visible()
