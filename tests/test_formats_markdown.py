"""Markdown: which tags are HTML, and which are words of the text."""

from __future__ import annotations

import pytest

from pincite.errors import Unreadable
from pincite.index.formats.reading import read
from tests.documents import one


@pytest.mark.parametrize(
    "text",
    [
        "Put the <script> tag first.\n\nSecond.\n\nThird.",
        "<script> goes first.\n\nSecond.\n\nThird.",
        "<title> goes into the head.\n\nSecond.",
        "An <iframe title='a > b'> or a <style>.\n\nSecond.",
        "The <script src=x/> tag.\n\nSecond.",
        "The <object> and the <video> and the <template> here.\n\nSecond.",
        "A <textarea> holds text.\n\nSecond.",
        "A <table> or a <select> in the <body>.\n\nSecond.",
        "Name a <source>, a <param> and a <target>, as in run <file name>.",
        "It ends with </script>, not with </stop>.\n\nSecond.",
        "<!-- never closed\n\nSecond.",
        "<?php never closed\n\nSecond > first.",
    ],
)
def test_a_tag_that_nothing_closes_is_a_word(text: str) -> None:
    assert one("a.md", text.encode()).text == text


@pytest.mark.parametrize(
    "html",
    [
        "<script>\nput('<title>')\n\nand('on')\n</script>",
        "<style>p {}</style>",
        "<video controls>\n\nNot here.\n\n</video>",
        "<!-- a <script> -->",
        '<a name="x"> <source src="x"> <script>put()</script> <img src="x"> <Mark size="5" />',
        "<br> </div> <wbr>",
        "<? out() ?>",
    ],
)
def test_html_in_markdown_says_nothing_where_it_is_meant(html: str) -> None:
    assert one("a.md", f"{html}\n\nWords.".encode()).text == "Words."
    with pytest.raises(Unreadable, match="empty"):
        read("a.md", html.encode())


def test_a_tag_that_holds_nothing_hides_nothing() -> None:
    page = b"<p><picture><source srcset=x><img alt='The old bridge'></picture> in May.</p>"
    assert one("a.html", page).text == "The old bridge\n\nin May."
    assert one("a.md", b"Before <source src='x'> and after.").text == "Before and after."


def test_html_at_the_beginning_makes_no_page_of_it() -> None:
    text = (
        '<p align="center">\n  <img src="tent.png" alt="A tent">\n</p>\n\n# Tents\n\n- A *red* one.'
    )
    assert one("README.md", text.encode()).text == "A tent\n\nTents\n\nA red one."


@pytest.mark.parametrize("name", ["README.md", "prices.csv"])
def test_a_page_at_such_an_address_is_a_page(name: str) -> None:
    # As a site shows a file: https://github.com/OWNER/NAME/blob/main/README.md
    page = b"\n\n<!DOCTYPE html>\n<html><head><title>Tents</title></head><body>\n\n" + (
        b"    <p>One, *two*, 3.</p></body></html>"
    )
    assert one(name, page).text == one("a.html", page).text == "One, *two*, 3."
