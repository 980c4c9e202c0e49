"""The bodies of the HTTP API: what a request may hold and what an answer holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from pincite.index.collection import DEFAULT
from pincite.index.manifest import Searched
from pincite.index.only import Only
from pincite.qa.answer import ArticleRef, Found, ParagraphRef, SectionRef, Turn

Limit = Annotated[int | None, Field(ge=1, le=50)]
# A NUL is in no question, and few programs after us would keep it.
Words = Annotated[str, Field(pattern=r"^[^\x00]*$")]
Names = Annotated[list[Words], Field(max_length=1000)]


class TurnBody(BaseModel):
    """One earlier turn; the answer may be empty where there was none."""

    model_config = ConfigDict(extra="forbid")

    question: Words
    answer: Words | None = ""

    def turn(self) -> Turn:
        """As the question side knows it."""
        return Turn(self.question, self.answer or "")


class PublishedBody(BaseModel):
    """A range of dates, both ends in it."""

    model_config = ConfigDict(extra="forbid")

    first: Words | None = Field(default=None, alias="from", description="2023-06-24, or 2023")
    last: Words | None = Field(default=None, alias="to")


class AskBody(BaseModel):
    """A question and the conversation before it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"question": "how many prisoners were claimed?"}]},
    )

    question: Words = Field(description="as a person would ask it")
    history: list[TurnBody] = Field(default=[], description="earlier turns, oldest first")
    limit: Limit = Field(default=None, description="citations at most, but one of every account")
    collection: str = Field(default=DEFAULT, description="that is asked")
    articles: Names = Field(default=[], description="ids of those that may answer")
    publishers: Names = Field(default=[], description="whose articles may answer")
    published: PublishedBody | None = Field(default=None, description="when, to answer")

    def only(self) -> Only:
        """What may answer, as the question side knows it."""
        between = self.published or PublishedBody.model_validate({})
        return Only(tuple(self.articles), tuple(self.publishers), between.first, between.last)


class ErrorDetail(BaseModel):
    """What is wrong and what to do next."""

    type: str
    message: str
    hint: str


class ErrorBody(BaseModel):
    """The one body of every error."""

    error: ErrorDetail


class ArticleItem(BaseModel):
    """An article in the list."""

    id: str
    file: str
    title: str
    publisher: str | None
    published: str | None
    kind: str | None
    paragraphs: int
    url: str


class ArticleList(BaseModel):
    """All articles of the index, in corpus order."""

    articles: list[ArticleItem]


class BlockBody(BaseModel):
    """A block of an article; `[start, end)` in characters of the article's text."""

    role: str
    start: int
    end: int
    number: int | None
    section: int | None
    part: int | None


class SectionBody(BaseModel):
    """A post or subheaded part of an article."""

    title: str
    published: str | None
    byline: str | None


class ArticleBody(ArticleItem):
    """An article whole: the stored text and what each run of it is."""

    text: str
    blocks: list[BlockBody]
    sections: list[SectionBody]
    pages: list[tuple[int, int]] = Field(
        description="of a PDF, [start, end) of each page in characters of the text; else empty"
    )
    source_url: str | None = Field(description="of the page that it was taken from")


class FoundBody(BaseModel):
    """A paragraph that a search found, and its rank, from 1."""

    number: int
    article: ArticleRef
    section: SectionRef | None
    paragraph: ParagraphRef
    quote: str
    start: int
    end: int
    url: str
    passage: int
    page: int | None


class SearchBody(BaseModel):
    """The paragraphs nearest to a question, best first."""

    question: str
    results: list[FoundBody]
    searched: Searched | None = None

    @classmethod
    def of(cls, question: str, found: Sequence[Found], searched: Searched | None) -> SearchBody:
        """What `Pincite.search` found: a citation's fields stand beside its rank."""
        results = [asdict(one.citation) | {"passage": one.passage} for one in found]
        return cls.model_validate({"question": question, "results": results, "searched": searched})


class ExamplesBody(BaseModel):
    """Questions to start from."""

    questions: list[str]


class HealthBody(BaseModel):
    """Whether the service is up."""

    status: str
    version: str


class ReadyBody(HealthBody):
    """Whether the service can answer, and from what.

    `collections` is how the index of each is, for those who may read.
    """

    build: str
    articles: int
    paragraphs: int
    passages: int
    encoder: str
    reader: str
    collections: dict[str, str] | None


class NewArticleBody(BaseModel):
    """An article as it is sent."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"id": "tent", "title": "The tent", "text": "It is red."}]},
    )

    id: Annotated[Words, Field(min_length=1, max_length=200)]
    text: Annotated[Words, Field(min_length=1)]
    title: Words | None = None
    publisher: Words | None = None
    published: Words | None = None
    kind: Words | None = None
    url: Words | None = Field(default=None, description="of the page that it was taken from")


class AddressBody(BaseModel):
    """The address of an article that is to be fetched, and what is known of it."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"url": "https://example.org/tent.html"}]}
    )

    url: Annotated[Words, Field(min_length=1, max_length=2000)]
    title: Words | None = None
    publisher: Words | None = None
    published: Words | None = None
    kind: Words | None = None


class SkippedBody(BaseModel):
    """A file that could not be taken, and why."""

    name: str
    reason: str


class JobBody(BaseModel):
    """A change that was asked for, and what has come of it so far."""

    id: str
    collection: str
    kind: str
    state: str
    made: str
    ended: str | None
    stage: str | None
    done: int
    total: int
    ids: list[str]
    added: list[str]
    replaced: list[str]
    removed: list[str]
    unchanged: int
    skipped: list[SkippedBody]
    error: ErrorDetail | None
    url: str


class CollectionBody(BaseModel):
    """A collection; `state` is that of its index: ready, stale, or what is wrong with it."""

    name: str
    articles: int
    folder: str | None
    skipped: list[SkippedBody]
    state: str


class CollectionList(BaseModel):
    """All collections."""

    collections: list[CollectionBody]
