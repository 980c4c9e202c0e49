"""How two answers to a question stand to each other: the same, different, or in conflict.

Amounts, dates and names are compared as what they are (`qa/said/amounts.py`,
`qa/said/dates.py`, `qa/said/names.py`); what a question leaves room for decides whether
different ones exclude each other (`qa/said/sought.py`). Free wording ("failed to
turn up", "never arrived") is left to a logistic regression over how alike the
words are, fitted by `python -m pincite.eval.fit_same` and stored in `same.json`. It
never says that two answers exclude each other.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from importlib import resources

from pincite.index.terms import FUNCTION_WORDS, content_terms, fold
from pincite.qa.confidence import logistic
from pincite.qa.said import amounts, dates, names
from pincite.qa.said.amounts import Amount, Fit
from pincite.qa.said.sought import Sought, sought

SHORT = 4  # words a span may have, at most, to be read as a date or a number and nothing else


class Relation(StrEnum):
    """How one answer stands to another."""

    SAME = "same"
    OTHER = "other"
    EXCLUDES = "excludes"


@dataclass(frozen=True, slots=True)
class Said:
    """An answer where it stands.

    Attributes:
        words: the span, not empty.
        sentence: the sentence it stands in.
        published: of its article, None if not known.
    """

    words: str
    sentence: str
    published: date | None = None


FEATURES = {
    "tokens": "of the words, in any order, that two answers share (rapidfuzz), 0..1",
    "letters": "of the letters, in order, 0..1",
    "part": "the best match of the shorter answer inside the longer one, 0..1",
    "terms": "content terms shared over those of both, 0..1",
    "held": "content terms shared over those of the shorter one, 0..1",
    "spelled": "the same with names that are only spelled differently, 0..1",
    "size": "words of the shorter answer over the longer's, 0..1",
    "yes_no": "1 for a yes-or-no question: the sides, where they can be told, are the same",
}

_DENIAL = re.compile(
    r"\b(?:not|never|no|none|nobody|cannot|neither|nor|without|unable|fail\w*|refus\w+|reject\w*"
    r"|den(?:y|ied|ies|ying)|declin\w+|unconfirmed|unverified|unlikely|impossible|ignor\w+|false"
    r"|untrue|unsuccessful\w*|lack(?:s|ed)|unwilling|absent|refrain\w*)\b|n['’]t\b"
)
# "Two unsuccessful attacks" were attacks all the same.
_QUALITY = re.compile(
    r"(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )(?<!\bbe )(?<!\bbeen )"
    r"\b(?:unlikely|impossible|false|untrue|unsuccessful"
    r"|(?:an?|the|its|his|their|two|three|several|\d+) failed) (?=(\w+))"
)
_LATER = re.compile(
    r"\b(?:will|would|shall|plan\w*|(?:going|about|intend\w*|prepar\w+|promis\w+|expect\w*) to)\b"
    r"|['’]ll\b"
)
_UNDER_WAY = re.compile(r"\b(?:were|was|are|is) \w+ing\b")


def compare(question: str, first: Said, second: Said) -> Relation:
    """How two answers to a question stand to each other; symmetric."""
    relation = decided(question, first, second)
    if relation is not None:
        return relation
    found = features(question, first, second)
    return Relation.SAME if probability(found) >= 0.5 else Relation.OTHER


def decided(question: str, first: Said, second: Said) -> Relation | None:
    """How two answers stand to each other by what they are; None if only wording can tell."""
    want = sought(question)
    for decide in (_wording, _either, _dates, _amounts, _sides, _names):
        relation = decide(want, first, second)
        if relation is Relation.EXCLUDES and want.twice:
            return Relation.OTHER
        if relation is not None:
            return relation
    if _denies(first.words) != _denies(second.words) or _numbers_clash(first, second):
        return Relation.OTHER
    return None


def features(question: str, first: Said, second: Said) -> dict[str, float]:
    """How alike two answers are in wording, as `FEATURES` says."""
    from rapidfuzz import fuzz

    one, other = fold(first.words), fold(second.words)
    terms, others = _terms(first.words), _terms(second.words)
    common = len(terms & others)
    lengths = sorted((len(one.split()) or 1, len(other.split()) or 1))
    return {
        "tokens": fuzz.token_sort_ratio(one, other) / 100,
        "letters": fuzz.ratio(one, other) / 100,
        "part": fuzz.partial_ratio(one, other) / 100,
        "terms": common / (len(terms | others) or 1),
        "held": common / (min(len(terms), len(others)) or 1),
        "spelled": names.shared(sorted(terms), sorted(others)),
        "size": lengths[0] / lengths[1],
        "yes_no": float(sought(question).yes_no),
    }


def probability(found: Mapping[str, float]) -> float:
    """How likely two answers with these features say the same, 0..1."""
    weights, bias = _model()
    return logistic(bias + sum(weight * found[name] for name, weight in weights.items()))


def _wording(want: Sought, first: Said, second: Said) -> Relation | None:
    """The same content words, or the same words altogether."""
    one, other = _bare(first.words), _bare(second.words)
    if one == other and first.published == second.published:
        return Relation.SAME
    if want.date or _denies(first.words) != _denies(second.words):
        return None
    same = one == other or (_terms(first.words) == _terms(second.words) and not want.amount)
    return Relation.SAME if same else None


def _either(want: Sought, first: Said, second: Said) -> Relation | None:
    """The sides that two answers take in "a church or a mosque?"."""
    if not want.either:
        return None
    sides = [[bool(side & _terms(said.words)) for side in want.either] for said in (first, second)]
    if not all(sum(side) == 1 for side in sides):
        return None
    return Relation.SAME if sides[0] == sides[1] else Relation.EXCLUDES


def _dates(want: Sought, first: Said, second: Said) -> Relation | None:
    if want.amount or not (want.date or _is_short(first, second)):
        return None
    one = dates.when(first.words, first.published)
    other = dates.when(second.words, second.published)
    fit = dates.fit(one, other) if one and other else None
    return _relation(fit)


def _amounts(want: Sought, first: Said, second: Said) -> Relation | None:
    if want.date or not (want.amount or _is_short(first, second)):
        return None
    ones, others = _counted(first), _counted(second)
    if not want.amount and not (_is_number(first) and _is_number(second)):
        return None
    if not ones or not others:
        return None
    return _relation(amounts.fit(ones, others)) or Relation.OTHER


def _sides(want: Sought, first: Said, second: Said) -> Relation | None:
    """The two sides of a yes-or-no question."""
    if not want.yes_no:
        return None
    one, other = _denies(first.words), _denies(second.words)
    if one != other:
        return Relation.EXCLUDES
    if one:
        return Relation.SAME
    texts = fold(first.words), fold(second.words)
    later = [bool(_LATER.search(text)) for text in texts]
    # What was under way may have been done since, or not.
    if not want.done or any(map(_UNDER_WAY.search, texts)):
        return None
    return Relation.EXCLUDES if later[0] != later[1] else None


def _names(want: Sought, first: Said, second: Said) -> Relation | None:
    fit = names.fit(first.words, second.words, want.place)
    if fit is Fit.APART and not want.one:
        return Relation.OTHER
    return _relation(fit)


def _relation(fit: Fit | None) -> Relation | None:
    if fit is None:
        return None
    return {
        Fit.SAME: Relation.SAME,
        Fit.OPEN: Relation.OTHER,
        Fit.APART: Relation.EXCLUDES,
    }[fit]


def _numbers_clash(first: Said, second: Said) -> bool:
    return amounts.fit(_counted(first), _counted(second)) in (Fit.APART, Fit.OPEN)


def _counted(said: Said) -> tuple[Amount, ...]:
    before, words, after = said.sentence.partition(said.words)
    return amounts.amounts(said.words, before if words else "", after)


@functools.lru_cache(maxsize=4096)
def _terms(text: str) -> frozenset[str]:
    return frozenset(content_terms(text))


@functools.lru_cache(maxsize=4096)
def _bare(words: str) -> str:
    """Letters and numbers only, without an article or preposition before them."""
    plain = " ".join(re.findall(r"[^\W_]+|[%$€£+]", re.sub(r"['’]s\b", "", fold(words))))
    return re.sub(r"^(?:(?:in|on|at|the|an?|to|by|of|from|near) )+(?=.)", "", plain)


@functools.lru_cache(maxsize=4096)
def _denies(words: str) -> bool:
    return bool(_DENIAL.search(_QUALITY.sub(_kept, fold(words))))


def _kept(quality: re.Match[str]) -> str:
    """A word of denial, unless it says what kind of thing the noun after it is."""
    noun = quality[1] not in FUNCTION_WORDS and not quality[1].endswith("ly")
    return "" if noun else quality[0]


def _is_short(first: Said, second: Said) -> bool:
    return max(len(first.words.split()), len(second.words.split())) <= SHORT


def _is_number(said: Said) -> bool:
    """Whether a span is a number with what it counts rather than a name that holds one."""
    found = amounts.amounts(said.words)
    return bool(found) and found[0].unit != "th" and not re.search(r"\b[A-Z]\w*$", said.words)


@functools.lru_cache(maxsize=1)
def _model() -> tuple[dict[str, float], float]:
    """Weights by feature, and bias."""
    stored = json.loads(resources.files("pincite.qa.said").joinpath("same.json").read_text("utf-8"))
    return {name: float(weight) for name, weight in stored["weights"].items()}, stored["bias"]
