"""Say for a pronoun what it stands for: "What unit did he command?" with the officer's name.

What may be meant is looked for in the question before and its answer, nearest
first. What a pronoun already stood for stays its meaning while the talk goes on
(the backward-looking centre of Grosz, Joshi and Weinstein, "Centering", 1995).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pincite.qa.closed import AUXILIARIES, BE, DETERMINERS, PREPOSITIONS
from pincite.qa.talk.forms import is_plural
from pincite.qa.talk.phrases import (
    MOST_WORDS,
    PLACE_PREPOSITIONS,
    is_content,
    is_name,
    is_person,
    named_person,
    noun_phrase,
    owner_of,
)
from pincite.qa.talk.pointers import ARTICLES, PRONOUNS, WORD, pointing
from pincite.qa.talk.things import several, thing
from pincite.qa.talk.topic import Topic
from pincite.qa.talk.verbs import split_tense

_SINGULAR = {"are": "is", "were": "was", "have": "has", "do": "does"}
_PLURAL_AUX = re.compile(r"\b(are|were|have|do)(?= $)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Resolved:
    """A question with its pronouns said.

    Attributes:
        left: the pointers that nothing was found for.
        centre: as in `Topic`, with those of this question.
    """

    question: str
    left: tuple[str, ...]
    centre: Mapping[str, str]


def resolve(question: str, topics: Sequence[Topic]) -> Resolved:
    """Put what is meant in place of each pointing word.

    Args:
        topics: of the earlier turns, the latest first.
    """
    words = list(WORD.finditer(question))
    centre = dict(topics[0].centre) if topics else {}
    actors = {topic.clause.subject for topic in topics if topic.clause is not None}
    said: set[str] = set()
    left: list[str] = []
    out, end = "", 0
    for i in pointing(question, words):
        found, word = words[i], words[i][0].casefold()
        put: str | None = None
        if word == "there":
            put = _place(topics)
        elif word in PRONOUNS:
            kind, case = PRONOUNS[word]
            if kind in said:
                continue  # its meaning stands earlier in the sentence by now
            case = "object" if kind == "it" and _is_object(words, i) else case
            # What was asked for can't be "it" when it is "they" already.
            chosen = "they" in said and centre["they"] not in actors
            meant = centre.get(kind) or _meant(kind, topics, case, chosen=chosen)
            if meant in {centre.get(other) for other in said}:
                meant = None  # "When did she tell them?" isn't of herself
            if meant:
                centre[kind] = meant
                said.add(kind)
                follows = words[i + 1][0] if i + 1 < len(words) else "?"
                owner = case == "owner" and (word != "her" or is_content(follows))
                put = owner_of(meant) if owner else meant
        else:
            put = _pointed_at(words, i, topics)
        if put is None:
            left.append(word)
            continue
        out += question[end : found.start()]
        if word == "they" and not is_plural(put):
            out = _PLURAL_AUX.sub(lambda aux: _SINGULAR[aux[1].casefold()], out)
        out += put
        next_word = words[i + 1][0] if i + 1 < len(words) else "?"
        with_noun = (
            word not in PRONOUNS and word != "there" and next_word.casefold() not in ARTICLES
        )
        end = words[i + 1].end() if with_noun and next_word.isalnum() else found.end()
    return Resolved(out + question[end:], tuple(left), centre)


def _pointed_at(words: Sequence[re.Match[str]], i: int, topics: Sequence[Topic]) -> str | None:
    """What the demonstrative at word `i` means, with the noun after it if there is one."""
    following = words[i + 1][0].casefold() if i + 1 < len(words) else "?"
    if following in ARTICLES:  # "Is that a town?"
        return _answered(topics[0]) or _meant("it", topics, "subject")
    if following[0].isalnum():
        return _demonstrated(words, i, topics)
    return _meant("it", topics, "object") or _what(topics[0])  # "Who opposes this?"


def _meant(kind: str, topics: Sequence[Topic], case: str, *, chosen: bool = False) -> str | None:
    for topic in topics:
        if kind == "it":
            found = thing(topic, chosen=chosen, acted_on=case == "object")
        elif kind == "they":
            found = several(topic, acting=case != "object")
        else:
            found = _person(topic)
        if found:
            return found
    return None


def _answered(topic: Topic) -> str | None:
    """ "Is that a town?": what was answered, "near Salzburg" as "Salzburg"."""
    words = topic.answer.split()
    if words and words[0].casefold() in PREPOSITIONS:
        words = words[1:]
    return noun_phrase(" ".join(words)) or None


def _what(topic: Topic) -> str | None:
    clause = topic.clause
    return (noun_phrase(topic.answer) or None) if clause and clause.word == "what" else None


def _person(topic: Topic) -> str | None:
    clause, answer = topic.clause, noun_phrase(topic.answer)
    if name := named_person(topic.question):
        return name
    asks_who = clause is not None and (
        clause.word in {"who", "whom"} or (bool(clause.noun) and is_person(clause.noun.lower()))
    )
    if asks_who and answer and not is_plural(answer):
        return answer
    if clause is not None and asks_who and clause.noun and not is_plural(clause.noun):
        return clause.described()
    if clause is not None and asks_who and not answer and not clause.subject:
        return None  # nobody knows who; it isn't what they led or wrote
    named = list(topic.named())
    people = [p for p, before in named if is_person(p) and not is_plural(p)]
    names = [p for p, before in named if is_name(p) and before not in PLACE_PREPOSITIONS]
    owners = [re.split(r"['’]s?\s", p)[0] for p in names]
    first = [clause.subject] if clause is not None and clause.subject else []
    subject = [p for p in first if (is_person(p) or is_name(p)) and not is_plural(p)]
    others = [
        p
        for p, before in named
        if before not in PLACE_PREPOSITIONS and p[:4] == "the " and not is_plural(p)
    ]
    return next(iter([*subject, *people, *owners, *others]), None)


def _is_object(words: Sequence[re.Match[str]], i: int) -> bool:
    """Whether the pronoun follows a verb or a preposition that it belongs to."""
    before = words[i - 1][0].casefold() if i else ""
    verb = split_tense(before) is not None and before not in AUXILIARIES
    return verb or before in PREPOSITIONS


def _place(topics: Sequence[Topic]) -> str | None:
    for topic in topics:
        clause, answer = topic.clause, topic.answer
        places = clause is not None and (
            clause.word == "where"
            or re.search(
                r"\b(?:town|city|country|village|region|place|state|province|island|port)$",
                clause.noun,
            )
        )
        # "What regions is the Donbas made up of?" is about a place itself.
        parted = clause is not None and _PLACES.search(clause.noun) and clause.aux in BE
        if clause is not None and parted and any(w[:1].isupper() for w in clause.subject.split()):
            return f"in {clause.subject}"
        if places and answer and len(answer.split()) <= MOST_WORDS:
            return answer if answer.split()[0].casefold() in PREPOSITIONS else f"in {answer}"
        within = [f"{b} {p}" for p, b in topic.named() if b in PLACE_PREPOSITIONS]
        if within:
            return within[-1]
    return None


_PLACES = re.compile(r"\b(?:towns|cities|countries|villages|regions|states|provinces|islands)$")


def _demonstrated(words: Sequence[re.Match[str]], i: int, topics: Sequence[Topic]) -> str | None:
    """What "that bridge" means: the bridge that was spoken of, with all its words."""
    noun = words[i + 1][0].casefold()
    for topic in topics:
        clause, answer = topic.clause, noun_phrase(topic.answer)
        if clause is not None and clause.noun.casefold().split()[-1:] == [noun] and answer:
            return answer if clause.word in {"which", "what"} else f"the {clause.noun}"
        for phrase, _ in topic.named():
            if clause is not None and clause.subject.startswith("the name of") and answer:
                return answer
            for part in (phrase, *phrase.split(" of ")):
                if noun in part.casefold().split()[-1:]:
                    return part if part.split()[0].casefold() in DETERMINERS else f"the {part}"
    return None
