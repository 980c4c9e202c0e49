"""The comparison to read (Markdown) and to compute with (JSON)."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from pincite.eval.peers.measure import CLIENTS, Comparison, Measured
from pincite.eval.peers.ratios import Ratio, of_percentiles, of_rates
from pincite.eval.tables import NONE, Section, as_markdown

MIB = 2**20
PERCENTILES = (50, 95)

TITLE = "# Beside other extractive question answering\n\n"
NOTES = """
## What is compared

- One run, one machine, each system in a process of its own, the same encoder and reader,
  the same passages: those that Pincite cuts, each with the titles above it. What else
  stands on the page (bylines, times, buttons) is left out for the peers; Pincite ranks it behind.
- A peer finds ten passages for a question by BM25 and by vectors. Haystack reads each by itself,
  txtai all ten joined into one text; Pincite reads up to `read_windows` runs of neighbouring
  passages, and up to as many again near what the first of them says.
- Each library has its own default number of threads. The peers run the models on PyTorch with
  32-bit weights; Pincite runs their 8-bit export on ONNX Runtime.
- Haystack: `InMemoryDocumentStore`, `InMemoryBM25Retriever` and `InMemoryEmbeddingRetriever`
  joined by reciprocal rank fusion, `TransformersExtractiveReader`.
- txtai: hybrid `Embeddings` and `RAG` with `Questions`. It is the last version that reads with
  the question-answering pipeline of transformers: the `Questions` of later ones raises an
  error where a SQuAD 2.0 reader points at "no answer". Its searches are asked for one at a
  time: two at once end its process. An answer is counted as cited where it first stands in
  the passages found.
- Pincite does more for a question than the others: it gathers several sources
  and accounts, and says how sure it is.

## How it is measured

- Latency is one client's, in the process. All systems are asked the same chunk of questions
  in turn, in rotating order. The interval of a ratio is a 95 % bootstrap over questions.
- Throughput: so many threads ask the next question as soon as they have an answer. Rounds
  rotate likewise; the interval is over rounds.
- Correct and cited is `pincite.eval.metrics.is_correct_and_cited`: the words of an acceptable
  answer, and the first citation leads to its evidence. The one citation of a peer is the place
  of its best answer; an answer out of the titles has none.
- Start-up is from the start of the process to its first answer, with the index on the disk;
  the median of the starts.
- Indexing is passages a second once the models are loaded. Pincite's includes reading and
  cutting the articles.
- A ratio is the system's number over Pincite's: above 1, a latency is longer, a rate is higher.
"""


def markdown(comparison: Comparison, metadata: Mapping[str, Any]) -> str:
    """The tables, under what is said of the run, and how to read them."""
    ours = comparison.systems[0]
    sections: list[Section] = [
        (
            "Answers and latency",
            (
                *("system", "correct and cited", "said no answer"),
                *("p50 ms", "p50, ratio", "p95 ms", "p95, ratio"),
            ),
            [_answers_row(one, ours) for one in comparison.systems],
        ),
        (
            "Questions a second",
            (
                "system",
                *(head for n in CLIENTS for head in (_clients(n), f"{_clients(n)}, ratio")),
            ),
            [_throughput_row(one, ours) for one in comparison.systems],
        ),
        (
            "Start-up, memory, indexing",
            (
                *("system", "first answer after s", "resident MiB", "peak MiB"),
                *("passages a second", "ratio"),
            ),
            [_resources_row(one, ours) for one in comparison.systems],
        ),
        (
            "Versions",
            ("system", "packages"),
            [
                (one.system.name, ", ".join(f"{n} {v}" for n, v in one.versions.items()))
                for one in comparison.systems
            ],
        ),
    ]
    return TITLE + as_markdown(metadata, sections) + NOTES


def as_json(comparison: Comparison, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Every number that was taken, and the ratios; JSON-ready."""
    ours = comparison.systems[0]
    return {
        "metadata": dict(metadata),
        "passages": comparison.passages,
        "passages_indexed": comparison.indexed,
        "questions": [question.id for question in comparison.questions],
        "systems": [
            {
                "name": one.system.name,
                "versions": dict(one.versions),
                "correct_and_cited": sum(one.correct),
                "correct": one.correct,
                "said": [asdict(said) for said in one.said],
                "latency_ms": one.ms,
                "start_s": one.start_s,
                "resident_bytes": one.resident,
                "peak_bytes": one.peak,
                "passages_per_s": one.passages_per_s,
                "questions_per_s": one.per_s,
                "ratios": {} if one is ours else _ratios(one, ours),
            }
            for one in comparison.systems
        ],
    }


def _ratios(one: Measured, ours: Measured) -> dict[str, dict[str, float | None]]:
    ratios = {f"p{p}": _latency_ratio(one, ours, p) for p in PERCENTILES} | {
        f"questions_per_s_{n}": of_rates(one.per_s[n], ours.per_s[n]) for n in CLIENTS
    }
    return {name: asdict(ratio) for name, ratio in ratios.items()}


def _answers_row(one: Measured, ours: Measured) -> Sequence[str]:
    latencies = [
        text
        for p in PERCENTILES
        for text in (
            f"{np.percentile(one.ms, p):.0f}",
            NONE if one is ours else shown(_latency_ratio(one, ours, p)),
        )
    ]
    refused = sum(said.answer is None for said in one.said)
    correct = f"{sum(one.correct)} of {len(one.correct)}"
    return one.system.name, correct, str(refused), *latencies


def _throughput_row(one: Measured, ours: Measured) -> Sequence[str]:
    cells = [
        text
        for n in CLIENTS
        for text in (
            f"{statistics.mean(one.per_s[n]):.2f}",
            NONE if one is ours else shown(of_rates(one.per_s[n], ours.per_s[n])),
        )
    ]
    return one.system.name, *cells


def _resources_row(one: Measured, ours: Measured) -> Sequence[str]:
    return (
        one.system.name,
        f"{statistics.median(one.start_s):.1f}",
        f"{one.resident / MIB:.0f}",
        f"{one.peak / MIB:.0f}",
        f"{one.passages_per_s:.1f}",
        NONE if one is ours else f"{one.passages_per_s / ours.passages_per_s:.2f}",
    )


def _latency_ratio(one: Measured, ours: Measured, percentile: float) -> Ratio:
    return of_percentiles(np.asarray(one.ms), np.asarray(ours.ms), percentile)


def _clients(count: int) -> str:
    return "1 client" if count == 1 else f"{count} clients"


def shown(ratio: Ratio) -> str:
    """With two digits after the point, and the interval where there is one."""
    if ratio.low is None or ratio.high is None:
        return f"{ratio.value:.2f}"
    return f"{ratio.value:.2f} ({ratio.low:.2f} to {ratio.high:.2f})"
