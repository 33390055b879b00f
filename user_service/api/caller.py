"""Where a request comes from: the device by its User-Agent, the address as the edge tells it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from user_service.domain.clients import Client, describe


@dataclass(frozen=True, slots=True)
class Origin:
    """Device and address."""

    client: Client
    address: str
    languages: str
    """What its browser accepts."""


async def _origin(request: Request) -> Origin:
    # The edge strips what came from outside, and tells one address.
    headers = request.headers
    return Origin(
        describe(headers.get("user-agent", "")),
        headers.get("x-forwarded-for", ""),
        headers.get("accept-language", ""),
    )


From = Annotated[Origin, Depends(_origin)]
"""Where the request comes from."""
