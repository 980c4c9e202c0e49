"""The command `pincite`, whole: what `pincite.api` serves, and what measures and trains.

This stands above the stages, so that none of them needs to reach up for another's commands.
"""

from __future__ import annotations

from pincite.api import cli_documents
from pincite.api.cli import app, main
from pincite.cluster.cli import app as ray_app
from pincite.eval.cli import app as eval_app
from pincite.training.cli import app as train_app

cli_documents.install(app)
app.add_typer(ray_app, name="ray")
# A panel of their own comes below what people use.
app.add_typer(eval_app, name="eval", rich_help_panel="Measuring and training")
app.add_typer(train_app, name="train", rich_help_panel="Measuring and training")

__all__ = ["app", "main"]

if __name__ == "__main__":
    main()
