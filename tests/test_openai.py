"""The door for OpenAI's clients, asked by the real one."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import httpx
import openai
import pytest
from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam

from pincite.api.app import create_app
from pincite.api.completion import Message, Part, annotate, conversation, leading_words
from pincite.errors import InvalidRequest
from pincite.index.tokens import encoding
from pincite.qa.answer import Account, Accounts, ArticleRef, Citation, ParagraphRef, Status, Turn
from pincite.qa.ask import Pincite
from pincite.qa.reader import Span, Text
from pincite.settings import load_settings
from tests.conftest import Serve, open_with_fakes
from tests.fakes import FakeReader
from tests.test_api import SEEDS_QUESTIONS, SHUT, timeless
from tests.test_line import SHIPS, held, wait_until

CHAT = "/v1/chat/completions"


def door(client: httpx.Client) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{client.base_url}/v1", api_key="any", max_retries=0)


def user(text: str) -> ChatCompletionMessageParam:
    return {"role": "user", "content": text}


def streamed(client: httpx.Client, question: str, **more: Any) -> list[ChatCompletionChunk]:  # noqa: ANN401
    with door(client) as asking:
        return list(
            asking.chat.completions.create(
                model="pincite", messages=[user(question)], stream=True, **more
            )
        )


def content_of(chunks: Sequence[ChatCompletionChunk]) -> str:
    return "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)


def annotations_of(chunks: Sequence[ChatCompletionChunk]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for chunk in chunks:
        for choice in chunk.choices:
            found += (choice.delta.model_extra or {}).get("annotations", [])
    return found


def test_the_models(client: httpx.Client) -> None:
    with door(client) as asking:
        (model,) = asking.models.list().data
        assert (model.id, model.object, model.owned_by) == ("pincite", "model", "pincite")
        assert asking.models.retrieve("pincite") == model
        with pytest.raises(openai.NotFoundError):
            asking.models.retrieve("pincite/nothing")


def test_an_answer_worked_out_by_hand(client: httpx.Client) -> None:
    with door(client) as asking:
        completion = asking.chat.completions.create(model="pincite", messages=[user(SHUT)])
    base = str(client.base_url).rstrip("/")
    text = client.get("/v1/articles/harbour").json()["text"]
    at = text.index("41")
    url = f"{base}/articles/harbour?start={at}&end={at + 2}#p1"
    (choice,) = completion.choices
    said = choice.message
    assert said.content == (
        "41 [1]\n\nThe Courier says so, 1 independent source; high confidence\n\n"
        f"- [1] [The Courier, 6 May 2024, paragraph 1]({url}): "
        "The harbour was shut for 41 days after the storm."
    )
    assert (choice.finish_reason, said.role, said.refusal) == ("stop", "assistant", None)
    assert said.annotations is not None
    (annotation,) = said.annotations
    assert annotation.type == "url_citation"
    assert annotation.url_citation.to_dict() == {
        "start_index": 3,
        "end_index": 6,
        "url": url,
        "title": "Harbour reopens",
    }
    asked = client.get("/v1/ask", params={"q": SHUT}).json()
    assert (annotation.model_extra or {})["pincite"] == asked["citations"][0]
    assert timeless((completion.model_extra or {})["pincite"]) == timeless(asked)
    assert completion.object == "chat.completion"
    assert completion.id.startswith("chatcmpl-")

    tokens = encoding("pincite").encode_ordinary
    assert completion.usage is not None
    assert completion.usage.prompt_tokens == len(tokens(SHUT))
    assert completion.usage.completion_tokens == len(tokens(said.content))
    assert completion.usage.total_tokens == len(tokens(SHUT)) + len(tokens(said.content))


@pytest.mark.parametrize("question", SEEDS_QUESTIONS)
def test_every_citation_is_annotated_at_its_marker(
    seeds_client: httpx.Client, question: str
) -> None:
    with door(seeds_client) as asking:
        completion = asking.chat.completions.create(model="pincite", messages=[user(question)])
    said = completion.choices[0].message
    given = (completion.model_extra or {})["pincite"]
    assert said.content is not None
    assert said.content.startswith(given["text"])
    citations = [(one.model_extra or {})["pincite"] for one in said.annotations or []]
    assert citations == given["citations"]
    for one, cited in zip(said.annotations or [], citations, strict=True):
        place = one.url_citation
        assert said.content[place.start_index : place.end_index] == f"[{cited['number']}]"
        assert place.end_index <= len(given["text"])
        article = seeds_client.get(f"/v1/articles/{cited['article']['id']}").json()["text"]
        assert article[cited["start"] : cited["end"]] == cited["quote"]
        assert httpx.get(place.url).status_code == 200


@pytest.mark.parametrize("question", [SHUT, "When was the <img> drawn?"])
def test_a_stream_says_the_same_in_pieces(client: httpx.Client, question: str) -> None:
    with door(client) as asking:
        whole = asking.chat.completions.create(model="pincite", messages=[user(question)])
    chunks = streamed(client, question)
    said = whole.choices[0].message
    assert content_of(chunks) == said.content
    assert annotations_of(chunks) == [one.to_dict() for one in said.annotations or []]
    assert annotations_of(chunks)
    assert len({chunk.id for chunk in chunks}) == len({chunk.created for chunk in chunks}) == 1
    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}
    assert chunks[0].choices[0].delta.role == "assistant"
    ends = [chunk.choices[0].finish_reason for chunk in chunks]
    assert ends == [None] * (len(chunks) - 1) + ["stop"]
    assert all(chunk.usage is None for chunk in chunks)
    pieces = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices[0].delta.content]
    assert pieces[0] == (said.content or "").split("\n")[0]
    assert len(pieces) == 3
    given = (chunks[-1].model_extra or {})["pincite"]
    assert timeless(given) == timeless((whole.model_extra or {})["pincite"])


def test_a_stream_ends_with_the_usage_where_it_is_asked_for_and_with_done(
    client: httpx.Client,
) -> None:
    chunks = streamed(client, SHUT, stream_options={"include_usage": True})
    with door(client) as asking:
        whole = asking.chat.completions.create(model="pincite", messages=[user(SHUT)])
    assert chunks[-1].choices == []
    assert chunks[-1].usage == whole.usage
    assert chunks[-1].id == chunks[0].id
    body = {"model": "pincite", "messages": [user(SHUT)], "stream": True}
    response = client.post(CHAT, json=body)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.text.replace("\r\n", "\n").endswith("\n\ndata: [DONE]\n\n")


def test_the_conversation_is_taken_along(client: httpx.Client) -> None:
    first = "41 [1]\n\n- [1] [The Courier, 6 May 2024, paragraph 1](http://x): The harbour …"
    messages: list[ChatCompletionMessageParam] = [
        {"role": "system", "content": "Answer like a pirate."},
        user(SHUT),
        {"role": "assistant", "content": first},
        {"role": "user", "content": [{"type": "text", "text": "who says so?"}]},
    ]
    with door(client) as asking:
        completion = asking.chat.completions.create(
            model="pincite", messages=messages, temperature=0.7, max_tokens=5, seed=1
        )
    asked = {"question": "who says so?", "history": [{"question": SHUT, "answer": "41"}]}
    expected = client.post("/v1/ask", json=asked).json()
    assert "41" in expected["understood_as"]
    assert timeless((completion.model_extra or {})["pincite"]) == timeless(expected)


def test_without_an_answer_the_nearest_paragraphs_are_shown_and_nothing_is_annotated(
    small: Pincite, serve: Serve
) -> None:
    settings = small.settings.model_copy(update={"threshold": 1.0, "nearest": 2})
    client = serve(create_app(settings, open_with_fakes))
    with door(client) as asking:
        completion = asking.chat.completions.create(model="pincite", messages=[user(SHUT)])
    said = completion.choices[0].message
    assert said.annotations == []
    lines = (said.content or "").split("\n")
    assert lines[:4] == ["The articles don't say.", "", "Nearest paragraphs:", ""]
    assert len(lines) == 6
    assert lines[4].startswith("- [The Courier, 6 May 2024, paragraph 1](http://127.0.0.1:")
    assert lines[4].endswith("): The harbour was shut for 41 days after the storm.")
    assert content_of(streamed(client, SHUT)) == said.content


def test_what_a_client_sends_back_is_the_history() -> None:
    settings = load_settings(history_turns=2, question_chars=20)
    messages = [
        Message(role="system", content="Be brief."),
        Message(role="user", content="first"),
        Message(role="user", content="Who won?"),
        Message(role="assistant", content="Accounts differ: Ann Lee [1][2]; Bo [3].\n\n- [1] [x]"),
        Message(role="user", content="much too long to be a question"),
        Message(role="assistant", content=None),
        Message(role="user", content="and when?"),
        Message(role="assistant", content="The articles don't say."),
        Message(role="tool", content="{}"),
        Message(
            role="user", content=[Part(type="text", text="and"), Part(type="text", text="who?")]
        ),
        Message(role="assistant", content="So"),
    ]
    question, turns = conversation(messages, settings)
    assert question == "and\nwho?"
    assert turns == [Turn("Who won?", "Ann Lee"), Turn("and when?", "The articles don't say.")]
    assert conversation(messages[:2], settings) == ("first", [])
    with pytest.raises(InvalidRequest, match="none is the user's"):
        conversation(messages[:1], settings)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("41 [1]", "41"),
        ("41 days [1][12]\n\n- [1] [CNN](http://x): 41 days [2]", "41 days"),
        ("Several answers: two [1]; 13 [2].", "two"),
        ("note [1] of 3 [1]", "note"),
        ("It was the mayor.", "It was the mayor."),
        ("See x[0] there", "See x[0] there"),
    ],
)
def test_the_leading_words_of_a_message(text: str, words: str) -> None:
    assert leading_words(text) == words


def test_a_marker_is_found_behind_the_words_it_stands_for() -> None:
    article = ArticleRef("a", "a.txt", "A", None, None)
    paragraph = ParagraphRef(1, "paragraph 1", "Note [1] of 3.")
    one, two, three = (
        Citation(n, article, None, paragraph, "Note [1]", 0, 8, "/x") for n in (1, 2, 3)
    )
    accounts = (Account("Note [1]", 0.9, (1, 2), 2), Account("3", 0.5, (3,), 1))
    text = "Several answers: Note [1] [1][2]; 3 [3]."
    known = Accounts(Status.ANSWERED, text, accounts, (one, two, three))
    places = [a.url_citation for a in annotate(known, "http://h")]
    assert [(p.start_index, p.end_index) for p in places] == [(26, 29), (29, 32), (36, 39)]
    assert [text[p.start_index : p.end_index] for p in places] == ["[1]", "[2]", "[3]"]
    unmarked = replace(known, text="A note of three.")
    wholes = [a.url_citation for a in annotate(unmarked, "http://h")]
    assert {(p.start_index, p.end_index) for p in wholes} == {(0, 16)}


def refused(response: httpx.Response, status: int, kind: str, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    body = response.json()
    assert list(body) == ["error"]
    assert list(body["error"]) == ["message", "type", "param", "code"]
    assert (body["error"]["type"], body["error"]["code"]) == (kind, code)
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-type"] == "application/json"
    assert int(response.headers["content-length"]) == len(response.content)
    error: dict[str, Any] = body["error"]
    return error


INVALID = (400, "invalid_request_error", "invalid_request")


@pytest.mark.parametrize("stream", [False, True])
def test_errors_are_said_as_openai_says_them(client: httpx.Client, stream: bool) -> None:
    def post(**body: Any) -> httpx.Response:  # noqa: ANN401
        return client.post(CHAT, json={"model": "pincite", "stream": stream} | body)

    words = refused(post(messages=[user("?!")]), *INVALID)
    assert words["message"] == "the question has no words. Ask in words, such as: who said so?"
    assert words["param"] is None
    assert refused(post(messages=[]), *INVALID)["param"] == "messages"
    assert refused(post(messages=[{"content": "who?"}]), *INVALID)["param"] == "messages.0.role"
    image = [{"type": "text", "text": "who?"}, {"type": "image_url", "image_url": {"url": "x"}}]
    said = refused(post(messages=[{"role": "user", "content": image}]), *INVALID)
    assert "'image_url'" in said["message"]
    missing = (404, "invalid_request_error", "model_not_found")
    refused(post(model="gpt-4o", messages=[user(SHUT)]), *missing)
    too_large = (413, "invalid_request_error", "body_too_large")
    refused(post(messages=[user("who? " * 100_000)]), *too_large)


def test_a_picture_earlier_in_a_chat_does_not_stand_in_the_way(client: httpx.Client) -> None:
    image = [{"type": "text", "text": "who?"}, {"type": "image_url", "image_url": {"url": "x"}}]
    earlier = {"role": "user", "content": image}
    answer = client.post(CHAT, json={"model": "pincite", "messages": [earlier, user(SHUT)]})
    assert answer.json()["pincite"]["answer"] == "41"


def test_errors_before_the_route_too(client: httpx.Client) -> None:
    not_allowed = (405, "invalid_request_error", "method_not_allowed")
    assert client.get(CHAT).headers["allow"] == "OPTIONS, POST"
    refused(client.get(CHAT), *not_allowed)
    refused(client.post(CHAT, content=b"{"), 400, "invalid_request_error", "invalid_request")
    refused(client.get("/v1/models/a/b"), 404, "invalid_request_error", "model_not_found")
    # No route's path: the form is OpenAI's all the same.
    refused(client.get("/v1/models/a%0Ab"), 404, "invalid_request_error", "not_found")
    assert list(client.get("/v1/nothing").json()["error"]) == ["type", "message", "hint"]


def test_the_client_raises_what_it_knows(client: httpx.Client) -> None:
    with door(client) as asking, pytest.raises(openai.BadRequestError) as caught:
        asking.chat.completions.create(model="pincite", messages=[user("?!")])
    assert caught.value.code == "invalid_request"
    with pytest.raises(openai.BadRequestError, match="no words"):
        streamed(client, "?!")


class FailingReader(FakeReader):
    """Reads the question that warms the service up, and then fails."""

    def read(self, asked: str, texts: Sequence[Text]) -> list[list[Span]]:
        if asked == SHUT:
            raise RuntimeError("a bug in the reader")
        return super().read(asked, texts)


def test_a_bug_is_an_error_whole_or_in_the_stream(small: Pincite, serve: Serve) -> None:
    opened = Pincite(small.index, replace(small.models, reader=FailingReader()), small.settings)
    client = serve(create_app(small.settings, lambda _: opened))
    body = {"model": "pincite", "messages": [user(SHUT)]}
    error = refused(client.post(CHAT, json=body), 500, "server_error", "internal_error")
    assert "reader" not in error["message"]
    # The passages were found: the stream had begun.
    with pytest.raises(openai.APIError, match="something went wrong inside Pincite"):
        streamed(client, SHUT)
    told = client.post(CHAT, json=body | {"stream": True})
    assert told.status_code == 200
    last = told.text.replace("\r\n", "\n").strip().split("\n\n")[-1]
    assert json.loads(last.removeprefix("data: "))["error"]["code"] == "internal_error"


def test_a_full_line_says_when_to_come_again(small: Pincite, serve: Serve) -> None:
    reader, opened = held(small, at_once=1, waiting=0)
    client = serve(create_app(opened.settings, lambda _: opened))
    wait_until(lambda: reader.asked)  # the service's own first question, to warm up
    body = {"model": "pincite", "messages": [user(SHUT)], "stream": True}
    with client.stream(
        "POST", "/v1/ask", json={"question": SHUT}, headers={"Accept": "text/event-stream"}
    ):
        for stream in (True, False):
            turned = client.post(CHAT, json=body | {"stream": stream})
            refused(turned, 503, "server_error", "service_busy")
            assert int(turned.headers["retry-after"]) >= 1
        reader.go.set()


def test_who_hangs_up_while_waiting_is_not_read_for(small: Pincite, serve: Serve) -> None:
    reader, opened = held(small, at_once=1, waiting=8)
    client = serve(create_app(opened.settings, lambda _: opened))
    with ThreadPoolExecutor(1) as asking:
        first = asking.submit(client.get, "/v1/ask", params={"q": SHUT})
        wait_until(lambda: SHUT in reader.asked)
        for stream in (True, False):
            body = {"model": "pincite", "messages": [user(SHIPS)], "stream": stream}
            with pytest.raises(httpx.ReadTimeout):
                client.post(CHAT, json=body, timeout=0.2)
        time.sleep(0.5)  # several looks whether a client is still there
        reader.go.set()
        assert first.result().json()["answer"] == "41"
    assert client.get("/v1/ask", params={"q": "Who counted?"}).status_code == 200
    assert SHIPS not in reader.asked


@pytest.mark.models
def test_the_real_models_answer_with_citations(real_client: httpx.Client) -> None:
    question = "Who is the governor of Belgorod?"
    with door(real_client) as asking:
        whole = asking.chat.completions.create(model="pincite", messages=[user(question)])
    said = whole.choices[0].message
    assert said.content is not None
    assert "Gladkov" in said.content.split("\n")[0]
    assert said.annotations
    for one in said.annotations:
        cited = (one.model_extra or {})["pincite"]
        article = real_client.get(f"/v1/articles/{cited['article']['id']}").json()["text"]
        assert article[cited["start"] : cited["end"]] == cited["quote"]
        place = one.url_citation
        assert said.content[place.start_index : place.end_index] == f"[{cited['number']}]"
    chunks = streamed(real_client, question)
    assert content_of(chunks) == said.content
    assert annotations_of(chunks) == [one.to_dict() for one in said.annotations]
