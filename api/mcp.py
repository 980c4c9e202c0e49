"""The door for agents: an MCP server whose tools ask, search, read a paragraph and list articles.

Model Context Protocol: https://modelcontextprotocol.io/specification
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from anyio import to_thread
from fastapi import FastAPI, Request
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.transport_security import TransportSecuritySettings
from mcp_types import ToolAnnotations
from pydantic import BaseModel, Field, RootModel
from starlette.routing import Route

from pincite import __version__
from pincite.api import bodies
from pincite.api.errors import log
from pincite.api.line import Ask
from pincite.errors import InvalidRequest, PinciteError
from pincite.index.article import Article
from pincite.index.collection import DEFAULT
from pincite.qa.answer import Answer, ArticleRef
from pincite.qa.ask import Pincite
from pincite.qa.cite import article_page_url, article_url

if TYPE_CHECKING:
    from pincite.api.service import Service

_T = TypeVar("_T")

PATH = "/mcp"
AROUND = 10  # paragraphs on either side that may be read with one
PAGE = 100  # articles listed at a time

INSTRUCTIONS = """\
Answers questions about a fixed set of articles, only in the articles' own words, each with a
citation. Start with `ask`. Where its status is "disputed", the articles differ: give every
account with who tells it. Where it is "no_answer", say that the articles don't say; `search` and
`read_paragraph` show what is nearest. Quote verbatim and name publisher and date. Below a
`confidence` of 0.5, say that the answer is only possible."""

Answering = Callable[[Context[Any, Any], Ask], Awaitable[Answer]]
"""Has a question answered that came in a call."""

Limit = Annotated[int, Field(ge=1, le=50)]
Named = Annotated[str, Field(description="the collection, where there are several")]


class AnswerBody(RootModel[Answer]):
    """The body of `/v1/ask`."""


class ParagraphBody(BaseModel):
    """A paragraph, or a part of a very long one, which its label tells.

    `[start, end)` in characters of the article's stored text.
    """

    number: int
    label: str
    text: str
    start: int
    end: int
    url: str


class ReadBody(BaseModel):
    """Paragraphs of an article, in order."""

    article: ArticleRef
    paragraphs_in_all: int
    paragraphs: list[ParagraphBody]


class ListBody(bodies.ArticleList):
    """Articles of the index, in corpus order."""

    articles_in_all: int


def create_server(opened: Callable[[str], Pincite], answering: Answering) -> MCPServer[Any]:
    """The server with its tools.

    Args:
        opened: the collection of a name, opened where it is not yet.
    """
    own_handlers = logging.getLogger().handlers[:]
    server: MCPServer[Any] = MCPServer(
        "pincite", title="Pincite", instructions=INSTRUCTIONS, version=__version__
    )
    logging.getLogger().handlers[:] = own_handlers  # what is logged, and how, is not the SDK's
    reads = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)

    @server.tool(annotations=reads)
    async def ask(
        context: Context[Any, Any],
        question: Annotated[str, Field(description="as a person would ask it")],
        history: Annotated[
            list[bodies.TurnBody] | None, Field(description="earlier turns, oldest first")
        ] = None,
        limit: Annotated[Limit | None, Field(description="citations at most")] = None,
        collection: Named = DEFAULT,
    ) -> AnswerBody:
        """Answer a question in the articles' own words, with citations, or say they don't say."""
        turns = [turn.turn() for turn in history or []]
        try:
            answer = await answering(
                context, lambda on_stage: opened(collection).ask(question, turns, limit, on_stage)
            )
        except PinciteError as error:
            raise _told(error) from error
        return AnswerBody(answer)

    @server.tool(annotations=reads)
    async def search(
        query: Annotated[str, Field(description="a question, or keywords")],
        limit: Limit = 10,
        collection: Named = DEFAULT,
    ) -> bodies.SearchBody:
        """Find the paragraphs nearest to a question, best first."""
        return await _reading(lambda: _found(opened(collection), query, limit))

    @server.tool(annotations=reads)
    async def read_paragraph(
        article: Annotated[str, Field(description="an article's id")],
        paragraph: Annotated[int, Field(ge=1, description="its number, from 1")],
        around: Annotated[
            int, Field(ge=0, le=AROUND, description="how many before and after it, too")
        ] = 0,
        collection: Named = DEFAULT,
    ) -> ReadBody:
        """Read a paragraph of an article, to see what stands around a quote."""
        return await _reading(lambda: _read(opened(collection), article, paragraph, around))

    @server.tool(annotations=reads)
    async def list_articles(
        first: Annotated[int, Field(ge=0, description="how many to pass over")] = 0,
        collection: Named = DEFAULT,
    ) -> ListBody:
        """List the articles, a hundred at a time."""
        rows = await _reading(lambda: opened(collection).index.store.articles())
        return ListBody(
            articles=[
                bodies.ArticleItem(**asdict(row), url=article_page_url(row.id, collection))
                for row in rows[first : first + PAGE]
            ],
            articles_in_all=len(rows),
        )

    return server


def install(app: FastAPI, service: Service) -> None:
    """Serve the tools by streamable HTTP at `/mcp`; a question waits in line as all others do."""

    async def in_line(context: Context[Any, Any], ask: Ask) -> Answer:
        request = context.request_context.request
        if not isinstance(request, Request):
            raise TypeError("a call by HTTP came without its request")
        return service.metrics.note(await service.line.answer(request, ask))

    server = create_server(service.of, in_line)
    # No state and no stream: each call is answered alone, by whichever process it reaches.
    tools = server.streamable_http_app(
        streamable_http_path=PATH,
        stateless_http=True,
        json_response=True,
        max_request_body_size=service.settings.body_bytes,
        # Which names and origins are the service's own is checked once, for all routes:
        # `origin.OriginCheck` knows the settings.
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    for route in tools.routes:
        if isinstance(route, Route):  # whose own route takes every method, to turn down all but one
            app.router.routes.append(Route(route.path, route.endpoint, methods=["POST"]))
    whole = app.router.lifespan_context

    @asynccontextmanager
    async def with_tools(app: FastAPI) -> AsyncIterator[Any]:
        async with whole(app) as state, server.session_manager.run():
            yield state

    app.router.lifespan_context = with_tools


def run_stdio(opened: Callable[[str], Pincite]) -> None:
    """Serve the tools on standard input and output until the input ends.

    Args:
        opened: as of `create_server`.
    """

    async def at_once(_: Context[Any, Any], ask: Ask) -> Answer:
        return await to_thread.run_sync(ask, lambda _: None)

    create_server(opened, at_once).run("stdio")


async def _reading(read: Callable[[], _T]) -> _T:
    try:
        return await to_thread.run_sync(read)
    except PinciteError as error:
        raise _told(error) from error


def _told(error: PinciteError) -> ToolError:
    """What the model reads of an error that it can do something about."""
    if error.http_status >= 500:
        log.error("a tool failed: %s", error.message)
    return ToolError(f"{error.message}. {error.hint}" if error.hint else error.message)


def _found(pincite: Pincite, query: str, limit: int) -> bodies.SearchBody:
    return bodies.SearchBody.of(query, pincite.search(query, limit), pincite.index.searched)


def _read(pincite: Pincite, id_: str, number: int, around: int) -> ReadBody:
    article = pincite.index.store.article(id_)
    if article is None:
        raise InvalidRequest(f"there is no article {id_!r}", "`list_articles` lists them.")
    numbered = article.paragraphs
    last = max((block.number or 0 for block in numbered), default=0)
    if number > last:
        raise InvalidRequest(
            f"article {id_!r} has {last} paragraphs, and no {number}",
            "Take the number from a citation.",
        )
    return ReadBody(
        article=_ref(article),
        paragraphs_in_all=last,
        paragraphs=[
            ParagraphBody(
                number=block.number,
                label=article.label(place),
                text=article.slice(block),
                start=block.start,
                end=block.end,
                url=article_url(id_, block.start, block.end, place, pincite.index.collection.name),
            )
            for place, block in enumerate(numbered, start=1)
            if block.number is not None and abs(block.number - number) <= around
        ],
    )


def _ref(article: Article) -> ArticleRef:
    return ArticleRef(article.id, article.file, article.title, article.publisher, article.published)
