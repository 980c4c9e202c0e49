"""`pincite train reader`, `encoder` and `agreement`: commands over the trainers."""

from __future__ import annotations

import dataclasses
import json
from importlib import import_module
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import typer
from pydantic import TypeAdapter, ValidationError
from rich.console import Console

from pincite.errors import InvalidRequest
from pincite.training.recipe import AgreementRecipe, EncoderRecipe, ReaderRecipe, Recipe

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
    typer.Option(help="weights of an earlier run on the base", show_default="none"),
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
        from transformers.utils import logging

        from pincite.training.hardware import find
        from pincite.training.run import Setting

        # A base has no head for spans, and that is no news.
        logging.set_verbosity_error()
        logging.disable_progress_bar()

        def say(line: str) -> None:
            err.print(line, markup=False, soft_wrap=True)

        train(Setting(data, base, out, work, start, say, find(threads), stop_after), wanted)

    said = f"Train the {of}. Killed, the same command goes on from the last checkpoint."
    app.command(kind, help=said)(command)


_command("reader", ReaderRecipe(), "reader")
_command("encoder", EncoderRecipe(), "encoder")
_command("agreement", AgreementRecipe(), "comparison")


def recipe_with(changed: list[str], recipe: Kind) -> Kind:
    """The recipe with some of its numbers changed.

    Args:
        changed: NAME=VALUE each, the value as JSON; an object adds to what the recipe has.

    Raises:
        InvalidRequest: there is no such name, or the value is of another kind.
    """
    adapter, held = TypeAdapter(type(recipe)), dataclasses.asdict(recipe)
    for given in changed:
        name, _, value = given.partition("=")
        if name not in held:
            raise InvalidRequest(f"the recipe has no {name!r}", f"It has: {', '.join(held)}.")
        now = held[name]
        try:
            new = json.loads(value)
            both = isinstance(now, dict) and isinstance(new, dict)
            held[name] = now | new if both else new
            recipe = adapter.validate_json(json.dumps(held))
        except ValueError as error:  # of JSON or of the recipe
            said = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error
            raise InvalidRequest(
                f"{name} can't be {value!r}: {said}",
                f"Give it as JSON, such as --set '{name}={json.dumps(now)}'.",
            ) from error
    return recipe
