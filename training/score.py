"""How well the weights read so far: a sample of the development questions."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pincite.eval.calibration import refused_at, threshold_at
from pincite.eval.data import UNANSWERABLE, WIKIPEDIA, Paragraph
from pincite.eval.words import exact_match, f1
from pincite.qa.read import best_spans
from pincite.training.examples import NOTHING, Encode, Example, Row
from pincite.training.hardware import Hardware
from pincite.training.loss import collate
from pincite.training.state import State

SCORED = 400  # questions of the sample
LONGEST_ANSWER = 30  # tokens


@dataclass(frozen=True, slots=True)
class Scored:
    """A development question ready to be read."""

    example: Example
    bounds: list[tuple[int, int]]
    text: str
    answers: tuple[str, ...]


def development_sample(paragraphs: Sequence[Paragraph], encode: Encode, seed: int) -> list[Scored]:
    """Development questions of Wikipedia articles, answerable ones and others, whole paragraphs."""
    sources = {*WIKIPEDIA, UNANSWERABLE}
    asked = [(p, a) for p in paragraphs if p.split == "dev" for a in p.asked if a.source in sources]
    asked = random.Random(seed).sample(asked, min(SCORED, len(asked)))
    texts = encode([p.text for p, _ in asked])
    questions = encode([a.question for _, a in asked])
    return [
        Scored(
            Example(q.ids[:48], (Row(NOTHING, t.ids[:400], ()),)),
            [(int(s), int(e)) for s, e in t.bounds[:400]],
            p.text,
            tuple(p.text[s:e] for s, e in a.answers),
        )
        for (p, a), q, t in zip(asked, questions, texts, strict=True)
    ]


def score(
    state: State, sample: Sequence[Scored], special: tuple[int, int, int], hardware: Hardware
) -> dict[str, float]:
    """Forced F1 and exact match on the sample, and how well null margins part the unanswerable.

    Of the averaged weights, as they will be kept. What the sample has no questions for is left out.
    """
    import torch

    now = {k: v.detach().clone() for k, v in state.model.state_dict().items()}
    if state.recipe.averaging:
        state.model.load_state_dict(state.average)
    state.model.eval()
    f1s, exact, margins = [], [], []
    with torch.inference_mode(), hardware.autocast():
        order = sorted(range(len(sample)), key=lambda i: sample[i].example.longest)
        for at in range(0, len(order), 16):
            part = [sample[i] for i in order[at : at + 16]]
            batch = collate([s.example for s in part], *special).to(hardware.device)
            output = state.model(
                input_ids=batch.ids, attention_mask=batch.mask, token_type_ids=batch.types
            )
            starts = output.start_logits.float().cpu().numpy()
            ends = output.end_logits.float().cpu().numpy()
            for row, one in enumerate(part):
                begin = len(one.example.question) + 2
                places = np.array([(0, 0)] * begin + one.bounds, dtype=np.int32)
                # As one sentence: what is scored is what the weights say.
                inside = np.array([-1] * begin + [0] * len(one.bounds), dtype=np.int32)
                n = len(places)
                spans = best_spans(
                    starts[row, :n], ends[row, :n], places, inside, one.text, LONGEST_ANSWER
                )
                said = one.text[spans[0].start : spans[0].end] if spans else ""
                margins.append((spans[0].score - spans[0].null if spans else -99.0, one.answers))
                if one.answers:
                    f1s.append(f1(said, one.answers))
                    exact.append(exact_match(said, one.answers))
    state.model.load_state_dict(now)
    state.model.train()
    answerable = np.array([m for m, answers in margins if answers])
    others = np.array([m for m, answers in margins if not answers])
    scores = {}
    if len(answerable):
        scores["f1"] = round(100 * float(np.mean(f1s)), 2)
        scores["exact"] = round(100 * float(np.mean(exact)), 2)
    if len(answerable) and len(others):
        refused = refused_at(others, threshold_at(answerable, 0.1))
        scores["unanswerable_refused_at_10"] = round(100 * refused, 1)
    return scores
