"""Citations as W3C selectors and as links to the words in the original page."""

from __future__ import annotations

from urllib.parse import unquote

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pincite.api.selectors import annotation, fragment_link, text_fragment, text_quote
from pincite.errors import InvalidRequest
from pincite.index.article import Article, Block, Role
from tests.test_api import SHUT

HERE = "http://127.0.0.1:8000"
ORIGINAL = "https://courier.example/harbour"
TEXT = "Harbour reopens\n\nOn Monday the harbour was shut, for 41\ndays - after the storm."


def article(text: str = TEXT, first: int = 17, source_url: str | None = None) -> Article:
    """One paragraph from `first` on."""
    paragraph = Block(Role.BODY, first, len(text), 1, None)
    known = ("harbour", "harbour.txt", "Harbour", None, None, None)
    return Article(*known, text, (paragraph,), (), source_url=source_url)


def test_an_annotation_worked_out_by_hand() -> None:
    start = TEXT.index("41")
    taken = article(source_url=ORIGINAL)
    made = annotation(taken, start, start + 2, HERE).model_dump(by_alias=True)
    quote = {
        "type": "TextQuoteSelector",
        "exact": "41",
        "prefix": "onday the harbour was shut, for ",
        "suffix": "\ndays - after the storm.",
    }
    fragment = ":~:text=harbour%20was%20shut%2C%20for-,41,-days%20%2D%20after%20the"
    assert made == {
        "@context": "http://www.w3.org/ns/anno.jsonld",
        "id": f"{HERE}/v1/articles/harbour/annotation?start={start}&end={start + 2}",
        "type": "Annotation",
        "motivation": "highlighting",
        "target": [
            {
                "id": f"{HERE}/articles/harbour?start={start}&end={start + 2}",
                "type": "SpecificResource",
                "source": f"{HERE}/articles/harbour",
                "selector": [
                    quote,
                    {"type": "TextPositionSelector", "start": start, "end": start + 2},
                ],
            },
            {
                "id": f"{ORIGINAL}#{fragment}",
                "type": "SpecificResource",
                "source": ORIGINAL,
                "selector": [
                    quote,
                    {
                        "type": "FragmentSelector",
                        "conformsTo": "https://wicg.github.io/scroll-to-text-fragment/",
                        "value": fragment,
                    },
                ],
            },
        ],
    }
    assert len(annotation(article(), start, start + 2, HERE).target) == 1


@settings(deadline=None)
@given(st.text(min_size=1), st.data())
def test_a_quote_and_what_is_around_it_stand_in_the_text(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    quote = text_quote(text, start, end)
    assert quote.exact == text[start:end]
    assert text[:start].endswith(quote.prefix)
    assert text[end:].startswith(quote.suffix)
    assert len(quote.prefix) == min(32, start)
    assert len(quote.suffix) == min(32, len(text) - end)


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (3, 3), (4, 3), (0, len(TEXT) + 1)])
def test_no_such_characters(start: int, end: int) -> None:
    with pytest.raises(InvalidRequest, match="no characters of the article"):
        text_quote(TEXT, start, end)


def test_a_text_fragment_keeps_to_its_paragraph() -> None:
    # The title before it may stand anywhere on the original page.
    assert text_fragment(article(), 17, 26) == ":~:text=On%20Monday,-the%20harbour%20was%20shut%2C"
    whole = text_fragment(article(), 17, len(TEXT))
    assert whole == ":~:text=On%20Monday%20the%20harbour%20was,days%20%2D%20after%20the%20storm."
    title = TEXT[:15]
    assert text_fragment(article(), 0, 15) == f":~:text={title.replace(' ', '%20')}"


@settings(deadline=None)
@given(st.lists(st.text("ab,-&%#é", min_size=1), min_size=1, max_size=9))
def test_a_text_fragment_has_its_signs_to_itself(words: list[str]) -> None:
    text = " ".join(words)
    fragment = text_fragment(article(text, 0), 0, len(text))
    (term,) = fragment.removeprefix(":~:text=").split(",")
    assert not {"-", "&", "#", " "} & set(term)
    assert unquote(term) == " ".join(text.split())


def test_a_fragment_goes_behind_what_an_address_has() -> None:
    assert fragment_link("https://a.example/b", ":~:text=x") == "https://a.example/b#:~:text=x"
    assert fragment_link("https://a.example/b#c", ":~:text=x") == "https://a.example/b#c:~:text=x"


def test_any_citation_can_be_had_as_an_annotation(client: httpx.Client) -> None:
    (cited,) = client.get("/v1/ask", params={"q": SHUT}).json()["citations"]
    span = {"start": cited["start"], "end": cited["end"]}
    response = client.get(f"/v1/articles/{cited['article']['id']}/annotation", params=span)
    made = response.json()
    assert made["id"] == str(response.url)
    (target,) = made["target"]
    quote, position = target["selector"]
    assert quote["exact"] == cited["quote"]
    assert position == {"type": "TextPositionSelector"} | span
    text = client.get("/v1/articles/harbour").json()["text"]
    assert quote["prefix"] + quote["exact"] + quote["suffix"] in text
    assert client.get(target["id"]).status_code == 200
    wrong = client.get("/v1/articles/harbour/annotation", params={"start": 5, "end": 5})
    assert wrong.json()["error"]["type"] == "invalid_request"
    missing = client.get("/v1/articles/nothing/annotation", params=span)
    assert missing.json()["error"]["type"] == "article_not_found"
