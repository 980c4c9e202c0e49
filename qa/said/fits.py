"""Which spans can be an answer at all, whatever the reader says: those of the kind asked for.

"When" wants a time, "how long" an amount, "who" somebody: a span of another kind
is no answer, however well it scores. The rules only refuse what can't be one;
how good an answer a span is, the ranking says.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from pincite.index.passages import sentences
from pincite.index.terms import fold, is_function_word, terms
from pincite.qa.closed import AUXILIARIES
from pincite.qa.said import times
from pincite.qa.said.amounts import amounts
from pincite.qa.said.numbers import UNITS
from pincite.qa.said.sought import sought
from pincite.qa.said.who import describing
from pincite.qa.talk.verbs import split_tense

NAME_WORDS = 5  # of a name with its titles at most
OWNER_WORDS = 3  # of a span that names nothing but whose something is, at most

_WORD = re.compile(r"[^\W_]+")
_CHOICE = re.compile(r"\bor\b", re.IGNORECASE)
_ASKING = re.compile(r"\b(?:who(?:m|se)?|what|which|when|where|why|how)\b")
_AFTER_WHEN = AUXILIARIES | {"exactly", "in", "on", "else"}
# After a noun, "who" describes it ("a man who was trying to").
_BEFORE_WHO = re.compile(
    r"(?:^|[,:;–—]|\b(?:to|by|with|for|from|of|on|at|in|against|and|but|near|under))\s*$"
)

# A digit inside "A3S" or "F-16" counts nothing.
_COUNT = re.compile(
    rf"(?<!\w)(?<![A-Z][-‑–])\d|[¼½¾⅓⅔]|(?i:\b(?:{times.NUMERAL}s?|scores|none|no|nobody|pair|couple"
    r"|single|once|twice)\b)"
)
_VAGUE = r"half|all|both|several|few|many|some|most|infinite(?:ly)?|countless|numerous|every"
_SHARE = r"thirds?|quarters?|fifths?|majority|minority|fraction|per ?cent|whole|entire|nothing"
_WHO = re.compile(r"whom?\b")
_WAY = re.compile(r"\b(?:in|at|to|near|into|from|toward|towards|across|around)\s+$", re.IGNORECASE)
_NO_ALIAS = re.compile(r"(?:who(?:m|se)?|where|when|how)\b")
_PARTY = r"(?:to|from|at|with|against|for|in|near|of|by|under|on)"
_WITH_WHOM = re.compile(rf"\b{_PARTY}\s+$")
_WHOM_WITH = re.compile(rf"\b{_PARTY}\W*$")
_SPEAKER = re.compile(
    r"\bwhat (?:did|does|has|had|do) (.+?) (?:say|said|tell|told|write|wrote|written|announced?"
    r"|claim(?:ed)?|warn(?:ed)?|predict(?:ed)?|suggest(?:ed)?|promised?|demand(?:ed)?|add(?:ed)?)\b",
    re.IGNORECASE,
)
_QUOTATION = re.compile(r"[“\"„«](?:[^\s“”\"„«»]+\s+){3,}[^“”\"„«»]+[”\"»]")
_RELATIVE = frozenset("who whom whose which that".split())
_ONE_OF = re.compile(r"\W*one of (?:the|his|her|its|their|my|our|your|those|these)\b")
_OWNER = re.compile(r"\w(?:['’]s|s['’])$")
_NO_NAME = re.compile(
    r"(?:(?:one|some|two|three|several|many|most) of|his|her|its|their|my|our|your|he|she|it|they"
    r"|i|we|you|who|which|that|there|is|are|was|were|has|had|have|will|would|to|not)\b"
)


@dataclass(frozen=True, slots=True)
class Placed:
    """A span in its sentence.

    Attributes:
        words: the span.
        before, after: the rest of its sentence.
    """

    words: str
    before: str
    after: str


Fits = Callable[[str, Placed], bool]
"""Whether a span can answer a question, given in lower case from the word that asks on."""


def can_answer(
    question: str,
    words: str,
    before: str = "",
    after: str = "",
    also: Collection[str] = frozenset(),
) -> bool:
    """Whether a span can be an answer, whatever the reader says.

    It has a word that the question lacks, function words aside: "how many
    prisoners" does not answer how many prisoners there were. A question that
    offers a choice ("a town or a village?") may be answered with its own
    words. "Who is Ihnat?" is answered at his name, and "did he come?" with
    a verb. And it is of the kind that the question asks for, see `RULES`.

    Args:
        question: as it is read, written out.
        words: the span.
        before, after: the rest of its sentence; "liberation" tells a time after "since".
        also: terms that stand for the question's: nobody leads the Volunteer Corps who is
            but its abbreviation, and that is asked by "what" only.
    """
    asked = asked_for(question)
    known = also if _NO_ALIAS.match(asked) else ()
    if not _CHOICE.search(question) and not _is_new(question, words, known):
        return False
    placed = Placed(words, before, after)
    start, sentence = len(before), before + words + after
    span = (start, start + len(words))
    told = describing(question, sentence, *span)
    if told is None or (told == span and _is_asked_about(question, asked, words)):
        return False
    if (name := speaker(question)) and terms(words)[-1:] == [name] and not _states(words):
        return False
    if sought(question).yes_no and not _CHOICE.search(question) and not _states(words):
        return False
    if _is_where(question, asked, placed):
        return False
    return all(fits(asked, placed) for kind, fits in RULES.values() if kind.match(asked))


def _is_new(question: str, words: str, also: Collection[str]) -> bool:
    asked = {*terms(question), *also}
    return any(
        not is_function_word(word)
        for word in _WORD.findall(words)
        if not asked.issuperset(terms(word))
    )


@functools.lru_cache(maxsize=512)
def asked_for(question: str) -> str:
    """A question in lower case from the word that asks on, empty if none does.

    Of several sentences the last one asks. "When" and "who" that only join
    clauses ("When they play, which role is theirs?") don't.
    """
    last = [question[start:end] for start, end in sentences(question, 0, len(question))][-1:]
    text = fold(last[0]) if last else ""
    for found in _ASKING.finditer(text):
        word, follows = found[0], _WORD.search(text, found.end())
        joins = word in ("when", "where") and follows and follows[0] not in _AFTER_WHEN
        describes = word in ("who", "whom") and not _BEFORE_WHO.search(text[: found.start()])
        if not joins and not (describes and follows):
            return text[found.start() :]
    return ""


def _is_where(question: str, asked: str, placed: Placed) -> bool:
    """Whether a name tells where to or from, when nobody asks to whom or from whom.

    Who is sent is not "Belgorod" of "sent his men to Belgorod".
    """
    if not _WHO.match(asked) or not placed.words[:1].isupper():
        return False
    asks_so = _WITH_WHOM.search(fold(question)[: -len(asked)]) or _WHOM_WITH.search(asked)
    return not asks_so and _WAY.search(placed.before) is not None


def _is_asked_about(question: str, asked: str, words: str) -> bool:
    """Whether a span is somebody whom the question names: "Ada Moss" met somebody else."""
    names = words.split()
    return (
        _WHO.match(asked) is not None
        and not _CHOICE.search(question)
        and 0 < len(names) <= NAME_WORDS
        and names[-1][0].isupper()
        and set(terms(names[-1])) <= set(terms(question))
    )


@functools.lru_cache(maxsize=512)
def speaker(question: str) -> str | None:
    """The term of the name of who is asked to have said something, if one is named."""
    found = _SPEAKER.search(question)
    names = [word for word in _WORD.findall(found[1]) if word[0].isupper()] if found else []
    return terms(names[-1])[-1] if names else None


def _states(words: str) -> bool:
    """Whether words can say that something is so: a verb of theirs is in no side clause."""
    told = [word.strip(',;:.!?"“”') for word in words.split()]
    for before, word in zip(["", *told], told, strict=False):
        if before and word in _RELATIVE:
            return False
        if word in AUXILIARIES or word.endswith(("n't", "n’t")):
            return True
        # "to harm the operatives" says of nothing that it is so.
        if word.islower() and before != "to" and told[0] != "to" and split_tense(word):
            return True
    return False


def _statement(asked: str, placed: Placed) -> bool:
    """What somebody said is in the quotation, if there is one, not in "... he said on Sunday"."""
    whole = placed.before + placed.words + placed.after
    quotations = [found.span() for found in _QUOTATION.finditer(whole)]
    start, end = len(placed.before), len(placed.before) + len(placed.words)
    inside = any(first < end and start < last for first, last in quotations)
    return not quotations or inside or _states(placed.words)


def _not_an_owner(asked: str, placed: Placed) -> bool:
    """ "Israel's" before "entry" is no answer; "McDonald's" before "is" or a stop may be."""
    if not _OWNER.search(placed.words) or len(placed.words.split()) > OWNER_WORDS:
        return True
    after = re.match(r"\s+([^\W_]+)", placed.after)
    return after is None or is_function_word(after[1])


def _counts(placed: Placed, also: str = _VAGUE) -> bool:
    """Whether a span has a number that tells no date, or begins with another word for an amount."""
    if re.match(rf"\W*(?:\S+\s+){{0,3}}?\W*(?:{also})\b", fold(placed.words)):
        return True
    before = placed.before[-times.BESIDE :]
    whole = before + placed.words + placed.after[: times.BESIDE]
    dated = times.dated(whole)
    return any(
        not any(start <= found.start() < end for start, end in dated)
        for found in _COUNT.finditer(whole, len(before), len(before) + len(placed.words))
    )


def _units(placed: Placed) -> set[str]:
    return {one.unit for one in amounts(placed.words, placed.before, placed.after)}


def _many(asked: str, placed: Placed) -> bool:
    """ "How many people" is no sum, distance, time or place in an order, nor one of them."""
    if "how many of" not in asked and _ONE_OF.match(fold(placed.words + placed.after)):
        return False
    nouns = []
    for word in _WORD.findall(asked)[2:7]:
        if word in AUXILIARIES:
            break
        nouns.append(word)
    own = {UNITS[noun][0] for noun in nouns if noun in UNITS}
    money = {"$", "€", "£"} if own & {"$", "€", "kg"} else set()
    units = _units(placed)
    return _counts(placed) and (not units or bool(units & ({"", "%"} | own | money)))


def _measured(also: str, units: str, *, vague: bool = True) -> Fits:
    """What a measure is answered with: a number or one of the words, in one of the units.

    Args:
        vague: "several" may go before anything.
    """
    words, allowed = f"{_VAGUE}|{also}" if vague else also, {"", *units.split()}

    def fits(asked: str, placed: Placed) -> bool:
        found = _units(placed)
        return _counts(placed, words) and (not found or bool(found & allowed))

    return fits


def _time(asked: str, placed: Placed) -> bool:
    return times.tells_time(placed.words, placed.before, placed.after)


def _year(asked: str, placed: Placed) -> bool:
    return times.tells_year(placed.words)


def _hour(asked: str, placed: Placed) -> bool:
    """ "What time" is not answered with a day alone."""
    return times.tells_hour(placed.words, placed.before, placed.after)


def _not_a_time(asked: str, placed: Placed) -> bool:
    """A date, a weekday or a number alone is nobody and no place."""
    return not times.is_only_time(placed.words, placed.before)


def _kind(asked: str, placed: Placed) -> bool:
    """No date, share or sum; "737" is a type of aircraft."""
    return _not_a_time(asked, placed) or bool(re.fullmatch(r"[\d., –-]+", placed.words))


def _capital(asked: str, placed: Placed) -> bool:
    """A city or a country goes by its name, where its text has capitals."""
    if re.search(r"\b(?:both|neither|none|all)\b", fold(placed.words)):
        return True
    if any(c.isupper() or (c.isalpha() and c.lower() == c.upper()) for c in placed.words):
        return True
    return not any(c.isupper() for c in placed.before + placed.after)


def _named(asked: str, placed: Placed) -> bool:
    """A name is no clause, and nobody's "one of his deputies"."""
    if any(c.isupper() for c in placed.words) or re.search(r"[\"“”]", placed.words):
        return True
    return not _NO_NAME.match(fold(placed.words))


