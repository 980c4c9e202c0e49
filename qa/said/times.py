"""Whether words tell a time at all: a date, an hour, "last week", "after liberation".

Wider than `qa/said/dates.py`, which reads a point in time so that two can be
compared: "shortly before the invasion" tells when and is no date. A span may
leave its preposition or its month outside, so the words around it count too.
"""

from __future__ import annotations

import re

from pincite.index.terms import fold, is_function_word
from pincite.qa.said import dates
from pincite.qa.said.numbers import UNITS

NEAR = 60  # characters before a span that may hold its preposition
BESIDE = 20  # characters around a number that may make a date of it

NUMERAL = (
    r"(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty"
    r"|(?:thir|four|fif|six|seven|eigh|nine)teen|fifty|sixty|seventy|eighty|ninety|hundred|thousand"
    r"|(?:m|b|tr)illion|dozen)"
)
"""A number in one word, for a pattern over folded text."""

_WORD = re.compile(r"[^\W_]+")
_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
# "may" and "march" are months only with a capital.
_MONTH = (
    r"(?:(?i:jan(?:uary)?|feb(?:ruary)?|apr(?:il)?|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)|May|MAY|Mar(?:ch)?|MARCH)\b\.?"
)
_DATE = re.compile(
    rf"\b\d{{1,2}}(?:st|nd|rd|th)? (?:of )?{_MONTH}(?:,? [12]\d{{3}}\b)?"
    rf"|\b{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?\b(?![\d:%])(?:,? [12]\d{{3}}\b)?"
    rf"|\b{_MONTH},? [12]\d{{3}}\b"
    r"|(?i:\b(?:in|since|until|till|during|circa|early|late|mid|year))[ -][12]\d{3}s?\b"
    r"(?=\W*$|[.,;:)]|\W+(?:the|an?|and|to|when|after|before|it|he|she|they|by|with|as|was|were)\b)"
)
_UNIT = "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True))
# "2014" or "554", but neither "400 meters" nor "554 fighters".
_YEAR = re.compile(
    r"(?<![\w$€£.,-])(?:[12]\d{3}s?|[1-9]\d\d(?! [a-z]+s\b))"
    rf"(?!\w|,\d|\.\d|%| ?(?:{_UNIT})\b)"
)
_YEAR_WORD = re.compile(r"\b(?:years?|centur(?:y|ies)|bce?|ad|\d\ds)\b")
_TIME = re.compile(
    rf"\b(?:{_WEEKDAY}s?|ago|today|tonight|yesterday|tomorrow|now|nowadays|recent(?:ly)?|soon"
    r"|later?|earl(?:y|ier)|next|moments?|time|days?|nights?|evenings?|mornings?|afternoons?|noon"
    r"|midday|midnight|overnight|dawn|dusk|sun(?:set|rise)|weeks?|weekends?|months?|years?|decades?"
    r"|centur(?:y|ies)|era|ages?|seasons?|springs?|summers?|autumns?|fall|winters?|hours?|minutes?"
    r"|seconds|\w+day|christmas|easter|eve|quarter|editions?|always|never|immediately|instantly"
    r"|annually|yearly|monthly|weekly|daily|hourly|currently|ongoing|originally|formerly|initially"
    r"|\w+-?time|\d+ ?(?:bce?|ce|ad|[ap]\.?m)|ad \d+"
    r"|(?:ancient|modern|medieval|prehistoric|recent|colonial|those|these) times)\b"
)
_CLOCK = re.compile(
    r"\b(?:\d{1,2}[:.]\d\d|\d{1,2} ?[ap]\.?m|o['’]clock|noon|midday|midnight|dawn|dusk|mornings?"
    r"|sun(?:set|rise)|afternoons?|evenings?|nights?|overnight|hours?|minutes?|every)\b"
)
_DURATION = re.compile(
    rf"(?:(?:some|about|around|nearly|over|up to|at least) )?(?:an?|\d+|{NUMERAL})"
    r"[ -](?:minutes?|hours?|seconds?)"
)
_DAY_OR_YEAR = re.compile(rf"\b(?:(?i:{_WEEKDAY})|{_MONTH}|[12]\d{{3}})")
_DURING = (
    r"(?:during|after|before|since|until|till|following|upon|throughout|amid|when|while|once|if"
    r"|whenever|as soon as|soon as|as long as|prior to|ahead of|between|within|in case|unless)"
)
_BY_EVENT = re.compile(rf"\b{_DURING}\b")
_EVENT_BEFORE = re.compile(rf"\b{_DURING}(?: [\w'’-]+){{0,2}}\s*$")
_AT = re.compile(r"(?:in|at|on|by|with|from)\b")
_AT_BEFORE = re.compile(r"\b(?:in|at|on|by|from|of|for|with|as)(?: [\w'’-]+){0,2}\s*$")
_JUST_AT = re.compile(r"\b(?:in|since|at|by)\s+$")
_ORDINAL = (
    r"(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|\d+(?:st|nd|rd|th))"
)
_EVENT = re.compile(
    rf"\b(?:{_ORDINAL}|last|wars?|revolution|uprising|reign|birth|childhood|youth|death|elections?|summit"
    r"|festival|games|olympics|conference|match|finals?|ceremony|inauguration|coronation|funeral"
    r"|wedding|launch|start|beginning|outset|end|turn|opening|closing|height|dynasty|rule|period)\b"
)
# What alone may be a name, or a place in an order.
_ALONE = frozenset("april may june august dawn eve summer autumn time last".split())
_AROUND_TIME = frozenset("last past previous around during early late about over nearly".split())


