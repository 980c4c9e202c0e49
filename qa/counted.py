""" "How many prisoners?" where the articles count "Russian soldiers": asked again in their words.

A reader that was asked for prisoners hardly knows two soldiers for an answer. Where the
leading account counts something near in meaning under another name, that name is put for the
asked one, and the question is looked up once more (relevance feedback: Rocchio, 1971). What
is found then can show more accounts; it never makes an answer of a refusal, nor a surer one.
"""

from __future__ import annotations

import re

from pincite.index.encoder import Encoder
from pincite.index.terms import FUNCTION_WORDS, terms
from pincite.qa.accounts import Told
from pincite.qa.said.numbers import UNITS, number, placed
from pincite.qa.said.same import Said

NEAR = 0.5  # cosine of two nouns from which one may stand for the other
MOST = 3  # words of a name at most

_ASKED = re.compile(
    r"\bhow many ((?:[\w’'-]+ ){0,2}?[\w’'-]+)"
    r"(?= (?:were|was|are|is|did|does|do|has|have|had|will|would|can|could)\b|\W*$)",
    re.IGNORECASE,
)


def in_their_words(question: str, account: Told, encoder: Encoder) -> str | None:
    """The question with the name that the account's first voice has for what is counted.

    None if it asks for no number, or the account counts the same thing, or another.
    """
    asked = _ASKED.search(question)
    if asked is None:
        return None
    name = counted(account.voices[0].said)
    if not name or set(terms(name)) & set(terms(asked[1])) or set(asked[1].split()) & UNITS.keys():
        return None
    # The last word says what kind of thing it is: "wounded Russian soldiers" are soldiers.
    one, other = encoder.encode([asked[1].split()[-1], name.split()[-1]])
    if float(one @ other) < NEAR:
        return None
    return question[: asked.start(1)] + name + question[asked.end(1) :]


def counted(said: Said) -> str:
    """What the first number of an answer counts, in its sentence's words; "" if nothing is told."""
    _, words, after = said.sentence.partition(said.words)
    text = words + after
    marks = placed(text)
    tokens = [token for token, _, _ in marks]
    at = 0
    while at < len(tokens) and (read := number(tokens, at)) is None:
        at += 1
    if at == len(tokens) or read is None or (at and marks[at][1] > len(words)):
        return ""
    at = read.end
    if tokens[at : at + 1] and tokens[at] in "-–‑—":
        second = number(tokens, at + 1)
        at = at + 1 if second is None else second.end
    name: list[tuple[int, int]] = []
    for token, start, end in marks[at : at + MOST]:
        if not token[0].isalpha() or token in FUNCTION_WORDS or token in UNITS:
            break
        name.append((start, end))
    return " ".join(text[start:end] for start, end in name)
