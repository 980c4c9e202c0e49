"""`pincite train`: what it takes, and what it says where that is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pincite.api import cli
from pincite.errors import InvalidRequest
from pincite.training.cli import recipe_with
from pincite.training.recipe import EPOCHS, Recipe

Command = Callable[..., tuple[object, str, str]]


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Command:
    """Runs `pincite train` in this process; gives its exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path) -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["pincite", "train", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return (ended.value.code or 0, *capsys.readouterr())

    return run


def test_nothing_changed_is_the_recipe() -> None:
    assert recipe_with([]) == Recipe()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("seed=7", 7),
        ("learning_rate=1e-4", 1e-4),
        ("averaging=0", 0.0),
        ('drafts=["nq"]', ("nq",)),
        ("crop_tokens=[32, 64]", (32, 64)),
        ("passage_tokens=[9,9]", (9, 9)),
        ("in_passages={}", {}),
        ('epochs={"nq": 2, "qed": 0.5}', {"nq": 2, "qed": 0.5}),
    ],
)
def test_a_number_is_changed(given: str, expected: object) -> None:
    name = given.partition("=")[0]
    recipe = recipe_with([given])
    assert getattr(recipe, name) == expected
    assert type(getattr(recipe, name)) is type(getattr(Recipe(), name))
    assert recipe.name != Recipe().name
    assert json.loads(recipe.json)[name] == json.loads(json.dumps(expected))


def test_several_are_changed_and_the_last_counts() -> None:
    recipe = recipe_with(["seed=2", "clip=2", "seed=3"])
    assert (recipe.seed, recipe.clip, recipe.epochs) == (3, 2.0, dict(EPOCHS))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("nothing=1", "the recipe has no 'nothing'"),
        ("name=1", "the recipe has no 'name'"),
        ("", "the recipe has no ''"),
        ("=1", "the recipe has no ''"),
    ],
)
def test_no_such_name(given: str, message: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        recipe_with([given])
    assert raised.value.message == message
    assert raised.value.hint.startswith("It has: seed, drafts, epochs, in_passages,")


@pytest.mark.parametrize(
    "given",
    [
        "seed",
        "seed=",
        "seed=one",
        "seed=1.5",
        "drafts=cloze",
        'drafts="cloze"',
        "drafts=[1]",
        "seed=true",
        'seed="1"',
        "seed=null",
        "clip=true",
        "clip=[1]",
        "clip=NaN",
        "learning_rate=-Infinity",
        "learning_rate=1e999",
        "crop_tokens=64",
        "crop_tokens=[64]",
        "crop_tokens=[64,128,256]",
        "crop_tokens=[128,64]",
        "crop_tokens=[0,64]",
        'crop_tokens=["a",64]',
        "crop_tokens=[true,64]",
        "crop_tokens=[1.5,64]",
        "epochs=3",
        "epochs=[]",
        'epochs={"nq": "often"}',
        'epochs={"nq": -1}',
        'epochs={"nq": true}',
        'epochs={"nq": NaN}',
        "epochs={'nq': 1}",
    ],
)
def test_a_value_of_another_kind(given: str) -> None:
    name = given.partition("=")[0]
    with pytest.raises(InvalidRequest) as raised:
        recipe_with([given])
    assert name in raised.value.message and "\n" not in raised.value.message
    shown = raised.value.hint.removeprefix("Give it as JSON, such as --set '").removesuffix("'.")
    # What the hint gives as an example is taken.
    assert recipe_with([shown]) == Recipe()


def test_help_names_every_option_and_loads_nothing_heavy(tmp_path: Path) -> None:
    code = """
import sys
from pincite.api.cli import main
sys.argv = ["pincite", "train", "--help"]
try:
    main()
except SystemExit as ended:
    assert ended.code == 0
print("LOADED", [name for name in ("torch", "transformers", "faiss") if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "Usage: pincite train" in done.stdout
    for option in ("--data", "--out", "--base", "--work", "--set", "--threads"):
        assert f" {option} " in done.stdout
    assert "all-MiniLM-L6-v2" in done.stdout and "all cores" in done.stdout
    assert done.stdout.endswith("LOADED []\n")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--data", "no[b].jsonl", "--out", "x"], 2, "no[b].jsonl can't be read: No such file"),
        (["--data", ".", "--out", "x"], 2, ". can't be read: Is a directory"),
        (["--data", "bad.jsonl", "--out", "x"], 2, "bad.jsonl:1 is not JSON"),
        (["--data", "bad.jsonl", "--out", "x", "--set", "seeds=1"], 2, "the recipe has no 'seeds'"),
    ],
)
def test_an_error_is_a_line_and_a_hint(
    command: Command, tmp_path: Path, arguments: list[str], code: int, message: str
) -> None:
    (tmp_path / "bad.jsonl").write_text("nonsense\n")
    ended, out, err = command(*arguments)
    assert (ended, out) == (code, "")
    first, hint = err.splitlines()
    assert first.startswith(f"error: {message}")
    assert hint
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    "arguments",
    [[], ["--out", "x"], ["--data", "a"], ["--data", "a", "--out", "x", "--threads", "0"]],
)
def test_wrong_usage(command: Command, arguments: list[str]) -> None:
    ended, out, err = command(*arguments)
    assert (ended, out) == (2, "")
    assert "Usage: pincite train" in err and "Traceback" not in err
