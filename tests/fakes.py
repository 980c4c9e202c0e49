"""The one fake encoder, reader and comparison: fast, deterministic, and real in kind.

They do what a model does, in a way that can be worked out by hand: texts that
share terms are near each other, and the answer is what stands nearest to the
question's terms.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence

import numpy as np

from pincite.index.encoder import Vectors
from pincite.index.terms import content_terms, terms
from pincite.qa.agreement import Likely
from pincite.qa.amounts import Fit
from pincite.qa.confidence import Confidence, Regression
from pincite.qa.measured import Statement, fit
from pincite.qa.reader import Span, Text

DIMENSION = 64

CONFIDENCE = Confidence(
    span=Regression({"margin": 1.0}, -2.0), voice=Regression({"strength": 1.0}, 0.0)
)
"""Of the fake reader: a span whose paragraph shares three terms is as likely right as wrong."""


class FakeEncoder:
    """A bag of terms hashed into 64 dimensions; counts the texts it was given."""

    def __init__(self, fingerprint: str = "fake-encoder") -> None:
        self.fingerprint = fingerprint
        self.encoded: list[str] = []

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> Vectors:
        self.encoded.extend(texts)
        vectors = np.zeros((len(texts), DIMENSION), dtype=np.float32)
        for row, text in enumerate(texts):
            for term in terms(text) or [""]:
                digest = hashlib.sha256(term.encode()).digest()
                vectors[row, digest[0] % DIMENSION] += 1.0
        if progress:
            progress(len(texts))
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        normalised: Vectors = (vectors / lengths).astype(np.float32)
        return normalised


class FakeReader:
    """Answers with a paragraph's first number, or first capitalised word, not in the question.

    The score is the number of the question's terms in the paragraph; the null
    score is 1, so that a paragraph must share two terms to beat it.

    Args:
        weight: of each term.
    """

    def __init__(self, fingerprint: str = "fake-reader", weight: float = 1.0) -> None:
        self.fingerprint = fingerprint
        self._weight = weight

    def read(self, asked: str, texts: Sequence[Text]) -> list[list[Span]]:
        wanted = set(terms(asked))
        return [self._of(wanted, text) for text in texts]

    def _of(self, wanted: set[str], text: Text) -> list[Span]:
        spans = []
        for start, end in text.bounds:
            shared = wanted.intersection(terms(text.text[start:end]))
            words = [
                word
                for word in re.finditer(r"\d[\d-]*|[A-Z]\w+", text.text[start:end])
                if not wanted.intersection(terms(word.group()))
            ]
            if words:
                first, last = words[0].span()
                spans.append(Span(start + first, start + last, self._weight * len(shared), 1.0))
        return sorted(spans, key=lambda span: -span.score)


SAME, COMPATIBLE, CONFLICT = (
    Likely(0.97, 0.01, 0.01, 0.01),
    Likely(0.01, 0.97, 0.01, 0.01),
    Likely(0.01, 0.01, 0.97, 0.01),
)


class FakeComparison:
    """Compares amounts; other words are the same if one answer holds the other's terms.

    Attributes:
        compared: pairs that it was given.
    """

    def __init__(self) -> None:
        self.compared = 0

    def compare(self, question: str, pairs: Sequence[tuple[Statement, Statement]]) -> list[Likely]:
        self.compared += len(pairs)
        return [self._one(*pair) for pair in pairs]

    def _one(self, first: Statement, second: Statement) -> Likely:
        found = fit(first, second)
        if found is not None:
            return {Fit.SAME: SAME, Fit.OPEN: COMPATIBLE, Fit.APART: CONFLICT}[found]
        one, other = (set(content_terms(words.words)) for words in (first, second))
        return SAME if one <= other or other <= one else COMPATIBLE
