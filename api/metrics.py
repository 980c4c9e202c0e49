"""What the service counts and measures, as Prometheus reads it at /metrics.

A label has as many values as there are routes, methods, statuses or stages, whatever is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

from pincite.index.manifest import Counts
from pincite.qa.answer import Answer

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})


class Metrics:
    """The counters of one service.

    Args:
        inside: how many questions are being answered or wait.
        at_once: how many are answered at a time.
        counts: how much is in the index, None while none is open.
    """

    def __init__(
        self, inside: Callable[[], int], at_once: int, counts: Callable[[], Counts | None]
    ) -> None:
        registry = self.registry = CollectorRegistry()
        self._requests = Counter(
            "pincite_requests_total",
            "Requests answered.",
            ("method", "route", "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            "pincite_request_seconds",
            "From a request's head to its answer's end.",
            ("route",),
            buckets=_BUCKETS_S,
            registry=registry,
        )
        self._stages = Histogram(
            "pincite_stage_seconds",
            "What the stages of an answer take.",
            ("stage",),
            buckets=_BUCKETS_S,
            registry=registry,
        )
        self._answers = Counter(
            "pincite_answers_total", "Answers, by their status.", ("status",), registry=registry
        )
        asked = Gauge("pincite_questions_answering", "Being answered now.", registry=registry)
        asked.set_function(lambda: min(inside(), at_once))
        waiting = Gauge("pincite_questions_waiting", "Waiting for their turn.", registry=registry)
        waiting.set_function(lambda: max(inside() - at_once, 0))
        for name in ("articles", "paragraphs", "passages"):
            gauge = Gauge(f"pincite_index_{name}", f"{name.title()} indexed.", registry=registry)
            gauge.set_function(partial(_count, counts, name))
        ProcessCollector(registry=registry)

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Note a request that is answered.

        Args:
            route: the pattern of its path, not the path.
        """
        method = method if method in _METHODS else "other"
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def note(self, answer: Answer) -> Answer:
        """Note an answer, which is given back."""
        self._answers.labels(answer.status.value).inc()
        took = answer.took_ms
        for stage, took_ms in (("retrieve", took.retrieve), ("read", took.read)):
            self._stages.labels(stage).observe(took_ms / 1000)
        return answer

    def text(self) -> bytes:
        """All of it, in Prometheus's text format."""
        return generate_latest(self.registry)


def _count(counts: Callable[[], Counts | None], name: str) -> float:
    return float(getattr(counts(), name, 0))
