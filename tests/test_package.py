"""What is installed is one package, whole, and found whatever stands in the working directory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from pincite.settings import SHIPPED

FOLDERS = ("api", "cluster", "eval", "index", "models", "qa", "seeds", "training")
BUILD = "from setuptools import setup; setup()"
SETTINGS = "from pincite.__main__ import main; main()"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A working directory with packages of our folders' names, none of which may be imported."""
    for name in FOLDERS:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f"raise ImportError('not our {name}')\n")
    return tmp_path


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what a wheel would put into site-packages."""
    folder = tmp_path_factory.mktemp("site-packages")
    run(sys.executable, "-c", BUILD, "--quiet", "build_py", "--build-lib", str(folder), cwd=SHIPPED)
    return folder


def run(*command: str, cwd: Path, **environment: str) -> str:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("PINCITE_")}
    return subprocess.run(
        command, cwd=cwd, env=inherited | environment, capture_output=True, text=True, check=True
    ).stdout


def files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_modules_and_the_command_are_ours_in_any_folder(elsewhere: Path) -> None:
    for module in ("pincite.eval.validate", "pincite.eval.peers"):
        code = f"import runpy; runpy.run_module({module!r}, run_name='__found__')"
        run(sys.executable, "-c", code, cwd=elsewhere)
    assert "usage: " in run(sys.executable, "-m", "pincite.eval.growth", "--help", cwd=elsewhere)
    command = str(Path(sys.executable).with_name("pincite"))
    assert "Usage: pincite" in run(command, "--help", cwd=elsewhere)
    assert "seeds" in run(command, "settings", cwd=elsewhere)


def test_one_package_is_installed_with_every_file_of_the_folders(installed: Path) -> None:
    assert [path.name for path in installed.iterdir()] == ["pincite"]
    for name in FOLDERS:
        assert files(installed / "pincite" / name) == files(SHIPPED / name), name


def test_an_install_finds_its_corpus_and_models(installed: Path, elsewhere: Path) -> None:
    code = "from pincite.settings import *; s = load_settings(); print(s.corpus, s.reader, sep='|')"
    told = run(sys.executable, "-c", code, cwd=elsewhere, PYTHONPATH=str(installed))
    corpus, reader = told.strip().split("|")
    assert Path(corpus) == installed / "pincite" / "seeds"
    assert Path(reader) == installed / "pincite" / "models" / "reader"
    told = run(
        *(sys.executable, "-c", SETTINGS, "settings", "--json"),
        cwd=elsewhere,
        PYTHONPATH=str(installed),
    )
    shown = {row["name"]: row["value"] for row in json.loads(told)}
    assert (shown["corpus"], shown["reader"]) == ("seeds", "models/reader")
