"""The door for OpenAI's clients: `/v1/chat/completions` and `/v1/models`.

https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
import uuid
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, Literal

from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event
from pydantic import BaseModel

from pincite.api import completion
from pincite.api.completion import MODEL, Annotation, ChatBody, Usage
from pincite.api.errors import INTERNAL
from pincite.api.line import Ask, Line
from pincite.api.openai_errors import OpenAIErrorBody, OpenAIErrors, openai_error
from pincite.errors import PinciteError
from pincite.index.collection import DEFAULT, collection_names
from pincite.index.tokens import encoding
from pincite.qa.answer import Accounts, Answer, Passages
from pincite.qa.ask import OnStage
from pincite.settings import Settings

if TYPE_CHECKING:
    from pincite.api.service import Service


log = logging.getLogger("pincite.api")


class ModelNotFound(PinciteError):
    """No collection answers under that model's name."""

    type = "model_not_found"
    http_status = 404


class Model(BaseModel):
    """A model is a collection that answers."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: Literal["pincite"] = "pincite"


class Models(BaseModel):
    """All models."""

    object: Literal["list"] = "list"
    data: list[Model]


class Said(BaseModel):
    """The assistant's message."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None
    annotations: list[Annotation]


class Choice(BaseModel):
    """The one choice."""

    index: Literal[0] = 0
    message: Said
    finish_reason: Literal["stop"] = "stop"
    logprobs: None = None


