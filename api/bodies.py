"""The bodies of the HTTP API: what a request may hold and what an answer holds."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from pincite.qa.answer import ArticleRef, ParagraphRef, SectionRef, Turn

Limit = Annotated[int | None, Field(ge=1, le=50)]
# A NUL is in no question, and few programs after us would keep it.
Words = Annotated[str, Field(pattern=r"^[^\x00]*$")]


class TurnBody(BaseModel):
    """One earlier turn; the answer may be empty where there was none."""

    model_config = ConfigDict(extra="forbid")

    question: Words
    answer: Words | None = ""

    def turn(self) -> Turn:
        """As the question side knows it."""
        return Turn(self.question, self.answer or "")


class AskBody(BaseModel):
    """A question and the conversation before it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"question": "how many prisoners were claimed?"}]},
    )

    question: Words = Field(description="as a person would ask it")
    history: list[TurnBody] = Field(default=[], description="earlier turns, oldest first")
    limit: Limit = Field(default=None, description="citations at most")


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


class SearchBody(BaseModel):
    """The paragraphs nearest to a question, best first."""

    question: str
    results: list[FoundBody]


class ExamplesBody(BaseModel):
    """Questions to start from."""

    questions: list[str]


class HealthBody(BaseModel):
    """Whether the service is up."""

    status: str
    version: str


class ReadyBody(HealthBody):
    """Whether the service can answer, and from what."""

    build: str
    articles: int
    paragraphs: int
    passages: int
    encoder: str
    reader: str
