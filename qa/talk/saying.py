"""Write out what was said or what happened: "who said that?", "what did they say about it?"."""

from __future__ import annotations

import re

from pincite.qa.closed import BE
from pincite.qa.talk.clause import Clause
from pincite.qa.talk.parse import parse
from pincite.qa.talk.topic import Topic
from pincite.qa.talk.verbs import SAYING, is_participle, past, split_tense, third_person
from pincite.qa.talk.voice import ask_again, matter, restated

SOURCE = re.compile(
    r"^(?:says who|who (?:says|said|claims|claimed)|according to (?:whom|who|what source))$",
    re.IGNORECASE,
)
_TRUE = re.compile(
    r"^(?P<asked>is|was) (?:that|this|it) (?:really )?(?P<how>true|so|certain|confirmed|correct)$",
    re.IGNORECASE,
)
SAID_NUMBER = re.compile(
    r"^(?P<asked>who(?: else)? (?:says|said|claims|claimed|reported|gives|put it at)) "
    r"(?:it (?:is|was) |there were )?"
    r"(?P<number>(?:about |around |only |over |more than )?\d[\d.,]*%?)$",
    re.IGNORECASE,
)
# What is said, thought or felt is about what happened, not about a thing in it.
_ABOUT_IT = re.compile(
    r"^(?P<asked>.*\b(?:sa(?:y|ys|id)|th(?:ink|inks|ought)|comment(?:ed)?|kn(?:ow|own|ew)|react(?:ed)?"
    r"|respond(?:ed)?|reaction|response|responsible|blamed?|criticis?z?ed?|complain(?:ed)?"
    r"|explanation|reasons?|announced?|feel|felt)(?: \w+)? (?:about|of|on|to|for|over)"
    r"|whose (?:fault|idea|decision|plan) (?:is|was)) (?:it|that|this)(?: all)?$",
    re.IGNORECASE,
)
# "Which airline was it?" when one was spoken of and not named.
WHICH_IT = re.compile(
    r"^(?P<which>which|what) (?P<noun>\w+)(?: (?:is|was|were) (?:it|that|this|they))?$",
    re.IGNORECASE,
)
SAY_WHAT = re.compile(
    r"^(?:what|(?P<reacts>how)) (?:did|does|do|has|have|had) (?!(?:he|she|it|they|you)\b)"
    r"(?P<who>\S+(?: \S+){0,4}?) (?(reacts)(?:react|respond)(?:ed)?|(?:say|said|think|thought))$",
    re.IGNORECASE,
)
THEN = re.compile(
    r"^(?P<asked>what (?:happened|happens|will happen)) "
    r"(?P<when>next|then|afterwards?|after (?:that|this)|before(?: that)?)$",
    re.IGNORECASE,
)
_PLAIN = (
    r"said|says|say|claimed|claims|claim|reported|reports|report|announced|announce|confirmed"
    r"|confirm|denied|deny|stated|state|think|thinks|believe|believes|believed|admitted|admit"
)
_PLAIN_SAYING = re.compile(rf"\b(?:{_PLAIN})$", re.IGNORECASE)
_DECIDES = "decide decided know knew prove proved expect expected post posted publish published"
_SAYS = "|".join(
    [
        _PLAIN,
        *(form for verb in sorted(SAYING) for form in (past(verb), verb, third_person(verb))),
        *_DECIDES.split(),
    ]
)
_SAID = re.compile(
    rf"^(?P<asked>.*\b(?:{_SAYS})) (?:that|so|this|it)(?P<more>(?: (?:to|in|on|at|about) .+)?)$",
    re.IGNORECASE,
)


