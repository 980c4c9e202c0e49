"""Noun phrases by rule: where they begin and end, and what can be told from their form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pincite.index.terms import FUNCTION_WORDS
from pincite.qa.closed import AUXILIARIES, DETERMINERS, PREPOSITIONS
from pincite.qa.talk.forms import NUMBERS, is_plural
from pincite.qa.talk.verbs import BASES, SAYING, is_participle, split_tense

_PERSON = re.compile(
    r"(?:er|or|ist|ian|man|woman|ent|chief|king|queen|head|pilot|captain|general|colonel|spouse"
    r"|wife|husband|mother|father|son|boy|girl|actress|princess|prince|pope|guard|aide|spy"
    r"|defendant|assistant|accountant|lieutenant|claimant|tenant)$"
)
_THINGS = re.compile(
    r"(?:river|number|order|power|water|paper|letter|tower|color|colour|weather|summer|winter"
    r"|border|disaster|computer|chapter|corner|center|cent|government|parliament|event|percent"
    r"|statement|agreement|continent|movement|settlement|equipment|accident|present|moment"
    r"|helicopter|bomber|server|container|tanker|carrier|trailer|answer|quarter|sector|reactor"
    r"|factor|motor|harbor|doctor's|airliner|freighter|fighter|ocean|manor|plan|van|can)$"
)
# "Who is Ihnat?", not "who is responsible for it to all of them?" or "who is Ihnat's deputy?".
_NAME = r"[^\W\d_][\w’'-]*[^\W_](?<!['’]s)"
_WHO_IS = re.compile(rf"\bwho(?:['’]s| is| was) ({_NAME}(?:\s+{_NAME}){{0,3}})\W*$", re.IGNORECASE)
TIME = re.compile(
    r"\b(?:\d{4}|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|January|February|March|April|May|June"
    r"|July|August|September|October|November|December|yesterday|today|tomorrow|tonight)\b"
)
PLACE_PREPOSITIONS = frozenset("in at over near on around inside outside across".split())
SPATIAL = PLACE_PREPOSITIONS | {"above", "from"}
MOST_WORDS = 9  # of an answer that can stand for a pronoun


def is_said(word: str) -> bool:
    """Whether a word is a form of a verb of saying."""
    tense = split_tense(word.casefold())
    return tense is not None and tense[1] in SAYING


def owner_of(phrase: str) -> str:
    """The possessive: "Anna's", "the farmers'"."""
    return f"{phrase}'" if is_plural(phrase) and phrase.endswith("s") else f"{phrase}'s"


def phrases(text: str) -> Iterator[tuple[str, str]]:
    """The noun phrases of a text in order, each with the preposition before it or ""."""
    words = text.rstrip("?!. ").split()
    i = 0
    while i < len(words):
        word = words[i].strip(",;:").casefold()
        verb = words[i].islower() and (word in BASES or (split_tense(word) or " ")[0] == "did")
        if not (word in DETERMINERS or is_content(words[i])) or verb:
            i += 1
            continue
        start = i
        i += word in DETERMINERS
        while (
            i < len(words)
            and is_content(words[i])
            and not (i > start and _is_verb_at(words, i, start))
        ):
            i += 1
            if words[i - 1].endswith((",", ";", ":")):
                break
        while i + 1 < len(words) and words[i].casefold() == "of" and i > start:
            i += 1 + (words[i + 1].casefold() in DETERMINERS)
            while i < len(words) and is_content(words[i]) and not _is_verb_at(words, i, start):
                i += 1
        phrase = " ".join(words[start:i]).strip(",;:")
        if phrase and phrase.casefold() not in DETERMINERS:
            before = words[start - 1].casefold() if start else ""
            yield phrase, before if before in PREPOSITIONS else ""
        i = max(i, start + 1)


def noun_phrase(answer: str) -> str:
    """The answer, if it can stand in a sentence as a noun: "a boat" as "the boat"; else ""."""
    words = answer.split()
    if not words or len(words) > MOST_WORDS or words[0].casefold() in PREPOSITIONS:
        return ""
    first, second = words[0].casefold(), words[1].casefold() if len(words) > 1 else ""
    if any(word.casefold() in AUXILIARIES for word in words) or first in {"yes", "no", "that"}:
        return ""
    # "stealing three paintings" is a deed, though "boiling water" is a thing.
    if first.endswith("ing") and is_participle(first) and (second in DETERMINERS | NUMBERS):
        return ""
    if not any(word[0].isalpha() for word in words):
        return ""
    if words[0].casefold() in {"a", "an"}:
        return " ".join(["the", *words[1:]])
    if words[0] in {"The", "His", "Her", "Its", "Their"}:
        return " ".join([words[0].lower(), *words[1:]])
    return answer


def is_content(word: str) -> bool:
    """Whether a word is about something, not one that a sentence is built with."""
    bare = word.strip(',;:?!."“”').casefold()
    return bool(bare) and bare[0].isalnum() and bare not in FUNCTION_WORDS | PREPOSITIONS


def _is_verb_at(words: Sequence[str], i: int, start: int) -> bool:
    """Whether the word ends the noun phrase that began at `start`: a verb after its noun."""
    word = words[i]
    if not word.islower() or i == start + (words[start].casefold() in DETERMINERS):
        return word.islower() and word in BASES and words[start].casefold() not in DETERMINERS
    return (
        word in BASES
        or (is_participle(word) and not word.endswith("ing"))
        or (is_participle(word) and re.search(r"(?<!['’])s$", words[i - 1]) is not None)
        or (word.endswith("s") and split_tense(word) is not None and not is_plural(word))
    )


def is_person(phrase: str) -> bool:
    """Whether a noun phrase names a person by what they do ("the Belgorod governor")."""
    head = re.split(r"\s(?:of|in|at|on|near|from|for|that|who)\s", phrase)[0].split()
    if not head or phrase[:1].isupper():
        return False
    last = head[-1].casefold()
    return bool(_PERSON.search(last)) and not _THINGS.search(last)


def asked_who(question: str) -> list[str]:
    """The words after "who is", a name perhaps; none in a question for something else."""
    found = _WHO_IS.search(question)
    return found[1].split() if found else []


def named_person(question: str) -> str | None:
    """The name in "Who is Ada Moss?"; None in any other question."""
    words = asked_who(question)
    return " ".join(words) if words and all(word[0].isupper() for word in words) else None


def is_name(phrase: str) -> bool:
    """Whether a phrase begins as a name does, with a capital."""
    return phrase[:1].isupper()


def is_phrase(phrase: str) -> bool:
    """Whether a phrase is surely one: a name, or a noun with its determiner."""
    return is_name(phrase) or phrase.split()[0].casefold() in DETERMINERS
