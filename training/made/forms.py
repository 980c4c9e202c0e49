"""The three forms of a question: of the subject, inverted, and with the question word inside.

Fabbri et al. (2020) put the question word and what follows the answer before the rest; here
the clause's own verb is inverted where it is found ("When did Lyft agree to a
settlement?"). Where the structure is not sure, the question word stays in the answer's
place ("Lyft agreed to a settlement when?"), as in the cloze questions of Lewis, Denoyer and
Riedel (2019). Each maker gives None where the question would not be sure to be one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from pincite.training.made.entities import Type
from pincite.training.made.lexicon import Lexicon
from pincite.training.made.verbs import AUXILIARIES, PRONOUNS, SUBORDINATING, inverted, main_verb
from pincite.training.made.wording import NO_NOUNS, Blank, without_article

Form = Literal["subject", "front", "inside"]


@dataclass(frozen=True, slots=True)
class Put:
    """A question.

    Attributes:
        form: how it was made.
        noun: what must stand beside a number or an age in the passage; "" for any other answer.
    """

    question: str
    form: Form
    noun: str


VERB_WITHIN = 6  # words of a subject with its verb: "How many passengers on board were ..."
LEAST_WORDS_SAID = 7  # of what someone is asked to have said

_POSSESSED = re.compile(r"['’]s? ")
_POSSESSIVE = re.compile(r"^['’]s?")
_INDEFINITE = re.compile(r"\b[Aa]n? $")
_LISTED = re.compile(r" (?:and|or) |, [A-Z]")
_NEXT_WORD = re.compile(r" ([\w’'-]+)")
_SAYING = frozenset("said says told announced tweeted wrote added asked says spokesman".split())
_TOLD = frozenset("said told says added tweeted wrote".split())
_CLAUSE = SUBORDINATING - {"to", "and", "or", "not", "as"}
_OPEN_END = frozenset("a an the and or his her its their like".split())
_NO_TIME = frozenset(
    """
    since until by from for of the last early late and to between before after with through than
    into every each
    """.split()
)
_NO_TIME_INSIDE = frozenset("late early last the a every each".split())


def formed(blank: Blank, type_: Type, lexicon: Lexicon) -> Put | None:
    """The question in the first form that is sure."""
    if _POSSESSED.match(blank.after):
        owner = _owner(replace(blank, after=_POSSESSIVE.sub("", blank.after)))
        if owner is None:
            return None
        return inside(owner, lexicon) if owner.before.strip() else subject(owner, lexicon)
    if not blank.before.strip():
        return subject(blank, lexicon)
    if type_ in ("person", "place", "thing", "date") and (word := _noun_behind(blank, lexicon)):
        # "Apple stores" is "which company's stores"; "Ukrainian President Zelensky" stays.
        if word[0].isupper() or type_ == "date" or _INDEFINITE.search(blank.before):
            return None
        owner = _owner(replace(blank, before=without_article(blank.before)))
        return inside(owner, lexicon) if owner and owner.before.strip() else None
    return front(blank, type_, lexicon) or inside(blank, lexicon)


def _owner(blank: Blank) -> Blank | None:
    """With "whose" or "which company's"; None for "what", which has no such form."""
    if blank.who == "what":
        return None
    return replace(blank, who="whose" if blank.who == "who" else f"{blank.who}'s")


def _noun_behind(blank: Blank, lexicon: Lexicon) -> str | None:
    """The next word where it may be a noun that the name only describes."""
    found = _NEXT_WORD.match(blank.after)
    if found is None or found[1] in NO_NOUNS | AUXILIARIES or found[1].endswith("ly"):
        return None
    return None if lexicon.is_finite(found[1]) else found[1]


def subject(blank: Blank, lexicon: Lexicon) -> Put | None:
    """Of the subject: the clause stays as it is ("Which airline agreed to pay?")."""
    who, words = blank.who, blank.after.split()
    if not words or blank.after.startswith(","):
        return None
    goes_on = who.startswith(("how many", "whose")) or who.endswith("'s")
    if not any(_may_be_verb(word, lexicon) for word in words[: VERB_WITHIN if goes_on else 1]):
        return None
    if who.startswith("what") and (who != "what" or _SAYING & set(words[:3]) or not blank.neutral):
        return None  # a bare name may be a person's
    if who == "who" and words[0] in _TOLD and len(words) < LEAST_WORDS_SAID:
        return None
    return Put(f"{who} {blank.after}", "subject", blank.noun)


def _may_be_verb(word: str, lexicon: Lexicon) -> bool:
    return word in AUXILIARIES or lexicon.is_finite(word)


def front(blank: Blank, type_: Type, lexicon: Lexicon) -> Put | None:
    """With the question words in front and the verb inverted."""
    words = blank.before.split()
    verb = main_verb(words, lexicon)
    if verb is None or _LISTED.match(blank.after):
        return None
    named, rest = _subject_words(words[:verb], lexicon), words[verb + 1 :]
    turned = inverted(words[verb], rest, lexicon)
    if named is None or turned is None or any(word in _CLAUSE for word in rest):
        return None
    placed = _placed(blank.who, rest, type_)
    if placed is None:
        return None
    who, rest = placed
    if type_ != "date" and not _may_end(rest, who, lexicon):
        return None
    tail = "" if blank.after.startswith(",") else blank.after
    question = " ".join([who, turned[0], *named, *turned[1], *rest]) + tail
    return Put(question, "front", blank.noun)


def _subject_words(words: list[str], lexicon: Lexicon) -> list[str] | None:
    """The subject as it stands amid a question; None where it is a pronoun."""
    head = words[0]
    if words[-1].lower() in PRONOUNS or head.lower() in PRONOUNS:
        return None
    begins_name = len(words) > 1 and words[1][0].isupper()
    if head in {"The", "A", "An"} or (lexicon.is_common(head) and not begins_name):
        return [head[0].lower() + head[1:], *words[1:]]
    return words


def _placed(who: str, rest: list[str], type_: Type) -> tuple[str, list[str]] | None:
    """The question words, and the rest without the preposition that they stand for."""
    last = rest[-1].lower() if rest else ""
    if type_ == "date":
        if last in {"in", "on", "at"}:
            return who, rest[:-1]
        return None if last in _NO_TIME else (who, rest)
    if type_ == "place":
        if last in {"in", "at"}:
            return "where" if who in {"which city", "what"} else f"in {who}", rest[:-1]
        return who, rest
    return None if last in _OPEN_END else (who, rest)


def _may_end(rest: list[str], who: str, lexicon: Lexicon) -> bool:
    """Whether the words behind the verb may stand without what is asked for."""
    if not rest:
        return True
    last = rest[-1]
    if last.endswith(",") or last[0].isupper():
        return False
    return (
        last in NO_NOUNS
        or lexicon.is_finite(last)
        or lexicon.is_base(last)
        or last.endswith(("ing", "ed", "en"))
        or who.startswith(("where", "in "))
    )


def inside(blank: Blank, lexicon: Lexicon) -> Put | None:
    """With the question words in the answer's place."""
    words = blank.before.split()
    if not words or words[0].lower() in PRONOUNS or words[0][0].islower():
        return None
    if not any(_may_be_verb(word, lexicon) for word in words[1:] + blank.after.split()):
        return None
    last = words[-1]
    bare = blank.who in {"who", "what"}
    if last[0].isupper() or (bare and not _may_govern(last, lexicon)):
        return None  # "ex-deputy counsel Philbin", "Lake Powell"
    if blank.who == "when":
        if last.lower() in {"on", "in"}:
            words = words[:-1]
        elif last in _NO_TIME_INSIDE:
            return None
    gap = "" if not blank.after or blank.after[0] in " ,'’" else " "
    return Put(f"{' '.join(words)} {blank.who}{gap}{blank.after}", "inside", blank.noun)


def _may_govern(word: str, lexicon: Lexicon) -> bool:
    """Whether a name may follow that the word is no part of."""
    return (
        word in NO_NOUNS | AUXILIARIES
        or lexicon.is_finite(word)
        or lexicon.is_base(word)
        or word.endswith("ing")
    )
