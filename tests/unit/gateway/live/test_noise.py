"""Whatever clients send: no fault, no session left behind. MOIM_WORLDS sets how much of it."""

from __future__ import annotations

import os
import random
from typing import Any

import orjson
import pytest

from tests.unit.gateway.house import Client, Gateway, World, masked, settled

WORLDS = int(os.environ.get("MOIM_WORLDS", "1500"))
ODD: list[Any] = [
    *(None, True, -1, 0, 1, 2**31, 2**63, 2**200, 1e308, "", "x", "1", "\0", "😀" * 40, [], {}),
    *([[]], [None], [1, 2], [-1, 0], [2**70], {"a": {"b": [{}]}}, "🇰🇷", "ʼ", [[[[[[]]]]]]),
]
NAMES = (
    *("token", "intents", "shard", "properties", "presence", "compress", "session_id", "seq"),
    *("status", "activities", "afk", "since", "guild_id", "channel_id", "self_mute", "query"),
    *("limit", "user_ids", "nonce", "channels", "typing", "members", "threads", "subscriptions"),
)


def payload(dice: random.Random) -> bytes:
    """Mostly what a client could mean, bent somewhere."""
    d = {name: dice.choice(ODD) for name in dice.sample(NAMES, dice.randrange(8))}
    if dice.random() < 0.5:
        d["token"] = str(dice.choice((2, 100, 3)))
    whole: Any = {"op": dice.choice((*range(50), *ODD)), "d": d}
    if dice.random() < 0.2:
        whole = dice.choice((*ODD, {"op": dice.choice(ODD)}, {"d": d}))
    try:
        said = orjson.dumps(whole)
    except TypeError:  # a number too large for orjson to write
        said = b'{"op":1' + b"0" * 300 + b',"d":null}'
    if dice.random() < 0.15:
        at = dice.randrange(len(said) + 1)
        said = said[:at] + bytes(dice.choices(range(256), k=3)) + said[at:]
    return said


def framed(dice: random.Random, said: bytes) -> bytes:
    data = masked(dice.choice((1, 1, 1, 1, 2, 9, 10, 8, 0, 3)), said[:4_000])
    return data[: dice.randrange(len(data))] if dice.random() < 0.05 else data


@pytest.mark.timeout(max(240, WORLDS // 50))
async def test_nothing_that_a_client_says_is_a_fault_or_leaves_a_session_behind(
    caplog: pytest.LogCaptureFixture,
) -> None:
    dice, world = random.Random(11), World()
    world.guild()
    for who in (2, 100):
        world.enrol(who)
    gateway = await Gateway(world).start()
    clients: list[Client] = []
    for number in range(WORLDS):
        if len(clients) < 20:
            clients.append(gateway.connect(dice.choice(("v=10", "v=9&compress=zlib-stream"))))
            if dice.random() < 0.5:
                await clients[-1].identify(dice.choice((2, 100)))
        client = dice.choice(clients)
        client.socket.data_received(framed(dice, payload(dice)))
        if number % 50 == 0:
            await settled()
        if client.transport.is_closed or client.socket.is_over:
            client.socket.connection_lost(None)
            clients.remove(client)
    await settled()
    for client in clients:
        client.socket.connection_lost(None)
    await settled()
    assert (len(gateway.lobby.sockets), len(gateway.lobby.hub.viewers)) == (0, 0)
    await gateway.tasks.cancel()
    assert "crashed" not in caplog.text
