"""Ask what runs on other machines, by Ray Serve's handles: in time, and once more if it died."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from pincite.errors import IndexDamaged, PinciteError, ServiceBusy, ShardMissing, WorkerMissing

if TYPE_CHECKING:
    from ray.serve.handle import DeploymentHandle, DeploymentResponse

RETRIEVAL, DOOR = "retrieval", "door"
"""The deployments. Each shard's retrieval is an application of the shard's name."""

AGAIN_S = 0.05  # before a request goes to another replica
# What goes to a shard and back is plain data, for which this takes half the time of cloudpickle.
_PLAIN = {"request_serialization": "pickle", "response_serialization": "pickle"}
_HINT = "Ask again in a few seconds: what ended is started anew."


class RemoteReply:
    """What a replica will have said; see `pincite.cluster.index.Reply`.

    Args:
        send: sends the request. It is sent again where the replica dies, which is safe: none of
            them changes anything.
        deadline_s: from now to the reply.
        lost: what is raised where there is none.
    """

    def __init__(
        self, send: Callable[[], DeploymentResponse], deadline_s: float, lost: WorkerMissing
    ) -> None:
        self._send = send
        self._until = time.monotonic() + deadline_s
        self._lost = lost
        self._sent = self._try_to_send()

    def result(self) -> Any:  # noqa: ANN401  what the method gives
        """Wait for it.

        Raises:
            WorkerMissing: there is none in time.
            ServiceBusy: as many requests wait for a replica as may.
            PinciteError: what the replica itself raised.
        """
        from ray.exceptions import ObjectLostError, RayActorError, RayTaskError
        from ray.serve.exceptions import BackPressureError, RayServeException

        while self._sent is not None:
            try:
                return self._sent.result(timeout_s=max(0.0, self._until - time.monotonic()))
            except BackPressureError as error:
                raise ServiceBusy(1) from error
            except (RayActorError, ObjectLostError) as error:
                if time.monotonic() + AGAIN_S > self._until:
                    raise self._lost from error
                time.sleep(AGAIN_S)
                self._sent = self._try_to_send()
            except (TimeoutError, RayServeException) as error:
                raise self._lost from error
            except (PinciteError, RayTaskError) as error:
                # By gRPC an error comes as it was raised, through Ray's objects with its cause.
                cause = error.cause if isinstance(error, RayTaskError) else error
                if isinstance(cause, IndexDamaged):
                    raise self._lost from error
                if isinstance(cause, PinciteError):
                    raise cause from error
                raise
        raise self._lost

    def _try_to_send(self) -> DeploymentResponse | None:
        """The request on its way; None where there is no such deployment any more."""
        from ray.serve.exceptions import RayServeException

        try:
            return self._send()
        except (RayServeException, KeyError):
            return None


class RemoteShards:
    """Asks the retrieval of shards; see `pincite.cluster.index.Shards`.

    Args:
        deadline_s: for a reply; a shard that takes longer is left out.
    """

    def __init__(self, deadline_s: float) -> None:
        self._deadline_s = deadline_s
        self._handles: dict[str, DeploymentHandle] = {}

    def __call__(self, shard: str, method: str, *args: object) -> RemoteReply:
        """Ask a shard, without waiting."""
        lost = ShardMissing(f"{shard} can't be reached", _HINT)
        return RemoteReply(
            lambda: self._handle(shard).ask.remote(method, *args), self._deadline_s, lost
        )

    def _handle(self, shard: str) -> DeploymentHandle:
        from ray import serve

        if shard not in self._handles:
            handle = serve.get_deployment_handle(RETRIEVAL, app_name=shard)
            self._handles[shard] = handle.options(**_PLAIN)
        return self._handles[shard]


def are_running(applications: Iterable[str]) -> bool:
    """Whether all of these are, so that a question finds a replica of each."""
    from ray import serve

    there = serve.status().applications
    return all(name in there and there[name].status == "RUNNING" for name in applications)
