"""A system's process as the driver sees it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import Any

from pincite.eval.peers.environments import PeersError
from pincite.eval.peers.protocol import Document, Said, Task, Timed

# No downloads, no usage reports, no progress bars.
QUIET = {
    "ANONYMIZED_TELEMETRY": "False",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_OFFLINE": "1",
    "TQDM_DISABLE": "1",
    "TRANSFORMERS_VERBOSITY": "error",
}


class Worker:
    """A running system. Idle, it waits for a line and takes no processor time.

    Args:
        name: for the errors.
        command: starts a process that does `protocol.serve`.
        log: what the process prints is added to this file.
        ours: whether it needs this process's own PYTHONPATH.

    Attributes:
        began: when the process was started, by `time.perf_counter`.
    """

    def __init__(self, name: str, command: Sequence[str], log: Path, *, ours: bool = False) -> None:
        self.name = name
        self._log = log
        variables = os.environ | QUIET
        if not ours:
            variables.pop("PYTHONPATH", None)
        self.began = perf_counter()
        with log.open("ab") as stderr:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env=variables,
                text=True,
                encoding="utf-8",
            )

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process, by itself if it can."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.close()
            self._process.wait(timeout=10)
        except (BrokenPipeError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def index(self, task: Task, documents: Sequence[Document]) -> float:
        """Seconds that it took to index; raises as `do` does."""
        given = [[one.id, one.text, one.start] for one in documents]
        return float(self.do("index", task=asdict(task), documents=given)["seconds"])

    def load(self, task: Task) -> dict[str, str]:
        """Load models and index; the versions of the packages. Raises as `do` does."""
        versions: dict[str, str] = self.do("load", task=asdict(task))["versions"]
        return versions

    def ask(self, questions: Sequence[str], clients: int = 1) -> tuple[list[Timed], float]:
        """The answers in the questions' order, and the seconds in all; raises as `do` does."""
        done = self.do("ask", questions=list(questions), clients=clients)
        answers = [Timed(Said(**item["said"]), float(item["ms"])) for item in done["answers"]]
        return answers, float(done["seconds"])

    def memory(self) -> dict[str, int]:
        """Resident bytes, `now` and `peak`; raises as `do` does."""
        done: dict[str, int] = self.do("memory")
        return done

    def do(self, what: str, **more: Any) -> Any:  # noqa: ANN401  JSON
        """One command and its reply.

        Raises:
            PeersError: the system raised, or its process ended.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps({"do": what, **more}) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        reply: Mapping[str, Any] = json.loads(line) if line else {"error": "its process ended"}
        if "error" in reply:
            raise PeersError(f"{self.name}, {what}: {reply['error']}", f"See {self._log}.")
        return reply["done"]