_TIMES = r"(?:\w+-)?(?:second|minute|hour|day|night|week|month|year|decade|season|generation)s?"
_DURATION = (
    rf"{_TIMES}|centur(?:y|ies)|li(?:fe|fetime)|time|long(?:er|est)?|short(?:er|est)?|brief(?:ly)?"
    r"|forever|never|always|ever|since|permanent(?:ly)?|indefinite(?:ly)?|temporar(?:y|ily)|soon"
    r"|instant(?:ly)?|immediate(?:ly)?|overnight|quick(?:ly)?|until|till|throughout|during|while"
)
_DISTANCE = (
    rf"{_TIMES}|far|farther|further|close|closer|near|nearby|halfway|way|distance|to|into|as|within"
    r"|beyond|across|from|up|until|(?:\w+-)?(?:miles?|kilomet(?:er|re)s?|met(?:er|re)s?|feet|foot"
    r"|yards?|inch(?:es)?|blocks?|steps?)"
)
_AGE = r"age|aged|born|years?|months?|weeks?|teen\w*|elderly|old|older|young|\w+ties"
_MONEY = r"(?:\w+-)?(?:dollars?|euros?|pounds?|cents?)|free|nothing|fortune"
_DEGREE = (
    r"much|more|less|little|bit|lots?|part|enough|doubled?|\w+ly|great|deal|considerable"
    r"|significant|times"
)
_HAVE_OR_DO = r"(?:does|did|do|will|would|is|was|are|were|has|have|had|can|could|should)"

