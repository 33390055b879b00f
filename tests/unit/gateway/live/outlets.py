"""Sessions on transports that remember, and a loop that turns when it is told to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import orjson

from contracts.identity import Identity, Kind
from contracts.ids import UserId
from gateway.live.audience import Fanout
from gateway.live.codec import Encoding, Frames
from gateway.live.outlet import Outlet, ZstdSink
from gateway.live.viewer import Viewer
from tests.unit.gateway.house import Transport, frames_in


def an_outlet() -> tuple[Outlet, Transport]:
    """And its transport, which has no socket."""
    transport = Transport()
    return Outlet(cast(Any, transport)), transport


def a_viewer(
    user_id: int = 1, *, kind: Kind = Kind.USER, encoding: Encoding = Encoding.JSON
) -> tuple[Viewer, Transport]:
    """A session on one."""
    outlet, transport = an_outlet()
    return a_viewer_of(outlet, user_id, kind=kind, encoding=encoding), transport


def a_viewer_of(
    outlet: Outlet,
    user_id: int = 1,
    *,
    kind: Kind = Kind.USER,
    encoding: Encoding = Encoding.JSON,
) -> Viewer:
    """The same on a given one."""
    return Viewer(
        session_id=str(user_id),
        identity=Identity(UserId(user_id), 1, kind),
        intents=1,
        shard=None,
        link=cast(Any, None),
        outlet=outlet,
        sink=ZstdSink(outlet) if encoding is Encoding.ZSTD else outlet,
        encoding=encoding,
    )


class Loop:
    """Turns when it is told to."""

    def __init__(self) -> None:
        self.soon: list[Callable[[], None]] = []
        self.fanout = Fanout(self.soon.append, slice_size=10)

    def turn(self) -> None:
        """Once."""
        due, self.soon[:] = self.soon[:], []
        for call in due:
            call()

    def run(self) -> int:
        """Until nothing is due; returns how many turns it took."""
        turns = 0
        while self.soon:
            self.turn()
            turns += 1
        return turns


def event(s: int) -> Frames:
    """Of that number."""
    return Frames(s, "X", b'{"content":"c"}')


def read(transport: Transport) -> list[int]:
    """The numbers of the events that were written since the last time."""
    return [orjson.loads(payload)["s"] for _, payload in frames_in(transport.take())]
