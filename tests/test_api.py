"""The HTTP API's contract: what is asked, and the exact shape of what comes back."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from pincite import __version__
from pincite.api.app import create_app
from pincite.eval.targets import Service
from pincite.index.build import build
from pincite.qa.answer import Turn
from pincite.qa.ask import Pincite
from pincite.settings import load_settings
from tests.conftest import Serve, open_with_fakes, write_corpus
from tests.fakes import FakeEncoder

SHUT = "How many days was the harbour shut?"
SEEDS_QUESTIONS = [
    "How many prisoners were claimed?",
    "Who is the governor of Belgorod?",
    "Where did the governor offer to meet the fighters?",
    "who wrote Hamlet?",
]

ARTICLE = {"id": str, "file": str, "title": str, "publisher": str | None, "published": str | None}
CITATION = {
    "number": int,
    "article": ARTICLE,
    "section": {"title": str, "published": str | None},
    "paragraph": {"number": int | None, "label": str, "text": str},
    "quote": str,
    "start": int,
    "end": int,
    "url": str,
}
EXTRACT = {"text": str, "start": int, "end": int}
OPTIONAL = (".section", ".sentence", ".said_by", ".searched")
QUOTATION = CITATION | {"sentence": EXTRACT, "said_by": EXTRACT, "page": int | None}
ANSWER = {
    "question": str,
    "understood_as": str,
    "status": str,
    "answer": str | None,
    "text": str,
    "confidence": float,
    "accounts": [
        {"answer": str, "confidence": float, "citations": [int], "sources": int, "disputes": bool}
    ],
    "citations": [QUOTATION],
    "nearest": [QUOTATION],
    "took_ms": {"retrieve": float, "read": float, "total": float},
    "silent": [ARTICLE],
    "searched": {"shards": int, "of": int},
}
ARTICLE_ITEM = ARTICLE | {"kind": str | None, "paragraphs": int, "url": str}


def assert_shape(value: Any, shape: Any, where: str = "") -> None:  # noqa: ANN401
    """The very keys, in their order, and values of the very types; the optional may be null."""
    if isinstance(shape, dict):
        if where.endswith(OPTIONAL) and value is None:
            return
        assert list(value) == list(shape), where
        for key, inner in shape.items():
            assert_shape(value[key], inner, f"{where}.{key}")
    elif isinstance(shape, list):
        assert isinstance(value, list), where
        for item in value:
            assert_shape(item, shape[0], where)
    else:
        number = shape is float and isinstance(value, int) and not isinstance(value, bool)
        assert number or isinstance(value, shape), where


def assert_verbatim(client: httpx.Client, citation: dict[str, Any]) -> None:
    """The quote stands in the article's text at its offsets, inside the paragraph shown."""
    text = client.get(f"/v1/articles/{citation['article']['id']}").json()["text"]
    start, end = citation["start"], citation["end"]
    assert text[start:end] == citation["quote"] != ""
    assert citation["quote"] in citation["paragraph"]["text"]
    assert citation["paragraph"]["text"] in text
    for extract in (citation.get("sentence"), citation.get("said_by")):
        assert extract is None or text[extract["start"] : extract["end"]] == extract["text"]


def timeless(body: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key != "took_ms"}


def test_an_answer_worked_out_by_hand(client: httpx.Client) -> None:
    body = client.post("/v1/ask", json={"question": f"  {SHUT} \n"}).json()
    text = client.get("/v1/articles/harbour").json()["text"]
    at = text.index("41")
    paragraph = "The harbour was shut for 41 days after the storm."
    assert body["question"] == body["understood_as"] == SHUT
    assert body["status"] == "answered"
    assert body["answer"] == "41"
    assert body["text"] == "41 [1]"
    assert 0 < body["confidence"] <= 1
    assert body["accounts"] == [
        {
            "answer": "41",
            "confidence": body["confidence"],
            "citations": [1],
            "sources": 1,
            "disputes": False,
        }
    ]
    assert body["citations"] == [
        {
            "number": 1,
            "article": {
                "id": "harbour",
                "file": "harbour.txt",
                "title": "Harbour reopens",
                "publisher": "The Courier",
                "published": "2024-05-06",
            },
            "section": None,
            "paragraph": {"number": 1, "label": "paragraph 1", "text": paragraph},
            "quote": "41",
            "start": at,
            "end": at + 2,
            "url": f"/articles/harbour?start={at}&end={at + 2}#p1",
            "sentence": {
                "text": paragraph,
                "start": text.index(paragraph),
                "end": text.index(paragraph) + len(paragraph),
            },
            "said_by": None,
            "page": None,
        }
    ]
    assert body["nearest"] == []
    assert body["silent"] == []
    took = body["took_ms"]
    assert 0 < took["retrieve"] + took["read"] <= took["total"] + 0.02  # each is rounded


