"""Train an encoder: a question's vector comes to lie near that of the paragraph that answers it."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pincite.errors import InvalidData, InvalidRequest
from pincite.training.batches import padded
from pincite.training.negatives import nearest, save_array
from pincite.training.pairs import allowed, hits, make_pairs
from pincite.training.recipe import EncoderRecipe
from pincite.training.run import Job, Parts, Setting, train
from pincite.training.tokens import encoder_of, template_of
from pincite.training.weights import freeze

if TYPE_CHECKING:
    import torch

LOOKED_AT = 40  # nearest paragraphs, to mine wrong ones from; more than a hit may be far
CHUNKS = 4  # parts of like length that a step's paragraphs are encoded in
AT_ONCE = 128
Sequences = Sequence[Sequence[int]]


def train_encoder(setting: Setting, recipe: EncoderRecipe) -> dict[str, Any]:
    """Fine-tune an encoder; see `pincite.training.run.train` for what is returned and raised."""
    return train(setting, recipe, "sentence", lambda parts: Trainer(parts, recipe).job())


class Trainer:
    """Pairs with their tokens, and the loss of a step on them.

    Raises:
        InvalidData: there is no pair to train on.
        InvalidRequest: texts are to be longer than the model takes.
    """

    def __init__(self, parts: Parts, recipe: EncoderRecipe) -> None:
        self._parts, self._recipe = parts, recipe
        self._pairs = make_pairs(parts.paragraphs, recipe, random.Random(recipe.seed))
        if not self._pairs.train:
            raise InvalidData("the files hold no pair to train on", "Give more paragraphs.")
        template, encode = template_of(parts.tokenizer), encoder_of(parts.tokenizer)
        special = len(template.before) + len(template.after)
        most = max(recipe.question_tokens, recipe.text_tokens) + special
        if most > min(template.longest, parts.model.config.max_position_embeddings):
            raise InvalidRequest(
                f"texts of {most} tokens are too long for the model",
                "Lower text_tokens or question_tokens.",
            )

        def sequences(texts: Sequence[str], cut: slice) -> list[list[int]]:
            ids = (tokens.ids[cut].tolist() for tokens in encode(texts))
            return [[*template.before, *of, *template.after] for of in ids]

        held, pairs = self._pairs.held, self._pairs
        last, first = slice(-recipe.question_tokens, None), slice(recipe.text_tokens)
        self._pad = template.pad
        self._questions = sequences([pair.question for pair in pairs.train], last)
        self._dev = sequences([pair.question for pair in pairs.dev], last)
        self._titled = sequences([one.encoded for one in held], first)
        self._bare = sequences([one.text for one in held], first)
        self._each = math.ceil(len(pairs.train) / recipe.batch)

    def job(self) -> Job:
        """The run's steps."""
        pairs, recipe = self._pairs, self._recipe
        freeze(self._parts.model, 0)
        self._parts.say(f"{len(pairs.held):,} paragraphs, {len(pairs.train):,} pairs")
        tokens = []
        for step in range(self._each * recipe.epochs):
            batch = self._batch(step)
            # A wrong paragraph counts as long as the right one: it is not known yet.
            right = sum(len(self._titled[pairs.train[i].right]) for i in batch)
            tokens.append(sum(len(self._questions[i]) for i in batch) + 2 * right)
        digest = sha256(repr((self._questions, self._titled, self._bare)).encode())
        digest.update(repr([pair.right for pair in pairs.train]).encode())
        return Job(digest.hexdigest(), tokens, self.loss, self.score)

    def loss(self, step: int) -> torch.Tensor:
        """InfoNCE (van den Oord et al., 2018), from questions to paragraphs and back.

        Wrong for a question are the other questions' paragraphs and one mined
        for each question of the batch.
        """
        import torch
        from torch.nn.functional import cross_entropy

        recipe, pairs = self._recipe, self._pairs
        batch = self._batch(step)
        drawn = random.Random(f"{recipe.seed} step {step}")
        mined = self._negatives(step // self._each)
        texts = [pairs.train[i].right for i in batch]
        for i in batch:
            wrong = [int(k) for k in mined[i] if k >= 0]
            texts.append(drawn.choice(wrong) if wrong else drawn.randrange(len(pairs.held)))
        shown = [(self._titled if drawn.random() < recipe.titled else self._bare)[k] for k in texts]
        cosines = self._embed([self._questions[i] for i in batch]) @ self._embed_sorted(shown).T
        # What answers a pair too is not wrong for it.
        too = [
            [at != row and k in pairs.train[i].answering for at, k in enumerate(texts)]
            for row, i in enumerate(batch)
        ]
        scores = (cosines / recipe.temperature).masked_fill(
            torch.tensor(too, device=cosines.device), -1e4
        )
        target = torch.arange(len(batch), device=scores.device)
        there = cross_entropy(scores, target)
        return there + recipe.backward * cross_entropy(scores[:, : len(batch)].T, target)

    def score(self) -> dict[str, float]:
        """Hit rates of the development questions among all paragraphs."""
        if not self._dev:
            return {}
        found = nearest(self._vectors(self._dev), self._vectors(self._titled), LOOKED_AT)
        pairs = zip(self._pairs.dev, found, strict=True)
        return hits([(p.kind, [*near, p.right].index(p.right)) for p, near in pairs])

    def _batch(self, step: int) -> list[int]:
        """Numbers of the step's pairs."""
        epoch, at = divmod(step, self._each)
        order = list(range(len(self._pairs.train)))
        random.Random(f"{self._recipe.seed} epoch {epoch}").shuffle(order)
        return order[at * self._recipe.batch : (at + 1) * self._recipe.batch]

    def _negatives(self, epoch: int) -> NDArray[np.int32]:
        """Wrong paragraphs for each pair, nearest first, -1 after the last.

        Mined by the weights as they are when the epoch begins, and kept in the
        run's folder, for a run that goes on in the middle of the epoch.
        """
        path = self._parts.folder / f"mined-{epoch}.npy"
        if not path.exists():
            self._parts.say("mines wrong paragraphs")
            self._parts.model.eval()
            save_array(path, self._mine())
            self._parts.model.train()
        return np.asarray(np.load(path, mmap_mode="r"), dtype=np.int32)

    def _mine(self) -> NDArray[np.int32]:
        pairs, most = self._pairs, self._recipe.mined
        held, asked = self._vectors(self._titled), self._vectors(self._questions)
        out = np.full((len(pairs.train), most), -1, dtype=np.int32)
        for i, near in enumerate(nearest(asked, held, LOOKED_AT)):
            pair = pairs.train[i]
            right = float(asked[i] @ held[pair.right])
            wrong = [
                k
                for k, score in zip(near, held[near] @ asked[i], strict=True)
                if allowed(pair, k, pairs.held[k], float(score), right, self._recipe.margin)
            ][:most]
            out[i, : len(wrong)] = wrong
        return out

    def _embed(self, texts: Sequences) -> torch.Tensor:
        """Vectors of length 1, the mean of the tokens' last hidden states."""
        from torch.nn.functional import normalize

        given = padded(texts, self._pad, self._parts.hardware.device)
        mask = given["attention_mask"]
        with self._parts.hardware.autocast():
            hidden = self._parts.model(**given).last_hidden_state
        total = (hidden.float() * mask[:, :, None]).sum(dim=1)
        return normalize(total / mask.sum(dim=1, keepdim=True), dim=1)

    def _embed_sorted(self, texts: Sequences, parts: int = CHUNKS) -> torch.Tensor:
        """The same in parts of like length, so that little is padding."""
        import torch

        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        split = [part for part in np.array_split(order, parts) if len(part)]
        vectors = torch.cat([self._embed([texts[i] for i in part]) for part in split])
        return vectors[torch.from_numpy(np.argsort(order)).to(vectors.device)]

    def _vectors(self, texts: Sequences) -> NDArray[np.float32]:
        import torch

        with torch.inference_mode():
            vectors = self._embed_sorted(texts, math.ceil(len(texts) / AT_ONCE))
        return np.asarray(vectors.cpu(), dtype=np.float32)
