"""The pages: the very characters marked, markup shown and not run, nothing from elsewhere."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from pincite.api.app import create_app
from pincite.api.pages import DOCS_POLICY, HERE, POLICY, STATIC, article_page
from pincite.qa.ask import Pincite
from tests.conftest import Serve

SHIPPED = sorted(
    path for folder in (STATIC, HERE / "templates") for path in folder.iterdir() if path.is_file()
)
MARKUP = [path for path in SHIPPED if path.suffix in {".html", ".svg"}]
SCRIPTS = [path for path in SHIPPED if path.suffix == ".js"]
STYLES = [path for path in SHIPPED if path.suffix == ".css"]


class Page(HTMLParser):
    """What a browser would see of a page: its tags, its text, and what is marked."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.marked: list[str] = []
        self.text = ""
        self._in_mark = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "mark":
            self._in_mark = True
            self.marked.append("")

    def handle_endtag(self, tag: str) -> None:
        self._in_mark = self._in_mark and tag != "mark"

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._in_mark:
            self.marked[-1] += data

    def attributes(self, name: str) -> list[str]:
        return [str(found[name]) for _, found in self.tags if name in found]


def squeezed(text: str) -> str:
    return "".join(text.split())


def test_the_article_page_marks_the_characters_asked(client: httpx.Client) -> None:
    text = client.get("/v1/articles/harbour").json()["text"]
    start = text.index("900 alone")  # the second 900 of its paragraph
    page = Page(client.get(f"/articles/harbour?start={start}&end={start + 3}").text)
    assert page.marked == ["900"]
    assert page.attributes("id").count("quote") == 1
    assert squeezed("one of them had 900 alone") in squeezed(page.text)
    paragraphs = [found for tag, found in page.tags if tag == "div" and "id" in found]
    assert [found["id"] for found in paragraphs] == ["p1", "p2", "p3"]
    cited = [found["id"] for found in paragraphs if "cited" in str(found["class"]).split()]
    assert cited == ["p3"]


def test_a_mark_over_two_paragraphs_is_marked_in_both(client: httpx.Client) -> None:
    text = client.get("/v1/articles/harbour").json()["text"]
    start, end = text.index("the storm"), text.index(" counted")
    page = Page(client.get(f"/articles/harbour?start={start}&end={end}").text)
    assert page.marked == ["the storm.", "The mayor"]
    assert page.attributes("id").count("quote") == 1


@pytest.mark.parametrize("stride", [7, 61])
def test_any_span_of_any_article_is_marked_whole(seeds: Pincite, stride: int) -> None:
    for row in seeds.index.store.articles():
        article = seeds.index.store.article(row.id)
        assert article is not None
        for start in range(0, len(article.text), 997):
            end = min(start + stride, len(article.text))
            page = Page(article_page(article, start, end))
            assert squeezed("".join(page.marked)) == squeezed(article.text[start:end])


def test_an_article_is_shown_whole(seeds_client: httpx.Client) -> None:
    for item in seeds_client.get("/v1/articles").json()["articles"]:
        body = seeds_client.get(f"/v1/articles/{item['id']}").json()
        page = Page(seeds_client.get(item["url"]).text)
        assert page.marked == []
        at = 0
        shown = squeezed(page.text)
        for block in body["blocks"]:
            words = squeezed(body["text"][block["start"] : block["end"]])
            at = shown.index(words, at) + len(words)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?start=1",
        "?end=9",
        "?start=9&end=9",
        "?start=9&end=3",
        "?start=-5&end=3",
        "?start=3&end=100000",
        "?start=99999999999999999999&end=999999999999999999999",
        "?start=15&end=16",  # the white space between two blocks
        "?begin=1&finish=2",
    ],
)
def test_a_mark_that_makes_no_sense_still_shows_the_page(client: httpx.Client, query: str) -> None:
    response = client.get(f"/articles/harbour{query}")
    assert response.status_code == 200
    page = Page(response.text)
    assert page.marked == []
    assert "#quote" not in page.attributes("href")
    assert "The harbour was shut for 41 days after the storm." in page.text


def test_markup_in_an_article_is_shown_and_not_run(client: httpx.Client) -> None:
    text = client.get("/v1/articles/tricks").json()["text"]
    start = text.index("<script>")
    end = text.index("</script>") + len("</script>")
    response = client.get(f"/articles/tricks?start={start}&end={end}")
    page = Page(response.text)
    assert page.marked == ["<script>alert(1)</script>"]
    assert "<script>alert" not in response.text
    assert [tag for tag, _ in page.tags if tag in {"script", "img"}] == ["script"]
    assert page.attributes("src") == ["/static/article.js"]
    assert page.attributes("onerror") == []
    assert '7 other tricks & "traps"' in page.text
    assert "An <img src=x onerror=alert(2)> was drawn" in page.text