@pytest.mark.parametrize("question", SEEDS_QUESTIONS)
def test_answers_have_the_shape_and_quote_verbatim(
    seeds_client: httpx.Client, question: str
) -> None:
    body = seeds_client.post("/v1/ask", json={"question": question, "limit": 50}).json()
    assert_shape(body, ANSWER)
    assert body["status"] in {"answered", "disputed", "no_answer"}
    for citation in [*body["citations"], *body["nearest"]]:
        assert_verbatim(seeds_client, citation)
    numbers = [citation["number"] for citation in body["citations"]]
    assert numbers == list(range(1, len(numbers) + 1))
    assert sorted(n for account in body["accounts"] for n in account["citations"]) == numbers


@pytest.mark.parametrize("limit", [None, 1, 50])
@pytest.mark.parametrize("question", SEEDS_QUESTIONS)
def test_get_and_post_give_the_same_answer(
    seeds_client: httpx.Client, question: str, limit: int | None
) -> None:
    posted = seeds_client.post("/v1/ask", json={"question": question, "limit": limit})
    params = {"q": question} | ({} if limit is None else {"limit": str(limit)})
    got = seeds_client.get("/v1/ask", params=params)
    assert posted.status_code == got.status_code == 200
    assert timeless(posted.json()) == timeless(got.json())
    # Every account has one, however few are asked for.
    least = len(got.json()["accounts"])
    assert least <= len(got.json()["citations"]) <= max(limit or 5, least)


def test_the_command_line_prints_the_same_fields(client: httpx.Client, small: Pincite) -> None:
    printed = json.loads(json.dumps(small.ask(SHUT).to_dict()))
    assert timeless(printed) == timeless(client.get("/v1/ask", params={"q": SHUT}).json())


def test_no_answer_shows_the_nearest_paragraphs(small: Pincite, serve: Serve) -> None:
    settings = small.settings.model_copy(update={"threshold": 1.0, "nearest": 2})
    client = serve(create_app(settings, open_with_fakes))
    body = client.get("/v1/ask", params={"q": SHUT}).json()
    assert_shape(body, ANSWER)
    assert (body["status"], body["answer"], body["text"]) == (
        "no_answer",
        None,
        "The articles don't say.",
    )
    assert body["accounts"] == body["citations"] == []
    assert [cited["number"] for cited in body["nearest"]] == [1, 2]
    first = body["nearest"][0]
    assert first["quote"] == first["paragraph"]["text"]
    assert_verbatim(client, first)


def test_a_follow_up_is_written_out(client: httpx.Client) -> None:
    history = [{"question": SHUT, "answer": "41"}, {"question": "and why?", "answer": None}]
    body = client.post("/v1/ask", json={"question": "who says so?", "history": history}).json()
    assert body["question"] == "who says so?"
    assert "harbour" in body["understood_as"]


def test_articles(client: httpx.Client) -> None:
    body = client.get("/v1/articles").json()
    assert_shape(body, {"articles": [ARTICLE_ITEM]})
    assert body["articles"][0] == {
        "id": "harbour",
        "file": "harbour.txt",
        "title": "Harbour reopens",
        "publisher": "The Courier",
        "published": "2024-05-06",
        "kind": "report",
        "paragraphs": 3,
        "url": "/articles/harbour",
    }
    assert [article["id"] for article in body["articles"]] == ["harbour", "tricks"]


def test_every_article_is_given_whole(seeds_client: httpx.Client, seeds: Pincite) -> None:
    shape = ARTICLE_ITEM | {
        "text": str,
        "blocks": [
            {
                "role": str,
                "start": int,
                "end": int,
                "number": int | None,
                "section": int | None,
                "part": int | None,
            }
        ],
        "sections": [{"title": str, "published": str | None, "byline": str | None}],
        "pages": [list],
        "source_url": str | None,
    }
    listed = seeds_client.get("/v1/articles").json()["articles"]
    assert len(listed) == 5
    for item in listed:
        body = seeds_client.get(f"/v1/articles/{item['id']}").json()
        assert_shape(body, shape)
        assert {key: body[key] for key in item} == item
        stored = (seeds.settings.corpus / item["file"]).read_bytes().decode("utf-8")
        assert body["text"] == stored
        numbered = [block for block in body["blocks"] if block["number"] is not None]
        assert len(numbered) == item["paragraphs"]


FOUND = {**CITATION, "passage": int, "page": int | None}


