"""Average the weights of models that were trained on from one another.

    python -m pincite.training.average OUT FOLDER FOLDER...

It often keeps what each has learnt and forgets less than the last (Wortsman et al., 2022).
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from pincite.errors import InvalidRequest
from pincite.training.weights import WEIGHTS


def average(folders: Sequence[Path], out: Path) -> None:
    """Write a model whose weights are the mean of those of models of one shape.

    Args:
        folders: transformers models, as the trainers write them; what else is in the first is taken
            over.

    Raises:
        InvalidRequest: they are not of one shape.
    """
    from safetensors.torch import load_file, save_file

    first, *others = (load_file(folder / WEIGHTS) for folder in folders)
    for other in others:
        if {n: t.shape for n, t in first.items()} != {n: t.shape for n, t in other.items()}:
            raise InvalidRequest("the models are of different shapes", "Name runs of one base.")
    mean = {
        name: sum((other[name] for other in others), start=tensor) / len(folders)
        if tensor.is_floating_point()
        else tensor
        for name, tensor in first.items()
    }
    shutil.copytree(folders[0], out, ignore=shutil.ignore_patterns(WEIGHTS, "training.json"))
    save_file(mean, out / WEIGHTS, {"format": "pt"})


def main(
    out: Annotated[Path, typer.Argument(help="gets the model; not there yet")],
    folders: Annotated[list[Path], typer.Argument(help="the models")],
) -> None:
    """Average the weights of models."""
    average(folders, out)
    typer.echo(f"written: {out}")


if __name__ == "__main__":
    typer.run(main)