class ChatCompletion(BaseModel):
    """A chat completion; `pincite` is the whole body of `/v1/ask`."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[Choice]
    usage: Usage
    pincite: Answer


def install(app: FastAPI, service: Service) -> None:
    """Add the routes, and have their errors in the form of OpenAI's."""
    errors: dict[int | str, dict[str, Any]] = {
        code: {"model": OpenAIErrorBody}
        for code in (400, 401, 403, 404, 408, 413, 414, 421, 422, 429, 431, 500, 503)
    }
    began = int(time.time())

    @app.get("/v1/models", tags=["openai"], responses=errors)
    def models() -> Models:
        """The models: "pincite" is the default collection, "pincite/NAME" another."""
        names = [name for name in collection_names(service.settings.index) if name != DEFAULT]
        ids = [MODEL, *(f"{MODEL}/{name}" for name in names)]
        return Models(data=[Model(id=id_, created=began) for id_ in ids])

    @app.get("/v1/models/{name:path}", tags=["openai"], responses=errors)
    def model(name: str) -> Model:
        """One model."""
        collection_of(name, service.settings)
        return Model(id=name, created=began)

    @app.post(
        "/v1/chat/completions",
        tags=["openai"],
        response_model=ChatCompletion,
        responses=errors
        | {200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
    )
    async def chat_completions(
        request: Request, body: ChatBody
    ) -> ChatCompletion | StreamingResponse:
        """Answer the user's last message; the messages before it are the conversation.

        The message is the answer with its markers, then who says so and how sure it is, what a
        follow-up was looked up as, and a line a source. System messages are ignored: nothing is
        made up that they could steer.
        """
        collection = collection_of(body.model, service.settings)
        question, history = completion.conversation(body.messages, service.settings)
        base = str(request.base_url).rstrip("/")
        chat = Chat(body, base)

        def ask(on_stage: OnStage) -> Answer:
            return service.ask(question, history, on_stage=on_stage, collection=collection)

        if not body.stream:
            return chat.whole(await service.line.answer(request, ask))
        stages = _stages(service.line, request, ask)
        # Until the first stage there is a status left to say no with.
        first = await anext(stages)
        return StreamingResponse(chat.chunks(first, stages), media_type="text/event-stream")

    app.add_middleware(OpenAIErrors)


def collection_of(name: str, settings: Settings) -> str:
    """The collection that answers under a model's name.

    Raises:
        ModelNotFound: none does.
    """
    model, _, collection = name.partition("/")
    collection = collection or DEFAULT
    known = collection == DEFAULT or collection in collection_names(settings.index)
    if model != MODEL or not known or name.endswith("/"):
        raise ModelNotFound(f"there is no model {name!r}", "GET /v1/models lists them.")
    return collection


class Chat:
    """One chat completion, whole or in chunks that share its id and its time.

    Args:
        base: address of this service, without a slash at its end.
    """

    def __init__(self, body: ChatBody, base: str) -> None:
        self._body = body
        self._base = base
        self._id = f"chatcmpl-{uuid.uuid4().hex}"
        self._created = int(time.time())

    def whole(self, answer: Answer) -> ChatCompletion:
        """The completion in one body."""
        content = "".join(completion.pieces(answer, self._base))
        said = Said(content=content, annotations=completion.annotate(answer, self._base))
        return ChatCompletion(
            id=self._id,
            created=self._created,
            model=self._body.model,
            choices=[Choice(message=said)],
            usage=self._usage(content),
            pincite=answer,
        )

    async def chunks(
        self,
        first: Passages | Accounts | Answer,
        stages: AsyncIterator[Passages | Accounts | Answer],
    ) -> AsyncIterator[bytes]:
        """Server-sent events: the message piece by piece once it is known, then its end.

        Args:
            first: the stage that was waited for.
            stages: those after it.
        """
        options = self._body.stream_options
        sent = ""
        stage = first
        try:
            yield self._chunk({"role": "assistant", "content": "", "refusal": None})
            while not isinstance(stage, Answer):
                stage = await anext(stages)
            for piece in completion.pieces(stage, self._base):
                yield self._chunk({"content": piece})
                sent += piece
            cited = completion.annotate(stage, self._base)
            yield self._chunk({"annotations": [one.model_dump() for one in cited]})
        except PinciteError as error:
            yield _event(openai_error(error.http_status, error.type, error.message, error.hint))
            return
        except Exception:  # as for every response: the trace goes to the log
            log.exception("a streamed completion failed")
            yield _event(openai_error(500, *INTERNAL))
            return
        yield self._chunk({}, "stop", pincite=stage.to_dict())
        if options is not None and options.include_usage:
            usage = self._usage(sent).model_dump()
            yield _event(self._head() | {"choices": [], "usage": usage})
        yield format_sse_event(data_str="[DONE]")

    def _chunk(
        self, delta: dict[str, Any], finish_reason: str | None = None, **more: object
    ) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return _event(self._head() | {"choices": [choice], **more})

    def _head(self) -> dict[str, Any]:
        return {
            "id": self._id,
            "object": "chat.completion.chunk",
            "created": self._created,
            "model": self._body.model,
        }

    def _usage(self, content: str) -> Usage:
        count = encoding("pincite").encode_ordinary
        asked = sum(len(count(completion.text_of(m))) for m in self._body.messages)
        said = len(count(content))
        return Usage(prompt_tokens=asked, completion_tokens=said, total_tokens=asked + said)


async def _stages(
    line: Line, request: Request, ask: Ask
) -> AsyncIterator[Passages | Accounts | Answer]:
    """What is known of the question, stage by stage, the answer last; raises what asking raises."""
    known: asyncio.Queue[Passages | Accounts | asyncio.Task[Answer]] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def telling(on_stage: OnStage) -> Answer:
        def told(know: Callable[[], Passages | Accounts]) -> None:
            on_stage(know)  # ends the asking where the client has hung up
            loop.call_soon_threadsafe(known.put_nowait, know())

        return ask(told)

    def ended(done: asyncio.Task[Answer]) -> None:
        # Looked at here, or asyncio complains of an error that nobody waits for any more.
        if not done.cancelled():
            done.exception()
        known.put_nowait(done)

    answering = asyncio.create_task(line.answer(request, telling))
    answering.add_done_callback(ended)
    while not isinstance(stage := await known.get(), asyncio.Task):
        yield stage
    yield stage.result()


def _event(data: dict[str, Any]) -> bytes:
    return format_sse_event(data_str=json.dumps(data, ensure_ascii=False, default=str))