RULES: dict[str, tuple[re.Pattern[str], Fits]] = {
    "owner": (re.compile(r"(?!whose\b)"), _not_an_owner),
    "how many": (re.compile(r"how\s+many\b"), _many),
    "percentage": (
        re.compile(
            r"(?:(?:what|which) (?:\w+ )?|how (?:large|big|great|high|small) an? )"
            r"(?:percentage|percent|share|proportion|fraction)\b"
        ),
        _measured(_SHARE, "%"),
    ),
    "how long": (re.compile(r"how long\b"), _measured(_DURATION, "s m", vague=False)),
    "how far": (
        re.compile(r"how far\b|(?:what|which) (?:is |was )?(?:the )?distance\b"),
        _measured(f"{_SHARE}|{_DISTANCE}", "m s %", vague=False),
    ),
    "how old": (re.compile(r"how old\b|what age\b"), _measured(_AGE, "s", vague=False)),
    "money": (
        re.compile(
            rf"how much (?:(?:money|cash)\b|{_HAVE_OR_DO}\b"
            r".*\b(?:costs?|pay|paid|sell|sold|spend|spent|charged?|worth|earn|earned|invest\w*)\b)"
        ),
        _measured(f"{_SHARE}|{_MONEY}", "$ € £ %"),
    ),
    "how much": (
        re.compile(rf"how much (?:of|in|more|less|per|{_HAVE_OR_DO})\b|how much\W*$"),
        _measured(f"{_SHARE}|{_MONEY}|{_DEGREE}", "$ € £ % m s kg m2 l m/s"),
    ),
    # "When should I call?" may be answered with a condition in any words.
    "when": (re.compile(r"when\b(?! (?:do|does|should|can|must|may|might|could|would)\b)"), _time),
    "which day": (
        re.compile(
            r"(?:what|which) (?:\w+ )?(?:days?|dates?|months?|weeks?|nights?|century|decade)\b"
        ),
        _time,
    ),
    "which year": (re.compile(r"(?:what|which) years?\b"), _year),
    "what time": (re.compile(r"(?:what|which) (?:time|hours?)\b"), _hour),
    "who": (re.compile(r"who(?:m|se)?\b"), _not_a_time),
    "where": (
        re.compile(
            r"where\b|(?:what|which) (?:\w+ ){0,2}?(?:city|town|village|region|country|county"
            r"|province|island)\b"
        ),
        _not_a_time,
    ),
    "which city": (
        re.compile(
            r"(?:what|which) (?:us |u\.s\. )?(?:city|town|village|country|province)\b(?! of\b)"
            r"|(?:which|what us|what u\.s\.) state\b(?! of\b)"
        ),
        _capital,
    ),
    "what was said": (
        re.compile(r"what (?:did|does|has|had) (?:\S+ ){1,6}?(?:say|said|tell|told)\b"),
        _statement,
    ),
    "which kind": (re.compile(r"(?:what|which) (?:type|kind|sort)s?\b"), _kind),
    "name": (
        re.compile(
            r"(?:what|which) (?:is|was|are|were) (?:.*['’]s )?(?:the )?(?:\w+ ){0,2}?names?\b"
            r"|what (?:is|was|are|were) .*\b(?:called|named)\b"
        ),
        _named,
    ),
}
"""By name: questions of which kind, from the word that asks on, and what can answer them."""
