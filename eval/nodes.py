"""Ray nodes on this machine, each in a network namespace of its own, joined by a bridge alone.

Nothing of it reaches this machine's network. Needs root, and `ip` of iproute2.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pincite.cluster.runtime import ENVIRONMENT, OBJECT_STORE_BYTES, joining
from pincite.errors import MissingExtra, WorkerMissing

START_S = 300.0
_PORT = 6379
_ENDED_S = 0.2  # between two looks whether all that was killed has ended
_BRIDGE = "bridge"


@dataclass(frozen=True, slots=True)
class Nodes:
    """Nodes that run.

    Attributes:
        names: of their namespaces, the head's first.
        address: of the cluster, inside of the namespaces.
        processes: `ray start` of each.
    """

    names: tuple[str, ...]
    address: str
    processes: tuple[subprocess.Popen[bytes], ...]

    def command(self, node: int, command: Sequence[str]) -> list[str]:
        """A command as it is run in a node's namespace."""
        return ["ip", "netns", "exec", self.names[node], *command]

    def kill(self, node: int) -> None:
        """End all processes of a node at once, as a power cut does."""
        kill_all(self.names[node])

    def pids(self) -> set[int]:
        """The processes of all nodes."""
        return {pid for name in self.names for pid in _pids(name)}


@contextmanager
def nodes(count: int, cpus: float) -> Iterator[Nodes]:
    """So many nodes, which end with the context.

    Args:
        cpus: that each says it has.

    Raises:
        MissingExtra: Ray or `ip` is not there.
        WorkerMissing: the nodes don't come up.
    """
    ray = shutil.which("ray", path=str(Path(sys.executable).parent))
    if ray is None or shutil.which("ip") is None:
        raise MissingExtra("this needs Ray and iproute2", 'pip install "pincite[ray]"')
    run = f"pincite{os.getpid()}"
    names = tuple(f"{run}-{n}" for n in range(count))
    address = f"10.77.0.1:{_PORT}"
    with ExitStack() as stack:
        # With a short name: Ray's sockets stand in it, whose paths may have 107 characters.
        folder = tempfile.mkdtemp(prefix="ray-", dir="/tmp")
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        _joined(run, names, stack)
        started = []
        for n, name in enumerate(names):
            role = [f"--port={_PORT}", f"--temp-dir={folder}", "--include-dashboard=false"]
            common = [f"--node-ip-address=10.77.0.{n + 1}", f"--num-cpus={cpus:g}", "--block"]
            store = f"--object-store-memory={OBJECT_STORE_BYTES}"
            which = ["--head", *role] if n == 0 else [f"--address={address}"]
            process = subprocess.Popen(
                ["ip", "netns", "exec", name, ray, "start", *which, *common, store],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **ENVIRONMENT, **(joining() if n else {})},
            )
            started.append(process)
            stack.callback(_end, process)
            stack.callback(kill_all, name)
            if n == 0:
                look = f"import socket; socket.create_connection(('10.77.0.1', {_PORT}), 5)"
                _wait(["ip", "netns", "exec", name, sys.executable, "-c", look])
        look = f"import ray, sys; ray.init({address!r}); sys.exit(len(ray.nodes()) < {count})"
        _wait(["ip", "netns", "exec", names[0], sys.executable, "-c", look])
        yield Nodes(names, address, tuple(started))


def kill_all(namespace: str) -> None:
    """Kill every process of a namespace, for good."""
    while pids := _pids(namespace):  # again for what was started meanwhile
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(_ENDED_S)


def _pids(namespace: str) -> list[int]:
    told = subprocess.run(["ip", "netns", "pids", namespace], capture_output=True, text=True)
    return [int(pid) for pid in told.stdout.split()]


def _joined(run: str, names: Sequence[str], stack: ExitStack) -> None:
    """Make the namespaces; the bridge has one of its own."""
    middle = f"{run}-{_BRIDGE}"
    for name in (middle, *names):
        _ip("netns", "add", name)
        stack.callback(_ip, "netns", "del", name)
        _ip("-n", name, "link", "set", "lo", "up")
    _ip("-n", middle, "link", "add", _BRIDGE, "type", "bridge")
    _ip("-n", middle, "link", "set", _BRIDGE, "up")
    for n, name in enumerate(names):
        ends = ("link", "add", "eth0", "netns", name, "type", "veth", "peer", f"port{n}")
        _ip(*ends, "netns", middle)
        _ip("-n", middle, "link", "set", f"port{n}", "master", _BRIDGE, "up")
        _ip("-n", name, "addr", "add", f"10.77.0.{n + 1}/24", "dev", "eth0")
        _ip("-n", name, "link", "set", "eth0", "up")


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


def _wait(command: Sequence[str]) -> None:
    until = time.monotonic() + START_S
    while subprocess.run(command, capture_output=True, env={**os.environ, **joining()}).returncode:
        if time.monotonic() > until:
            raise WorkerMissing("the nodes do not come up", "Try on a less busy machine.")
        time.sleep(1)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
