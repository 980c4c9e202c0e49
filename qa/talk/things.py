"""What "it" and "they" may mean after a question and its answer."""

from __future__ import annotations

import re

from pincite.qa.closed import BE, DETERMINERS
from pincite.qa.talk.clause import Clause
from pincite.qa.talk.forms import NUMBERS, is_plural
from pincite.qa.talk.phrases import (
    TIME,
    is_name,
    is_person,
    is_phrase,
    noun_phrase,
    owner_of,
    phrases,
)
from pincite.qa.talk.topic import Topic, with_place

_GROUP = re.compile(
    r"\b(?:group|legion|party|company|firm|team|army|police|government|council|union|band|family"
    r"|force|club|bank|court|ministry|committee|board|crew|staff|public|agency|authority|brigade"
    r"|militia|movement|organi[sz]ation|parliament|senate|congress|jury|side|opposition)$",
    re.IGNORECASE,
)
_RELATIVE = re.compile(r"\s(?:that|which|who|whom|where)\s")


def thing(topic: Topic, *, chosen: bool, acted_on: bool) -> str | None:
    """What "it" means.

    Args:
        chosen: what was asked for is already meant by "they".
        acted_on: it is an object, as the object of the question before was.
    """
    clause, answer = topic.clause, noun_phrase(topic.answer)
    if clause is None:
        return None
    # "What is the name of ...?", but not "What is the height of ...?"
    named = clause.noun or clause.aux not in {"is", "was"} or is_name(answer)
    asks_thing = clause.word in {"which", "what"} and not clause.is_adjunct and named and not chosen
    if asks_thing and answer and not is_plural(answer) and not is_person(clause.noun):
        return answer
    if clause.word == "whose" and clause.noun and not is_plural(clause.noun):
        owned = answer.endswith(("'s", "’s"))
        return f"{answer} {clause.noun}" if owned else f"the {clause.noun}"
    subject = clause.subject
    if acted_on and (met := _acted_on(clause)):
        return met
    if subject and not is_plural(subject) and not is_person(subject) and is_phrase(subject):
        place = topic.answer if clause.word == "where" and is_name(topic.answer) else ""
        if clause.word == "where" and clause.aux in {"is", "was"} and not clause.rest and place:
            return f"{_RELATIVE.split(subject)[0]} in {place}"
        if not clause.says:
            return subject
    later = [
        p
        for p, _ in phrases(clause.rest)
        if not is_plural(p) and not is_person(p) and not TIME.search(p)
    ]
    found = next((p for p in later if is_phrase(p)), None)
    if found is None or is_name(found):
        return found
    return with_place(found, clause.rest)


def several(topic: Topic, *, acting: bool) -> str | None:
    """What "they" means; `acting`: it does or has something, as what it had does."""
    clause, answer = topic.clause, noun_phrase(topic.answer)
    if acting and clause is not None and is_plural(clause.subject):
        people = clause.counts and clause.subject.split()[-1][:1].isupper()
        if clause.word == "what" or people:
            return clause.subject
    if clause is not None and clause.word in {"who", "whom", "which", "what"} and is_plural(answer):
        return answer
    named = [p for p, _ in topic.named() if is_plural(p)]
    if clause is not None and clause.noun and is_plural(clause.noun):
        return clause.described()
    if clause is not None and is_plural(clause.subject):
        return clause.subject
    if named:
        last = named[-1]
        return (
            last
            if last.split()[0].casefold() in DETERMINERS or last[0].isupper()
            else f"the {last}"
        )
    told = re.sub(r"^[a-z]+ing\s", "", topic.answer)  # "stealing three paintings"
    found = [p.removeprefix("that ") for p, _ in phrases(told)]
    within = [p for p in found if is_plural(p) and " and " not in p]
    if not answer and within and clause is not None and clause.word == "what":
        chosen = within[0 if acting and told == topic.answer else -1]
        counted = chosen.split()[0].casefold() in NUMBERS or chosen[0].isdecimal()
        return f"the {chosen}" if counted else chosen
    who = clause is not None and clause.word in {"who", "whom"}
    if answer and (who or is_name(answer)):
        return answer
    subject = clause.subject if clause is not None else ""
    return subject if subject and (is_name(subject) or _GROUP.search(subject)) else None


def _acted_on(clause: Clause) -> str | None:
    """The direct object: "the farm bill" of "pass the farm bill in June"; None if there is none."""
    verb, _, after = clause.rest.partition(" ")
    if not after or not clause.whole or (clause.aux in BE and not verb.endswith("ing")):
        return None
    phrase, before = next(phrases(after), ("", ""))
    if before or not phrase or not after.startswith(phrase) or not is_phrase(phrase):
        return None
    if is_plural(phrase) or is_person(phrase) or TIME.search(phrase):
        return None
    owner, _, owned = phrase.partition(" ")
    if owner.casefold() in {"its", "his", "her", "their"} and owned:
        return f"{owner_of(clause.subject)} {owned}" if is_phrase(clause.subject or "a") else None
    return phrase if is_name(phrase) else with_place(phrase, clause.rest)
