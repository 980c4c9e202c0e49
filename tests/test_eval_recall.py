"""Recall of the vector index, against a search that is worked out another way."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pincite.eval.recall import recall_at
from pincite.index.build import build
from pincite.index.encoder import Vectors
from pincite.index.opened import Index, open_index
from pincite.settings import Settings
from tests.fakes import FakeEncoder

WORDS = "river bridge mayor strike harbour vote court storm price match film school virus".split()


def sentences(count: int, seed: int) -> list[str]:
    drawn = np.random.default_rng(seed).choice(WORDS, (count, 5))
    return [f"The {' and the '.join(words)} made news." for words in drawn]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    lines = [json.dumps({"text": text}) for text in sentences(600, 1)]
    (folder / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder


def opened(corpus: Path, folder: Path, **settings: object) -> Index:
    made = Settings.model_validate({"corpus": corpus, "index": folder, **settings})
    build(made, FakeEncoder())
    return open_index(made, FakeEncoder())


@pytest.fixture(scope="module")
def queries() -> Vectors:
    return FakeEncoder().encode(sentences(20, 2))


def test_an_exact_index_finds_everything(corpus: Path, tmp_path: Path, queries: Vectors) -> None:
    index = opened(corpus, tmp_path, vector_index="flat")
    assert index.kind == "flat"
    for k in (1, 10, 10_000):
        assert recall_at(index, queries, k) == 1.0
    assert recall_at(index, queries[:0], 10) == 0.0


def test_of_an_inverted_file_it_is_the_share_found(
    corpus: Path, tmp_path: Path, queries: Vectors
) -> None:
    found = []
    for probes in (1, 2, 4, 1000):
        index = opened(corpus, tmp_path, vector_index="ivf", vector_probes=probes)
        assert index.kind == "ivf"
        stored = np.concatenate(list(index.store.vectors(50)))
        hits = 0
        for query in queries:
            exact = stored @ query
            least = np.sort(exact)[-10]
            hits += sum(exact[id_ - 1] >= least - 1e-5 for id_ in index.nearest(query, 10))
        found.append(recall_at(index, queries, 10))
        assert found[-1] == pytest.approx(hits / 200)
    assert found == sorted(found)
    assert found[0] < found[-1] == 1.0
