"""The HTTP service: the API under /v1, the pages, and nothing else."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from functools import cache
from importlib import resources
from typing import Annotated

from fastapi import FastAPI, Query, Request
from fastapi.responses import FileResponse, HTMLResponse, Response, StreamingResponse
from starlette.staticfiles import StaticFiles

from pincite import __version__
from pincite.api import bodies, errors, pages, references
from pincite.api.error_pages import ErrorPages
from pincite.api.errors import log
from pincite.api.line import Line
from pincite.api.offered import offered
from pincite.errors import ArticleNotFound, PinciteError
from pincite.index.article import Article
from pincite.index.manifest import current_build
from pincite.index.opened import open_index
from pincite.qa.answer import Answer
from pincite.qa.ask import OnStage, Pincite
from pincite.settings import Settings

Open = Callable[[Settings], Pincite]
_ERRORS: dict[int | str, dict[str, object]] = {
    code: {"model": bodies.ErrorBody} for code in (400, 404, 413, 422, 500, 503)
}

EVENTS = "text/event-stream"
_STREAM: dict[int | str, dict[str, object]] = {
    200: {"content": {EVENTS: {"schema": {"type": "string"}}}}
}


class Service:
    """Holds the one opened index and its models; opened at the first need, kept after.

    Attributes:
        line: where questions wait for their turn.
    """

    def __init__(self, settings: Settings, opener: Open) -> None:
        self.settings = settings
        self._opener = opener
        self.line = Line(settings.ask_at_once, settings.ask_waiting)
        self._lock = threading.Lock()
        self._opened: Pincite | None = None
        self._refused: str | None = None  # the build that could not be opened, told of once

    @property
    def pincite(self) -> Pincite:
        """The opened index, the latest build of it.

        The first opening raises what it meets, anew at each request. After
        that there is always an index to serve: see `_renewed`.
        """
        with self._lock:
            opened = self._opened
            self._opened = self._renewed(opened) if opened else self._opener(self.settings)
            return self._opened

    def _renewed(self, opened: Pincite) -> Pincite:
        """The same models over the build now in use; what is open where that can't be opened."""
        build = ""
        try:
            build = current_build(opened.settings.index).name
            if build in {opened.index.build, self._refused}:
                return opened
            index = open_index(opened.settings, opened.encoder)
        except PinciteError as error:
            if build != self._refused:
                log.error("build %s stays in use: %s", opened.index.build, error.message)
            self._refused = build
            return opened
        return opened.over(index)

    def article(self, id_: str) -> Article:
        """The article of that id.

        Raises:
            ArticleNotFound: there is none.
        """
        article = self.pincite.index.store.article(id_)
        if article is None:
            raise ArticleNotFound(f"no article {id_!r}", "GET /v1/articles lists them.")
        return article


def create_app(settings: Settings, opener: Open = Pincite.open) -> FastAPI:
    """The service over the index that the settings name.

    Args:
        opener: opens the index; another one serves an index held otherwise.
    """
    service = Service(settings, opener)

    @asynccontextmanager
    async def warmed(_: FastAPI) -> AsyncIterator[None]:
        # The models load while the port already answers /healthz.
        threading.Thread(target=_warm, args=(service,), daemon=True).start()
        yield

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
    app.add_middleware(errors.BodyLimit, body_bytes=settings.body_bytes)
    app.add_middleware(errors.Answered, headers=pages.headers_of)
    app.add_middleware(ErrorPages)

    _add_api(app, service)
    _add_pages(app, service)
    return app


