"""Fit how spans are ranked and how sure we are of them; see `qa/rank.py`.

    python -m eval.fit_ranking [--news FOLDER]

Fits on the development half of the evaluation questions (the index of the
settings) and, if given, on a news sample (`eval/news.py`), and writes
`ranking.json` beside the reader. Nothing of the test half is read. What is
printed was measured by five-fold cross-validation, all wordings of one fact in
one fold.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval.cli import QUESTIONS
from eval.metrics import supports
from eval.news import load as load_news
from eval.questions import Question, load
from eval.words import is_right
from index.corpus import scan
from index.manifest import write_durably
from pincite.settings import load_settings
from qa.ask import Pincite
from qa.cite import cite
from qa.rank import FEATURES, FILE, described, place
from qa.retrieve import rarity_of, retrieve

FOLDS = 5
REFUSED = 0.05  # share of the answerable questions that the threshold may refuse
NAMES = tuple(FEATURES)

Matrix = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question's candidates.

    Attributes:
        source: "articles" or "news".
        fold: 0..FOLDS-1.
        features: shape `[candidates, len(NAMES)]`.
        right: shape `[candidates]`.
    """

    source: str
    fold: int
    answerable: bool
    features: Matrix
    right: Mask


@dataclass(frozen=True, slots=True)
class Linear:
    """Weights by feature and a bias."""

    weights: dict[str, float]
    bias: float

    def probability(self, features: Matrix) -> Matrix:
        """Of being right, for features of shape `[n, len(NAMES)]`."""
        z = features @ np.array([self.weights[name] for name in NAMES]) + self.bias
        out: Matrix = 1.0 / (1.0 + np.exp(-z))
        return out


def fit(asked: Sequence[Asked]) -> Linear:
    """Logistic regression over all candidates: is this one right (Platt, 1999)?

    The usual L2 penalty, of strength 1, on standardised features.
    """
    from sklearn.linear_model import LogisticRegression

    features = np.concatenate([a.features for a in asked])
    right = np.concatenate([a.right for a in asked])
    mean, deviation = features.mean(axis=0), features.std(axis=0) + 1e-9
    model = LogisticRegression(C=1.0, max_iter=1000).fit((features - mean) / deviation, right)
    weights = model.coef_[0] / deviation
    return Linear(
        dict(zip(NAMES, map(float, weights), strict=True)),
        float(model.intercept_[0] - weights @ mean),
    )


def threshold_for(confidences: Matrix, answerable: Mask) -> float:
    """The confidence under which `REFUSED` of the answerable questions fall."""
    return float(np.quantile(confidences[answerable], REFUSED))


def _article_questions(opened: Pincite) -> Iterator[Asked]:
    texts = {a.file: a.text for a in scan(opened.settings.corpus).articles()}
    for question in load(QUESTIONS, texts, split="dev"):
        text = question.standalone or question.question
        features, right = [], []
        for citation, words, row in _candidates(opened, text):
            features.append(row)
            right.append(_is_right(question, words, citation))
        yield Asked(
            "articles",
            _fold(question.group),
            question.answerable,
            np.array(features),
            np.array(right),
        )


def _is_right(question: Question, words: str, citation: dict[str, object]) -> bool:
    return any(
        supports(citation, account) and any(is_right(words, answer) for answer in account.answers)
        for account in question.accounts
    )


def _news_questions(opened: Pincite, folder: Path) -> Iterator[Asked]:
    for question in load_news(folder):
        features, right = [], []
        for _, words, row in _candidates(opened, question.question):
            features.append(row)
            right.append(any(is_right(words, answer) for answer in question.answers))
        yield Asked(
            "news",
            _fold(question.question),
            bool(question.answers),
            np.array(features),
            np.array(right),
        )


def _candidates(
    opened: Pincite, question: str
) -> Iterator[tuple[dict[str, object], str, list[float]]]:
    """Each candidate's citation, words and features."""
    rarity = rarity_of(question, opened.index)
    hits = retrieve(question, rarity, opened.index, opened.encoder, opened.settings)
    spans = opened.reader.read(question, [hit.passage for hit in hits])
    for hit, span, features in described(question, hits, spans, rarity):
        article = opened.index.store.article(hit.passage.article)
        assert article is not None  # a passage's article is in the store
        citation = cite(article, 1, *place(hit, span))
        yield asdict(citation), citation.quote, [features[name] for name in NAMES]


def _fold(group: str) -> int:
    # By the hash of its name: all questions of a group fall into one fold.
    return int(sha256(group.encode()).hexdigest(), 16) % FOLDS


def cross_validate(asked: Sequence[Asked]) -> list[tuple[Asked, float, bool]]:
    """Each question with the confidence and the rightness of its leading candidate, unseen."""
    out = []
    for fold in range(FOLDS):
        model = fit([a for a in asked if a.fold != fold])
        for a in (a for a in asked if a.fold == fold):
            confidences = model.probability(a.features)
            best = int(np.argmax(confidences))
            out.append((a, float(confidences[best]), bool(a.right[best])))
    return out


def _measured(unseen: Sequence[tuple[Asked, float, bool]], threshold: float) -> dict[str, float]:
    answerable = [u for u in unseen if u[0].answerable]
    others = [u for u in unseen if not u[0].answerable]
    return {
        "questions": len(unseen),
        "right when forced": float(np.mean([right for _, _, right in answerable])),
        "answerable refused": float(np.mean([c < threshold for _, c, _ in answerable])),
        "unanswerable refused": float(np.mean([c < threshold for _, c, _ in others])),
    }


def main() -> None:
    """Fit, print what cross-validation says, write the file."""
    parser = argparse.ArgumentParser(description="Fit the ranking of spans.")
    parser.add_argument("--news", type=Path, help="folder of a news sample with its index")
    parser.add_argument("--out", type=Path, help=f"file to write (default: READER/{FILE})")
    args = parser.parse_args()
    settings = load_settings()
    opened = Pincite.open(settings, ranked=False)
    asked = list(_article_questions(opened))
    if args.news:
        news = Pincite.open(load_settings(index=args.news / "index"), ranked=False)
        asked.extend(_news_questions(news, args.news))
    asked = [a for a in asked if len(a.features)]
    unseen = cross_validate(asked)
    threshold = threshold_for(
        np.array([c for _, c, _ in unseen]), np.array([a.answerable for a, _, _ in unseen])
    )
    for source in sorted({a.source for a in asked}):
        print(source, _measured([u for u in unseen if u[0].source == source], threshold))
    model = fit(asked)
    fitted = {
        "reader": opened.reader.fingerprint,
        "weights": model.weights,
        "bias": model.bias,
        "threshold": round(threshold, 4),
    }
    out = args.out or Path(settings.reader) / FILE
    write_durably(out, (json.dumps(fitted, indent=1) + "\n").encode())
    print(f"written: {out}")


if __name__ == "__main__":
    main()
