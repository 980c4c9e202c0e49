"""Ray itself: the cluster that is there, or one of this machine's own."""

from __future__ import annotations

import importlib.util
import logging
import os
from pathlib import Path
from types import ModuleType
from typing import Any

from pincite.errors import MissingExtra, WorkerMissing

OBJECT_STORE_BYTES = 300_000_000
"""Of a Ray of this machine's own: what is read passes through it in pieces of half a megabyte."""

ENVIRONMENT = {
    # Ray lets its workers run behind all else on the machine; here they are what it runs for.
    "RAY_worker_niceness": "0",
    # A machine where other things run, too, is slow to start a proxy, not broken.
    "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "60",
    "RAY_SERVE_PROXY_HEALTH_CHECK_TIMEOUT_S": "60",
}
"""Of Ray's own processes on a node; to be set where `ray start` runs."""


def connect(address: str | None = None, cpus: int | None = None) -> ModuleType:
    """Ray, connected.

    Args:
        address: of a cluster; None: that of RAY_ADDRESS, and without it a Ray of this machine's
            own, which ends with this process.
        cpus: of a Ray of its own; as many as cores if None.

    Raises:
        MissingExtra: Ray is not installed.
        WorkerMissing: the cluster can't be reached, or none started.
    """
    require()
    where = address or os.environ.get("RAY_ADDRESS")
    if where:
        for name, value in joining().items():
            os.environ.setdefault(name, value)
    import ray

    if not ray.is_initialized():
        for name, value in ENVIRONMENT.items():
            os.environ.setdefault(name, value)
        options: dict[str, Any] = {"address": where}
        if not where:
            options = {
                "address": "local",  # never one that somebody else has left running here
                "num_cpus": cpus,
                "object_store_memory": OBJECT_STORE_BYTES,
                "include_dashboard": False,
            }
        try:
            ray.init(**options, log_to_driver=False, logging_level=logging.WARNING)
        except Exception as error:
            ray.shutdown()
            raise WorkerMissing(
                f"Ray {'at ' + where if where else 'of this machine'} can't be used: {error}",
                "See that the cluster runs; on a very busy machine, try again.",
            ) from error
    module: ModuleType = ray
    return module


def joining() -> dict[str, str]:
    """The environment of what joins a cluster.

    Ray asks for a token where it starts a cluster, and shows none where it joins one.
    """
    named = {"RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"}.intersection(os.environ)
    has_token = named or (Path.home() / ".ray" / "auth_token").is_file()
    return {"RAY_AUTH_MODE": "token"} if has_token else {}


def require() -> None:
    """See that Ray is installed.

    Raises:
        MissingExtra: it is not.
    """
    if importlib.util.find_spec("ray") is None:
        raise MissingExtra("Ray is not installed", 'Install it with: pip install "pincite[ray]".')
