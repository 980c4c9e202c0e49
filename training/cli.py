"""`pincite train`: the command over `pincite.training.run.train`."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from pincite.errors import InvalidRequest
from pincite.training.recipe import Recipe

err = Console(stderr=True, highlight=False)


def train(
    data: Annotated[
        list[Path],
        typer.Option(help="paragraphs with questions, JSON lines; may be repeated"),
    ],
    out: Annotated[Path, typer.Option(help="folder that gets the reader")],
    base: Annotated[
        Path | None,
        typer.Option(help="BERT-like model to start from", show_default="all-MiniLM-L6-v2"),
    ] = None,
    work: Annotated[
        Path, typer.Option(help="for checkpoints; a killed run goes on from here")
    ] = Path(".pincite/training"),
    changed: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="NAME=VALUE of the recipe, value as JSON; may be repeated",
            show_default=False,
        ),
    ] = None,
    threads: Annotated[
        int | None, typer.Option(help="CPU threads", min=1, show_default="all cores")
    ] = None,
) -> None:
    """Train the reader. Killed, the same command goes on from the last checkpoint."""
    from pincite.index.encoder import SHIPPED_NAME, encoder_folder
    from pincite.training.hardware import find
    from pincite.training.run import train as run

    recipe = recipe_with(changed or [])
    run(
        data,
        base or encoder_folder(SHIPPED_NAME),
        out,
        work,
        recipe,
        lambda line: err.print(line, markup=False, soft_wrap=True),
        find(threads),
    )


def recipe_with(changed: list[str]) -> Recipe:
    """The recipe with some of its numbers changed.

    Args:
        changed: NAME=VALUE each, the value as JSON.

    Raises:
        InvalidRequest: there is no such name, or the value is of another kind.
    """
    recipe = Recipe()
    names = [field.name for field in dataclasses.fields(Recipe)]
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
    if isinstance(now, tuple) and all(isinstance(source, str) for source in now):
        if not (isinstance(value, list) and all(isinstance(source, str) for source in value)):
            raise InvalidRequest(f"{name} takes a list of sources", hint)
        return tuple(value)
    if isinstance(now, tuple):  # the least and the most
        whole = isinstance(value, list) and all(type(number) is int for number in value)
        if not (whole and len(value) == len(now) and 1 <= value[0] <= value[-1]):
            raise InvalidRequest(f"{name} takes {len(now)} whole numbers, the least first", hint)
        return tuple(value)
    if isinstance(now, dict) and isinstance(value, dict):
        if not all(type(number) in (int, float) and number >= 0 for number in value.values()):
            raise InvalidRequest(f"{name} takes a number, 0 or more, for each source", hint)
        return value
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
