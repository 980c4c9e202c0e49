"""A question of a statement: its answer taken out, question words put in.

Questions for unsupervised training are made so by Lewis, Denoyer and Riedel (2019,
"Unsupervised Question Answering by Cloze Translation") and by Fabbri et al. (2020,
"Template-Based Question Generation from Retrieved Sentences for Improved Unsupervised
Question Answering"). The steps: the clause around the answer (`clause.py`), its question
words (`wording.py`), the question's form (`forms.py`).
"""

from __future__ import annotations

import re

from pincite.training.made.clause import clause
from pincite.training.made.entities import Taken
from pincite.training.made.forms import Put, formed
from pincite.training.made.lexicon import Lexicon
from pincite.training.made.wording import worded
from pincite.training.made.words import TITLES

LEAST_WORDS, MOST_WORDS = 6, 20
MOST_COMMAS = 2

# They mean something only where the statement stands.
_POINTING = re.compile(
    r"\b(?:I|we|me|us|my|our|you|your|this|these|those|here|today|yesterday|tomorrow|tonight|"
    r"I['’]m|we['’]re|it['’]s|that['’]s)\b",
    re.I,
)
_NO_SIGNS = frozenset('"“”()[]/•|')
_NAME_BEFORE = re.compile(r"((?:[A-Z][\w.'’-]+ ){1,3}[A-Z][\w'’-]+), $")


def put(sentence: str, taken: Taken, lexicon: Lexicon) -> Put | None:
    """The question that the sentence answers with what is taken; None where no rule is safe."""
    if taken.type == "age":
        return _age(sentence, taken)
    around = clause(sentence, taken, lexicon)
    blank = None if around is None else worded(around[0], taken, around[1], lexicon)
    made = None if blank is None else formed(blank, taken.type, lexicon)
    if made is None:
        return None
    question = _tidied(made.question)
    if taken.text in question or not _stands_alone(question):
        return None
    return Put(question, made.form, made.noun)


def _age(sentence: str, taken: Taken) -> Put | None:
    """Of "Ann Lee, 34, won": how old she is."""
    name = _NAME_BEFORE.search(sentence[: taken.start])
    words = [word for word in name[1].split() if word not in TITLES] if name else []
    if len(words) < 2 or sentence[taken.end : taken.end + 1] not in {",", "."}:
        return None
    return Put(f"How old is {' '.join(words)}?", "front", words[-1])


def _tidied(question: str) -> str:
    text = re.sub(r"\s+([,.?])", r"\1", re.sub(r"\s+", " ", question)).strip(" ,.;:")
    text = re.sub(r"\b(U\.S|[ap]\.m)$", r"\1.", text) + "?"
    return text[0].upper() + text[1:]


def _stands_alone(question: str) -> bool:
    """Whether it is neither short nor long, quotes nothing, and points at nothing before it."""
    # The first letter is left out, so that "Where" is a "here": such questions are refused too.
    return (
        LEAST_WORDS <= len(question.split()) <= MOST_WORDS
        and not _POINTING.search(question[1:].replace("U.S", ""))
        and not _NO_SIGNS & set(question)
        and question.count(",") <= MOST_COMMAS
    )
