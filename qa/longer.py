"""Why, how and what-was-said questions get a whole clause, "when" the whole date.

A reader trained on short answers ends "attempts to harm operatives | heading east" early, and
takes "significant losses" of a sentence that somebody is quoted with. The words stay the
source's: a span is only widened, inside its sentence.
"""

from __future__ import annotations

import re

from pincite.index.terms import content_terms, terms
from pincite.qa.said.times import dated
from pincite.qa.said.who import describing

MOST = 25  # words of a widened span at most; a longer clause is left as the reader cut it

_REASON = re.compile(
    r"\b(?:why|what (?:happened|happens|(?:will|would|may|might) happen|caused|led to)"
    r"|how (?!many\b|much\b|long\b|far\b|old\b|often\b|big\b|large\b|high\b|tall\b|fast\b|deep\b"
    r"|wide\b|soon\b|heavy\b)(?:\w+))\b",
    re.IGNORECASE,
)
_SAID = re.compile(
    r"\bwhat (?:did|does|has|had|do) (?:\S+ ){1,8}?(?:say|said|says|tell|told|write|wrote|written"
    r"|announced?|claim(?:ed)?|think|thought|warn(?:ed)?|add(?:ed)?|predict(?:ed)?|stress(?:ed)?"
    r"|explain(?:ed)?|suggest(?:ed)?|insist(?:ed)?|comment(?:ed)?|acknowledged?)\b(?! \S+ (?:would"
    r"|will|had|was|were|is|are|has|have|could|can|did|does|do|needs?|wants?)\b)",
    re.IGNORECASE,
)
_END = re.compile(r"[,;:.!?…—–)”\"](?!\d)|\s(?:and|but|or|while|although)\s")
_BEFORE = re.compile(
    r"(?:because(?: of)?|due to|owing to|thanks to|in order to|so that|since|so as to)\s+$",
    re.IGNORECASE,
)
_WHEN = re.compile(r"\b(?:when|(?:what|which) (?:year|month|day|date))\b", re.IGNORECASE)
_DAY = re.compile(r"\b(?:when|(?:what|which) (?:day|date))\b", re.IGNORECASE)
_SINCE = re.compile(
    r"(?:(?:(?:shortly|just|soon|right|immediately|long)\s|(?:an?|one|two|three|four|five|six|\d+|"
    r"several|some)\s(?:hour|day|week|month|year)s?\s)?(?:before|after|since|until)\s)"
    r"((?:[^\s,;:.!?\"“”]+\s){1,6})(?:in|on|of|last|this)\s$",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[“\"„«]([^“”\"„«»]+)[”\"»]")
_SENTENCE = re.compile(r"[^.!?…]+[.!?…]*")


def whole(question: str, sentence: str, start: int, end: int) -> tuple[int, int]:
    """`[start, end)` of the clause to answer with, in characters of the sentence.

    Args:
        sentence: that the span stands in; quotations may hold several.
        start, end: `[start, end)` of the span in it, not empty.
    """
    if _SAID.search(question):
        wide = _statement(sentence, start, end)
    elif _REASON.search(question):
        wide = _clause(sentence, start, end)
    elif _WHEN.search(question):
        if _DAY.search(question):
            start, end = _date(sentence, start, end)
        wide = _since(question, sentence, start), end
    else:
        wide = describing(question, sentence, start, end) or (start, end)
    return wide if len(sentence[wide[0] : wide[1]].split()) <= MOST else (start, end)


def _statement(sentence: str, start: int, end: int) -> tuple[int, int]:
    """From where the quoted sentence around the span begins to the end of its clause."""
    for quotation in _QUOTED.finditer(sentence):
        for said in _SENTENCE.finditer(sentence, *quotation.span(1)):
            at = said.start() + len(said[0]) - len(said[0].lstrip())
            if at <= start and end <= said.end():
                return at, _clause(sentence, start, end)[1]
    return start, end


def _date(sentence: str, start: int, end: int) -> tuple[int, int]:
    """The whole date around a span, without its preposition: "3 May 1891", not "1891"."""
    for first, last in dated(sentence):
        if first <= start and end <= last and not sentence[first:last].split()[0].islower():
            return first, last
    return start, end


def _since(question: str, sentence: str, start: int) -> int:
    """Where a time begins that is told by another event: not "2022" of "before the war in 2022"."""
    event = _SINCE.search(sentence[:start])
    if event is None or not set(content_terms(question)).isdisjoint(terms(event[1])):
        return start
    return event.start()


def _clause(sentence: str, start: int, end: int) -> tuple[int, int]:
    """From the word that gives the reason, if one stands before, to the end of the clause."""
    found = _END.search(sentence, end)
    stop = len(sentence) if found is None else found.start()
    before = _BEFORE.search(sentence[:start])
    stop = end + len(sentence[end:stop].rstrip())
    return (start if before is None else before.start()), stop
