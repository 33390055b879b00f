"""Sessions on two gateways that share a real Redis: cut anywhere, gone on with elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from itertools import count
from typing import Any, cast

import pytest

from chassis.bus import Bus
from contracts import topics
from contracts.events.base import Event
from gateway.live.viewer import Viewer
from tests.fixtures.buses import NewBus
from tests.fixtures.patience import PATIENCE, until
from tests.fixtures.redis import RedisServer
from tests.unit.gateway.house import (
    GUILD,
    OTHER,
    Client,
    Gateway,
    World,
    message,
)


class Real:
    """Publishes through Redis instead of remembering; the world's own side of it."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._ids = count(1)
        self._confirmed: list[asyncio.Future[bool]] = []
        self.buses: list[Any] = []

    def publish(self, event: Event) -> int:
        """Send it off; `told` waits for it."""
        number = next(self._ids)
        future = asyncio.get_running_loop().create_future()
        self._confirmed.append(future)
        done = future.set_result
        self._bus.publish(event.address(), event.record(number), number, done=done)
        return 0

    async def told(self) -> None:
        """Everything is in the logs."""
        async with asyncio.timeout(PATIENCE):
            assert all(await asyncio.gather(*self._confirmed))
        self._confirmed.clear()


class House:
    """Two gateways on one Redis."""

    def __init__(self, world: World, redis: Real, gateways: list[Gateway]) -> None:
        self.world, self.redis = world, redis
        self.one, self.two = gateways


@pytest.fixture
async def house(new_bus: NewBus) -> AsyncIterator[House]:
    redis = Real(await new_bus())
    world = World(redis=cast(Any, redis))
    world.guild()
    world.enrol(2)
    world.guild(OTHER, owner=3)
    gateways = [await Gateway(world, port, bus=await new_bus()).start() for port in (1, 2)]
    yield House(world, redis, gateways)
    for gateway in gateways:
        for socket in tuple(gateway.lobby.sockets):
            cast(Any, socket).connection_lost(None)
        await gateway.tasks.cancel()


async def hears(client: Client, is_true: Callable[[], bool]) -> None:
    """Wait for the real Redis to bring it."""

    def look() -> bool:
        client.read()
        return is_true()

    await until(look, every=0.002)


async def enter(gateway: Gateway, user_id: int = 2) -> Client:
    client = gateway.connect()
    client.token = str(user_id)
    client.say(2, {"token": client.token, "intents": (1 << 26) - 1, "properties": {}})
    await hears(client, lambda: client.has("GUILD_CREATE"))
    client.session_id = client.all("READY")[0]["session_id"]
    await gateway.lobby._records.tried(cast(Viewer, client.socket._viewer))
    return client


async def resume(client: Client, at: Gateway, seq: int | None = None) -> bool:
    seq = client.seq if seq is None else seq
    client.connect(at)
    client.read()
    client.other.clear()
    seen = len(client.events)
    client.say(6, {"token": client.token, "session_id": client.session_id, "seq": seq})

    def is_answered() -> bool:
        is_resumed = any(event["t"] == "RESUMED" for event in client.events[seen:])
        return is_resumed or any(o["op"] == 9 for o in client.other) or bool(client.close_code)

    await hears(client, is_answered)
    return any(event["t"] == "RESUMED" for event in client.events[seen:])


def outline(client: Client) -> list[tuple[int, str]]:
    return [
        (e["s"], e["d"].get("content") or f"{e['t']} {e['d'].get('id', '')}")
        for e in client.events
        if e["t"] not in ("RESUMED", "READY")
    ]


async def test_every_cut_point_on_both_gateways(house: House) -> None:
    witness, client = await enter(house.one), await enter(house.one)
    world = house.world
    for number in range(1, 4):
        house.redis.publish(message(number))
    world.join(2, OTHER)
    house.redis.publish(message(4, channel_id=21, guild_id=OTHER))
    world.leave(2, OTHER)
    for number in range(5, 9):
        house.redis.publish(message(number))
    await house.redis.told()
    for each in (witness, client):
        await hears(each, lambda each=each: "message 8" in each.contents())  # type: ignore[misc]
    whole = outline(witness)
    client.drop()
    for cut in range(2, len(witness.events) + 1):
        for gateway in (house.two, house.one):
            client.events = witness.events[:cut]
            assert await resume(client, gateway, witness.events[cut - 1]["s"]), (cut, client.other)
            assert outline(client) == whole
            client.drop()


async def test_a_stream_under_way_loses_nothing_over_ten_moves(house: House) -> None:
    client = await enter(house.one)
    numbers = count(1)
    last = 0

    async def speak() -> None:
        nonlocal last
        while True:
            last = next(numbers)
            house.redis.publish(message(last))
            await asyncio.sleep(0.001)  # a stream, and no burst

    speaking = asyncio.get_running_loop().create_task(speak())
    for turn in range(10):
        so_far = len(client.contents())
        await hears(client, lambda so_far=so_far: len(client.contents()) >= so_far + 10)  # type: ignore[misc]
        client.drop()
        missed = last + 5 * (turn % 3)
        await until(lambda missed=missed: last >= missed)  # type: ignore[misc]
        assert await resume(client, (house.two, house.one)[turn % 2])
    speaking.cancel()
    await house.redis.told()
    await hears(client, lambda: f"message {last}" in client.contents())
    assert client.contents() == [f"message {number}" for number in range(1, last + 1)]
    assert last > 100


async def test_the_record_is_kept_for_as_long_as_promised(
    house: House, redis_server: RedisServer
) -> None:
    client = await enter(house.one)
    reply = redis_server.command("TTL", topics.session_key(client.session_id))
    assert int(reply[1:]) > 300
    client.socket.data_received(b"\x88\x82" + bytes(4) + (1000).to_bytes(2, "big"))
    key = topics.session_key(client.session_id)
    await until(lambda: b":0" in redis_server.command("EXISTS", key))


async def test_redis_without_its_data_refuses_and_serves_anew(
    house: House, redis_server: RedisServer
) -> None:
    client = await enter(house.one)
    redis_server.wipe()
    await hears(client, lambda: any(o["op"] == 9 for o in client.other))
    client.events.clear()
    client.say(2, {"token": "2", "properties": {}})
    await hears(client, lambda: client.has("GUILD_CREATE"))
    house.redis.publish(message(1))
    await hears(client, lambda: client.contents() == ["message 1"])


async def test_redis_that_restarts_with_its_data_is_not_noticed(
    house: House, redis_server: RedisServer
) -> None:
    redis_server.command("CONFIG", "SET", "appendfsync", "always")
    client = await enter(house.one)
    house.redis.publish(message(1))
    await hears(client, lambda: client.contents() == ["message 1"])
    redis_server.restart()
    house.redis.publish(message(2))
    await hears(client, lambda: "message 2" in client.contents())
    assert client.contents() == ["message 1", "message 2"]
    assert GUILD in next(iter(house.one.lobby.hub.viewers.values())).guilds
