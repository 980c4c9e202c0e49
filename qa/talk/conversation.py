"""Understand a follow-up: write out what "that", "there" or a bare "when?" leaves unsaid.

Deterministic and without a language model. A follow-up becomes a question that
could have been asked first, since that is what a reader was trained on. Where
no rule fits, it is looked up together with what the conversation was about:
the content words of the question before it, and the answer that was given. One
that stands on its own is left as it is, so that a change of topic does not drag
the old one along.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pincite.index.terms import FUNCTION_WORDS
from pincite.qa.answer import DIFFER, NO_ANSWER, SEVERAL, Turn
from pincite.qa.closed import AUXILIARIES, PREPOSITIONS, QUESTION_WORDS
from pincite.qa.talk.ellipsis import bare, counted
from pincite.qa.talk.fragments import fragment
from pincite.qa.talk.parse import parse
from pincite.qa.talk.phrases import owner_of
from pincite.qa.talk.pointers import WORD, pointing
from pincite.qa.talk.referents import Resolved, resolve
from pincite.qa.talk.saying import SAID_NUMBER, SAY_WHAT, THEN, about_matter, said_clause
from pincite.qa.talk.scene import placed
from pincite.qa.talk.topic import Topic
from pincite.qa.talk.verbs import SAYING, past, split_tense

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")

_OPENER = re.compile(
    r"^\W*(?:(?:(?:and|but|or|so(?! (?:far|many|much)\b)|then|also|ok|okay|well|another thing"
    r"|by the way|thanks|thank you|all right|alright|oh|hm+|one (?:more|other) (?:thing|question)"
    r"|(?:another|a different|next|new) (?:question|topic|subject)"
    r"|on (?:another|a different) (?:note|subject|topic)|something else)\b"
    r"|(?:right|now|yes|no|next|finally|lastly|i see|sure)(?=\s*[,:;.!–—-]))[\s,:;.!–—-]*)+",
    re.IGNORECASE,
)
# Said when something else is to be talked about.
_NEW_TOPIC = re.compile(
    r"^\W*(?:(?:and|but|ok|okay|well|so)\b\W*)*(?:another|by the way|a different|next|new|something"
    r"|on (?:another|a different)|one other)\b",
    re.IGNORECASE,
)
_CONTRACTED = re.compile(r"\b(who|what|when|where|why|how)['’]s\b", re.IGNORECASE)
_AFTER_HAS = frozenset("been happened become gone won said got had changed done left".split())
_ABOUT = re.compile(r"^\W*(?:what|how) about\s+", re.IGNORECASE)
# What the service itself says around an answer; a client sends it back as it was shown.
_MARKERS = re.compile(r"\s*\[\d+\]")
_ACCOUNTS = re.compile(rf"^(?:{DIFFER}|{SEVERAL})\s*", re.IGNORECASE)
_NO_ANSWER = NO_ANSWER.rstrip(".")
# "that" points back unless a clause follows it ("said that ...", "the town that ...").
_THAT = re.compile(
    r"\bthat\b\W*(?:$|already\b|happen|take\b|occur|mean|say\b|claim|and\b|to\b)"
    r"|\b(?:did|does|do|was|is|were|said|says|say|claimed|claim|reported|about|of|at|in|from|for"
    r"|has|had|have)\s+that\b(?!\s+(?:the|he|she|it|they|there)\b)"
    r"|^\W*(?:is|was|are|were) (?:that|this|those|these) (?:an?|the|really|also)\b"
    r"|\b(?:decide|decided|order|ordered|promise|promised|know|knew|mean|explain|expect|expected"
    r"|demand|demanded|write|wrote|tell|told|prove|proved) (?:that|this|so)\W*$"
    r"|\b(?:do|did|done|doing) (?:that|this|so)\b|^\W*according to \w+\W*$|^\W*says who\b"
    r"|\b(?:about|of|in|from|for|to|with|by|after|before) (?:this|that)\W*$"
    r"|\bthe (?:same|other|others)\W*$|\belse\W*$"
    r"|\b(?:said|says|say|think|claimed) so\b|\bthen\W*$|\b(?:ones?|same|former|latter)\b",
    re.IGNORECASE,
)
_STUB = re.compile(
    r"^(?:is|was|are|were|did|does|do|has|have|had|will|would|can|could) (?:he|she|it|they)\W*$",
    re.IGNORECASE,
)
_EXISTS = re.compile(
    r"\b(?:is|are|was|were|been|be) there\b|\bthere (?:is|are|was|were)\b", re.IGNORECASE
)
_OWNERS = {"he": "his", "she": "her", "it": "its", "they": "their"}
_FEW_WORDS = 4  # "At what time?", "In exchange for what?": too few to stand alone without a name
_TOPIC_WORDS = 16  # of the earlier question that are carried along at most
_ANSWER_WORDS = 30  # of the earlier answer: a client may send anything for it
_LONGEST = 300  # characters; a question written out to more is read no better than its topic


def understand(question: str, history: Sequence[Turn]) -> str:
    """The question as it is looked up.

    Args:
        history: the earlier turns, oldest first; the answers may be empty.

    Returns:
        `question` itself where it stands on its own (without an opener such as
        "And"), else the question written out, or, where no rule fits, the
        question and, in brackets, what it points back to.
    """
    topics: list[Topic] = []
    asked = question.strip()
    for turn in [*history, Turn(question, "")]:
        asked = turn.question.strip()
        centre = topics[0].centre if topics else {}
        if topics:
            written = _written_out(asked, topics)
            asked, centre = written.question, written.centre
            if written.left:
                continue  # words in brackets: nothing could be built on them
        if asked:
            topics.insert(0, Topic(asked, words_of(turn.answer), parse(asked), centre))
    return asked


def points_back(question: str) -> bool:
    """Whether a question can't be understood without the one before it."""
    text = _CONTRACTED.sub(_in_full, _OPENER.sub("", question))
    if _ABOUT.match(text) or (_OPENER.match(question) and _is_fragment(text)):
        return True
    if _is_fragment(text) and text.split()[0].casefold() in PREPOSITIONS:
        return True  # "In Nikopol?"
    words = _WORD.findall(text)
    content = [word for word in map(str.casefold, words) if word not in FUNCTION_WORDS]
    names = [at for at, word in enumerate(words) if at > 0 and word[0].isupper()]
    return (
        not content
        or any(found.match(text.rstrip("?!. ")) for found in (SAID_NUMBER, SAY_WHAT, THEN))
        or (len(words) <= _FEW_WORDS and len(content) <= 1 and not names)
        or bool(_THAT.search(text))
        or (bool(_EXISTS.search(text)) and not names)
        or bool(pointing(text, list(WORD.finditer(text))))
    )