def _add_api(app: FastAPI, service: Service) -> None:
    @app.post("/v1/ask", tags=["ask"], response_model=Answer, responses=_STREAM)
    async def post_ask(request: Request, body: bodies.AskBody) -> Answer | StreamingResponse:
        """Answer a question; a follow-up carries the conversation as `history`.

        With `Accept: text/event-stream` the stages are sent as they are done: `passages` and
        `accounts` where there are any, then `answer`, whose data is the body of a plain response.
        """
        history = [turn.turn() for turn in body.history]

        def ask(on_stage: OnStage) -> Answer:
            return service.pincite.ask(body.question, history, body.limit, on_stage)

        if EVENTS in request.headers.get("accept", ""):
            service.line.check()
            return StreamingResponse(service.line.stream(request, ask), media_type=EVENTS)
        return await service.line.answer(request, ask)

    @app.get("/v1/ask", tags=["ask"])
    async def get_ask(
        request: Request,
        q: bodies.Words,
        limit: Annotated[int | None, Query(ge=1, le=50)] = None,
    ) -> Answer:
        """Answer a question that stands on its own."""
        return await service.line.answer(
            request, lambda on_stage: service.pincite.ask(q, (), limit, on_stage)
        )

    @app.get("/v1/search", tags=["ask"])
    def search(
        q: bodies.Words, limit: Annotated[int, Query(ge=1, le=50)] = 10
    ) -> bodies.SearchBody:
        """The paragraphs nearest to a question, best first."""
        found = service.pincite.search(q, limit)
        return bodies.SearchBody.model_validate(
            {
                "question": q,
                "results": [asdict(f.citation) | {"passage": f.passage} for f in found],
            }
        )

    @app.get("/v1/articles", tags=["articles"])
    def articles() -> bodies.ArticleList:
        """All articles of the index."""
        return bodies.ArticleList(
            articles=[
                bodies.ArticleItem(**asdict(row), url=f"/articles/{row.id}")
                for row in service.pincite.index.store.articles()
            ]
        )

    @app.get("/v1/articles/{id}", tags=["articles"])
    def article(id: str) -> bodies.ArticleBody:
        """One article: its stored text and the role of every run of it."""
        found = service.article(id)
        return bodies.ArticleBody.model_validate(
            asdict(found) | {"paragraphs": len(found.paragraphs), "url": f"/articles/{found.id}"}
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
    ) -> Response:
        """Words of an article with their reference, to be copied into a paper or a program."""
        base = str(request.base_url).rstrip("/")
        quoted = references.quotation(service.article(id), start, end, base)
        return Response(references.reference(quoted, style), media_type=style.content_type)

    @app.get("/v1/examples", tags=["ask"])
    def examples() -> bodies.ExamplesBody:
        """Questions to start from, as the corpus's metadata names them."""
        return bodies.ExamplesBody(questions=service.pincite.index.store.examples())

    @app.get("/healthz", tags=["health"])
    def healthz() -> bodies.HealthBody:
        """Whether the service is up."""
        return bodies.HealthBody(status="ok", version=__version__)

    @app.get("/readyz", tags=["health"])
    def readyz() -> bodies.ReadyBody:
        """Whether the service can answer: 503 with the reason where it can't."""
        opened = service.pincite
        return bodies.ReadyBody(
            status="ready",
            version=__version__,
            build=opened.index.build,
            **asdict(opened.index.manifest.counts),
            encoder=opened.encoder.fingerprint,
            reader=opened.reader.fingerprint,
        )


def _add_pages(app: FastAPI, service: Service) -> None:
    swagger = resources.files("fastapi_swagger") / "resources"
    app.mount("/static", StaticFiles(directory=pages.STATIC), name="static")
    app.mount("/docs/assets", StaticFiles(directory=str(swagger)), name="docs-assets")

    @cache  # made at the first visit, when every route is there
    def chat_page() -> str:
        return pages.chat_page(service.settings.question_chars, offered(app))

    @app.get("/", include_in_schema=False)
    def chat() -> HTMLResponse:
        return HTMLResponse(chat_page())

    @app.get("/docs", include_in_schema=False)
    def docs() -> FileResponse:
        return FileResponse(pages.STATIC / "docs.html")

    @app.get("/favicon.ico", include_in_schema=False)
    def icon() -> FileResponse:
        return FileResponse(pages.STATIC / "icon.svg", media_type="image/svg+xml")

    @app.get("/articles/{id}", include_in_schema=False)
    def article_page(id: str, start: int | None = None, end: int | None = None) -> HTMLResponse:
        return HTMLResponse(pages.article_page(service.article(id), start, end))


def _warm(service: Service) -> None:
    """Load everything that the first question needs, so that it doesn't wait for it."""
    try:
        service.pincite.ask("What happened?")
    except PinciteError as error:
        log.error("not ready: %s %s", error.message, error.hint)
