"""The verified caller of a request: the header that the edge minted, checked with this service's
own key.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from chassis.clock import Clock
from contracts.errors import ErrorCode, Forbidden, Unauthorized
from contracts.identity import NOBODY, Identity, verify

_REMEMBERED = 4_096


class Verifier:
    """Verifies X-Identity for one audience. The edge repeats a header for some seconds, so answers
    are remembered.
    """

    def __init__(self, audience: str, key: bytes, clock: Clock) -> None:
        self._audience = audience
        self._key = key
        self._clock = clock
        self._known: dict[str, tuple[Identity, int]] = {}

    def __call__(self, header: str | None) -> Identity:
        """The identity, NOBODY without a header, or Unauthorized for a forged or stale one."""
        if not header:
            return NOBODY
        now = self._clock.now_ms() // 1000
        known = self._known.get(header)
        if known is not None and now - known[1] < 2:
            return known[0]
        identity = verify(header, self._audience, self._key, now)
        if identity is None:
            raise Unauthorized
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[header] = (identity, now)
        return identity


# Coroutines, though nothing is awaited: FastAPI would run plain functions in threads.
async def _actor(request: Request) -> Identity:
    identity: Identity = request.state.identity
    if identity.kind is NOBODY.kind:
        raise Unauthorized
    return identity


async def _person(request: Request) -> Identity:
    identity = await _actor(request)
    if identity.is_bot:
        raise Forbidden(ErrorCode.BOTS_NOT_ALLOWED)
    return identity


async def _anyone(request: Request) -> Identity:
    identity: Identity = request.state.identity
    return identity


Actor = Annotated[Identity, Depends(_actor)]
"""A person or a bot; nobody is refused."""
Person = Annotated[Identity, Depends(_person)]
"""A person; bots are refused."""
Anyone = Annotated[Identity, Depends(_anyone)]
"""Whoever it is, NOBODY included."""
