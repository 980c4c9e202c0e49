"""The retrievers for LangChain and Haystack, and their and LlamaIndex's classes for OpenAI's form.

Their libraries are heavy and none of ours: where one is not installed, its tests are skipped. All
at once, in an environment of their own, for LlamaIndex's wants an older `openai` than we pin:

    python3 -m venv .venv/frameworks
    grep -v ^openai== constraints.txt > .venv/frameworks.txt
    echo langchain-openai haystack-ai llama-index-llms-openai-like > .venv/names.txt
    .venv/frameworks/bin/pip install -c .venv/frameworks.txt -e . pytest $(cat .venv/names.txt)
    .venv/frameworks/bin/python -m pytest tests/test_integrations.py
"""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, version

import httpx
import pytest

from pincite.api.client import Client
from tests.test_api import SHUT

HERRING = "Fishermen sold 900 crates of herring; one of them had 900 alone."


def needs(package: str) -> pytest.MarkDecorator:
    try:
        version(package)
        missing = False
    except PackageNotFoundError:
        missing = True
    return pytest.mark.skipif(missing, reason=f"needs {package}: pip install {package}")


def assert_is_the_paragraph(metadata: dict[str, object]) -> None:
    assert metadata["id"] == "harbour"
    assert metadata["publisher"] == "The Courier"
    assert metadata["paragraph"] == 3
    assert str(metadata["url"]).startswith("/articles/harbour?start=")


@needs("langchain-core")
def test_langchain_retrieves_paragraphs(client: httpx.Client) -> None:
    from pincite.api.langchain import PinciteRetriever

    with Client(str(client.base_url)) as library:
        first, _ = PinciteRetriever(library=library, limit=2).invoke("herring crates")
    assert first.page_content == HERRING
    assert_is_the_paragraph(first.metadata)


@needs("haystack-ai")
def test_haystack_retrieves_paragraphs_in_a_pipeline(client: httpx.Client) -> None:
    from haystack import Pipeline

    from pincite.api.haystack import PinciteRetriever

    with Client(str(client.base_url)) as library:
        pipeline = Pipeline()
        pipeline.add_component("pincite", PinciteRetriever(library, limit=2))
        found = pipeline.run({"pincite": {"query": "herring crates"}})["pincite"]["documents"]
        one = pipeline.run({"pincite": {"query": "herring crates", "limit": 1}})
    assert found[0].content == HERRING
    assert_is_the_paragraph(found[0].meta)
    assert len(found) == 2
    assert len(one["pincite"]["documents"]) == 1


@needs("langchain-openai")
def test_langchain_chats_and_hands_the_citations_on(client: httpx.Client) -> None:
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
    from langchain_openai import ChatOpenAI

    chat = ChatOpenAI(base_url=f"{client.base_url}/v1", api_key="none", model="pincite")
    said = chat.invoke(SHUT)
    assert str(said.content).startswith("41 [1]\n")
    # It drops annotations; the source's line has the citation too.
    (link,) = re.findall(r"^- \[1\] .*\((http\S+)\): ", str(said.content), re.MULTILINE)
    place = httpx.URL(link).params
    text = client.get("/v1/articles/harbour").json()["text"]
    assert text[int(place["start"]) : int(place["end"])] == "41"
    assert said.usage_metadata is not None
    assert said.usage_metadata["output_tokens"] > 0
    streamed = [chunk.content for chunk in chat.stream(SHUT)]
    assert "".join(map(str, streamed)) == said.content
    followed = chat.invoke(
        [
            SystemMessage("Be brief."),
            HumanMessage(SHUT),
            AIMessage(said.content),
            HumanMessage(SHUT),
        ]
    )
    assert followed.content == said.content


@needs("llama-index-llms-openai-like")
def test_llama_index_chats_and_hands_the_citations_on(client: httpx.Client) -> None:
    from llama_index.core.llms import ChatMessage
    from llama_index.llms.openai_like import OpenAILike

    llm = OpenAILike(
        api_base=f"{client.base_url}/v1", api_key="none", model="pincite", is_chat_model=True
    )
    said = llm.chat([ChatMessage(role="user", content=SHUT)])
    assert str(said.message.content).startswith("41 [1]\n")
    (annotation,) = said.raw.choices[0].message.annotations
    assert annotation.url_citation.title == "Harbour reopens"
    assert annotation.pincite["quote"] == "41"
    pieces = [r.delta for r in llm.stream_chat([ChatMessage(role="user", content=SHUT)])]
    assert "".join(piece or "" for piece in pieces) == said.message.content
