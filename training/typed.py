"""Questions as people type them, and questions that a passage no longer answers.

Reading-comprehension questions are well-formed and end in a question mark;
what is typed into a search box or a chat is often neither. `as_typed` makes
one of the other, so that the reader is trained on both. `unanswerable_twin`
makes a question that looks answerable and is not, by a rule: the baseline
that Rajpurkar, Jia and Liang (2018, "Know What You Don't Know") compare
their written unanswerable questions with edits them by the rules of AddSent
(Jia and Liang, 2017), which change entities and numbers for others near in
meaning, and nouns and adjectives for their opposites. Here names and numbers
are told by their shape alone, and nouns and adjectives stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from random import Random

from pincite.index.terms import fold, is_function_word
from pincite.training.made.words import DAYS, MONTHS, SMALL_NUMBERS

LONGEST_UNTOUCHED = 4  # letters: a shorter or equal word is seldom mistyped, and hard to mend
YEARS = range(1000, 2100)
YEARS_AWAY = 30
TRIES = 400  # names looked at in the pool, and numbers drawn, before giving up

_ASKING = frozenset("who whom whose what which when where why how".split())
_AMOUNTS = frozenset("many much long far old often".split())
_WRAPPINGS = (
    "can you tell me {}?",
    "can you tell me {}",
    "could you tell me {}?",
    "do you know {}?",
    "do you know {}",
    "i'd like to know: {}",
    "i would like to know {}",
    "please tell me {}",
    "tell me {}",
    "hi, {}?",
    "hello! {}?",
    "quick question: {}?",
    "{} please",
    "any idea {}?",
    "so {}?",
    "i was wondering, {}?",
)
_SHORTENED = re.compile(r"\b(what|who|where|when|how|that) is\b(?!n't)", re.I)
_NEGATED = re.compile(r"\b(does|did|do|is|are|was|were|has|have|had|would|could) not\b", re.I)
_LONG = re.compile(rf"(?<![\w'’])[^\W\d_]{{{LONGEST_UNTOUCHED + 1},}}(?!\w)")
_EDGES = "?!,;:()[]{}\"“”„«»'’‘…"

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_KEYS = {key: (row, column) for row, keys in enumerate(_ROWS) for column, key in enumerate(keys)}
_BESIDE = {
    key: "".join(
        other
        for other, (r, c) in _KEYS.items()
        # Each row of the keyboard stands half a key to the right of the one above.
        if other != key and abs(r - row) <= 1 and abs((c + r / 2) - (column + row / 2)) <= 1
    )
    for key, (row, column) in _KEYS.items()
}


def as_typed(question: str, drawn: Random) -> str:
    """The question as it might be typed: one of four ways, equally often.

    In lower case without its question mark (with contractions); its keywords;
    with one or two typos; or with a few words around it. A question that a
    way does nothing to comes back as it is. What its digits say never changes.
    """
    way = drawn.choice((_unmarked, _keywords, _mistyped, _wrapped))
    return way(question.strip(), drawn)


def _unmarked(question: str, drawn: Random) -> str:
    """ "What is the Kremlin?" -> "what is the kremlin", "what's the kremlin", "whats ..."."""
    bare = question.rstrip("? ").lower()
    if drawn.random() < 0.5:
        mark = drawn.choice(("'", "'", ""))
        bare = _SHORTENED.sub(rf"\1{mark}s", bare)
        bare = _NEGATED.sub(rf"\1n{mark}t", bare)
    return bare or question


def _keywords(question: str, drawn: Random) -> str:
    """The content words in order, the question word with them half of the time."""
    words = [bare for word in question.split() if (bare := _bare(word))]
    asking = drawn.random() < 0.5
    kept: list[str] = []
    asked = False  # the first question word only: later ones are mostly relative pronouns
    for before, word in zip(["", *words], words, strict=False):
        lower = word.lower()
        if not is_function_word(word):
            kept.append(word)
        elif asking and lower in _ASKING and not asked:
            asked = True
            kept.append(word)
        elif asking and lower in _AMOUNTS and before.lower() == "how":
            kept.append(word)
    if len(kept) < 2:
        return question
    joined = " ".join(kept)
    return joined.lower() if drawn.random() < 0.7 else joined


def _bare(word: str) -> str:
    """A word without the punctuation around it; "" where nothing is left."""
    stripped = word.strip(_EDGES)
    if stripped.count(".") == 1:  # "1854." but not "U.S."
        stripped = stripped.rstrip(".").strip(_EDGES)
    return stripped if any(c.isalnum() for c in stripped) else ""


def _mistyped(question: str, drawn: Random) -> str:
    """One typo, or two in different words; half of the time in lower case without the mark."""
    if drawn.random() < 0.5:
        question = question.rstrip("? ").lower() or question
    words = list(_LONG.finditer(question))
    chosen = drawn.sample(words, min(len(words), drawn.choice((1, 1, 2))))
    for match in sorted(chosen, key=lambda m: -m.start()):
        question = question[: match.start()] + _typo(match[0], drawn) + question[match.end() :]
    return question


def _typo(word: str, drawn: Random) -> str:
    """The word with one slip of the fingers; its first letter stays."""
    slips: list[Callable[[str, int], str]] = [
        lambda w, i: w[:i] + w[i + 1 :],
        lambda w, i: w[:i] + w[i] + w[i:],
        lambda w, i: w[: i - 1] + w[i] + w[i - 1] + w[i + 1 :] if i > 1 else w,
        lambda w, i: w[:i] + _key_beside(w[i], drawn) + w[i + 1 :],
    ]
    slip = drawn.choice(slips)
    results = [slip(word, at) for at in range(1, len(word))]
    changed = [result for result in results if result != word]
    return drawn.choice(changed) if changed else word


def _key_beside(letter: str, drawn: Random) -> str:
    beside = _BESIDE.get(letter.lower())
    if beside is None:  # a letter of another alphabet, or with a diacritic
        return letter
    key = drawn.choice(beside)
    return key.upper() if letter.isupper() else key


def _wrapped(question: str, drawn: Random) -> str:
    bare = question.rstrip("? ")
    if not bare:
        return question
    first, space, rest = bare.partition(" ")
    if is_function_word(first):  # "What" loses its capital, "Bohuslav" doesn't
        bare = first.lower() + space + rest
    wrapped = drawn.choice(_WRAPPINGS).format(bare)
    return wrapped.lower() if drawn.random() < 0.5 else wrapped


# Words of which another of the same row says something else of the same kind.
_SERIES = (tuple(MONTHS), tuple(DAYS), tuple(SMALL_NUMBERS))
_TOKEN = re.compile(r"(?:[^\W\d_]\.){2,}|\d+(?:,\d{3})*(?:\.\d+)?(?!\w)|\w+(?:[-'’]\w+)*")
_NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
_POSSESSIVE = re.compile(r"['’]s?$")
_DOTTED = frozenset("Mr Mrs Ms Dr St Sen Gov Rep Gen Lt Col Jr".split())
_INSIDE_NAMES = frozenset({" of ", " of the ", " de ", " von ", " van ", " del ", " da ", " for "})
_SENTENCE_END = re.compile(r"(?:[.!?:]['\"”’)]*\s+|\n\s*|^\s*)['\"“‘(]*$")


def entities(text: str) -> list[str]:
    """The names and numbers of a text, each once, in order.

    A name is a run of capitalised words that does not begin a sentence
    ("Battle of the Alma" is one); months, weekdays and the numbers from two
    to twelve in words count too.
    """
    return list(dict.fromkeys(text[start:end] for start, end in _entity_spans(text)))


def unanswerable_twin(
    question: str, passage: str, pool: Sequence[str], drawn: Random
) -> str | None:
    """The question about something else of the same kind, of which the passage doesn't speak.

    One name or number that stands in question and passage gives way to
    another that does not stand in the passage: a year to a year at most
    `YEARS_AWAY` from it, a number to one of as many digits, a month to a month,
    a name to a name of as many words.

    Args:
        pool: `entities` of other passages, to take names from.

    Returns:
        The edited question, or None where nothing can be replaced.
    """
    held = _words(passage)
    avoided = held | _words(question)
    shared = [entity for entity in entities(question) if _words(entity) <= held]
    for entity in drawn.sample(shared, len(shared)):
        other = _other(entity, avoided, pool, drawn)
        if other is not None:
            return _replaced(question, entity, other)
    return None


def _replaced(text: str, entity: str, other: str) -> str:
    for start, end in reversed(list(_entity_spans(text))):
        if text[start:end] == entity:
            text = text[:start] + other + text[end:]
    return text


def _other(entity: str, avoided: set[str], pool: Sequence[str], drawn: Random) -> str | None:
    if _NUMBER.fullmatch(entity):
        candidates = (_other_number(entity, drawn) for _ in range(TRIES))
    elif (series := _series(entity)) is not None:
        candidates = (other for other in drawn.sample(series, len(series)))
    else:
        looked_at = drawn.sample(pool, min(len(pool), TRIES))
        candidates = (name for name in looked_at if _alike(name, entity))
    return next((c for c in candidates if not _content(c) & avoided), None)


def _other_number(number: str, drawn: Random) -> str:
    whole, dot, decimals = number.replace(",", "").partition(".")
    value = int(whole)
    if not dot and "," not in number and value in YEARS:
        return str(value + drawn.choice((-1, 1)) * drawn.randint(1, YEARS_AWAY))
    least = 10 ** (len(whole) - 1) if len(whole) > 1 else 1
    other = drawn.randrange(least, 10 ** len(whole))
    if value >= 100 and value % 10 == 0:  # a round number stays round
        other -= other % 10
    return f"{other:,}{dot}{decimals}" if "," in number else f"{other}{dot}{decimals}"


def _series(entity: str) -> tuple[str, ...] | None:
    return next((series for series in _SERIES if entity in series), None)


def _alike(one: str, other: str) -> bool:
    """Whether both are names of as many words, in capitals both or neither."""
    return (
        not _NUMBER.fullmatch(one)
        and _series(one) is None
        and len(one.split()) == len(other.split())
        and one.isupper() == other.isupper()
    )


def _words(text: str) -> set[str]:
    """The folded words of a text, numbers without their commas."""
    return {fold(_POSSESSIVE.sub("", word)).replace(",", "") for word in _TOKEN.findall(text)}


def _content(name: str) -> set[str]:
    """The words of a name but its "of" and "the"; all of them where it has no others."""
    words = _words(name)
    return {word for word in words if not is_function_word(word)} or words


def _entity_spans(text: str) -> Iterator[tuple[int, int]]:
    """`[start, end)` of each entity in characters of the text."""
    run: tuple[int, int] | None = None
    initial = False  # the run begins a sentence: its first capital says nothing
    last = ""
    for match in _TOKEN.finditer(text):
        word = _POSSESSIVE.sub("", match[0])
        start, end = match.start(), match.start() + len(word)
        if _NUMBER.fullmatch(word) or word in _SERIES[2]:
            if run and not initial:
                yield run
            run = None
            yield start, end
            continue
        if not word or not word[0].isupper():
            continue
        if run and _joins(text[run[1] : start], last):
            run = (run[0], end)
        else:
            if run and not initial:
                yield run
            run, initial = None, False
            begins = bool(_SENTENCE_END.search(text, max(0, start - 12), start))
            # "May" is a month here: a sentence's own "may" has no capital but at its start.
            if not is_function_word(word) or _series(word) or (len(word) > 1 and word.isupper()):
                run, initial = (start, end), begins
        last = word if match[0] == word else ""  # nothing joins on to a possessive
    if run and not initial:
        yield run


def _joins(between: str, last: str) -> bool:
    if not last:
        return False
    dotted = between == ". " and (last in _DOTTED or len(last) == 1)
    return between == " " or dotted or between in _INSIDE_NAMES
