"""Every example of docs/clients.md, run against a service with the real models."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import typer

from pincite.__main__ import app
from pincite.qa.ask import Pincite
from pincite.settings import SHIPPED
from tests.conftest import FEW_WINDOWS

PAGE = (SHIPPED / "docs" / "clients.md").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:8000"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def named(block: str) -> str:
    imported = re.findall(r"^(?:from|import) ([\w.]+)", block, re.MULTILINE)
    return f"{imported[-1]}, {block.count(ADDRESS)} addresses"


def test_every_door_has_an_example() -> None:
    assert len(blocks("python")) == 8
    assert len(blocks("sh")) == 3
    fences = re.findall(r"^```", PAGE, re.MULTILINE)
    assert len(fences) == 2 * (8 + 3 + len(blocks("json")))


@pytest.mark.models
@pytest.mark.parametrize("block", blocks("python"), ids=named)
def test_an_example_in_python(
    block: str,
    brief: Pincite,
    real_client: httpx.Client,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    block = block.replace(ADDRESS, str(real_client.base_url).rstrip("/"))
    block = block.replace('".pincite"', repr(str(brief.settings.index)))
    monkeypatch.setenv("PINCITE_READ_WINDOWS", str(FEW_WINDOWS))
    try:
        exec(compile(block, "docs/clients.md", "exec"), {"__name__": "__main__"})
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("pincite"):
            raise
        pytest.skip(f"needs {error.name}")
    printed = capsys.readouterr().out
    assert ("Gladkov" if "governor" in block else "Belgorod") in printed


@pytest.mark.models
@pytest.mark.parametrize("block", blocks("sh"))
def test_an_example_in_the_shell(
    block: str, brief: Pincite, real_client: httpx.Client, tmp_path: Path
) -> None:
    block = block.replace(ADDRESS, str(real_client.base_url).rstrip("/"))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PINCITE_")}
    done = subprocess.run(
        ["bash", "-euc", block],
        cwd=tmp_path,
        env=environment
        | {"PATH": path, "PINCITE_INDEX": str(brief.settings.index)}
        | {"PINCITE_READ_WINDOWS": str(FEW_WINDOWS)},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stderr == ""
    assert ("TextQuoteSelector" if "annotation" in block else "Gladkov") in done.stdout


def test_the_command_for_agents_exists() -> None:
    (block,) = blocks("json")
    server = json.loads(block)["mcpServers"]["pincite"]
    assert server["command"] == "pincite"
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert server["args"][0] in commands
    assert server["args"][1] in {
        name for option in commands[server["args"][0]].params for name in option.opts
    }
