"""docs/reference.md: every command, setting and route, in the words that the program has for them.

Written anew by `python -m tests.test_reference`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from pincite.__main__ import app as command
from pincite.api.app import create_app
from pincite.settings import SHIPPED, describe, load_settings
from tests.conftest import open_with_fakes

PAGE = SHIPPED / "docs" / "reference.md"
HEAD = """# Reference

What `pincite --help`, `pincite settings` and `/docs` say, on one page.
`python -m tests.test_reference` writes it, and a test holds it to the program.
"""
SETTINGS = """
Each is an environment variable, or a line of the file `.env` in the working directory.
"""
ROUTES = """
Each with its fields, and to be tried out: `/docs` of a running service (`/openapi.json` for
programs). Besides these, the page is at `/`, a document's own at `/articles/{id}`, the door for
agents at `/mcp` ([clients.md](clients.md#mcp)), and the numbers for Prometheus at `/metrics`
([deploy.md](deploy.md)).
"""


def reference() -> str:
    """The page as it should stand."""
    settings = (
        (f"`{row.variable}`", f"`{row.default}`" if row.default else "", row.unit, row.help)
        for row in describe(load_settings())
    )
    return "\n".join(
        [
            HEAD,
            "## Commands\n",
            *_table(("command", "does"), _commands(typer.main.get_command(command), "pincite")),
            "\n## Settings",
            SETTINGS,
            *_table(("variable", "default", "unit", "is"), settings),
            "\n## Routes",
            ROUTES,
            *_table(("route", "gives", "parameters"), _routes()),
            "",
        ]
    )


def _commands(group: Any, name: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    for word, one in getattr(group, "commands", {}).items():
        yield f"`{name} {word}`", _first(one.help)
        yield from _commands(one, f"{name} {word}")


def _routes() -> Iterator[tuple[str, str, str]]:
    for path, methods in create_app(load_settings(), open_with_fakes).openapi()["paths"].items():
        for method, one in methods.items():
            names = [f"`{of['name']}`" for of in one.get("parameters", []) if of["in"] == "query"]
            yield f"`{method.upper()} {path}`", _first(one["description"]), ", ".join(names)


def _first(text: str) -> str:
    """The first paragraph, on one line."""
    return " ".join(text.partition("\n\n")[0].split())


def _table(head: tuple[str, ...], rows: Any) -> list[str]:  # noqa: ANN401
    cells = [head, ("---",) * len(head), *rows]
    return ["| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |" for row in cells]


def test_the_page_is_what_the_program_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference()


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
