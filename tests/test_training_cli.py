"""`pincite train`: what it takes, and what it says where that is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pincite import __main__ as cli
from pincite.errors import InvalidRequest
from pincite.qa.agreement import CONTEXT
from pincite.training.cli import recipe_with
from pincite.training.recipe import KINDS, AgreementRecipe, EncoderRecipe, ReaderRecipe

Command = Callable[..., tuple[object, str, str]]


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Command:
    """Runs `pincite train reader` in this process; gives its exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path) -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["pincite", "train", "reader", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return (ended.value.code or 0, *capsys.readouterr())

    return run


def test_nothing_changed_is_the_recipe() -> None:
    assert recipe_with([], ReaderRecipe()) == ReaderRecipe()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("seed=7", 7),
        ("learning_rate=1e-4", 1e-4),
        ("titled=1", 1.0),
        ("window_tokens=[32, 64]", (32, 64)),
        ("window_tokens=[9,9]", (9, 9)),
        ("kinds={}", dict(KINDS)),
        ('kinds={"far": 3, "plain": 0.5}', dict(KINDS) | {"far": 3, "plain": 0.5}),
    ],
)
def test_a_number_is_changed(given: str, expected: object) -> None:
    name = given.partition("=")[0]
    recipe = recipe_with([given], ReaderRecipe())
    assert getattr(recipe, name) == expected
    assert type(getattr(recipe, name)) is type(getattr(ReaderRecipe(), name))
    assert (recipe.name == ReaderRecipe().name) == (given == "kinds={}")
    assert json.loads(recipe.json)[name] == json.loads(json.dumps(expected))


def test_several_are_changed_and_the_last_counts() -> None:
    recipe = recipe_with(["seed=2", "clip=2", "seed=3", "epochs=2"], EncoderRecipe())
    assert (recipe.seed, recipe.clip, recipe.epochs) == (3, 2.0, 2)


def test_a_comparison_s_recipe_is_changed_alike() -> None:
    recipe = recipe_with(["mined=0.25", "context=9", "epochs=2"], AgreementRecipe())
    assert (recipe.mined, recipe.context, recipe.epochs) == (0.25, 9, 2)
    # Unchanged it is trained on what the shipped one reads.
    assert AgreementRecipe().context == CONTEXT
    assert len({AgreementRecipe().name, EncoderRecipe().name, ReaderRecipe().name}) == 3


def test_by_default_a_reader_is_trained_on_what_the_data_says_alone() -> None:
    recipe = ReaderRecipe()
    assert recipe.mistakes == 0
    changed = recipe_with(["mistakes=3", "negatives=2"], recipe)
    assert (changed.mistakes, changed.negatives) == (3, 2.0)
    assert changed.name != recipe.name


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
        recipe_with([given], ReaderRecipe())
    assert raised.value.message == message
    assert raised.value.hint.startswith("It has: seed, share, sources, kinds,")


@pytest.mark.parametrize(
    "given",
    [
        "seed",
        "seed=",
        "seed=one",
        "seed=1.5",
        "seed=true",
        'seed="1"',
        "seed=null",
        "clip=true",
        "clip=[1]",
        "clip=NaN",
        "learning_rate=-Infinity",
        "learning_rate=1e999",
        "window_tokens=64",
        "window_tokens=[64]",
        "window_tokens=[64,128,256]",
        "window_tokens=[128,64]",
        "window_tokens=[0,64]",
        'window_tokens=["a",64]',
        "window_tokens=[true,64]",
        "window_tokens=[1.5,64]",
        "kinds=3",
        "kinds=[]",
        'kinds={"nq": "often"}',
        'kinds={"nq": -1}',
        'kinds={"nq": true}',
        'kinds={"nq": NaN}',
        "kinds={'nq': 1}",
    ],
)
def test_a_value_of_another_kind(given: str) -> None:
    name = given.partition("=")[0]
    with pytest.raises(InvalidRequest) as raised:
        recipe_with([given], ReaderRecipe())
    assert name in raised.value.message and "\n" not in raised.value.message
    shown = raised.value.hint.removeprefix("Give it as JSON, such as --set '").removesuffix("'.")
    # What the hint gives as an example is taken.
    assert recipe_with([shown], ReaderRecipe()) == ReaderRecipe()


@pytest.mark.parametrize("model", ["reader", "encoder", "agreement"])
def test_help_names_every_option_and_loads_nothing_heavy(model: str, tmp_path: Path) -> None:
    code = """
import sys
from pincite.__main__ import main
sys.argv = ["pincite", "train", sys.argv[1], "--help"]
try:
    main()
except SystemExit as ended:
    assert ended.code == 0
print("LOADED", [name for name in ("torch", "transformers", "faiss") if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", code, model],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"Usage: pincite train {model}" in done.stdout
    for option in ("--data", "--out", "--base", "--start", "--work", "--set", "--threads"):
        assert f" {option} " in done.stdout
    assert "all cores" in done.stdout
    assert done.stdout.endswith("LOADED []\n")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ["--data", "no[b].jsonl", "--base", "b", "--out", "x"],
            2,
            "no[b].jsonl can't be read: No such file",
        ),
        (["--data", ".", "--base", "b", "--out", "x"], 2, ". can't be read: Is a directory"),
        (["--data", "bad.jsonl", "--base", "b", "--out", "x"], 2, "bad.jsonl:1 is not JSON"),
        (
            ["--data", "bad.jsonl", "--base", "b", "--out", "x", "--set", "seeds=1"],
            2,
            "the recipe has no 'seeds'",
        ),
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
    [
        [],
        ["--base", "b", "--out", "x"],
        ["--data", "a"],
        ["--data", "a", "--base", "b", "--out", "x", "--threads", "0"],
    ],
)
def test_wrong_usage(command: Command, arguments: list[str]) -> None:
    ended, out, err = command(*arguments)
    assert (ended, out) == (2, "")
    assert "Usage: pincite train reader" in err and "Traceback" not in err