def words_of(answer: str) -> str:
    """The words of an answer alone, without the markers and what the service says around them.

    Where accounts differ, the leading one's; empty where there was no answer.
    """
    text = " ".join(_MARKERS.sub("", " ".join(answer.split()[: 4 * _ANSWER_WORDS])).split())
    if text.startswith(_NO_ANSWER):
        return ""
    if _ACCOUNTS.match(text):
        text = _ACCOUNTS.sub("", text).split(";")[0]
    words = " ".join(text.split()[:_ANSWER_WORDS]).strip(' .,;:!?"“”')
    # A sentence began with it; in the question written out it stands inside.
    return re.sub(r"^(?:The|An?)(?= )", lambda found: found[0].lower(), words)


def _is_fragment(text: str) -> bool:
    """Whether it lacks a verb and a question word, as "in Nikopol" does."""
    words = [word.casefold() for word in _WORD.findall(text)]
    return bool(words) and not any(word in AUXILIARIES or word in QUESTION_WORDS for word in words)


def _is_bare(text: str) -> bool:
    """Whether it has no verb at all, as "how many of them" hasn't."""
    words = [word.casefold() for word in _WORD.findall(text)]
    asks_who = words[:1] in (["who"], ["what"]) and words[1:] and words[1].endswith(("s", "ed"))
    return not asks_who and not any(word in AUXILIARIES or split_tense(word) for word in words)


