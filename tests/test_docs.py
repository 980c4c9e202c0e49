"""What the README and the architecture page say is so."""

from __future__ import annotations

import re

import pytest
import typer

from pincite.__main__ import app
from pincite.api.access import OPEN, OPEN_FOLDERS
from pincite.settings import SHIPPED, Settings

README = (SHIPPED / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (SHIPPED / "docs" / "architecture.md").read_text(encoding="utf-8")
MAKEFILE = (SHIPPED / "Makefile").read_text(encoding="utf-8")


def test_every_command_of_the_readme_exists() -> None:
    commands = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    named = set(re.findall(r"^pincite (\w+)", README, re.MULTILINE))
    assert named
    assert named <= commands


def test_every_make_target_of_the_readme_exists() -> None:
    targets = set(re.findall(r"^(\w+):", MAKEFILE, re.MULTILINE))
    assert {"serve", "test"} <= set(re.findall(r"^make (\w+)$", README, re.MULTILINE)) <= targets


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "docs/architecture.md",
        "docs/clients.md",
        "docs/evaluation.md",
        "docs/own-evaluation.md",
        "docs/page.md",
        "docs/reference.md",
        "docs/security.md",
        "docs/deploy.md",
        "docs/scale.md",
    ],
)
def test_every_file_that_a_page_links_exists(page: str) -> None:
    text = (SHIPPED / page).read_text(encoding="utf-8")
    folder = (SHIPPED / page).parent
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
        assert (folder / target).exists(), target


@pytest.mark.parametrize("page", ["README.md", "docs/security.md", "docs/deploy.md"])
def test_every_setting_that_a_page_names_exists(page: str) -> None:
    named = re.findall(r"PINCITE_([A-Z]+(?:_[A-Z]+)*)\b", (SHIPPED / page).read_text("utf-8"))
    assert {name.lower() for name in named} <= Settings.model_fields.keys()


def test_the_page_on_security_names_what_needs_no_key() -> None:
    security = (SHIPPED / "docs" / "security.md").read_text(encoding="utf-8")
    (row,) = [line for line in security.splitlines() if line.endswith("| open | open |")]
    assert set(re.findall("`(.+?)`", row)) == {*OPEN, *OPEN_FOLDERS}


def test_every_module_that_the_architecture_names_exists() -> None:
    named = set(re.findall(r"\b(?:index|qa|api|cluster|eval|training)/[\w/]+\.\w+", ARCHITECTURE))
    assert len(named) > 20
    for path in named:
        assert (SHIPPED / path).exists(), path


def test_the_architecture_names_every_stage_of_a_question() -> None:
    stages = {path.stem for path in (SHIPPED / "qa").glob("*.py")} - {"__init__"}
    for stage in stages:
        assert f"qa/{stage}.py" in ARCHITECTURE, stage