def test_search_ranks_whole_paragraphs(client: httpx.Client) -> None:
    body = client.get("/v1/search", params={"q": "herring crates", "limit": 2}).json()
    searched = {"shards": int, "of": int}
    assert_shape(body, {"question": str, "results": [FOUND], "searched": searched})
    assert body["question"] == "herring crates"
    assert [result["number"] for result in body["results"]] == [1, 2]
    assert body["results"][0]["paragraph"]["number"] == 3
    for result in body["results"]:
        assert result["quote"] == result["paragraph"]["text"]
        assert_verbatim(client, result)


def test_search_gives_as_many_as_asked_for(seeds_client: httpx.Client) -> None:
    for limit in (1, 10, 50):
        params = {"q": "prisoners in Belgorod", "limit": limit}
        results = seeds_client.get("/v1/search", params=params).json()["results"]
        assert len(results) == limit
        places = {(r["article"]["id"], r["paragraph"]["label"]) for r in results}
        assert len(places) == limit


def test_examples_are_those_of_the_metadata(client: httpx.Client) -> None:
    questions = client.get("/v1/examples").json()["questions"]
    assert questions == [SHUT, "When was the <img> drawn?"]


def test_health(client: httpx.Client, small: Pincite) -> None:
    assert client.get("/healthz").json() == {"status": "ok", "version": __version__}
    ready = client.get("/readyz").json()
    counts = small.index.manifest.counts
    assert ready == {
        "status": "ready",
        "version": __version__,
        "build": small.index.build,
        "articles": 2,
        "paragraphs": 5,
        "passages": counts.passages,
        "encoder": "fake-encoder",
        "reader": "fake-reader",
        "collections": {"default": "ready"},
    }


def test_without_an_index_the_service_is_up_but_not_ready(tmp_path: Path, serve: Serve) -> None:
    settings = load_settings(corpus=write_corpus(tmp_path / "corpus"), index=tmp_path / "index")
    client = serve(create_app(settings, open_with_fakes))
    assert client.get("/healthz").status_code == 200
    assert client.get("/").status_code == 200
    refused = client.get("/readyz")
    assert refused.status_code == 503
    assert refused.json()["error"]["type"] == "index_missing"
    assert refused.headers["Retry-After"] == "5"
    build(settings, FakeEncoder())
    assert client.get("/readyz").status_code == 200


def test_openapi_names_every_route_and_the_one_error_body(client: httpx.Client) -> None:
    spec = client.get("/openapi.json").json()
    assert re.fullmatch(r"3\.1\.\d", spec["openapi"])
    assert spec["info"]["version"] == __version__
    assert {(method, path) for path, methods in spec["paths"].items() for method in methods} == {
        ("post", "/v1/ask"),
        ("get", "/v1/ask"),
        ("get", "/v1/search"),
        ("get", "/v1/articles"),
        ("get", "/v1/articles/{id}"),
        ("get", "/v1/articles/{id}/annotation"),
        ("get", "/v1/articles/{id}/pages"),
        ("get", "/v1/articles/{id}/pages/{number}.png"),
        ("post", "/v1/chat/completions"),
        ("get", "/v1/models"),
        ("get", "/v1/models/{name}"),
        ("post", "/v1/articles"),
        ("delete", "/v1/articles/{id}"),
        ("get", "/v1/jobs/{id}"),
        ("get", "/v1/collections"),
        ("get", "/v1/articles/{id}/reference"),
        ("get", "/v1/examples"),
        ("get", "/healthz"),
        ("get", "/readyz"),
    }
    for methods in spec["paths"].values():
        for operation in methods.values():
            answers = operation["responses"]
            form = "OpenAIErrorBody" if operation["tags"] == ["openai"] else "ErrorBody"
            error = {"$ref": f"#/components/schemas/{form}"}
            done = answers["202" if "202" in answers else "200"]
            assert all(said["schema"] != {} for said in done["content"].values())
            for status in ("404", "413", "422", "500", "503"):
                assert answers[status]["content"]["application/json"]["schema"] == error
    schemas = spec["components"]["schemas"]
    assert list(schemas["Answer"]["properties"]) == list(ANSWER)
    assert list(schemas["ErrorDetail"]["properties"]) == ["type", "message", "hint"]
    for reference in re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(spec)):
        assert reference in schemas


def test_the_evaluation_reaches_the_service_by_its_paths(
    client: httpx.Client, small: Pincite
) -> None:
    target = Service(str(client.base_url))
    answered = target.ask(SHUT, [Turn("Was there a storm?", "")], 1)
    assert timeless(dict(answered)) == timeless(
        json.loads(json.dumps(small.ask(SHUT, [Turn("Was there a storm?", "")], 1).to_dict()))
    )
    assert [item["paragraph"]["number"] for item in target.search("herring", 1)] == [3]
    target.close()
