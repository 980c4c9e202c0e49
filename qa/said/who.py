"""Who somebody is, and what something is: of a span at the name, what describes it.

"Who is Popko?" is answered with what stands at the name: "head of the military administration,
Serhiy Popko", "Popko, a general", "Popko was the first to ...". Neither his first name nor
somebody else of the same sentence says who he is. "What is the RDK?" likewise.
"""

from __future__ import annotations

import re

from pincite.index.terms import is_function_word, terms
from pincite.qa.closed import AUXILIARIES, PREPOSITIONS
from pincite.qa.talk.phrases import asked_who, is_person
from pincite.qa.talk.verbs import SAYING, split_tense

# "What is the Freedom of Russia Legion?", not "what is the capital of Peru?".
_WHAT_IS = re.compile(
    r"\b[Ww]hat(?:['’]s| is| are| was| were) (?:(?:the|an?) )?"
    r"([A-Z][\w’'-]*(?:\s(?:[A-Z][\w’'-]*|of|for|the|and))*?)\W*$"
)
_WORD = re.compile(r"[^\W_]+(?:[’'-][^\W_]+)*")
_BETWEEN = re.compile(r"[,;:—–(\"“”]")  # what parts a description from what stands before it
_BETWEEN_NAME = " ,(–—-\u00a0"  # what may stand between a name and what follows it
_BEFORE = re.compile(r"[\s,]*")
_IS = (
    r"(?:who |which )?(?:is|was|are|were|has been|had been|became|serves as|served as)"
    r"\s(?:\S+\s){0,4}"
)
_AFTER = re.compile(rf"[\s,(–—-]*(?:(?:who |also |now |then |the |an? )*|{_IS})")
# Not "looted in Leeds, the agency said", nor "Leeds, the bazaar and a bridge".
_AFTER_THING = re.compile(rf"\s*[,(–—]\s*(?:an? |one of )(?:\S+\s){{0,2}}|[\s,(–—]+{_IS}")
_APPOSED = re.compile(r"(?:an?|one|also|which|that)\b")
_NAMES = re.compile(r"[\s,(]*(?:(?:of|called|named|known as|the)\s)*[\"“]?")
_LONGER_NAME = re.compile(r"(?:\s[A-Z][\w’'-]*)*(?:\s?\([^)]*\))?")
_OWNER = re.compile(r"['’]s?$")
_OWNS = re.compile(r"['’]s?\b")
_JOINS = frozenset("who that which and but or as if when while because".split())
_APART = PREPOSITIONS - {"of", "for"}
LONGEST = 8  # words that a span is begun earlier by, at most


def describing(question: str, sentence: str, start: int, end: int) -> tuple[int, int] | None:
    """Of the span `[start, end)` of a sentence what tells who or what is meant; else None.

    It lacks the name itself, and begins where its phrase does: it is "Russian President",
    where the span is "President Vladimir" before "Putin". The whole span, where the
    question asks for something else.
    """
    if thing := _WHAT_IS.search(question):
        return _of_thing(thing[1].split(), sentence, start, end)
    asked = asked_who(question)
    words = list(_WORD.finditer(sentence)) if asked else []
    if not asked or not _is_name(asked, words):
        return start, end
    last = terms(asked[-1])
    for n, word in enumerate(words):
        if terms(_OWNER.sub("", word[0])) != last:
            continue
        first = _given(sentence, words[:n], word.start())
        if start < first and (end >= first or _BEFORE.fullmatch(sentence, end, first)):
            told = _title(sentence, words, start, min(end, first))
            if told is not None:
                return told
        owns = _OWNER.search(word[0]) or _OWNS.match(sentence, word.end())
        begin = _from(sentence, max(start, word.end()), end, _BETWEEN_NAME)
        if begin < end and not owns and _AFTER.fullmatch(sentence, word.end(), begin):
            return begin, end
    return None


def _of_thing(asked: list[str], sentence: str, start: int, end: int) -> tuple[int, int] | None:
    """The same of a thing's name; a sentence that does not name it may describe it anyhow."""
    words = list(_WORD.finditer(sentence))
    wanted = [terms(word) for word in asked]
    named = False
    for n, word in enumerate(words):
        if terms(_OWNER.sub("", word[0])) != wanted[-1]:
            continue
        named = True
        begun = max(0, n + 1 - len(wanted))
        whole = [terms(word[0]) for word in words[begun : n + 1]] == wanted
        first = words[begun].start() if whole else word.start()
        if start < first and (end >= first or _NAMES.fullmatch(sentence, end, first)):
            told = _last_phrase(sentence, words, start, min(end, first))
            if told is not None:
                return told
        longer = _LONGER_NAME.match(sentence, word.end())
        stop = longer.end() if longer else word.end()
        begin = _from(sentence, max(start, stop), end, _BETWEEN_NAME)
        owns = _OWNER.search(word[0]) or _OWNS.match(sentence, stop)
        if begin < end and not owns and _follows(sentence, stop, begin):
            return begin, end
    return None if named else (start, end)


