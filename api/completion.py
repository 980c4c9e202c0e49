"""Between a chat completion and Pincite: messages to a question, an answer to a message.

The form is that of OpenAI's chat completions: https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from pincite.api.bodies import Words
from pincite.api.excerpt import excerpt, origin
from pincite.api.shown import looked_up, say_so
from pincite.errors import InvalidRequest
from pincite.qa.answer import DIFFER, SEVERAL, Accounts, Answer, Citation, Turn
from pincite.settings import Settings

MODEL = "pincite"
"""The model that answers from the default collection; "pincite/NAME" from that of the name."""

# A message of ours begins with the leading account's words and their markers.
_LEADING = re.compile(
    rf"(?:{re.escape(DIFFER)} |{re.escape(SEVERAL)} )?(?P<words>.+?) (?:\[\d+\])+(?:[;.\s]|$)",
    re.DOTALL,
)


class Part(BaseModel):
    """A part of a message; of the types, only "text" is read."""

    type: str
    text: Words | None = None


class Message(BaseModel):
    """A message of the conversation; those of other roles than user and assistant are ignored."""

    role: str
    content: Words | list[Part] | None = None


class StreamOptions(BaseModel):
    """What a stream says besides the answer."""

    include_usage: bool | None = False


class ChatBody(BaseModel):
    """The request. Whatever else a client sends, such as `temperature`, is ignored."""

    model: str = Field(description='"pincite", or "pincite/NAME" for a collection')
    messages: Annotated[
        list[Message], Field(description="the last one of the user's is the question")
    ]
    stream: bool | None = False
    stream_options: StreamOptions | None = None


class UrlCitation(BaseModel):
    """Which characters of the message are cited from where: `[start_index, end_index)`."""

    start_index: int
    end_index: int
    url: str
    title: str


class Annotation(BaseModel):
    """A marker of the message, such as "[1]", and its source.

    `pincite` is the citation itself: the quote, its place in the article and the paragraph.
    """

    type: Literal["url_citation"] = "url_citation"
    url_citation: UrlCitation
    pincite: Citation


class Usage(BaseModel):
    """Tokens of the shipped vocabulary."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


def text_of(message: Message) -> str:
    """The message's text, without what else it holds."""
    if not isinstance(message.content, list):
        return message.content or ""
    return "\n".join(part.text or "" for part in message.content if part.type == "text")


def conversation(messages: Sequence[Message], settings: Settings) -> tuple[str, list[Turn]]:
    """The question, and the turns before it that can be taken along, oldest first.

    A client sends the whole conversation each time, also what was turned down in it: that must
    not stand in the way of the next question.

    Raises:
        InvalidRequest: no message is the user's, or the last one holds something besides text.
    """
    said = [message for message in messages if message.role in {"user", "assistant"}]
    spoken = [(message.role, text_of(message)) for message in said]
    asked = [n for n, (role, _) in enumerate(spoken) if role == "user"]
    if not asked:
        raise InvalidRequest(
            "messages: none is the user's", 'End with the question, under the role "user".'
        )
    last = said[asked[-1]].content
    others = sorted({part.type for part in last} - {"text"}) if isinstance(last, list) else ()
    if others:
        raise InvalidRequest(f"a part of type {others[0]!r} can't be read", "Send text only.")
    turns: list[Turn] = []
    for role, text in spoken[: asked[-1]]:
        if role == "user":
            turns.append(Turn(text, ""))
        elif turns and text:
            turns[-1] = Turn(turns[-1].question, leading_words(text))
    kept = [turn for turn in turns if len(turn.question) <= settings.question_chars]
    return spoken[asked[-1]][1], kept[max(0, len(kept) - settings.history_turns) :]


def leading_words(text: str) -> str:
    """The leading account's words in a message of ours; another's text as it is."""
    ours = _LEADING.match(text)
    return ours["words"] if ours else text


def pieces(given: Answer, base: str) -> Iterator[str]:
    """The message in Markdown, piece by piece.

    The answer with its markers comes first, where it is found when a client sends the message
    back; then who says so, what a follow-up was looked up as, and a line a source.

    Args:
        base: address of this service, without a slash at its end.
    """
    yield given.text
    # A blank line before each, or Markdown takes it for the paragraph's next line.
    for line in (*say_so(given), *looked_up(given)):
        yield f"\n\n{line}"
    for n, cited in enumerate(given.citations):
        blank = "" if n else "\n"
        yield f"{blank}\n- [{cited.number}] {_source(cited, base)}"
    for n, cited in enumerate(given.nearest):
        heading = "" if n else "\n\nNearest paragraphs:\n"
        yield f"{heading}\n- {_source(cited, base)}"


def annotate(known: Accounts | Answer, base: str) -> list[Annotation]:
    """Every citation, at its marker in the text.

    Args:
        base: address of this service, without a slash at its end.
    """
    return [
        Annotation(
            url_citation=UrlCitation(
                start_index=start,
                end_index=end,
                url=base + cited.url,
                title=cited.article.title,
            ),
            pincite=cited,
        )
        for cited, start, end in _marked(known)
    ]


def _marked(known: Accounts | Answer) -> Iterator[tuple[Citation, int, int]]:
    """Each citation with `[start, end)` of its marker in the text; without one, of all of it."""
    numbered = {cited.number: cited for cited in known.citations}
    for account in known.accounts:
        # Past the account's own words: they may hold a "[1]" that is no marker.
        markers = [f"[{number}]" for number in account.citations]
        words = known.text.find(f"{account.answer} {''.join(markers)}")
        at = words + len(account.answer) + 1
        for number, marker in zip(account.citations, markers, strict=True):
            start, at = at, at + len(marker)
            yield numbered[number], *((start, at) if words >= 0 else (0, len(known.text)))


def _source(cited: Citation, base: str) -> str:
    named = re.sub(r"([\[\]\\])", r"\\\1", origin(cited))
    return f"[{named}]({base}{cited.url}): {excerpt(cited)}"
