"""What the page may offer: a service need not let itself be changed, and says so by its routes."""

from __future__ import annotations

import re
from typing import Any

from fastapi import FastAPI


def offered(app: FastAPI) -> list[str]:
    """What the app's routes take beside questions.

    Returns:
        Some of "adds" and "removes" (documents), "scopes" (a question of some documents only)
        and "collections".
    """
    described = app.openapi()
    paths: dict[str, Any] = described["paths"]
    asked = described["components"]["schemas"]["AskBody"]["properties"]
    of_one = next((path for path in paths if re.fullmatch(r"/v1/articles/\{\w+\}", path)), None)
    takes = {
        "adds": "post" in paths.get("/v1/articles", {}),
        "removes": of_one is not None and "delete" in paths[of_one],
        "scopes": "articles" in asked,
        "collections": "/v1/collections" in paths and "collection" in asked,
    }
    return [name for name, is_taken in takes.items() if is_taken]
