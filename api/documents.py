"""The routes that change collections, and those that tell how far a change is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from hashlib import sha256
from typing import Annotated, Any

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, FastAPI, Query, Request
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.sse import format_sse_event
from pydantic import ValidationError
from pydantic_core import from_json
from starlette.datastructures import UploadFile

from pincite.api import bodies
from pincite.api.fetching import Sources, fetch
from pincite.api.jobs import Job, Jobs
from pincite.api.service import Service
from pincite.errors import ArticleNotFound, InvalidRequest
from pincite.index.about import about_all
from pincite.index.collection import DEFAULT, open_collection
from pincite.index.draft import slug
from pincite.index.intake import Given, as_line
from pincite.index.known import Metadata
from pincite.index.only import Only

ARTICLES = "/v1/articles"
_EVENTS = "text/event-stream"
_FETCHED_AT_ONCE = 4
_LOOKED_S = 0.2  # between two looks at a job that somebody follows
_FORM = "Send multipart/form-data with files, or JSON as /docs shows it."
_SENT: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "anyOf": [
                        bodies.NewArticleBody.model_json_schema(),
                        bodies.AddressBody.model_json_schema(),
                    ]
                }
            },
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "file": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                        }
                    },
                }
            },
        },
    }
}


def limited(
    article: Annotated[list[bodies.Words] | None, Query(description="id that may answer")] = None,
    publisher: Annotated[list[bodies.Words] | None, Query(description="who may answer")] = None,
    first: Annotated[str | None, Query(alias="from", description="2023-06-24, or 2023")] = None,
    last: Annotated[str | None, Query(alias="to")] = None,
) -> Only:
    """What may answer, from a request's query."""
    return Only(tuple(article or ()), tuple(publisher or ()), first, last)


Limited = Annotated[Only, Depends(limited)]


def add_routes(app: FastAPI, service: Service, jobs: Jobs) -> None:
    """Add the routes.

    Raises:
        SettingsError: what may be fetched from is not usable.
    """
    Sources.of(service.settings)  # better said now than when somebody asks
    fetching = CapacityLimiter(_FETCHED_AT_ONCE)

    @app.post(
        ARTICLES,
        tags=["articles"],
        status_code=202,
        response_model=bodies.JobBody,
        openapi_extra=_SENT,
        responses={502: {"model": bodies.ErrorBody}},
    )
    async def add_articles(request: Request, collection: str = DEFAULT) -> JSONResponse:
        """Add articles, or replace those that were sent under the same names or ids.

        JSON with a `url` and no `text` has the service fetch what is at that address. The answer
        is a job. Once it is given, what was sent or fetched is on the disk.
        """
        sent = await _sent(request)
        if isinstance(sent, bodies.AddressBody):
            known = Metadata(**sent.model_dump())
            async with fetching:
                sent = [await fetch(sent.url, service.settings, known)]
        return _accepted(await to_thread.run_sync(jobs.add, collection, sent))

    @app.delete(
        ARTICLES + "/{id}", tags=["articles"], status_code=202, response_model=bodies.JobBody
    )
    def remove_article(id: str, collection: str = DEFAULT) -> JSONResponse:
        """Remove an article. Its earlier versions are kept for the answers that cite them."""
        with open_collection(service.settings.index, collection).documents() as documents:
            if documents.present(id) is None:
                raise ArticleNotFound(f"no article {id!r}", "GET /v1/articles lists them.")
        return _accepted(jobs.remove(collection, [id]))

    @app.get("/v1/jobs/{id}", tags=["articles"], response_model=bodies.JobBody)
    def job(id: str, request: Request) -> JSONResponse | StreamingResponse:
        """How far a job is, with the reason for every file that was skipped.

        With `Accept: text/event-stream` it is sent as `job` whenever it has come further, and as
        `done` in the end.
        """
        found = jobs.job(id)
        if _EVENTS in request.headers.get("accept", ""):
            return StreamingResponse(_followed(jobs, found, request), media_type=_EVENTS)
        return JSONResponse(_body(found))

    @app.get("/v1/collections", tags=["articles"])
    def collections() -> bodies.CollectionList:
        """All collections, what was skipped in each, and how its index is."""
        found = [asdict(one) for one in about_all(service.settings.index)]
        return bodies.CollectionList.model_validate({"collections": found})


async def _sent(request: Request) -> list[Given] | bodies.AddressBody:
    """The files of a request, or the address that one is to be fetched from.

    Raises:
        InvalidRequest: it holds none.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        return _of_json(await request.body())
    if kind != "multipart/form-data":
        raise InvalidRequest(f"no articles in a body of type {kind!r}", _FORM)
    files = []
    async with request.form() as form:
        for _, sent in form.multi_items():
            if isinstance(sent, UploadFile):
                name = (sent.filename or "").replace("\\", "/").rpartition("/")[2]
                if not name or "\0" in name:
                    raise InvalidRequest("a file has no name", _FORM)
                files.append(Given(name, await sent.read(), Metadata()))
    if not files:
        raise InvalidRequest("no file in the form", _FORM)
    return files


def _of_json(body: bytes) -> list[Given] | bodies.AddressBody:
    try:
        raw = from_json(body)
        if isinstance(raw, dict) and "url" in raw and "text" not in raw:
            return bodies.AddressBody.model_validate(raw)
        sent = bodies.NewArticleBody.model_validate(raw)
        return [Given(_file_of(sent.id), as_line(sent.model_dump()), Metadata())]
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the body"
        raise InvalidRequest(f"{where}: {first['msg']}", _FORM) from error
    except UnicodeEncodeError as error:
        raise InvalidRequest("the text holds half a surrogate pair", _FORM) from error
    except ValueError as error:
        raise InvalidRequest(f"the body is not JSON: {error}", _FORM) from error


def _file_of(id_: str) -> str:
    """The file that an article is kept in; each id has its own, for the same name replaces."""
    name = slug(id_)
    if name != id_:  # two ids can have one slug: "v1.2" and "v1-2", any two in Cyrillic
        name += f"-{sha256(id_.encode()).hexdigest()[:12]}"
    return f"{name}.jsonl"


def _accepted(job: Job) -> JSONResponse:
    body = _body(job)
    return JSONResponse(body, status_code=202, headers={"Location": body["url"]})


def _body(job: Job) -> dict[str, Any]:
    return job.to_dict() | {"url": f"/v1/jobs/{job.id}"}


async def _followed(jobs: Jobs, job: Job, request: Request) -> AsyncIterator[bytes]:
    said: Job | None = None
    while not await request.is_disconnected():
        if job != said:
            said = job
            name = "done" if job.is_over else "job"
            data = json.dumps(_body(job), ensure_ascii=False)
            yield format_sse_event(event=name, data_str=data)
            if job.is_over:
                return
        await asyncio.sleep(_LOOKED_S)
        job = jobs.job(job.id)
