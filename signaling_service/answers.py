"""Answers of other signaling processes to what this one has asked them all."""

from __future__ import annotations

import asyncio

from contracts.errors import DomainError, ErrorCode, Unavailable

_WITHIN_S = 10.0


class Answers:
    """Those that are awaited, by the number of the question."""

    def __init__(self) -> None:
        self._awaited: dict[int, asyncio.Future[str]] = {}

    def expect(self, asked_id: int) -> asyncio.Future[str]:
        """Before it is asked."""
        awaited = self._awaited[asked_id] = asyncio.get_running_loop().create_future()
        awaited.add_done_callback(lambda _: self._awaited.pop(asked_id, None))
        return awaited

    def came(self, asked_id: int, refusal: str) -> None:
        """Somebody has answered."""
        awaited = self._awaited.get(asked_id)
        if awaited is not None and not awaited.done():
            awaited.set_result(refusal)


async def settled(awaited: asyncio.Future[str]) -> None:
    """Until it was done; raises as it was refused, or Unavailable when nobody answers."""
    try:
        async with asyncio.timeout(_WITHIN_S):
            refusal = await awaited
    except TimeoutError:
        raise Unavailable(message="nobody answers for this channel") from None
    if refusal:
        raise DomainError(ErrorCode[refusal])
