"""The door for agents, by the SDK's own client: in this process, over HTTP, on standard input."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp_types import CallToolResult, TextContent, Tool

from pincite.api.app import create_app
from pincite.api.mcp import INSTRUCTIONS, create_server
from pincite.api.shown import HALF_SURE
from pincite.qa.ask import Pincite
from tests.conftest import FEW_WINDOWS, Serve, open_with_fakes
from tests.test_api import SHUT, timeless

TOOLS = {"ask", "search", "read_paragraph", "list_articles"}
Calls = list[tuple[str, dict[str, Any]]]


def call(server: Any, *calls: tuple[str, dict[str, Any]]) -> list[CallToolResult]:  # noqa: ANN401
    """Call tools in turn by one client of the server: its address, its command or itself."""

    async def calling() -> list[CallToolResult]:
        async with Client(server) as client:
            return [await client.call_tool(name, given) for name, given in calls]

    return asyncio.run(calling())


def tools(server: Any) -> list[Tool]:  # noqa: ANN401
    async def listing() -> list[Tool]:
        async with Client(server) as client:
            return list((await client.list_tools()).tools)

    return asyncio.run(listing())


def structured(result: CallToolResult) -> Mapping[str, Any]:
    assert not result.is_error, result.content
    assert isinstance(result.structured_content, dict)
    return result.structured_content


def said(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


@pytest.fixture
def mcp_url(client: httpx.Client) -> str:
    return f"{str(client.base_url).rstrip('/')}/mcp"


def test_the_tools_say_what_they_take_and_give(mcp_url: str) -> None:
    listed = tools(mcp_url)
    assert {tool.name for tool in listed} == TOOLS
    for tool in listed:
        assert tool.description
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint
        assert tool.output_schema is not None
        assert tool.output_schema["type"] == "object"
    (ask,) = [tool for tool in listed if tool.name == "ask"]
    assert ask.input_schema["required"] == ["question"]
    assert {"status", "citations", "accounts"} <= set((ask.output_schema or {})["properties"])


def test_ask_gives_the_answer_with_its_citations(client: httpx.Client, mcp_url: str) -> None:
    turn = {"question": SHUT, "answer": "41"}
    whole, limited, follow_up = call(
        mcp_url,
        ("ask", {"question": SHUT}),
        ("ask", {"question": SHUT, "limit": 1}),
        ("ask", {"question": "who says so?", "history": [turn]}),
    )
    asked = client.get("/v1/ask", params={"q": SHUT}).json()
    assert timeless(dict(structured(whole))) == timeless(asked)
    (citation,) = structured(whole)["citations"]
    text = client.get("/v1/articles/harbour").json()["text"]
    assert text[citation["start"] : citation["end"]] == citation["quote"] == "41"
    assert '"quote"' in said(whole)  # for models that read text only
    assert len(structured(limited)["citations"]) == 1
    assert "harbour" in structured(follow_up)["understood_as"]


def test_an_agent_is_told_below_what_an_answer_is_only_possible() -> None:
    assert f"Below a\n`confidence` of {HALF_SURE}, say" in INSTRUCTIONS


def test_search_and_read_on(client: httpx.Client, mcp_url: str) -> None:
    found, alone, around = call(
        mcp_url,
        ("search", {"query": "herring crates", "limit": 2}),
        ("read_paragraph", {"article": "harbour", "paragraph": 3}),
        ("read_paragraph", {"article": "harbour", "paragraph": 3, "around": 1}),
    )
    searched = client.get("/v1/search", params={"q": "herring crates", "limit": 2}).json()
    assert structured(found) == searched
    assert structured(alone)["article"]["publisher"] == "The Courier"
    assert structured(alone)["paragraphs_in_all"] == 3
    (paragraph,) = structured(alone)["paragraphs"]
    text = client.get("/v1/articles/harbour").json()["text"]
    assert paragraph["text"] == text[paragraph["start"] : paragraph["end"]]
    assert paragraph["text"].startswith("Fishermen sold 900 crates")
    assert [one["number"] for one in structured(around)["paragraphs"]] == [2, 3]


def test_the_articles_are_listed(client: httpx.Client, mcp_url: str) -> None:
    listed, rest = call(mcp_url, ("list_articles", {}), ("list_articles", {"first": 1}))
    articles = client.get("/v1/articles").json()["articles"]
    assert structured(listed) == {"articles": articles, "articles_in_all": 2}
    assert structured(rest)["articles"] == articles[1:]


def test_what_cant_be_taken_is_said_to_the_model(mcp_url: str) -> None:
    results = call(
        mcp_url,
        ("ask", {"question": "?!"}),
        ("ask", {"question": SHUT, "limit": 51}),
        ("read_paragraph", {"article": "nothing", "paragraph": 1}),
        ("read_paragraph", {"article": "harbour", "paragraph": 4}),
        ("search", {"query": ""}),
        ("search", {"query": SHUT, "collection": "none"}),
    )
    assert all(result.is_error for result in results)
    words = [said(result) for result in results]
    assert "the question has no words. Ask in words" in words[0]
    assert "50" in words[1]
    assert "there is no article 'nothing'" in words[2]
    assert "has 3 paragraphs" in words[3]
    assert "no words" in words[4]
    assert "there is no collection 'none'" in words[5]


def test_a_page_elsewhere_cant_call_it(client: httpx.Client) -> None:
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    headers = {"Accept": "application/json, text/event-stream", "Origin": "http://evil.example"}
    assert client.post("/mcp", json=call, headers=headers).status_code == 403


def listing(client: httpx.Client, **headers: str) -> httpx.Response:
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    accept = {"Accept": "application/json, text/event-stream"}
    return client.post("/mcp", json=call, headers=accept | headers)


def test_it_has_the_names_and_origins_of_the_settings(small: Pincite, serve: Serve) -> None:
    changed = {"hosts": "docs.example.org", "origins": "https://friend.example"}
    settings = small.settings.model_copy(update=changed)
    client = serve(create_app(settings, lambda _: small))
    for host in ("docs.example.org", "docs.example.org:443", "localhost", "127.0.0.1:1"):
        assert listing(client, Host=host).status_code == 200
    own = "https://docs.example.org"
    assert listing(client, Host="docs.example.org", Origin=own).status_code == 200
    assert listing(client, Origin="https://friend.example").status_code == 200
    for refused, status in (
        (listing(client, Host="evil.example"), 421),
        (listing(client, Host="docs.example.org", Origin="http://evil.example"), 403),
    ):
        assert refused.status_code == status
        assert refused.json()["error"]["type"] in {"wrong_host", "wrong_origin"}


def test_on_loopback_it_has_no_other_name(client: httpx.Client) -> None:
    assert listing(client, Host="localhost").status_code == 200
    assert listing(client, Host="evil.example").status_code == 421
    assert listing(client, Host="docs.example.org").status_code == 421


def test_without_an_index_it_is_said(small: Pincite, serve: Serve, tmp_path: Path) -> None:
    settings = small.settings.model_copy(update={"index": tmp_path / "none"})
    client = serve(create_app(settings, open_with_fakes))
    (result,) = call(f"{str(client.base_url).rstrip('/')}/mcp", ("ask", {"question": SHUT}))
    assert result.is_error
    assert "there is no index" in said(result)
    assert "pincite index" in said(result)


def test_making_a_server_leaves_the_log_alone(small: Pincite) -> None:
    async def never(*_: object) -> Any:  # noqa: ANN401
        raise AssertionError

    before = logging.getLogger().handlers[:]
    create_server(lambda _: small, never)
    assert logging.getLogger().handlers == before


@pytest.mark.models
def test_on_standard_input_with_the_real_models(brief: Pincite) -> None:
    command = StdioServerParameters(
        command=str(Path(sys.executable).with_name("pincite")),
        args=["mcp", "--index", str(brief.settings.index)],
        env={"PINCITE_READ_WINDOWS": str(FEW_WINDOWS)},
    )
    question = "Who is the governor of Belgorod?"
    answer, articles = call(command, ("ask", {"question": question}), ("list_articles", {}))
    given = structured(answer)
    assert "Gladkov" in given["answer"]
    for cited in given["citations"]:
        article = brief.index.store.article(cited["article"]["id"])
        assert article is not None
        assert article.text[cited["start"] : cited["end"]] == cited["quote"]
    assert structured(articles)["articles_in_all"] == 5
