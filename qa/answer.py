"""What an answer is made of. The HTTP body and `pincite ask --json` are these very fields."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from pincite.index.manifest import Searched

# What the chat says around the articles' own words; a client may send it back as history.
NO_ANSWER = "The articles don't say."
IN_ENGLISH = "The question seems to be in another language: ask in English."
NO_QUESTION = "Ask what the articles say"
DIFFER = "Accounts differ:"
SEVERAL = "Several answers:"
ALSO = "Also said:"  # beside those that differ
PARTLY = "Only {0.shards} of {0.of} parts of the articles could be searched."


class Status(StrEnum):
    """How the sources stand to the question."""

    ANSWERED = "answered"
    DISPUTED = "disputed"
    NO_ANSWER = "no_answer"
    NO_QUESTION = "no_question"
    """Small talk, or a task: nothing that articles can say."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier question of the conversation and the answer that was given."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class ArticleRef:
    """The article behind a citation, as a person would name it."""

    id: str
    file: str
    title: str
    publisher: str | None
    published: str | None


@dataclass(frozen=True, slots=True)
class SectionRef:
    """The post or subheaded part behind a citation."""

    title: str
    published: str | None


@dataclass(frozen=True, slots=True)
class ParagraphRef:
    """The cited paragraph, caption or other text of the page.

    Attributes:
        number: of the paragraph in the article, from 1; None for what is no paragraph.
        label: as a person would call it: "paragraph 7", "paragraph 7.2" for the second part of
            a very long one, "caption 1", "page text 3".
        text: its whole text, or the part's.
    """

    number: int | None
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Extract:
    """Words of an article: exactly `article.text[start:end]`."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a quote stands.

    Attributes:
        number: the marker in the answer's text, from 1.
        quote: exactly `article.text[start:end]`, inside the paragraph.
        start, end: `[start, end)` in characters of the article's stored text.
        url: path of the article page with the quote marked, same host.
        sentence: that the quote begins in; None where a whole paragraph is cited.
        said_by: who is quoted as saying it, where the sentence names somebody.
        page: that the quote begins on, from 1; None in an article without pages.
    """

    number: int
    article: ArticleRef
    section: SectionRef | None
    paragraph: ParagraphRef
    quote: str
    start: int
    end: int
    url: str
    sentence: Extract | None = None
    said_by: Extract | None = None
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A paragraph that a search found.

    Attributes:
        citation: of the whole paragraph.
        passage: its rank, from 1.
    """

    citation: Citation
    passage: int


@dataclass(frozen=True, slots=True)
class Account:
    """One version of the facts.

    Attributes:
        answer: verbatim, the quote of its first citation.
        confidence: that it answers the question, 0..1.
        citations: that stand behind it, by number.
        sources: how many tell it by themselves: articles of one publisher, copies of one text and
            of one quotation are one voice.
        disputes: it and the leading account can't both be true, and it has the standing to say so:
            some other article's, and more than a quarter of that one's sources.
    """

    answer: str
    confidence: float
    citations: tuple[int, ...]
    sources: int
    disputes: bool = False


@dataclass(frozen=True, slots=True)
class Took:
    """Time spent, in milliseconds."""

    retrieve: float
    read: float
    total: float


@dataclass(frozen=True, slots=True)
class Passages:
    """What is known of a question once its passages are found: no answer yet.

    Attributes:
        understood_as: as in `Answer`.
        nearest: the paragraphs nearest to it, best first, each cited whole.
    """

    understood_as: str
    nearest: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Accounts:
    """What is known once the passages are read.

    Attributes:
        status, text, accounts, citations: as in `Answer`.
    """

    status: Status
    text: str
    accounts: tuple[Account, ...]
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question.

    Attributes:
        question: as it was asked.
        understood_as: the question that was looked up: the same, or, for a
            follow-up, written out with what the conversation was about.
        answer: the leading account's words, verbatim; None if there is no account.
        text: what the chat shows, with inline markers such as [1].
        confidence: of the leading account, 0..1; on `no_answer`, of the best
            span that was turned down.
        nearest: on `no_answer`, the paragraphs to look at; else empty.
        silent: articles with a paragraph as near to the question as those that answer, that don't.
        searched: of how many shards of the articles so many could be searched, where some could
            not; the text says so, too.
    """

    question: str
    understood_as: str
    status: Status
    answer: str | None
    text: str
    confidence: float
    accounts: tuple[Account, ...]
    citations: tuple[Citation, ...]
    nearest: tuple[Citation, ...]
    took_ms: Took
    silent: tuple[ArticleRef, ...] = ()
    searched: Searched | None = None

    def to_dict(self) -> dict[str, Any]:
        """The answer as plain JSON-ready values."""
        return asdict(self)