def said_clause(question: str, topic: Topic) -> str | None:
    """ "Who said that?" with what was said; the pronouns in the question are still as asked."""
    found = _SAID.match(question.rstrip("?!. "))
    if not found or topic.clause is None:
        return _told(question.rstrip("?!. "), topic)
    asked = parse(question)
    tells, it = _tells(topic.clause), question.rstrip("?!. ").endswith(" it")
    if it and not tells and not _PLAIN_SAYING.search(found["asked"]):
        return None  # "Who wrote it?" of a book
    if asked is not None and tells and asked.subject and asked.aux in {"did", "does"}:
        again = in_past(question, ask_again(topic.clause, asked.wh, topic.answer))
        return _with_verb(again, topic.clause, asked.rest.split()[0])
    statement = restated(topic.clause, topic.answer)
    return f"{found['asked']} {statement}{found['more']}?" if statement else None


def _told(text: str, topic: Topic) -> str | None:
    """ "Says who?", "is that true?", "who says 12,000?" about what was told."""
    clause = topic.clause
    if clause is None:
        return None
    if found := SAID_NUMBER.match(text):
        statement = clause.statement(found["number"]) if clause.counts else None
        return f"{found['asked']} {statement}?" if statement else None
    if found := _TRUE.match(text):
        statement = restated(clause, topic.answer)
        return f"{found['asked']} it {found['how']} that {statement}?" if statement else None
    if found := WHICH_IT.match(text):
        statement = restated(clause, topic.answer)
        if not statement or clause.subject.casefold() != f"the {found['noun']}".casefold():
            return None
        return f"{found['which']} {found['noun']}{statement.removeprefix(clause.subject)}?"
    if SOURCE.match(text):
        statement = restated(clause, topic.answer)
        return f"Who said {statement}?" if statement else None
    return None


def about_matter(question: str, topic: Topic) -> str | None:
    """ "What did the union say about it?" with what had happened."""
    text, clause = question.rstrip("?!. "), topic.clause
    if clause is None:
        return None
    if found := THEN.match(text):
        statement = restated(clause, topic.answer)
        when = "before" if found["when"].casefold().startswith("before") else "after"
        return f"{found['asked']} {when} {statement}?" if statement else None
    found = _ABOUT_IT.match(text)
    asked = found["asked"] if found else _about(text, topic)
    if not asked or clause.word in {"which", "whose"}:
        return None
    if clause.says and not topic.answer.startswith("to "):
        return None  # "about Anna saying she would go" is not what is meant
    if clause.aux in BE and not is_participle(clause.rest.split()[0] if clause.rest else ""):
        return None
    own = found is not None and re.search(r"\b(?:he|she|they)\b", text, re.IGNORECASE)
    told = matter(clause, topic.answer, by_speaker=bool(own))
    return f"{asked} {told}?" if told else None


def _about(text: str, topic: Topic) -> str:
    """ "What did the company say", which is about something, with its preposition; or ""."""
    found = SAY_WHAT.match(text)
    if not found or found["who"].casefold() in topic.question.casefold():
        return ""
    return f"{text} {'to' if found['reacts'] else 'about'}"


def in_past(asked: str, written: str | None) -> str | None:
    """As asked: "Where did she say it?", though it was "Who says it?" before."""
    if written is None or not re.search(r"\b(?:did|was|were)\b", asked, re.IGNORECASE):
        return written
    return re.sub(r"^([^,]*?) (?:does|do) ", r"\1 did ", written, count=1)


def _with_verb(written: str | None, before: Clause, asked: str) -> str | None:
    """With the verb as asked: "Where did she write it?" is asked of writing, not of saying."""
    verb = before.rest.split()[0]
    base = verb if before.subject else (split_tense(verb) or ("", verb))[1]
    if written is None or asked in {"say", "tell"} or base == "tell":
        return written
    return re.sub(rf" {re.escape(base)} ", f" {asked} ", written, count=1)


def _tells(clause: Clause) -> bool:
    """Whether the question before was about what somebody said, or who said it."""
    verb = clause.rest.split()[:1]
    tense = split_tense(verb[0]) if verb and not clause.subject else None
    return clause.says or (tense is not None and tense[1] in SAYING)
