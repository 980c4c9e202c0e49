"""Train the comparison of two answers: the same, compatible, in conflict, or which of them is none.

Pairs come from events told by several reports, and from questions on one text, follow-ups among
them. Right answers are paired as the events say, with each other and with what a careless reader
would take for one: words that the data names, and what the shipped retriever and reader find. What
they find and is right is paired too, so that the comparison has seen what it is asked.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from pincite.errors import InvalidData
from pincite.eval.data import Paragraph
from pincite.eval.events import KINDS, NOT_AN_ACCOUNT, EventQuestion
from pincite.eval.reading import text_of
from pincite.qa.accounts import HEARD
from pincite.qa.agreement import Relation, Writer
from pincite.qa.measured import Statement
from pincite.training.batches import batches, padded
from pincite.training.mined import Key, Mined, key, mine
from pincite.training.recipe import AgreementRecipe
from pincite.training.run import Job, Parts, Setting, train
from pincite.training.wording import title_of

if TYPE_CHECKING:
    import torch

LABELS = tuple(Relation)
_BOTH = (Relation.SAME, Relation.COMPATIBLE, Relation.CONFLICT)  # answer
TEXT_KINDS = ("plain", "far", "keywords", "follow-up", "unanswerable")
"""Of questions on a text that no other tells."""
SCORED = 600  # development pairs to see the progress by


@dataclass(frozen=True, slots=True)
class Told:
    """What a report says to a question.

    Attributes:
        account: its number; `NOT_AN_ACCOUNT` for words that answer nothing.
        mined: nobody named these words.
    """

    statement: Statement
    account: int
    mined: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """Two statements to one question, and how they stand to each other.

    Attributes:
        mined: one of them is.
        kind: of the question.
    """

    question: str
    first: Statement
    second: Statement
    relation: Relation
    mined: bool = False
    kind: str = ""


def train_agreement(setting: Setting, recipe: AgreementRecipe) -> dict[str, Any]:
    """Fine-tune a comparison; see `pincite.training.run.train` for what is returned and raised."""
    return train(setting, recipe, "relation", lambda parts: plan(parts, recipe))


def plan(parts: Parts, recipe: AgreementRecipe) -> Job:
    """The run's pairs in batches, drawn anew for every epoch, each in one of its two orders.

    Raises:
        InvalidData: there is no pair to train on.
    """
    drawn = random.Random(recipe.seed)
    known = [p for p in parts.paragraphs if p.split == "train" or p.half == "tune"]
    asks, mined = partial(_asks, recipe.asked), dict[Key, list[Mined]]()
    # Indexed apart: what a report says is no wrong answer to a question on another text.
    for name, kinds in (("events", KINDS), ("texts", TEXT_KINDS)):
        if any(recipe.asked.get(kind) for kind in kinds):
            mined |= mine(known, parts.folder.parent / name, parts.say, asks, kinds)
    train_on = list(pairs_of(known, mined, "train"))
    held_out = list(_epoch(pairs_of(known, mined, "tune"), replace(recipe, share=1.0), drawn))
    held_out = drawn.sample(held_out, min(SCORED, len(held_out)))
    if not train_on:
        raise InvalidData("the files hold no events", "Give events told by several reports.")
    writer = Writer(parts.tokenizer.backend_tokenizer, recipe.context)

    def written(pair: Pair) -> list[int]:
        return writer.ids(pair.question, pair.first, pair.second)

    seen: list[tuple[list[int], int]] = []
    steps: list[list[int]] = []
    for _ in range(recipe.epochs):
        chosen = list(_epoch(train_on, recipe, drawn))
        sequences = [written(pair) for pair in chosen]
        made = batches([len(ids) for ids in sequences], recipe.batch_tokens, drawn)
        steps += [[len(seen) + i for i in step] for step in made]
        seen += [(ids, LABELS.index(p.relation)) for ids, p in zip(sequences, chosen, strict=True)]
    counts = {label.value: sum(p.relation is label for p in train_on) for label in LABELS}
    parts.say(f"{len(train_on):,} pairs: {counts}")
    parts.model.only_additions()
    pad, hardware, model = parts.tokenizer.pad_token_id, parts.hardware, parts.model

    def logits(rows: Sequence[Sequence[int]]) -> torch.Tensor:
        with hardware.autocast():
            out: torch.Tensor = model(**padded(rows, pad, hardware.device)).logits
        return out.float()

    def loss(step: int) -> torch.Tensor:
        import torch

        rows = [seen[i] for i in steps[step]]
        right = torch.tensor([label for _, label in rows], device=hardware.device)
        return torch.nn.functional.cross_entropy(
            logits([ids for ids, _ in rows]), right, label_smoothing=recipe.smoothing
        )

    def score() -> dict[str, float]:
        import torch

        if not held_out:
            return {}

        with torch.inference_mode():
            said = [logits([written(p)]).softmax(dim=1)[0].cpu().numpy() for p in held_out]
        return scores(np.array(said), [p.relation for p in held_out])

    return Job(
        sha256(repr((seen, steps)).encode()).hexdigest(),
        [len(step) * max(len(seen[i][0]) for i in step) for step in steps],
        loss,
        score,
    )


def _asks(shares: Mapping[str, float], question: EventQuestion) -> bool:
    """Whether to ask a question: the same ones whatever else the data holds."""
    drawn = sha256(f"{question.event} {question.question}".encode()).digest()[:4]
    return int.from_bytes(drawn) < shares.get(question.kind, 0.0) * 2**32


def pairs_of(
    paragraphs: Sequence[Paragraph], mined: Mapping[Key, Sequence[Mined]], part: str
) -> Iterator[Pair]:
    """The pairs of one part of the events: "train", or a half of the development split."""
    told: defaultdict[Key, list[Told]] = defaultdict(list)
    for paragraph in paragraphs:
        if part not in (paragraph.split, paragraph.half if paragraph.split == "dev" else ""):
            continue
        for asked in paragraph.asked:
            if asked.kind in (*KINDS, *TEXT_KINDS):
                spans = [(span, asked.account) for span in asked.answers[:1]]
                spans += [(span, NOT_AN_ACCOUNT) for span in asked.plausible]
                told[key(paragraph, asked)] += [
                    Told(statement_at(paragraph, *span), account) for span, account in spans
                ]
    for of, known in told.items():
        _, question, kind = of
        for one, other in combinations([*known, *_heard(mined.get(of, ()))], 2):
            relation = _relation(kind, one, other)
            # Not one report's answer, as it is told and as it is found.
            if relation not in _BOTH or one.statement.text != other.statement.text:
                told_by = one.statement, other.statement, relation
                yield Pair(question, *told_by, one.mined or other.mined, kind)


def _heard(mined: Sequence[Mined]) -> list[Told]:
    """What is compared of what was found: as in `qa.accounts.voices`, the first of a paragraph."""
    first: dict[str, Told] = {}
    for one in mined:
        first.setdefault(one.statement.text, Told(one.statement, one.account, mined=True))
    return [*first.values()][:HEARD]


def _relation(kind: str, one: Told, other: Told) -> Relation:
    none = one.account == NOT_AN_ACCOUNT, other.account == NOT_AN_ACCOUNT
    if any(none):
        return Relation.NEITHER if all(none) else Relation.SECOND if none[0] else Relation.FIRST
    if one.account == other.account:
        return Relation.SAME
    return Relation.CONFLICT if kind == "conflict" else Relation.COMPATIBLE


def statement_at(paragraph: Paragraph, start: int, end: int) -> Statement:
    """The words at `[start, end)` of a report, in their paragraph, under its title."""
    bounds = text_of(paragraph.text).bounds
    first, last = next(one for one in bounds if one[0] <= start < one[1])
    whole = paragraph.text[first : max(last, end)]
    return Statement(whole, start - first, end - first, header=title_of(paragraph))


def _epoch(pairs: Iterable[Pair], recipe: AgreementRecipe, drawn: random.Random) -> Iterator[Pair]:
    for pair in pairs:
        seen = recipe.share * recipe.kinds.get(pair.kind, 1.0)
        if pair.relation is Relation.NEITHER:
            seen *= recipe.neither
        elif pair.relation not in _BOTH:
            seen *= recipe.mined if pair.mined else recipe.named
        elif pair.mined:
            seen *= recipe.found
        if drawn.random() >= seen:
            continue
        yield pair if drawn.random() < 0.5 else _turned(pair)


def _turned(pair: Pair) -> Pair:
    other = {Relation.FIRST: Relation.SECOND, Relation.SECOND: Relation.FIRST}
    relation = other.get(pair.relation, pair.relation)
    return replace(pair, first=pair.second, second=pair.first, relation=relation)


def scores(said: Any, right: Sequence[Relation]) -> dict[str, float]:  # noqa: ANN401
    """In per cent: how often the likeliest is right, and what becomes of same and of conflict.

    Args:
        said: probabilities, shape `[pairs, len(LABELS)]`.
    """
    found = np.zeros([len(LABELS)] * 2, dtype=int)  # by what is right, and what is likeliest
    np.add.at(found, ([LABELS.index(one) for one in right], said.argmax(axis=1)), 1)
    same, conflict, none = map(LABELS.index, (Relation.SAME, Relation.CONFLICT, Relation.NEITHER))
    one = [LABELS.index(Relation.FIRST), LABELS.index(Relation.SECOND)]

    def share(of: int, among: int) -> float:
        return round(100 * float(of / among), 1) if among else 0.0

    return {
        "right": share(found.trace(), found.sum()),
        "conflicts found": share(found[conflict, conflict], found[conflict].sum()),
        "of those called conflict": share(found[conflict, conflict], found[:, conflict].sum()),
        "same called conflict": share(found[same, conflict], found[same].sum()),
        "one answer found": share(found[one, one].sum(), found[one].sum()),
        "none found": share(found[none, none], found[none].sum()),
    }
