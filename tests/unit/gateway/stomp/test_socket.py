"""A whole STOMP connection: frames of a client in, frames of the house out."""

from __future__ import annotations

from typing import Any, cast

from gateway.stomp.session import ALIKE, SUBSCRIPTIONS
from gateway.stomp.socket import StompSocket
from tests.unit.gateway.house import (
    GUILD,
    Gateway,
    Transport,
    World,
    channel,
    frames_in,
    masked,
    message,
    settled,
)
from tests.unit.gateway.stomp.test_noise import HEADERS, refuses_some


async def test_who_subscribes_to_everything_at_once_hears_each_channel_on_each_subscription() -> (
    None
):
    world = World()
    world.guild()
    world.enrol(2)
    world.channels[GUILD] = [channel(number) for number in range(100, 100 + SUBSCRIPTIONS // ALIKE)]
    gateway = await Gateway(world).start()
    socket, transport = StompSocket(gateway.lobby, refuses_some), Transport()
    socket.adopt(cast(Any, transport), b"GET /stomp", HEADERS, b"")
    socket.data_received(masked(1, b"CONNECT\naccept-version:1.2\npasscode:2\n\n\0"))
    while not any(b"CONNECTED" in each for each in transport.written):
        await settled()
    every = (
        b"SUBSCRIBE\nid:%d\ndestination:/topic/channels.%d\n\n\0" % (number, 100 + number // ALIKE)
        for number in range(SUBSCRIPTIONS)
    )
    socket.data_received(masked(1, b"".join(every)))
    await settled()
    transport.take()
    world.redis.publish(message(1, channel_id=100))
    await settled()
    told = [payload for _, payload in frames_in(transport.take())]
    assert [int(each.split(b"subscription:")[1].split()[0]) for each in told] == [*range(ALIKE)]
    socket.connection_lost(None)
    await gateway.tasks.cancel()
