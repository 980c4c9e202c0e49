"""Questions to start from, made of what a collection's own documents say.

A sentence such as "The harbour was shut for 41 days" holds a question that it answers, in its own
words: its subject and its verb change places, and what follows gives way to what one asks for it.
Each is asked as a person would ask it, and kept only where the answer is likely right and
stands in the very sentence. A question that nobody could answer never comes up.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from pincite.errors import PinciteError
from pincite.index.article import CITABLE, Article
from pincite.index.passages import sentences
from pincite.qa.answer import Answer
from pincite.qa.ask import Pincite

COUNT = 5  # questions that are offered
SURE = 0.65  # of an answer at least, what the page calls likely right; the surest come first
_ARTICLES = 200  # looked into, evenly through the collection
_OF_AN_ARTICLE = 4  # questions that are asked
_ASKED = 48  # at most in all
_WORDS, _UNNAMED_WORDS = 4, 7  # of a question at least, and of one that names nothing
_MOST_WORDS = 14
_SENTENCE_CHARS = 240

_DATE = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|1\d{3}|20\d{2})\b"
)
_NUMBER = r"(?:\d[\d,.]*|[Tt]wo|[Tt]hree|[Ff]our|[Ff]ive|[Ss]ix|[Ss]even|[Ee]ight|[Nn]ine|[Tt]en)"
_NAME = r"[A-Z][\w’'-]*(?: [A-Z][\w’'-]*)*"
_UNIT = "(?:minute|hour|day|week|month|year)"
_PASSIVE = re.compile(
    r"(?P<subject>[A-Z0-9][\w’'.,-]*"
    r"(?: (?!(?:who|which|that|when|and|but|have|has|had)\b)[\w’'-]+){0,6}?)"
    r" (?P<is>was|were|is|are)"
    r" (?P<verb>[a-z]+(?:ed|en|orn|own|ght|ilt|eld|old|aid|ost|ung|ound|hot|hut|ade)"
    r"(?: (?:down|up|out|off|over|away|back)\b)?) (?P<rest>[^\n]+)"
)
_MANY = re.compile(
    rf"(?:(?:At least|About|More than|Some|Over|Nearly|Only|Around) )?{_NUMBER}"
    r"(?: (?:million|thousand|hundred))?"
    r" (?P<what>(?:[a-z-]+ )?(?:[a-z]+s|people|men|women|children))"
)
_WHERE = re.compile(
    r"(?:in|at|near|from|over|off) [^,.;:()]{3,60}?(?=[,.;:(]| (?:on|after|when|as|in) )"
)
# What follows the verb -> what one asks for it, in place of it.
_MORE = r"(?P<more>(?:[\w’'-]+ ){0,6}?)"
_ASKS = tuple(
    (form, re.compile(asked))
    for form, asked in (
        ("How long", rf"(?P<more>)for (?:[a-z]+ ){{0,2}}{_NUMBER} {_UNIT}s?\b"),
        ("Why", rf"{_MORE}(?:because|due to)\b"),
        ("When", rf"{_MORE}(?:in|on|since) (?:[a-z]+ |\d+ ){{0,2}}{_DATE}"),
        ("Who", rf"(?P<more>)by (?:the )?{_NAME}"),
        ("Where", rf"(?P<more>)(?:in|at|near) (?:the )?(?!{_DATE}){_NAME}"),
    )
)
# No subject that says by itself what it is.
_POINTS_BACK = re.compile(
    r"(?:it|this|that|these|those|they|he|she|we|i|you|there|what|who|which|here|such|both|some|many"
    r"|most|all|one|another|other|others|his|her|its|their|our|my|your|a|an|but|and|so|if|as|at|in|on"
    r"|to|for|of|when|while|after|before|since|with|by|then|also|nothing|everyone|each)\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"“”«»]|\.\.\.|…")


@dataclass(frozen=True, slots=True)
class Made:
    """A question that was made of a sentence.

    Attributes:
        start, end: `[start, end)` of the sentence in characters of the article's text.
        form: how it begins.
    """

    question: str
    article: str
    start: int
    end: int
    form: str


def examples(pincite: Pincite, pause: Callable[[], None]) -> list[str]:
    """Questions of different documents, as far as there are, that the collection answers.

    Args:
        pause: called before each is asked; what it raises ends the asking.
    """
    kept: list[tuple[Made, float]] = []
    for made in _to_ask(pincite):
        pause()
        try:
            answer = pincite.ask(made.question)
        except PinciteError:
            continue  # what can't be asked is no example
        if _is_told(made, answer):
            kept.append((made, answer.confidence))
        if len({made.article for made, _ in kept}) >= 2 * COUNT:
            break
    chosen: list[Made] = []
    while kept and len(chosen) < COUNT:
        articles = Counter(made.article for made in chosen)
        forms = Counter(made.form for made in chosen)
        best = min(kept, key=lambda one: (articles[one[0].article], forms[one[0].form], -one[1]))
        kept.remove(best)
        chosen.append(best[0])
    return [made.question for made in chosen]


def questions(article: Article, written_small: Container[str]) -> Iterator[Made]:
    """The questions that an article's sentences hold, in their order.

    Args:
        written_small: words that are no names; see `small_words`.
    """
    for block in article.paragraphs:
        if block.role not in CITABLE:
            continue
        for start, end in sentences(article.text, block.start, block.end):
            if found := _question(article.text[start:end], written_small):
                yield Made(found[1], article.id, start, end, found[0])


def small_words(texts: Iterable[str]) -> set[str]:
    """The words that texts write small, and never large but where a sentence begins."""
    small: set[str] = set()
    named: set[str] = set()
    for text in texts:
        small.update(re.findall(r"\b[a-z]+\b", text))
        named.update(name.lower() for name in re.findall(r"(?<=[a-z,;] )[A-Z][\w’'-]*", text))
    return small - named | {"the"}


def _question(sentence: str, written_small: Container[str]) -> tuple[str, str] | None:
    """How the question in a sentence begins, and the question."""
    parts = _PASSIVE.match(sentence)
    if not parts or len(sentence) > _SENTENCE_CHARS or _QUOTED.search(sentence):
        return None
    subject, verb = parts["subject"], parts["verb"]
    if many := _MANY.fullmatch(subject):
        where = _WHERE.match(parts["rest"])
        form, words = "How many", f"{many['what']} {parts['is']} {verb} {where[0] if where else ''}"
    elif subject[0].isdigit() or _POINTS_BACK.match(subject):
        return None
    else:
        first = subject.split()[0]
        if first.lower() in written_small:
            subject = first.lower() + subject[len(first) :]
        asks = ((form, asked.match(parts["rest"])) for form, asked in _ASKS)
        form, asked = next((one for one in asks if one[1]), ("", None))
        if asked is None:
            return None
        by = "by" if form == "Who" else ""
        words = f"{parts['is']} {subject} {verb} {asked['more']}{by}"
    question = f"{form} {' '.join(words.split())}?"
    is_named = re.search(r"[A-Z]", words) is not None
    least = _WORDS if is_named else _UNNAMED_WORDS  # "How many were killed?" asks of anything
    return (form, question) if least <= len(question.split()) <= _MOST_WORDS else None


def _to_ask(pincite: Pincite) -> Iterator[Made]:
    """Questions to ask: one of each document, then a second of each."""
    rows = pincite.index.store.articles()
    most = min(len(rows), _ARTICLES)
    ids = [rows[n * len(rows) // most].id for n in range(most)]

    def articles() -> Iterator[Article]:  # one after the other: some are large
        return (one for one in map(pincite.index.store.article, ids) if one is not None)

    small = small_words(article.text for article in articles())
    found = [[*islice(questions(article, small), _OF_AN_ARTICLE)] for article in articles()]
    rounds = (of[n] for n in range(_OF_AN_ARTICLE) for of in found if n < len(of))
    yield from islice(rounds, _ASKED)


def _is_told(made: Made, answer: Answer) -> bool:
    """Whether a question is answered for sure, and by its own sentence."""
    if answer.confidence < SURE or not answer.accounts:
        return False
    numbers = answer.accounts[0].citations
    return any(
        cited.article.id == made.article and made.start <= cited.start and cited.end <= made.end
        for cited in answer.citations
        if cited.number in numbers
    )