def _last_phrase(
    sentence: str, words: list[re.Match[str]], start: int, end: int
) -> tuple[int, int] | None:
    """Of a span before a name the last phrase: "the suburb" of "entering the suburb of"."""
    end = _until(sentence, start, end, " ,(\u00a0")
    for parts in _BETWEEN.finditer(sentence, start, end):
        start = parts.end()
    for word in words:
        apart = _says(word[0]) or word[0].casefold() in _APART or word[0].endswith("ing")
        if start <= word.start() and word.end() <= end and apart:
            start = word.end()
    start = _from(sentence, start, end)
    end = start + len(re.sub(r"\s+(?:of|called|named|known as)$", "", sentence[start:end]))
    told = sentence[start:end].casefold()
    # "The governor" of Belgorod is not what Belgorod is.
    says = not is_person(told) and not all(map(is_function_word, told.split()))
    return (start, end) if says else None


def _follows(sentence: str, name: int, begin: int) -> bool:
    """Whether what begins there describes a thing whose name ends before it."""
    between = sentence[name:begin].strip()
    if (between in (",", "(", "–", "—") and _APPOSED.match(sentence, begin)) or (
        _AFTER_THING.fullmatch(sentence, name, begin)
    ):
        return True
    # "Wagner private military company", not "Wagner sent men" or "Wagner fighters".
    noun = _WORD.match(sentence, begin)
    joined = sentence[name:begin].isspace() and noun and re.match(r"\s\w", sentence[noun.end() :])
    return bool(joined and noun and noun[0].islower() and not _is_verb(noun[0]))


def _is_name(asked: list[str], words: list[re.Match[str]]) -> bool:
    """Whether words that are asked for are a name: written so, or in the sentence at least.

    "Who is responsible?" asks for nobody's description, nor does "who is leading Wagner?".
    """
    if any(is_function_word(word) for word in asked):
        return False
    if any(word[0].isupper() for word in asked):
        return all(word[0].isupper() for word in asked)
    names = {term for word in words[1:] if word[0][0].isupper() for term in terms(word[0])}
    return all(names.issuperset(terms(word)) for word in asked)


def _given(sentence: str, before: list[re.Match[str]], name: int) -> int:
    """Where the given name before a family name begins, itself or that."""
    if not before or sentence[before[-1].end() : name].strip():
        return name
    given = before[-1]
    if not given[0][0].isupper() or is_person(given[0].casefold()) or _OWNER.search(given[0]):
        # "Roman" is no title, but "General Roman Koval" has one before it.
        title = len(before) > 1 and is_person(before[-2][0].casefold())
        return given.start() if title and given[0][0].isupper() else name
    return given.start()


def _title(
    sentence: str, words: list[re.Match[str]], start: int, end: int
) -> tuple[int, int] | None:
    """The description that ends with a span, from where the span, or its last part, begins."""
    for parts in _BETWEEN.finditer(sentence, start, _until(sentence, 0, end, " ,\u00a0")):
        start = parts.end()
    inside = [word for word in words if start <= word.start() and word.end() <= end]
    says = [word for word in inside if _says(word[0]) or word[0] in ("to", "with", "by")]
    if says:
        start = says[-1].end()
    start = _from(sentence, start, end)
    end = _until(sentence, start, end, " ,\u00a0")
    for word in [word for word in reversed(words) if word.end() <= start][:LONGEST]:
        if sentence[word.end() : start].strip() or _says(word[0]) or word[0] in _APART:
            break
        start = word.start()
    return (start, end) if is_person(sentence[start:end].casefold()) else None


def _from(sentence: str, start: int, end: int, marks: str | None = None) -> int:
    """Where something else than the marks, or white space, begins in `[start, end)`."""
    return end - len(sentence[start:end].lstrip(marks))


def _until(sentence: str, start: int, end: int, marks: str) -> int:
    """Where it ends there."""
    return start + len(sentence[start:end].rstrip(marks))


def _is_verb(word: str) -> bool:
    return split_tense(word) is not None or word in AUXILIARIES or word.endswith(("ing", "ed"))


def _says(word: str) -> bool:
    """Whether a word joins a description to what stands before it: a verb, or "who", "to"."""
    tense = split_tense(word) if word.islower() else None
    past = tense is not None and (tense[0] == "did" or tense[1] in SAYING)
    return past or word in _JOINS or word in AUXILIARIES
