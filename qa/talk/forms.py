"""What can be told from the form of a noun phrase or an answer."""

from __future__ import annotations

import re

from pincite.qa.closed import AUXILIARIES, DETERMINERS
from pincite.qa.talk.verbs import SAYING, split_tense

NUMBERS = frozenset(
    """one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty
    hundred thousand million billion several many few none half all most dozens hundreds thousands
    dozen nobody""".split()
)


def is_plural(phrase: str) -> bool:
    """Whether a noun phrase is of several, by its form ("the farmers", "Spain and Italy")."""
    words = re.split(r"\s(?:of|in|at|on|near|from|that|who|which|with|for)\s", phrase)[0].split()
    if not words:
        return False
    last = words[-1].casefold()
    return (
        " and " in phrase
        or last in {"people", "men", "women", "children", "police", "troops"}
        or (
            last.endswith("s")
            and not last.endswith(("ss", "us", "is", "'s", "’s"))
            and not (words[-1][:1].isupper() and last.endswith("as"))
            and last not in {"species", "series", "news", "headquarters", "politics"}
            and (_of_several(words) or last.endswith(_PEOPLES))
        )
    )


# "Germans", "Spaniards": peoples, where "Siemens", "Wales" and "James Jones" are each one.
_PEOPLES = ("ans", "ards", "oles", "edes", "anes", "urks", "eeks", "echs", "erbs", "urds", "abs")


def _of_several(words: list[str]) -> bool:
    """Whether a last "s" can be a plural's: not in a name that has no determiner."""
    return words[0].casefold() in DETERMINERS or not words[-1][:1].isupper()


def is_comparative(word: str) -> bool:
    """Whether "how much" can ask for such a degree: "closer"."""
    return word in {"more", "less", "closer", "nearer", "further", "farther"} or bool(
        re.fullmatch(r"(?:long|high|low|old|young|fast|slow|larg|small|great|deep|strong)er", word)
    )


def is_sentence(answer: str) -> bool:
    """Whether an answer says something of something, so that it can't stand for a thing."""
    words = [word for word in answer.split()[1:] if word.islower()]  # "May" is a month
    finite = [split_tense(word) for word in words]
    return not AUXILIARIES.isdisjoint(words) or any(
        tense is not None and tense[0] == "did" and tense[1] in SAYING for tense in finite
    )


def is_count(answer: str) -> bool:
    """Whether an answer can be a number of things: "about 5,000", "dozens", not "the ministry"."""
    words = re.findall(r"[a-z]+", answer.casefold())
    return any(letter.isdecimal() for letter in answer) or not NUMBERS.isdisjoint(words)
