"""Whatever clients say over STOMP: no fault, no session left behind. MOIM_WORLDS sets how much of
it; how single frames are read is in test_frames.py.
"""

from __future__ import annotations

import os
import random
from typing import Any, cast

import pytest

from gateway.rest.errand import Outcome
from gateway.stomp.destinations import ERRORS, EVENTS
from gateway.stomp.socket import StompSocket
from tests.unit.gateway.house import GUILD, KEY, Gateway, Transport, World, masked, settled

WORLDS = int(os.environ.get("MOIM_WORLDS", "300"))
HEADERS = [
    (b"upgrade", b"websocket"),
    (b"sec-websocket-version", b"13"),
    (b"sec-websocket-key", KEY),
]
COMMANDS = (
    *("CONNECT", "STOMP", "SUBSCRIBE", "UNSUBSCRIBE", "SEND", "ACK", "NACK", "BEGIN", "COMMIT"),
    *("ABORT", "DISCONNECT", "MESSAGE", "", "connect", "SEND\0", "😀"),
)
NAMES = (
    *("accept-version", "passcode", "heart-beat", "destination", "id", "receipt", "transaction"),
    *("content-length", "platform", "Authorization", "host", "", "\\c", "\\"),
)
VALUES = (
    *("1.2", "1.0,1.1", "2", "100", "0,0", "1000,1000", "-1,x", "a", "b", "", "\\n", ":", "9" * 30),
    *(EVENTS, ERRORS, f"/topic/guilds.{GUILD}", "/topic/channels.11", "/topic/channels.12"),
    *("/app/channels.11.messages", "/app/channels.11.ack", "/app/presence", "/app/voice", "/x"),
)
BODIES = (b"", b"{}", b'{"content":"x"}', b'{"status":[]}', b'{"message_id":1}', b"[", b"\xff" * 9)


def said(dice: random.Random) -> bytes:
    """Mostly what a client could mean, bent somewhere."""
    lines = [dice.choice(COMMANDS)]
    lines += [f"{dice.choice(NAMES)}:{dice.choice(VALUES)}" for _ in range(dice.randrange(5))]
    data = "\n".join([*lines, "", ""]).encode() + dice.choice(BODIES) + b"\0"
    if dice.random() < 0.15:
        at = dice.randrange(len(data) + 1)
        data = data[:at] + bytes(dice.choices(range(256), k=3)) + data[at:]
    return data * dice.choice((1, 1, 1, 2, 9))


async def refuses_some(method: bytes, path: bytes, token: str, body: bytes) -> Outcome:
    del method, path, token
    return Outcome(400 if len(body) % 2 else 200, b"{}")


async def entered(gateway: Gateway, dice: random.Random) -> StompSocket:
    socket = StompSocket(gateway.lobby, refuses_some)
    socket.adopt(cast(Any, Transport()), b"GET /stomp", HEADERS, b"")
    if dice.random() < 0.7:
        hello = b"CONNECT\naccept-version:1.%d\npasscode:2\n\n\0" % dice.randrange(3)
        socket.data_received(masked(1, hello))
        await settled()
    return socket


@pytest.mark.timeout(max(240, WORLDS // 50))
async def test_nothing_that_is_said_by_stomp_is_a_fault_or_leaves_a_session_behind(
    caplog: pytest.LogCaptureFixture,
) -> None:
    dice, world = random.Random(12), World()
    world.guild()
    world.enrol(2)
    gateway = await Gateway(world).start()
    sockets: list[StompSocket] = []
    for number in range(WORLDS):
        if len(sockets) < 20:
            sockets.append(await entered(gateway, dice))
        socket = dice.choice(sockets)
        socket.data_received(masked(dice.choice((1, 1, 1, 2)), said(dice)))
        if number % 20 == 0:
            await settled()
        if socket.is_over:
            socket.connection_lost(None)
            sockets.remove(socket)
    await settled()
    for socket in sockets:
        socket.connection_lost(None)
    await settled()
    assert (len(gateway.lobby.sockets), len(gateway.lobby.hub.viewers)) == (0, 0)
    await gateway.tasks.cancel()
    assert "crashed" not in caplog.text
