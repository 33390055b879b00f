"""Guilds that nobody can show for a while: READY names them, and they come when they can."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from contracts.rpc.community import GetGuild
from contracts.rpc.presence import GetPresences
from gateway.live.lately import FOR_S
from tests.unit.gateway.house import GUILD, OTHER, Client, Gateway, World, message, settled


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    world.guild()
    world.enrol(2)
    yield world
    for gateway in world.gateways.values():
        await gateway.tasks.cancel()


async def arrived_in_the_dark(gateway: Gateway, missing: type = GetGuild) -> Client:
    gateway.world.away.add(missing)
    client = gateway.connect()
    ready = await client.identify(2)
    assert ready["guilds"] == [{"id": str(GUILD), "unavailable": True}]
    assert [event["t"] for event in client.events] == ["READY", "GUILD_DELETE"]
    assert client.all("GUILD_DELETE") == [{"id": str(GUILD), "unavailable": True}]
    return client


async def comes_back(gateway: Gateway, client: Client) -> None:
    gateway.world.away.clear()
    await gateway.clock.until_asleep()
    gateway.clock.advance(20)
    await client.until(lambda: client.has("GUILD_CREATE"))
    await settled()


@pytest.mark.parametrize("missing", [GetGuild, GetPresences])
async def test_is_told_and_then_comes_with_all_that_happens_in_it(
    world: World, missing: type
) -> None:
    gateway = await Gateway(world).start()
    client = await arrived_in_the_dark(gateway, missing)
    world.redis.publish(message(1))
    await gateway.clock.until_asleep()
    gateway.clock.advance(20)
    await settled()
    client.read()
    assert not client.has("GUILD_CREATE")
    await comes_back(gateway, client)
    (created,) = client.all("GUILD_CREATE")
    assert created["unavailable"] is False, "a bot was not invited just now"
    world.redis.publish(message(2))
    await settled()
    client.read()
    assert client.contents() == ["message 1", "message 2"]
    numbers = [event["s"] for event in client.events]
    assert numbers == sorted(numbers)


async def test_others_come_at_once(world: World) -> None:
    world.guild(OTHER)
    world.enrol(2, OTHER)
    gateway = await Gateway(world).start()
    world.members[GUILD].pop(2)
    await gateway.connect().identify(2)
    world.enrol(2)
    gateway.clock.advance(FOR_S)  # what was answered about them is forgotten
    world.away.add(GetGuild)
    client = gateway.connect()
    ready = await client.identify(2)
    assert [guild["id"] for guild in ready["guilds"]] == [str(OTHER), str(GUILD)]
    assert len(ready["merged_members"]) == 2
    assert [event["t"] for event in client.events] == ["READY", "GUILD_CREATE", "GUILD_DELETE"]


@pytest.mark.parametrize("is_elsewhere", [False, True])
@pytest.mark.parametrize("is_seen", [False, True])
async def test_a_session_that_resumes_is_shown_it_too(
    world: World, is_elsewhere: bool, is_seen: bool
) -> None:
    """What shows it has the number of what came before it, so that number proves nothing."""
    gateway, other = await Gateway(world).start(), await Gateway(world, port=2).start()
    client = await arrived_in_the_dark(gateway)
    await comes_back(gateway, client)
    client.drop()
    if not is_seen:
        client.events = client.events[:-1]
    world.redis.publish(message(1))
    at = other if is_elsewhere else gateway
    assert await client.resume(at=at)
    await at.clock.until_asleep()
    at.clock.advance(20)
    await settled(60)
    world.redis.publish(message(2))
    await settled()
    client.read()
    assert client.all("GUILD_CREATE")
    assert client.contents()[-1] == "message 2"


async def test_who_is_no_member_any_more_is_told_so(world: World) -> None:
    gateway = await Gateway(world).start()
    client = await arrived_in_the_dark(gateway)
    world.leave(2, GUILD)
    await settled()
    client.read()
    assert ["unavailable" in each for each in client.all("GUILD_DELETE")] == [True, False]
    world.away.clear()
    await gateway.clock.until_asleep()
    gateway.clock.advance(20)
    await settled()
    client.read()
    assert not client.has("GUILD_CREATE")
