"""Who is here already when somebody comes to see them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from contracts.events.presence import PresenceUpdate
from contracts.ids import GuildId, UserId
from contracts.objects.presence import Presence, PresenceUser, Status
from contracts.rpc.presence import GetPresences
from gateway.live.greeting import PACE_S
from tests.unit.gateway.house import GUILD, Client, Gateway, World, settled


def presence(user_id: int, status: Status) -> Presence:
    return Presence(user=PresenceUser(id=UserId(user_id)), status=status)


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    world = World()
    world.guild()
    world.enrol(2)
    for user_id in (7, 8):
        world.presences[user_id] = presence(user_id, Status.IDLE)
    gateway = await Gateway(world).start()
    yield gateway
    await gateway.tasks.cancel()


async def passed(gateway: Gateway, client: Client) -> list[tuple[str, str]]:
    await settled(5)
    gateway.clock.advance(PACE_S)
    await settled()
    client.read()
    return [(d["user"]["id"], d["status"]) for d in client.all("PRESENCE_UPDATE")]


async def test_whoever_joins_is_shown_as_present_as_they_are(gateway: Gateway) -> None:
    client = gateway.connect()
    await client.identify(2)
    before = len(gateway.world.asked)
    for user_id in (7, 8, 9):
        gateway.world.join(user_id, GUILD)
    assert await passed(gateway, client) == [("7", "idle"), ("8", "idle")]
    asked = [one for one in gateway.world.asked[before:] if isinstance(one, GetPresences)]
    assert len(asked) == 1
    anew = gateway.connect()
    await anew.identify(1)
    (guild,) = anew.all("GUILD_CREATE")
    assert {each["user"]["id"] for each in guild["presences"]} == {"7", "8"}


async def test_what_is_told_meanwhile_is_newer(gateway: Gateway) -> None:
    client = gateway.connect()
    await client.identify(2)
    gateway.world.join(7, GUILD)
    left = PresenceUpdate(
        user=PresenceUser(id=UserId(7)), guild_id=GuildId(GUILD), status=Status.OFFLINE
    )
    gateway.world.on_ask = lambda call: (
        (gateway.world.redis.publish(left) if isinstance(call, GetPresences) else None) and None
    )
    assert await passed(gateway, client) == [("7", "offline")]


async def test_nobody_is_shown_while_presence_service_is_away(gateway: Gateway) -> None:
    client = gateway.connect()
    await client.identify(2)
    gateway.world.away.add(GetPresences)
    gateway.world.join(7, GUILD)
    assert await passed(gateway, client) == []
    gateway.world.away.clear()
    gateway.world.join(8, GUILD)
    assert await passed(gateway, client) == [("8", "idle")]
