"""The recipe: every number that shapes the weights, in one place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from types import MappingProxyType

# How often a question of each source is seen in the first stage; a fraction draws a sample.
# Templated QA-SRL questions are weighed down, a source without answers is repeated as
# often as those that it stands beside.
EPOCHS: Mapping[str, float] = MappingProxyType(
    {
        "squad_du_test": 4.0,
        "squad_flan": 4.0,
        "squaddev": 4.0,
        "squad2dev_imp": 4.0,
        "squadshifts_amazon": 2.0,
        "squadshifts_reddit": 2.0,
        "nq": 3.0,
        "qed": 3.0,
        "qamr": 1.0,
        "qasrl_wikinews": 0.3,
        "qasrl_wikipedia": 0.3,
        "bipar": 1.0,
        "fairytaleqa": 1.0,
        "realtimeqa": 2.0,
        "cloze": 1.0,
    }
)

# Share of the questions of each source that the second stage sees, once, in passages as the
# product cuts them and beside a passage that does not answer them.
IN_PASSAGES: Mapping[str, float] = MappingProxyType(
    {
        "squad_du_test": 0.8,
        "squad_flan": 0.8,
        "squaddev": 0.8,
        "squad2dev_imp": 1.0,
        "squadshifts_amazon": 0.2,
        "squadshifts_reddit": 0.2,
        "nq": 1.0,
        "qed": 1.0,
        "realtimeqa": 1.0,
    }
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a run does. Uncompiled, equal recipes on equal data and machine make equal weights.

    Attributes:
        drafts: sources whose answers are cut in another way than people's (questions made
            by rule, or for every verb of a sentence); seen before all others.
        epochs, in_passages: by source, see `EPOCHS` and `IN_PASSAGES`; other
            sources count as 1.
        batch_tokens: padded tokens of a batch at most.
        learning_rate: its peak; it rises over `warmup` (share of all steps) and
            falls linearly to nothing.
        dropout: share of hidden units dropped, see `pincite.training.dropout`.
        averaging: of the weights' exponential moving average, a step (Polyak and
            Juditsky, 1992); 0 keeps the last weights.
        crop_tokens: least and most tokens of a text in the first stage, a window
            around the answer at a place drawn by chance.
        crop_away: share of first-stage questions whose window misses the answer.
        passage_tokens: the same of a passage in the second stage.
        header: share of second-stage passages that are headed by their title.
        typed: share of questions as people type them, see `pincite.training.typed`.
        twins: share of second-stage questions that also come edited so that the
            passage no longer answers them.
        null_weight: of a retrieved passage's "no answer" in the loss.
        shared_weight: of the normalisation over all passages of a question
            (Clark and Gardner, 2018, section 3.2).
    """

    seed: int = 1
    drafts: tuple[str, ...] = ("cloze", "qamr", "qasrl_wikinews", "qasrl_wikipedia")
    epochs: Mapping[str, float] = field(default_factory=lambda: dict(EPOCHS))
    in_passages: Mapping[str, float] = field(default_factory=lambda: dict(IN_PASSAGES))
    batch_tokens: int = 6000
    learning_rate: float = 2e-4
    warmup: float = 0.04
    weight_decay: float = 0.01
    clip: float = 1.0
    dropout: float = 0.1
    averaging: float = 0.999
    crop_tokens: tuple[int, int] = (72, 160)
    crop_away: float = 0.1
    question_tokens: int = 48
    passage_tokens: tuple[int, int] = (120, 250)
    header: float = 0.5
    typed: float = 0.12
    twins: float = 0.2
    null_weight: float = 0.6
    shared_weight: float = 0.5

    @property
    def name(self) -> str:
        """Short, of its content."""
        return sha256(self.json.encode()).hexdigest()[:12]

    @property
    def json(self) -> str:
        """All numbers, for the run's record."""
        return json.dumps(asdict(self), sort_keys=True)
