"""The matter of a question said in another way: without who did it, or as a thing to talk about."""

from __future__ import annotations

from dataclasses import replace

from pincite.qa.closed import BE, DETERMINERS, DO, HAVE, MODAL, PREPOSITIONS, PRONOUNS
from pincite.qa.talk.clause import Clause
from pincite.qa.talk.forms import is_plural
from pincite.qa.talk.phrases import is_name, is_person
from pincite.qa.talk.verbs import SAYING, gerund, is_participle, participle, split_tense

# "The soldiers were got", "a cold was had": these make no passive that anyone would say.
_NO_PASSIVE = frozenset("get have be become want like let mean cost go come belong happen".split())
_AFTER_OBJECT = PREPOSITIONS | {"as", "when", "while", "because", "if", "so", "again", "first"}
_MATTER_WORDS = 16  # of a matter that can stand inside a question


def ask_again(clause: Clause, wh: str, answer: str) -> str | None:
    """The matter of a question asked with other words, whether or not the question was answered.

    "Who bought the newspaper?" asks "When was the newspaper bought?" where
    nobody knows who did; None where that can't be said.
    """
    asked = clause.ask(wh, answer)
    if asked is None and clause.wh and not clause.is_adjunct:
        untold = _passive(clause) if not clause.subject else _without_gap(clause)
        return untold.ask(wh, "") if untold else None
    return asked


def restated(clause: Clause, answer: str) -> str | None:
    """What a question and its answer say together, or the question alone where it had none."""
    statement = clause.statement(answer)
    if statement is None and clause.wh and clause.whole and not clause.is_adjunct:
        untold = _passive(clause) if not clause.subject else _without_gap(clause)
        return untold.declared() if untold else None
    return statement


def matter(clause: Clause, answer: str, *, by_speaker: bool) -> str | None:
    """What a question and its answer tell, as a thing: "Siemens cutting 2,700 jobs"; or None.

    Args:
        by_speaker: it is spoken of by whoever did it: "cutting 2,700 jobs".
    """
    told = clause.told(answer)
    if told is None or not told.subject or not told.rest:
        return None
    verb, *others = told.rest.split()
    if told.aux in BE:
        first = verb if verb.endswith("ing") and is_participle(verb) else f"being {verb}"
    elif told.aux in HAVE:
        first = f"having {verb}"
    elif told.aux:
        first = gerund(verb)
    else:
        tense = split_tense(verb)
        if tense is None:
            return None
        first = gerund(tense[1])
    lead = told.lead[:1].lower() + told.lead[1:]
    speaks = told.subject == answer or is_name(told.subject) or is_person(told.subject)
    subject = "" if by_speaker and speaks else told.subject
    said = " ".join(part for part in (subject, first, *others, lead) if part)
    return said if len(said.split()) <= _MATTER_WORDS else None


def done(clause: Clause, answer: str) -> Clause | None:
    """What is asked to have been done, as a plain "why" question's clause; None if unknown.

    Of "promised to lower the tax" that is the lowering, not the promise.
    """
    told = clause.told(answer)
    if told is None or not told.subject or not told.rest:
        return None
    words = told.rest.split()
    if not told.aux:
        tense = split_tense(words[0])
        if tense is None:
            return None
        told, words = replace(told, aux=tense[0]), [tense[1], *words[1:]]
    if told.aux in HAVE:
        return None
    if words[1:2] == ["to"] and words[2:] and words[2] not in DETERMINERS | PRONOUNS:
        words = words[2:]
    elif words[0] in SAYING:
        return None
    return replace(told, wh="", rest=" ".join(words))


def _passive(clause: Clause) -> Clause | None:
    words = clause.rest.split()
    if not words:
        return None
    tense = split_tense(words[0])
    base = words[0] if clause.aux in MODAL else tense[1] if tense else ""
    end = next((i for i in range(1, len(words)) if words[i] in _AFTER_OBJECT), len(words))
    thing, after = " ".join(words[1:end]), " ".join(words[end:])
    if not base or base in _NO_PASSIVE | SAYING or not thing or " that " in thing:
        return None
    done_to = f"{participle(base)} {after}".strip()
    several = is_plural(thing)
    if clause.aux in MODAL:
        return replace(clause, wh="", subject=thing, rest=f"be {done_to}")
    if clause.aux in HAVE:
        aux, done_to = ("have" if several else "has"), f"been {done_to}"
    elif clause.aux or tense is None:
        return None
    elif tense[0] == "did":
        aux = "were" if several else "was"
    else:
        aux = "are" if several else "is"
    return replace(clause, wh="", aux=aux, subject=thing, rest=done_to)


def _without_gap(clause: Clause) -> Clause | None:
    """ "Whom did she want to send for the boat?" without the one asked for."""
    words = clause.rest.split()
    if words and words[-1].casefold() in PREPOSITIONS:
        words = words[:-1]  # "give their prisoners to"
    alone = len(words) < 2 and clause.aux in DO
    return None if alone or not words else replace(clause, wh="", rest=" ".join(words))
