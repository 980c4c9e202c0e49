"""Whether a request may change what is kept."""

from __future__ import annotations

import ipaddress

from fastapi import Request

from pincite.errors import PinciteError
from pincite.settings import Settings


class WritesOff(PinciteError):
    """The service takes no changes over HTTP."""

    type = "writes_off"
    http_status = 403


def writes_allowed(settings: Settings, request: Request) -> bool:
    """Whether a request may change a collection: where only this machine can ask."""
    del request  # what it carries may say who asks, once there are keys
    try:
        return ipaddress.ip_address(settings.host).is_loopback
    except ValueError:
        return settings.host == "localhost"


def check_writes(settings: Settings, request: Request) -> None:
    """See that a request may change a collection.

    Raises:
        WritesOff: it may not.
    """
    if not writes_allowed(settings, request):
        raise WritesOff(
            "this service takes no changes",
            "Bind it to 127.0.0.1, or change collections by `pincite add` and `pincite remove`.",
        )
