"""The parts of a question: what is asked for, the auxiliary, the subject, the rest.

By rule, from word order, capitals and short word lists: a question that the
rules can't take apart has no clause, and nothing is built from it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from pincite.qa.closed import AUXILIARIES as AUXILIARIES
from pincite.qa.closed import BE, DETERMINERS, DO, PREPOSITIONS, QUESTION_WORDS
from pincite.qa.talk.forms import is_comparative, is_count, is_plural, is_sentence
from pincite.qa.talk.verbs import (
    BASES,
    SAYING,
    is_participle,
    past,
    split_tense,
    third_person,
)

_CONTROL = frozenset(
    """want try plan hope agree decide expect promise refuse threaten ask order begin start
    continue claim have intend manage fail seem like love offer choose learn use""".split()
)
_PARTICLES = frozenset("out up down off away back".split())
_WEEKDAY = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b"
_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
)
_DAY = re.compile(rf"^(?:(?:last|next)\s)?(?:{_WEEKDAY}|{_MONTH}\s\d{{1,2}}\b|\d{{1,2}}\s{_MONTH})")
_SPAN_OF_TIME = re.compile(rf"^(?:{_MONTH}(?:\s\d{{4}})?|\d{{4}})$")
_MOST_WORDS = 14  # of a description


@dataclass(frozen=True, slots=True)
class Clause:
    """A question in parts; `lead` + `wh` + `aux` + `subject` + `rest` are its words in order.

    Attributes:
        lead: an adverbial before the question word ("In Bakhmut").
        wh: what is asked for ("How many goals"); empty in a yes/no question.
        aux: the auxiliary; empty where the asked-for is the subject of a simple verb.
        subject: empty where the asked-for is the subject.
        rest: the verb and what follows it.
        whole: the subject's end was found; if False, `subject` may reach into the verb's words.
    """

    lead: str
    wh: str
    aux: str
    subject: str
    rest: str
    whole: bool = True

    @property
    def word(self) -> str:
        """The question word, lower case; empty in a yes/no question."""
        words = self.wh.casefold().split()
        return next((word for word in words if word in QUESTION_WORDS), "")

    @property
    def noun(self) -> str:
        """What the question word goes with: "goals" of "How many goals"; may be empty."""
        words = self.wh.split()
        start = next((i for i, w in enumerate(words) if w.casefold() in QUESTION_WORDS), 0) + 1
        if words[start : start + 1] and words[start].casefold() in {"many", "much", "else", "more"}:
            start += 1
        return " ".join(words[start:])

    @property
    def is_adjunct(self) -> bool:
        """Whether it asks for a time, place or reason, or by a preposition, not for a thing."""
        first = self.wh.casefold().split()[:1]
        return (
            self.word in {"when", "where", "why"}
            or (self.word == "how" and first == ["how"] and not self.counts)
            or bool(first and first[0] in PREPOSITIONS)
        )

    @property
    def says(self) -> bool:
        """Whether it is about what somebody said."""
        verb = self.rest.split()[:1]
        return bool(self.subject and verb and verb[0] in SAYING)

    @property
    def counts(self) -> bool:
        """Whether it asks how many or how much."""
        return self.wh.casefold().startswith(("how many", "how much"))

    def ask(self, wh: str, answer: str) -> str | None:
        """The same matter asked with another question word; None where it would lack a part."""
        filled = self._filled(answer, keep=_kind(wh) != _kind(self.wh))
        if filled is None or not filled.rest.strip():
            return None
        aux, rest = filled.aux, filled.rest
        if not aux:
            first, *others = rest.split()
            tense = split_tense(first)
            if tense is None:
                return None
            aux, rest = tense[0], " ".join([tense[1], *others])
            if aux == "do" and not is_plural(filled.subject):
                aux = "does"
        if " not" in f" {wh.casefold()} ".rstrip():
            wh, aux = wh[: -len(" not")], _NEGATED.get(aux, f"{aux}n't")
        return sentence(wh, aux, filled.subject, rest, self.lead)

    def told(self, answer: str) -> Clause | None:
        """The question with its answer in the place of what is asked for; None if unknown."""
        filled = self._filled(answer, keep=True)
        return filled if filled is not None and filled.whole and filled.rest else None

    def statement(self, answer: str) -> str | None:
        """What the question and its answer say together, without a full stop; None if unknown."""
        told = self.told(answer)
        return told.declared() if told is not None else None

    def declared(self) -> str:
        """Subject and verb in the order of a statement, nothing added for what is asked."""
        aux, rest = self.aux, self.rest
        if aux in DO and rest:
            verb, *others = rest.split()
            inflect = {"did": past, "does": third_person}.get(aux, str)
            aux, rest = "", " ".join([inflect(verb), *others])
        lead = self.lead[:1].lower() + self.lead[1:]
        return " ".join(part for part in (self.subject, aux, rest, lead) if part)

    def described(self) -> str:
        """What is counted or chosen from, with what tells it apart: "the wolves counted in Rome".

        Without the rest where that holds no name: "the wolves" is clear enough then.
        """
        noun = self.noun.removeprefix("of ")
        known = noun.split()[0].casefold() in DETERMINERS or noun.split()[-1][:1].isupper()
        thing = noun if known else f"the {noun}"
        matter = self.declared()
        if known or not self.whole or not any(w[:1].isupper() for w in matter.split()):
            return thing
        if not self.subject and self.aux in BE and is_participle(self.rest.split()[0]):
            told = f"{thing} {self.rest}"
        else:
            told = f"{thing} that {matter}"
        return told if len(told.split()) <= _MOST_WORDS else thing

    def with_wh(self, wh: str) -> str:
        """The question with other words for what is asked for, all else unchanged."""
        return sentence(wh, self.aux, self.subject, self.rest, self.lead)

    def _filled(self, answer: str, *, keep: bool) -> Clause | None:
        if not self.wh:
            return self
        if self.is_adjunct:
            said = self._adverbial(answer) if keep else ""
            if not said and not self.rest:
                return None
            return replace(self, rest=f"{self.rest} {said}".strip())
        thing = self._thing(answer)
        if not thing:
            return None
        if not self.subject:
            return replace(self, subject=thing)
        if not self.rest:  # "Who is the mayor?": the answer is the mayor
            return replace(self, subject=thing, rest=self.subject)
        return replace(self, rest=_into_gap(self.rest, thing))

    def _thing(self, answer: str) -> str:
        if self.counts:
            head = self.noun.split(" of ")[0].split()[-1:]
            if len(answer.split()) > 6 or not is_count(answer):
                if self.noun.startswith("of "):
                    return self.noun.removeprefix("of ")
                compared = bool(head) and is_comparative(head[0])
                return (
                    f"the {self.noun}" if head and not compared and " of " not in self.noun else ""
                )
            if head and is_comparative(head[0]):
                return answer if head[0] in answer else f"{answer} {self.noun}"
            if not self.noun or (head and head[0].casefold() in answer.casefold()):
                return answer
            if self.noun.startswith("of "):
                return f"{answer} {self.noun}"
            return answer if "much" in self.wh.casefold() else f"{answer} {self.noun}"
        said = self.says and (answer.startswith("that ") or len(self.rest.split()) == 1)
        if said and len(answer.split()) <= 14:
            return answer  # "told parliament | that the budget would be cut"
        if answer and len(answer.split()) <= 12 and not is_sentence(answer):
            return answer
        return f"the {self.noun}" if self.noun and self.word in {"which", "what"} else ""

    def _adverbial(self, answer: str) -> str:
        first = answer.split()[:1]
        if not first or len(answer.split()) > 7 or is_sentence(answer):
            return ""
        if first[0].casefold() in PREPOSITIONS:
            return answer
        if self.word == "where" and (answer[0].isupper() or first[0] in {"the", "a", "an"}):
            return f"in {answer}"
        if self.word == "when":
            if _DAY.match(answer):
                return f"on {answer}"
            return f"in {answer}" if _SPAN_OF_TIME.match(answer) else ""
        words = self.wh.casefold().split()
        before = " ".join(words[: words.index(self.word)]) if self.word else ""
        return f"{before} {answer}" if before else ""


_NEGATED = {"can": "can't", "will": "won't", "shall": "shan't", "may": "may not"}


def sentence(wh: str, aux: str, subject: str, rest: str, lead: str = "") -> str:
    """A question of these parts, an empty one left out, its first letter a capital."""
    words = " ".join(" ".join((wh, aux, subject, rest)).split())
    if lead:
        words = f"{lead}, {words[:1].lower()}{words[1:]}"
    return f"{words[:1].upper()}{words[1:]}?"


def _into_gap(rest: str, thing: str) -> str:
    """The thing asked for where it stands in a statement: after its verb."""
    words = rest.split()
    for i in range(1, len(words)):
        word, before = words[i].casefold(), words[i - 1].casefold()
        following = words[i + 1].casefold() if i + 1 < len(words) else ""
        if word not in PREPOSITIONS:
            continue
        if following in PREPOSITIONS or not following:
            at = i + 1  # "advancing on | in the east", "talking about |"
        elif word == "to" and (before in _CONTROL | SAYING or following in BASES):
            continue  # "wanted to send", "going to give"
        elif (
            before in _PARTICLES or before in BASES or is_participle(before) or split_tense(before)
        ):
            at = i  # "had fired | at the airfield"
        else:
            continue
        return " ".join([*words[:at], thing, *words[at:]])
    return f"{rest} {thing}"


def _kind(wh: str) -> str:
    """Which adverbial a question word asks for: a place twice is a place too many."""
    folded = wh.casefold()
    if re.search(r"\b(?:when|time|year|day|month|date|century)\b", folded):
        return "time"
    if re.search(r"\b(?:where|place|city|town|country|region)\b", folded):
        return "place"
    return folded