def dated(text: str) -> list[tuple[int, int]]:
    """`[start, end)` in `text` of the numbers that tell a date, with its other words."""
    return [found.span() for found in _DATE.finditer(text)]


def tells_time(words: str, before: str, after: str) -> bool:
    """Whether a span tells a time, or an event by which one is told.

    Args:
        words: the span.
        before, after: the rest of its sentence.
    """
    text, lead = fold(words), fold(before[-NEAR:])
    if _TIME.search(text) or _YEAR.search(words) or _in_date(words, before, after):
        return True
    if _BY_EVENT.search(text) or _EVENT_BEFORE.search(lead):
        return True
    if text.strip().isdecimal():
        return bool(_JUST_AT.search(lead))
    # What begins with another number counts something: "12 march through the town".
    if not text[:1].isdecimal() and dates.when(words):
        return True
    return bool(_EVENT.search(text) and (_AT.match(text) or _AT_BEFORE.search(lead)))


def _in_date(words: str, before: str, after: str) -> bool:
    near = f"{before[-BESIDE:]}{words}{after[:BESIDE]}"
    first = min(BESIDE, len(before))
    touched = any(start < first + len(words) and first < end for start, end in dated(near))
    return touched or bool(_CLOCK.search(fold(words)))


def tells_year(words: str) -> bool:
    """Whether a span tells a year or a longer stretch of time."""
    return bool(_YEAR.search(words) or _YEAR_WORD.search(fold(words)))


def tells_hour(words: str, before: str, after: str) -> bool:
    """Whether a span tells a time of day, or a time that names neither a day nor a year."""
    text = fold(words).strip()
    if _DURATION.fullmatch(text):
        return False
    if _CLOCK.search(text):
        return True
    return tells_time(words, before, after) and not _DAY_OR_YEAR.search(words)


def is_only_time(words: str, before: str) -> bool:
    """Whether a span is a time or a number and nothing else; a place in an order is more."""
    text = fold(words).strip()
    if text in _ALONE or re.search(rf"\b{_ORDINAL}\b", text):
        return False
    return all(_is_of_time(word, before) for word in _WORD.findall(words))


def _is_of_time(word: str, before: str) -> bool:
    text = fold(word)
    if re.fullmatch(r"\d+(?:s|[ap]m|k)?", text) or _TIME.fullmatch(text):
        return True
    if re.fullmatch(_MONTH, word) or text in _AROUND_TIME or is_function_word(word):
        return True
    # With a capital inside a sentence it is a name: Miles, 7-Eleven.
    plain = word.islower() or not before.strip()
    return plain and (text in UNITS or bool(re.fullmatch(NUMERAL, text)))
