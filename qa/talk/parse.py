"""Take a question apart, by word order, capitals and short word lists."""

from __future__ import annotations

import re
from dataclasses import replace

from pincite.index.terms import FUNCTION_WORDS
from pincite.qa.closed import (
    AUXILIARIES,
    BE,
    DETERMINERS,
    DO,
    MODAL,
    PREPOSITIONS,
    PRONOUNS,
    QUESTION_WORDS,
)
from pincite.qa.talk.clause import Clause
from pincite.qa.talk.verbs import BASES, is_participle, split_tense

_RELATIVE = frozenset("that which who whom where".split())
_ADVERBS = frozenset("already also ever just now still yet not never so first last".split())
# "How many missiles fell on the town, according to CNN?"
_TAIL = re.compile(
    r"^(.{10,}?)(?:,\s+|\s+(?=according to\b))"
    r"((?:in|at|on|over|near|from|during|after|before|since|according to)\b[^,]{1,60})$",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^((?:in|at|on|over|near|from|during|after|before|since|according to)\b[^,]{1,60}),\s+(.+)$",
    re.IGNORECASE,
)


def parse(question: str) -> Clause | None:
    """A question in parts, or None where it is not of a known build."""
    text = question.strip().rstrip("?!. ")
    lead = ""
    if found := _LEAD.match(text):
        lead, text = found[1], found[2]
    elif found := _TAIL.match(text):
        lead, text = found[2], found[1]
    words = text.split()
    if len(words) < 2:
        return None
    wh_end = _wh_end(words)
    if wh_end is None:
        return None
    wh, after = words[:wh_end], words[wh_end:]
    if not after:
        return None
    if after[0].casefold() not in AUXILIARIES:
        return Clause(lead, " ".join(wh), "", "", " ".join(after)) if wh else None
    clause = Clause(lead, " ".join(wh), after[0].casefold(), "", "")
    body = after[1:]
    if not body:
        return None
    if _asks_for_subject(clause, body):
        return replace(clause, rest=" ".join(body))
    end = _subject_end(clause.aux, body)
    if end is None and clause.aux in DO:
        end = _unknown_verb(body)
    if end is None and clause.aux in BE and clause.word in {"", "why"}:
        end = _predicate(body)
    at = len(body) if end is None else end
    # Without a verb, "the bridge important" can't be told from "the bridge over the Rhine".
    whole = end is not None or clause.aux in BE
    return replace(clause, subject=" ".join(body[:at]), rest=" ".join(body[at:]), whole=whole)


def _wh_end(words: list[str]) -> int | None:
    """Where the auxiliary or the verb begins; 0 for a yes/no question."""
    folded = [word.casefold() for word in words]
    if folded[0] in AUXILIARIES:
        return 0
    at = 1 if folded[0] in PREPOSITIONS and len(folded) > 1 else 0
    if at and folded[at] not in QUESTION_WORDS and folded[2:3] and folded[2] in QUESTION_WORDS:
        at = 2  # "In exchange for what will ..."
    elif at and folded[:4][-1] in QUESTION_WORDS and folded[at] not in QUESTION_WORDS:
        at = 3
    if folded[at] not in QUESTION_WORDS:
        return None
    for i in range(at + 1, min(len(folded), at + 9)):
        if folded[i] in AUXILIARIES:
            return i
        if folded[at] in {"who", "what"} and i == at + 1 and split_tense(folded[i]):
            return i
        if folded[at] in {"when", "where", "why"}:
            return None
        tense = split_tense(words[i])
        if i > at + 1 and tense and folded[i - 1] not in {"many", "much"}:
            # "drone attacks killed": the later word is the verb if it is a past form.
            later = split_tense(words[i + 1]) if i + 1 < len(words) else None
            if not (tense[0] != "did" and later and later[0] == "did"):
                return i
    return None


def _starts_phrase(word: str) -> bool:
    folded = word.casefold()
    return (
        folded in DETERMINERS
        or folded in PRONOUNS
        or word[:1].isupper()
        or (folded.endswith("s") and folded not in FUNCTION_WORDS and not split_tense(folded))
    )


def _asks_for_subject(clause: Clause, body: list[str]) -> bool:
    if not clause.wh or clause.is_adjunct or clause.aux in DO:
        return False
    first = next((word for word in body if word.casefold() not in _ADVERBS), "")
    if clause.aux in BE and clause.word in {"who", "what"} and not clause.noun:
        return is_participle(first) and not _starts_phrase(first)
    return not _starts_phrase(first)


def _subject_end(aux: str, body: list[str]) -> int | None:
    if body[0].casefold() in PRONOUNS:
        return 1
    fits = [i for i in range(1, len(body)) if _is_verb(aux, body[i]) and _may_end(body[i - 1])]
    # "bring down", "did the fire end": a particle is no second verb.
    fits = [i for i in fits if body[i] != "down" or i - 1 not in fits]
    relative = next((i for i in range(1, len(body)) if body[i] in _RELATIVE), len(body))
    if not fits or fits[0] > relative:
        fits = fits[1:]  # "the airfield that the Russians hit": the first verb is the clause's
    for i in fits:
        if i + 1 not in fits or aux not in DO | MODAL:  # "did the police report say"
            return i
    return None


def _unknown_verb(body: list[str]) -> int | None:
    """Where a verb that isn't listed stands: a "did" question has one ("did the band disband")."""
    followed = [*(word.casefold() for word in body[1:]), ""]
    fits = [
        i
        for i in range(1, len(body))
        if body[i].isalpha()
        and body[i].islower()
        and body[i] not in FUNCTION_WORDS | PREPOSITIONS
        and _may_end(body[i - 1])
    ]
    with_object = [i for i in fits if followed[i] in DETERMINERS | PRONOUNS]
    closing = [i for i in fits if not followed[i] or followed[i] in PREPOSITIONS]
    if len(with_object) == 1:
        return with_object[0]
    return closing[0] if len(closing) == 1 and not with_object else None


def _predicate(body: list[str]) -> int | None:
    """Where "important" begins in "(why is) the dam important": something has to be said of it."""
    for i in range(len(body) - 1, 0, -1):
        if body[i].casefold() in {"a", "an"}:
            return i
    at = len(body) - 1
    while at > 1 and not _may_end(body[at - 1]):
        at -= 1  # "in Paris", "of the same age"
    return at if at > 0 else None


def _is_verb(aux: str, word: str) -> bool:
    if not word.islower():
        return False
    return word in BASES if aux in DO | MODAL else is_participle(word)


def _may_end(word: str) -> bool:
    folded = word.casefold()
    return folded not in DETERMINERS and folded not in PREPOSITIONS and not folded.endswith("'s")
