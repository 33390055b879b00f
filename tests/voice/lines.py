"""A bad line for clients that nobody changed: their signaling passes through here as it is, but
that descriptions lead to a line that loses packets.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from livekit.protocol import rtc
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from tests.fixtures.lines import BadLine, bad_line

_CANDIDATE = re.compile(r"udp \d+ (\S+) (\d+) typ host")


class Detour:
    """Stands between one client and signaling."""

    def __init__(self, endpoint: str, loss: float) -> None:
        self._endpoint = endpoint
        self._loss = loss
        self.line: BadLine | None = None

    async def serve(self, near: ServerConnection) -> None:
        """One connection."""
        assert near.request is not None
        shown = {"Authorization": near.request.headers.get("Authorization", "")}
        path = f"{self._endpoint}{near.request.path}"
        async with connect(path, additional_headers=shown, compression=None) as far:
            back = asyncio.create_task(self._answer(far, near))
            try:
                async for said in near:
                    await far.send(said)
            except ConnectionClosed:
                await far.close()
            finally:
                back.cancel()
                await asyncio.gather(back, return_exceptions=True)

    async def _answer(self, far: ClientConnection, near: ServerConnection) -> None:
        async for said in far:
            assert isinstance(said, bytes)
            response = rtc.SignalResponse.FromString(said)
            kind = response.WhichOneof("message")
            if kind in ("offer", "answer"):
                description = getattr(response, kind)
                description.sdp = await self._led_astray(description.sdp)
            await near.send(response.SerializeToString())

    async def _led_astray(self, sdp: str) -> str:
        found = _CANDIDATE.search(sdp)
        if self.line is None and found is not None:
            self.line = await bad_line((found[1], int(found[2])), self._loss, seed=5)
        return sdp if self.line is None else self.line.route(sdp)


@asynccontextmanager
async def detour(endpoint: str, loss: float) -> AsyncIterator[str]:
    """Another endpoint, from which media goes over a line that loses this share."""
    way = Detour(endpoint, loss)
    async with serve(way.serve, "127.0.0.1", 0, compression=None) as server:
        yield f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
    if way.line is not None:
        way.line.transport.close()
