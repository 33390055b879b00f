"""Who is let in at the port: whoever shows dead tokens too often is not, by WebSocket either."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from gateway.doors import Doors
from gateway.rest.ratelimit import Limiter
from tests.unit.gateway.house import KEY, Gateway, Transport, World, frames_in, masked, settled

HEADERS = [
    (b"upgrade", b"websocket"),
    (b"sec-websocket-version", b"13"),
    (b"sec-websocket-key", KEY),
]
DEAD = (
    (b"/", b'{"op":2,"d":{"token":"dead","properties":{}}}'),
    (b"/", b'{"op":6,"d":{"token":"dead","session_id":"x","seq":1}}'),
    (b"/stomp", b"CONNECT\naccept-version:1.2\npasscode:dead\n\n\0"),
)


async def test_dead_tokens_count_against_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.rest.ratelimit.VAIN_MOST", len(DEAD))
    gateway = await Gateway(World()).start()
    doors = Doors(gateway.lobby, cast(Any, None))
    doors.desk = cast(Any, SimpleNamespace(limiter=Limiter(gateway.clock), clock=gateway.clock))

    def come(path: bytes, address: bytes) -> Transport:
        transport = Transport()
        doors.adopt(cast(Any, transport), b"GET " + path, HEADERS, b"", address)
        return transport

    for path, said in DEAD:
        transport = come(path, b"1.2.3.4")
        assert transport.take().startswith(b"HTTP/1.1 101")
        transport.protocol.data_received(masked(1, said))
        await settled()
        opcode, payload = frames_in(transport.take())[-1]
        assert (opcode, payload[:2]) == (8, (4004).to_bytes(2, "big"))
    refused = come(b"/", b"1.2.3.4")
    assert refused.take().startswith(b"HTTP/1.1 429 ")
    assert refused.is_closed
    assert come(b"/", b"1.2.3.5").take().startswith(b"HTTP/1.1 101")
    await gateway.tasks.cancel()
