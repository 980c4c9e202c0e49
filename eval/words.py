"""Whether an answer's words are the expected ones.

Exact match and F1 are those of Rajpurkar et al. 2016, "SQuAD: 100,000+ Questions for
Machine Comprehension of Text", section 6.1, as its official script computes them.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterable

MOST_EXTRA_TOKENS = 5
LEAST_PART_F1 = 0.5

_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
_PLAIN = str.maketrans("‘’‚‛′“”„‟″«»‐‑‒–−—―…", '\'\'\'\'\'"""""""-----   ')


def normalise(text: str) -> str:
    """The text in SQuAD 1.1's normal form.

    Lower case, without ASCII punctuation, without the words a, an and the,
    with single spaces. Applying it twice changes nothing more.
    """
    bare = text.lower().translate(_NO_PUNCTUATION)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", bare).split())


def token_f1(one: str, other: str) -> float:
    """F1 of the two texts' normalised tokens as multisets, 0..1, symmetric.

    Two texts without a token (SQuAD 1.1 has none such) count as equal, as in
    the script of Rajpurkar et al. 2018, "Know What You Don't Know" (SQuAD 2.0).
    """
    left, right = normalise(one).split(), normalise(other).split()
    if not left or not right:
        return float(left == right)
    shared = sum((Counter(left) & Counter(right)).values())
    return 2 * shared / (len(left) + len(right))


def exact_match(answer: str | None, accepted: Iterable[str]) -> float:
    """1 if the answer and some acceptable answer have the same normal form, else 0."""
    return float(answer is not None and normalise(answer) in {normalise(a) for a in accepted})


def f1(answer: str | None, accepted: Iterable[str]) -> float:
    """The best `token_f1` over the acceptable answers, 0..1; 0 for a refusal."""
    return 0.0 if answer is None else max((token_f1(answer, a) for a in accepted), default=0.0)


def is_right(answer: str, accepted: str) -> bool:
    """Whether the answer's words say what the acceptable answer says.

    Let P and A be the normalised token lists of the answer and the acceptable
    answer, after curly quotes and dashes have become their ASCII twins, and
    the em dash and the ellipsis a space. The answer is right if one of these holds:

    1. P = A;
    2. A, not empty, is a run of neighbouring tokens in P, and P has at most
       5 tokens more than A ("13 disarmed Russian soldiers" for "13");
    3. P, not empty, is a run of neighbouring tokens in A, and their token F1
       is at least 0.5 ("Gladkov" for "Vyacheslav Gladkov").
    """
    plain, other = answer.translate(_PLAIN), accepted.translate(_PLAIN)
    got, want = normalise(plain).split(), normalise(other).split()
    if got == want:
        return True
    if _is_run(want, got):
        return len(got) - len(want) <= MOST_EXTRA_TOKENS
    return _is_run(got, want) and token_f1(plain, other) >= LEAST_PART_F1


def _is_run(part: list[str], whole: list[str]) -> bool:
    size = len(part)
    starts = range(len(whole) - size + 1)
    return bool(part) and any(whole[start : start + size] == part for start in starts)
