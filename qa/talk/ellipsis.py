"""Write out what a bare question leaves out: "when?", "by whom?", "how many were lost?"."""

from __future__ import annotations

import re

from pincite.index.terms import FUNCTION_WORDS
from pincite.qa.closed import BE, PREPOSITIONS
from pincite.qa.talk.clause import Clause, sentence
from pincite.qa.talk.forms import is_plural
from pincite.qa.talk.phrases import SPATIAL, phrases
from pincite.qa.talk.saying import SOURCE, in_past
from pincite.qa.talk.topic import Topic
from pincite.qa.talk.verbs import participle, split_tense
from pincite.qa.talk.voice import ask_again, done

_BARE = re.compile(
    r"^(?:(?P<preposition>according to|\w+(?: \w+ for)?) )?(?P<wh>who|whom|what|when|where|why|how)"
    r"(?P<more> not| long| often| many| much| come| exactly| else| precisely)?$",
    re.IGNORECASE,
)
_WITH_NOUN = re.compile(
    r"^(?:(?:in|at|on|by|from|for|to|with|during|under) )(?:which|what|whose|how)(?: [\w-]+){1,3}$"
    r"|^(?:which|what) (?:year|day|month|time|date)$",
    re.IGNORECASE,
)
_HAPPENED = re.compile(
    r"^(?P<wh>(?:\w+ ){0,3}?(?:when|where|why|how|time|year|day|month)) "
    r"(?:(?:did|does|will|has|had|is|was) (?:that|this|it|so)(?: (?:all )?(?:happen|happened|occur"
    r"|take place|come about|be))?|(?:did|does|do|will|would|has|have|had|is|are|was|were)"
    r" (?:he|she|it|they)(?: (?:do|done|doing) (?:that|this|it|so))?)$",
    re.IGNORECASE,
)
_DONE = re.compile(
    r"^(?:has|have|had|did) (?:he|she|it|they) (?:really |actually |ever )?(?P<already>already )?"
    r"(?:done|do) (?:that|this|it|so)(?P<more>(?: \w+){0,2})$",
    re.IGNORECASE,
)
_DID_THAT = re.compile(
    r"^who (?:did|does|has done|had done|is doing) (?:that|this|it)$", re.IGNORECASE
)
_WHERE_IS_IT = re.compile(r"^where(?: exactly)? (?:is|was) (?:it|this|that)$", re.IGNORECASE)
_ALREADY = re.compile(
    r"^(?:has|have|had) (?:that|this|it) (?P<already>already )?(?:happened|occurred|taken place)"
    r"(?P<more>(?: \w+)*)$",
    re.IGNORECASE,
)
_WHICH_ONES = re.compile(r"^(?:which|what) (?:ones?|of (?:them|these|those))$", re.IGNORECASE)
_HOW_MANY_OF = re.compile(r"^how many of (?:them|these|those)$", re.IGNORECASE)
_HOW_MANY = re.compile(r"^(?P<wh>how many|how much) (?P<verb>\w+)(?P<rest>.*)$", re.IGNORECASE)


def bare(question: str, topic: Topic) -> str | None:
    """ "When?", "by whom?", "why was that?", "which ones?" about the earlier question's matter."""
    clause, text = topic.clause, question.strip().rstrip("?!. ")
    if clause is None:
        return None
    if _WHICH_ONES.match(text) or _HOW_MANY_OF.match(text):
        return _of_them(clause, "How many" if _HOW_MANY_OF.match(text) else "Which")
    if found := _ALREADY.match(text) or _DONE.match(text):
        return _perfect(clause, topic.answer, found["already"] or "", found["more"])
    if _DID_THAT.match(text) and clause.aux in BE and clause.subject:
        return ask_again(clause, "By whom", topic.answer)
    happened = _HAPPENED.match(text)
    # "Where is it?" after a thing was named asks for that thing, not for what happened.
    now = " is " in f" {text.casefold()} "
    if happened and _WHERE_IS_IT.match(text) and (topic.answer[:1].isupper() or now):
        return None
    if happened:
        return in_past(text, ask_again(clause, happened["wh"], topic.answer))
    if _WITH_NOUN.match(text):
        return ask_again(clause, text, topic.answer)
    found = _BARE.match(text)
    if not found:
        return None
    word, preposition = found["wh"].casefold(), found["preposition"]
    more = (found["more"] or "").strip()
    if more == "else":
        same = clause.word == word and not clause.noun
        return clause.with_wh(text) if same else ask_again(clause, text, topic.answer)
    if SOURCE.match(text):
        return None
    if more in {"many", "much"} and word == "how":
        return _of_them(clause, text)
    if preposition or word in {"when", "where", "why", "how"}:
        return ask_again(clause, text, topic.answer)
    return None


def counted(question: str, topic: Topic) -> str | None:
    """ "How many were lost?" with the noun that the earlier question counted."""
    found = _HOW_MANY.match(question.rstrip("?!. "))
    clause = topic.clause
    if not found or clause is None:
        return None
    noun = clause.noun
    if "much" in found["wh"].casefold() and not clause.counts:
        return None  # "How much does it cost?"
    if not noun and is_plural(clause.subject):
        noun = clause.subject.removeprefix("the ")
    if not noun:
        return None
    verb = found["verb"].casefold()
    if (verb not in FUNCTION_WORDS and split_tense(verb) is None) or verb in {"of", "more"}:
        return None
    # Where and when stay what they were, unless the question says its own.
    kept = [
        f"{before} {phrase}"
        for phrase, before in phrases(f"{clause.subject} {clause.rest}")
        if before in SPATIAL
    ]
    own = any(word in PREPOSITIONS for word in found["rest"].casefold().split())
    scene = "" if own or not kept else f" {kept[-1]}"
    return f"{found['wh']} {noun} {found['verb']}{found['rest']}{scene}?"


def _of_them(clause: Clause, wh: str) -> str | None:
    noun = clause.noun.removeprefix("of ")
    if noun and is_plural(noun):
        if wh.casefold() in {"which", "how many"} and not clause.noun.startswith("of "):
            return clause.with_wh(f"{wh} {noun}")
        return clause.with_wh(f"{wh} of {noun}")
    return None


def _perfect(clause: Clause, answer: str, already: str, more: str) -> str | None:
    plain = done(clause, answer)
    if plain is None:
        return None
    verb, *others = plain.rest.split()
    aux = "Have" if is_plural(plain.subject) else "Has"
    verb = f"been {verb}" if plain.aux in BE else participle(verb)
    return sentence(aux, plain.subject, f"{already.strip()} {verb}", " ".join(others) + more)
