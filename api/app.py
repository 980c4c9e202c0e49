"""The HTTP service: the API under /v1, the pages, and nothing else."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import Annotated

from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, StreamingResponse
from starlette.staticfiles import StaticFiles

from pincite import __version__
from pincite.api import (
    bodies,
    documents,
    errors,
    layers,
    mcp,
    openai,
    page_pictures,
    pages,
    references,
    selectors,
)
from pincite.api.access import may_read
from pincite.api.errors import log
from pincite.api.fetching import Sources
from pincite.api.metrics import CONTENT_TYPE
from pincite.api.offered import offered
from pincite.api.service import Open, Service
from pincite.api.upkeep import Upkeep
from pincite.errors import IndexDamaged, IndexMissing, IndexStale, PinciteError
from pincite.index.collection import DEFAULT
from pincite.index.encoder import Encoder, open_encoder
from pincite.qa.answer import Answer
from pincite.qa.ask import OnStage, Pincite
from pincite.qa.cite import article_page_url
from pincite.settings import Settings

_ERRORS: dict[int | str, dict[str, object]] = {
    code: {"model": bodies.ErrorBody}
    for code in (400, 401, 403, 404, 408, 413, 414, 421, 422, 429, 431, 500, 503)
}

EVENTS = "text/event-stream"
_STREAM: dict[int | str, dict[str, object]] = {
    200: {"content": {EVENTS: {"schema": {"type": "string"}}}}
}


def create_app(
    settings: Settings,
    opener: Open = Pincite.open,
    encoder: Callable[[Settings], Encoder] = open_encoder,
) -> FastAPI:
    """The service over the index that the settings name.

    Args:
        opener: opens the index; another one serves an index held otherwise.
        encoder: opens the encoder, to mend an index that can't be opened.
    """
    service = Service(settings, opener, encoder)
    return app_over(service, Upkeep(service))


def app_over(service: Service, upkeep: Upkeep | None) -> FastAPI:
    """The app over a service.

    Args:
        upkeep: changes and mends the collections; None: they are only read, and whoever
            opened them has seen to it that they are ready.
    """
    settings = service.settings

    @asynccontextmanager
    async def warmed(_: FastAPI) -> AsyncIterator[None]:
        if upkeep is None:
            yield
            return
        upkeep.jobs.load()
        # The models load while the port already answers /healthz.
        threading.Thread(target=_warm, args=(service, upkeep), daemon=True).start()
        yield
        upkeep.stop()

    app = FastAPI(
        title="Pincite",
        version=__version__,
        lifespan=warmed,
        docs_url=None,
        redoc_url=None,
        description="Answers in the sources' own words, each with a citation to check.",
        responses=_ERRORS,
    )
    errors.install(app)
    layers.install(app, settings, service.metrics, {documents.ARTICLES: settings.upload_bytes})

    _add_api(app, service, upkeep)
    _add_health(app, service, upkeep)
    if upkeep is not None:
        documents.add_routes(app, service, upkeep.jobs)
    _add_pages(app, service)
    selectors.install(app, service)
    page_pictures.install(app, service)
    mcp.install(app, service)
    openai.install(app, service)  # last: it puts all errors of its routes into another form
    return app


def _add_api(app: FastAPI, service: Service, upkeep: Upkeep | None) -> None:
    @app.post("/v1/ask", tags=["ask"], response_model=Answer, responses=_STREAM)
    async def post_ask(request: Request, body: bodies.AskBody) -> Answer | StreamingResponse:
        """Answer a question; a follow-up carries the conversation as `history`.

        With `Accept: text/event-stream` the stages are sent as they are done: `passages` and
        `accounts` where there are any, then `answer`, whose data is the body of a plain response.
        """
        history = [turn.turn() for turn in body.history]

        only = body.only()

        def ask(on_stage: OnStage) -> Answer:
            return service.ask(
                body.question, history, body.limit, on_stage, only, collection=body.collection
            )

        request.state.question = body.question
        if EVENTS in request.headers.get("accept", ""):
            return StreamingResponse(service.line.stream(request, ask), media_type=EVENTS)
        return await service.line.answer(request, ask)

    @app.get("/v1/ask", tags=["ask"])
    async def get_ask(
        request: Request,
        q: bodies.Words,
        only: documents.Limited,
        limit: Annotated[int | None, Query(ge=1, le=50)] = None,
        collection: str = DEFAULT,
    ) -> Answer:
        """Answer a question that stands on its own."""
        request.state.question = q
        return await service.line.answer(
            request,
            lambda on_stage: service.ask(q, (), limit, on_stage, only, collection=collection),
        )

    @app.get("/v1/search", tags=["ask"])
    def search(
        request: Request,
        q: bodies.Words,
        only: documents.Limited,
        limit: Annotated[int, Query(ge=1, le=50)] = 10,
        collection: str = DEFAULT,
    ) -> bodies.SearchBody:
        """The paragraphs nearest to a question, best first."""
        request.state.question = q
        opened = service.of(collection)
        return bodies.SearchBody.of(q, opened.search(q, limit, only), opened.index.searched)

    @app.get("/v1/articles", tags=["articles"])
    def articles(collection: str = DEFAULT) -> bodies.ArticleList:
        """All articles of the index."""
        return bodies.ArticleList(
            articles=[
                bodies.ArticleItem(**asdict(row), url=article_page_url(row.id, collection))
                for row in service.of(collection).index.store.articles()
            ]
        )

    @app.get("/v1/articles/{id}", tags=["articles"])
    def article(id: str, collection: str = DEFAULT) -> bodies.ArticleBody:
        """One article: its stored text and the role of every run of it."""
        found = service.article(id, collection)
        url = article_page_url(found.id, collection)
        return bodies.ArticleBody.model_validate(
            asdict(found) | {"paragraphs": len(found.paragraphs), "url": url}
        )

    @app.get(
        "/v1/articles/{id}/reference",
        tags=["articles"],
        response_class=Response,
        responses=references.DESCRIBED,
    )
    def reference(
        request: Request,
        id: str,
        start: int | None = None,
        end: int | None = None,
        style: references.Style = references.Style.PLAIN,
        collection: str = DEFAULT,
    ) -> Response:
        """Words of an article with their reference, to be copied into a paper or a program."""
        base = str(request.base_url).rstrip("/")
        quoted = references.quotation(service.article(id, collection), start, end, base, collection)
        return Response(references.reference(quoted, style), media_type=style.content_type)

    @app.get("/v1/examples", tags=["ask"])
    def examples(collection: str = DEFAULT) -> bodies.ExamplesBody:
        """Questions to start from: those that the corpus's metadata names, else made of its text.

        None while they are being made.
        """
        named = service.of(collection).index.store.examples()
        return bodies.ExamplesBody(
            questions=named if upkeep is None else upkeep.examples.of(collection)
        )


def _add_health(app: FastAPI, service: Service, upkeep: Upkeep | None) -> None:
    @app.get("/healthz", tags=["health"])
    async def healthz() -> bodies.HealthBody:
        """Whether the service is up."""
        return bodies.HealthBody(status="ok", version=__version__)

    @app.get("/readyz", tags=["health"])
    def readyz(request: Request) -> bodies.ReadyBody:
        """Whether the service can answer: 503 with the reason where it can't.

        How each collection's index is stands in `collections`: "ready", "stale" where documents
        wait to be indexed, "rebuilding", or the type of what is wrong. Who has no key where keys
        are in use is not told of them.
        """
        states = {} if upkeep is None else upkeep.states()
        try:
            opened = service.pincite
        except (IndexMissing, IndexStale, IndexDamaged) as error:
            if upkeep is not None and upkeep.rebuilds(DEFAULT):
                error.hint = "It is being built again from the documents: ask again in a moment."
            raise
        return bodies.ReadyBody(
            status="ready",
            version=__version__,
            build=opened.index.build,
            **asdict(opened.index.counts),
            encoder=opened.encoder.fingerprint,
            reader=opened.reader.fingerprint,
            collections=states if may_read(request.scope) else None,
        )


def _add_pages(app: FastAPI, service: Service) -> None:
    swagger = resources.files("fastapi_swagger") / "resources"
    app.mount("/static", StaticFiles(directory=pages.STATIC), name="static")
    app.mount("/docs/assets", StaticFiles(directory=str(swagger)), name="docs-assets")

    fetches = ["fetches"] if Sources.of(service.settings).any else []

    @cache  # made at the first visit, when every route is there
    def chat_page() -> str:
        settings = service.settings
        offers = [*offered(app), *fetches]
        return pages.chat_page(settings.question_chars, settings.history_turns, offers)

    @app.get("/", include_in_schema=False)
    def chat() -> HTMLResponse:
        return _tagged(chat_page())

    @app.get("/docs", include_in_schema=False)
    def docs() -> FileResponse:
        return FileResponse(pages.STATIC / "docs.html")

    @app.get("/favicon.ico", include_in_schema=False)
    def icon() -> FileResponse:
        return FileResponse(pages.STATIC / "icon.svg", media_type="image/svg+xml")

    @app.get("/articles/{id}", include_in_schema=False)
    def article_page(
        id: str, start: int | None = None, end: int | None = None, collection: str = DEFAULT
    ) -> HTMLResponse:
        page = pages.article_page(service.article(id, collection), start, end)
        return _tagged(page)

    @app.get("/metrics", include_in_schema=False)
    def metrics() -> Response:
        return Response(service.metrics.text(), media_type=CONTENT_TYPE)


def _tagged(page: str) -> HTMLResponse:
    """A page that a browser which has it need not be sent again."""
    return HTMLResponse(page, headers={"ETag": f'W/"{sha256(page.encode()).hexdigest()}"'})


def _warm(service: Service, upkeep: Upkeep) -> None:
    """Load everything that the first question needs, so that it doesn't wait for it."""
    try:
        service.pincite.ask("What happened?")
    except PinciteError as error:
        log.error("not ready: %s %s", error.message, error.hint)
    upkeep.start()
