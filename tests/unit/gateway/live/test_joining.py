"""A live session is let into guilds: GUILD_CREATE at its place in the stream, and nothing lost."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from contracts.ids import ChannelId
from contracts.rpc.community import GetArrivals
from gateway.live.records import decode
from tests.unit.gateway.house import GUILD, OTHER, Client, Gateway, World, message, settled


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    world = World()
    world.guild()
    world.enrol(2)
    world.enrol(3)
    world.guild(OTHER, owner=3)
    gateway = await Gateway(world).start()
    yield gateway
    await gateway.tasks.cancel()


async def entered(gateway: Gateway, user_id: int = 2) -> Client:
    client = gateway.connect()
    await client.identify(user_id)
    return client


def outline(client: Client) -> list[str]:
    """What was told, shortly."""
    client.read()
    return [
        e["d"].get("content") or f"{e['t']} {e['d'].get('id', '')}".strip() for e in client.events
    ]


async def test_a_new_guild_is_told_without_unavailable(gateway: Gateway) -> None:
    client = await entered(gateway)
    stamp = gateway.world.join(2, OTHER)
    await settled(100)
    client.read()
    assert client.events[-1]["t"] == "GUILD_CREATE"
    assert client.events[-1]["s"] == stamp
    assert "unavailable" not in client.events[-1]["d"]
    assert {m["user"]["id"] for m in client.events[-1]["d"]["members"]} == {"2", "3"}


@pytest.mark.parametrize("is_warm", [True, False])
async def test_what_is_said_meanwhile_comes_behind_it_in_order(
    gateway: Gateway, is_warm: bool
) -> None:
    if is_warm:
        await entered(gateway, 3)
    client = await entered(gateway)
    redis = gateway.world.redis
    redis.publish(message(1))
    gateway.world.join(2, OTHER)
    redis.publish(message(2))
    redis.publish(message(3, channel_id=21, guild_id=OTHER))
    for number in range(4, 20, 2):
        await settled(1)
        redis.publish(message(number))
        redis.publish(message(number + 1, channel_id=21, guild_id=OTHER))
    await settled(100)
    assert outline(client)[2:] == [
        "message 1",
        f"GUILD_CREATE {OTHER}",
        *(f"message {number}" for number in range(2, 20)),
    ]
    numbers = [e["s"] for e in client.events]
    assert numbers == sorted(set(numbers))


async def test_left_again_before_it_was_told(gateway: Gateway) -> None:
    client = await entered(gateway)
    gateway.world.join(2, OTHER)
    gateway.world.leave(2, OTHER)
    gateway.world.redis.publish(message(1, channel_id=21, guild_id=OTHER))
    await settled(100)
    assert "message 1" not in outline(client)
    assert len(client.all("GUILD_CREATE")) == 1 + len(client.all("GUILD_DELETE"))


async def test_left_and_joined_again(gateway: Gateway) -> None:
    client = await entered(gateway)
    gateway.world.leave(2, GUILD)
    gateway.world.redis.publish(message(1))
    gateway.world.join(2, GUILD)
    gateway.world.redis.publish(message(2))
    await settled(100)
    assert outline(client)[2:] == [
        f"GUILD_DELETE {GUILD}",
        f"GUILD_CREATE {GUILD}",
        "message 2",
    ]


async def test_several_at_once(gateway: Gateway) -> None:
    client = await entered(gateway)
    third = 3 << 30
    gateway.world.guild(third, owner=3)
    gateway.world.channels[third] = [
        c.model_copy(update={"id": ChannelId(31)}) for c in gateway.world.channels[third][:1]
    ]
    gateway.world.join(2, OTHER)
    gateway.world.join(2, third)
    await settled(1)
    gateway.world.leave(2, GUILD)
    gateway.world.redis.publish(message(1))
    gateway.world.redis.publish(message(2, channel_id=31, guild_id=third))
    await settled(200)
    assert outline(client)[2:] == [
        f"GUILD_CREATE {OTHER}",
        f"GUILD_CREATE {third}",
        f"GUILD_DELETE {GUILD}",
        "message 2",
    ]
    (viewer,) = gateway.lobby.hub.viewers.values()
    assert set(viewer.guilds) == {OTHER, third}


async def test_all_sessions_of_a_person_join(gateway: Gateway) -> None:
    clients = [await entered(gateway) for _ in range(3)]
    gateway.world.join(2, OTHER)
    await settled(200)
    for client in clients:
        assert outline(client)[-1] == f"GUILD_CREATE {OTHER}"


async def test_the_record_knows_the_guild_before_the_client_does(gateway: Gateway) -> None:
    client = await entered(gateway)
    await settled()
    stamp = gateway.world.join(2, OTHER)
    for _ in range(200):
        (fields,) = gateway.world.redis.hashes.values()
        known = {guild for guild, _, _ in decode(fields).stays}
        client.read()
        if len(client.all("GUILD_CREATE")) == 2:
            break
        await settled(1)
    assert known == {GUILD, OTHER}
    await settled()
    (fields,) = gateway.world.redis.hashes.values()
    assert (OTHER, stamp, 0) in decode(fields).stays


async def test_a_neighbour_away_closes_the_socket_and_leaves_the_session(gateway: Gateway) -> None:
    client = await entered(gateway)
    gateway.world.away.add(GetArrivals)
    gateway.world.join(2, OTHER)
    await client.until(lambda: client.close_code is not None)
    assert client.close_code == 4000
    gateway.world.away.clear()
    gateway.world.redis.publish(message(1, channel_id=21, guild_id=OTHER))
    assert await client.resume()
    assert outline(client)[2:] == [f"GUILD_CREATE {OTHER}", "message 1", "RESUMED"]


async def test_a_session_invalidated_meanwhile_is_not_touched(gateway: Gateway) -> None:
    client = await entered(gateway)
    gateway.world.join(2, OTHER)
    gateway.lobby.hub.lost(next(iter(gateway.lobby.hub.atlas._places)))
    await settled(100)
    client.read()
    assert client.other[-1]["op"] == 9
    client.events.clear()
    await client.identify(2)
    gateway.world.redis.publish(message(1))
    await settled()
    assert outline(client)[-1] == "message 1"
    assert len(client.all("GUILD_CREATE")) == 2