def _written_out(asked: str, topics: Sequence[Topic]) -> Resolved:
    text = _OPENER.sub("", asked)
    text = _CONTRACTED.sub(_in_full, text if _WORD.search(text) else asked)
    centre = topics[0].centre
    if not points_back(asked):
        scene = None if _NEW_TOPIC.match(asked) else placed(text, topics[0])
        alone = _capital(_OPENER.sub("", asked)) if _OPENER.match(asked) else asked
        return Resolved(scene or alone, (), centre)
    settled = bare(text, topics[0])
    full = settled or _completed(text, topics[0])
    said = SAY_WHAT.match(text.rstrip("?!. "))
    if said and full is None and not pointing(text, list(WORD.finditer(text))):
        return Resolved(_capital(text) if text != asked else asked, (), centre)
    # A bare "when?" adds nothing to the question before it, which was resolved in its turn.
    resolved = Resolved(settled, (), centre) if settled else resolve(full or text, topics)
    written = _without_repetition(resolved.question, resolved.centre)
    if full is None and (_THAT.search(written) or _STUB.match(text)):
        return Resolved(_with_topic(asked, topics[0]), ("that",), centre)
    scene = None if resolved.left else placed(written, topics[0])
    changed = full is not None or scene or (written != text and not _is_bare(text))
    if not changed or resolved.left or len(written) > _LONGEST:
        return Resolved(_with_topic(asked, topics[0]), resolved.left or ("",), centre)
    return Resolved(_capital(scene or written), (), resolved.centre)


def _completed(text: str, topic: Topic) -> str | None:
    """What the question leaves out put in, its pronouns still as asked; None if it leaves none."""
    if _ABOUT.match(text) or _is_fragment(text):
        return fragment(_ABOUT.sub("", text).rstrip("?!. "), topic)
    return said_clause(text, topic) or about_matter(text, topic) or counted(text, topic)


def _in_full(found: re.Match[str]) -> str:
    """ "What's" as "What is", "who's won" as "who has won"."""
    following = found.string[found.end() :].split()[:1]
    return f"{found[1]} {'has' if following and following[0] in _AFTER_HAS else 'is'}"


def _without_repetition(question: str, centre: Mapping[str, str]) -> str:
    """ "When did Anna say Anna would sell Anna's boat?" with "she" and "her" after the first."""
    said = "|".join(sorted(SAYING | {past(verb) for verb in SAYING}))
    for pronoun, meant in centre.items():
        at = question.find(meant)
        begins, name = question[: at + len(meant)], re.escape(meant)
        rest = question[at + len(meant) :]
        if at < 0:
            continue
        rest = re.sub(rf"\b({said}) {name} (?!and\b)", rf"\1 {pronoun} ", rest, count=1)
        rest = re.sub(rf"\b{re.escape(owner_of(meant))}(?=\s)", _OWNERS[pronoun], rest)
        question = begins + rest
    return question


def _capital(question: str) -> str:
    return question[:1].upper() + question[1:]


def _with_topic(question: str, topic: Topic) -> str:
    present = {word.casefold() for word in _WORD.findall(question)}
    said = topic.answer
    answered = [] if said.casefold() in topic.question.casefold() else [said]
    words = [
        word
        for word in _WORD.findall(topic.question)
        if word.casefold() not in present | FUNCTION_WORDS
    ]
    # The latest words are the nearest: what was asked long ago goes first.
    kept = list(dict.fromkeys(words))[-_TOPIC_WORDS:]
    about = ", ".join(part for part in (" ".join(kept), *answered) if part)
    return f"{question} ({about})" if about else question
