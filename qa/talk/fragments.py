"""Put a follow-up that is no question into the one before: "and in Nikopol?", "what about bears?".

It goes into the place of what it is parallel to: a place for a place, a name
for a name, a noun for what was counted.
"""

from __future__ import annotations

import re

from pincite.index.terms import FUNCTION_WORDS
from pincite.qa.closed import BE, DETERMINERS, PREPOSITIONS
from pincite.qa.talk.forms import is_plural
from pincite.qa.talk.phrases import SPATIAL, TIME, named_person, phrases
from pincite.qa.talk.topic import Topic
from pincite.qa.talk.verbs import is_participle

_ADVERB = re.compile(
    r"(?:world|nation|country|state|city|europe)-?wide|(?:global|local|national|international"
    r"|overall)(?:ly)?|abroad|elsewhere|overseas|at home|altogether|in total",
    re.IGNORECASE,
)
_RELATIVE_TIME = re.compile(
    r"(?:last|this|next|the (?:previous|following)|the (?:year|month|week|day) (?:before|after))"
    r"(?: (?:year|month|week|season|time|summer|winter|spring|autumn))?|yesterday|today|tomorrow",
    re.IGNORECASE,
)
_NO_FRAGMENT = frozenset(
    """is are was were do does did has have had will would can could who what which when where why
    how he she it they that this there first second third last next other others rest""".split()
)
_BOTH = re.compile(r"[A-Z][\w'’-]*(?: [A-Z][\w'’-]*)* and (?:the )?[A-Z][\w'’-]*")


def fragment(text: str, topic: Topic) -> str | None:
    """ "And in Berdiansk?": the earlier question with this in the parallel place.

    Args:
        text: the fragment without its opener and question mark.
    """
    clause, words = topic.clause, text.split()
    if clause is None or not words or len(words) > 6:
        return None
    if not _RELATIVE_TIME.fullmatch(text) and _NO_FRAGMENT & {*text.casefold().split()}:
        return None
    if words[0].casefold() in PREPOSITIONS:
        return _replace_adverbial(text, topic.question)
    if _ADVERB.fullmatch(text):
        places = [f"{b} {p}" for p, b in phrases(topic.question) if b in SPATIAL]
        if places:
            return _swap(topic.question, places[-1], text.casefold())
        return f"{topic.question.rstrip('?!. ')} {text.casefold()}?"
    done = clause.rest.split()[0] if clause.aux in BE and clause.rest else ""
    if len(words) == 1 and is_participle(words[0]) and is_participle(done):
        return _swap(topic.question, done, text)  # "And closed?"
    if _RELATIVE_TIME.fullmatch(text):
        return f"{topic.question.rstrip('?!. ')} {text.casefold()}?"
    if TIME.fullmatch(text) or TIME.search(words[-1]):
        found = TIME.search(topic.question)
        if found:
            return _swap(topic.question, found[0], text)
        return f"{topic.question.rstrip('?!. ')} {text}?"
    if words[0][:1].isupper() or words[-1][:1].isupper():
        return _replace_name(text, topic)
    if named_person(topic.question):  # "And negotiations?" is not who they are
        return None
    return _replace_noun(text, topic)


def _replace_adverbial(text: str, question: str) -> str:
    preposition, _, thing = text.partition(" ")
    preposition = preposition.casefold()
    timely = bool(TIME.search(thing))
    slots = [
        f"{before} {phrase}"
        for phrase, before in phrases(question)
        if before and bool(TIME.search(phrase)) == timely
    ]
    if not timely and not any(slot.casefold().startswith(f"{preposition} ") for slot in slots):
        slots += re.findall(rf"\b{preposition} (?:the )?[A-Z][\w'’-]*(?: [A-Z][\w'’-]*)*", question)
    same = [slot for slot in slots if slot.split()[0].casefold() == preposition]
    alike = [
        slot for slot in slots if timely or {slot.split()[0].casefold(), preposition} <= SPATIAL
    ]
    slot = next(iter([*same[::-1], *alike[::-1]]), None)
    if slot is None:
        return f"{question.rstrip('?!. ')} {text[0].lower() + text[1:]}?"
    return _swap(question, slot, preposition + text[len(preposition) :])


def _replace_name(text: str, topic: Topic) -> str | None:
    clause = topic.clause
    found = [(p, b) for p, b in phrases(topic.question) if _has_name(p)]
    if clause is not None and clause.noun:
        found = [(p, b) for p, b in found if p not in clause.wh]
    if both := _BOTH.search(topic.question, len(topic.question.split()[0])):
        found = [(both[0], "")]
    article = text.split()[0].casefold() in DETERMINERS
    alike = [(p, b) for p, b in found if (p.split()[0].casefold() in DETERMINERS) == article]
    found = alike or found
    after = [p for p, before in found if before]
    names = after[-1:] or [p for p, _ in found][:1]
    if not names:
        subject = clause.subject if clause is not None and clause.word != "where" else ""
        return _swap(topic.question, subject, text) if subject else None
    return _swap(topic.question, names[0], text)


def _replace_noun(text: str, topic: Topic) -> str | None:
    clause = topic.clause
    if clause is None:
        return None
    bare_noun = re.sub(r"^(?:the|a|an|any|some)\s", "", text, flags=re.IGNORECASE)
    if (
        clause.noun
        and not clause.noun.startswith("of ")
        and is_plural(clause.noun) == is_plural(text)
    ):
        head = clause.noun.split(" of ")[0]
        return _swap(topic.question, head, bare_noun)
    found = [p for p, _ in phrases(topic.question) if p.split()[0].casefold() in DETERMINERS]
    slot = clause.subject if clause.subject in found else next(iter(found[::-1]), clause.subject)
    return _swap(topic.question, slot, text) if slot else None


def _has_name(phrase: str) -> bool:
    return any(
        word[:1].isupper() and word.casefold() not in FUNCTION_WORDS for word in phrase.split()
    )


def _swap(question: str, old: str, new: str) -> str:
    at = question.rfind(old)
    if at < 0:
        at = question.casefold().rfind(old.casefold())
    return question[:at] + new + question[at + len(old) :] if at >= 0 and old else question
