"""What every request passes on its way to a route, each layer a file of its own."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware

from pincite.api import pages
from pincite.api.access import Access, declare_keys
from pincite.api.error_pages import ErrorPages
from pincite.api.errors import Answered
from pincite.api.incoming import Incoming, Limits
from pincite.api.keys import KeyFile, Keyring
from pincite.api.logs import RequestLog
from pincite.api.metrics import Metrics
from pincite.api.origin import OriginCheck, listed
from pincite.api.rate import RateLimit, rates_of
from pincite.api.routes import Fresh, Methods
from pincite.settings import Settings

_WORTH_PACKING = 1024  # bytes


def install(
    app: FastAPI, settings: Settings, metrics: Metrics, larger: Mapping[str, int] | None = None
) -> None:
    """Put the layers around the app: the first is the innermost, the last sees a request first.

    Args:
        larger: path -> bytes of the bodies that are taken there, where that is more.

    Raises:
        SettingsError: a setting that a layer takes is not usable.
    """
    origins = listed(settings.origins)
    declare_keys(app)
    app.add_middleware(Fresh)
    app.add_middleware(GZipMiddleware, minimum_size=_WORTH_PACKING)
    app.add_middleware(Methods, of=app)
    app.add_middleware(Incoming, limits=Limits.of(settings), larger=larger)
    app.add_middleware(RateLimit, rates=rates_of(settings))
    app.add_middleware(Access, keyring=Keyring(KeyFile.of(settings)), host=settings.host)
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=sorted(origins),
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "X-API-Key", "X-Request-Id"],
            expose_headers=["Retry-After", "X-Request-Id"],
        )
    app.add_middleware(
        OriginCheck, host=settings.host, hosts=listed(settings.hosts), origins=origins
    )
    app.add_middleware(Answered, headers=pages.headers_of)
    app.add_middleware(ErrorPages)
    app.add_middleware(RequestLog, of=app, metrics=metrics, with_questions=settings.log_questions)
