"""A peer's own virtual environment: made once, reused while its requirements stay the same."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from pincite.errors import PinciteError

MARKER = "complete"  # holds the hash of what was installed
FIRST = "torch=="


class PeersError(PinciteError):
    """A peer's environment can't be made, or its process failed."""

    type = "peers_error"


def environment(folder: Path, requirements: Path) -> Path:
    """The Python of the environment in a folder, which is made anew unless it is complete.

    PyTorch is installed first and by itself: as one of many requirements pip
    may take a build with gigabytes of CUDA libraries for it.

    Args:
        requirements: pinned, one a line; one of them PyTorch.

    Raises:
        PeersError: it can't be made; what pip said is in the message.
    """
    python = folder / "bin" / "python"
    if is_complete(folder, requirements):
        return python
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    _run([sys.executable, "-m", "venv", str(folder)])
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    lines = requirements.read_text(encoding="utf-8").splitlines()
    for line in lines:
        if line.startswith(FIRST):
            _run([*pip, line])
    _run([*pip, "-r", str(requirements)])
    (folder / MARKER).write_text(fingerprint(requirements), encoding="utf-8")
    return python


def is_complete(folder: Path, requirements: Path) -> bool:
    """Whether an environment was made to its end, of these very requirements."""
    try:
        return (folder / MARKER).read_text(encoding="utf-8") == fingerprint(requirements)
    except FileNotFoundError:
        return False


def fingerprint(requirements: Path) -> str:
    """Hex sha256 of the requirements and of the version of Python that they are installed for."""
    return sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()


def _run(command: Sequence[str]) -> None:
    # Another project's modules must not be found in the new environment.
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip()).rsplit("\n", 1)[-1]
        raise PeersError(
            f"a peer's environment can't be made: {last}",
            "See that pip reaches a package index and that the disk has room.",
        )
