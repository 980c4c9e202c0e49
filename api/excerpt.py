"""A cited paragraph cut down to the words around its quote."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass

from pincite.api.dates import date_in_words
from pincite.qa.answer import Citation

SHORT_PARAGRAPH = 280  # characters that are shown whole
AROUND = 110  # characters kept on either side of the quote, cut at a blank


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What is shown of a paragraph, `before + quote + after`; an ellipsis stands where it is cut.

    Attributes:
        quote: empty where the whole paragraph is cited, and nothing in it stands out.
    """

    before: str
    quote: str
    after: str

    def __str__(self) -> str:
        return self.before + self.quote + self.after


def excerpt(cited: Citation) -> Excerpt:
    """The words around the quote, white space folded; a short paragraph whole."""
    text = cited.paragraph.text
    if cited.quote == text:
        return Excerpt(textwrap.shorten(text, SHORT_PARAGRAPH, placeholder=" …"), "", "")
    start, end = _place(cited)
    before, quote, after = (
        re.sub(r"\s+", " ", part) for part in (text[:start], text[start:end], text[end:])
    )
    if len(text) > SHORT_PARAGRAPH:
        if len(before) > AROUND:
            before = "… " + before[-AROUND:].partition(" ")[2]
        if len(after) > AROUND:
            after = after[:AROUND].rpartition(" ")[0] + " …"
    return Excerpt(before, quote, after)


def _place(cited: Citation) -> tuple[int, int]:
    """`[start, end)` of the quote in its paragraph, which may hold the same words twice."""
    text, quote, sentence = cited.paragraph.text, cited.quote, cited.sentence
    if sentence is not None and (first := text.find(sentence.text)) >= 0:
        start = first + cited.start - sentence.start
        if text.startswith(quote, start):
            return start, start + len(quote)
    return place(text, quote)


def place(text: str, quote: str) -> tuple[int, int]:
    """`[start, end)` of the quote in the text: as whole words, so that no "13" is in "2013".

    Raises:
        ValueError: it is not in the text.
    """
    escaped = re.escape(quote)
    found = re.search(rf"(?<!\w){escaped}(?!\w)", text) or re.search(escaped, text)
    if found is None:
        raise ValueError(f"{quote!r} is not in the paragraph")
    return found.span()


def origin(cited: Citation) -> str:
    """ "CNN, 5 June 2023, paragraph 3, quoting the governor"; of a PDF "..., p. 3, paragraph 3".

    Of a post in a live blog "..., post of 2:35 p.m. ET, June 4, 2023, paragraph 3".
    """
    post = cited.section.published if cited.section else None
    parts = [
        cited.article.publisher or "Publisher not named",
        date_in_words(cited.article.published) or "undated",
        placed(post, cited.page, cited.paragraph.label),
        f"quoting {_name(cited.said_by.text)}" if cited.said_by else "",
    ]
    return ", ".join(filter(None, parts))


def placed(post: str | None, page: int | None, paragraph: str | None) -> str:
    """ "post of 2:35 p.m. ET, June 4, 2023, p. 3, paragraph 7", as far as there is any of it."""
    parts = [post and f"post of {post}", page and f"p. {page}", paragraph]
    return ", ".join(part for part in parts if part)


def _name(speaker: str) -> str:
    """Who is quoted: where the name begins its sentence, its article is written large."""
    folded = " ".join(speaker.split())
    return re.sub(r"^(?:The|An?)(?= )", lambda article: article[0].lower(), folded)
