"""`pincite train reader`, `encoder` and `agreement`: commands over the trainers."""

from __future__ import annotations

import dataclasses
import json
import math
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import typer
from rich.console import Console

from pincite.errors import InvalidRequest
from pincite.training.recipe import AgreementRecipe, EncoderRecipe, ReaderRecipe, Recipe

if TYPE_CHECKING:
    from pincite.training.run import Setting

err = Console(stderr=True, highlight=False)
app = typer.Typer(help="Train the reader, the encoder or the comparison.", no_args_is_help=True)
Kind = TypeVar("Kind", bound=Recipe)

Data = Annotated[
    list[Path], typer.Option(help="paragraphs with questions, JSON lines; may be repeated")
]
Base = Annotated[Path, typer.Option(help="folder of the model to start from")]
Out = Annotated[Path, typer.Option(help="folder that gets the model")]
Start = Annotated[
    Path | None,
    typer.Option(help="changed.safetensors of an earlier run on the base", show_default="none"),
]
Work = Annotated[Path, typer.Option(help="for checkpoints; a killed run goes on from here")]
Changed = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="NAME=VALUE of the recipe, value as JSON; may be repeated",
        show_default=False,
    ),
]
Threads = Annotated[int | None, typer.Option(help="CPU threads", min=1, show_default="all cores")]
Steps = Annotated[
    int | None,
    typer.Option(help="stop after so many steps, to go on later", min=1, show_default="the last"),
]
WORK = Path(".pincite/training")


def _command(kind: Literal["reader", "encoder", "agreement"], recipe: Recipe, of: str) -> None:
    def command(
        data: Data,
        base: Base,
        out: Out,
        start: Start = None,
        work: Work = WORK,
        changed: Changed = None,
        threads: Threads = None,
        stop_after: Steps = None,
    ) -> None:
        wanted = recipe_with(changed or [], recipe)
        # Imported only now: torch takes seconds, and --help does without.
        train = getattr(import_module(f"pincite.training.{kind}"), f"train_{kind}")
        train(_setting(data, base, out, start, work, threads, stop_after), wanted)

    said = f"Train the {of}. Killed, the same command goes on from the last checkpoint."
    app.command(kind, help=said)(command)


_command("reader", ReaderRecipe(), "reader")
_command("encoder", EncoderRecipe(), "encoder")
_command("agreement", AgreementRecipe(), "comparison")


def _setting(
    data: list[Path],
    base: Path,
    out: Path,
    start: Path | None,
    work: Path,
    threads: int | None,
    stop_after: int | None,
) -> Setting:
    from transformers.utils import logging

    from pincite.training.hardware import find
    from pincite.training.run import Setting

    # A base has no head for spans, and that is no news.
    logging.set_verbosity_error()
    logging.disable_progress_bar()

    def say(line: str) -> None:
        err.print(line, markup=False, soft_wrap=True)

    return Setting(data, base, out, work, start, say, find(threads), stop_after)


def recipe_with(changed: list[str], recipe: Kind) -> Kind:
    """The recipe with some of its numbers changed.

    Args:
        changed: NAME=VALUE each, the value as JSON; an object adds to what the recipe has.

    Raises:
        InvalidRequest: there is no such name, or the value is of another kind.
    """
    names = [field.name for field in dataclasses.fields(recipe)]
    for given in changed:
        name, _, value = given.partition("=")
        if name not in names:
            raise InvalidRequest(f"the recipe has no {name!r}", f"It has: {', '.join(names)}.")
        recipe = dataclasses.replace(recipe, **{name: _value(name, value, getattr(recipe, name))})
    return recipe


def _value(name: str, given: str, now: Any) -> Any:  # noqa: ANN401
    hint = f"Give it as JSON, such as --set '{name}={json.dumps(now)}'."
    try:
        value = json.loads(given, parse_float=_finite, parse_constant=_finite)
    except ValueError as error:
        raise InvalidRequest(f"{name}={given} is not JSON: {error}", hint) from error
    if isinstance(now, tuple):  # the least and the most
        whole = isinstance(value, list) and all(type(number) is int for number in value)
        if not (whole and len(value) == len(now) and 1 <= value[0] <= value[-1]):
            raise InvalidRequest(f"{name} takes {len(now)} whole numbers, the least first", hint)
        return tuple(value)
    if isinstance(now, dict) and isinstance(value, dict):
        if not all(type(number) in (int, float) and number >= 0 for number in value.values()):
            raise InvalidRequest(f"{name} takes numbers, 0 or more, by name", hint)
        return now | value
    if isinstance(now, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not type(now):
        raise InvalidRequest(f"{name} can't be {given}", hint)
    return value


def _finite(given: str) -> float:
    """A number as json.loads meets it; it takes NaN, Infinity and 1e999, which are none here."""
    number = float(given)
    if not math.isfinite(number):
        raise ValueError(f"{given} is no number")
    return number
