"""Where a question plays that says nothing of it: "Was anyone arrested?" after a rally in Porto.

Such a question has no word that points back, yet "the debris" is the debris of
what was spoken of (bridging: Clark, "Bridging", 1975). A question with a name
of its own, or one about how things are in general, is left alone.
"""

from __future__ import annotations

import re

from pincite.index.terms import FUNCTION_WORDS
from pincite.qa.closed import PREPOSITIONS
from pincite.qa.talk.clause import Clause
from pincite.qa.talk.forms import is_plural, is_sentence
from pincite.qa.talk.parse import parse
from pincite.qa.talk.phrases import PLACE_PREPOSITIONS, TIME, phrases
from pincite.qa.talk.topic import Topic, with_place
from pincite.qa.talk.verbs import split_tense

_PAST_AUX = frozenset("did was were had has have".split())
_ANYONE = re.compile(
    r"\b(?:any|some|no|every)(?:one|body|thing)(?! else)\b"
    r"|^(?:was|were) there (?:any|an?)\b",
    re.IGNORECASE,
)
_HOW_MANY_PEOPLE = re.compile(r"^how many (?:people |men |women |children )?\w+", re.IGNORECASE)
_EVENT = re.compile(
    r"\b(?P<at>rally|meeting|summit|conference|concert|festival|ceremony|protest|trial)$"
    r"|\b(?P<in>match|game|race|marathon|final|semi-final|tournament|war|battle|attack|raid|strike"
    r"|election|vote|referendum|crash|accident|fire|flood|earthquake|explosion|shooting|case"
    r"|competition|championship|study|experiment|collision|storm)$",
    re.IGNORECASE,
)
_WITHIN = {"over": "in", "across": "in", "around": "near"}
_PLACING = frozenset("first second third fourth fifth last".split())
_ORIGINS = frozenset("invent discover found write compose paint".split())
_OWN_WORDS = 2  # content words at most: a question with more says what it is about


def placed(question: str, topic: Topic) -> str | None:
    """The question with where the topic plays added, or None where it needs none."""
    if not _bridges(question):
        return None
    scene = scene_of(topic)
    if scene is None and not list(phrases(question)):
        scene = _answered_place(topic)
    if scene is None:
        return None
    event = re.search(r"\bthe [\w'’ -]+?(?= (?:at|in|on|over|near|from) |$)", scene)
    if event and re.search(rf"\b{re.escape(event[0])}\b", question):
        return None  # "Who organised the rally?" says it already
    if scene.split()[-1].casefold() in question.casefold():
        return None
    return f"{question.rstrip('?!. ')} {scene}?"


def scene_of(topic: Topic) -> str | None:
    """Where, or in what event, the topic plays: "at the rally in Porto"; None if it isn't said."""
    found = list(phrases(topic.question))
    for phrase, _ in found:
        kind = _EVENT.search(phrase.removesuffix("'s"))
        if kind and not is_plural(phrase) and phrase.split()[0].casefold() in {"the", "a", "an"}:
            thing = with_place(phrase, topic.question)
            thing = re.sub(r"^an?\s", "the ", thing, flags=re.IGNORECASE)
            return f"{'at' if kind['at'] else 'in'} {thing}"
    for phrase, before in found[::-1]:
        named = any(word[:1].isupper() for word in phrase.split())
        if before in PLACE_PREPOSITIONS and named and not TIME.search(phrase):
            return f"{_WITHIN.get(before, before)} {phrase}"
    return None


def _answered_place(topic: Topic) -> str | None:
    clause, answer = topic.clause, topic.answer
    if clause is None or clause.word != "where" or not 0 < len(answer.split()) <= 4:
        return None
    if answer.split()[0].casefold() in PREPOSITIONS:
        return answer
    named = answer[:1].isupper() and not is_sentence(answer)
    return f"in {answer}" if named else None


def _bridges(question: str) -> bool:
    words = question.rstrip("?!. ").split()
    content = [w for w in words if w.strip(",;:").casefold() not in FUNCTION_WORDS]
    named = any(w[:1].isupper() or w[:1].isdecimal() for w in words[1:])
    clause = parse(question)
    # "Who invented the bicycle?" is asked of bicycles, whatever was spoken of before.
    if clause is not None and _ORIGINS & {_base(word) for word in clause.rest.split()}:
        return False
    if named or len(content) > _OWN_WORDS or clause is None or not _is_past(clause):
        return False
    if _ANYONE.search(question):
        return True
    if any(w.casefold() in PREPOSITIONS for w in words[2:]):
        return False  # "the price of bread" says for itself what it is
    if _HOW_MANY_PEOPLE.match(question) and not clause.subject:
        return True
    definite = [p for p, _ in phrases(question) if p[:4].casefold() == "the "]
    rest = {word.casefold() for word in clause.rest.split()[1:]}
    alone = clause.word in {"who", "what"} and not clause.subject and rest <= _PLACING
    return bool(definite) or alone


def _base(word: str) -> str:
    tense = split_tense(word)
    return tense[1] if tense is not None else word


def _is_past(clause: Clause) -> bool:
    if clause.word == "who" and clause.aux == "is" and not clause.rest:
        return True  # "Who is the mayor?"
    if clause.aux:
        return clause.aux in _PAST_AUX
    tense = split_tense(clause.rest.split()[0]) if clause.rest else None
    return tense is not None and tense[0] == "did"
