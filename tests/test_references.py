"""A quotation with its reference: every form worked out by hand, and read by its own readers."""

from __future__ import annotations

import json
from dataclasses import replace

import httpx
import pytest
from pybtex.database import parse_string

from pincite.api.references import Style, quotation, reference
from pincite.index.article import Article, Block, Role, Section

TEXT = "A & B\n\nThe harbour_was *shut*\nfor 41 days: 100 % {sure}."
START = TEXT.index("The")
BLOCKS = (Block(Role.TITLE, 0, 5, None, None), Block(Role.BODY, START, len(TEXT), 1, None))
BASE = "http://here:8000"


def article(
    published: str | None = "2024-05-06",
    publisher: str | None = "The Courier",
    title: str | None = None,
) -> Article:
    return Article(
        id="harbour",
        file="harbour.txt",
        title=title or "A & B",
        publisher=publisher,
        published=published,
        kind=None,
        text=TEXT,
        blocks=BLOCKS,
        sections=(),
    )


def told(style: Style, **about: str | None) -> str:
    return reference(quotation(article(**about), START, START + 22, BASE), style)


ADDRESS = f"{BASE}/articles/harbour?start={START}&end={START + 22}#p1"


def test_plain() -> None:
    assert told(Style.PLAIN) == (
        f"“The harbour_was *shut*” The Courier, “A & B”, 6 May 2024, paragraph 1. {ADDRESS}"
    )
    assert told(Style.PLAIN, published=None, publisher=None) == (
        f"“The harbour_was *shut*” “A & B”, paragraph 1. {ADDRESS}"
    )


def test_markdown_shows_the_words_as_they_stand() -> None:
    assert told(Style.MARKDOWN) == (
        "> The harbour\\_was \\*shut\\*\n>\n"
        f"> — The Courier, [A & B]({ADDRESS}), 6 May 2024, paragraph 1"
    )


def test_bibtex_is_read_back_by_a_bibtex_reader() -> None:
    whole = quotation(article(), START, len(TEXT), BASE)
    (entry,) = parse_string(reference(whole, Style.BIBTEX), "bibtex").entries.values()
    assert entry.key == "the-courier-2024-harbour"
    day = [entry.fields[part] for part in ("year", "month", "day")]
    assert day == ["2024", "may", "6"]
    assert entry.fields["title"] == r"A \& B"
    assert [str(person) for person in entry.persons["author"]] == ["{The Courier}"]
    assert r"100 \% " in entry.fields["note"]
    assert entry.fields["url"].startswith(f"{BASE}/articles/harbour")


def test_a_brace_alone_spoils_no_bibtex_and_the_address_stays_as_it_is() -> None:
    written = told(Style.BIBTEX, title="A { B", publisher="The } Courier")
    (entry,) = parse_string(written, "bibtex").entries.values()
    assert entry.fields["title"] == r"A \textbraceleft{} B"
    assert entry.fields["howpublished"] == r"The \textbraceright{} Courier"
    assert f"url = {{{ADDRESS}}}" in written
    assert "&" in ADDRESS


@pytest.mark.parametrize(
    ("published", "parts"),
    [
        ("2024-05-06", [2024, 5, 6]),
        ("2024-05", [2024, 5]),
        ("2024", [2024]),
        ("last May", None),
        ("2024-00-05", [2024]),
        ("0001-01-01", None),
        ("9999", None),
    ],
)
def test_csl_json_is_a_list_of_items(published: str, parts: list[int] | None) -> None:
    (item,) = json.loads(told(Style.CSL, published=published))
    assert item["title"] == "A & B"
    assert item["author"] == [{"literal": "The Courier"}]
    assert item["URL"] == ADDRESS
    assert item["note"] == "paragraph 1: “The harbour_was *shut*”"
    assert item.get("issued") == (None if parts is None else {"date-parts": [parts]})


def test_the_post_of_a_live_blog_is_told_beside_the_blogs_day() -> None:
    section = Section("Shut", "2:35 p.m. ET, May 5, 2024", None)
    blog = replace(article(), blocks=(replace(BLOCKS[1], section=0),), sections=(section,))
    quoted = quotation(blog, START, START + 3, BASE)
    place = "post of 2:35 p.m. ET, May 5, 2024, paragraph 1"
    assert f"“A & B”, 6 May 2024, {place}. {BASE}" in reference(quoted, Style.PLAIN)
    assert reference(quoted, Style.MARKDOWN).endswith(f", 6 May 2024, {place}")
    (entry,) = parse_string(reference(quoted, Style.BIBTEX), "bibtex").entries.values()
    assert entry.fields["note"] == f"{place}: “The”"
    (item,) = json.loads(reference(quoted, Style.CSL))
    assert item["note"] == f"{place}: “The”"


def test_a_date_that_is_a_sign_of_none_is_in_no_reference() -> None:
    for style in Style:
        assert "9999" not in told(style, published="9999-12-31")


def test_the_route_answers_in_every_form(client: httpx.Client) -> None:
    text = client.get("/v1/articles/harbour").json()["text"]
    start = text.index("The harbour")
    for style in Style:
        asked = {"start": start, "end": start + 20, "style": style.value}
        response = client.get("/v1/articles/harbour/reference", params=asked)
        assert response.status_code == 200
        assert response.headers["Content-Type"].startswith(style.content_type.split(";")[0])
        assert "The Courier" in response.text
    whole = client.get("/v1/articles/harbour/reference").text
    address = f"{client.base_url}/articles/harbour"
    assert whole == f"The Courier, “Harbour reopens”, 6 May 2024. {address}"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/articles/none/reference", 404),
        ("/v1/articles/harbour/reference?start=5", 422),
        ("/v1/articles/harbour/reference?start=5&end=5", 422),
        ("/v1/articles/harbour/reference?start=0&end=100000", 422),
        ("/v1/articles/harbour/reference?style=apa", 422),
    ],
)
def test_what_can_be_no_reference_is_refused(client: httpx.Client, path: str, status: int) -> None:
    response = client.get(path)
    assert response.status_code == status
    assert set(response.json()["error"]) == {"type", "message", "hint"}