def test_publisher_and_date_are_shown_or_said_to_be_missing(client: httpx.Client) -> None:
    named = Page(client.get("/articles/harbour").text)
    assert "The Courier" in named.text
    assert "6 May 2024" in named.text
    assert named.attributes("datetime") == ["2024-05-06"]
    unnamed = Page(client.get("/articles/tricks").text)
    assert "Publisher not named" in unnamed.text
    assert unnamed.attributes("datetime") == []


def test_a_date_that_is_a_sign_of_none_is_not_shown(small: Pincite) -> None:
    article = small.index.store.article("harbour")
    assert article is not None
    page = Page(article_page(replace(article, published="0001-01-01"), None, None))
    assert "undated" in page.text
    assert page.attributes("datetime") == []


@pytest.mark.parametrize(
    ("path", "content_type", "policy"),
    [
        ("/", "text/html; charset=utf-8", POLICY),
        ("/articles/harbour", "text/html; charset=utf-8", POLICY),
        ("/docs", "text/html; charset=utf-8", DOCS_POLICY),
        ("/favicon.ico", "image/svg+xml", POLICY),
        ("/static/chat.js", "text/javascript; charset=utf-8", POLICY),
        ("/static/pincite.css", "text/css; charset=utf-8", POLICY),
        ("/docs/assets/swagger-ui.css", "text/css; charset=utf-8", POLICY),
        ("/v1/articles", "application/json", POLICY),
        ("/openapi.json", "application/json", POLICY),
    ],
)
def test_every_response_carries_the_headers(
    client: httpx.Client, path: str, content_type: str, policy: str
) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == content_type
    assert response.headers["Content-Security-Policy"] == policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "same-origin"


def test_the_policies_let_nothing_in_from_elsewhere() -> None:
    for policy in (POLICY, DOCS_POLICY):
        rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
        assert rules["default-src"] == "'none'"
        assert rules["script-src"] == "'self'"
        assert "http" not in policy
    assert "unsafe" not in POLICY


def test_every_file_that_a_page_names_is_served(client: httpx.Client) -> None:
    named = set()
    for path in ("/", "/articles/harbour", "/docs"):
        page = Page(client.get(path).text)
        named.update(page.attributes("src"))
        named.update(str(found["href"]) for tag, found in page.tags if tag == "link")
    for script in SCRIPTS:
        imported = re.findall(r'\bfrom "\./([^"]+)"', script.read_text(encoding="utf-8"))
        named.update(f"/static/{name}" for name in imported)
    assert {f"/static/{path.name}" for path in (*SCRIPTS, *STYLES)} <= named  # none is left over
    for url in sorted(named):
        response = client.get(url)
        assert (url, response.status_code) == (url, 200)
        assert response.content


def test_the_documentation_needs_no_outside_host(client: httpx.Client) -> None:
    page = Page(client.get("/docs").text)
    for url in page.attributes("src") + page.attributes("href"):
        assert url.startswith("/")
        assert not url.startswith("//")
    assert '"/openapi.json"' in client.get("/static/docs.js").text


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_no_shipped_file_names_another_host(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert re.findall(r"(?:https?:|wss?:|[\"'(=]\s*)//\w", text) == []
    assert "@import" not in text


@pytest.mark.parametrize("path", MARKUP, ids=lambda path: path.name)
def test_no_page_has_script_or_style_in_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for script in re.findall(r"<script\b[^>]*>[^<]*</script>", text):
        assert re.fullmatch(r'<script[^>]* src="/[^"]+"></script>', script)
    assert text.count("<script") == len(re.findall(r"<script\b[^>]* src=", text))
    assert "<style" not in text
    assert re.findall(r"\s(?:style|on\w+)\s*=", text) == []
    assert "javascript:" not in text


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_makes_markup_or_code_of_text(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for way in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
        "DOMParser",
        "srcdoc",
        'setAttribute("style"',
        '"onclick"',
    ):
        assert way not in text


def test_a_page_needs_no_index(small: Pincite, tmp_path: Path, serve: Serve) -> None:
    client = serve(create_app(small.settings.model_copy(update={"index": tmp_path / "none"})))
    for path in ("/", "/docs", "/static/chat.js"):
        assert client.get(path).status_code == 200
