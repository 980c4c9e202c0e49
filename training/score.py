"""How well the weights read so far: a sample of the development questions to choose by."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pincite.eval.data import SQUAD_LIKE, UNANSWERABLE, Paragraph
from pincite.eval.words import f1
from pincite.training.examples import Example
from pincite.training.hardware import Hardware
from pincite.training.loss import collate
from pincite.training.tokens import NOTHING, Encode, Template
from pincite.training.wording import plain

EACH = 60  # questions of a kind
LONGEST_ANSWER = 30  # tokens
REFUSED = 0.1  # share of the answerable that may be refused


@dataclass(frozen=True, slots=True)
class Scored:
    """A development question ready to be read, on the whole of its paragraph."""

    kind: str
    example: Example
    bounds: NDArray[np.int32]
    text: str
    answers: tuple[str, ...]


def development_sample(
    paragraphs: Sequence[Paragraph], encode: Encode, question_tokens: int, longest: int, seed: int
) -> list[Scored]:
    """Some questions of each kind, of the half of the development data to choose by.

    Args:
        longest: tokens of a question and its text together.
    """
    kinds: dict[str, list[tuple[Paragraph, int]]] = {}
    for paragraph in paragraphs:
        if (paragraph.split, paragraph.half) != ("dev", "tune"):
            continue
        for n, asked in enumerate(paragraph.asked):
            if asked.kind or asked.source in (*SQUAD_LIKE, UNANSWERABLE):
                kinds.setdefault(asked.kind or asked.source, []).append((paragraph, n))
    drawn = random.Random(seed)
    chosen = [
        (kind, paragraph, paragraph.asked[n])
        for kind, of in sorted(kinds.items())
        for paragraph, n in drawn.sample(of, min(EACH, len(of)))
    ]
    texts = encode([paragraph.text for _, paragraph, _ in chosen])
    questions = encode([plain(asked) for _, _, asked in chosen])
    out = []
    for (kind, paragraph, asked), question, text in zip(chosen, questions, texts, strict=True):
        ids = question.ids[-question_tokens:]
        room = longest - len(ids)
        references = paragraph.words(asked.answers)
        example = Example(ids, NOTHING, text.ids[:room], ())
        out.append(Scored(kind, example, text.bounds[:room], paragraph.text, references))
    return out


def score(
    model: Any,  # noqa: ANN401
    sample: Sequence[Scored],
    template: Template,
    hardware: Hardware,
) -> dict[str, float]:
    """Forced F1 of each kind, and how many unanswerable are refused where 10 % of the others are.

    In per cent. What the sample has no questions for is left out.
    """
    import torch

    f1s: dict[str, list[float]] = {}
    margins: list[tuple[float, bool]] = []
    order = sorted(range(len(sample)), key=lambda i: sample[i].example.length)
    for at in range(0, len(order), 16):
        part = [sample[i] for i in order[at : at + 16]]
        batch = collate([one.example for one in part], template).to(hardware.device)
        with torch.inference_mode(), hardware.autocast():
            output = model(**batch.inputs)
        starts, ends = (x.float().cpu().numpy() for x in (output.start_logits, output.end_logits))
        for row, one in enumerate(part):
            begin = len(one.example.question) + len(template.before) + len(template.between)
            place = slice(begin, begin + len(one.bounds))
            first, last, best = best_pair(starts[row, place], ends[row, place])
            null = starts[row, template.null] + ends[row, template.null]
            margins.append((best - float(null), bool(one.answers)))
            if one.answers:
                said = one.text[one.bounds[first][0] : one.bounds[last][1]]
                f1s.setdefault(one.kind, []).append(f1(said, one.answers))
    scores = {f"f1 {kind}": round(100 * float(np.mean(of)), 1) for kind, of in sorted(f1s.items())}
    answerable = [margin for margin, answered in margins if answered]
    others = np.array([margin for margin, answered in margins if not answered])
    if answerable and len(others):
        threshold = np.quantile(answerable, REFUSED)
        scores["refused"] = round(100 * float(np.mean(others < threshold)), 1)
    return scores


def best_pair(starts: NDArray[np.float32], ends: NDArray[np.float32]) -> tuple[int, int, float]:
    """First and last token of the best span of at most `LONGEST_ANSWER`, and its score."""
    both = starts[:, None] + ends[None, :]
    both = np.where(np.tril(np.triu(np.ones_like(both)), LONGEST_ANSWER - 1) > 0, both, -np.inf)
    first, last = np.unravel_index(int(both.argmax()), both.shape)
    return int(first), int(last), float(both[first, last])
